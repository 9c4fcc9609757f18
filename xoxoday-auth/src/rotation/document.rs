//! The token document: all that is known of one account's tokens, stored whole.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::{AccessToken, RefreshToken};
use zeroize::Zeroizing;

use super::seed::Seed;
use super::staged::Staged;
#[cfg(feature = "seal")]
use crate::store::Envelope;
use crate::store::{StoreError, StoreErrorKind};

/// What this version writes.
const SCHEMA: u32 = 1;
/// The same, sealed: who cannot open it must not take it for the other.
#[cfg(feature = "seal")]
const SEALED: u32 = 2;
/// The newest document that this version can read.
const NEWEST: u32 = if cfg!(feature = "seal") { 2 } else { SCHEMA };

/// One account's tokens, as a [store](crate::store) keeps them.
///
/// A store treats it as bytes: [`encode`](Self::encode) and
/// [`decode`](Self::decode). Members that a later version wrote and this one
/// does not know are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Document(pub(crate) Box<Tokens>);

/// What a document holds. Not public, so that nobody serializes it but
/// [`Document::encode`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tokens {
    schema: u32,
    pub(crate) account: Account,
    pub(crate) generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) access: Option<AccessToken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) access_expires_at: Option<EpochMillis>,
    pub(crate) refresh: RefreshToken,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_expires_at: Option<EpochMillis>,
    pub(crate) obtained_at: EpochMillis,
    /// Which exchange brought these tokens; none if a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<Origin>,
    /// When a refresh token was last presented, by any process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attempted_at: Option<EpochMillis>,
    /// SHA-256 of each refresh token that a person has brought in, the newest
    /// last: one that is offered again is stale.
    pub(crate) seeds: Vec<String>,
    /// Written before the refresh token is presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<Intent>,
    /// The answer to that, saved before it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) staged: Option<Staged>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) brake: Option<Brake>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) latch: Option<Latch>,
    /// All the rest, sealed.
    #[cfg(feature = "seal")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<Envelope>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl Tokens {
    #[cfg(feature = "seal")]
    fn is_sealed(&self) -> bool {
        self.sealed.is_some()
    }

    #[cfg(not(feature = "seal"))]
    fn is_sealed(&self) -> bool {
        false
    }
}

/// Whose tokens these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// The environment, as it is displayed.
    pub environment: String,
    /// The client id, which is no secret.
    pub client_id: String,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl Account {
    pub(crate) fn new(environment: String, client_id: String) -> Self {
        Self {
            environment,
            client_id,
            unknown: Map::new(),
        }
    }

    /// Whether both name the same account.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.environment == other.environment && self.client_id == other.client_id
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {} in {}", self.client_id, self.environment)
    }
}

/// Somebody presents the refresh token, or did and has not told the end of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    /// Names the attempt; the request carries it as `X-Request-Id`.
    pub(crate) attempt: String,
    pub(crate) started_at: EpochMillis,
    /// Nobody else presents the token before this moment.
    pub(crate) lease_until: EpochMillis,
    /// How often this token was presented, this time included, without an
    /// answer that settles whether it is spent.
    pub(crate) presentations: u32,
    /// How many tokens in a row, with this one, were bought because their
    /// predecessor was rejected: see [`strikes`](super::strikes).
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) rejections: u32,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl Intent {
    pub(crate) fn new(
        attempt: String,
        started_at: EpochMillis,
        lease_until: EpochMillis,
        presentations: u32,
    ) -> Self {
        let unknown = Map::new();
        Self {
            attempt,
            started_at,
            lease_until,
            presentations,
            rejections: 0,
            unknown,
        }
    }
}

/// The presentation that brought tokens. Where two answers to one refresh token
/// arrive after all, the later presentation brought the newer tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The generation whose refresh token was presented.
    pub(crate) base: u64,
    /// Its how manyeth presentation it was.
    pub(crate) presentation: u32,
    /// The intent's.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) rejections: u32,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl Origin {
    pub(crate) fn new(base: u64, presentation: u32) -> Self {
        let unknown = Map::new();
        Self {
            base,
            presentation,
            rejections: 0,
            unknown,
        }
    }
}

