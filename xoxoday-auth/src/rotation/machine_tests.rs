use std::time::Duration;

use super::super::{Account, Seed};
use super::*;

const NOW: EpochMillis = EpochMillis::new(1_000_000_000);

fn stored(version: u64) -> Stored {
    let account = Account::new("sandbox".into(), "client".into());
    let seed = Seed::new("r-1").access_token("a-1", None);
    Stored {
        version: Version::new(version),
        document: Document::seeded(account, &seed, NOW),
    }
}

fn grant(number: u32) -> Grant {
    Grant {
        access: format!("a-{number}").into(),
        access_expires_at: None,
        refresh: format!("r-{number}").into(),
        refresh_expires_at: None,
        obtained_at: NOW,
    }
}

fn machine() -> Machine {
    Machine::new(Policy {
        floor: Duration::ZERO,
        ..Policy::default()
    })
}

/// A machine that has just been answered.
fn answered(machine: &mut Machine, answer: Answer) -> Action {
    begin(machine, Reason::Demanded);
    match load(machine, stored(1)) {
        Action::Exchange(_) => machine.step(Input::Answered(answer), NOW),
        other => panic!("expected an exchange, got {other:?}"),
    }
}

fn begin(machine: &mut Machine, reason: Reason) {
    assert_eq!(
        machine.step(Input::Begin { reason, held: 1 }, NOW),
        Action::Load
    );
}

fn load(machine: &mut Machine, stored: Stored) -> Action {
    machine.step(Input::Loaded(Ok(Some(stored))), NOW)
}

fn swapped(machine: &mut Machine, swap: Swap) -> Action {
    machine.step(Input::Swapped(Ok(swap)), NOW)
}

fn broken() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "broken")
}

fn swap_of(action: Action) -> (u64, Document) {
    match action {
        Action::Swap { expected, document } => (expected.get(), document),
        other => panic!("expected a swap, got {other:?}"),
    }
}

fn result_of(action: Action) -> Result<Success, Failure> {
    match action {
        Action::End { result, .. } => result,
        other => panic!("expected the end, got {other:?}"),
    }
}

#[test]
fn a_grant_is_swapped_in_before_it_is_published() {
    let mut machine = machine();
    let (expected, document) = swap_of(answered(&mut machine, Answer::Granted(grant(2))));
    assert_eq!((expected, document.generation()), (1, 2));
    let end = swapped(&mut machine, Swap::Done(Version::new(2)));
    assert_eq!(
        end,
        Action::End {
            result: Ok(Success::Rotated),
            publish: Some(document)
        }
    );
}

#[test]
fn a_successor_that_lost_the_swap_is_swapped_in_again() {
    let mut machine = machine();
    answered(&mut machine, Answer::Granted(grant(2)));
    assert_eq!(swapped(&mut machine, Swap::Conflict), Action::Load);
    // The other writer has counted on: the successor comes after it.
    let mut other = stored(7);
    other.document.0.generation = 5;
    let (expected, document) = swap_of(load(&mut machine, other));
    assert_eq!((expected, document.generation()), (7, 6));
    assert_eq!(document.0.refresh, RefreshToken::new("r-2"));
}

#[test]
fn a_successor_that_is_stored_after_all_is_not_written_twice() {
    let mut machine = machine();
    let (_, document) = swap_of(answered(&mut machine, Answer::Granted(grant(2))));
    swapped(&mut machine, Swap::Conflict);
    let version = Version::new(2);
    let end = load(&mut machine, Stored { version, document });
    assert_eq!(result_of(end), Ok(Success::Rotated));
}

#[test]
fn a_successor_gives_way_to_tokens_that_a_person_has_brought_in() {
    let mut machine = machine();
    answered(&mut machine, Answer::Granted(grant(2)));
    swapped(&mut machine, Swap::Conflict);
    let mut imported = stored(2);
    imported.document = imported.document.reseeded(&Seed::new("r-new"), NOW);
    let end = load(&mut machine, imported.clone());
    assert_eq!(
        end,
        Action::End {
            result: Ok(Success::Adopted),
            publish: Some(imported.document)
        }
    );
}

#[test]
fn a_store_that_always_conflicts_ends_the_rotation_with_the_successor_kept() {
    let mut machine = machine();
    answered(&mut machine, Answer::Granted(grant(2)));
    let end = loop {
        match swapped(&mut machine, Swap::Conflict) {
            Action::Load => drop(load(&mut machine, stored(1))),
            end => break end,
        }
    };
    assert!(matches!(result_of(end), Err(Failure::Unsaved(_))));
}

#[test]
fn an_unsaved_successor_is_saved_before_anything_is_exchanged() {
    let mut machine = machine();
    answered(&mut machine, Answer::Granted(grant(2)));
    let end = machine.step(Input::Swapped(Err(broken())), NOW);
    assert_eq!(result_of(end), Err(Failure::Unsaved(broken())));

    // Rejected in the meantime: it is saved first, and then exchanged.
    begin(&mut machine, Reason::Rejected(2));
    let (_, document) = swap_of(load(&mut machine, stored(1)));
    assert_eq!(document.0.refresh, RefreshToken::new("r-2"));
    let next = swapped(&mut machine, Swap::Done(Version::new(2)));
    assert_eq!(next, Action::Exchange(RefreshToken::new("r-2")));
}

