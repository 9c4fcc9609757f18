//! A file of any length takes the same memory, but for twenty bytes a row that are
//! loaded.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::send::{Send, rows_wanted};

#[tokio::test]
async fn a_million_rows_are_loaded_opened_and_reported_in_bounded_memory() {
    const BASE_KB: usize = 48 * 1024;

    let rows = rows_wanted(1_000_000, 1000);
    let send = Send::of(1);
    write_rows(&send.input(), rows);
    let report = send.ledger().with_extension("report.csv");
    let (input, ledger) = (send.input(), send.ledger());
    let surveyed = BASE_KB + rows * 20 * 2 / 1024;
    for (what, files, bound) in [
        ("load", [&input, &ledger], surveyed),
        ("load", [&input, &ledger], surveyed),
        ("report", [&ledger, &report], BASE_KB),
    ] {
        let started = Instant::now();
        let peak = peak_kb(&send, what, files, rows);
        println!(
            "memory: {what} {rows} rows, {peak} kB at most, {:?}, ledger of {} bytes",
            started.elapsed(),
            ledger.metadata().unwrap().len()
        );
        assert!(peak < bound, "{what}: {peak} kB, not under {bound} kB");
    }
    let lines = std::fs::read_to_string(report).unwrap().lines().count();
    assert_eq!(lines, rows + 1);
}

fn write_rows(path: &Path, rows: usize) {
    let mut out = BufWriter::new(File::create(path).unwrap());
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
}

/// How much memory a process took at most for this work on so many rows.
fn peak_kb(send: &Send, what: &str, files: [&PathBuf; 2], rows: usize) -> usize {
    let ended = send.process().arg(what).args(files).output().unwrap();
    let told = String::from_utf8(ended.stdout).unwrap();
    assert!(
        told.starts_with(&format!("{rows} rows\n")),
        "{told} {:?}",
        ended.stderr
    );
    let peak = told.lines().last().unwrap();
    peak.split_whitespace().nth(1).unwrap().parse().unwrap()
}
