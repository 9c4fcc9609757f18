//! Which alternative of one list is which of another.

use std::cmp::Reverse;

use super::super::rule::Direction;
use super::Pair;
use super::kinship::{CLOSE, kinship};
use super::unions::Union;

/// More pairs of alternatives than this are not compared each with each.
const MOST_COMPARED: usize = 1_000;

/// Alternatives by their place in their lists.
pub(super) struct Matching {
    pub(super) matched: Vec<(usize, usize)>,
    pub(super) gone: Vec<usize>,
    pub(super) new: Vec<usize>,
}

impl Matching {
    /// Those of one name, then those that say the same, then those that take in what
    /// the other had, then those that are the most alike, then, where as many are
    /// left on both sides, in their order.
    pub(super) fn of<'v>(pair: &mut Pair<'_, 'v>, base: &Union<'v>, revision: &Union<'v>) -> Self {
        let direction = pair.direction;
        let schemas =
            |one: usize, other: usize| (&base.alternatives[one], &revision.alternatives[other]);
        let mut matching = Self {
            matched: Vec::new(),
            gone: (0..base.alternatives.len()).collect(),
            new: (0..revision.alternatives.len()).collect(),
        };
        matching.take(|one, other| base.identities[one] == revision.identities[other]);
        matching.take(|one, other| {
            base.names[one].is_some() && base.names[one] == revision.names[other]
        });
        if matching.gone.len() * matching.new.len() <= MOST_COMPARED {
            matching.take(|one, other| {
                let (one, other) = schemas(one, other);
                pair.walk.are_same(one, other)
            });
            matching.take(|one, other| {
                let (one, other) = schemas(one, other);
                pair.walk.goes_on(one, other, direction)
            });
        }
        matching.take_kin(|one, other| {
            let (one, other) = schemas(one, other);
            kinship(one, other)
        });
        let all = (base.alternatives.len(), revision.alternatives.len());
        if all.0 > 1 && all.1 > 1 && matching.gone.len() == matching.new.len() {
            let (gone, new) = (matching.gone.drain(..), matching.new.drain(..));
            matching.matched.extend(gone.zip(new));
        }
        if matching.gone.len() * all.1 + matching.new.len() * all.0 <= MOST_COMPARED {
            matching.absorb(all, direction, |one, other| {
                let (one, other) = schemas(one, other);
                pair.walk.goes_on(one, other, direction)
            });
        }
        matching
    }

    /// Matches each with the first that is the same.
    fn take(&mut self, mut same: impl FnMut(usize, usize) -> bool) {
        self.gone.retain(|one| {
            let found = self.new.iter().position(|other| same(*one, *other));
            if let Some(found) = found {
                self.matched.push((*one, self.new.remove(found)));
            }
            found.is_none()
        });
    }

    /// Matches those that were changed, the closest kin first.
    fn take_kin(&mut self, kinship: impl Fn(usize, usize) -> usize) {
        let each = self.gone.iter();
        let each = each.flat_map(|one| self.new.iter().map(move |other| (*one, *other)));
        let mut kin: Vec<_> = each
            .take(MOST_COMPARED)
            .map(|(one, other)| (Reverse(kinship(one, other)), one, other))
            .filter(|(Reverse(kinship), _, _)| *kinship >= CLOSE)
            .collect();
        kin.sort_unstable();
        for (_, one, other) in kin {
            if self.gone.contains(&one) && self.new.contains(&other) {
                self.gone.retain(|it| *it != one);
                self.new.retain(|it| *it != other);
                self.matched.push((one, other));
            }
        }
    }

    /// What another alternative has room for is not gone, or not new.
    fn absorb(
        &mut self,
        (base, revision): (usize, usize),
        direction: Direction,
        mut goes_on: impl FnMut(usize, usize) -> bool,
    ) {
        let Self { matched, gone, new } = self;
        match direction {
            Direction::Request => gone.retain(|one| {
                let home = (0..revision).find(|other| goes_on(*one, *other));
                matched.extend(home.map(|other| (*one, other)));
                home.is_none()
            }),
            Direction::Response => new.retain(|other| {
                let home = (0..base).find(|one| goes_on(*one, *other));
                matched.extend(home.map(|one| (one, *other)));
                home.is_none()
            }),
        }
    }
}
