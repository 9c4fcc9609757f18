//! A file of any length takes the same memory, but for twenty bytes a row.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::Command;

use xoxoday_tests::rescue_file;

use crate::send::Send;

/// `XOXODAY_ROWS` rows; a million takes too long for an ordinary run.
#[tokio::test]
async fn a_long_file_is_loaded_in_bounded_memory() {
    const BASE_KB: usize = 48 * 1024;

    let rows = std::env::var("XOXODAY_ROWS").map_or(50_000, |rows| rows.parse().unwrap());
    let send = Send::of(1);
    let mut out = BufWriter::new(File::create(send.input()).unwrap());
    let mut line = String::from("to_email,to_name,amount,citation\r\n");
    for number in 1..=rows {
        out.write_all(line.as_bytes()).unwrap();
        line.clear();
        let (email, points) = (format!("user-{number}@company.example"), number % 500 + 1);
        write!(
            line,
            "{email},\"Ørsted, Zoë\",{points},\"Thanks, and more\"\r\n"
        )
        .unwrap();
    }
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
    let started = std::time::Instant::now();
    let ended = Command::new(env!("CARGO_BIN_EXE_sender"))
        .arg("load")
        .args([send.input(), send.ledger()])
        .envs(send.sandbox.environment())
        .env("XOXODAY_TOKEN_STORE", send.token_store())
        .env("XOXODAY_RESCUE_FILE", rescue_file(&send.sandbox))
        .output()
        .unwrap();
    let told = String::from_utf8(ended.stdout).unwrap();
    assert!(
        told.starts_with(&format!("{rows} rows\n")),
        "{told} {:?}",
        ended.stderr
    );
    let peak = told.lines().last().unwrap();
    let kb = peak.split_whitespace().nth(1).unwrap();
    println!(
        "memory: {rows} rows loaded in {:?}, {peak}, ledger of {} bytes",
        started.elapsed(),
        send.ledger().metadata().unwrap().len()
    );
    let bound = BASE_KB + rows * 20 * 2 / 1024;
    assert!(
        kb.parse::<usize>().unwrap() < bound,
        "{peak}, not under {bound} kB"
    );
}
