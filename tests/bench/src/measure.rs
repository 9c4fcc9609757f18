//! A figure beside its baseline.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aim::Aim;
use crate::unit::Unit;

/// A figure beside its baseline, both from the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// What was measured.
    pub subject: String,
    /// What it was compared with.
    pub baseline: String,
    /// What both figures count.
    pub unit: Unit,
    /// The baseline.
    pub theirs: f64,
    /// The figure.
    pub ours: f64,
    /// What the figure should be.
    pub aim: Option<Aim>,
}

impl Measure {
    /// The figure, seen from its baseline: as its aim sees it, or as a ratio.
    #[must_use]
    pub fn relation(&self) -> String {
        // Of nothing there is no multiple.
        let otherwise = match self.theirs {
            0.0 => Aim::More(0.0),
            _ => Aim::AtMost(1.0),
        };
        let aim = self.aim.unwrap_or(otherwise);
        aim.relation(self.unit, self.theirs, self.ours)
    }

    /// Whether its aim is met; `None` where it has none.
    #[must_use]
    pub fn is_met(&self) -> Option<bool> {
        self.aim.map(|aim| aim.is_met(self.theirs, self.ours))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject, baseline, ..
        } = self;
        let [theirs, ours] = [self.theirs, self.ours].map(|figure| self.unit.show(figure));
        let name = format!("{subject} / {baseline}");
        write!(
            f,
            "{name:<70} {theirs:>12} {ours:>12} {:>13}",
            self.relation()
        )?;
        match self.aim {
            Some(aim) => {
                let met = match aim.is_met(self.theirs, self.ours) {
                    true => "met",
                    false => "missed",
                };
                write!(f, "  {} {met}", aim.words(self.unit))
            }
            None => Ok(()),
        }
    }
}
