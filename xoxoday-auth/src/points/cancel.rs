//! Cancelling issuances.

use xoxoday_api::Operation;
use xoxoday_api::number::TransactionId;
use xoxoday_api::types::{self, CancelPointsQuery, StoreTag};

use super::{PointsClient, check_length};
use crate::call::Reply;
use crate::error::{Error, ErrorKind};

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
    /// Whether it was cancelled; `None` where the answer does not mention it.
    pub cancelled: Option<bool>,
    /// The server's words, where it gave any.
    pub message: Option<String>,
}

impl CancelledPoints {
    /// A cancellation of which a part failed is a failure, with the parts kept.
    /// If an earlier attempt had no answer, what fails now may have been
    /// cancelled by that one: "already cancelled" is no refusal then.
    fn into_result(mut self, done_before: bool) -> Result<Self, Error> {
        let all = self.results.len();
        let count = |results: &[CancelResult], wanted| {
            let states = results.iter().map(|result| result.cancelled);
            states.filter(|state| *state == wanted).count()
        };
        if done_before {
            let refused = |result: &&mut CancelResult| result.cancelled == Some(false);
            for result in self.results.iter_mut().filter(refused) {
                result.cancelled = None;
            }
        }
        let unknown = count(&self.results, None);
        let refused = count(&self.results, Some(false));
        let (kind, message) = match (unknown, refused) {
            (0, 0) => return Ok(self),
            (0, refused) => (
                ErrorKind::Refused,
                format!("{refused} of {all} issuances were not cancelled"),
            ),
            (unknown, _) => (
                ErrorKind::OutcomeUnknown,
                format!(
                    "of {unknown} of {all} issuances it is not known whether they were cancelled"
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
    let reply: Reply<types::CancelPointsResponse> =
        points.call(Operation::CancelPoints, &request).await?;
    let before = reply.may_have_been_done_before;
    reply.read(Operation::CancelPoints, |answer| {
        understand(&ids, answer)?.into_result(before)
    })
}

fn understand(
    ids: &[TransactionId],
    answer: types::CancelPointsResponse,
) -> Result<CancelledPoints, Error> {
    let Some(verdict) = answer.data.and_then(|data| data.cancel_balance) else {
        return Err(super::said_nothing());
    };
    let entries = verdict.recipients.unwrap_or_default();
    if entries.is_empty() {
        match verdict.error {
            Some(false) => {}
            Some(true) => return Err(super::refused(verdict.message)),
            None => return Err(super::said_nothing()),
        }
    }
    let results = ids
        .iter()
        .map(|&transaction| {
            let entry = entries
                .iter()
                .find(|entry| entry.unique_id == Some(transaction));
            CancelResult {
                transaction,
                cancelled: match entry {
                    Some(entry) => entry.success,
                    // Without a list, `error: false` speaks for all.
                    None => entries.is_empty().then_some(true),
                },
                message: entry.and_then(|entry| entry.message.clone()),
            }
        })
        .collect();
    Ok(CancelledPoints {
        results,
        message: verdict.message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cancelled(answer: &str) -> Result<Vec<Option<bool>>, Error> {
        let ids = [1, 2].map(TransactionId::new);
        let answer = serde_json::from_str(answer).unwrap();
        let cancelled = understand(&ids, answer)?;
        Ok(cancelled
            .results
            .iter()
            .map(|result| result.cancelled)
            .collect())
    }

    #[test]
    fn each_transaction_has_its_own_result() {
        let answer = r#"{"data":{"cancelBalance":{"error":true,"recipients":[
            {"unique_id":"2","success":true},
            {"unique_id":1,"success":false,"message":"already cancelled"}]}}}"#;
        assert_eq!(cancelled(answer).unwrap(), [Some(false), Some(true)]);
    }

    #[test]
    fn a_transaction_that_the_answer_leaves_out_is_not_taken_for_cancelled() {
        let answer = r#"{"data":{"cancelBalance":{"error":false,"recipients":[{"unique_id":1,"success":true}]}}}"#;
        assert_eq!(cancelled(answer).unwrap(), [Some(true), None]);
    }

    #[test]
    fn what_fails_after_an_attempt_without_an_answer_is_unknown() {
        let results = |cancelled| CancelledPoints {
            results: vec![CancelResult {
                transaction: TransactionId::new(1),
                cancelled,
                message: None,
            }],
            message: None,
        };
        assert!(results(Some(true)).into_result(true).is_ok());
        let refused = results(Some(false)).into_result(false).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Refused);
        let unknown = results(Some(false)).into_result(true).unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::OutcomeUnknown);
        assert_eq!(unknown.cancelled().unwrap().results[0].cancelled, None);
    }

    #[test]
    fn a_verdict_alone_speaks_for_all() {
        let good = r#"{"data":{"cancelBalance":{"error":false,"message":"done"}}}"#;
        assert_eq!(cancelled(good).unwrap(), [Some(true), Some(true)]);
        let bad = r#"{"data":{"cancelBalance":{"error":true,"message":"not allowed"}}}"#;
        assert_eq!(cancelled(bad).unwrap_err().kind(), ErrorKind::Refused);
        for silent in ["{}", r#"{"data":{"cancelBalance":{"recipients":null}}}"#] {
            let error = cancelled(silent).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
        }
    }
}
