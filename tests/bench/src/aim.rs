//! What a figure should be, seen from its baseline.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::unit::Unit;

/// What a figure should be, seen from its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// At most so many times the baseline.
    AtMost(f64),
    /// At least so many times the baseline.
    AtLeast(f64),
    /// So many times faster than the baseline, or more.
    Faster(f64),
    /// At most so much more than the baseline, in the measure's unit.
    More(f64),
}

impl Aim {
    /// Whether it is met.
    #[must_use]
    pub fn is_met(self, theirs: f64, ours: f64) -> bool {
        match self {
            Self::AtMost(times) => ours <= times * theirs,
            Self::AtLeast(times) => ours >= times * theirs,
            Self::Faster(times) => ours * times <= theirs,
            Self::More(by) => ours <= theirs + by,
        }
    }

    /// How far it is used up: 1 at the aim itself, and less where it is met.
    #[must_use]
    pub fn used(self, theirs: f64, ours: f64) -> f64 {
        match self {
            Self::AtMost(times) => ours / (times * theirs),
            Self::AtLeast(times) => times * theirs / ours,
            Self::Faster(times) => ours * times / theirs,
            Self::More(_) if ours <= theirs => 0.0,
            Self::More(by) => (ours - theirs) / by,
        }
    }

    /// How the figure is told, seen from its baseline.
    #[must_use]
    pub fn relation(self, unit: Unit, theirs: f64, ours: f64) -> String {
        match self {
            Self::AtMost(_) | Self::AtLeast(_) => format!("{:.2}×", ours / theirs),
            Self::Faster(_) => format!("{:.1}× faster", theirs / ours),
            Self::More(_) if ours < theirs => format!("−{}", unit.show(theirs - ours)),
            Self::More(_) => format!("+{}", unit.show(ours - theirs)),
        }
    }

    /// The aim in words.
    #[must_use]
    pub fn words(self, unit: Unit) -> String {
        match self {
            Self::AtMost(times) => format!("≤ {times}×"),
            Self::AtLeast(times) => format!("≥ {times}×"),
            Self::Faster(times) => format!("≥ {times}× faster"),
            Self::More(by) => format!("≤ +{}", unit.show(by)),
        }
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Unit::Count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_is_met_up_to_and_with_its_bound() {
        for (aim, theirs, at, beyond) in [
            (Aim::AtMost(1.5), 2.0, 3.0, 3.1),
            (Aim::AtLeast(0.5), 2.0, 1.0, 0.9),
            (Aim::Faster(4.0), 2.0, 0.5, 0.6),
            (Aim::More(10.0), 2.0, 12.0, 13.0),
        ] {
            assert!(aim.is_met(theirs, at), "{aim}");
            assert!(!aim.is_met(theirs, beyond), "{aim}");
            assert!((aim.used(theirs, at) - 1.0).abs() < 1e-9, "{aim}");
            assert!(aim.used(theirs, beyond) > 1.0, "{aim}");
        }
    }

    #[test]
    fn a_figure_is_told_in_the_words_of_its_aim() {
        let told =
            |aim: Aim, unit, theirs, ours| (aim.relation(unit, theirs, ours), aim.words(unit));
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        let seconds = Unit::Seconds;
        assert_eq!(
            told(Aim::AtMost(1.5), seconds, 2e-8, 2.5e-8),
            pair("1.25×", "≤ 1.5×")
        );
        assert_eq!(
            told(Aim::Faster(6.0), seconds, 5e-7, 5e-8),
            pair("10.0× faster", "≥ 6× faster")
        );
        assert_eq!(
            told(Aim::More(0.005), seconds, 0.001, 0.003),
            pair("+2.0 ms", "≤ +5.0 ms")
        );
        assert_eq!(
            told(Aim::More(25.0), Unit::Count, 100.0, 98.0),
            pair("−2", "≤ +25")
        );
    }
}
