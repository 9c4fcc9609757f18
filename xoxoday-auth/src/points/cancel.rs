//! Cancelling issuances.

use std::collections::HashMap;

use xoxoday_api::Operation;
use xoxoday_api::number::TransactionId;
use xoxoday_api::types::{self, CancelPointsQuery, StoreTag};

use super::{PointsClient, check_length};
use crate::classify::{is_contradicted, words};
use crate::error::{Error, ErrorKind};
use crate::members::Members;

/// What became of a request to cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CancelledPoints {
    /// A result for each transaction, in the order they were given.
    pub results: Vec<CancelResult>,
    /// The server's summary, where it gave one.
    pub message: Option<String>,
}

/// What became of one cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CancelResult {
    /// The issuance.
    pub transaction: TransactionId,
    /// Whether it was cancelled; `None` where nothing is known of it.
    pub cancelled: Option<bool>,
    /// The server's words, where it gave any.
    pub message: Option<String>,
}

impl CancelledPoints {
    /// The same is known of each.
    fn alike(ids: &[TransactionId], cancelled: Option<bool>, message: Option<String>) -> Self {
        let result = |&transaction| CancelResult {
            transaction,
            cancelled,
            message: None,
        };
        Self {
            results: ids.iter().map(result).collect(),
            message,
        }
    }

    /// A cancellation of which a part failed is a failure, with the parts kept;
    /// so is one that the answer calls a failure although it lists none.
    /// If an earlier attempt had no answer, what fails now may have been
    /// cancelled by that one: "already cancelled" is no refusal then.
    fn into_result(mut self, denied: bool, done_before: bool) -> Result<Self, Error> {
        const LOOK: &str = "look at the balances before this is repeated";

        if done_before {
            let refused = |result: &&mut CancelResult| result.cancelled == Some(false);
            for result in self.results.iter_mut().filter(refused) {
                result.cancelled = None;
            }
        }
        let all = self.results.len();
        let count = |wanted| {
            let states = self.results.iter().map(|result| result.cancelled);
            states.filter(|state| *state == wanted).count()
        };
        let mut reasons = self
            .results
            .iter()
            .filter(|result| result.cancelled != Some(true))
            .filter_map(|result| result.message.as_ref());
        let why = reasons.next().or(self.message.as_ref());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let (kind, message) = match (count(None), count(Some(false))) {
            (0, 0) if !denied => return Ok(self),
            (0, 0) => (
                ErrorKind::OutcomeUnknown,
                format!(
                    "the answer calls it a failure but lists every issuance as cancelled{why}; {LOOK}"
                ),
            ),
            (0, refused) if refused == all => {
                (ErrorKind::Refused, format!("nothing was cancelled{why}"))
            }
            (0, refused) => (
                ErrorKind::Refused,
                format!("{refused} of {all} issuances were not cancelled, the others were{why}"),
            ),
            (unknown, _) => (
                ErrorKind::OutcomeUnknown,
                format!(
                    "of {unknown} of {all} issuances it is not known whether they were \
                     cancelled{why}; {LOOK}"
                ),
            ),
        };
        Err(Error::new(kind, message).with_cancelled(self))
    }

    /// Whether every issuance was cancelled.
    pub fn all_cancelled(&self) -> bool {
        self.results
            .iter()
            .all(|result| result.cancelled == Some(true))
    }
}

pub(super) async fn cancel(
    points: PointsClient<'_>,
    ids: Vec<TransactionId>,
) -> Result<CancelledPoints, Error> {
    check_length("transactions", ids.len())?;
    let recipients = ids
        .iter()
        .map(|&unique_id| types::Cancellation { unique_id })
        .collect();
    let request = types::CancelPointsRequest {
        query: CancelPointsQuery::StoresAdminMutationCancelBalance,
        tag: StoreTag::StoreAdmin,
        variables: types::CancelPointsVariables {
            recipients_data: Some(types::CancellationBatch { recipients }),
        },
    };
    match points.call(Operation::CancelPoints, &request).await {
        Ok(reply) => {
            let before = reply.may_have_been_done_before;
            reply.read(Operation::CancelPoints, |answer| {
                understand(&ids, answer, before)
            })
        }
        Err(error) if error.is_outcome_unknown() => {
            Err(error.with_cancelled(CancelledPoints::alike(&ids, None, None)))
        }
        Err(error) => Err(error),
    }
}

