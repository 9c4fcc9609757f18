//! What must hold in every state, and what of the past is needed to tell.

use xoxoday_api::number::EpochMillis;

use super::tokens::{Token, Tokens};

/// A guarantee of the [crate](crate#guarantees).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Guarantee {
    OnePresenter,
    IntentFirst,
    SaveThenLook,
    NoLostSuccessor,
    AdoptFirst,
    Latch,
    Brake,
    Generations,
    NeverLockedOut,
}

impl Guarantee {
    pub(super) const ALL: [Self; 9] = [
        Self::OnePresenter,
        Self::IntentFirst,
        Self::SaveThenLook,
        Self::NoLostSuccessor,
        Self::AdoptFirst,
        Self::Latch,
        Self::Brake,
        Self::Generations,
        Self::NeverLockedOut,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OnePresenter => "g1_one_presenter",
            Self::IntentFirst => "g2_intent_first",
            Self::SaveThenLook => "g3_save_then_look",
            Self::NoLostSuccessor => "g4_no_lost_successor",
            Self::AdoptFirst => "g5_adopt_first",
            Self::Latch => "g6_latch",
            Self::Brake => "g7_brake",
            Self::Generations => "g9_generations",
            Self::NeverLockedOut => "never_locked_out",
        }
    }
}

/// The guarantees that a step has broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Broken(u16);

impl Broken {
    pub(super) fn mark(&mut self, guarantee: Guarantee, broken: bool) {
        self.0 |= u16::from(broken) << guarantee as u16;
    }

    pub(super) fn has(self, guarantee: Guarantee) -> bool {
        self.0 & 1 << guarantee as u16 != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A token was sent, and its presenter has not heard of it since.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Presented {
    pub(super) token: Token,
    /// None once the presenter is dead.
    pub(super) by: Option<usize>,
    pub(super) lease_until: EpochMillis,
}

/// What has happened, as far as it matters to what may happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Past {
    /// Tokens that have reached a process.
    pub(super) received: Tokens,
    /// Tokens that have been in the store, even if they arrived there while the
    /// writer was told of an error.
    pub(super) stored: Tokens,
    /// Tokens that have been in the rescue file.
    pub(super) rescued: Tokens,
    /// Tokens whose only holder died before they could be written anywhere:
    /// see [`super`].
    pub(super) lost: Tokens,
    /// Tokens of which the store has held that they are rejected.
    pub(super) latched: Tokens,
    pub(super) presented: Vec<Presented>,
    /// Who sent a token, and the end of the floor that follows.
    pub(super) floors: Vec<(usize, EpochMillis)>,
    /// The end of the longest rate limit that was stored.
    pub(super) braked_until: Option<EpochMillis>,
}

impl Past {
    pub(super) fn new(first: Token) -> Self {
        Self {
            received: Tokens::of(first),
            stored: Tokens::of(first),
            rescued: Tokens::default(),
            lost: Tokens::default(),
            latched: Tokens::default(),
            presented: Vec::new(),
            floors: Vec::new(),
            braked_until: None,
        }
    }

    /// What is over matters no more.
    pub(super) fn forget(&mut self, now: EpochMillis) {
        self.presented.retain(|it| now < it.lease_until);
        self.floors.retain(|(_, until)| now < *until);
        self.braked_until = self.braked_until.filter(|until| now < *until);
    }

    /// What was thought to be sent was not.
    pub(super) fn unsend(&mut self, who: usize) {
        if let Some(last) = self.floors.iter().rposition(|it| it.0 == who) {
            self.floors.remove(last);
        }
    }

    pub(super) fn brake(&mut self, until: EpochMillis) {
        self.braked_until = self.braked_until.max(Some(until));
    }
}
