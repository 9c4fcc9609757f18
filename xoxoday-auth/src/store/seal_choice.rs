//! Whether a store is sealed, in one string, as `XOXODAY_SEALING_KEYS` has it.

use std::str::FromStr;
use std::sync::Arc;

use super::TokenStore;
#[cfg(feature = "seal")]
use super::{Envelope, Sealed, SealingKeys};
use crate::rotation::Document;

/// `NAME:KEY`, the key being 32 bytes in base64; after commas more of them, which
/// open alone, and `unsealed` where tokens in the clear are taken over.
#[cfg(feature = "seal")]
#[derive(Debug, Clone)]
pub(crate) struct Seal {
    keys: SealingKeys,
    unsealed_too: bool,
}

#[cfg(feature = "seal")]
impl Seal {
    pub(crate) fn with(keys: SealingKeys) -> Self {
        Self {
            keys,
            unsealed_too: false,
        }
    }

    /// A document for another place than the store, with the key that the store was
    /// opened or written with; `None` where there is none at hand.
    pub(crate) fn sealed(&self, document: &Document) -> Option<Document> {
        let (name, key) = self.keys.current_at_hand()?;
        Envelope::seal(document, name, &key, None).ok()
    }

    /// What lay in such a place, or why it does not open.
    pub(crate) fn opened(&self, document: Document) -> Result<Document, String> {
        let Some(envelope) = document.envelope() else {
            return Ok(document);
        };
        let key = self.keys.at_hand(&envelope.key);
        let missing = || {
            format!(
                "it is sealed with the key {:?}, which is not at hand",
                envelope.key
            )
        };
        envelope.open(&key.ok_or_else(missing)?, &document)
    }

    pub(crate) fn around(self, store: Arc<dyn TokenStore>) -> Arc<dyn TokenStore> {
        let sealed = Sealed::new(store, self.keys);
        Arc::new(match self.unsealed_too {
            true => sealed.or_unsealed(),
            false => sealed,
        })
    }
}

#[cfg(feature = "seal")]
impl FromStr for Seal {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        use zeroize::Zeroizing;

        const EXPECTED: &str = "expected NAME:KEY, the key being 32 bytes in base64 (openssl rand -base64 32); after commas others that open, or unsealed";

        let mut keys: Option<SealingKeys> = None;
        let mut unsealed_too = false;
        for part in text.split(',').map(str::trim) {
            if part == "unsealed" {
                unsealed_too = true;
                continue;
            }
            let (name, key) = part.split_once(':').ok_or(EXPECTED)?;
            let key = Zeroizing::new(STANDARD.decode(key).map_err(|_| EXPECTED)?);
            let key = <[u8; 32]>::try_from(&**key).map_err(|_| EXPECTED)?;
            if name.is_empty() {
                return Err(EXPECTED);
            }
            keys = Some(match keys {
                None => SealingKeys::new(name, key),
                Some(keys) => keys.or_opened_by(name, key),
            });
        }
        Ok(Self {
            keys: keys.ok_or(EXPECTED)?,
            unsealed_too,
        })
    }
}

/// There is none in this build.
#[cfg(not(feature = "seal"))]
#[derive(Debug, Clone)]
pub(crate) enum Seal {}

#[cfg(not(feature = "seal"))]
impl Seal {
    pub(crate) fn sealed(&self, _: &Document) -> Option<Document> {
        match *self {}
    }

    pub(crate) fn opened(&self, _: Document) -> Result<Document, String> {
        match *self {}
    }

    pub(crate) fn around(self, _: Arc<dyn TokenStore>) -> Arc<dyn TokenStore> {
        match self {}
    }
}

#[cfg(not(feature = "seal"))]
impl FromStr for Seal {
    type Err = &'static str;

    fn from_str(_: &str) -> Result<Self, Self::Err> {
        Err("this program was built without the feature seal")
    }
}

#[cfg(all(test, feature = "seal"))]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn keys_are_understood_or_explained_and_never_shown() {
        let [one, other] = [[7_u8; 32], [3; 32]].map(|key| STANDARD.encode(key));
        let seal: Seal = format!("2026:{one}, 2025:{other},unsealed")
            .parse()
            .unwrap();
        assert!(seal.unsealed_too);
        let shown = format!("{seal:?}");
        assert!(shown.contains("\"2026\""), "{shown}");
        assert!(!shown.contains(&one), "{shown}");
        for wrong in [
            "",
            "unsealed",
            &one,
            &format!(":{one}"),
            "2026:canary",
            "2026:Y2FuYXJ5",
            &format!("2026:{one},"),
            &format!("2026:{one},2025"),
        ] {
            let error = wrong.parse::<Seal>().unwrap_err();
            assert!(error.contains("NAME:KEY"), "{wrong}");
        }
    }
}
