//! What is ordered: from whom, out of which account, and to whom.

use std::fmt::Display;

use super::digest::{Duplicates, InputDigest};
use super::input::InvalidRow;
use super::totals::Count;
use crate::client::Xoxoday;
use crate::email::Email;
use crate::error::{Error, ErrorKind};
use crate::points::Recipient;
use crate::rotation::Account;

/// Who sends, out of which account, and when the points expire.
#[derive(Debug, Clone)]
pub struct Order {
    pub(super) account: Account,
    pub(super) sender: Email,
    pub(super) expiry_months: Option<u32>,
    duplicates_allowed: bool,
}

impl Order {
    /// Points out of the wallet of this account, sent by a Super Admin of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a sender that is no address.
    pub fn new(xoxoday: &Xoxoday, sender: impl AsRef<str>) -> Result<Self, Error> {
        Self::of(xoxoday.account(), sender.as_ref())
    }

    pub(crate) fn of(account: Account, sender: &str) -> Result<Self, Error> {
        let sender = sender.parse();
        Ok(Self {
            account,
            sender: sender.map_err(|error| Error::input("sender", error))?,
            expiry_months: None,
            duplicates_allowed: false,
        })
    }

    /// Lets the points expire after so many months.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for 0.
    pub fn expiry_months(mut self, months: u32) -> Result<Self, Error> {
        if months == 0 {
            let message = "points that expire after 0 months: give at least 1, or leave it out";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        self.expiry_months = Some(months);
        Ok(self)
    }

    /// Sends rows that say the same (recipient, amount and citation) as often as
    /// they are there. Otherwise they are an error: mostly somebody has pasted a
    /// part twice.
    #[must_use]
    pub fn allow_duplicates(mut self) -> Self {
        self.duplicates_allowed = true;
        self
    }

    /// Reads all rows and counts them: a dry run. Nothing is sent or written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] with all that is wrong with the rows (the
    /// first of it, where that is much), and where there are none.
    pub fn check(
        &self,
        rows: impl IntoIterator<Item = Result<Recipient, InvalidRow>>,
    ) -> Result<Count, Error> {
        self.survey(rows, |_, _| Ok(()))
            .map(|surveyed| surveyed.count)
    }

    /// Reads all rows and hands each on with its number.
    pub(super) fn survey(
        &self,
        rows: impl IntoIterator<Item = Result<Recipient, InvalidRow>>,
        mut each: impl FnMut(u64, &Recipient) -> Result<(), Error>,
    ) -> Result<Surveyed, Error> {
        let mut wrong = Wrong::default();
        let mut digest = InputDigest::new();
        let mut duplicates = Duplicates::default();
        let mut count = Count::default();
        for (number, row) in (1_u32..=u32::MAX).zip(rows) {
            let recipient = match row {
                Ok(recipient) => recipient,
                Err(row) => {
                    wrong.add(row);
                    continue;
                }
            };
            count.add(recipient.amount())?;
            digest.add(&recipient);
            if !self.duplicates_allowed {
                duplicates.add(number, &recipient);
            }
            // Who looks for what is wrong needs nothing else.
            if wrong.count == 0 {
                each(number.into(), &recipient)?;
            }
        }
        for (number, earlier) in duplicates.find() {
            wrong.add(format_args!(
                "row {number} repeats row {earlier}: remove it, or allow duplicates"
            ));
        }
        if wrong.count > 0 {
            return Err(wrong.into_error());
        }
        if count.rows == 0 {
            return Err(Error::new(ErrorKind::InvalidInput, "there are no rows"));
        }
        let digest = digest.finish();
        Ok(Surveyed { count, digest })
    }
}

/// What an input holds.
pub(super) struct Surveyed {
    pub(super) count: Count,
    pub(super) digest: String,
}

/// All that is wrong; the first of it in words.
#[derive(Default)]
struct Wrong {
    told: Vec<String>,
    count: u64,
}

impl Wrong {
    /// As many as a person mends before trying again.
    const TOLD: usize = 20;

    fn add(&mut self, what: impl Display) {
        self.count += 1;
        if self.told.len() < Self::TOLD {
            self.told.push(what.to_string());
        }
    }

    fn into_error(self) -> Error {
        let mut message = self.told.join("; ");
        let untold = self.count - self.told.len() as u64;
        if untold > 0 {
            message += &format!("; and {untold} more");
        }
        Error::new(ErrorKind::InvalidInput, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        let account = Account::new("sandbox".into(), "client".into());
        Order::of(account, "boss@x.com").unwrap()
    }

    fn to(email: &str) -> Result<Recipient, InvalidRow> {
        Ok(Recipient::new(email, "1.5").unwrap())
    }

    fn told(rows: Vec<Result<Recipient, InvalidRow>>) -> String {
        order().check(rows).unwrap_err().to_string()
    }

    #[test]
    fn rows_are_counted_and_their_points_summed() {
        let count = order().check([to("a@x.com"), to("b@x.com")]).unwrap();
        assert_eq!((count.rows, count.points.to_string()), (2, "3.0".into()));
        assert_eq!(told(Vec::new()), "there are no rows");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_and_not_endlessly() {
        let wrong = |line| Err(InvalidRow::new(Some(line), "wrong"));
        let two = told(vec![wrong(2), to("a@x.com"), wrong(4), to("a@X.com")]);
        let expected =
            "line 2: wrong; line 4: wrong; row 4 repeats row 2: remove it, or allow duplicates";
        assert_eq!(two, expected);
        let many = told((1..=50).map(wrong).collect());
        assert!(many.ends_with("line 20: wrong; and 30 more"), "{many}");
    }

    #[test]
    fn a_row_twice_is_sent_twice_only_where_that_is_allowed() {
        let rows = || [to("a@x.com"), to("a@x.com")];
        order().check(rows()).unwrap_err();
        let count = order().allow_duplicates().check(rows()).unwrap();
        assert_eq!(count.rows, 2);
    }

    #[test]
    fn sums_that_cannot_be_held_are_refused() {
        let most = "79228162514264337593543950335";
        let row = || Ok(Recipient::new("a@x.com", most).unwrap());
        let error = order().check([row(), to("b@x.com")]).unwrap_err();
        assert!(error.to_string().contains("digits"), "{error}");
    }
}
