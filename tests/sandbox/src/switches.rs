use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failure::{RateLimit, Rejection};

/// How the sandbox behaves where the sources disagree or say nothing.
///
/// All can be changed while it runs, with
/// [`Sandbox::switch`](crate::Sandbox::switch).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// What becomes of the old pair when a refresh token has been used.
    pub rotation: Rotation,
    /// How many live pairs a session may have; the oldest is dropped. It is
    /// stronger than grace: with a cap of 1 nothing of the old pair lives on.
    pub pair_cap: usize,
    /// Whether a new pair from the dashboard ends all others at once. If not,
    /// the cap alone decides.
    pub dashboard_pair_ends_others: bool,
    /// Lifetimes of a company session's tokens.
    pub company: Lifetimes,
    /// Lifetimes of a user session's tokens.
    pub user: Lifetimes,
    /// Whether token answers carry `expires_in`.
    pub expires_in: bool,
    /// Whether token answers carry `access_token_expiry` and
    /// `refresh_token_expiry`.
    pub expiry_timestamps: bool,
    /// How numbers are written in answers of success. Failures are written
    /// as documented, always.
    pub numbers: Numbers,
    /// The shape of the answer to a send.
    pub send_answer: SendAnswer,
    /// Which shape of a send's body is understood.
    pub send_body: SendBody,
    /// Whether `/chef/v1/oauth/api/sendPoints` and its sisters exist.
    pub suffix_accepted: bool,
    /// Whether a refresh that carries a bearer is refused with a 400.
    pub refuse_bearer_on_refresh: bool,
    /// How often refresh tokens may be presented.
    pub refresh_limit: Option<RefreshLimit>,
    /// In which shape a token is rejected; `None`: by the cause.
    pub rejection: Option<Rejection>,
    /// The status of a token rejection.
    pub rejection_status: u16,
    /// Whether `error` is an object in answers with a PIPE or PLE code.
    pub error_as_object: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            rotation: Rotation::Strict,
            pair_cap: 10,
            dashboard_pair_ends_others: true,
            company: Lifetimes::days(30, 60),
            user: Lifetimes::days(15, 30),
            expires_in: true,
            expiry_timestamps: true,
            numbers: Numbers::AsNumbers,
            send_answer: SendAnswer::Short,
            send_body: SendBody::Plain,
            suffix_accepted: false,
            refuse_bearer_on_refresh: false,
            refresh_limit: None,
            rejection: None,
            rejection_status: 401,
            error_as_object: false,
        }
    }
}

/// What becomes of the old pair when its refresh token has been used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// Both tokens of the old pair are invalid at once: "we create a new
    /// session for you and invalidate the older session".
    Strict,
    /// The old refresh token is invalid at once; the old access token lives to
    /// its own end.
    AccessOutlives,
    /// The old refresh token stays valid for `window`, the old access token to
    /// its own end.
    Grace {
        /// How long; the documentation says 6 hours.
        #[serde(rename = "window_ms", with = "millis")]
        window: Duration,
        /// What an old refresh token brings meanwhile.
        replay: Replay,
    },
}

impl Rotation {
    /// Grace as documented: 6 hours; a fresh pair for each replay.
    pub const SIX_HOURS: Self = Self::Grace {
        window: Duration::from_secs(6 * 3600),
        replay: Replay::FreshPair,
    };
}

/// What an old refresh token brings within its grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// One more pair, beside the first successor.
    FreshPair,
    /// The successor once more.
    SameSuccessor,
}

/// How long the tokens of a pair live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifetimes {
    /// The access token.
    #[serde(rename = "access_ms", with = "millis")]
    pub access: Duration,
    /// The refresh token.
    #[serde(rename = "refresh_ms", with = "millis")]
    pub refresh: Duration,
}

impl Lifetimes {
    /// Lifetimes in days.
    pub const fn days(access: u64, refresh: u64) -> Self {
        Self {
            access: Duration::from_secs(access * 86_400),
            refresh: Duration::from_secs(refresh * 86_400),
        }
    }
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numbers {
    /// `1500`
    AsNumbers,
    /// `"1500"`
    AsStrings,
}

/// The three answers to a send that the sources give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendAnswer {
    /// `data.{unique_id,email,points,…}`, as the document has it. There is room
    /// for one recipient: of many, the last one is told. There is no room for a
    /// failure: it is a 400, and nothing was sent to anyone.
    Short,
    /// `data.sendBalance.{error,message}`: no `unique_id`, so nothing to cancel
    /// by. A failure is a 200 with `error: true`, and nothing was sent.
    Message,
    /// `data.sendBalance.{error,message,recipients[]}`. Recipients fail one by
    /// one; the others are sent.
    WithRecipients,
}

/// Where a send's body has its sender and recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendBody {
    /// `variables.{sender_email,expiry_month,recipients}`
    Plain,
    /// `variables.recipients_data.{sender_email,expiry_month,recipients}`
    Wrapped,
    /// Either.
    Either,
}

/// How often refresh tokens may be presented, by the sandbox's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshLimit {
    /// This many presentations…
    pub presentations: usize,
    /// …in so much time, whatever came of them.
    #[serde(rename = "window_ms", with = "millis")]
    pub window: Duration,
    /// What the one too many is answered.
    pub answer: RateLimit,
    /// Whether the one too many also ends the pair that it presents:
    /// "unusual number of requests on Refresh Token API".
    pub costs_the_token: bool,
}

pub(crate) mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(crate::clock::whole_ms(*duration))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
