//! What Xoxoday's own error codes mean and what to do about them.
//!
//! Xoxoday's public documentation (help-plum.xoxoday.com, "Error codes") gives
//! the codes and a meaning. It gives no remedies: the actions follow from the
//! meanings. Its families are larger than what it lists, and a code that is
//! not listed gets no guess.

/// What is documented of an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// What the code means.
    pub meaning: &'static str,
    /// What to do about it.
    pub action: &'static str,
}

/// What is documented of a code such as `PIPE10017`.
pub(crate) fn advice(code: &str) -> Option<Advice> {
    let (meaning, action) = match code {
        "PIPE10015" => (
            "the user is disabled",
            "ask Xoxoday, or an admin of the company, to enable the user; a new token cannot help",
        ),
        "PIPE10016" => (
            "the company is disabled",
            "ask Xoxoday to enable the company; a new token cannot help",
        ),
        "PIPE10017" => (
            "the IP address is not registered",
            "have Xoxoday register the address that this machine's requests come from; \
             a new token cannot help",
        ),
        "PLE10019" => (
            "the user is not allowed to do this",
            "give the user the right, or log in as a Super Admin; a new token of the same user \
             cannot help",
        ),
        "PLE10030" => (
            "the application refused the request",
            "read the message, mend what it names and send the request again",
        ),
        _ => return None,
    };
    Some(Advice { meaning, action })
}

/// Whether a code means that the request was turned away before anything was
/// done. `PLE10030` does not: the application gives it, at its work.
pub(crate) fn turns_away(code: &str) -> bool {
    matches!(code, "PIPE10015" | "PIPE10016" | "PIPE10017" | "PLE10019")
}

/// Whether a text is written as Xoxoday writes its codes, known or not.
pub(crate) fn is_code(text: &str) -> bool {
    ["PIPE", "PLE"].into_iter().any(|family| {
        text.strip_prefix(family)
            .is_some_and(|number| (1..=10).contains(&number.len()) && is_digits(number))
    })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_code_has_a_meaning_and_an_action() {
        for (code, meaning) in [
            ("PIPE10015", "user is disabled"),
            ("PIPE10016", "company is disabled"),
            ("PIPE10017", "IP address is not registered"),
            ("PLE10019", "not allowed"),
            ("PLE10030", "refused"),
        ] {
            let advice = advice(code).unwrap();
            assert!(advice.meaning.contains(meaning), "{code}");
            assert!(!advice.action.is_empty(), "{code}");
            for sentence in [advice.meaning, advice.action] {
                assert!(!sentence.contains('\n'), "{code}: one line");
            }
        }
    }

    #[test]
    fn an_undocumented_code_gets_no_guess() {
        for code in [
            "PIPE10014",
            "PLE10020",
            "PIPE10017 ",
            "pipe10017",
            "PIPE",
            "",
        ] {
            assert_eq!(advice(code), None, "{code:?}");
        }
    }

    #[test]
    fn a_code_is_known_by_its_family_and_number() {
        for code in ["PIPE10015", "PLE10030", "PLE1", "PIPE99999"] {
            assert!(is_code(code), "{code}");
        }
        for other in [
            "PIPE",
            "PLE-1",
            "XPIPE1",
            "PIPE10015x",
            "PIPE12345678901",
            "",
        ] {
            assert!(!is_code(other), "{other:?}");
        }
    }

    #[test]
    fn the_application_s_own_code_does_not_say_that_nothing_was_done() {
        for code in ["PIPE10015", "PIPE10016", "PIPE10017", "PLE10019"] {
            assert!(turns_away(code), "{code}");
        }
        for other in ["PLE10030", "PIPE10014", "pipe10017", ""] {
            assert!(!turns_away(other), "{other:?}");
        }
    }
}
