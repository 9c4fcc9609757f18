//! What goes wrong on the other side: it slows a run down, or ends it with the
//! rest pending, and nobody is sent anything twice.

use std::time::Duration;

use xoxoday_auth::bulk::{Bulk, Ended, Fate, Progress, Resolution};
use xoxoday_auth::{ErrorKind, Retry, Xoxoday};
use xoxoday_sandbox::{Gate, Operation, RateLimit, RateLimitShape, SendAnswer, Trouble};
use xoxoday_tests::client_of;

use crate::send::{Send, hasty, rows};

async fn started(rows: usize) -> (Send, Xoxoday, Bulk) {
    let send = Send::of(rows);
    let xoxoday = send.client().await;
    let bulk = send.load(&xoxoday).unwrap();
    (send, xoxoday, bulk)
}

async fn run(bulk: &mut Bulk, xoxoday: &Xoxoday, told: impl FnMut(&Progress)) -> Ended {
    let pace = hasty();
    let summary = bulk.run(xoxoday, &pace, std::future::pending(), told);
    summary.await.unwrap().ended
}

/// Pending, credited, failed and unknown.
fn counts(bulk: &Bulk) -> [u64; 4] {
    let totals = bulk.totals();
    [
        totals.pending,
        totals.credited,
        totals.failed,
        totals.unknown,
    ]
    .map(|count| count.rows)
}

fn sends(send: &Send) -> usize {
    send.sandbox.record().of(Operation::SendPoints).len()
}

