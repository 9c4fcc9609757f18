use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use xoxoday_api::secret::RefreshToken;

use super::super::document::{Account, Brake, Latch};
use super::super::merge::{is_lost, outranks};
use super::super::{Seed, Staged};
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

/// What another process has stored after an exchange.
fn rotated(version: u64, number: u32) -> Stored {
    let mut other = stored(version);
    other.document.0.staged = Some(pair(number));
    other.document = other.document.settled().0;
    other
}

fn staged(status: u16, body: &str) -> Staged {
    let status = StatusCode::from_u16(status).unwrap();
    Staged::new(status, &HeaderMap::new(), body.as_bytes(), NOW, NOW)
}

fn pair(number: u32) -> Staged {
    let body = format!(r#"{{"access_token":"a-{number}","refresh_token":"r-{number}"}}"#);
    staged(200, &body)
}

fn rejection() -> Staged {
    staged(401, r#"{"error":"invalid_token"}"#)
}

fn limit(seconds: u32) -> Staged {
    let body = format!(
        r#"{{"errors":[{{"message":"auth.request_limit_exceeded","penaltySeconds":{seconds}}}]}}"#
    );
    staged(200, &body)
}

fn policy() -> Policy {
    Policy {
        floor: Duration::ZERO,
        ..Policy::default()
    }
}

/// A machine, the time, and the store it writes to.
struct Run {
    machine: Machine,
    now: EpochMillis,
}

impl Run {
    fn new() -> Self {
        Self::with(policy())
    }

    fn with(policy: Policy) -> Self {
        Self {
            machine: Machine::new(policy, "me".into()),
            now: NOW,
        }
    }

    fn step(&mut self, input: Input) -> Action {
        self.machine.step(input, self.now)
    }

    fn begin(&mut self, reason: Reason) {
        let input = Input::Begin {
            reason,
            held: 1,
            accepted: 0,
        };
        assert_eq!(self.step(input), Action::Load);
    }

    fn load(&mut self, stored: Stored) -> Action {
        self.step(Input::Loaded(Ok(Loaded {
            stored: Some(stored),
            rescued: None,
        })))
    }

    fn swapped(&mut self, version: u64) -> Action {
        self.step(Input::Swapped(Ok(Swap::Done(Version::new(version)))))
    }

    fn conflict(&mut self) -> Action {
        self.step(Input::Swapped(Ok(Swap::Conflict)))
    }

    fn broken(&mut self) -> Action {
        self.step(Input::Swapped(Err(broken())))
    }

    /// From the beginning to the swap of an answer; what is swapped in.
    fn answered(&mut self, answer: Staged) -> Document {
        self.begin(Reason::Demanded);
        let (_, announced) = swap_of(self.load(stored(1)));
        assert!(announced.0.intent.is_some());
        let Action::Exchange(presentation) = self.swapped(2) else {
            panic!("expected an exchange");
        };
        assert_eq!(presentation.refresh, RefreshToken::new("r-1"));
        let action = self.step(Input::Exchanged(Exchanged::Answered(answer)));
        let (expected, document) = swap_of(action);
        assert_eq!(expected, 2);
        document
    }
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

fn end_of(action: Action) -> (Result<Success, Failure>, Option<Document>) {
    match action {
        Action::End { result, publish } => (result, publish),
        other => panic!("expected the end, got {other:?}"),
    }
}

fn result_of(action: Action) -> Result<Success, Failure> {
    end_of(action).0
}

#[test]
fn g2_nothing_is_presented_before_the_intent_is_durable() {
    let mut run = Run::new();
    run.begin(Reason::Demanded);
    let (_, document) = swap_of(run.load(stored(1)));
    let intent = document.0.intent.unwrap();
    assert_eq!(intent.presentations, 1);
    assert_eq!(intent.lease_until, after(NOW, policy().lease));
    assert!(matches!(result_of(run.broken()), Err(Failure::Store(_))));
}

#[test]
fn g3_an_answer_is_saved_to_the_letter_and_looked_at_afterwards() {
    let mut run = Run::new();
    let saved = run.answered(pair(2));
    assert_eq!((saved.generation(), &saved.0.staged), (1, &Some(pair(2))));
    let (result, published) = end_of(run.swapped(3));
    assert_eq!(result, Ok(Success::Rotated));
    let published = published.unwrap();
    assert_eq!(published.generation(), 2);
    assert_eq!(published.0.refresh, RefreshToken::new("r-2"));
    assert_eq!((published.0.intent, published.0.staged), (None, None));
}

#[test]
fn g3_whoever_loads_a_staged_answer_goes_on_from_it() {
    let mut other = stored(2);
    other.document.0.staged = Some(pair(2));
    let mut run = Run::new();
    run.begin(Reason::Due);
    assert_eq!(result_of(run.load(other)), Ok(Success::Adopted));
}

#[test]
fn g4_an_answer_that_cannot_be_saved_is_kept_and_saved_before_anything_is_exchanged() {
    let mut run = Run::new();
    let answer = run.answered(pair(2));
    let (result, published) = end_of(run.broken());
    assert_eq!(result, Err(Failure::Unsaved(broken())));
    assert_eq!(published.unwrap().0.refresh, RefreshToken::new("r-2"));
    assert_eq!(run.machine.unsaved(), Some(&answer));

    // Rejected in the meantime: it is saved first, and then exchanged.
    run.begin(Reason::Rejected(2));
    let mut announced = stored(2);
    announced.document = answer.clone();
    announced.document.0.staged = None;
    let (expected, document) = swap_of(run.load(announced));
    assert_eq!((expected, document), (2, answer));
    let (_, announced) = swap_of(run.swapped(3));
    assert_eq!(announced.0.refresh, RefreshToken::new("r-2"));
    assert!(run.machine.unsaved().is_none());
}

#[test]
fn g4_an_answer_that_lost_the_swap_is_merged() {
    let mut run = Run::new();
    run.answered(pair(2));
    assert_eq!(run.conflict(), Action::Load);
    // The other writer has only braked.
    let mut other = stored(7);
    other.document.brake(Brake::new(NOW, "theirs".into()));
    let (expected, document) = swap_of(run.load(other));
    assert_eq!((expected, document.generation()), (7, 2));
    assert_eq!(document.0.refresh, RefreshToken::new("r-2"));
    assert_eq!(result_of(run.swapped(8)), Ok(Success::Rotated));
}

#[test]
fn g4_an_answer_that_is_stored_after_all_is_not_written_twice() {
    let mut run = Run::new();
    let document = run.answered(pair(2));
    run.conflict();
    let version = Version::new(3);
    let end = run.load(Stored { version, document });
    assert_eq!(result_of(end), Ok(Success::Rotated));
}

#[test]
fn g4_a_rotation_that_died_while_saving_leaves_its_answer_to_the_next() {
    for conflict in [false, true] {
        let mut run = Run::new();
        run.answered(pair(2));
        if conflict {
            run.conflict();
        }
        // Here the task died; the next rotation begins in the middle of it.
        run.begin(Reason::Due);
        let (_, document) = swap_of(run.load(stored(1)));
        assert_eq!(document.0.refresh, RefreshToken::new("r-2"));
    }
}

#[test]
fn g4_what_was_rescued_is_saved_first() {
    let mut rescued = stored(2).document;
    rescued.0.staged = Some(pair(2));
    let mut run = Run::new();
    run.begin(Reason::Due);
    let loaded = Loaded {
        stored: Some(stored(5)),
        rescued: Some(rescued),
    };
    let (expected, document) = swap_of(run.step(Input::Loaded(Ok(loaded))));
    assert_eq!((expected, document.generation()), (5, 2));
    assert_eq!(result_of(run.swapped(6)), Ok(Success::Adopted));
    assert!(run.machine.unsaved().is_none());
}

#[test]
fn g4_what_another_has_rescued_waits_while_an_answer_of_ours_is_merged() {
    let mut theirs = stored(2).document;
    theirs.0.staged = Some(pair(2));
    let left = |stored| Loaded {
        stored: Some(stored),
        rescued: Some(theirs.clone()),
    };
    let mut run = Run::new();
    run.answered(rejection());
    run.conflict();
    let end = run.step(Input::Loaded(Ok(left(rotated(3, 3)))));
    assert_eq!(result_of(end), Ok(Success::Adopted));
    assert_eq!(run.machine.taken_over(), None);

    // The next rotation has none of its own and takes it over.
    run.begin(Reason::Due);
    swap_of(run.step(Input::Loaded(Ok(left(stored(4))))));
    assert_eq!(run.machine.taken_over(), Some(&theirs));
}

#[test]
fn g4_an_answer_of_ours_leaves_the_rescue_file_once_it_is_saved() {
    let mut run = Run::new();
    let answer = run.answered(pair(2));
    drop(run.broken());
    run.begin(Reason::Due);
    let loaded = Loaded {
        stored: Some(stored(2)),
        rescued: Some(answer.clone()),
    };
    swap_of(run.step(Input::Loaded(Ok(loaded))));
    run.swapped(3);
    assert_eq!(run.machine.unsaved(), None);
    assert_eq!(run.machine.taken_over(), Some(&answer));
}

#[test]
fn g4_of_two_answers_in_the_rescue_file_s_way_the_newer_successor_counts() {
    let answer = |presentation, staged| {
        let mut document = stored(2).document;
        let intent = Intent::new("any".into(), NOW, NOW, presentation);
        document.0.intent = Some(intent);
        document.0.staged = Some(staged);
        document
    };
    let (first, second) = (answer(1, pair(2)), answer(2, pair(3)));
    let rejected = answer(2, rejection());
    assert!(outranks(&second, &first) && !outranks(&first, &second));
    assert!(outranks(&first, &rejected) && !outranks(&rejected, &first));
    assert!(outranks(&rejected, &rejected));
}

#[test]
fn a_store_that_always_conflicts_ends_the_rotation_with_the_answer_kept() {
    let mut run = Run::new();
    let answer = run.answered(pair(2));
    assert_eq!(run.machine.unsaved(), Some(&answer));
    for _ in 1..MOST_CONFLICTS {
        assert_eq!(run.conflict(), Action::Load);
        assert!(run.machine.unsaved().is_some());
        assert_eq!(swap_of(run.load(stored(1))).1.generation(), 2);
        assert!(run.machine.unsaved().is_some());
    }
    let end = run.conflict();
    assert!(matches!(result_of(end), Err(Failure::Unsaved(_))));
    assert!(run.machine.unsaved().is_some());
}

#[test]
fn a_store_that_conflicts_with_every_intent_ends_the_rotation_before_the_exchange() {
    let mut run = Run::new();
    run.begin(Reason::Demanded);
    for _ in 1..MOST_CONFLICTS {
        swap_of(run.load(stored(1)));
        assert_eq!(run.conflict(), Action::Load);
    }
    swap_of(run.load(stored(1)));
    let end = run.conflict();
    assert!(matches!(result_of(end), Err(Failure::Store(_))));
}

#[test]
fn of_two_answers_to_one_token_the_later_presentation_counts() {
    let mut run = Run::new();
    run.answered(pair(2));
    run.conflict();
    // Ours was the first presentation; they presented it again, and rotated.
    let mut later = rotated(4, 3);
    later.document.0.origin.as_mut().unwrap().presentation = 2;
    assert_eq!(result_of(run.load(later)), Ok(Success::Adopted));

    let mut run = Run::new();
    run.begin(Reason::Demanded);
    let mut open = stored(1);
    let long_ago = EpochMillis::new(0);
    open.document.0.intent = Some(Intent::new("theirs".into(), long_ago, long_ago, 1));
    let (_, announced) = swap_of(run.load(open));
    assert_eq!(announced.presentations(), 2);
    run.swapped(2);
    run.step(Input::Exchanged(Exchanged::Answered(pair(3))));
    run.conflict();
    // The first presenter was heard after all: ours is the newer pair.
    let mut earlier = rotated(4, 2);
    earlier.document.0.origin.as_mut().unwrap().presentation = 1;
    let (_, document) = swap_of(run.load(earlier));
    assert_eq!(document.generation(), 3);
    assert_eq!(document.0.refresh, RefreshToken::new("r-3"));
}

#[test]
fn an_answer_gives_way_to_tokens_that_a_person_has_brought_in() {
    let mut run = Run::new();
    run.answered(pair(2));
    run.conflict();
    let mut imported = stored(2);
    let seed = Seed::new("r-new").access_token("a-new", None);
    imported.document = imported.document.reseeded(&seed, NOW);
    let (result, published) = end_of(run.load(imported.clone()));
    assert_eq!(result, Ok(Success::Adopted));
    assert_eq!(published, Some(imported.document));
}

#[test]
fn a_store_that_was_rolled_back_gets_back_what_was_held_whoever_brought_it() {
    let old = stored(4);
    let seed = Seed::new("r-new").access_token("a-new", None);
    let mut imported = old.document.reseeded(&seed, NOW);
    let exchanged = rotated(1, 2).document;
    for held in [imported.clone(), exchanged] {
        let merged = merge(held.clone(), Some(old.clone()));
        let Merge::Save(saved) = merged else {
            panic!("{merged:?}");
        };
        assert_eq!(saved.version, old.version);
        assert_eq!(saved.document.0.refresh, held.0.refresh);
    }
    // So it is with an answer to a token that has been rejected since, unless
    // that was a newer one.
    let latched = |generation| {
        let mut theirs = stored(4);
        theirs.document.0.generation = generation;
        theirs.document.0.latch = Some(Latch::new(NOW, "rejected".into()));
        theirs
    };
    let answer = rotated(1, 2).document;
    let merged = merge(answer.clone(), Some(latched(2)));
    assert!(matches!(merged, Merge::Save(_)), "{merged:?}");
    let merged = merge(answer, Some(latched(3)));
    assert!(matches!(merged, Merge::GiveWay(_)), "{merged:?}");
    // Another person brought in others, which ended ours.
    let other = Stored {
        version: Version::new(5),
        document: old.document.reseeded(&Seed::new("r-other"), NOW),
    };
    imported.0.generation += 1;
    let merged = merge(imported, Some(other.clone()));
    assert_eq!(merged, Merge::GiveWay(Some(other)));
}

#[test]
fn an_older_copy_is_a_loss_unless_it_is_the_cure() {
    let mut held = rotated(5, 2).document;
    assert!(is_lost(&held, None));
    assert!(is_lost(&held, Some(&stored(6))));
    assert!(!is_lost(&held, Some(&rotated(5, 2))));
    // Tokens that a person has brought in meanwhile.
    let mut imported = stored(6);
    imported.document.0.seeds.push("new".into());
    assert!(!is_lost(&held, Some(&imported)));
    // A copy that a person has put back because these no longer work.
    held.0.latch = Some(Latch::new(NOW, "rejected".into()));
    assert!(!is_lost(&held, Some(&stored(6))));
}

#[test]
fn g5_a_newer_generation_is_adopted_if_it_lives_and_exchanged_if_it_does_not() {
    let later = after(NOW, Duration::from_secs(600));
    let ends = |seconds| {
        let mut newer = rotated(2, 2);
        newer.document.0.access_expires_at = Some(after(NOW, Duration::from_secs(seconds)));
        newer
    };
    let mut adopting = Run::new();
    adopting.now = later;
    adopting.begin(Reason::Due);
    assert_eq!(result_of(adopting.load(ends(86_400))), Ok(Success::Adopted));

    let mut exchanging = Run::new();
    exchanging.now = later;
    exchanging.begin(Reason::Due);
    let (_, announced) = swap_of(exchanging.load(ends(300)));
    assert_eq!(announced.0.refresh, RefreshToken::new("r-2"));
}

#[test]
fn g5_a_rejection_of_a_token_that_others_have_replaced_adopts_theirs() {
    let mut run = Run::new();
    run.answered(rejection());
    assert_eq!(run.conflict(), Action::Load);
    assert_eq!(result_of(run.load(rotated(3, 2))), Ok(Success::Adopted));
}

#[test]
fn g6_a_rejection_of_the_newest_token_latches() {
    let mut run = Run::new();
    let saved = run.answered(rejection());
    let (result, published) = end_of(run.swapped(3));
    assert!(matches!(result, Err(Failure::LoginRequired { .. })));
    assert!(published.unwrap().0.latch.is_some());

    run.begin(Reason::Demanded);
    let version = Version::new(3);
    let document = saved;
    let end = run.load(Stored { version, document });
    assert!(matches!(result_of(end), Err(Failure::LoginRequired { .. })));
}

#[test]
fn g6_a_latch_that_could_not_be_saved_holds() {
    let mut run = Run::new();
    let answer = run.answered(rejection());
    let result = result_of(run.broken());
    assert!(matches!(result, Err(Failure::LoginRequired { .. })));

    run.begin(Reason::Demanded);
    let mut announced = stored(2);
    announced.document = answer.clone();
    announced.document.0.staged = None;
    let (_, document) = swap_of(run.load(announced));
    assert_eq!(document, answer);
    let result = result_of(run.swapped(3));
    assert!(matches!(result, Err(Failure::LoginRequired { .. })));
}

#[test]
fn g7_a_rate_limit_brakes_whoever_reads_the_document() {
    let mut run = Run::new();
    let saved = run.answered(limit(3600));
    let until = after(NOW, Duration::from_secs(3600));
    let result = result_of(run.swapped(3));
    assert!(matches!(result, Err(Failure::Braked { until: end, .. }) if end == until));

    let mut other = Run::new();
    other.now = after(NOW, Duration::from_secs(3599));
    other.begin(Reason::Demanded);
    let stored = Stored {
        version: Version::new(3),
        document: saved,
    };
    let result = result_of(other.load(stored.clone()));
    assert!(matches!(result, Err(Failure::Braked { .. })));
    other.now = until;
    other.begin(Reason::Demanded);
    let (_, announced) = swap_of(other.load(stored));
    // The limit means that the token was not spent.
    assert_eq!(announced.presentations(), 1);
}

#[test]
fn g7_a_brake_is_merged_with_another_process_s_latch_and_longer_brake() {
    let mut run = Run::new();
    run.answered(limit(60));
    run.conflict();
    let mut other = stored(2);
    other.document.0.latch = Some(Latch::new(NOW, "theirs".into()));
    let long = after(NOW, Duration::from_secs(7200));
    other.document.brake(Brake::new(long, "theirs".into()));
    let (_, document) = swap_of(run.load(other));
    assert!(document.0.latch.is_some());
    assert_eq!(document.0.brake.unwrap().until, long);
}

#[test]
fn g7_a_successor_takes_over_the_floor_and_the_brake_of_those_who_tried_after_it() {
    let mut run = Run::new();
    run.answered(pair(2));
    run.conflict();
    // They presented the token again when our lease was over.
    let later = after(NOW, Duration::from_secs(80));
    let until = after(later, Duration::from_secs(60));
    let mut other = stored(4);
    other.document.0.attempted_at = Some(later);
    other.document.brake(Brake::new(until, "theirs".into()));
    let (_, document) = swap_of(run.load(other));
    assert_eq!(document.0.refresh, RefreshToken::new("r-2"));
    assert_eq!(document.0.attempted_at, Some(later));
    assert_eq!(document.0.brake.unwrap().until, until);
}

#[test]
fn g7_a_floor_stands_between_two_exchanges_of_any_processes() {
    let floor = Policy::default().floor;
    let mut run = Run::with(Policy::default());
    let mut other = rotated(3, 2);
    other.document.0.attempted_at = Some(NOW);
    run.begin(Reason::Rejected(2));
    let result = result_of(run.load(other.clone()));
    assert!(matches!(result, Err(Failure::Braked { until, .. }) if until == after(NOW, floor)));
    run.now = after(NOW, floor);
    run.begin(Reason::Rejected(2));
    swap_of(run.load(other));
}

#[test]
fn g1_another_s_lease_is_waited_for_or_named() {
    let lease = policy().lease;
    let mut announced = stored(2);
    let lease_until = after(NOW, lease);
    announced.document.0.intent = Some(Intent::new("theirs".into(), NOW, lease_until, 1));

    // With a live token nobody waits, and on demand the moment is named.
    let mut run = Run::new();
    run.begin(Reason::Demanded);
    let result = result_of(run.load(announced.clone()));
    assert_eq!(result, Err(Failure::Busy { until: lease_until }));

    // So it is where a live token is merely due, and where one is wanted that
    // nobody has.
    let mut run = Run::with(Policy {
        at_most: Duration::ZERO,
        ..policy()
    });
    run.begin(Reason::Due);
    let result = result_of(run.load(announced.clone()));
    assert_eq!(result, Err(Failure::Busy { until: lease_until }));
    let mut run = Run::new();
    let mut ended = announced.clone();
    ended.document.0.access = None;
    run.begin(Reason::Demanded);
    let result = result_of(run.load(ended));
    assert_eq!(result, Err(Failure::Busy { until: lease_until }));

    // Without one the rotation waits, and adopts what they bring.
    let mut run = Run::new();
    run.begin(Reason::Rejected(1));
    assert_eq!(run.load(announced.clone()), Action::Wait(lease_until));
    assert_eq!(run.step(Input::Waited), Action::Load);
    assert_eq!(run.load(announced.clone()), Action::Wait(lease_until));
    run.step(Input::Waited);
    assert_eq!(result_of(run.load(rotated(3, 2))), Ok(Success::Adopted));

    // They never came back: their presentation counts.
    let mut run = Run::new();
    run.now = lease_until;
    run.begin(Reason::Rejected(1));
    let (_, document) = swap_of(run.load(announced));
    assert_eq!(document.presentations(), 2);
}

#[test]
fn g1_a_lease_is_measured_from_where_its_own_intent_was_first_seen() {
    let lease = policy().lease;
    let intent = |name: &str, start| {
        let mut announced = stored(2);
        let intent = Intent::new(name.into(), start, after(start, lease), 1);
        announced.document.0.intent = Some(intent);
        announced
    };
    let mut run = Run::new();
    run.begin(Reason::Rejected(1));
    assert_eq!(run.load(intent("a", NOW)), Action::Wait(after(NOW, lease)));
    run.step(Input::Waited);
    let later = after(NOW, lease / 2);
    run.now = later;
    assert_eq!(
        run.load(intent("b", later)),
        Action::Wait(after(later, lease))
    );
    // Clocks that are set back begin anew.
    run.step(Input::Waited);
    run.now = NOW;
    assert_eq!(
        run.load(intent("b", later)),
        Action::Wait(after(NOW, lease))
    );
}

#[test]
fn g1_a_clock_that_is_set_back_does_not_prolong_a_lease() {
    let lease = policy().lease;
    let mut announced = stored(2);
    let far = after(NOW, Duration::from_secs(86_400));
    let intent = Intent::new("theirs".into(), far, after(far, lease), 1);
    announced.document.0.intent = Some(intent);
    let mut run = Run::new();
    run.begin(Reason::Rejected(1));
    assert_eq!(run.load(announced.clone()), Action::Wait(after(NOW, lease)));
    run.now = after(NOW, lease);
    run.step(Input::Waited);
    swap_of(run.load(announced));
}

#[test]
fn an_exchange_that_could_not_begin_in_time_is_called_off() {
    let mut run = Run::new();
    run.begin(Reason::Demanded);
    swap_of(run.load(stored(1)));
    run.now = after(NOW, policy().lease / 2);
    let (expected, document) = swap_of(run.swapped(2));
    assert_eq!((expected, document), (2, stored(1).document));
    let result = result_of(run.swapped(3));
    assert!(matches!(result, Err(Failure::Unavailable { .. })));
}

#[test]
fn a_request_that_was_not_sent_leaves_no_trace_but_a_pause() {
    let mut run = Run::with(Policy::default());
    for pause in [1, 2, 4] {
        run.begin(Reason::Rejected(1));
        swap_of(run.load(stored(1)));
        run.swapped(2);
        let unsent = Exchanged::NotSent("no connection".into());
        let (_, document) = swap_of(run.step(Input::Exchanged(unsent)));
        assert_eq!(document, stored(1).document);
        let (_, published) = end_of(run.swapped(3));
        assert_eq!(published, Some(document));

        run.begin(Reason::Rejected(1));
        let braked = result_of(run.load(stored(1)));
        let until = after(run.now, Duration::from_secs(pause));
        assert!(matches!(braked, Err(Failure::Braked { until: end, .. }) if end == until));
        run.now = until;
    }
}

#[test]
fn a_refusal_is_met_with_growing_pauses_unless_somebody_asks() {
    let minutes = |count: u64| Duration::from_secs(60 * count);
    let mut run = Run::with(Policy {
        floor: minutes(1),
        ..Policy::default()
    });
    let denied = |run: &mut Run, reason| {
        run.begin(reason);
        let announced = swap_of(run.load(stored(1))).1;
        run.swapped(2);
        let answer = staged(403, r#"{"code":"PIPE10010"}"#);
        run.step(Input::Exchanged(Exchanged::Answered(answer)));
        let denied = result_of(run.swapped(3)).unwrap_err();
        assert!(matches!(denied, Failure::Denied(_)), "{denied:?}");
        assert!(announced.0.intent.is_some());
        denied
    };
    let first = denied(&mut run, Reason::Rejected(1));
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        run.now = after(run.now, minutes(pause) - Duration::from_secs(1));
        run.begin(Reason::Rejected(1));
        // It is told what was said, and nothing is asked.
        let still = result_of(run.load(stored(1))).unwrap_err();
        assert!(matches!(still, Failure::Denied(_)), "{still:?}");
        run.now = after(run.now, Duration::from_secs(1));
        denied(&mut run, Reason::Rejected(1));
    }
    // A person who asks has changed something.
    let last = denied(&mut run, Reason::Demanded);
    assert_ne!(first, last);
    // And so has one who brings in new tokens.
    let mut imported = stored(1);
    imported.document = imported.document.reseeded(&Seed::new("r-new"), NOW);
    run.begin(Reason::Due);
    let (_, announced) = swap_of(run.load(imported));
    assert!(announced.0.intent.is_some());
}

#[test]
fn pauses_begin_anew_with_another_failure() {
    let floor = Duration::from_secs(60);
    let mut run = Run::with(Policy {
        floor,
        ..Policy::default()
    });
    let mut exchange = |exchanged| {
        run.begin(Reason::Rejected(1));
        swap_of(run.load(stored(1)));
        run.swapped(2);
        run.step(Input::Exchanged(exchanged));
        run.swapped(3);
        run.now = after(run.now, floor);
    };
    for _ in 0..9 {
        exchange(Exchanged::NotSent("no connection".into()));
    }
    let denial = staged(403, r#"{"code":"PIPE10010"}"#);
    exchange(Exchanged::Answered(denial));
    // The floor has passed, and nothing else stands in the way.
    exchange(Exchanged::NotSent("no connection".into()));
}

#[test]
fn after_a_lost_answer_the_token_is_presented_again_at_growing_intervals() {
    let mut run = Run::with(Policy::default());
    let mut document = stored(1);
    for (presentation, wait) in [(1, 60), (2, 120), (3, 240), (4, 480)] {
        run.begin(Reason::Rejected(1));
        let (_, announced) = swap_of(run.load(document.clone()));
        assert_eq!(announced.presentations(), presentation);
        run.swapped(2);
        let lost = Exchanged::Lost("no answer in time".into());
        let (_, closed) = swap_of(run.step(Input::Exchanged(lost)));
        // Others need not wait for the lease.
        assert_eq!(closed.0.intent.as_ref().unwrap().lease_until, run.now);
        run.swapped(3);
        document.document = closed;

        run.begin(Reason::Rejected(1));
        let braked = result_of(run.load(document.clone()));
        let until = after(run.now, Duration::from_secs(wait));
        assert!(matches!(braked, Err(Failure::Braked { until: end, .. }) if end == until));
        run.now = until;
    }
}

#[test]
fn an_unclear_answer_counts_as_a_lost_one() {
    let mut run = Run::new();
    let saved = run.answered(staged(502, "<html>"));
    let (result, published) = end_of(run.swapped(3));
    assert!(matches!(result, Err(Failure::Unavailable { .. })));
    assert_eq!(published.unwrap().presentations(), 1);
    assert_eq!(saved.settled().0.0.intent.unwrap().lease_until, NOW);
}

#[test]
fn a_policy_of_halting_presents_again_on_demand_alone() {
    let mut open = stored(1);
    let long_ago = EpochMillis::new(0);
    open.document.0.intent = Some(Intent::new("theirs".into(), long_ago, long_ago, 1));
    let mut run = Run::with(Policy {
        after_lost_answer: AfterLostAnswer::Halt,
        ..policy()
    });
    run.begin(Reason::Rejected(1));
    assert_eq!(result_of(run.load(open.clone())), Err(Failure::Halted));
    run.begin(Reason::Demanded);
    swap_of(run.load(open));
}

#[test]
fn a_rejection_after_a_lost_answer_says_so() {
    let mut run = Run::new();
    run.begin(Reason::Demanded);
    let mut open = stored(1);
    let long_ago = EpochMillis::new(0);
    open.document.0.intent = Some(Intent::new("theirs".into(), long_ago, long_ago, 1));
    run.load(open);
    run.swapped(2);
    run.step(Input::Exchanged(Exchanged::Answered(rejection())));
    match result_of(run.swapped(3)) {
        Err(Failure::LoginRequired { why }) => assert!(why.contains("lost"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_machine_that_is_out_of_step_loses_no_answer() {
    let mut run = Run::new();
    let answer = run.answered(pair(2));
    let result = result_of(run.step(Input::Waited));
    assert!(matches!(result, Err(Failure::Unavailable { .. })));
    assert_eq!(run.machine.unsaved(), Some(&answer));
}
