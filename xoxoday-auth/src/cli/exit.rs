//! How the command ends.

use std::process::ExitCode;

use crate::error::{Error, ErrorKind};

/// An exit code. The numbers are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    Fine = 0,
    Failed = 1,
    Usage = 2,
    LoginRequired = 3,
    /// Due, to be tried later, or not as it should be.
    Degraded = 4,
    OutcomeUnknown = 5,
}

impl Exit {
    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidInput if !error.is_of_store() => Self::Usage,
            ErrorKind::LoginRequired => Self::LoginRequired,
            ErrorKind::Unavailable if error.wait().is_some() => Self::Degraded,
            ErrorKind::OutcomeUnknown => Self::OutcomeUnknown,
            ErrorKind::InvalidInput
            | ErrorKind::Unavailable
            | ErrorKind::Refused
            | ErrorKind::Unexpected => Self::Failed,
        }
    }

    pub(super) fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
