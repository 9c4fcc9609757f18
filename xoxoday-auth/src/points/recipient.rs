//! Who receives points.

use xoxoday_api::{Amount, types};

use crate::email::Email;
use crate::error::Error;

/// Who receives how many points, and with what words. Checked when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    email: Email,
    amount: Amount,
    name: Option<String>,
    citation: Option<String>,
}

impl Recipient {
    /// A recipient of an amount: a whole number, or text such as `"12.50"`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for what is
    /// no address, and for an amount that is zero, negative or no number.
    pub fn new(
        email: impl AsRef<str>,
        amount: impl TryInto<Amount, Error: std::error::Error + Send + Sync + 'static>,
    ) -> Result<Self, Error> {
        let email = email.as_ref();
        Ok(Self {
            email: email
                .parse()
                .map_err(|error| Error::input(format_args!("recipient {email:?}"), error))?,
            amount: amount
                .try_into()
                .map_err(|error| Error::input(format_args!("amount for {email}"), error))?,
            name: None,
            citation: None,
        })
    }

    /// The recipient's full name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The note that goes with the points.
    #[must_use]
    pub fn citation(mut self, citation: impl Into<String>) -> Self {
        self.citation = Some(citation.into());
        self
    }

    /// Where the points go.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// How many points.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// The recipient's full name, if it was given.
    pub fn full_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The note that goes with the points, if there is one.
    pub fn note(&self) -> Option<&str> {
        self.citation.as_deref()
    }

    pub(crate) fn to_wire(&self) -> types::Recipient {
        types::Recipient {
            amount: self.amount,
            citation: self.citation.clone(),
            to_email: self.email.to_string(),
            to_name: self.name.clone(),
        }
    }
}
