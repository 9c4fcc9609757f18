//! Rotates tokens in a process of its own, so that it can be killed. Account
//! and store come from the environment, `XOXODAY_TOKEN_STORE` among it.
//!
//! - `rotator rotate`: rotates once, and tells each step on standard output.
//! - `rotator rotate --die-at STEP`: the same, but where that step would be
//!   told the process kills itself, as the kernel would: no destructor runs.
//! - `rotator rotate --full-disk-from STEP`: the same, but from that step on no
//!   file can be written, until the rotation has ended.
//! - `rotator call N`: makes N calls at once, and fails if one of them does.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io::Write as _;
use std::sync::Mutex;

use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use tokio::runtime::Runtime;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use xoxoday_auth::{Builder, Xoxoday};
use xoxoday_tests::{Ahead, JOHN, canary};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = Runtime::new()?;
    match arguments[..] {
        ["rotate"] => runtime.block_on(rotate(None)),
        ["rotate", "--die-at", step] => runtime.block_on(rotate(Some((step, Fate::Die)))),
        ["rotate", "--full-disk-from", step] => {
            runtime.block_on(rotate(Some((step, Fate::FullDisk))))
        }
        ["call", number] => runtime.block_on(call(number.parse()?)),
        _ => Err("expected rotate [--die-at STEP | --full-disk-from STEP], or call N".into()),
    }
}

async fn open() -> Result<Xoxoday, xoxoday_auth::Error> {
    let builder = Builder::from_env()?.clock(Ahead::from_env());
    builder.build().await
}

async fn rotate(fate: Option<(&str, Fate)>) -> Result<(), Box<dyn Error>> {
    let steps = Steps {
        fate: fate.map(|(step, fate)| (step.to_owned(), fate)),
        told: Mutex::default(),
    };
    canary::watch_with(steps);
    let xoxoday = open().await?;
    let rotated = xoxoday.tokens().rotate().await;
    if let Some((_, Fate::FullDisk)) = fate {
        limit_files(None)?;
    }
    xoxoday.shutdown().await;
    rotated?;
    Ok(())
}

/// Limits the size of files that this process writes, in bytes.
fn limit_files(current: Option<u64>) -> rustix::io::Result<()> {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current, maximum })
}

/// What happens at a step.
#[derive(Clone, Copy)]
enum Fate {
    Die,
    FullDisk,
}

async fn call(number: usize) -> Result<(), Box<dyn Error>> {
    canary::watch();
    let xoxoday = open().await?;
    let calls: Vec<_> = (0..number)
        .map(|_| {
            let xoxoday = xoxoday.clone();
            tokio::spawn(async move { xoxoday.points().balance(JOHN).await })
        })
        .collect();
    for call in calls {
        call.await??;
    }
    xoxoday.shutdown().await;
    Ok(())
}

/// Tells each step that the library takes: `rename 2` is the second renaming.
struct Steps {
    fate: Option<(String, Fate)>,
    told: Mutex<HashMap<String, u32>>,
}

impl<S: Subscriber> Layer<S> for Steps {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut step = Step::default();
        event.record(&mut step);
        let Some(name) = step.0 else {
            return;
        };
        let mut told = self.told.lock().expect("no step panics");
        let times = told.entry(name.clone()).or_default();
        *times += 1;
        let step = format!("{name} {times}");
        match &self.fate {
            Some((at, Fate::Die)) if *at == step => {
                // Nothing comes after this.
                let _ = kill_process(getpid(), Signal::KILL);
            }
            Some((at, Fate::FullDisk)) if *at == step => {
                limit_files(Some(0)).expect("a process may limit itself");
            }
            _ => {}
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "{step}")
            .and_then(|()| out.flush())
            .expect("the test reads what it asked for");
    }
}

/// The field `step` of an event.
#[derive(Default)]
struct Step(Option<String>);

impl Visit for Step {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "step" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
