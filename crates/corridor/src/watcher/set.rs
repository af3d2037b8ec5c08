//! The watcher set of a corridor: who counts, with what bond, until when. Signed by the zone in whose
//! ledger the bonds lie.

use canon::{Amount, CorridorId, Currency, Did, Digest, Realm, Timestamp, ZoneId};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::WatcherError;
use super::rates::{MEMBERS_MAX, MEMBERS_MIN, SET_SECS};
use super::slash::Condition;
use super::weight::{is_quorum, weights};
use crate::documents::{self, Signed, Since, Subject};
use crate::party::Party;

/// One watcher of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// What lies in the ledger for it.
    pub bond: Amount,
    /// Its `did:key`.
    pub watcher: Did,
}

/// The share of all weights that a quorum exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Quorum {
    /// More than two thirds.
    #[serde(rename = "more-than-2/3")]
    TwoThirds,
}

/// Subject of `MEZWatcherSetCredential`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatcherSet {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Currency of all bonds.
    pub currency: Currency,
    /// Counts the sets of this corridor in this zone, from 0.
    pub epoch: u64,
    /// Ascending by watcher.
    #[schemars(length(min = MEMBERS_MIN, max = MEMBERS_MAX))]
    pub members: Vec<Member>,
    /// What is enough.
    pub quorum: Quorum,
    /// Realm of the zone.
    pub realm: Realm,
    /// The zone in whose ledger the bonds lie.
    pub zone_id: ZoneId,
}

impl Subject for WatcherSet {
    const TYPE: &'static str = "MEZWatcherSetCredential";
    const KIND: &'static str = "watcher-set";
}

/// What some members of a set come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Weight of all, in minor units of the currency.
    #[serde(with = "crate::watcher::minor_text")]
    #[schemars(with = "String")]
    pub of: u128,
    /// Weight of these.
    #[serde(with = "crate::watcher::minor_text")]
    #[schemars(with = "String")]
    pub weight: u128,
}

impl Tally {
    /// Whether they are enough.
    #[must_use]
    pub fn is_met(&self) -> bool {
        is_quorum(self.weight, self.of)
    }
}

impl WatcherSet {
    /// State it, as the zone that keeps the bonds.
    ///
    /// # Errors
    /// Members that are no set, or the signer.
    pub fn sign(
        self,
        here: &Party,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, WatcherError> {
        self.check()?;
        let name = format!("{}:{}", self.corridor_id, self.epoch);
        let draft = documents::draft_for(&name, here.did(), (now, SET_SECS), self)?;
        Ok(documents::sign(draft, now, assertion_here)?)
    }

    /// Read one that a participant of the corridor signed for its own ledger, under a key that was
    /// not replaced before its lane had `size` receipts.
    ///
    /// # Errors
    /// By name of what does not hold.
    pub fn read(
        document: &Value,
        corridor: &CorridorId,
        parties: &[Since<'_>],
    ) -> Result<Signed<Self>, WatcherError> {
        let signed: Signed<Self> = documents::read(document, corridor, parties)?;
        let set = &signed.credential.subject;
        set.check()?;
        let keeper = parties.iter().map(|Since(party, _)| party);
        let keeper = keeper.into_iter().find(|party| *party.did() == signed.credential.issuer);
        let fields = [
            ("corridor_id", set.corridor_id == *corridor),
            ("issuer", signed.signers == [signed.credential.issuer.clone()]),
            ("zone_id", keeper.is_some_and(|party| *party.zone() == set.zone_id)),
            ("realm", keeper.is_some_and(|party| party.realm == set.realm)),
        ];
        match fields.iter().find(|(_, holds)| !holds) {
            Some((name, _)) => Err(WatcherError::Other(name)),
            None => Ok(signed),
        }
    }

    fn check(&self) -> Result<(), WatcherError> {
        let fields = [
            ("members", self.members.is_sorted_by(|a, b| a.watcher < b.watcher)),
            ("currency", self.members.iter().all(|m| m.bond.currency() == self.currency)),
            ("members", self.weights().is_some()),
        ];
        let wrong = fields.iter().find(|(_, holds)| !holds);
        wrong.map_or(Ok(()), |(name, _)| Err(WatcherError::Other(name)))
    }

    fn weights(&self) -> Option<Vec<u128>> {
        let bonds: Option<Vec<u128>> =
            self.members.iter().map(|m| u128::try_from(m.bond.minor()).ok()).collect();
        weights(&bonds?)
    }

    /// A member by name.
    #[must_use]
    pub fn member(&self, watcher: &Did) -> Option<&Member> {
        self.members.iter().find(|member| member.watcher == *watcher)
    }

    /// What the members among `watchers` weigh; each counts once.
    #[must_use]
    pub fn tally(&self, watchers: &[&Did]) -> Tally {
        let weights = self.weights().unwrap_or_default();
        let mut tally = Tally { of: 0, weight: 0 };
        for (member, weight) in self.members.iter().zip(weights) {
            tally.of = tally.of.saturating_add(weight);
            if watchers.contains(&&member.watcher) {
                tally.weight = tally.weight.saturating_add(weight);
            }
        }
        tally
    }

    /// What a member would lose by a false attestation: it cannot stand for more.
    #[must_use]
    pub fn slashable(&self, watcher: &Did) -> i128 {
        self.member(watcher).map_or(0, |member| Condition::FalseAttestation.of(member.bond.minor()))
    }
}

/// Digest by which attestations name a set.
///
/// # Errors
/// A document without canonical form.
pub fn set_digest(document: &Value) -> Result<Digest, WatcherError> {
    Ok(proof::integrity::payload_digest(document)?)
}
