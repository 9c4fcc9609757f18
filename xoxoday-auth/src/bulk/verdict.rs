//! What an answer means for the rows of a batch, and for the run. Pure.

use crate::codes::turns_away;
use crate::error::{Error, ErrorKind};
use crate::points::{SendOutcome, SendResult, SentPoints, Unmatched};

use super::row::Fate;

/// What became of a batch.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The fate of each row, in the order they were sent.
    pub(super) fates: Vec<Fate>,
    pub(super) next: Next,
}

/// How the run goes on.
#[derive(Debug)]
pub(super) enum Next {
    /// With the next batch.
    On,
    /// The same rows one at a time: together they were refused, and nothing was
    /// sent.
    Divide,
    /// One row at a time from here on: the answers tell of one alone.
    Alone,
    /// Xoxoday refused the rows.
    Refused(Error),
    /// Nothing was sent; after a while the same again.
    Wait(Error),
    /// Nobody knows what was sent: once Xoxoday answers again, with the next.
    Ask(Error),
    /// Not at all before somebody has looked.
    Halt(Error),
}

impl Next {
    /// Whether the next rows may leave at once.
    pub(super) fn is_straight_on(&self) -> bool {
        matches!(self, Self::On | Self::Alone | Self::Refused(_))
    }
}

impl Verdict {
    /// Judges what a send of so many rows brought, that left under this name.
    pub(super) fn of(answer: Result<SentPoints, Error>, rows: usize, request_id: &str) -> Self {
        let error = match answer {
            Ok(sent) => {
                let silent = "the answer does not speak of it";
                return Self {
                    fates: fates(&sent, silent, request_id),
                    next: Next::On,
                };
            }
            Err(error) => error,
        };
        let all = |fate: Fate| vec![fate; rows];
        let unknown = || unknown(&error.to_string(), request_id);
        match (error.kind(), error.sent()) {
            (ErrorKind::Unavailable, _) => Self {
                fates: all(Fate::Pending),
                next: Next::Wait(error),
            },
            (ErrorKind::LoginRequired | ErrorKind::InvalidInput, _) => Self {
                fates: all(Fate::Pending),
                next: Next::Halt(error),
            },
            (ErrorKind::Refused, None) if turned_away(&error, request_id) => Self {
                fates: all(Fate::Pending),
                next: Next::Halt(error),
            },
            // The request made no sense to it, so nothing was done.
            (ErrorKind::Refused, None) if rows > 1 && is_bad_request(&error) => Self {
                fates: all(Fate::Pending),
                next: Next::Divide,
            },
            // Refused while it worked on it, perhaps: a part may be credited.
            (ErrorKind::Refused, None) if rows > 1 => Self {
                fates: all(unknown()),
                next: Next::Alone,
            },
            (ErrorKind::Refused, None) => Self {
                fates: all(Fate::Failed {
                    reason: error.to_string(),
                    code: error.code().map(str::to_owned),
                    request_id: Some(request_id.to_owned()),
                }),
                next: Next::Refused(error),
            },
            // An answer that calls it a failure and lists everyone as credited
            // is believed in neither.
            (ErrorKind::OutcomeUnknown, Some(sent)) if sent.all_credited() => Self {
                fates: all(unknown()),
                next: Next::Ask(error),
            },
            (ErrorKind::Refused | ErrorKind::OutcomeUnknown, Some(sent)) => {
                let sent = sent.clone();
                Self::of_parts(error, &sent, request_id)
            }
            (ErrorKind::OutcomeUnknown, None) => Self {
                fates: all(unknown()),
                next: Next::Ask(error),
            },
            (ErrorKind::Unexpected, _) => Self {
                fates: all(unknown()),
                next: Next::Halt(error),
            },
        }
    }

    /// Judges an answer that is no success, and speaks of rows.
    fn of_parts(error: Error, sent: &SentPoints, request_id: &str) -> Self {
        let (results, rows) = (&sent.results, sent.results.len());
        let is_refused = error.kind() == ErrorKind::Refused;
        // Somebody was credited, and it may be one who is called refused; or one
        // word for all, which need not hold for each of them.
        let astray =
            |it: &Unmatched| it.outcome == SendOutcome::Credited || it.transaction.is_some();
        let is_of_all = is_refused && rows > 1 && !sent.tells_of_each;
        let is_doubtful = is_of_all || sent.unmatched.iter().any(astray);
        // One who cannot receive may have brought all the others down.
        let first = results.first().map(|result| &result.outcome);
        let are_alike = results.iter().all(|result| Some(&result.outcome) == first);
        if is_refused && !is_doubtful && rows > 1 && are_alike {
            return Self {
                fates: vec![Fate::Pending; rows],
                next: Next::Divide,
            };
        }
        let why = error.to_string();
        let mut fates = fates(sent, &why, request_id);
        for fate in &mut fates {
            if is_doubtful && matches!(fate, Fate::Failed { .. }) {
                *fate = unknown(&why, request_id);
            }
        }
        let tells = |result: &SendResult| result.outcome != SendOutcome::Unreported;
        let next = match is_refused && !is_doubtful {
            true if sent.credited().count() > 0 => Next::On,
            true => Next::Refused(error),
            false if rows > 1 && results.iter().any(tells) => Next::Alone,
            false => Next::Ask(error),
        };
        Self { fates, next }
    }
}

