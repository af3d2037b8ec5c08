//! Watchers: who they are, what they attested, and claims on their bonds.

use canon::{AccountId, Amount, CorridorId, Did, Digest, Timestamp, ZoneId};
use corridor::watcher::{Claim, Condition, Reputation, State, Volume};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::AdmittedOf;
use super::files::{Accusation, LaneReceipt, WatcherSet};
use super::records::Money;
use crate::http::answer::documents::Rehearsed;

/// What was made or changed, where law is not asked.
#[derive(JsonSchema)]
#[schemars(rename = "Done{T}")]
pub(crate) struct DoneOf<T> {
    result: T,
}

/// A watcher with its bond.
#[derive(JsonSchema)]
pub(crate) struct Watcher {
    /// `MEZWatcher`.
    #[serde(rename = "type")]
    type_: String,
    watcher: Did,
    state: State,
    /// Since when it is in its state.
    since: Timestamp,
    registered: Timestamp,
    /// Its scope, ascending.
    corridors: Vec<CorridorId>,
    /// A request that stands in a lane is answered before the lane has grown by more receipts.
    answers_within: u64,
    /// Where the bond came from and goes back to.
    account_id: Option<AccountId>,
    bond: Option<Amount>,
    /// How many attestations were taken.
    attestations: u64,
    /// Attested within the window.
    attested: Option<Vec<Volume>>,
    /// Their sum, in minor units of the bond.
    volume_minor: String,
    /// Claims that hold the bond: digest of the evidence, and for what.
    claims: Option<Vec<(Digest, Condition)>>,
    slashes: u64,
    /// Those of them that were about trust.
    falsities: u64,
    reputation: Reputation,
    /// When the bond can be had back, while it is unbonding.
    withdrawable_from: Option<Timestamp>,
}

/// An attestation of a cut, taken.
#[derive(JsonSchema)]
pub(crate) struct Attested {
    corridor_id: CorridorId,
    cut_sha256: Digest,
    set_sha256: Digest,
    watcher: Did,
    /// What it stands for.
    covered_value: Money,
}

/// A request to attest a cut, in our lane.
#[derive(JsonSchema)]
pub(crate) struct WatcherRequest {
    /// `MEZWatcherRequest`.
    #[serde(rename = "type")]
    type_: String,
    corridor_id: CorridorId,
    cut_sha256: Digest,
    watcher: Did,
    /// Where it stands in our lane.
    sequence: u64,
    next_root: Digest,
    answers_within: u64,
    /// The last receipt in which an answer counts.
    last: u64,
    /// Sequence of the answer.
    answered: Option<u64>,
    /// `open`, `answered` or `unanswered`.
    state: String,
}

/// A request, with the receipt it stands in.
#[derive(JsonSchema)]
pub(crate) struct WatcherAsked {
    result: WatcherRequest,
    receipt: LaneReceipt,
}

/// The proof that a request was not answered in time.
#[derive(JsonSchema)]
pub(crate) struct Unanswered {
    evidence: Accusation,
    evidence_sha256: Digest,
    watcher: Did,
}

/// A claim on a bond.
#[derive(JsonSchema)]
pub(crate) struct WatcherClaim {
    /// `MEZWatcherClaim`.
    #[serde(rename = "type")]
    type_: String,
    claim_id: Digest,
    watcher: Did,
    /// The deed.
    about: String,
    claim: Claim,
    evidence: Accusation,
}

/// What was given to those who attested a cut.
#[derive(JsonSchema)]
pub(crate) struct WatchersRewarded {
    /// How many.
    rewarded: u64,
    /// Decimal.
    shared: String,
    /// Decimal: what does not divide.
    left: String,
}

/// Watchers of a corridor that count.
#[derive(JsonSchema)]
pub(crate) struct CorridorWatchers {
    corridor_id: CorridorId,
    zone_id: ZoneId,
    /// How many count now.
    counting: u64,
    /// How many there must be.
    needed: u64,
    set: Option<WatcherSet>,
    set_sha256: Option<Digest>,
    newest_cut_sha256: Option<Digest>,
    attestations_of_newest_cut: u64,
}

/// The set is composed anew.
#[derive(JsonSchema)]
pub(crate) struct WatcherSetRenewed {
    corridor_id: CorridorId,
}

/// Evidence that somebody brought, taken.
#[derive(JsonSchema)]
pub(crate) struct EvidenceTaken {
    evidence_sha256: Digest,
    /// Of the corridor.
    state: String,
}

/// What is answered to a watcher that leaves: law is asked where there is a bond to give back, and nobody where there is
/// none.
pub(crate) fn withdrawn(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "anyOf": [
        generator.subschema_for::<AdmittedOf<Watcher>>(),
        generator.subschema_for::<DoneOf<Watcher>>(),
        generator.subschema_for::<Rehearsed>(),
    ] })
}
