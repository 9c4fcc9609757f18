use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use stateright::{Checker as _, HasDiscoveries, Model as _, Path};

use super::super::policy::Policy;
use super::guarantees::Guarantee;
use super::server::Rule;
use super::subject::Breach;
use super::world::{Bounds, Event, Setting, World};

/// Two rotations that meet, one mishap and one death, with time to spare for a
/// lease to end under an exchange.
const MEETING: Bounds = Bounds {
    processes: 3,
    rotations: 2,
    crashes: 1,
    faults: 1,
    outages: 0,
    ticks: 2,
    imports: 0,
};

/// Three rotations at once.
const CROWD: Bounds = Bounds {
    rotations: 3,
    crashes: 0,
    faults: 0,
    ..MEETING
};

/// The store is down for a while, and a process dies.
const OUTAGE: Bounds = Bounds {
    faults: 0,
    outages: 1,
    ..MEETING
};

/// A token is lost for good, and a person brings in new ones.
const LOGIN: Bounds = Bounds {
    faults: 1,
    ticks: 0,
    imports: 1,
    ..CROWD
};

fn setting(rule: Rule, bounds: Bounds) -> Setting {
    Setting {
        rule,
        policy: Policy::default(),
        bounds,
        breach: None,
    }
}

/// Explores all there is, comes by some sights, and finds every guarantee kept.
fn holds(name: &str, setting: Setting, sights: &[&'static str]) {
    let began = Instant::now();
    let checker = setting.checker().threads(2).spawn_bfs().join();
    // Past the capture of tests: it is a figure of the run.
    let _ = writeln!(
        io::stderr(),
        "model: {name}: {} states, {} steps, {} deep, in {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f64()
    );
    for sight in sights {
        assert!(checker.discovery(sight).is_some(), "{name}: never {sight}");
    }
    for guarantee in Guarantee::ALL {
        if let Some(path) = checker.discovery(guarantee.name()) {
            panic!("{} is broken:\n{}", guarantee.name(), told(path));
        }
    }
}

/// How it came to that.
fn told(path: Path<World, Event>) -> String {
    let mut text = String::new();
    for (world, event) in path.into_vec() {
        let _ = match event {
            Some(event) => writeln!(text, "{event:?}"),
            None => writeln!(text, "{world:#?}"),
        };
    }
    text
}

fn holds_by_any_rule(name: &str, bounds: Bounds, sights: &[&'static str]) {
    for (rule, of) in [
        (Rule::Strict, "strict"),
        (Rule::FreshPair, "grace with a fresh pair"),
        (Rule::SamePair, "grace with the same pair"),
    ] {
        holds(&format!("{name}, {of}"), setting(rule, bounds), sights);
    }
}

#[test]
fn every_guarantee_holds_where_two_rotations_meet_trouble() {
    holds_by_any_rule("two rotations", MEETING, &[AGAIN, "a rescue"]);
}

#[test]
fn every_guarantee_holds_where_three_processes_rotate_at_once() {
    holds_by_any_rule("three rotations", CROWD, &[AGAIN]);
}

#[test]
fn every_guarantee_holds_while_the_store_is_down() {
    let setting = setting(Rule::Strict, OUTAGE);
    holds("an outage, strict", setting, &[AGAIN, "a rescue"]);
}

#[test]
fn every_guarantee_holds_where_a_person_brings_in_new_tokens() {
    let setting = setting(Rule::Strict, LOGIN);
    holds("a login", without_floor(setting), &["a latch", "a login"]);
}

const AGAIN: &str = "a second presentation";

/// Some ten minutes instead of one: see [`super`].
fn is_long() -> bool {
    std::env::var("XOXODAY_MODEL").is_ok_and(|length| length == "long")
}

#[test]
fn every_guarantee_holds_in_more_trouble() {
    if !is_long() {
        return;
    }
    for (name, bounds) in [
        (
            "two mishaps",
            Bounds {
                faults: 2,
                ..MEETING
            },
        ),
        (
            "more time",
            Bounds {
                ticks: 3,
                ..MEETING
            },
        ),
        (
            "three rotations and a crash",
            Bounds {
                crashes: 1,
                ..CROWD
            },
        ),
        (
            "an outage and a mishap",
            Bounds {
                outages: 1,
                ..MEETING
            },
        ),
    ] {
        holds_by_any_rule(name, bounds, &[AGAIN]);
    }
    let bounds = Bounds { ticks: 1, ..LOGIN };
    let setting = without_floor(setting(Rule::Strict, bounds));
    holds("a login in time", setting, &["a latch", "a login"]);
}

/// The checker sees that a machine that was broken on purpose breaks a guarantee.
fn breaks(guarantee: Guarantee, breach: Breach, setting: Setting) {
    let setting = Setting {
        breach: Some(breach),
        ..setting
    };
    let found = HasDiscoveries::AnyOf([guarantee.name()].into());
    let checker = setting.checker().finish_when(found);
    let checker = checker.threads(2).spawn_bfs().join();
    let states = checker.unique_state_count();
    let found = checker.discovery(guarantee.name()).is_some();
    assert!(found, "{breach:?} went unnoticed in {states} states");
}

/// Where the floor would hide what is broken.
fn without_floor(setting: Setting) -> Setting {
    let policy = Policy {
        floor: Duration::ZERO,
        ..setting.policy
    };
    Setting { policy, ..setting }
}

fn strict_meeting() -> Setting {
    setting(Rule::Strict, MEETING)
}

#[test]
fn g1_is_broken_by_a_machine_that_sees_no_intents() {
    let setting = without_floor(strict_meeting());
    breaks(Guarantee::OnePresenter, Breach::BlindToIntents, setting);
}

#[test]
fn g2_is_broken_by_a_machine_that_stores_no_intent() {
    breaks(
        Guarantee::IntentFirst,
        Breach::WithoutIntent,
        strict_meeting(),
    );
}

#[test]
fn g3_is_broken_by_a_machine_that_publishes_first() {
    breaks(Guarantee::SaveThenLook, Breach::LookFirst, strict_meeting());
}

#[test]
fn g4_is_broken_by_a_machine_that_forgets_what_it_could_not_save() {
    let bounds = Bounds {
        faults: 2,
        crashes: 0,
        ..MEETING
    };
    let setting = setting(Rule::Strict, bounds);
    breaks(Guarantee::NoLostSuccessor, Breach::Forgetful, setting);
}

#[test]
fn g5_is_broken_by_a_machine_that_reads_an_old_document() {
    breaks(
        Guarantee::AdoptFirst,
        Breach::StaleReads,
        setting(Rule::Strict, CROWD),
    );
}

#[test]
fn g6_is_broken_by_a_machine_that_sees_no_latch() {
    let bounds = Bounds {
        processes: 1,
        faults: 1,
        ticks: 0,
        ..CROWD
    };
    let setting = without_floor(setting(Rule::Strict, bounds));
    breaks(Guarantee::Latch, Breach::BlindToLatches, setting);
}

#[test]
fn g7_is_broken_by_a_machine_that_sees_neither_floor_nor_rate_limit() {
    breaks(Guarantee::Brake, Breach::BlindToBrakes, strict_meeting());
}

#[test]
fn g9_is_broken_by_a_machine_that_counts_each_rejection_against_the_newest_token() {
    breaks(
        Guarantee::Generations,
        Breach::AnyRejection,
        strict_meeting(),
    );
}

#[test]
fn a_lock_out_is_found_where_an_answer_gives_way_to_any_other_writer() {
    breaks(
        Guarantee::NeverLockedOut,
        Breach::YieldToConflict,
        strict_meeting(),
    );
}

#[test]
fn a_lock_out_is_found_where_another_s_rescue_file_is_removed() {
    breaks(
        Guarantee::NeverLockedOut,
        Breach::SweepsRescue,
        strict_meeting(),
    );
}

#[test]
fn a_lock_out_is_found_where_another_s_rescue_file_is_overwritten() {
    // It takes two mishaps, and so as long as all the others together.
    if !is_long() {
        return;
    }
    let bounds = Bounds {
        faults: 2,
        ..MEETING
    };
    let setting = setting(Rule::Strict, bounds);
    breaks(Guarantee::NeverLockedOut, Breach::TramplesRescue, setting);
}

#[test]
fn a_lock_out_is_found_where_no_rescue_file_is_written() {
    breaks(
        Guarantee::NeverLockedOut,
        Breach::NoRescue,
        strict_meeting(),
    );
}
