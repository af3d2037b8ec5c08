//! What is put to the vote of an entity's members, or of the council, and how it stands.

use canon::{Date, Did, Digest, EntityId, RecordId, Timestamp, ZoneId};
use registry::Operation;
use registry::consent::{DecisionRule, Voter};
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// A proposal, how it stands, its votes.
#[derive(JsonSchema)]
pub(crate) struct Consent {
    consent_id: RecordId,
    proposal: Proposal,
    /// What voters sign.
    proposal_sha256: Digest,
    /// `PENDING`, `APPROVED`, `REJECTED`, `EXPIRED`, `CANCELED` or `COMPLETED`.
    status: String,
    standing: Standing,
    tally: Tally,
    /// Votes and delegations, in order.
    votes: Vec<Cast>,
}

/// A proposal without electorate and votes.
#[derive(JsonSchema)]
pub(crate) struct ConsentBrief {
    consent_id: RecordId,
    /// Whose, where an entity's members or board decide.
    entity_id: Option<EntityId>,
    /// Whose, where the zone's council decides.
    zone_id: Option<ZoneId>,
    operation: Operation,
    title: String,
    opened: Timestamp,
    expires: Timestamp,
    /// As `status` of the whole.
    status: String,
    tally: Tally,
}

/// What is put to the vote: `entity_id` or `zone_id`, one of them.
#[derive(JsonSchema)]
#[schemars(rename = "ConsentProposal")]
struct Proposal {
    entity_id: Option<EntityId>,
    zone_id: Option<ZoneId>,
    operation: Operation,
    /// In one line.
    title: String,
    description: Option<String>,
    electorate: Electorate,
    rule: DecisionRule,
    opened: Timestamp,
    /// The first second in which nobody votes any more.
    expires: Timestamp,
}

/// Who votes, frozen when the proposal opened.
#[derive(JsonSchema)]
#[schemars(rename = "ConsentElectorate")]
struct Electorate {
    basis: Basis,
    voters: Vec<Voter>,
}

/// Where an electorate comes from.
#[derive(JsonSchema)]
#[schemars(rename = "ElectorateBasis")]
struct Basis {
    /// `cap_table`, `officers`, or `stated` by whoever opened the proposal.
    basis: String,
    /// Entries the register of members had.
    entries: Option<u64>,
    /// Rows the register of officers had.
    rows: Option<u64>,
    /// The day of that register.
    as_of: Option<Date>,
}

/// How a proposal stands, and since when.
#[derive(JsonSchema)]
#[schemars(rename = "ConsentStanding")]
struct Standing {
    /// As `status`.
    state: String,
    /// Absent while it is open.
    at: Option<Timestamp>,
    /// Why it was called off.
    reason: Option<String>,
    /// When what was used had been carried.
    approved: Option<Timestamp>,
}

/// How the votes stand.
#[derive(JsonSchema)]
#[schemars(rename = "ConsentTally")]
struct Tally {
    approve: u64,
    reject: u64,
    abstain: u64,
    /// All votes there are.
    total: u64,
    /// Voters who are for it.
    approvals: u32,
    /// Voters who have not taken part and can.
    open: u32,
    /// Votes of those.
    open_weight: u64,
}

/// A vote or a delegation as it was handed in.
#[derive(JsonSchema)]
#[schemars(rename = "VoteCast")]
struct Cast {
    /// Who signed it.
    voter: Did,
    /// As signed: a `MEZBallot` or a `MEZVoteDelegation` with its proof, as the schemas `ballot` and `vote-delegation` say.
    document: Map<String, Value>,
    at: Timestamp,
}
