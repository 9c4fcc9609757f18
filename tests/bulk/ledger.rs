//! Ledgers in trouble, as processes meet it.

use std::process::Output;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use xoxoday_auth::Xoxoday;
use xoxoday_auth::bulk::{Bulk, Ended, Resolution};
use xoxoday_sandbox::{Gate, Operation, Trouble};
use xoxoday_tests::canary;

use crate::send::{Send, rows};

fn sends(send: &Send) -> usize {
    send.sandbox.record().of(Operation::SendPoints).len()
}

fn said(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    if canary::is_watching() {
        eprintln!("{said}");
    }
    said
}

#[tokio::test]
async fn on_a_full_disk_nothing_leaves_and_nothing_is_lost() {
    let send = Send::of(8);
    let full = ["--full-disk-after", "0"];
    let ended = send.sender(1, &full).output().unwrap();
    assert!(!ended.status.success());
    assert!(said(&ended).contains("make room"), "{}", said(&ended));
    assert_eq!(sends(&send), 0, "{}", said(&ended));

    // The third outcome was kept, and with it that the fourth row leaves, unless that
    // row was found too late: then it does not leave.
    let full = ["--full-disk-after", "3"];
    let ended = send.sender(1, &full).output().unwrap();
    assert!(!ended.status.success());
    let told = said(&ended);
    assert!(told.contains("make room"), "{told}");
    let has_left = told.contains("row 4 credited as transaction");
    assert_eq!(sends(&send), 3 + usize::from(has_left), "{told}");

    let ended = send.sender(1, &[]).output().unwrap();
    assert!(ended.status.success(), "{}", said(&ended));
    let bulk = Bulk::open(send.ledger()).unwrap();
    send.assert_books_agree(&bulk);
    let totals = bulk.totals();
    let unknown = u64::from(has_left);
    let expected = (8 - unknown, unknown);
    assert_eq!((totals.credited.rows, totals.unknown.rows), expected);
    assert_eq!(sends(&send), 8);
}

#[tokio::test]
async fn a_ledger_for_which_there_is_no_room_is_not_begun() {
    let send = Send::of(2000);
    for room in ["0", "5000", "100000"] {
        let mut load = send.process();
        load.arg("load").args([send.input(), send.ledger()]);
        let ended = load.args(["--room", room]).output().unwrap();
        assert!(!ended.status.success());
        let told = said(&ended);
        assert!(told.contains("make room"), "{room}: {told}");
        assert!(!send.ledger().exists(), "{room}");
    }
    assert_eq!(sends(&send), 0);
}

#[tokio::test]
async fn an_answer_that_the_ledger_does_not_take_is_told_and_its_row_unknown() {
    let send = Send::of(3);
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone());
    send.sandbox.trouble(Operation::SendPoints, hold);
    let child = send.sender(1, &[]).spawn().unwrap();
    gate.wait_for(1).await;
    let (current, maximum) = (Some(0), None);
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    prlimit(pid, Resource::Fsize, Rlimit { current, maximum }).unwrap();
    gate.open();
    let ended = child.wait_with_output().unwrap();
    assert!(!ended.status.success());
    let told = said(&ended);
    assert!(told.contains("row 1 credited as transaction"), "{told}");

    let ended = send.sender(1, &[]).output().unwrap();
    assert!(ended.status.success(), "{}", said(&ended));
    let mut bulk = Bulk::open(send.ledger()).unwrap();
    let words: Vec<_> = rows(&bulk).iter().map(|row| row.fate.word()).collect();
    assert_eq!(words, ["unknown", "credited", "credited"]);
    send.assert_books_agree(&bulk);
    bulk.resolve(1, Resolution::Credited).unwrap();
    send.assert_books_agree(&bulk);
    assert_eq!(sends(&send), 3);
}

#[tokio::test]
async fn a_second_run_on_the_same_ledger_is_kept_out() {
    let send = Send::of(3);
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone());
    send.sandbox.trouble(Operation::SendPoints, hold);
    let first = send.sender(1, &[]).spawn().unwrap();
    gate.wait_for(1).await;
    let second = send.sender(1, &[]).output().unwrap();
    assert!(said(&second).contains("another run holds"), "{second:?}");
    gate.open();
    assert!(first.wait_with_output().unwrap().status.success());
    let bulk = Bulk::open(send.ledger()).unwrap();
    send.assert_books_agree(&bulk);
    assert_eq!(sends(&send), 3);
}

