//! The pool lives on the program's runtime, and rotations on their own.

use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use xoxoday_auth::TokenStore as _;
use xoxoday_sandbox::{Gate, Operation, Trouble};
use xoxoday_tests::postgres::database;
use xoxoday_tests::{JOHN, client_of, sandbox};

use crate::{migrated, store};

/// A runtime that ends, or stands still, amid an exchange.
fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn g10_a_program_s_runtime_that_ends_amid_an_exchange_costs_no_token() {
    let (tests, program) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let Some(database) = tests.block_on(database()) else {
        return;
    };
    let sandbox = sandbox();
    let gate = Gate::new();
    let xoxoday = program.block_on(async {
        migrated(&database).await;
        let builder = client_of(&sandbox).store_in(database.pool());
        let xoxoday = builder.build().await.unwrap();
        sandbox.trouble(Operation::RefreshTokenPoints, Trouble::Hold(gate.clone()));
        let rotating = xoxoday.clone();
        tokio::spawn(async move { rotating.tokens().rotate().await });
        gate.wait_for(1).await;
        xoxoday
    });
    program.shutdown_timeout(Duration::from_secs(10));
    gate.open();
    tests.block_on(async {
        xoxoday.shutdown().await;
        assert_eq!(xoxoday.tokens().status().generation, 2);
        // By whatever connection it came there, the next one finds it.
        let next = client_of(&sandbox).store_in(database.pool());
        assert_eq!(next.build().await.unwrap().tokens().status().generation, 2);
        xoxoday.points().balance(JOHN).await.unwrap();
    });
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

/// To drop the last client blocks the very thread on which the pool lives.
#[test]
fn a_program_of_one_thread_that_waits_for_the_end_of_an_exchange_has_it_saved() {
    let (tests, program) = (Runtime::new().unwrap(), current_thread());
    let Some(database) = tests.block_on(database()) else {
        return;
    };
    let sandbox = sandbox();
    let gate = Gate::new();
    let (hangs, hanging) = mpsc::channel();
    let opener = std::thread::spawn({
        let gate = gate.clone();
        move || {
            hanging.recv().unwrap();
            gate.open();
        }
    });
    program.block_on(async {
        migrated(&database).await;
        let builder = client_of(&sandbox).store_in(database.pool());
        let xoxoday = builder.build().await.unwrap();
        sandbox.trouble(Operation::RefreshTokenPoints, Trouble::Hold(gate.clone()));
        let rotation = xoxoday.tokens();
        tokio::select! {
            _ = rotation.rotate() => panic!("it is held"),
            () = gate.wait_for(1) => {}
        }
        hangs.send(()).unwrap();
        drop(xoxoday);
        let stored = client_of(&sandbox).store_in(database.pool());
        assert_eq!(
            stored.build().await.unwrap().tokens().status().generation,
            2
        );
    });
    opener.join().unwrap();
}

#[test]
fn a_store_outlives_the_runtime_on_which_it_was_made() {
    let Some(database) = Runtime::new().unwrap().block_on(database()) else {
        return;
    };
    let gone = current_thread();
    let store = gone.block_on(async { store(&database) });
    drop(gone);
    for runtime in [current_thread(), Runtime::new().unwrap()] {
        runtime.block_on(async {
            store.migrate().await.unwrap();
            assert_eq!(store.load().await, Ok(None));
        });
    }
}
