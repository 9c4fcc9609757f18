//! What is asked of two schemas on the way: a walk of its own, which the first
//! difference that counts ends.

use std::collections::HashMap;

use super::super::rule::{Direction, Level};
use super::super::schema::Schema;
use super::Walk;

/// Questions that raise questions are answered so deep; then the answer is no.
const DEEPEST: usize = 24;

/// What can be asked of two schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// Whether they say the same.
    Same,
    /// Whether a client of the one gets on with the other.
    GoesOn(Direction),
}

impl Question {
    fn directions(self) -> &'static [Direction] {
        match self {
            Self::Same => &[Direction::Request, Direction::Response],
            Self::GoesOn(Direction::Request) => &[Direction::Request],
            Self::GoesOn(Direction::Response) => &[Direction::Response],
        }
    }
}

/// The base, the revision, and what was asked of them.
pub(super) type Asked = (String, String, Question);

/// What is known of the questions that were asked. While one is being asked, the
/// answer counts as yes.
#[derive(Debug, Default)]
pub(super) struct Answers {
    known: HashMap<Asked, bool>,
    /// Those that count as yes, in the order in which they were asked.
    supposed: Vec<Asked>,
}

impl Answers {
    pub(super) fn get(&self, asked: &Asked) -> Option<bool> {
        self.known.get(asked).copied()
    }

    /// Returns what to refute if it is not so.
    fn suppose(&mut self, asked: &Asked) -> usize {
        self.known.insert(asked.clone(), true);
        self.supposed.push(asked.clone());
        self.supposed.len() - 1
    }

    /// What was asked since may rest on it, and is to be asked again.
    fn refute(&mut self, asked: usize) {
        let refuted = self.supposed.get(asked).cloned();
        for one in self.supposed.drain(asked..) {
            self.known.remove(&one);
        }
        if let Some(refuted) = refuted {
            self.known.insert(refuted, false);
        }
    }
}

impl<'v> Walk<'v> {
    /// Whether two schemas say the same, descriptions and examples aside.
    pub(in super::super) fn are_same(&mut self, base: &Schema<'v>, revision: &Schema<'v>) -> bool {
        self.ask(base, revision, Question::Same)
    }

    /// Whether a client goes on if one schema takes the other's place.
    pub(in super::super) fn goes_on(
        &mut self,
        base: &Schema<'v>,
        revision: &Schema<'v>,
        direction: Direction,
    ) -> bool {
        self.ask(base, revision, Question::GoesOn(direction))
    }

    /// While something is being asked, the answer counts as yes.
    fn ask(&mut self, base: &Schema<'v>, revision: &Schema<'v>, question: Question) -> bool {
        if self.depth >= DEEPEST {
            return false;
        }
        let key = (base.key(), revision.key(), question);
        if let Some(answer) = self.answers.get(&key) {
            return answer;
        }
        let asked = self.answers.suppose(&key);
        let mut walk = Walk {
            speaks_xml: self.speaks_xml,
            answers: std::mem::take(&mut self.answers),
            question: Some(question),
            depth: self.depth + 1,
            steps: std::mem::take(self.steps_for_questions()),
            ..Walk::between(self.base.clone(), self.revision.clone())
        };
        for direction in question.directions() {
            walk.leave(base.clone(), revision.clone(), *direction);
        }
        walk.finish();
        let answer = walk.is_answered();
        self.answers = std::mem::take(&mut walk.answers);
        *self.steps_for_questions() = walk.steps;
        if !answer {
            self.answers.refute(asked);
        }
        answer
    }

    /// One that answers a question has no more for others than for itself.
    fn steps_for_questions(&mut self) -> &mut usize {
        match self.question {
            None => &mut self.steps_of_questions,
            Some(_) => &mut self.steps,
        }
    }

    /// Whether nothing that was found speaks against what is asked.
    pub(super) fn is_answered(&self) -> bool {
        let counts = |level| match self.question {
            Some(Question::GoesOn(_)) => level == Level::Breaking,
            Some(Question::Same) | None => level != Level::Info,
        };
        !self.is_refuted && !self.found.iter().any(|it| counts(it.rule.level))
    }
}
