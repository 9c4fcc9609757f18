//! What holds for whatever is read from a file, from a person, or looked
//! through for secrets. What is read of answers has its properties beside it.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use xoxoday_api::number::EpochMillis;

use crate::hide::Secrets;
use crate::properties::cases;
use crate::rotation::{Account, Document, Seed};
use crate::store::FileStore;

const SECRET: &str = "cAnaRy-r/1+=";

fn document() -> Vec<u8> {
    let account = Account::new("sandbox".into(), "client".into());
    let document = Document::seeded(account, &Seed::new(SECRET), EpochMillis::new(5));
    document.encode().to_vec()
}

/// Whether an error repeats a part of the secret.
fn is_told(error: &(dyn std::error::Error + 'static)) -> bool {
    format!("{error} {error:?}").contains("cAnaRy")
}

/// Bytes of any kind, and good ones with a byte changed or the end cut off.
fn nearly(good: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let changed = (any::<Index>(), any::<u8>(), any::<Index>(), any::<bool>());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..2048),
        changed.prop_map(move |(at, byte, end, cut)| {
            let mut bytes = good.clone();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(if cut {
                end.index(bytes.len())
            } else {
                bytes.len()
            });
            bytes
        }),
    ]
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_document_is_read_whole_or_refused_without_a_word_of_it(bytes in nearly(document())) {
        match Document::decode(&bytes) {
            Ok(document) => {
                prop_assert_eq!(Document::decode(&document.encode()), Ok(document));
            }
            Err(error) => prop_assert!(!is_told(&error)),
        }
    }

    #[test]
    fn a_token_file_is_read_whole_or_refused_without_a_word_of_it(
        bytes in nearly([b"{\"version\":3,\"document\":", &*document(), b"}"].concat()),
    ) {
        if let Err(error) = FileStore::new("tokens.json").decode(&bytes) {
            prop_assert!(!is_told(&error));
        }
    }

    #[test]
    fn a_person_s_tokens_are_read_or_refused_without_a_word_of_them(
        bytes in nearly(
            br#"{"refresh_token":"cAnaRy","access_token":"cAnaRy","expires_in":"60","access_token_expiry":9}"#
                .to_vec(),
        ),
    ) {
        if let Err(error) = Seed::from_json(&bytes, EpochMillis::new(5)) {
            prop_assert!(!is_told(&error));
        }
    }

    #[test]
    fn nothing_is_left_of_a_secret_and_all_of_the_rest(
        before in "[ -B]{0,40}",
        after in "[ -B]{0,40}",
        written in select(&["cAnaRy-r/1+=", "cAnaRy-r\\/1+\\u003d", "cAnaRy-r%2F1%2b%3D"][..]),
    ) {
        let text = format!("{before}{written}{after}");
        let clean = Secrets::new([SECRET]).taken_out_of(text.as_bytes()).unwrap();
        prop_assert_eq!(clean, format!("{before}…{after}").into_bytes());
    }

    #[test]
    fn text_without_the_secret_is_left_as_it_is(text in prop::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert_eq!(Secrets::new([SECRET]).taken_out_of(&text), None);
    }
}