async fn reported_after_a_run(bulk: &mut Bulk, xoxoday: &Xoxoday) -> String {
    let pace = crate::send::hasty();
    let run = bulk.run(xoxoday, &pace, std::future::pending(), |_| {});
    run.await.unwrap();
    let mut report = Vec::new();
    bulk.report(&mut report).unwrap();
    String::from_utf8(report).unwrap()
}

#[tokio::test]
async fn a_report_that_a_person_has_filled_in_resolves_rows() {
    let send = Send::of(4);
    let xoxoday = send.client().await;
    let drop_answers = Trouble::DropAnswer.times(2);
    send.sandbox.trouble(Operation::SendPoints, drop_answers);
    let mut bulk = send.load(&xoxoday).unwrap();
    let report = reported_after_a_run(&mut bulk, &xoxoday).await;
    let lines: Vec<_> = report.lines().collect();
    let header = "row,to_email,to_name,amount,citation,outcome,transaction_id,request_id,detail";
    assert_eq!((lines.len(), lines[0]), (5, header));
    let first = r#"1,user-1@company.example,"Zoë, 1",1.02,Thanks,unknown,,"#;
    assert!(lines[1].starts_with(first), "{report}");
    assert!(lines[3].contains(",credited,9876"), "{report}");

    let filled = report.replacen("unknown", "credited", 1);
    assert_eq!(bulk.resolve_by_file(filled.as_bytes()).unwrap(), 1);
    let of_both = "outcome,row\nnot_sent,3\nnot_sent,2\n";
    let refused = bulk.resolve_by_file(of_both.as_bytes()).unwrap_err();
    let expected =
        "row 3 is credited, and a person's word does not change that: nothing was changed";
    assert_eq!(refused.to_string(), expected);
    let words: Vec<_> = rows(&bulk).iter().map(|row| row.fate.word()).collect();
    assert_eq!(words, ["credited", "unknown", "credited", "credited"]);
    assert!(bulk.resolve(5, Resolution::NotSent).is_err());
    assert!(bulk.resolve_by_file(&b"row,result\n"[..]).is_err());
}

#[tokio::test]
async fn a_word_that_contradicts_another_or_is_of_an_earlier_attempt_changes_nothing() {
    let send = Send::of(2);
    let xoxoday = send.client().await;
    let drop_answers = Trouble::DropAnswer.times(3);
    send.sandbox.trouble(Operation::SendPoints, drop_answers);
    let mut bulk = send.load(&xoxoday).unwrap();
    let report = reported_after_a_run(&mut bulk, &xoxoday).await;

    for (words, why) in [
        ("row,outcome\n1,credited\n1,not_sent\n", "both"),
        ("row,outcome\n1,not-sent\n", "no outcome"),
    ] {
        let refused = bulk.resolve_by_file(words.as_bytes()).unwrap_err();
        assert!(refused.to_string().contains(why), "{refused}");
    }
    let twice = "row,outcome\n1,NOT_SENT\n1,not_sent\n";
    assert_eq!(bulk.resolve_by_file(twice.as_bytes()).unwrap(), 1);
    // It leaves once more, and nobody knows of that either.
    reported_after_a_run(&mut bulk, &xoxoday).await;
    let stale = report.replacen("unknown", "not_sent", 1);
    let refused = bulk.resolve_by_file(stale.as_bytes()).unwrap_err();
    assert!(refused.to_string().contains("left again"), "{refused}");
    assert_eq!(sends(&send), 3);
}

#[tokio::test]
async fn what_was_credited_is_cancelled_out_of_the_ledger_once() {
    let send = Send::of(5);
    let build = xoxoday_tests::client_of(&send.sandbox);
    let xoxoday = build.build().await.unwrap();
    let mut bulk = send.load(&xoxoday).unwrap();
    let pace = crate::send::hasty();
    let run = bulk.run(&xoxoday, &pace, std::future::pending(), |_| {});
    run.await.unwrap();
    let stopped = bulk.cancel(&xoxoday, std::future::ready(())).await.unwrap();
    assert!(matches!(stopped.ended, Ended::Stopped));
    assert_eq!(stopped.totals.cancelled.rows, 0);
    for _ in 0..2 {
        let done = bulk.cancel(&xoxoday, std::future::pending()).await.unwrap();
        assert!(matches!(done.ended, Ended::Done));
        assert_eq!(done.totals.cancelled.rows, 5);
    }
    let books = send.sandbox.books();
    assert!(books.issuances.values().all(|issuance| issuance.cancelled));
    let record = send.sandbox.record();
    assert_eq!(record.of(Operation::CancelPoints).len(), 1);
}