/// What an answer says of a cancellation. As of a send, silence is no success.
pub(super) fn understand(
    ids: &[TransactionId],
    answer: &str,
    done_before: bool,
) -> Result<CancelledPoints, Error> {
    let members = Members::of(answer);
    let contradicted = members
        .as_ref()
        .is_some_and(|members| is_contradicted(answer, members));
    let data = members.and_then(|members| members.object("data"));
    let Some(verdict) = data.and_then(|data| data.object("cancelBalance")) else {
        return CancelledPoints::alike(ids, None, None).into_result(contradicted, done_before);
    };
    let message = verdict.text("message").map(|message| words(&message));
    let succeeded = verdict.succeeded();
    let denied = contradicted || succeeded == Some(false);
    let entries = verdict.list("recipients");
    if entries.is_empty() {
        let of_all = succeeded.filter(|done| !(contradicted && *done));
        return CancelledPoints::alike(ids, of_all, message).into_result(denied, done_before);
    }
    // What an entry means that leaves it open.
    let open = (succeeded == Some(true) && !contradicted).then_some(true);
    let alone = ids.len() == 1 && entries.len() == 1;
    let entries = entries.into_iter().filter_map(Members::of);
    let mut by_id: HashMap<TransactionId, (Option<bool>, Option<String>)> = HashMap::new();
    for entry in entries {
        // One entry that names nothing can mean only the one issuance.
        let unnamed = || {
            ids.first()
                .copied()
                .filter(|_| alone && entry.raw("unique_id").is_none())
        };
        let Some(id) = entry.read("unique_id").or_else(unnamed) else {
            continue;
        };
        let cancelled = entry.succeeded().or(open);
        let told = by_id.entry(id).or_default();
        // What was cancelled stays so, whatever else is said of it.
        if told.0 != Some(true) {
            *told = (
                cancelled,
                entry.text("message").map(|message| words(&message)),
            );
        }
    }
    let results = ids
        .iter()
        .map(|&transaction| {
            let (cancelled, message) = by_id.get(&transaction).cloned().unwrap_or_default();
            CancelResult {
                transaction,
                cancelled,
                message,
            }
        })
        .collect();
    CancelledPoints { results, message }.into_result(denied, done_before)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [TransactionId; 2] = [TransactionId::new(1), TransactionId::new(2)];

    /// What is known of each, and how the cancellation ended.
    fn cancelled(ids: &[TransactionId], answer: &str) -> (Vec<Option<bool>>, Option<ErrorKind>) {
        let (known, ended) = match understand(ids, answer, false) {
            Ok(cancelled) => (cancelled, None),
            Err(error) => (error.cancelled().unwrap().clone(), Some(error.kind())),
        };
        let results = known.results.iter().map(|result| result.cancelled);
        (results.collect(), ended)
    }

    const REFUSED: Option<ErrorKind> = Some(ErrorKind::Refused);
    const UNKNOWN: Option<ErrorKind> = Some(ErrorKind::OutcomeUnknown);

    #[test]
    fn each_transaction_has_its_own_result() {
        let answer = r#"{"data":{"cancelBalance":{"error":true,"recipients":[
            {"unique_id":"2","success":1},"odd",{"unique_id":[]},
            {"unique_id":1,"success":"false","message":"already cancelled"}]}}}"#;
        let expected = (vec![Some(false), Some(true)], REFUSED);
        assert_eq!(cancelled(&TWO, answer), expected);
        let told = understand(&TWO, answer, false).unwrap_err().to_string();
        let expected = "1 of 2 issuances were not cancelled, the others were: already cancelled";
        assert_eq!(told, expected);
    }

    #[test]
    fn a_transaction_that_the_answer_leaves_out_is_not_taken_for_cancelled() {
        let answer = r#"{"data":{"cancelBalance":{"error":false,"recipients":[{"unique_id":1}]}}}"#;
        assert_eq!(cancelled(&TWO, answer), (vec![Some(true), None], UNKNOWN));
        let silent = answer.replace("\"error\":false", "\"message\":\"m\"");
        assert_eq!(cancelled(&TWO, &silent), (vec![None, None], UNKNOWN));
    }

    #[test]
    fn one_entry_without_an_id_means_the_one_issuance() {
        let answer = r#"{"data":{"cancelBalance":{"recipients":[{"success":true}]}}}"#;
        assert_eq!(cancelled(&TWO[..1], answer), (vec![Some(true)], None));
        assert_eq!(cancelled(&TWO, answer), (vec![None, None], UNKNOWN));
    }

    #[test]
    fn what_is_called_a_failure_is_one_though_each_is_listed_as_cancelled() {
        let listed =
            r#""recipients":[{"unique_id":1,"success":true},{"unique_id":2,"success":true}]"#;
        for answer in [
            format!(r#"{{"data":{{"cancelBalance":{{"error":true,{listed}}}}}}}"#),
            format!(r#"{{"error":"x","data":{{"cancelBalance":{{{listed}}}}}}}"#),
        ] {
            let expected = (vec![Some(true), Some(true)], UNKNOWN);
            assert_eq!(cancelled(&TWO, &answer), expected, "{answer}");
        }
    }

    #[test]
    fn what_fails_after_an_attempt_without_an_answer_is_unknown() {
        let one = |cancelled| CancelledPoints::alike(&TWO[..1], Some(cancelled), None);
        assert!(one(true).into_result(false, true).is_ok());
        let refused = one(false).into_result(true, false).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Refused);
        let unknown = one(false).into_result(true, true).unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::OutcomeUnknown);
        assert_eq!(unknown.cancelled().unwrap().results[0].cancelled, None);
    }

    #[test]
    fn a_verdict_alone_speaks_for_all() {
        let good = r#"{"data":{"cancelBalance":{"error":false,"message":"done"}}}"#;
        assert_eq!(cancelled(&TWO, good), (vec![Some(true); 2], None));
        let bad = r#"{"data":{"cancelBalance":{"error":true,"message":"not allowed"}}}"#;
        assert_eq!(cancelled(&TWO, bad), (vec![Some(false); 2], REFUSED));
        let told = understand(&TWO, bad, false).unwrap_err().to_string();
        assert_eq!(told, "nothing was cancelled: not allowed");
        for silent in [
            "{}",
            r#"{"data":{"cancelBalance":{"recipients":null}}}"#,
            r#"{"error":"invalid_token","data":{"cancelBalance":{"error":false}}}"#,
        ] {
            assert_eq!(
                cancelled(&TWO, silent),
                (vec![None; 2], UNKNOWN),
                "{silent}"
            );
        }
    }
}
