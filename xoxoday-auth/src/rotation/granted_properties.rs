//! What holds for every answer to an exchange.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::properties::cases;

/// What may stand in the place of a lifetime.
const LIFETIMES: &[&str] = &[
    "1296000",
    "\"1296000\"",
    "1718000000000",
    "-1",
    "1.5",
    "1e400",
    "9223372036854775807",
    "\"9223372036854775808\"",
    "\"soon\"",
    "\"\"",
    "null",
    "{}",
    "[1,{\"a\":2}]",
    "true",
];

/// What may stand beside the tokens.
const OTHERS: &[&str] = &[
    r#""token_type":"bearer""#,
    r#""token_type":7"#,
    r#""error":"invalid_token""#,
    r#""message":"auth.request_limit_exceeded""#,
    r#""success":0"#,
    r#""errorId":"PIPE10017""#,
    r#""nested":{"access_token":"x","refresh_token":"y"}"#,
];

fn moment() -> impl Strategy<Value = EpochMillis> {
    prop_oneof![Just(i64::MAX), Just(i64::MIN), any::<i64>()].prop_map(EpochMillis::new)
}

fn read(body: &[u8], asked_at: EpochMillis) -> Option<Grant> {
    granted(body, &RefreshToken::new("r-0"), asked_at)
}

fn access(grant: &Grant) -> Option<&str> {
    grant.access.as_ref().map(AccessToken::expose)
}

prop_compose! {
    fn pair()(
        lifetimes in prop::array::uniform3(prop::option::of(select(LIFETIMES))),
        others in prop::collection::vec(select(OTHERS), 0..3),
        order in any::<[Index; 8]>(),
        spaces in select(vec!["", " ", "\n"]),
    ) -> String {
        let names = ["expires_in", "access_token_expiry", "refresh_token_expiry"];
        let mut members = vec![
            r#""access_token":"a-1""#.to_owned(),
            r#""refresh_token":"r\u002d1""#.to_owned(),
        ];
        members.extend(others.iter().map(|&other| other.to_owned()));
        for (name, lifetime) in names.iter().zip(lifetimes) {
            members.extend(lifetime.map(|lifetime| format!("\"{name}\":{spaces}{lifetime}")));
        }
        for (from, to) in order.iter().enumerate() {
            let length = members.len();
            members.swap(from % length, to.index(length));
        }
        format!("{spaces}{{{}}}", members.join(&format!("{spaces},{spaces}")))
    }
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn arbitrary_bytes_grant_nothing(
        body in prop::collection::vec(any::<u8>(), 0..64), asked_at in moment(),
    ) {
        prop_assert!(read(&body, asked_at).is_none());
    }

    /// The successor is the only one there will be.
    #[test]
    fn a_pair_is_granted_whatever_stands_beside_it(body in pair(), asked_at in moment()) {
        let grant = read(body.as_bytes(), asked_at);
        let tokens = grant.as_ref().map(|grant| (access(grant), grant.refresh.expose()));
        prop_assert_eq!(tokens, Some((Some("a-1"), "r-1")));
    }

    /// What is granted of a cut pair is what the whole one grants, or less.
    #[test]
    fn a_cut_pair_grants_nothing_else(body in pair(), cut in any::<Index>()) {
        let asked_at = EpochMillis::new(0);
        let whole = read(body.as_bytes(), asked_at).unwrap();
        let cut = &body[..cut.index(body.len())];
        if let Some(grant) = read(cut.as_bytes(), asked_at) {
            prop_assert_eq!(&grant.refresh, &whole.refresh);
            prop_assert!(grant.access.is_none() || grant.access == whole.access);
        }
    }

    /// What is granted can be sent: no empty token, no control character.
    #[test]
    fn a_mutated_pair_is_whole_or_not_granted(
        body in pair(), at in any::<Index>(), byte in any::<u8>(), asked_at in moment(),
    ) {
        let mut body = body.into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        if let Some(grant) = read(&body, asked_at) {
            prop_assert!(access(&grant).is_none_or(|token| check_token(token).is_ok()));
            prop_assert!(check_token(grant.refresh.expose()).is_ok());
        }
    }
}
