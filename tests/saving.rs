//! New tokens reach the store before anybody uses them, and where it takes none,
//! they are kept until it does.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use xoxoday_auth::store::{BoxFuture, SealingKeys, StoreError, Stored, Swap, Version};
use xoxoday_auth::{Document, Error, Event, MemoryStore, TokenStore, Xoxoday};
use xoxoday_sandbox::{Bearer, Sandbox};
use xoxoday_tests::troubled::Watched;
use xoxoday_tests::{JOHN, client_of, directory, marked, sandbox};

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
    assert_eq!(
        events.next().await,
        Some(Event::SuccessorSaved { generation: 2 })
    );
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

#[tokio::test]
async fn what_waits_for_a_sealed_store_is_sealed_as_well() {
    let (sandbox, directory) = (sandbox(), directory());
    let rescue = directory.path().join("rescue.json");
    let store = Watched::new(100);
    let sealed = || {
        let builder = client_of(&sandbox).store(store.clone());
        let keys = SealingKeys::new("2026", [7; 32]);
        builder.seal(keys).rescue_file(&rescue).build()
    };
    let xoxoday = sealed().await.unwrap();
    store.break_after(1);
    xoxoday.tokens().rotate().await.unwrap_err();
    drop(xoxoday);
    let lies_there = std::fs::read_to_string(&rescue).unwrap();
    assert!(lies_there.contains("2026"), "{lies_there}");
    assert!(!lies_there.contains(marked!()), "{lies_there}");

    store.mend();
    let next = sealed().await.unwrap();
    next.shutdown().await;
    balance(&next).await.unwrap();
    assert_eq!(next.tokens().status().generation, 2);
    assert_eq!(sandbox.record().exchanges().len(), 1);
    assert!(!rescue.exists(), "it is left although all is saved");
}

/// A store that takes long to save an answer: until the rescue file is there.
#[derive(Debug, Clone)]
struct Slow {
    store: MemoryStore,
    rescue: PathBuf,
    rescued: Arc<Mutex<Option<Value>>>,
}

impl TokenStore for Slow {
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
        self.store.load()
    }

    fn compare_and_swap<'a>(
        &'a self,
        expected: Version,
        document: &'a Document,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        Box::pin(async move {
            let written: Value = serde_json::from_slice(&document.encode()).unwrap();
            while !written["staged"].is_null() && self.rescued.lock().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
                if let Ok(bytes) = std::fs::read(&self.rescue) {
                    *self.rescued.lock().unwrap() = serde_json::from_slice(&bytes).ok();
                }
            }
            self.store.compare_and_swap(expected, document).await
        })
    }
}

#[tokio::test]
async fn an_answer_that_is_long_in_being_saved_is_rescued_meanwhile() {
    let sandbox = sandbox();
    let directory = directory();
    let rescue = directory.path().join("rescue.json");
    let store = Slow {
        store: MemoryStore::new(),
        rescue: rescue.clone(),
        rescued: Arc::default(),
    };
    let builder = client_of(&sandbox).store(store.clone());
    let xoxoday = builder.rescue_file(&rescue).build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    let rescued = store.rescued.lock().unwrap().take().unwrap();
    assert_eq!(rescued["staged"]["status"], 200);
    assert!(!rescue.exists(), "it is left although all is saved");
}

#[tokio::test]
async fn an_observer_is_told_of_an_exchange_when_its_answer_is_saved() {
    let sandbox = sandbox();
    let store = Watched::new(2);
    let told = Arc::new(AtomicUsize::new(0));
    let builder = client_of(&sandbox).store(store.clone()).observe({
        let told = Arc::clone(&told);
        move |_| {
            told.fetch_add(1, Ordering::SeqCst);
        }
    });
    let xoxoday = builder.build().await.unwrap();
    let rotation = tokio::spawn({
        let xoxoday = xoxoday.clone();
        async move { xoxoday.tokens().rotate().await }
    });
    // The seed's swap, the intent's, and the answer's, which waits for leave.
    for _ in 0..3 {
        store.asked().await;
    }
    assert_eq!(told.load(Ordering::SeqCst), 0);
    store.give_leave();
    rotation.await.unwrap().unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 1);
}
