//! A decision with everything it was made upon, and its explanation.

use std::collections::BTreeMap;

use ::law::{Citation, Domain, State};
use canon::{Date, Did, Digest, JurisdictionId, RuleId, Timestamp};
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::shared::{FactValue, Facts};

/// One decision by its place in the journal: facts, what vouches for each, every rule's word.
#[derive(JsonSchema)]
pub(crate) struct SupervisedDecision {
    sequence: u64,
    root: Digest,
    at: Timestamp,
    /// Who asked.
    by: String,
    /// The transition kind, or `duty`.
    kind: String,
    subject: String,
    /// The decision as recorded; of a duty, what was done.
    decision: Map<String, Value>,
    decision_sha256: Digest,
    /// Where law decided.
    explanation: Option<Explanation>,
    /// Each source once, with the facts that rest on it.
    rests_on: Vec<RestsOn>,
    evidence: Vec<EvidenceHeld>,
    facts: Option<Facts>,
    /// What the other end of a corridor stated.
    facts_there: Option<Facts>,
    screenings: Option<Vec<Screening>>,
}

/// What vouches for facts.
#[derive(JsonSchema)]
struct RestsOn {
    /// `credential`, `registry`, `screening` or `adapter`.
    source: String,
    /// Of the credential, record, screening or answer.
    digest: Digest,
    issuer: Option<Did>,
    expires: Option<Timestamp>,
    /// Their names.
    facts: Vec<String>,
}

/// A credential kept of an entity.
#[derive(JsonSchema)]
pub(super) struct EvidenceHeld {
    /// `beneficial_ownership`, `source_of_funds`, …
    kind: String,
    credential_sha256: Digest,
    /// Who says so.
    issuer: Did,
    expires: Timestamp,
    /// What it claims beside its type.
    claims: Option<BTreeMap<String, FactValue>>,
    /// Of beneficial ownership.
    owners: Vec<OwnerNamed>,
}

/// An owner as a credential names it.
#[derive(JsonSchema)]
struct OwnerNamed {
    name: String,
    ownership_bp: u16,
}

/// A screening against the lists in force.
#[derive(JsonSchema)]
#[schemars(rename = "ScreeningMade")]
pub(super) struct Screening {
    /// `clear`, `hit` or `unknown`.
    outcome: String,
    /// Why the subject could not be screened in full, as a code word.
    unscreened: Option<String>,
    /// Strongest first.
    hits: Vec<Hit>,
    /// All that reached the thresholds, told or not.
    hits_found: u64,
    lists: Vec<ListUsed>,
    /// Of the oldest list that counts; negative where one is dated after the screening.
    age_days: Option<i64>,
    threshold_bp: u32,
    /// What a decision about a hit names.
    subject_sha256: Option<Digest>,
    /// Hits that two officers found to be somebody else.
    silenced: Option<Vec<Silenced>>,
}

/// One listed record the subject may be.
#[derive(JsonSchema)]
#[schemars(rename = "ScreeningHit")]
struct Hit {
    list: String,
    /// Record number on that list.
    entry: String,
    /// How the publisher refers to it.
    reference: Option<String>,
    /// Strength of the match, 0 to 10,000.
    score_bp: u32,
    /// How much what agrees tells: ten for each halving of the names that would agree as well.
    told: u32,
    /// The strongest way it was found.
    channel: String,
    /// Why, in full: names and words that agree, or what else does; its shape follows the way it was found.
    why: Vec<Value>,
}

/// A list that took part.
#[derive(JsonSchema)]
#[schemars(rename = "ScreeningListUsed")]
struct ListUsed {
    id: String,
    digest: Digest,
    published: Option<Date>,
}

/// A hit that a standing decision takes out of the outcome.
#[derive(JsonSchema)]
#[schemars(rename = "ScreeningSilenced")]
struct Silenced {
    list: String,
    entry: String,
}

/// A decision, explained.
#[derive(JsonSchema)]
#[schemars(rename = "DecisionExplanation")]
pub(super) struct Explanation {
    /// `allow`, `deny` or `error`.
    outcome: String,
    /// The transition kind.
    kind: String,
    /// The day whose law was applied.
    as_of: Date,
    jurisdictions: Vec<JurisdictionId>,
    /// Why it could not be evaluated.
    faults: Vec<String>,
    /// Until when it holds, as far as facts end.
    valid_until: Option<Timestamp>,
    /// Those that refuse, then the others.
    domains: Vec<ExplainedDomain>,
}

/// One domain, explained.
#[derive(JsonSchema)]
struct ExplainedDomain {
    domain: Domain,
    state: State,
    refuses: bool,
    /// The decisive ones first.
    clauses: Vec<Clause>,
}

/// The nearer rule that stands in place of another, and where law says so.
#[derive(JsonSchema)]
struct Displacing {
    rule: RuleId,
    citation: Citation,
}

/// One rule's word, explained.
#[derive(JsonSchema)]
#[schemars(rename = "ExplainedClause")]
struct Clause {
    /// Absent for what the zone itself asks.
    jurisdiction: Option<JurisdictionId>,
    /// Absent where none decides.
    rule: Option<RuleId>,
    citation: Option<Citation>,
    /// The pack and its digest.
    pack: Option<[String; 2]>,
    /// The nearer rule that stands in its place.
    displaced_by: Option<Displacing>,
    state: State,
    /// As a code word: `satisfied`, `broken`, `no-rule`, …
    reason: String,
    /// Whether it counts.
    counted: bool,
    /// The condition with the values it saw.
    inputs: String,
    inputs_sha256: Digest,
    /// Facts and figures that were needed and not there.
    missing: Vec<String>,
    /// What would change its word.
    would_change: Vec<String>,
    valid_until: Option<Timestamp>,
    /// The sandbox rulebook said so, or no source was found.
    unsourced: bool,
    /// How far the rule was reviewed.
    review: Option<String>,
}
