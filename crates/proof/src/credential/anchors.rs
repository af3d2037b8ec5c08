//! Whom a verifier trusts, and for what: the trust-anchor file and the list of pinned DIDs.
//!
//! Invariant: trust enters only here, by the caller's hand. An anchor of another realm than the
//! file's refuses the whole file, so a production zone cannot start with a sandbox anchor.

use canon::{Canonical, Did, Realm, Refusal, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::registry::{Chain, Link};
use super::schema::Schemas;
use crate::did::{DidDocument, Relationship};
use crate::inception::Inception;
use crate::keys::PublicKey;
use crate::rotation::KeyHistory;
use crate::status::Statuses;
use crate::verified::Verified;

/// The `type` of a trust-anchor file.
pub const TYPE: &str = "MEZTrustAnchors";
/// The only version read.
pub const VERSION: u64 = 1;
/// Most anchors of one file.
pub const ANCHORS_MAX: usize = 10_000;

/// Why a trust-anchor file or list is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// The file is not admissible or not of this shape.
    #[error("the trust-anchor file is malformed: {0}")]
    Shape(#[source] Refusal),
    /// Another type or version.
    #[error("`{0}` is not supported, only `{TYPE}` version {VERSION}")]
    Version(String),
    /// More than [`ANCHORS_MAX`] anchors.
    #[error("more than {ANCHORS_MAX} anchors")]
    TooMany,
    /// An anchor of another kind than a DID.
    #[error("anchor `{anchor_id}` is of type `{kind}`, only `did` is supported")]
    Kind {
        /// The anchor.
        anchor_id: String,
        /// Its type.
        kind: String,
    },
    /// The same anchor id twice.
    #[error("anchor `{0}` occurs twice")]
    Duplicate(String),
    /// An anchor of another realm than the file's.
    #[error("anchor `{anchor_id}` is of realm {found}, the file of realm {expected}")]
    Realm {
        /// The anchor.
        anchor_id: String,
        /// Its realm.
        found: Realm,
        /// The file's realm.
        expected: Realm,
    },
    /// An inception of another realm.
    #[error("zone `{did}` is of realm {found}, the anchors of realm {expected}")]
    ZoneRealm {
        /// The zone.
        did: Did,
        /// Its realm.
        found: Realm,
        /// The anchors' realm.
        expected: Realm,
    },
}

/// One trusted issuer and what it may attest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// A name for people, unique in the file.
    pub anchor_id: String,
    /// `did`; other kinds are refused by name.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "did"))]
    pub kind: String,
    /// The issuer's DID; a fragment is ignored.
    pub identifier: Did,
    /// Attestation kinds (see [`attestation_kind`]), or `*` for any.
    pub allowed_attestations: Vec<String>,
    /// The realm the anchor belongs to.
    pub realm: Realm,
}

/// A trust-anchor file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchorFile {
    /// Always [`TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = TYPE))]
    pub kind: String,
    /// Always [`VERSION`].
    #[schemars(extend("const" = VERSION))]
    pub version: u64,
    /// The realm of every anchor.
    pub realm: Realm,
    /// At most [`ANCHORS_MAX`].
    #[schemars(length(max = ANCHORS_MAX))]
    pub anchors: Vec<Anchor>,
}

/// Pinned DIDs: each is trusted for every attestation (`--trust DID,…`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrustList(pub Vec<Did>);

impl TrustList {
    /// Whether a DID is pinned; fragments are ignored.
    #[must_use]
    pub fn has(&self, did: &Did) -> bool {
        self.0.iter().any(|own| own.base() == did.base())
    }
}

/// The trust under which credentials are judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchors {
    realm: Realm,
    anchors: Vec<Anchor>,
    zones: Vec<Verified<KeyHistory>>,
    documents: Vec<DidDocument>,
    statuses: Statuses,
    schemas: Schemas,
    chain: Chain,
}

impl Anchors {
    /// Trust in nothing, in a realm. Every credential is then at best unknown.
    #[must_use]
    pub fn none(realm: Realm) -> Self {
        Self {
            realm,
            anchors: Vec::new(),
            zones: Vec::new(),
            documents: Vec::new(),
            statuses: Statuses::default(),
            schemas: Schemas::default(),
            chain: Chain::default(),
        }
    }

    /// Trust in each pinned DID for every attestation.
    #[must_use]
    pub fn pinned(list: &TrustList, realm: Realm) -> Self {
        let mut anchors = Self::none(realm);
        for did in &list.0 {
            anchors.anchors.push(Anchor {
                anchor_id: did.to_string(),
                kind: "did".to_owned(),
                identifier: did.base(),
                allowed_attestations: vec!["*".to_owned()],
                realm,
            });
        }
        anchors
    }