fn why(ended: Ended) -> xoxoday_auth::Error {
    match ended {
        Ended::Halted(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_row_leaves_once_under_the_name_that_was_written_down() {
    let (send, xoxoday, mut bulk) = started(3).await;
    assert!(matches!(
        run(&mut bulk, &xoxoday, |_| {}).await,
        Ended::Done
    ));
    send.assert_books_agree(&bulk);
    let record = send.sandbox.record();
    let left: Vec<_> = record
        .of(Operation::SendPoints)
        .iter()
        .map(|call| call.header("x-request-id").map(str::to_owned))
        .collect();
    let kept = rows(&bulk).into_iter();
    let kept: Vec<_> = kept
        .map(|row| row.fate.request_id().map(str::to_owned))
        .collect();
    assert_eq!(left, kept);
    // Again: nothing is left to be sent.
    drop(bulk);
    let mut again = send.load(&xoxoday).unwrap();
    assert!(matches!(
        run(&mut again, &xoxoday, |_| {}).await,
        Ended::Done
    ));
    assert_eq!((counts(&again), sends(&send)), ([0, 3, 0, 0], 3));
}

#[tokio::test]
async fn rate_limits_slow_a_run_down_and_fail_no_row() {
    let (send, xoxoday, mut bulk) = started(4).await;
    let limit = Trouble::RateLimit(RateLimit {
        shape: RateLimitShape::StatusAlone,
        penalty: Duration::from_secs(1),
        retry_after: true,
        ..RateLimit::default()
    });
    send.sandbox.trouble(Operation::SendPoints, limit.times(2));
    let mut waits = 0;
    let told = |progress: &Progress| waits += u32::from(progress.waiting.is_some());
    assert!(matches!(run(&mut bulk, &xoxoday, told).await, Ended::Done));
    assert_eq!((waits, counts(&bulk)), (2, [0, 4, 0, 0]));
    send.assert_books_agree(&bulk);
}

#[tokio::test]
async fn an_outage_without_a_connection_is_waited_for() {
    let (send, xoxoday, mut bulk) = started(3).await;
    send.sandbox.go_offline().unwrap();
    let mut waits = 0;
    let told = |progress: &Progress| {
        waits += u32::from(progress.waiting.is_some());
        if waits == 25 {
            send.sandbox.come_online().unwrap();
        }
    };
    assert!(matches!(run(&mut bulk, &xoxoday, told).await, Ended::Done));
    assert_eq!(counts(&bulk), [0, 3, 0, 0]);
    send.assert_books_agree(&bulk);
}

#[tokio::test]
async fn an_outage_behind_a_gateway_leaves_one_row_unknown_and_not_all_of_them() {
    let send = Send::of(5);
    let once = client_of(&send.sandbox).retry(Retry::never());
    let xoxoday = once.build().await.unwrap();
    let mut bulk = send.load(&xoxoday).unwrap();
    let gateway = Trouble::Status(502).until_cleared();
    send.sandbox.trouble(None, gateway);
    let mut waits = 0;
    let told = |progress: &Progress| {
        waits += u32::from(progress.waiting.is_some());
        if waits == 3 {
            send.sandbox.clear_trouble();
        }
    };
    assert!(matches!(run(&mut bulk, &xoxoday, told).await, Ended::Done));
    assert_eq!(counts(&bulk), [0, 4, 0, 1]);
    assert!(matches!(rows(&bulk)[0].fate, Fate::Unknown { .. }));
    send.assert_books_agree(&bulk);
}

#[tokio::test]
async fn an_account_that_is_turned_away_fails_no_row() {
    let (send, xoxoday, mut bulk) = started(3).await;
    send.sandbox.dashboard().disable_company();
    let error = why(run(&mut bulk, &xoxoday, |_| {}).await);
    assert_eq!(error.code(), Some("PIPE10016"), "{error}");
    assert_eq!((counts(&bulk), sends(&send)), ([3, 0, 0, 0], 1));
    send.sandbox.dashboard().unbar();
    assert!(matches!(
        run(&mut bulk, &xoxoday, |_| {}).await,
        Ended::Done
    ));
    assert_eq!(counts(&bulk), [0, 3, 0, 0]);
}

#[tokio::test]
async fn a_login_that_is_required_ends_a_run_with_the_rest_pending() {
    let (send, xoxoday, mut bulk) = started(3).await;
    send.sandbox.dashboard().reset_password();
    let error = why(run(&mut bulk, &xoxoday, |_| {}).await);
    assert_eq!(error.kind(), ErrorKind::LoginRequired, "{error}");
    assert_eq!(counts(&bulk), [3, 0, 0, 0]);
    send.assert_books_agree(&bulk);
}

#[tokio::test]
async fn a_run_in_vain_ends_and_what_failed_can_be_sent_again() {
    let (send, xoxoday, mut bulk) = started(6).await;
    let empty = r#"{"error":"Bad Request","message":"the wallet has not enough points"}"#;
    let refusal = xoxoday_tests::answer(400, empty).until_cleared();
    send.sandbox.trouble(Operation::SendPoints, refusal);
    let pace = hasty().give_up_after(4);
    let summary = bulk.run(&xoxoday, &pace, std::future::pending(), |_| {});
    let error = why(summary.await.unwrap().ended);
    assert!(error.to_string().contains("not enough points"), "{error}");
    assert_eq!(counts(&bulk), [2, 0, 4, 0]);

    send.sandbox.clear_trouble();
    let not_sent = (1..=4).map(|row| (row, Resolution::NotSent));
    assert_eq!(bulk.resolve_all(not_sent).unwrap(), 4);
    assert!(matches!(
        run(&mut bulk, &xoxoday, |_| {}).await,
        Ended::Done
    ));
    assert_eq!(counts(&bulk), [0, 6, 0, 0]);
    send.assert_books_agree(&bulk);
}

#[tokio::test]
async fn a_run_that_is_told_to_stop_finishes_what_is_under_way() {
    let (send, xoxoday, mut bulk) = started(5).await;
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone());
    send.sandbox.trouble(Operation::SendPoints, hold);
    // Asked while the first row is on its way.
    let (ask, asked) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        gate.wait_for(1).await;
        ask.send(()).unwrap();
        gate.open();
    });
    let asked = async { asked.await.unwrap() };
    let summary = bulk.run(&xoxoday, &hasty(), asked, |_| {}).await.unwrap();
    assert!(matches!(summary.ended, Ended::Stopped));
    assert_eq!((counts(&bulk), sends(&send)), ([4, 1, 0, 0], 1));
    send.assert_books_agree(&bulk);
}

