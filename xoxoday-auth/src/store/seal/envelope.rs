//! What lies in the store instead of a document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};
use xoxoday_api::number::EpochMillis;
use zeroize::Zeroizing;

use super::SealingKey;
use crate::rotation::{Account, Document};
use crate::store::event::Event;
use crate::store::{StoreError, StoreErrorKind};

/// A sealed document, and what may be known of it without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Envelope {
    /// The name of the key.
    pub(crate) key: String,
    /// Tells another key of that name from one that fits: no secret.
    fingerprint: String,
    /// Whose tokens were sealed.
    account: Account,
    /// What had happened when it was sealed.
    pub(crate) event: Event,
    /// The nonce and what it was used for, in base64.
    sealed: String,
}

/// An XChaCha20 nonce is long enough to be left to chance.
const NONCE: usize = 24;

impl Envelope {
    /// A document that holds nothing but its envelope.
    pub(crate) fn seal(
        document: &Document,
        name: &str,
        key: &SealingKey,
        now: Option<EpochMillis>,
    ) -> Result<Document, StoreError> {
        let failed = || {
            let what = "the tokens could not be sealed: this system gives no random numbers";
            StoreError::new(StoreErrorKind::Unavailable, what)
        };
        let mut envelope = Self {
            key: name.to_owned(),
            fingerprint: fingerprint(key),
            account: document.account().clone(),
            event: Event::of(document, now),
            sealed: String::new(),
        };
        let nonce = XNonce::try_generate().map_err(|_| failed())?;
        let clear = document.encode();
        let payload = Payload {
            msg: &clear,
            aad: &envelope.bound_to(),
        };
        let sealed = cipher(key).encrypt(&nonce, payload).map_err(|_| failed())?;
        envelope.sealed = STANDARD.encode([nonce.as_slice(), &sealed].concat());
        Ok(document.in_envelope(envelope))
    }

    /// The document, or why it does not open. `outer` is where it lies.
    pub(crate) fn open(&self, key: &SealingKey, outer: &Document) -> Result<Document, String> {
        if !self.account.is(outer.account()) {
            return Err(format!(
                "they were sealed for {}, and lie in the place of {}",
                self.account,
                outer.account()
            ));
        }
        if self.fingerprint != fingerprint(key) {
            return Err(format!(
                "the key {:?} is not the one with which they were sealed",
                self.key
            ));
        }
        let changed =
            || "they were changed since they were sealed; restore them from a copy".to_owned();
        let sealed = STANDARD.decode(&self.sealed).map_err(|_| changed())?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(changed)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| changed())?;
        let payload = Payload {
            msg: sealed,
            aad: &self.bound_to(),
        };
        let clear = cipher(key)
            .decrypt(&nonce, payload)
            .map_err(|_| changed())?;
        let clear = Zeroizing::new(clear);
        let document = Document::decode(&clear).map_err(|error| error.to_string())?;
        match document.account().is(&self.account) && document.generation() == outer.generation() {
            true => Ok(document),
            false => Err(changed()),
        }
    }

    /// What cannot be changed without the key, though it can be read.
    fn bound_to(&self) -> Vec<u8> {
        let Account {
            environment,
            client_id,
            ..
        } = &self.account;
        let bound = (&self.key, environment, client_id, &self.event);
        // Plain data: there is no way to fail.
        serde_json::to_vec(&bound).unwrap_or_default()
    }
}

fn cipher(key: &SealingKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

/// Of a key with 256 random bits nothing can be told from this.
fn fingerprint(key: &SealingKey) -> String {
    let mut digest = Hash::new();
    digest.update(b"xoxoday sealing key ");
    digest.update(key.bytes());
    let digest = digest.finalize();
    STANDARD.encode(&digest[..12])
}
