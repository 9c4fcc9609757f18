//! Every store keeps its contract, and a store in trouble costs no token.

use std::fs;
use std::path::Path;
use std::process::Command;

use xoxoday_auth::store::{BoxFuture, Sealed, SealingKeys, StoreError, Stored, Swap, Version};
use xoxoday_auth::{
    Document, Environment, ErrorKind, FileStore, MemoryStore, StoredTokens, TokenStore, Xoxoday,
};
use xoxoday_sandbox::{Gate, Operation, Sandbox, Trouble};
use xoxoday_tests::canary::STORE;
use xoxoday_tests::log::Log;
use xoxoday_tests::troubled::Watched;
use xoxoday_tests::{JOHN, client_of, contract, directory, marked, rescue_file, sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn the_file_store_keeps_the_contract() {
    let directory = directory();
    let path = directory.path().join("made/on/demand").join(STORE);
    contract::holds(|| FileStore::new(&path)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_keeps_the_contract() {
    let store = MemoryStore::new();
    contract::holds(|| store.clone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_store_keeps_the_contract() {
    let keys = SealingKeys::new("2026", [7; 32]);
    let directory = directory();
    let path = directory.path().join(STORE);
    contract::holds(|| Sealed::new(FileStore::new(&path), keys.clone())).await;
    let sealed = fs::read_to_string(&path).unwrap();
    assert!(!sealed.contains(marked!()), "{sealed}");
}

#[tokio::test]
async fn a_client_rotates_what_is_sealed_and_one_without_the_key_sends_nothing() {
    let (sandbox, directory) = (sandbox(), directory());
    let path = directory.path().join(STORE);
    let sealed = || Sealed::new(FileStore::new(&path), SealingKeys::new("2026", [7; 32]));
    let xoxoday = client_of(&sandbox).store(sealed()).build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    assert!(!stored(&path).contains(marked!()));
    let next = client_of(&sandbox).store(sealed()).build().await.unwrap();
    assert_eq!(next.tokens().status().generation, 2);
    next.points().balance(JOHN).await.unwrap();

    let builder = client_of(&sandbox).store(FileStore::new(&path));
    let error = builder.build().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.to_string().contains("sealed"), "{error}");
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

#[tokio::test]
async fn any_store_is_sealed_by_one_call() {
    let (sandbox, directory) = (sandbox(), directory());
    let path = directory.path().join(STORE);
    let builder = || {
        let address = format!("file:{}", path.display());
        let keys = SealingKeys::new("2026", [7; 32]);
        client_of(&sandbox).store_at(&address).seal(keys)
    };
    builder().build().await.unwrap();
    assert!(!stored(&path).contains(marked!()));
    builder().build().await.unwrap();
}

/// The contract itself: a store that forgets to compare breaks it.
#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "Conflict")]
async fn a_store_that_does_not_compare_breaks_the_contract() {
    #[derive(Debug, Clone)]
    struct Careless(MemoryStore);

    impl TokenStore for Careless {
        fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
            self.0.load()
        }

        fn compare_and_swap<'a>(
            &'a self,
            _: Version,
            document: &'a Document,
        ) -> BoxFuture<'a, Result<Swap, StoreError>> {
            Box::pin(async move {
                let stored = self.0.load().await?;
                let version = stored.map_or(Version::EMPTY, |stored| stored.version);
                self.0.compare_and_swap(version, document).await
            })
        }
    }

    let store = Careless(MemoryStore::new());
    contract::holds(|| store.clone()).await;
}

/// A client whose exchange hangs at a gate, over a file.
struct Hanging {
    xoxoday: Xoxoday,
    gate: Gate,
    rotation: tokio::task::JoinHandle<Result<(), xoxoday_auth::Error>>,
}

impl Hanging {
    async fn over(sandbox: &Sandbox, path: &Path, rescue: &Path) -> Self {
        let xoxoday = client_of(sandbox)
            .store(FileStore::new(path))
            .rescue_file(rescue)
            .build()
            .await
            .unwrap();
        let gate = Gate::new();
        sandbox.trouble(Operation::RefreshTokenPoints, Trouble::Hold(gate.clone()));
        let rotation = tokio::spawn({
            let xoxoday = xoxoday.clone();
            async move { xoxoday.tokens().rotate().await.map(drop) }
        });
        gate.wait_for(1).await;
        Self {
            xoxoday,
            gate,
            rotation,
        }
    }

    /// Lets the answer come.
    async fn answered(self) -> (Xoxoday, Result<(), xoxoday_auth::Error>) {
        self.gate.open();
        (self.xoxoday, self.rotation.await.unwrap())
    }
}

fn stored(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(unix)]
#[tokio::test]
async fn g4_permissions_that_change_during_an_exchange_cost_no_token() {
    use std::os::unix::fs::PermissionsExt as _;

    let (sandbox, directory) = (sandbox(), directory());
    let path = directory.path().join(STORE);
    let rescue = directory.path().join("elsewhere").join(STORE);
    let hanging = Hanging::over(&sandbox, &path, &rescue).await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let (xoxoday, rotated) = hanging.answered().await;
    let error = rotated.unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
    xoxoday.points().balance(JOHN).await.unwrap();
    assert!(stored(&rescue).contains("\"staged\""));

    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    xoxoday.shutdown().await;
    assert!(stored(&path).contains("\"staged\""));
    assert!(!rescue.exists(), "what is saved is no longer rescued");
}

#[tokio::test]
async fn g4_a_directory_that_vanishes_during_an_exchange_is_made_again() {
    let (sandbox, directory) = (sandbox(), directory());
    let path = directory.path().join("state").join(STORE);
    let rescue = directory.path().join("elsewhere").join(STORE);
    let hanging = Hanging::over(&sandbox, &path, &rescue).await;
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let (xoxoday, rotated) = hanging.answered().await;
    rotated.unwrap();
    xoxoday.points().balance(JOHN).await.unwrap();
    let newest = sandbox.record().pairs().last().cloned().unwrap();
    assert!(stored(&path).contains(newest.refresh_token()));
}

#[tokio::test]
async fn g4_what_was_rescued_is_picked_up_by_the_next_start() {
    let (sandbox, directory) = (sandbox(), directory());
    let path = directory.path().join(STORE);
    let rescue = directory.path().join("elsewhere").join(STORE);
    let store = Watched::over(FileStore::new(&path), 100);
    let builder = client_of(&sandbox).store(store.clone());
    let xoxoday = builder.rescue_file(&rescue).build().await.unwrap();
    store.break_after(1);
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    drop(xoxoday);
    assert!(!stored(&path).contains("\"staged\""));

    // The lease of the one who is gone still runs: it does not matter.
    let next = client_of(&sandbox)
        .store(FileStore::new(&path))
        .rescue_file(&rescue)
        .build()
        .await
        .unwrap();
    next.points().balance(JOHN).await.unwrap();
    assert_eq!(sandbox.record().exchanges().len(), 1);
    assert!(stored(&path).contains("\"staged\""));
    assert!(!rescue.exists());
}

#[tokio::test]
async fn g4_what_was_rescued_comes_in_at_the_start_and_not_when_a_rotation_is_due() {
    let (sandbox, directory) = (sandbox(), directory());
    let path = directory.path().join(STORE);
    let rescue = directory.path().join("elsewhere").join(STORE);
    let store = Watched::over(FileStore::new(&path), 100);
    let builder = client_of(&sandbox).store(store.clone());
    let xoxoday = builder.rescue_file(&rescue).build().await.unwrap();
    store.break_after(1);
    xoxoday.tokens().rotate().await.unwrap_err();
    drop(xoxoday);

    let builder = client_of(&sandbox).store(FileStore::new(&path));
    let next = builder.rescue_file(&rescue).build().await.unwrap();
    next.shutdown().await;
    assert_eq!(next.tokens().status().generation, 2);
    assert!(stored(&path).contains("\"staged\""));
    assert!(!rescue.exists());
    // With it a token that lives: none was bought.
    next.points().balance(JOHN).await.unwrap();
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

#[test]
fn an_unusable_rescue_file_is_complained_of_once_until_it_changes() {
    let directory = directory();
    let rescue = directory.path().join("rescue.json");
    let stored = StoredTokens::new(Environment::Sandbox, "client-1", MemoryStore::new());
    let stored = stored.rescue_file(&rescue);
    let log = Log::default();
    let _listening = log.listen();
    for (content, complaints) in [("{", 1), ("", 2), ("{", 3)] {
        private(&rescue, content);
        for _ in 0..3 {
            assert_eq!(stored.rescued(), None);
        }
        let heard = log.events();
        let about = |said: &&String| said.contains("rescue file");
        assert_eq!(heard.iter().filter(about).count(), complaints, "{heard:?}");
    }
}

/// Writes a file that its owner alone can read.
fn private(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

#[test]
fn each_directory_that_is_made_for_the_tokens_is_made_durable() {
    let (sandbox, directory) = (sandbox(), directory());
    let path = directory.path().join("made/on/demand").join(STORE);
    for made in [3, 0] {
        let told = Command::new(env!("CARGO_BIN_EXE_rotator"))
            .arg("rotate")
            .envs(sandbox.environment())
            .env("XOXODAY_TOKEN_STORE", format!("file:{}", path.display()))
            .env("XOXODAY_RESCUE_FILE", directory.path().join("rescue.json"))
            .env("XOXODAY_ROTATION_FLOOR", "0s")
            .output()
            .unwrap();
        assert!(told.status.success());
        let told = String::from_utf8(told.stdout).unwrap();
        let synced = told
            .lines()
            .filter(|it| it.starts_with("sync directory above"));
        assert_eq!(synced.count(), made, "{told}");
    }
}

#[tokio::test]
async fn g4_a_store_that_was_lost_with_its_disk_starts_from_what_was_rescued() {
    let (sandbox, directory) = (sandbox(), directory());
    let path = directory.path().join(STORE);
    let rescue = directory.path().join("elsewhere").join(STORE);
    let store = Watched::over(FileStore::new(&path), 100);
    let builder = client_of(&sandbox).store(store.clone());
    let xoxoday = builder.rescue_file(&rescue).build().await.unwrap();
    store.break_after(1);
    xoxoday.tokens().rotate().await.unwrap_err();
    drop(xoxoday);
    fs::remove_file(&path).unwrap();

    // The seed of the environment is spent by now.
    let builder = client_of(&sandbox).store(FileStore::new(&path));
    let next = builder.rescue_file(&rescue).build().await.unwrap();
    next.points().balance(JOHN).await.unwrap();
    next.tokens().rotate().await.unwrap();
    assert_eq!(sandbox.record().exchanges().len(), 2);
}

#[tokio::test]
async fn a_running_process_brings_back_what_the_store_has_lost() {
    for put_back in [false, true] {
        let (sandbox, directory) = (sandbox(), directory());
        let path = directory.path().join(STORE);
        let builder = client_of(&sandbox).store(FileStore::new(&path));
        let xoxoday = builder.build().await.unwrap();
        let old = fs::read(&path).unwrap();
        xoxoday.tokens().rotate().await.unwrap();
        match put_back {
            true => fs::write(&path, &old).unwrap(),
            false => fs::remove_file(&path).unwrap(),
        }
        xoxoday.tokens().rotate().await.unwrap();
        let facts = sandbox.record().refresh_tokens();
        assert!(facts.iter().all(|token| token.presented <= 1), "{put_back}");
        let newest = sandbox.record().pairs().last().cloned().unwrap();
        assert!(stored(&path).contains(newest.refresh_token()));
    }
}

/// A real write that fails: the kernel refuses files beyond a size.
#[cfg(unix)]
#[tokio::test]
async fn g2_g4_a_full_disk_costs_no_token() {
    for (from, exchanges) in [("load 1", 0), ("exchanged 1", 1)] {
        let (sandbox, directory) = (sandbox(), directory());
        let path = directory.path().join(STORE);
        let builder = client_of(&sandbox).store(FileStore::new(&path));
        drop(builder.build().await.unwrap());
        let before = stored(&path);
        // The signal that comes with the limit would end the process.
        let ended = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_rotator"))
            .args(["rotate", "--full-disk-from", from])
            .envs(sandbox.environment())
            .env("XOXODAY_TOKEN_STORE", format!("file:{}", path.display()))
            .env("XOXODAY_RESCUE_FILE", rescue_file(&sandbox))
            .output()
            .unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains("make room"), "{from}: {said}");
        assert_eq!(sandbox.record().exchanges().len(), exchanges, "{from}");
        // At its end there was room again.
        let newest = sandbox.record().pairs().last().cloned().unwrap();
        assert!(
            stored(&path).contains(newest.refresh_token()),
            "{from}: {said}"
        );
        assert_eq!(stored(&path) == before, exchanges == 0, "{from}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn g2_a_directory_that_cannot_be_written_costs_no_token() {
    use std::os::unix::fs::PermissionsExt as _;

    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: to root every directory can be written");
        return;
    }
    let (sandbox, directory) = (sandbox(), directory());
    let path = directory.path().join(STORE);
    let builder = client_of(&sandbox).store(FileStore::new(&path));
    let xoxoday = builder.build().await.unwrap();
    let mode = |mode| fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode));
    mode(0o500).unwrap();
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    mode(0o700).unwrap();
    assert!(
        error.to_string().contains("user of this program"),
        "{error}"
    );
    assert_eq!(sandbox.record().exchanges().len(), 0);
    xoxoday.tokens().rotate().await.unwrap();
}

#[tokio::test]
async fn a_store_that_panics_loses_no_answer() {
    #[derive(Debug)]
    struct Fragile(Watched);

    impl TokenStore for Fragile {
        fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
            self.0.load()
        }

        fn compare_and_swap<'a>(
            &'a self,
            expected: Version,
            document: &'a Document,
        ) -> BoxFuture<'a, Result<Swap, StoreError>> {
            Box::pin(async move {
                let swap = self.0.compare_and_swap(expected, document).await;
                Ok(swap.expect("a panic on purpose"))
            })
        }
    }

    let sandbox = sandbox();
    let store = Watched::new(100);
    let builder = client_of(&sandbox).store(Fragile(store.clone()));
    let xoxoday = builder.build().await.unwrap();
    store.break_after(1);
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
    store.mend();
    xoxoday.points().balance(JOHN).await.unwrap();
    xoxoday.shutdown().await;
    assert_eq!(sandbox.record().exchanges().len(), 1);
    assert_eq!(store.stored().await["staged"]["status"], 200);
}
