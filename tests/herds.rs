//! Many who find the token dead at once: one exchange, and no failed call.

use std::time::Duration;

use xoxoday_auth::FileStore;
use xoxoday_tests::canary::STORE;
use xoxoday_tests::herd::call_at_once;
use xoxoday_tests::{JOHN, client_of, directory, sandbox};

const FORTY_DAYS: Duration = Duration::from_secs(40 * 86_400);

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tasks_at_expiry_share_one_exchange() {
    let sandbox = sandbox();
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    sandbox.clock().advance(FORTY_DAYS);
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let xoxoday = xoxoday.clone();
            tokio::spawn(async move { xoxoday.points().balance(JOHN).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_of_fifty_tasks_at_expiry_share_one_exchange() {
    let sandbox = sandbox();
    let directory = directory();
    let store = directory.path().join(STORE);
    let first = client_of(&sandbox).store(FileStore::new(&store));
    first.build().await.unwrap();
    sandbox.clock().advance(FORTY_DAYS);
    let rotator = env!("CARGO_BIN_EXE_rotator");
    call_at_once(rotator, &sandbox, &format!("file:{}", store.display()), 8);
    assert_eq!(sandbox.record().exchanges().len(), 1);
}