/// What an answer says of each row.
fn fates(sent: &SentPoints, why_unknown: &str, request_id: &str) -> Vec<Fate> {
    let fate = |result: &SendResult| match &result.outcome {
        SendOutcome::Credited => Fate::Credited {
            transaction: result.transaction,
            request_id: Some(request_id.to_owned()),
            by_hand: false,
            points: result
                .points
                .filter(|points| *points != result.recipient.amount().into()),
        },
        SendOutcome::Refused(reason) => Fate::Failed {
            reason: reason.clone(),
            code: None,
            request_id: Some(request_id.to_owned()),
        },
        SendOutcome::Unreported => unknown(why_unknown, request_id),
    };
    sent.results.iter().map(fate).collect()
}

fn unknown(why: &str, request_id: &str) -> Fate {
    Fate::Unknown {
        why: why.to_owned(),
        request_id: Some(request_id.to_owned()),
    }
}

/// Whether it was refused for what it is, before anything was done.
fn is_bad_request(error: &Error) -> bool {
    error.code().is_none()
        && error
            .status()
            .is_some_and(|status| status.is_client_error())
}

/// Whether it is the account that was refused, and not the rows. Then nothing
/// was done, and the next row fares no better.
fn turned_away(error: &Error, request_id: &str) -> bool {
    let status = error.status().map(|status| status.as_u16());
    let code = error.code().is_some_and(turns_away);
    // The refusal of another request: of the exchange that this one waited for.
    let another = error.request_id().is_some_and(|id| id != request_id);
    code || another || error.wait().is_some() || matches!(status, None | Some(401 | 403))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::StatusCode;

    use super::*;
    use crate::points::Recipient;

    const ID: &str = "id-1";

    fn sent(outcomes: &[SendOutcome]) -> SentPoints {
        let result = |outcome: &SendOutcome| SendResult {
            recipient: Recipient::new("a@x.com", 1).unwrap(),
            outcome: outcome.clone(),
            transaction: None,
            points: None,
        };
        SentPoints {
            results: outcomes.iter().map(result).collect(),
            unmatched: Vec::new(),
            message: None,
            tells_of_each: true,
        }
    }

    fn refused(why: &str) -> SendOutcome {
        SendOutcome::Refused(why.into())
    }

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "why").with_request_id(ID)
    }

    /// The words for the rows, and how it goes on.
    fn judged(answer: Result<SentPoints, Error>, rows: usize) -> (Vec<&'static str>, &'static str) {
        let verdict = Verdict::of(answer, rows, ID);
        let next = match verdict.next {
            Next::On => "on",
            Next::Divide => "divide",
            Next::Alone => "alone",
            Next::Refused(_) => "refused",
            Next::Wait(_) => "wait",
            Next::Ask(_) => "ask",
            Next::Halt(_) => "halt",
        };
        (verdict.fates.iter().map(Fate::word).collect(), next)
    }

    #[test]
    fn each_row_keeps_its_own_outcome() {
        use ErrorKind::{OutcomeUnknown, Refused};
        use SendOutcome::{Credited, Unreported};

        let of = |kind, outcomes: &[SendOutcome]| {
            judged(Err(error(kind).with_sent(sent(outcomes))), outcomes.len())
        };
        assert_eq!(judged(Ok(sent(&[Credited])), 1), (vec!["credited"], "on"));
        for (kind, outcomes, words, next) in [
            (
                Refused,
                [Credited, refused("x")],
                ["credited", "failed"],
                "on",
            ),
            (
                Refused,
                [refused("x"), refused("y")],
                ["failed", "failed"],
                "refused",
            ),
            // All alike: one may have brought the other down.
            (
                Refused,
                [refused("x"), refused("x")],
                ["pending", "pending"],
                "divide",
            ),
            (
                OutcomeUnknown,
                [Credited, Unreported],
                ["credited", "unknown"],
                "alone",
            ),
            (
                OutcomeUnknown,
                [refused("x"), Unreported],
                ["failed", "unknown"],
                "alone",
            ),
            (
                OutcomeUnknown,
                [Unreported, Unreported],
                ["unknown", "unknown"],
                "ask",
            ),
            // Called a failure, with everyone listed as credited.
            (
                OutcomeUnknown,
                [Credited, Credited],
                ["unknown", "unknown"],
                "ask",
            ),
        ] {
            let expected = (words.to_vec(), next);
            assert_eq!(of(kind, &outcomes), expected, "{kind:?} {outcomes:?}");
        }
        // One word for all may hold for one of them alone.
        let for_all = |outcomes: &[SendOutcome]| {
            let mut sent = sent(outcomes);
            sent.tells_of_each = false;
            judged(Err(error(Refused).with_sent(sent)), outcomes.len())
        };
        let both = [refused("x"), refused("x")];
        assert_eq!(for_all(&both), (vec!["unknown"; 2], "alone"));
        assert_eq!(for_all(&both[..1]), (vec!["failed"], "refused"));
        let one = of(Refused, &[refused("x")]);
        assert_eq!(one, (vec!["failed"], "refused"));
    }

    #[test]
    fn what_was_credited_otherwise_than_asked_for_is_kept() {
        for (told, kept) in [(None, None), (Some("1.0"), None), (Some("2"), Some("2"))] {
            let points = |text: &str| text.parse().unwrap();
            let mut sent = sent(&[SendOutcome::Credited]);
            sent.results[0].points = told.map(points);
            let verdict = Verdict::of(Ok(sent), 1, ID);
            let expected = Fate::Credited {
                transaction: None,
                request_id: Some(ID.into()),
                by_hand: false,
                points: kept.map(points),
            };
            assert_eq!(verdict.fates, [expected], "{told:?}");
        }
    }

    #[test]
    fn rows_are_pending_again_only_where_nothing_was_sent() {
        for (kind, word, next) in [
            (ErrorKind::InvalidInput, "pending", "halt"),
            (ErrorKind::LoginRequired, "pending", "halt"),
            (ErrorKind::Unavailable, "pending", "wait"),
            (ErrorKind::OutcomeUnknown, "unknown", "ask"),
            (ErrorKind::Unexpected, "unknown", "halt"),
        ] {
            assert_eq!(
                judged(Err(error(kind)), 2),
                (vec![word; 2], next),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_refusal_of_the_account_fails_no_row() {
        let refused = |status| error(ErrorKind::Refused).with_status(status);
        let (bad, unauthorized) = (StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED);
        let code = |code: &str| refused(bad).with_code(Some(code.into()));
        let of_another = Error::new(ErrorKind::Refused, "denied")
            .with_status(bad)
            .with_request_id("the exchange");
        for of_the_account in [
            code("PIPE10016"),
            code("PLE10019"),
            refused(unauthorized),
            refused(StatusCode::FORBIDDEN),
            refused(bad).retry_after(Duration::from_secs(5)),
            error(ErrorKind::Refused),
            of_another,
        ] {
            assert_eq!(judged(Err(of_the_account), 1), (vec!["pending"], "halt"));
        }
        for of_the_row in [refused(bad), code("PLE10030")] {
            assert_eq!(judged(Err(of_the_row), 1), (vec!["failed"], "refused"));
        }
        // Of several, nobody knows whose fault it was.
        assert_eq!(judged(Err(refused(bad)), 2), (vec!["pending"; 2], "divide"));
        // It may have come at the work: a part may be credited.
        for late in [code("PLE10030"), refused(StatusCode::OK)] {
            assert_eq!(judged(Err(late), 2), (vec!["unknown"; 2], "alone"));
        }
    }

    #[test]
    fn a_credit_that_goes_astray_leaves_nobody_refused() {
        let astray = |outcome: SendOutcome, rows: usize| {
            let mut sent = sent(&vec![refused("x"); rows]);
            sent.unmatched.push(Unmatched {
                email: None,
                outcome,
                transaction: None,
                points: None,
            });
            judged(Err(error(ErrorKind::Refused).with_sent(sent)), rows)
        };
        let credited = || SendOutcome::Credited;
        assert_eq!(astray(credited(), 1), (vec!["unknown"], "ask"));
        assert_eq!(astray(credited(), 2), (vec!["unknown"; 2], "alone"));
        assert_eq!(astray(refused("y"), 1), (vec!["failed"], "refused"));
        // Nor where of another nothing is said.
        let mut sent = sent(&[refused("x"), SendOutcome::Unreported]);
        sent.unmatched.push(Unmatched {
            email: None,
            outcome: credited(),
            transaction: None,
            points: None,
        });
        let error = error(ErrorKind::OutcomeUnknown).with_sent(sent);
        assert_eq!(judged(Err(error), 2), (vec!["unknown"; 2], "alone"));
    }
}
