//! Each way in which a sealed document does not open has an error of its own.

use serde_json::{Value, json};

use super::*;
use crate::rotation::{Account, Seed};
use crate::store::MemoryStore;

const NEW: [u8; 32] = [7; 32];
const OLD: [u8; 32] = [3; 32];

fn document(client: &str) -> Document {
    let account = Account::new("sandbox".into(), client.into());
    let seed = Seed::new("canary-refresh").access_token("canary-access", None);
    Document::seeded(account, &seed, EpochMillis::new(5))
}

fn sealed_with(store: &MemoryStore, keys: SealingKeys) -> Sealed<MemoryStore> {
    Sealed::new(store.clone(), keys)
}

async fn write<S: TokenStore>(store: &S, document: &Document) {
    let known = store.load().await.ok().flatten().map(|it| it.version);
    let expected = known.unwrap_or(Version::EMPTY);
    let swap = store.compare_and_swap(expected, document).await.unwrap();
    assert!(matches!(swap, Swap::Done(_)));
}

async fn read<S: TokenStore>(store: &S) -> Result<Document, StoreError> {
    Ok(store.load().await?.expect("it was written").document)
}

/// What lies in a store, changed by somebody without the key.
async fn changed(store: &MemoryStore, change: impl FnOnce(&mut Value)) -> MemoryStore {
    let document = read(store).await.unwrap();
    let mut text: Value = serde_json::from_slice(&document.encode()).unwrap();
    change(&mut text);
    let other = MemoryStore::new();
    write(
        &other,
        &Document::decode(text.to_string().as_bytes()).unwrap(),
    )
    .await;
    other
}

async fn refusal<S: TokenStore>(store: &S) -> String {
    let error = read(store).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unusable, "{error}");
    assert!(!error.to_string().contains("canary"), "{error}");
    error.to_string()
}

#[tokio::test]
async fn what_is_sealed_opens_with_its_key_and_shows_no_token_without() {
    let store = MemoryStore::new();
    let sealed = sealed_with(&store, SealingKeys::new("new", NEW));
    write(&sealed, &document("client")).await;
    assert_eq!(read(&sealed).await, Ok(document("client")));
    let lies_there = read(&store).await.unwrap().encode();
    let lies_there = String::from_utf8(lies_there.to_vec()).unwrap();
    assert!(!lies_there.contains("canary"), "{lies_there}");
    // Nor the same twice.
    write(&sealed, &document("client")).await;
    let again = read(&store).await.unwrap().encode();
    assert_ne!(*again, lies_there.into_bytes());
    let shown = format!("{sealed:?} {:?}", SealingKey::from(NEW));
    assert!(!shown.contains("7, 7"), "{shown}");
}

#[tokio::test]
async fn a_key_that_was_not_given_is_named_and_a_wrong_one_is_told_from_it() {
    let store = MemoryStore::new();
    let old = sealed_with(&store, SealingKeys::new("old", OLD));
    write(&old, &document("client")).await;
    let new = sealed_with(&store, SealingKeys::new("new", NEW));
    let missing = refusal(&new).await;
    assert!(
        missing.contains("\"old\", which was not given"),
        "{missing}"
    );
    let wrong = sealed_with(&store, SealingKeys::new("old", NEW));
    let wrong = refusal(&wrong).await;
    assert!(wrong.contains("\"old\" is not the one"), "{wrong}");
}

#[tokio::test]
async fn keys_change_with_the_next_write() {
    let store = MemoryStore::new();
    let old = sealed_with(&store, SealingKeys::new("old", OLD));
    write(&old, &document("client")).await;
    let both = SealingKeys::new("new", NEW).or_opened_by("old", OLD);
    let both = sealed_with(&store, both);
    assert_eq!(read(&both).await, Ok(document("client")));
    write(&both, &document("client")).await;
    let new = sealed_with(&store, SealingKeys::new("new", NEW));
    assert_eq!(read(&new).await, Ok(document("client")));
    assert!(refusal(&old).await.contains("not given"));
}

