//! Reads a pair of tokens out of an answer, member by member: an odd member
//! costs no more than itself, and a connection that was lost behind the tokens
//! costs no token.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use xoxoday_api::number::{EpochMillis, Seconds};
use xoxoday_api::secret::{AccessToken, RefreshToken};

use super::clock::after;
use super::document::Grant;
use super::seed::check_token;

/// The successor in an answer to a request of `asked_at`, if there is one.
///
/// It is the refresh token that counts. An access token is bought with it again
/// if the answer has none that can be sent.
pub(super) fn granted(
    body: &[u8],
    presented: &RefreshToken,
    asked_at: EpochMillis,
) -> Option<Grant> {
    let members = Members::read(body);
    let refresh: RefreshToken = members.read_as("refresh_token")?;
    check_token(refresh.expose()).ok()?;
    let access = members
        .read_as("access_token")
        .filter(|token: &AccessToken| check_token(token.expose()).is_ok());
    if access.is_none() && refresh == *presented {
        return None;
    }
    // The lifetime counts by our own clock; the timestamp needs the server's
    // clock and ours to agree, so it comes second.
    let lifetime = members
        .read_as::<Seconds>("expires_in")
        .and_then(|seconds| {
            seconds
                .lifetime()
                .inspect_err(|error| tracing::warn!(%error, "expires_in was ignored"))
                .ok()
        });
    // A token that was just issued has not ended: such an end is a mistake of
    // a clock or of a unit, and would have us buy tokens without end.
    let not_ended = |end: &EpochMillis| {
        let ended = *end <= asked_at;
        if ended {
            tracing::warn!("an end that had passed when the token was issued was ignored");
        }
        !ended
    };
    Some(Grant {
        access,
        access_expires_at: lifetime
            .map(|lifetime| after(asked_at, lifetime))
            .filter(not_ended)
            .or_else(|| members.read_as("access_token_expiry").filter(not_ended)),
        refresh,
        refresh_expires_at: members.read_as("refresh_token_expiry").filter(not_ended),
        obtained_at: asked_at,
    })
}

/// The members of an object, up to where it ends or makes no sense. Of a
/// member that is named twice the last counts.
#[derive(Default)]
struct Members<'a>(HashMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    /// What stands behind the object is of no interest.
    fn read(body: &'a [u8]) -> Self {
        let mut members = Self::default();
        let mut json = serde_json::Deserializer::from_slice(body);
        // What was read before an error is kept all the same.
        let _ = Collect(&mut members).deserialize(&mut json);
        members
    }

    fn read_as<T: DeserializeOwned>(&self, name: &'static str) -> Option<T> {
        let value = self.0.get(name)?.get();
        serde_json::from_str(value)
            .inspect_err(|_| tracing::warn!(name, "a member of the token answer was ignored"))
            .ok()
    }
}

/// Collects members as it goes.
struct Collect<'m, 'a>(&'m mut Members<'a>);

impl<'a> DeserializeSeed<'a> for Collect<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Collect<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pair of tokens")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut last = None;
        loop {
            match map.next_entry::<String, &RawValue>() {
                Ok(Some((name, value))) => {
                    self.0.0.insert(name.clone(), value);
                    last = Some(name).filter(|_| !value.get().ends_with(['"', '}', ']']));
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    // A number at the cut may go on behind it.
                    if let Some(last) = last {
                        self.0.0.remove(&last);
                    }
                    return Err(error);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "granted_properties.rs"]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED_AT: EpochMillis = EpochMillis::new(1_000_000);

    fn read(body: &str) -> Option<Grant> {
        granted(body.as_bytes(), &RefreshToken::new("r-0"), ASKED_AT)
    }

    fn grant(members: &str) -> Option<Grant> {
        read(&format!(
            r#"{{"access_token":"a","refresh_token":"r"{members}}}"#
        ))
    }

    #[test]
    fn lifetimes_count_from_before_the_request() {
        let grant = grant(
            r#","expires_in":"60","access_token_expiry":2000000,"refresh_token_expiry":"7000000""#,
        );
        let grant = grant.unwrap();
        assert_eq!(grant.access_expires_at, Some(EpochMillis::new(1_060_000)));
        assert_eq!(grant.refresh_expires_at, Some(EpochMillis::new(7_000_000)));
    }

    #[test]
    fn an_expires_in_that_is_a_timestamp_gives_way_to_the_expiry() {
        let both = grant(r#","expires_in":1718000000,"access_token_expiry":5000000"#).unwrap();
        assert_eq!(both.access_expires_at, Some(EpochMillis::new(5_000_000)));
        let alone = grant(r#","expires_in":1718000000"#).unwrap();
        assert_eq!(alone.access_expires_at, None);
    }

    #[test]
    fn an_end_that_has_passed_already_is_left_to_the_server() {
        let seconds =
            r#","expires_in":0,"access_token_expiry":1000,"refresh_token_expiry":1000000"#;
        let grant = grant(seconds).unwrap();
        assert_eq!(
            (grant.access_expires_at, grant.refresh_expires_at),
            (None, None)
        );
    }

    #[test]
    fn an_odd_member_does_not_cost_the_successor() {
        for odd in [
            r#","expires_in":"""#,
            r#","expires_in":60,"expires_in":"60""#,
            r#","expires_in":null,"access_token_expiry":"2024-06-10T00:00:00Z""#,
            r#","refresh_token_expiry":{}"#,
            r#","error":"","errorId":"","success":0"#,
            r#","token_type":7"#,
            r#"} trailing {"a":1"#,
        ] {
            assert!(grant(odd).is_some(), "{odd}");
        }
    }

    #[test]
    fn a_successor_without_an_access_token_that_can_be_sent_is_kept() {
        for body in [
            r#"{"refresh_token":"r"}"#,
            r#"{"access_token":null,"refresh_token":"r"}"#,
            r#"{"access_token":"a\nb","refresh_token":"r"}"#,
        ] {
            let grant = read(body).unwrap();
            assert_eq!((grant.access, grant.refresh.expose()), (None, "r"));
        }
    }

    #[test]
    fn an_echo_of_the_presented_token_is_no_successor() {
        assert_eq!(read(r#"{"error":"no","refresh_token":"r-0"}"#), None);
        assert!(read(r#"{"access_token":"a","refresh_token":"r-0"}"#).is_some());
    }

    #[test]
    fn an_answer_without_a_refresh_token_is_no_pair() {
        for body in [
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","refresh_token":""}"#,
            r#"{"access_token":"a","refresh_token":"r"#,
            r#"["refresh_token","r"]"#,
            "",
        ] {
            assert!(read(body).is_none(), "{body}");
        }
    }

    #[test]
    fn a_cut_behind_the_tokens_costs_neither_them_nor_the_truth() {
        let cut = r#"{"access_token":"a","refresh_token":"r","expires_in":12"#;
        let grant = read(cut).unwrap();
        assert_eq!(grant.access_expires_at, None);
    }
}