/// How counts that are mostly zero stay out of the document.
fn is_none(count: &u32) -> bool {
    *count == 0
}

/// No exchange before this moment, by any process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Brake {
    pub(crate) until: EpochMillis,
    pub(crate) why: String,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl Brake {
    pub(crate) fn new(until: EpochMillis, why: String) -> Self {
        let unknown = Map::new();
        Self {
            until,
            why,
            unknown,
        }
    }
}

/// No exchange until a person has brought new tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Latch {
    pub(crate) since: EpochMillis,
    pub(crate) why: String,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl Latch {
    pub(crate) fn new(since: EpochMillis, why: String) -> Self {
        let unknown = Map::new();
        Self {
            since,
            why,
            unknown,
        }
    }
}

impl Document {
    /// The document that a person's first tokens begin.
    pub(crate) fn seeded(account: Account, seed: &Seed, now: EpochMillis) -> Self {
        Self(Box::new(Tokens {
            schema: SCHEMA,
            account,
            generation: 1,
            access: seed.access.clone(),
            access_expires_at: seed.access_expires_at,
            refresh: seed.refresh.clone(),
            refresh_expires_at: seed.refresh_expires_at,
            obtained_at: now,
            origin: None,
            attempted_at: None,
            seeds: vec![seed.digest()],
            intent: None,
            staged: None,
            brake: None,
            latch: None,
            #[cfg(feature = "seal")]
            sealed: None,
            unknown: Map::new(),
        }))
    }

    /// A document that holds nothing but this one's envelope.
    #[cfg(feature = "seal")]
    pub(crate) fn in_envelope(&self, envelope: Envelope) -> Self {
        // As much of tokens as every document must have.
        let nothing = Seed::new("sealed");
        let mut outer = Self::seeded(self.0.account.clone(), &nothing, self.0.obtained_at);
        outer.0.schema = SEALED;
        outer.0.generation = self.0.generation;
        outer.0.seeds.clear();
        outer.0.sealed = Some(envelope);
        outer
    }

    /// What this document is sealed in, if it is.
    #[cfg(feature = "seal")]
    pub(crate) fn envelope(&self) -> Option<&Envelope> {
        self.0.sealed.as_ref()
    }

    /// Whether its tokens are none, because they are sealed.
    pub(crate) fn is_sealed(&self) -> bool {
        self.0.is_sealed()
    }

    /// The document after a person has brought new tokens in.
    pub(crate) fn reseeded(&self, seed: &Seed, now: EpochMillis) -> Self {
        let mut next = Self::seeded(self.0.account.clone(), seed, now);
        next.0.generation = self.next_generation();
        next.0.seeds.splice(0..0, self.0.seeds.iter().cloned());
        next.0.unknown = self.0.unknown.clone();
        next
    }

    /// The document after an exchange.
    pub(crate) fn succeeded_by(&self, grant: &Grant) -> Self {
        Self(Box::new(Tokens {
            generation: self.next_generation(),
            access: grant.access.clone(),
            access_expires_at: grant.access_expires_at,
            refresh: grant.refresh.clone(),
            refresh_expires_at: grant.refresh_expires_at,
            obtained_at: grant.obtained_at,
            origin: Some(Origin {
                rejections: self.0.intent.as_ref().map_or(0, |it| it.rejections),
                ..Origin::new(self.0.generation, self.presentations())
            }),
            intent: None,
            brake: None,
            latch: None,
            ..(*self.0).clone()
        }))
    }

    /// How often the refresh token was presented without a settling answer.
    pub(crate) fn presentations(&self) -> u32 {
        self.0.intent.as_ref().map_or(0, |it| it.presentations)
    }