#[tokio::test]
async fn a_key_is_asked_for_once_and_a_failure_to_have_it_is_told() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let keys = SealingKeys::asked_for("new", move |name| {
        let times = count.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(name, "new");
            let down = || StoreError::new(StoreErrorKind::Unavailable, "the KMS is down");
            (times > 0).then(|| NEW.into()).ok_or_else(down)
        }
    });
    let store = MemoryStore::new();
    let sealed = sealed_with(&store, keys);
    let document = document("client");
    let failed = sealed.compare_and_swap(Version::EMPTY, &document);
    assert_eq!(failed.await.unwrap_err().to_string(), "the KMS is down");
    assert_eq!(store.load().await, Ok(None));
    for _ in 0..3 {
        write(&sealed, &document).await;
        read(&sealed).await.unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_wrong_key_that_was_asked_for_is_asked_for_again() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    let store = MemoryStore::new();
    let right = sealed_with(&store, SealingKeys::new("new", NEW));
    write(&right, &document("client")).await;
    let is_mended = Arc::new(AtomicBool::new(false));
    let keys = SealingKeys::asked_for("new", {
        let is_mended = Arc::clone(&is_mended);
        move |_| {
            let key = if is_mended.load(Ordering::SeqCst) {
                NEW
            } else {
                OLD
            };
            async move { Ok(key.into()) }
        }
    });
    let sealed = sealed_with(&store, keys);
    assert!(refusal(&sealed).await.contains("is not the one"));
    is_mended.store(true, Ordering::SeqCst);
    assert_eq!(read(&sealed).await, Ok(document("client")));
}

#[tokio::test]
async fn what_was_moved_to_another_account_does_not_open() {
    let store = MemoryStore::new();
    let keys = || SealingKeys::new("new", NEW);
    write(&sealed_with(&store, keys()), &document("theirs")).await;
    let whole = changed(&store, |it| it["account"]["client_id"] = json!("ours")).await;
    let moved = refusal(&sealed_with(&whole, keys())).await;
    assert!(moved.contains("sealed for client theirs"), "{moved}");
    assert!(moved.contains("in the place of client ours"), "{moved}");
    // Nor by one who knows of that.
    let whole = changed(&whole, |it| {
        it["sealed"]["account"]["client_id"] = json!("ours");
    });
    let moved = refusal(&sealed_with(&whole.await, keys())).await;
    assert!(moved.contains("were changed"), "{moved}");
}

#[tokio::test]
async fn each_flipped_bit_is_found() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    let store = MemoryStore::new();
    let keys = || SealingKeys::new("new", NEW);
    write(&sealed_with(&store, keys()), &document("client")).await;
    let outer = read(&store).await.unwrap();
    let text: Value = serde_json::from_slice(&outer.encode()).unwrap();
    let sealed = STANDARD
        .decode(text["sealed"]["sealed"].as_str().unwrap())
        .unwrap();
    for bit in 0..8 * sealed.len() {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let flipped = changed(&store, |it| {
            it["sealed"]["sealed"] = json!(STANDARD.encode(flipped));
        });
        let found = refusal(&sealed_with(&flipped.await, keys())).await;
        assert!(found.contains("were changed"), "{bit}: {found}");
    }
    // And what can be read without the key.
    for (member, other) in [
        ("/generation", json!(9)),
        ("/sealed/event/generation", json!(9)),
        ("/sealed/event/event", json!("rotated")),
        ("/sealed/sealed", json!("")),
        ("/sealed/sealed", json!("?")),
    ] {
        let altered = changed(&store, |it| *it.pointer_mut(member).unwrap() = other);
        let found = refusal(&sealed_with(&altered.await, keys())).await;
        assert!(found.contains("were changed"), "{member}: {found}");
    }
}

#[tokio::test]
async fn what_is_not_sealed_is_refused_unless_it_is_allowed_and_then_sealed() {
    let store = MemoryStore::new();
    write(&store, &document("client")).await;
    let strict = sealed_with(&store, SealingKeys::new("new", NEW));
    assert!(refusal(&strict).await.contains("not sealed"));
    let lenient = strict.clone().or_unsealed();
    assert_eq!(read(&lenient).await, Ok(document("client")));
    write(&lenient, &document("client")).await;
    assert_eq!(read(&strict).await, Ok(document("client")));
}

#[tokio::test]
async fn a_client_without_the_keys_uses_nothing_of_what_is_sealed() {
    let store = MemoryStore::new();
    write(
        &sealed_with(&store, SealingKeys::new("new", NEW)),
        &document("client"),
    )
    .await;
    let account = document("client").account().clone();
    let clock = crate::rotation::clock::AccountClock::stopped(EpochMillis::new(5));
    let refused = crate::rotation::opening::load(&store, &account, &clock).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Unusable);
    assert!(refused.to_string().contains("sealed"), "{refused}");
}

#[tokio::test]
async fn the_history_of_what_is_sealed_says_what_has_happened() {
    let store = MemoryStore::new();
    let sealed = sealed_with(&store, SealingKeys::new("new", NEW));
    write(&sealed, &document("client")).await;
    let event = crate::store::event::Event::of(&read(&store).await.unwrap(), None);
    assert_eq!((&*event.event, event.generation), ("imported", 1));
}
