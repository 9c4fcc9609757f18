//! Benchmarks whose every figure stands beside its baseline from the same run.
//!
//! A benchmark is a program that makes a [`Bench`] and hands it what is to be
//! compared. `cargo bench` measures; `cargo test` runs the same once, on small sizes, to
//! see that it still works. Each [`Measure`] is printed and, where `XOXODAY_BENCH_OUT`
//! names a file, added to it as a line of JSON: `cargo xtask bench` gathers them.

mod aim;
mod measure;
mod times;
mod unit;

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

pub use aim::Aim;
pub use measure::Measure;
pub use times::{median, percentile};
pub use unit::Unit;

/// The variable that names the file to add measures to.
pub const OUT: &str = "XOXODAY_BENCH_OUT";
/// The variable that asks for small sizes although this is `cargo bench`.
pub const QUICK: &str = "XOXODAY_BENCH_QUICK";

/// A run of one benchmark program.
#[derive(Debug)]
pub struct Bench {
    quick: bool,
    out: Option<PathBuf>,
}

impl Bench {
    /// As the command line and the environment say.
    ///
    /// A runner that asks for a list of tests (`cargo nextest`) is told of one, and the
    /// program ends.
    #[must_use]
    pub fn from_env() -> Self {
        let is_given = |name: &str| env::args().any(|argument| argument == name);
        if is_given("--list") {
            if !is_given("--ignored") {
                println!("it_works: test");
            }
            process::exit(0);
        }
        let is_asked_for = is_given("--bench");
        Self {
            quick: !is_asked_for || env::var_os(QUICK).is_some(),
            out: env::var_os(OUT).map(PathBuf::from),
        }
    }

    /// Whether it is only to be seen that it works.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        self.quick
    }

    /// A number for measuring, or the one for only seeing that it works.
    #[must_use]
    pub fn of<T>(&self, measuring: T, quick: T) -> T {
        match self.quick {
            true => quick,
            false => measuring,
        }
    }

    /// Compares times, and tells their medians.
    pub fn compare(
        &self,
        name: Name<'_>,
        aim: impl Into<Option<Aim>>,
        rounds: usize,
        theirs: impl FnMut() -> Duration,
        ours: impl FnMut() -> Duration,
    ) {
        let medians = self.medians(rounds, theirs, ours);
        let times = medians.map(|time| time.as_secs_f64());
        self.tell(name, Unit::Seconds, times, aim);
    }

    /// The medians of so many rounds, the baseline's first. Which of both begins
    /// alternates: neither has the better place.
    pub fn medians(
        &self,
        rounds: usize,
        mut theirs: impl FnMut() -> Duration,
        mut ours: impl FnMut() -> Duration,
    ) -> [Duration; 2] {
        let (mut of_theirs, mut of_ours) = (Vec::new(), Vec::new());
        for round in 0..self.of(rounds, 1) {
            if round % 2 == 0 {
                of_theirs.push(theirs());
                of_ours.push(ours());
            } else {
                of_ours.push(ours());
                of_theirs.push(theirs());
            }
        }
        [median(&mut of_theirs), median(&mut of_ours)]
    }

    /// Tells a figure that was measured elsewhere, behind its baseline.
    ///
    /// # Panics
    ///
    /// Where the file to add it to cannot be written: a run without its figures is
    /// worth nothing.
    pub fn tell(
        &self,
        name: Name<'_>,
        unit: Unit,
        [theirs, ours]: [f64; 2],
        aim: impl Into<Option<Aim>>,
    ) {
        let measure = Measure {
            subject: name.subject.to_owned(),
            baseline: name.baseline.to_owned(),
            unit,
            theirs,
            ours,
            // On small sizes a figure says nothing of it.
            aim: aim.into().filter(|_| !self.quick),
        };
        println!("{measure}");
        if let Some(path) = &self.out {
            let json = serde_json::to_string(&measure).expect("a measure is JSON");
            let file = OpenOptions::new().create(true).append(true).open(path);
            let added = file.and_then(|mut file| writeln!(file, "{json}"));
            added.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}

/// What is measured, and what it is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Name<'a> {
    /// What is measured, such as `read a token, 1 thread`.
    pub subject: &'a str,
    /// What it is compared with, such as `HeaderValue::clone`.
    pub baseline: &'a str,
}

/// Names a figure and its baseline.
#[must_use]
pub fn name<'a>(subject: &'a str, baseline: &'a str) -> Name<'a> {
    Name { subject, baseline }
}