    /// The name of the open attempt.
    pub(crate) fn attempt(&self) -> Option<&str> {
        self.0.intent.as_ref().map(|it| it.attempt.as_str())
    }

    /// Whether these tokens can be rotated: they were not rejected, and the
    /// refresh token has not ended.
    pub(crate) fn works(&self, now: EpochMillis) -> bool {
        self.0.latch.is_none() && self.0.refresh_expires_at.is_none_or(|end| now < end)
    }

    /// Whether a seed was brought in before: it is spent, or will be.
    pub(crate) fn knows(&self, seed: &Seed) -> bool {
        self.0.seeds.contains(&seed.digest())
    }

    /// A document's generation is checked when it is read: there is a next one.
    fn next_generation(&self) -> u64 {
        self.0.generation.saturating_add(1)
    }

    /// Whose tokens these are.
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    /// Counts the rotations and imports of this account. A rejection counts
    /// against the generation that was rejected.
    pub fn generation(&self) -> u64 {
        self.0.generation
    }

    /// The document as JSON. It holds the tokens in the clear.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Serializing plain data into memory has no way to fail.
        Zeroizing::new(serde_json::to_vec(&self.0).unwrap_or_default())
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    ///
    /// [`DecodeError`], which repeats nothing of the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        struct Schema {
            schema: u32,
        }
        let Schema { schema } = serde_json::from_slice(bytes).map_err(DecodeError::malformed)?;
        if schema > NEWEST {
            return Err(DecodeError::Newer { schema });
        }
        let tokens: Tokens = serde_json::from_slice(bytes).map_err(DecodeError::malformed)?;
        if schema > SCHEMA && !tokens.is_sealed() {
            return Err(DecodeError::Newer { schema });
        }
        if tokens.generation == 0 || tokens.generation == u64::MAX {
            return Err(DecodeError::Malformed { line: 0, column: 0 });
        }
        Ok(Self(Box::new(tokens)))
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("account", &self.0.account.to_string())
            .field("generation", &self.0.generation)
            .field("access_expires_at", &self.0.access_expires_at)
            .field("refresh_expires_at", &self.0.refresh_expires_at)
            .field("obtained_at", &self.0.obtained_at)
            .field("intent", &self.0.intent)
            .field("brake", &self.0.brake)
            .field("latch", &self.0.latch)
            .finish_non_exhaustive()
    }
}

/// What an exchange brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) access: Option<AccessToken>,
    pub(crate) access_expires_at: Option<EpochMillis>,
    pub(crate) refresh: RefreshToken,
    pub(crate) refresh_expires_at: Option<EpochMillis>,
    pub(crate) obtained_at: EpochMillis,
}

/// Bytes that are no token document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not the JSON of a document.
    Malformed {
        /// The line where reading stopped.
        line: usize,
        /// The column where reading stopped.
        column: usize,
    },
    /// Written by a later version of this library.
    Newer {
        /// The schema that was found.
        schema: u32,
    },
}

impl DecodeError {
    // serde's own sentence may quote the value it stumbled over: a token.
    fn malformed(error: serde_json::Error) -> Self {
        Self::Malformed {
            line: error.line(),
            column: error.column(),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { line: 0, .. } => f.write_str("it is no token document"),
            Self::Malformed { line, column } => {
                write!(f, "it is no token document (line {line}, column {column})")
            }
            Self::Newer { schema } => write!(
                f,
                "it was written by a newer version (schema {schema}, this one reads up to {NEWEST}): update this program"
            ),
        }
    }
}

impl std::error::Error for DecodeError {}

