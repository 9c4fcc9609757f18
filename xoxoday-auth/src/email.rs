//! E-mail addresses, checked before anything is sent.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use email_address::{EmailAddress, Options};

/// The address of a user, a recipient or a Super Admin.
///
/// Two are equal whose domains differ in case alone; the part before the `@` is
/// compared as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(EmailAddress);

impl Email {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn into_string(self) -> String {
        self.0.into()
    }
}

/// What is equal has the same hash: the address's own goes by the case of the
/// domain.
impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.local_part().hash(state);
        self.0.domain().to_ascii_lowercase().hash(state);
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let plain = Options::default()
            .without_display_text()
            .without_domain_literal();
        EmailAddress::parse_with_options(text.trim(), plain)
            .map(Self)
            .map_err(InvalidEmail)
    }
}

impl AsRef<str> for Email {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no e-mail address.
#[derive(Debug, Clone, PartialEq)]
pub struct InvalidEmail(email_address::Error);

impl fmt::Display for InvalidEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an e-mail address: {}", self.0)
    }
}

impl std::error::Error for InvalidEmail {}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, RandomState};

    use super::*;

    #[test]
    fn an_address_that_is_no_address_is_refused() {
        for text in [
            "",
            "john",
            "john@",
            "@company.com",
            "a b@c.d",
            "John <john@company.com>",
            "a@b@c",
        ] {
            assert!(text.parse::<Email>().is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_that_are_equal_hash_alike() {
        let [plain, loud, other] = ["j@company.com", "j@COMPANY.com", "J@company.com"]
            .map(|text| text.parse::<Email>().unwrap());
        assert_eq!((plain == loud, plain == other), (true, false));
        let hasher = RandomState::new();
        assert_eq!(hasher.hash_one(&plain), hasher.hash_one(&loud));
    }

    #[test]
    fn an_address_is_kept_as_written_without_the_space_around_it() {
        let email: Email = " J.Smith+x@Company.com ".parse().unwrap();
        assert_eq!(email.as_str(), "J.Smith+x@Company.com");
    }
}
