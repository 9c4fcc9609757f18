//! By what rows are told apart, and whole inputs.

use hmac_sha256::Hash;
use xoxoday_api::Amount;

use crate::points::Recipient;

/// The digest of an input: of its rows in their order.
pub(super) struct InputDigest(Hash);

impl InputDigest {
    pub(super) fn new() -> Self {
        Self(Hash::new())
    }

    pub(super) fn add(&mut self, recipient: &Recipient) {
        let hasher = &mut self.0;
        fields(hasher, recipient.email().as_str(), recipient);
        field(hasher, recipient.full_name());
    }

    /// In hexadecimal digits.
    pub(super) fn finish(self) -> String {
        let digest = self.0.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Finds rows that say the same: recipient, amount and citation, whatever the
/// case of the address, as answers are told apart.
///
/// Twenty bytes a row, in memory: 20 MB for a million rows. The ledger could
/// hold them, but is not there yet when a dry run asks.
#[derive(Default)]
pub(super) struct Duplicates(Vec<([u8; 16], u32)>);

impl Duplicates {
    pub(super) fn add(&mut self, number: u32, recipient: &Recipient) {
        let mut hasher = Hash::new();
        let email = recipient.email().as_str().to_ascii_lowercase();
        fields(&mut hasher, &email, recipient);
        let digest = hasher.finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        self.0.push((key, number));
    }

    /// Rows that repeat an earlier one, with that one, in the order of the rows.
    pub(super) fn find(mut self) -> Vec<(u32, u32)> {
        self.0.sort_unstable();
        let mut found = Vec::new();
        let mut first = None;
        for (key, number) in self.0 {
            match first {
                Some((known, earlier)) if known == key => found.push((number, earlier)),
                _ => first = Some((key, number)),
            }
        }
        found.sort_unstable();
        found
    }
}

fn fields(hasher: &mut Hash, email: &str, recipient: &Recipient) {
    // What is no address does not come here; its one `@` that counts is the last.
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    field(hasher, Some(local));
    field(hasher, Some(&domain.to_ascii_lowercase()));
    field(hasher, Some(&plain(recipient.amount())));
    field(hasher, recipient.note());
}

/// 12.50 is 12.5.
fn plain(amount: Amount) -> String {
    amount.get().normalize().to_string()
}

/// With its length, so that no two rows run together alike.
fn field(hasher: &mut Hash, text: Option<&str>) {
    match text {
        Some(text) => {
            hasher.update((text.len() as u64 + 1).to_le_bytes());
            hasher.update(text);
        }
        None => hasher.update(0_u64.to_le_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(email: &str, amount: &str, note: Option<&str>) -> Recipient {
        let row = Recipient::new(email, amount).unwrap();
        match note {
            Some(note) => row.citation(note),
            None => row,
        }
    }

    fn repeated(rows: &[Recipient]) -> Vec<(u32, u32)> {
        let mut duplicates = Duplicates::default();
        for (number, row) in (1..).zip(rows) {
            duplicates.add(number, row);
        }
        duplicates.find()
    }

    #[test]
    fn a_row_that_says_what_an_earlier_one_says_is_found() {
        let rows = [
            row("a@x.com", "10", Some("thanks")),
            row("b@x.com", "1", None),
            row("A@X.COM", "10.0", Some("thanks")).name("Anna"),
            row("b@x.com", "1", None),
            row("b@x.com", "1.000", None),
        ];
        assert_eq!(repeated(&rows), [(3, 1), (4, 2), (5, 2)]);
    }

    #[test]
    fn rows_that_differ_are_no_duplicates() {
        let rows = [
            row("a@x.com", "10", None),
            row("a@x.com", "11", None),
            row("a@x.com", "10", Some("")),
            row("a@x.com", "10", Some("thanks")),
        ];
        assert_eq!(repeated(&rows), []);
    }

    #[test]
    fn an_input_is_its_rows_in_their_order_with_their_names() {
        let digest = |rows: &[Recipient]| {
            let mut digest = InputDigest::new();
            rows.iter().for_each(|row| digest.add(row));
            digest.finish()
        };
        let [a, b] = ["a@x.com", "b@x.com"].map(|email| row(email, "10", None));
        let known = digest(&[a.clone(), b.clone()]);
        assert_eq!(known.len(), 64);
        assert_eq!(known, digest(&[a.clone(), b.clone()]));
        assert_ne!(known, digest(&[b.clone(), a.clone()]));
        assert_ne!(known, digest(&[a.clone(), b.clone().name("Bo")]));
        assert_ne!(known, digest(&[a]));
    }
}
