use std::collections::VecDeque;

use crate::clock::whole_ms;
use crate::failure::Rejection;
use crate::pair::{Pair, Revocation, Session, TokenState, access_token, secret};
use crate::switches::{RefreshLimit, Replay, Rotation, Switches};

/// All token pairs that were ever made, newest last.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    token_prefix: String,
    pairs: Vec<Pair>,
    presentations_ms: VecDeque<u64>,
}

impl Sessions {
    pub(crate) fn new(token_prefix: String) -> Self {
        Self {
            token_prefix,
            ..Self::default()
        }
    }

    pub(crate) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    pub(crate) fn of_access(&self, token: &str) -> Option<&Pair> {
        self.pairs.iter().rev().find(|pair| pair.access == token)
    }

    pub(crate) fn of_refresh(&self, token: &str) -> Option<&Pair> {
        self.pairs.iter().rev().find(|pair| pair.refresh == token)
    }

    pub(crate) fn of_generation(&self, generation: u64) -> Option<&Pair> {
        self.pairs
            .iter()
            .rev()
            .find(|pair| pair.generation == generation)
    }

    /// The session's newest pair, dead or alive.
    pub(crate) fn newest(&self, session: &Session) -> Option<&Pair> {
        self.pairs
            .iter()
            .rev()
            .find(|pair| pair.session == *session)
    }

    /// Makes a pair, and drops the session's oldest ones beyond the cap.
    pub(crate) fn mint(
        &mut self,
        session: Session,
        predecessor: Option<u64>,
        now_ms: u64,
        switches: &Switches,
    ) -> Pair {
        let lifetimes = match session {
            Session::Company => switches.company,
            Session::User(_) => switches.user,
        };
        let pair = Pair {
            generation: self.pairs.last().map_or(1, |pair| pair.generation + 1),
            predecessor,
            issued_at_ms: now_ms,
            access_ends_at_ms: now_ms.saturating_add(whole_ms(lifetimes.access)),
            refresh_ends_at_ms: now_ms.saturating_add(whole_ms(lifetimes.refresh)),
            spent_at_ms: None,
            revoked: None,
            access: access_token(&self.token_prefix, &session, now_ms),
            refresh: secret(&self.token_prefix),
            session,
        };
        self.pairs.push(pair.clone());
        self.drop_beyond_cap(&pair.session, now_ms, switches);
        pair
    }

    fn drop_beyond_cap(&mut self, session: &Session, now_ms: u64, switches: &Switches) {
        self.pairs
            .iter_mut()
            .rev()
            .filter(|pair| pair.session == *session && pair.is_live(now_ms, switches.rotation))
            .skip(switches.pair_cap.max(1))
            .for_each(|pair| pair.revoked = Some(Revocation::TooManyPairs));
    }

    pub(crate) fn revoke_all(&mut self, why: Revocation) {
        for pair in &mut self.pairs {
            pair.revoked.get_or_insert(why);
        }
    }

    pub(crate) fn revoke(&mut self, generation: u64, why: Revocation) {
        for pair in &mut self.pairs {
            if pair.generation == generation {
                pair.revoked.get_or_insert(why);
            }
        }
    }

    /// Whom an access token speaks for, or why it is rejected.
    pub(crate) fn check_access(
        &self,
        token: &str,
        now_ms: u64,
        switches: &Switches,
    ) -> Result<&Pair, Rejection> {
        let pair = self.of_access(token).ok_or(Rejection::InvalidToken)?;
        match pair.access_state(now_ms, switches.rotation) {
            TokenState::Live => Ok(pair),
            _ => Err(rejection_of(pair)),
        }
    }

    /// Exchanges a refresh token for the next pair.
    ///
    /// `company` says at which of the two endpoints it was presented; a token
    /// of the other kind of session is rejected and stays as it was.
    pub(crate) fn exchange(
        &mut self,
        token: &str,
        company: bool,
        now_ms: u64,
        switches: &Switches,
    ) -> Result<Pair, Rejection> {
        let old = self
            .of_refresh(token)
            .filter(|pair| (pair.session == Session::Company) == company)
            .ok_or(Rejection::InvalidToken)?;
        if old.refresh_state(now_ms, switches.rotation) != TokenState::Live {
            return Err(rejection_of(old));
        }
        let (generation, session) = (old.generation, old.session.clone());
        if let Rotation::Grace {
            replay: Replay::SameSuccessor,
            ..
        } = switches.rotation
            && let Some(successor) = self.first_successor(generation)
        {
            // A successor that has been used up itself is not handed out again.
            return match successor.spent_at_ms {
                None if successor.is_live(now_ms, switches.rotation) => Ok(successor.clone()),
                _ => Err(rejection_of(successor)),
            };
        }
        for pair in &mut self.pairs {
            if pair.generation == generation {
                pair.spent_at_ms.get_or_insert(now_ms);
            }
        }
        Ok(self.mint(session, Some(generation), now_ms, switches))
    }

    fn first_successor(&self, generation: u64) -> Option<&Pair> {
        self.pairs
            .iter()
            .find(|pair| pair.predecessor == Some(generation))
    }

    /// Counts a presentation; tells whether it is one too many.
    pub(crate) fn beyond(&mut self, limit: &RefreshLimit, now_ms: u64) -> bool {
        let since = now_ms.saturating_sub(whole_ms(limit.window));
        self.presentations_ms.retain(|at| *at > since);
        self.presentations_ms.push_back(now_ms);
        self.presentations_ms.len() > limit.presentations
    }
}

fn rejection_of(pair: &Pair) -> Rejection {
    match pair.revoked {
        Some(Revocation::PasswordReset) => Rejection::TokenError,
        _ => Rejection::InvalidToken,
    }
}
