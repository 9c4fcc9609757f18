//! Chance, for those who take it as an argument: it spreads retries and names
//! requests. Not for secrets.

use std::hash::{BuildHasher as _, RandomState};

/// A random number: the standard library seeds each `RandomState` anew.
pub(crate) fn number() -> u64 {
    RandomState::new().hash_one(0)
}

/// A name for a request that no other has.
pub(crate) fn request_id() -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";

    let number = u128::from(number()) << 64 | u128::from(number());
    let places = (0..128).step_by(4).rev();
    let digits = places.map(|place| DIGITS[(number >> place) as usize % 16]);
    digits.map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_requests_have_one_name() {
        let names: std::collections::HashSet<_> = (0..1000).map(|_| request_id()).collect();
        assert_eq!(names.len(), 1000);
    }
}
