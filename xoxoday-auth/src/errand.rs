//! What is asked of the server, and on whose behalf.

use std::sync::Arc;

use xoxoday_api::Operation;

use crate::retry::is_repeatable;
use crate::users::Session;

/// An operation, and who asks for it.
#[derive(Clone, Copy)]
pub(crate) struct Errand<'a> {
    pub(crate) operation: Operation,
    /// Of the user on whose behalf it is; without one the account speaks for
    /// itself.
    pub(crate) session: Option<&'a Arc<Session>>,
    /// Whether doing it twice does no harm.
    pub(crate) is_repeatable: bool,
    /// The `X-Request-Id`, where it was written down before.
    pub(crate) request_id: Option<&'a str>,
}

impl<'a> Errand<'a> {
    pub(crate) fn of(operation: Operation) -> Self {
        Self {
            operation,
            session: None,
            is_repeatable: is_repeatable(operation),
            request_id: None,
        }
    }

    pub(crate) fn on_behalf_of(mut self, session: Option<&'a Arc<Session>>) -> Self {
        self.session = session;
        self
    }

    pub(crate) fn known_as(mut self, request_id: Option<&'a str>) -> Self {
        self.request_id = request_id;
        self
    }

    /// Here at least it does no harm.
    pub(crate) fn repeatable(mut self) -> Self {
        self.is_repeatable = true;
        self
    }
}
