//! The token server of the model.

use super::tokens::{Token, Tokens};

/// What an old refresh token still brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    /// Nothing: it is dead at once.
    Strict,
    /// Another pair, beside the pairs that it brought before.
    FreshPair,
    /// The same pair again, until that is used.
    SamePair,
}

/// The grace of an old token is hours and the model's horizon is minutes, so
/// grace does not end while the processes run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Server {
    rule: Rule,
    newest: Token,
    /// What it accepts, grace aside.
    live: Tokens,
    /// What was exchanged since a person last logged in.
    spent: Tokens,
}

impl Server {
    pub(super) fn new(rule: Rule, first: Token) -> Self {
        Self {
            rule,
            newest: first,
            live: Tokens::of(first),
            spent: Tokens::default(),
        }
    }

    pub(super) fn live(&self) -> Tokens {
        self.live
    }

    /// Exchanges a token for its successor, or rejects it.
    pub(super) fn present(&mut self, token: Token) -> Option<Token> {
        if self.live.contains(token) {
            self.live.remove(token);
            self.spent.insert(token);
            return Some(self.issue());
        }
        if !self.spent.contains(token) {
            return None;
        }
        match self.rule {
            Rule::Strict => None,
            Rule::FreshPair => Some(self.issue()),
            Rule::SamePair => self.live.contains(token + 1).then_some(token + 1),
        }
    }

    /// A person logs in, which ends all that was.
    pub(super) fn log_in(&mut self) -> Token {
        self.live = Tokens::default();
        self.spent = Tokens::default();
        self.issue()
    }

    /// The hours of grace have passed.
    pub(super) fn end_grace(&mut self) {
        self.rule = Rule::Strict;
    }

    /// Whether to present it would change anything.
    pub(super) fn heeds(&self, token: Token) -> bool {
        self.live.contains(token) || self.rule == Rule::FreshPair && self.spent.contains(token)
    }

    fn issue(&mut self) -> Token {
        self.newest += 1;
        self.live.insert(self.newest);
        self.newest
    }
}
