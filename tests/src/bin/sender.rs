//! Sends to many in a process of its own, so that it can be killed, and so that
//! the memory it takes can be looked at. Account and token store come from the
//! environment.
//!
//! - `sender send INPUT LEDGER BATCH`: sends the rows of a file, so many in a request,
//!   and tells each step on standard output.
//! - `sender send INPUT LEDGER BATCH --full-disk-after N`: the same, but behind that
//!   many requests no file can be written.
//! - `sender load INPUT LEDGER`: begins a ledger or opens it again, and prints how
//!   much memory the process took at most.
//! - `sender load INPUT LEDGER --room BYTES`: the same where no file may grow larger.
//! - `sender report LEDGER OUT`: opens a ledger and writes its report, and prints the
//!   same.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::Path;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::Runtime;
use xoxoday_auth::bulk::{Bulk, Ended, Input, Order, Pace};
use xoxoday_auth::{Builder, Xoxoday};
use xoxoday_tests::{BOSS, canary};

fn main() -> Result<(), Box<dyn Error>> {
    canary::watch();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = Runtime::new()?;
    match arguments[..] {
        ["send", input, ledger, batch] => {
            runtime.block_on(send(input, ledger, batch.parse()?, u64::MAX))
        }
        ["send", input, ledger, batch, "--full-disk-after", requests] => {
            runtime.block_on(send(input, ledger, batch.parse()?, requests.parse()?))
        }
        ["load", input, ledger] => runtime.block_on(load(input, ledger)),
        ["load", input, ledger, "--room", bytes] => {
            leave_room(bytes.parse()?)?;
            runtime.block_on(load(input, ledger))
        }
        ["report", ledger, out] => report(ledger, out),
        _ => Err("see the head of the source for what it takes".into()),
    }
}

async fn open(input: &str, ledger: &str) -> Result<(Xoxoday, Bulk), Box<dyn Error>> {
    let xoxoday = Builder::from_env()?.build().await?;
    let order = Order::new(&xoxoday, BOSS)?;
    let rows = Input::of_either(BufReader::new(File::open(Path::new(input))?))?;
    let bulk = Bulk::load(ledger, &order, rows)?;
    Ok((xoxoday, bulk))
}

async fn send(input: &str, ledger: &str, batch: usize, room: u64) -> Result<(), Box<dyn Error>> {
    let (xoxoday, mut bulk) = open(input, ledger).await?;
    let pace = Pace::default()
        .batch(batch)
        .give_up_after(u32::MAX)
        .waits(Duration::from_millis(1), Duration::from_millis(20));
    if room == 0 {
        leave_room(0)?;
    }
    tell("loaded")?;
    let mut requests = 0;
    let progress = |_: &_| {
        requests += 1;
        if requests == room {
            leave_room(0).expect("a process may limit itself");
        }
        tell("progress").expect("the test reads what it asked for");
    };
    let summary = bulk
        .run(&xoxoday, &pace, std::future::pending(), progress)
        .await?;
    xoxoday.shutdown().await;
    match summary.ended {
        Ended::Done => Ok(tell("done")?),
        ended => Err(format!("{ended:?}").into()),
    }
}

async fn load(input: &str, ledger: &str) -> Result<(), Box<dyn Error>> {
    let (_, bulk) = open(input, ledger).await?;
    tell_size(&bulk)
}

fn report(ledger: &str, out: &str) -> Result<(), Box<dyn Error>> {
    let bulk = Bulk::open(ledger)?;
    bulk.report(File::create(out)?)?;
    tell_size(&bulk)
}

fn tell_size(bulk: &Bulk) -> Result<(), Box<dyn Error>> {
    println!("{} rows", bulk.totals().all().rows);
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    println!("{}", line.ok_or("the kernel does not tell it")?);
    Ok(())
}

fn leave_room(bytes: u64) -> rustix::io::Result<()> {
    let (current, maximum) = (Some(bytes), getrlimit(Resource::Fsize).maximum);
    setrlimit(Resource::Fsize, Rlimit { current, maximum })
}

fn tell(step: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{step}").and_then(|()| out.flush())
}
