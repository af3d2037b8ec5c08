//! What law said.

use ::law::{Citation, Domain, State};
use canon::{Date, Digest, EntityId, JurisdictionId, Realm, RuleId, Timestamp};
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::supervised::{Explanation, Screening};

/// The domains of an entity as of a day, as known at a moment.
#[derive(JsonSchema)]
pub(crate) struct ComplianceSlice {
    entity_id: EntityId,
    as_of: Date,
    known_at: Timestamp,
    read_at: Timestamp,
    evaluated_at: Option<Timestamp>,
    kind: Option<String>,
    outcome: Option<String>,
    realm: Realm,
    /// The lowest state of those asked for.
    aggregate: State,
    total_domains: u64,
    passing_count: u64,
    blocking_count: u64,
    unsourced: Option<Vec<Domain>>,
    list_age_days: Option<i64>,
    domains: Vec<DomainSlice>,
    journal_sequence: Option<u64>,
}

/// One domain: its state here and in each jurisdiction, and every rule's word.
#[derive(JsonSchema)]
struct DomainSlice {
    domain: Domain,
    state: State,
    /// `expired`, where the evidence has ended.
    reason: Option<String>,
    by_jurisdiction: Vec<InJurisdiction>,
    rows: Vec<RuleWord>,
}

/// A domain's state under one jurisdiction's law.
#[derive(JsonSchema)]
struct InJurisdiction {
    jurisdiction: JurisdictionId,
    state: State,
    expires: Option<Timestamp>,
}

/// What one rule said.
#[derive(JsonSchema)]
struct RuleWord {
    jurisdiction: Option<JurisdictionId>,
    rule: Option<RuleId>,
    citation: Option<Cited>,
    state: State,
    explanation: Option<String>,
    expires: Option<Timestamp>,
    unsourced: Option<bool>,
}

/// Act and section.
#[derive(JsonSchema)]
#[schemars(rename = "CitationShown")]
struct Cited {
    instrument: String,
    section: String,
    heading: Option<String>,
    source: String,
}

/// One entry of the decision journal.
#[derive(JsonSchema)]
pub(crate) struct DecisionEntry {
    sequence: u64,
    root: Digest,
    at: Timestamp,
    /// The transition kind, or `duty`.
    kind: String,
    /// Who asked.
    by: String,
    subject: String,
    /// `allow`, `deny`, `error` or `duty`.
    outcome: String,
    decision_sha256: Option<Digest>,
    /// The rules that refuse, with citation and remedy.
    blocking: Vec<RuleRefusing>,
    screenings: Option<Vec<Screening>>,
    /// The duty, where one was done.
    task: Option<String>,
    /// What a duty did, by its kind: such as `what` and how far.
    said: Option<Map<String, Value>>,
}

/// What one rule refused for.
#[derive(JsonSchema)]
struct RuleRefusing {
    domain: Domain,
    state: State,
    /// Absent for what the zone itself asks.
    jurisdiction: Option<JurisdictionId>,
    /// Absent where none decides.
    rule: Option<RuleId>,
    citation: Option<Citation>,
    /// A code word: `broken`, `unknown`, `expired`, …
    reason: String,
    /// What to do.
    remedy: Option<String>,
}

/// A decision by its digest, explained.
#[derive(JsonSchema)]
pub(crate) struct DecisionExplained {
    #[schemars(extend("$ref" = "decision.schema.json"))]
    decision: Value,
    decision_sha256: Digest,
    /// Domain by domain, clause by clause, with act, section and what would change it.
    explanation: Explanation,
    sequence: u64,
}
