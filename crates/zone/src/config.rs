//! What a zone is started with. Built by the doors, checked at start.

use std::collections::BTreeSet;
use std::sync::Arc;

use canon::{Clock, Currency, Digest, Entropy, ProfileId};
use corridor::handshake::PinnedPack;
use law::Rulebook;
use law::manifest::Switched;
use law::sanctions::{List, Query, Screener, Screening, lists_sha256};
use proof::credential::Anchors;
use proof::inception::Inception;
use proof::witness::Policy;
use proof::{KeyHistory, Verified};
use serde_json::Value;
use store::{Head, Store};

use crate::keys::Keys;
use crate::screening::Known;
use crate::wire::Wire;

/// The law a zone runs under, as pinned by its lock.
#[derive(Debug)]
pub struct LawLoaded {
    /// Packs, sandbox rulebook, profile evidence, list policy.
    pub rulebook: Rulebook,
    /// Sanctions lists ready to search.
    pub screener: Screener,
    /// Packs pinned in corridor agreements.
    pub pinned: Vec<PinnedPack>,
    /// Digest of the lock; together with packs and lists it makes the law head.
    pub lock_sha256: Digest,
    /// Profile in force.
    pub profile_id: ProfileId,
    /// Route groups the profile mounts.
    pub routes: BTreeSet<String>,
    /// What modules would provide that are not in use.
    pub switched: Switched,
}

impl LawLoaded {
    /// The same law with other sanctions lists.
    #[must_use]
    pub fn with_lists(&self, screener: Screener) -> Self {
        Self {
            rulebook: self.rulebook.with_lists(screener.lists().iter().map(List::digest)),
            screener,
            pinned: self.pinned.clone(),
            lock_sha256: self.lock_sha256,
            profile_id: self.profile_id.clone(),
            routes: self.routes.clone(),
            switched: self.switched.clone(),
        }
    }
}

/// Law as it is in force: with its head in the store, and one digest of its lists.
#[derive(Debug)]
pub struct InForce {
    law: LawLoaded,
    pub(crate) head: Head,
    lists_sha256: Digest,
    known: Known,
}

impl InForce {
    pub(crate) fn new(law: LawLoaded, head: Head) -> Self {
        let lists_sha256 = lists_sha256(law.screener.lists());
        Self { law, head, lists_sha256, known: Known::default() }
    }

    /// Screen one subject against all lists in force.
    pub(crate) fn screen(&self, query: &Query) -> Screening {
        self.known.screen(&self.law.screener, query)
    }

    /// The digest over all lists in force.
    #[must_use]
    pub const fn lists_sha256(&self) -> Digest {
        self.lists_sha256
    }
}

impl std::ops::Deref for InForce {
    type Target = LawLoaded;

    fn deref(&self) -> &LawLoaded {
        &self.law
    }
}

/// Everything a zone needs from outside.
pub struct Config {
    /// The zone's verified keys, from its inception to the present.
    pub history: Verified<KeyHistory>,
    /// Its inception document as it stands, to hand out.
    pub inception_document: Value,
    /// The rotations since, as they stand.
    pub rotations: Vec<Value>,
    /// Where it remembers.
    pub store: Arc<dyn Store>,
    /// What it signs with.
    pub keys: Keys,
    /// Whom it believes.
    pub anchors: Anchors,
    /// What it is bound by.
    pub law: LawLoaded,
    /// The zone's currency, where it names one.
    pub currency: Option<Currency>,
    /// Whom the zone has cosign its logs.
    pub witnesses: Option<Policy>,
    /// The base URL peers reach this zone under.
    pub public_url: String,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Other zones.
    pub wire: Arc<dyn Wire>,
}

impl Config {
    /// The zone's verified inception document.
    #[must_use]
    pub fn inception(&self) -> &Verified<Inception> {
        self.history.inception()
    }
}
