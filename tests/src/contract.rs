//! What every store must do. A store of your own passes if this does.

use std::collections::HashSet;

use serde_json::{Value, json};
use xoxoday_auth::store::{Stored, Swap, Version};
use xoxoday_auth::{Document, TokenStore};

/// Holds a store to its contract. `open` gives one more handle to the same,
/// empty storage, as another process would have it.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn holds<S: TokenStore>(open: impl Fn() -> S) {
    starts_empty_and_returns_what_was_stored(&open).await;
    tells_a_writer_who_knows_an_old_version(&open).await;
    lets_one_of_many_win(&open).await;
    loses_no_update(&open).await;
}

async fn starts_empty_and_returns_what_was_stored<S: TokenStore>(open: &impl Fn() -> S) {
    let store = open();
    assert_eq!(store.load().await.unwrap(), None, "it is not empty");
    let first = document(1, "kept");
    let swap = store.compare_and_swap(Version::EMPTY, &first).await;
    let version = done(swap.unwrap());
    assert!(version > Version::EMPTY);
    let stored = Stored {
        version,
        document: first.clone(),
    };
    for handle in [store, open()] {
        let loaded = handle.load().await.unwrap().unwrap();
        assert_eq!(loaded, stored);
        // Also what a later version has written, and this one does not know.
        let text: Value = serde_json::from_slice(&loaded.document.encode()).unwrap();
        assert_eq!(text["note"], "kept");
    }
}

async fn tells_a_writer_who_knows_an_old_version<S: TokenStore>(open: &impl Fn() -> S) {
    let (ours, theirs) = (open(), open());
    let known = ours.load().await.unwrap().unwrap().version;
    let swap = theirs.compare_and_swap(known, &document(2, "theirs")).await;
    let newer = done(swap.unwrap());
    assert_ne!(newer, known);
    for stale in [known, Version::EMPTY, newer.next()] {
        let swap = ours.compare_and_swap(stale, &document(3, "ours")).await;
        assert_eq!(swap.unwrap(), Swap::Conflict, "{stale:?}");
    }
    let stored = ours.load().await.unwrap().unwrap();
    assert_eq!(
        (stored.version, stored.document),
        (newer, document(2, "theirs"))
    );
}

async fn lets_one_of_many_win<S: TokenStore>(open: &impl Fn() -> S) {
    let known = open().load().await.unwrap().unwrap().version;
    let writers: Vec<_> = (0..16)
        .map(|number| {
            let store = open();
            tokio::spawn(async move {
                let document = document(10 + number, "race");
                store.compare_and_swap(known, &document).await.unwrap()
            })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        won += usize::from(writer.await.unwrap() != Swap::Conflict);
    }
    assert_eq!(won, 1);
}

async fn loses_no_update<S: TokenStore>(open: &impl Fn() -> S) {
    const WRITERS: u64 = 4;
    const WRITES: u64 = 8;
    let start = open().load().await.unwrap().unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let store = open();
            tokio::spawn(async move {
                let mut versions = Vec::new();
                while versions.len() < WRITES as usize {
                    let stored = store.load().await.unwrap().unwrap();
                    let next = document(stored.document.generation() + 1, "counted");
                    if let Swap::Done(version) =
                        store.compare_and_swap(stored.version, &next).await.unwrap()
                    {
                        versions.push(version);
                    }
                }
                versions
            })
        })
        .collect();
    let mut versions = HashSet::from([start.version]);
    for writer in writers {
        for version in writer.await.unwrap() {
            assert!(versions.insert(version), "a version was given twice");
        }
    }
    let end = open().load().await.unwrap().unwrap();
    let counted = end.document.generation() - start.document.generation();
    assert_eq!(counted, WRITERS * WRITES);
}

fn done(swap: Swap) -> Version {
    match swap {
        Swap::Done(version) => version,
        Swap::Conflict => panic!("a conflict with nobody"),
    }
}

fn document(generation: u64, note: &str) -> Document {
    let text = json!({
        "schema": 1,
        "account": { "environment": "sandbox", "client_id": "client-1" },
        "generation": generation,
        "refresh": crate::marked!("refresh-1"),
        "obtained_at": 1_718_000_000_000_i64,
        "seeds": [],
        "note": note,
    });
    Document::decode(text.to_string().as_bytes()).expect("a document")
}