#[test]
fn a_rotation_that_died_while_saving_leaves_its_successor_to_the_next() {
    for swap in [None, Some(Swap::Conflict)] {
        let mut machine = machine();
        answered(&mut machine, Answer::Granted(grant(2)));
        if let Some(swap) = swap {
            swapped(&mut machine, swap);
        }
        // Here the task died; the next rotation begins in the middle of it.
        begin(&mut machine, Reason::Due);
        let (_, document) = swap_of(load(&mut machine, stored(1)));
        assert_eq!(document.0.refresh, RefreshToken::new("r-2"));
    }
}

#[test]
fn a_rejection_of_a_token_that_others_have_replaced_adopts_theirs() {
    let mut machine = machine();
    assert_eq!(
        answered(&mut machine, Answer::Rejected("spent".into())),
        Action::Load
    );
    let mut newer = stored(2);
    newer.document = newer.document.succeeded_by(&grant(2));
    assert_eq!(result_of(load(&mut machine, newer)), Ok(Success::Adopted));
}

#[test]
fn a_rejection_of_the_newest_token_latches() {
    let mut machine = machine();
    answered(&mut machine, Answer::Rejected("spent".into()));
    let (_, document) = swap_of(load(&mut machine, stored(1)));
    assert!(document.0.latch.is_some());
    let end = swapped(&mut machine, Swap::Done(Version::new(2)));
    assert!(matches!(result_of(end), Err(Failure::LoginRequired { .. })));
}

#[test]
fn a_latch_that_cannot_be_saved_still_holds_in_this_process() {
    let mut machine = machine();
    answered(&mut machine, Answer::Rejected("spent".into()));
    load(&mut machine, stored(1));
    machine.step(Input::Swapped(Err(broken())), NOW);

    begin(&mut machine, Reason::Demanded);
    // Not exchanged again: the latch is written now that the store is back.
    let (_, document) = swap_of(load(&mut machine, stored(1)));
    assert!(document.0.latch.is_some());
}

#[test]
fn a_brake_that_cannot_be_saved_still_holds_in_this_process() {
    let mut machine = machine();
    let limited = Answer::Limited(Duration::from_secs(3600));
    answered(&mut machine, limited);
    machine.step(Input::Swapped(Err(broken())), NOW);

    begin(&mut machine, Reason::Demanded);
    let (_, document) = swap_of(load(&mut machine, stored(1)));
    assert_eq!(
        document.0.brake.unwrap().until,
        after(NOW, Duration::from_secs(3600))
    );
    let end = swapped(&mut machine, Swap::Done(Version::new(2)));
    assert!(matches!(result_of(end), Err(Failure::Braked { .. })));
}

#[test]
fn a_brake_does_not_undo_another_process_s_latch_or_longer_brake() {
    let mut machine = machine();
    answered(&mut machine, Answer::Limited(Duration::from_secs(60)));
    swapped(&mut machine, Swap::Conflict);
    let mut other = stored(2);
    other.document.0.latch = Some(Latch::new(NOW, "theirs".into()));
    let long = after(NOW, Duration::from_secs(7200));
    other.document.0.brake = Some(Brake::new(long, "theirs".into()));
    let (_, document) = swap_of(load(&mut machine, other));
    assert!(document.0.latch.is_some());
    assert_eq!(document.0.brake.unwrap().until, long);
}

#[test]
fn a_newer_generation_is_adopted_if_it_lives_and_exchanged_if_it_does_not() {
    let ends = |seconds: u64| {
        let mut newer = stored(2);
        newer.document = newer.document.succeeded_by(&Grant {
            access_expires_at: Some(after(NOW, Duration::from_secs(seconds))),
            ..grant(2)
        });
        newer
    };
    let later = after(NOW, Duration::from_secs(600));
    let mut adopting = machine();
    begin(&mut adopting, Reason::Due);
    let end = adopting.step(Input::Loaded(Ok(Some(ends(86_400)))), later);
    assert_eq!(result_of(end), Ok(Success::Adopted));

    let mut exchanging = machine();
    begin(&mut exchanging, Reason::Due);
    let next = exchanging.step(Input::Loaded(Ok(Some(ends(300)))), later);
    assert_eq!(next, Action::Exchange(RefreshToken::new("r-2")));
}

#[test]
fn what_is_latched_braked_or_within_the_floor_is_not_exchanged() {
    let mut latched = stored(1);
    latched.document.0.latch = Some(Latch::new(NOW, "spent".into()));
    let mut braked = stored(1);
    let until = after(NOW, Duration::from_secs(5));
    braked.document.0.brake = Some(Brake::new(until, "limited".into()));
    for document in [latched, braked] {
        let mut machine = machine();
        begin(&mut machine, Reason::Demanded);
        assert!(result_of(load(&mut machine, document)).is_err());
    }

    let mut fresh = stored(1);
    fresh.document = fresh.document.succeeded_by(&grant(2));
    let mut machine = Machine::new(Policy::default());
    let reason = Reason::Rejected(2);
    machine.step(Input::Begin { reason, held: 2 }, NOW);
    let end = load(&mut machine, fresh);
    assert!(matches!(result_of(end), Err(Failure::Braked { .. })));
}