/// For stores: a document that cannot be read must not be used, or overwritten.
impl From<DecodeError> for StoreError {
    fn from(error: DecodeError) -> Self {
        Self::new(
            StoreErrorKind::Unusable,
            format!("the stored tokens cannot be used: {error}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let account = Account::new("sandbox".into(), "client".into());
        let seed = Seed::new("canary-refresh").access_token("canary-access", None);
        let mut document = Document::seeded(account, &seed, EpochMillis::new(5));
        document.0.latch = Some(Latch::new(EpochMillis::new(6), "why".into()));
        document
    }

    #[test]
    fn a_document_survives_encoding() {
        assert_eq!(Document::decode(&document().encode()), Ok(document()));
    }

    #[test]
    fn what_an_exchange_brought_takes_the_place_of_all_that_it_has_ended() {
        let mut spent = document();
        let moment = |at| EpochMillis::new(at);
        let mut intent = Intent::new("a".into(), moment(7), moment(8), 2);
        intent.rejections = 3;
        spent.0.intent = Some(intent);
        spent.0.brake = Some(Brake::new(moment(9), "why".into()));
        spent.0.attempted_at = Some(moment(7));
        let grant = Grant {
            access: Some(AccessToken::new("a-2")),
            access_expires_at: Some(moment(20)),
            refresh: RefreshToken::new("r-2"),
            refresh_expires_at: Some(moment(30)),
            obtained_at: moment(10),
        };
        let next = *spent.succeeded_by(&grant).0;
        assert_eq!(next.generation, 2);
        assert_eq!(next.access, grant.access);
        assert_eq!(next.access_expires_at, grant.access_expires_at);
        assert_eq!(next.refresh, grant.refresh);
        assert_eq!(next.refresh_expires_at, grant.refresh_expires_at);
        assert_eq!(next.obtained_at, grant.obtained_at);
        let mut origin = Origin::new(1, 2);
        origin.rejections = 3;
        assert_eq!(next.origin, Some(origin));
        assert_eq!((next.intent, next.brake, next.latch), (None, None, None));
        // The floor goes on.
        assert_eq!(next.attempted_at, spent.0.attempted_at);
        assert_eq!(next.seeds, spent.0.seeds);
    }

    #[test]
    fn what_is_not_so_is_not_written() {
        let mut document = document();
        document.0.origin = Some(Origin::new(1, 2));
        let written: Value = serde_json::from_slice(&document.encode()).unwrap();
        let origin = serde_json::json!({ "base": 1, "presentation": 2 });
        assert_eq!(written["origin"], origin);
        assert!(written.get("intent").is_none());

        document.0.origin.as_mut().unwrap().rejections = 4;
        assert_eq!(Document::decode(&document.encode()), Ok(document.clone()));
        let written: Value = serde_json::from_slice(&document.encode()).unwrap();
        assert_eq!(written["origin"]["rejections"], 4);
    }

    #[test]
    fn members_of_a_later_version_are_kept() {
        let mut json: Value = serde_json::from_slice(&document().encode()).unwrap();
        json["later"] = "kept".into();
        json["account"]["later"] = "kept".into();
        json["latch"]["later"] = "kept".into();
        let read = Document::decode(json.to_string().as_bytes()).unwrap();
        let written: Value = serde_json::from_slice(&read.encode()).unwrap();
        assert_eq!(written, json);
    }

    #[test]
    fn a_document_that_this_version_cannot_continue_is_refused() {
        let with = |name: &str, value: Value| {
            let mut json: Value = serde_json::from_slice(&document().encode()).unwrap();
            json[name] = value;
            Document::decode(json.to_string().as_bytes()).unwrap_err()
        };
        assert_eq!(with("schema", 2.into()), DecodeError::Newer { schema: 2 });
        for generation in [0, u64::MAX] {
            let refused = with("generation", generation.into());
            assert!(matches!(refused, DecodeError::Malformed { .. }));
        }
    }

    #[test]
    fn neither_debug_nor_a_decoding_error_shows_a_token() {
        let shown = format!("{:?}", document());
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("generation: 1"), "{shown}");
        assert!(shown.contains("client client in sandbox"), "{shown}");

        let refused = Document::decode(br#"{"schema":1,"generation":"canary-refresh"}"#);
        let shown = refused.unwrap_err().to_string();
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("no token document (line 1"), "{shown}");
    }
}
