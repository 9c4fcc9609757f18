use std::time::Duration;

use serde::Deserialize;

use crate::failure::{ApplicationError, RateLimit, Rejection};
use crate::gate::Gate;
use crate::operation::Operation;
use crate::switches::millis;

/// Something that goes wrong with a request.
///
/// Each has its natural moment: before the work (the request is refused or never
/// gets through, and the sandbox's books and tokens stay as they were) or after it
/// (the work is done, and the answer is lost or spoilt). [`Trouble::before_work`]
/// and [`Trouble::after_work`] choose the other one.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trouble {
    /// Waits, then goes on as if nothing had been. After the work.
    Delay(#[serde(with = "millis")] Duration),
    /// Waits at a gate until the test lets it pass, then goes on. After the work.
    #[serde(skip)]
    Hold(Gate),
    /// Closes the connection without a byte. After the work.
    DropAnswer,
    /// Resets the connection (RST) without a byte. After the work.
    Reset,
    /// Answers with this status and no body. Before the work.
    Status(u16),
    /// Answers with this status and a gateway's page in HTML. Before the work.
    Html(u16),
    /// Answers 200 with no body. After the work.
    EmptyBody,
    /// Sends half of the answer's body, and closes the connection. After the work.
    CutBody,
    /// Answers 200 with these bytes, and says that they are JSON. After the work.
    Garbage(Vec<u8>),
    /// Sends the answer's body one byte at a time, with so long between them.
    /// After the work.
    SlowBody(#[serde(with = "millis")] Duration),
    /// Answers 200 with a body of so many bytes, of undeclared length. After the
    /// work.
    HugeBody(u64),
    /// Answers with this status and `Location`. Before the work.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: u16,
        /// Where to.
        location: String,
    },
    /// A rate limit. Before the work.
    RateLimit(RateLimit),
    /// A token rejection, though the token may be good. Before the work.
    Reject {
        /// The body.
        shape: Rejection,
        /// The status.
        status: u16,
    },
    /// A failure with a PIPE or PLE code. Before the work.
    ApplicationError(ApplicationError),
    /// Answers with exactly this. Before the work.
    Answer {
        /// The status.
        status: u16,
        /// `Content-Type`.
        content_type: String,
        /// The body.
        body: String,
    },
}

impl Trouble {
    /// A name for the record.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Hold(_) => "hold",
            Self::DropAnswer => "drop_answer",
            Self::Reset => "reset",
            Self::Status(_) => "status",
            Self::Html(_) => "html",
            Self::EmptyBody => "empty_body",
            Self::CutBody => "cut_body",
            Self::Garbage(_) => "garbage",
            Self::SlowBody(_) => "slow_body",
            Self::HugeBody(_) => "huge_body",
            Self::Redirect { .. } => "redirect",
            Self::RateLimit(_) => "rate_limit",
            Self::Reject { .. } => "reject",
            Self::ApplicationError(_) => "application_error",
            Self::Answer { .. } => "answer",
        }
    }

    fn strikes_after_work(&self) -> bool {
        match self {
            Self::Delay(_)
            | Self::Hold(_)
            | Self::DropAnswer
            | Self::Reset
            | Self::EmptyBody
            | Self::CutBody
            | Self::Garbage(_)
            | Self::SlowBody(_)
            | Self::HugeBody(_) => true,
            Self::Status(_)
            | Self::Html(_)
            | Self::Redirect { .. }
            | Self::RateLimit(_)
            | Self::Reject { .. }
            | Self::ApplicationError(_)
            | Self::Answer { .. } => false,
        }
    }

    /// Strikes before the work. Unless it only waits, the work is not done.
    pub fn before_work(self) -> Plan {
        Plan::new(vec![self], Vec::new())
    }

    /// Strikes when the work is done.
    pub fn after_work(self) -> Plan {
        Plan::new(Vec::new(), vec![self])
    }

    /// Strikes so many requests.
    pub fn times(self, count: u32) -> Plan {
        Plan::from(self).times(count)
    }

    /// Strikes until [`Sandbox::clear_trouble`](crate::Sandbox::clear_trouble).
    pub fn until_cleared(self) -> Plan {
        Plan::from(self).until_cleared()
    }

    /// Several for one request, such as a hold and then a lost answer.
    pub fn then(self, next: impl Into<Plan>) -> Plan {
        Plan::from(self).then(next)
    }
}

/// What happens to one request, and to how many. A [`Trouble`] alone is a plan
/// for one.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) before: Vec<Trouble>,
    pub(crate) after: Vec<Trouble>,
    remaining: Option<u32>,
}

impl Plan {
    fn new(before: Vec<Trouble>, after: Vec<Trouble>) -> Self {
        Self {
            before,
            after,
            remaining: Some(1),
        }
    }

    /// Strikes so many requests.
    pub fn times(self, count: u32) -> Self {
        Self {
            remaining: Some(count),
            ..self
        }
    }

    /// Strikes until [`Sandbox::clear_trouble`](crate::Sandbox::clear_trouble).
    pub fn until_cleared(self) -> Self {
        Self {
            remaining: None,
            ..self
        }
    }

    /// Adds more to the same request. How many requests are struck stays as it
    /// is.
    pub fn then(mut self, next: impl Into<Plan>) -> Self {
        let next = next.into();
        self.before.extend(next.before);
        self.after.extend(next.after);
        self
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        let all = self.before.iter().chain(&self.after);
        all.map(Trouble::name).collect()
    }
}

impl From<Trouble> for Plan {
    fn from(trouble: Trouble) -> Self {
        if trouble.strikes_after_work() {
            trouble.after_work()
        } else {
            trouble.before_work()
        }
    }
}

/// The plans that wait for requests. The oldest that fits a request strikes it,
/// and no other.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Vec<(Option<Operation>, Plan)>);

impl Troubles {
    pub(crate) fn add(&mut self, on: Option<Operation>, plan: Plan) {
        if plan.remaining != Some(0) {
            self.0.push((on, plan));
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn take(&mut self, operation: Option<Operation>) -> Option<Plan> {
        let at = self
            .0
            .iter()
            .position(|(on, _)| on.is_none() || *on == operation)?;
        let (_, plan) = &mut self.0[at];
        let taken = plan.clone();
        if let Some(remaining) = &mut plan.remaining {
            *remaining -= 1;
            if *remaining == 0 {
                self.0.remove(at);
            }
        }
        Some(taken)
    }
}
