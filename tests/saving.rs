//! New tokens reach the store before anybody uses them, and where it takes none,
//! they are kept until it does.

use std::time::Duration;

use xoxoday_auth::{Error, Event, Xoxoday};
use xoxoday_sandbox::{Bearer, Sandbox};
use xoxoday_tests::troubled::Watched;
use xoxoday_tests::{JOHN, client_of, sandbox};

const FORTY_DAYS: Duration = Duration::from_secs(40 * 86_400);

async fn over(sandbox: &Sandbox, store: &Watched) -> Xoxoday {
    let builder = client_of(sandbox).store(store.clone());
    builder.build().await.unwrap()
}

async fn balance(xoxoday: &Xoxoday) -> Result<(), Error> {
    xoxoday.points().balance(JOHN).await.map(drop)
}

#[tokio::test]
async fn new_tokens_are_saved_before_they_are_used() {
    let sandbox = sandbox();
    let store = Watched::new(2);
    let xoxoday = over(&sandbox, &store).await;
    store.asked().await;

    sandbox.clock().advance(FORTY_DAYS);
    let call = tokio::spawn({
        let xoxoday = xoxoday.clone();
        async move { balance(&xoxoday).await }
    });
    // The intent was saved, the exchange is done, and the swap waits for leave:
    // nobody has the new token.
    store.asked().await;
    store.asked().await;
    let with_new_token = |sandbox: &Sandbox| {
        let record = sandbox.record();
        let newest = record.exchanges()[0].brought.unwrap();
        let uses = record.matching(
            |call| matches!(call.bearer, Bearer::Known { generation, .. } if generation == newest),
        );
        uses.len()
    };
    assert_eq!(with_new_token(&sandbox), 0);
    assert_eq!(xoxoday.tokens().status().generation, 1);

    store.give_leave();
    call.await.unwrap().unwrap();
    assert_eq!(with_new_token(&sandbox), 1);
}

#[tokio::test]
async fn a_successor_that_cannot_be_saved_is_served_and_saved_before_the_next_exchange() {
    let sandbox = sandbox();
    let store = Watched::new(100);
    let xoxoday = over(&sandbox, &store).await;

    // The disk is full right behind the intent.
    store.break_after(1);
    let unsaved = xoxoday.tokens().rotate().await.unwrap_err();
    assert!(unsaved.to_string().contains("disk full"), "{unsaved}");
    balance(&xoxoday).await.unwrap();

    xoxoday.tokens().rotate().await.unwrap_err();
    assert_eq!(
        sandbox.record().exchanges().len(),
        1,
        "exchanged while a successor was unsaved"
    );

    store.mend();
    xoxoday.tokens().rotate().await.unwrap();
    assert_eq!(sandbox.record().exchanges().len(), 2);
    let saved = store.stored().await;
    assert_eq!(saved["generation"], 2);
    assert_eq!(saved["staged"]["status"], 200);
    let facts = sandbox.record().refresh_tokens();
    assert!(facts.iter().all(|token| token.presented <= 1));
}

#[tokio::test]
async fn a_successor_that_could_not_be_saved_is_saved_without_being_asked() {
    let sandbox = sandbox();
    let store = Watched::new(100);
    let xoxoday = over(&sandbox, &store).await;
    let mut events = xoxoday.events();
    store.break_after(1);
    xoxoday.tokens().rotate().await.unwrap_err();
    assert!(matches!(
        events.next().await,
        Some(Event::SuccessorUnsaved { generation: 2, .. })
    ));
    store.mend();
    store.forget_what_was_asked();
    store.asked().await;
    xoxoday.shutdown().await;
    assert_eq!(store.stored().await["staged"]["status"], 200);
}

#[tokio::test]
async fn a_store_that_cannot_be_written_costs_no_token() {
    let sandbox = sandbox();
    let store = Watched::new(100);
    let xoxoday = over(&sandbox, &store).await;
    store.break_after(0);
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert!(error.to_string().contains("disk full"), "{error}");
    assert_eq!(sandbox.record().exchanges().len(), 0);
    balance(&xoxoday).await.unwrap();
}
