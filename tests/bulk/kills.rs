//! Processes that are killed (SIGKILL) in the middle of a send, while the server
//! delays, fails, drops answers and limits. Nobody is credited twice, and whoever
//! may have been or not is listed.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use xoxoday_auth::bulk::{Bulk, Fate, Resolution};
use xoxoday_sandbox::{Operation, RateLimit, RateLimitShape, SendAnswer, Trouble};
use xoxoday_tests::canary;

use crate::send::{Send, refused, rows as rows_of, rows_wanted};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_credited_twice_however_often_the_process_is_killed() {
    survives_kills(SendAnswer::Short, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_a_batch_is_credited_twice_however_often_the_process_is_killed() {
    survives_kills(SendAnswer::WithRecipients, 3).await;
}

/// At least 50 kills, however many rows.
async fn survives_kills(answer: SendAnswer, batch: usize) {
    let rows = rows_wanted(10_000, 100);
    let kills = if canary::is_watching() { 5 } else { 50 };
    let started = Instant::now();
    let send = Send::of(rows);
    send.sandbox
        .switch(|switches| switches.send_answer = answer);
    make_trouble(&send, rows / batch);
    // What is left over for the end finds fewer rows than the kills did.
    let requests = (rows / batch * 2 / (kills * 3)).max(1);
    let (mut killed, mut runs) = (0, 0);
    loop {
        runs += 1;
        assert!(runs < 10 * kills, "it does not come to an end");
        let mut command = send.sender(batch, &[]);
        if canary::is_watching() {
            command.stderr(Stdio::inherit());
        }
        let mut child = command.spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        if killed < kills {
            // Also before the ledger is there, and while it is opened.
            for _ in 0..random(requests * 2 + 2) {
                told.next();
            }
            // Not to wait for anything: this is the random time.
            std::thread::sleep(Duration::from_micros(random(8000) as u64));
            child.kill().unwrap();
            killed += usize::from(!child.wait().unwrap().success());
            continue;
        }
        let done = told.any(|line| line.unwrap() == "done");
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success() && done, "{ended:?}");
        break;
    }
    let mut bulk = Bulk::open(send.ledger()).unwrap();
    let at_the_end = send.assert_books_agree(&bulk);
    let totals = bulk.totals();
    assert_eq!(totals.pending.rows, 0);
    let unknown: Vec<_> = at_the_end
        .iter()
        .filter(|row| matches!(row.fate, Fate::Unknown { .. }))
        .collect();
    println!(
        "kills: {rows} rows, {batch} in a batch, {killed} kills in {runs} runs, {:?}; {} credited, {} failed, {} unknown",
        started.elapsed(),
        totals.credited.rows,
        totals.failed.rows,
        unknown.len()
    );
    assert!(totals.credited.rows > rows as u64 / 4, "{totals:?}");

    // A person looks at the books, and gives their word for each.
    let issuances = send.issuances();
    let looked = |email: &str| match issuances.contains_key(email) {
        true => Resolution::Credited,
        false => Resolution::NotSent,
    };
    let said = unknown
        .iter()
        .map(|row| (row.number, looked(row.recipient.email().as_str())));
    bulk.resolve_all(said).unwrap();
    drop(bulk);
    send.sandbox.clear_trouble();
    let ended = send.sender(batch, &[]).output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let bulk = Bulk::open(send.ledger()).unwrap();
    send.assert_books_agree(&bulk);
    let totals = bulk.totals();
    assert_eq!(totals.failed.rows, refused(rows));
    assert_eq!(totals.credited.rows, rows as u64 - refused(rows));
    assert_eq!(rows_of(&bulk).len(), rows);
}

/// Delays, and now and then something worse. A rate limit takes a second at least:
/// of them there are some ten, however many requests.
fn make_trouble(send: &Send, requests: usize) {
    let mut struck = 0;
    while struck < requests {
        let quiet = 1 + random(20);
        let delay = Trouble::Delay(Duration::from_micros(random(2000) as u64));
        send.sandbox
            .trouble(Operation::SendPoints, delay.times(quiet as u32));
        struck += quiet + 1;
        let limit = |shape| {
            Trouble::RateLimit(RateLimit {
                shape,
                penalty: Duration::from_secs(1),
                retry_after: true,
                ..RateLimit::default()
            })
        };
        let limited = random(requests) < 10 * quiet;
        let worse = match random(6) {
            _ if limited && random(2) == 0 => limit(RateLimitShape::Errors),
            _ if limited => limit(RateLimitShape::StatusAlone),
            0 => Trouble::DropAnswer,
            1 => Trouble::Reset,
            2 => Trouble::Status(502),
            3 => Trouble::EmptyBody,
            4 => Trouble::CutBody,
            _ => Trouble::Html(504),
        };
        send.sandbox.trouble(Operation::SendPoints, worse);
    }
}

fn random(below: usize) -> usize {
    RandomState::new().hash_one(0) as usize % below
}