#[tokio::test]
async fn a_stop_on_hearing_of_an_outcome_lets_nothing_more_leave() {
    let (send, xoxoday, mut bulk) = started(5).await;
    let (ask, asked) = tokio::sync::oneshot::channel();
    let mut ask = Some(ask);
    let asked = async { asked.await.unwrap() };
    let hear = |_: &Progress| ask.take().unwrap().send(()).unwrap();
    let summary = bulk.run(&xoxoday, &hasty(), asked, hear).await.unwrap();
    assert!(matches!(summary.ended, Ended::Stopped));
    assert_eq!((counts(&bulk), sends(&send)), ([4, 1, 0, 0], 1));
    // The next row was written down as leaving, and did not leave.
    drop(bulk);
    let bulk = Bulk::open(send.ledger()).unwrap();
    assert_eq!(counts(&bulk), [4, 1, 0, 0]);
}

#[tokio::test]
async fn a_run_that_is_dropped_leaves_its_row_unknown() {
    let (send, xoxoday, mut bulk) = started(3).await;
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone()).before_work();
    send.sandbox.trouble(Operation::SendPoints, hold);
    tokio::select! {
        _ = run(&mut bulk, &xoxoday, |_| {}) => panic!("it is held"),
        () = gate.wait_for(1) => {}
    }
    gate.open();
    assert!(matches!(
        run(&mut bulk, &xoxoday, |_| {}).await,
        Ended::Done
    ));
    assert_eq!(counts(&bulk), [0, 2, 0, 1]);
    assert_eq!(rows(&bulk)[0].fate.word(), "unknown");
    assert!(sends(&send) <= 3);
}

#[tokio::test]
async fn answers_that_tell_of_one_alone_end_larger_batches() {
    let (send, xoxoday, mut bulk) = started(12).await;
    let pace = hasty().batch(4);
    let summary = bulk.run(&xoxoday, &pace, std::future::pending(), |_| {});
    assert!(matches!(summary.await.unwrap().ended, Ended::Done));
    assert_eq!((counts(&bulk), sends(&send)), ([0, 9, 0, 3], 9));
    send.assert_books_agree(&bulk);
}

#[tokio::test]
async fn one_who_cannot_receive_brings_nobody_else_down() {
    for answer in [
        SendAnswer::Short,
        SendAnswer::Message,
        SendAnswer::WithRecipients,
    ] {
        let send = Send::of(97);
        send.sandbox
            .switch(|switches| switches.send_answer = answer);
        let xoxoday = send.client().await;
        let mut bulk = send.load(&xoxoday).unwrap();
        let pace = match answer {
            SendAnswer::WithRecipients => hasty().batch(50),
            _ => hasty(),
        };
        let summary = bulk.run(&xoxoday, &pace, std::future::pending(), |_| {});
        assert!(matches!(summary.await.unwrap().ended, Ended::Done));
        assert_eq!(counts(&bulk), [0, 96, 1, 0], "{answer:?}");
        send.assert_books_agree(&bulk);
    }
}

/// A part of it may be credited: it does not leave again by itself.
#[tokio::test]
async fn a_batch_that_is_refused_in_one_word_is_unknown_and_the_rest_leaves_one_at_a_time() {
    let send = Send::of(150);
    send.sandbox
        .switch(|switches| switches.send_answer = SendAnswer::Message);
    let xoxoday = send.client().await;
    let mut bulk = send.load(&xoxoday).unwrap();
    let pace = hasty().batch(50);
    let summary = bulk.run(&xoxoday, &pace, std::future::pending(), |_| {});
    assert!(matches!(summary.await.unwrap().ended, Ended::Done));
    assert_eq!((counts(&bulk), sends(&send)), ([0, 100, 0, 50], 52));
    send.assert_books_agree(&bulk);
}