    /// Reads a trust-anchor file: `{type, version, realm, anchors: […]}` in admissible JSON.
    ///
    /// # Errors
    /// Names what is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, AnchorError> {
        let canonical = Canonical::parse(bytes).map_err(AnchorError::Shape)?;
        let file: AnchorFile = canonical.read().map_err(AnchorError::Shape)?;
        if file.kind != TYPE || file.version != VERSION {
            return Err(AnchorError::Version(format!("{} {}", file.kind, file.version)));
        }
        Self::of(file.realm, file.anchors)
    }

    /// Takes anchors of one realm.
    ///
    /// # Errors
    /// Names the anchor refused.
    pub fn of(realm: Realm, anchors: Vec<Anchor>) -> Result<Self, AnchorError> {
        if anchors.len() > ANCHORS_MAX {
            return Err(AnchorError::TooMany);
        }
        let mut names = std::collections::BTreeSet::new();
        for Anchor { anchor_id, kind, realm: found, .. } in &anchors {
            let anchor_id = anchor_id.clone();
            if kind != "did" {
                return Err(AnchorError::Kind { anchor_id, kind: kind.clone() });
            }
            if *found != realm {
                return Err(AnchorError::Realm { anchor_id, found: *found, expected: realm });
            }
            if !names.insert(anchor_id.clone()) {
                return Err(AnchorError::Duplicate(anchor_id));
            }
        }
        Ok(Self { anchors, ..Self::none(realm) })
    }

    /// Adds a zone's verified inception, which binds the zone's DID to its assertion key. It does
    /// not by itself make the zone trusted.
    ///
    /// # Errors
    /// When the zone is of another realm.
    pub fn with_zone(self, zone: Verified<Inception>) -> Result<Self, AnchorError> {
        self.with_keys(KeyHistory::of(zone))
    }

    /// Adds a zone's verified keys over time, of which the present assertion key counts.
    ///
    /// # Errors
    /// When the zone is of another realm.
    pub fn with_keys(mut self, keys: Verified<KeyHistory>) -> Result<Self, AnchorError> {
        let zone = keys.inception();
        let (did, found) = (zone.did(), zone.realm());
        if found != self.realm {
            return Err(AnchorError::ZoneRealm { did, found, expected: self.realm });
        }
        self.zones.retain(|known| known.inception().did() != did);
        self.zones.push(keys);
        Ok(self)
    }

    /// Adds the document of a DID, which says that DID's keys. It does not by itself make it trusted.
    #[must_use]
    pub fn with_document(mut self, document: DidDocument) -> Self {
        self.documents.retain(|known| known.did() != document.did());
        self.documents.push(document);
        self
    }

    /// Whether the document of a DID is known.
    #[must_use]
    pub fn has_document(&self, did: &Did) -> bool {
        self.documents.iter().any(|known| *known.did() == did.base())
    }

    /// The status lists under which credentials are judged.
    #[must_use]
    pub fn with_statuses(mut self, statuses: Statuses) -> Self {
        self.statuses = statuses;
        self
    }

    /// Puts a registry below those added before: from here on it alone says who may attest. One that is not
    /// VALID under what is known so far breaks the chain, and with it everything judged under it.
    #[must_use]
    pub fn with_registry(mut self, document: &Value, as_of: Timestamp) -> Self {
        let chain = std::mem::take(&mut self.chain);
        self.chain = chain.clone();
        self.chain = chain.climb(document, &self, as_of);
        self
    }

    /// The registries of the chain, from the anchor's down, as far as it holds.
    #[must_use]
    pub fn registries(&self) -> &[Link] {
        &self.chain.links
    }

    /// The chain, if registries were given.
    pub(super) fn chain(&self) -> Option<&Chain> {
        (self.chain != Chain::default()).then_some(&self.chain)
    }

    /// The key of a verification method, for a use.
    pub(crate) fn key(&self, method: &str, use_: Relationship) -> Option<PublicKey> {
        crate::did::resolve(method, &self.documents, use_)
    }

    /// The schemas that credentials must fit.
    #[must_use]
    pub fn with_schemas(mut self, schemas: Schemas) -> Self {
        self.schemas = schemas;
        self
    }

    /// The schemas at hand.
    pub(super) fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// The status lists at hand.
    pub(super) fn statuses(&self) -> &Statuses {
        &self.statuses
    }

    /// The file's document, to be written canonically.
    ///
    /// # Errors
    /// When it has no canonical form (it always has).
    pub fn document(&self) -> Result<Value, Refusal> {
        let file = AnchorFile {
            kind: TYPE.to_owned(),
            version: VERSION,
            realm: self.realm,
            anchors: self.anchors.clone(),
        };
        Ok(Canonical::of(&file)?.value())
    }

    /// The realm in which trust is given.
    #[must_use]
    pub fn realm(&self) -> Realm {
        self.realm
    }

    /// The anchors.
    #[must_use]
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// The keys of a zone by its DID, if given.
    pub(super) fn zone(&self, did: &Did) -> Option<&Verified<KeyHistory>> {
        self.zones.iter().find(|zone| zone.inception().did() == did.base())
    }

    /// Whether an issuer is anchored at all.
    #[must_use]
    pub fn knows(&self, issuer: &Did) -> bool {
        self.anchors.iter().any(|anchor| anchor.identifier.base() == issuer.base())
    }

    /// Whether some anchor of the issuer allows a credential type.
    #[must_use]
    pub fn allows(&self, issuer: &Did, credential_type: &str) -> bool {
        let kind = attestation_kind(credential_type);
        let own = |anchor: &&Anchor| anchor.identifier.base() == issuer.base();
        let allows = |anchor: &Anchor| {
            anchor.allowed_attestations.iter().any(|allowed| *allowed == "*" || *allowed == kind)
        };
        self.anchors.iter().filter(own).any(allows)
    }
}

/// The attestation kind of a credential type: without `MEZ` or `MSEZ` before and `Credential`
/// behind, in snake case; `MEZCorridorAgreementCredential` is `corridor_agreement`.
#[must_use]
pub fn attestation_kind(credential_type: &str) -> String {
    let stem = credential_type.strip_suffix("Credential").unwrap_or(credential_type);
    let stem = stem.strip_prefix("MSEZ").or_else(|| stem.strip_prefix("MEZ")).unwrap_or(stem);
    let stem = if stem.is_empty() { credential_type } else { stem };
    let mut kind = String::new();
    for c in stem.chars() {
        if c.is_ascii_uppercase() && !kind.is_empty() {
            kind.push('_');
        }
        kind.push(c.to_ascii_lowercase());
    }
    kind
}
