//! What law said beyond one entity here: across corridors, disclosed domain by domain, carried away as credentials.

use std::collections::BTreeMap;

use ::law::{Citation, Domain, State};
use canon::{
    CorridorId, Date, Digest, EntityId, JurisdictionId, PaymentId, Realm, RuleId, Timestamp, ZoneId,
};
use schemars::JsonSchema;

use super::assets::ReceiptCompliance;
use super::law::ComplianceSlice;
use super::shared::{ReceiptPlace, Signed};
use crate::http::answer::documents::JournalPlace;

/// What both zones decided of an entity's payments over corridors, the latest first.
#[derive(JsonSchema)]
pub(crate) struct ComplianceAcross {
    entity_id: EntityId,
    as_of: Date,
    known_at: Timestamp,
    realm: Realm,
    /// How many payments crossed, as far as was looked.
    crossings: u64,
    /// Whether all are told of.
    complete: bool,
    /// How many of those told of stand in each state.
    states: BTreeMap<String, u64>,
    items: Vec<Crossed>,
}

/// A payment that crossed, and its receipt.
#[derive(JsonSchema)]
#[schemars(rename = "CrossedPayment")]
struct Crossed {
    payment_id: PaymentId,
    /// `outbound` or `inbound`.
    route: String,
    initiated: Timestamp,
    receipt: ReceiptCompliance,
}

/// What law said of what crossed a corridor.
#[derive(JsonSchema)]
pub(crate) struct CorridorCompliance {
    corridor_id: CorridorId,
    as_of: Date,
    known_at: Timestamp,
    realm: Realm,
    /// How many receipts were looked at.
    receipts: u64,
    here: Here,
    there: There,
}

/// Our decisions: of each transition kind the latest, domain by domain the worst of them.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorComplianceHere")]
struct Here {
    zone_id: ZoneId,
    /// The lowest state of all domains.
    aggregate: State,
    domains: Vec<DomainHere>,
    decisions: Vec<DecisionHere>,
}

/// One domain and every rule's word.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorDomain")]
struct DomainHere {
    domain: Domain,
    state: State,
    rows: Vec<RuleHere>,
}

/// What one rule said.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorRuleWord")]
struct RuleHere {
    jurisdiction: Option<JurisdictionId>,
    rule: Option<RuleId>,
    citation: Option<Citation>,
    state: State,
    /// Why, as a code word: `satisfied`, `broken`, `no-rule`, …
    reason: String,
    /// What to do.
    remedy: Option<String>,
    expires: Option<Timestamp>,
}

/// The latest decision of a kind.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorDecision")]
struct DecisionHere {
    /// The transition kind.
    kind: String,
    /// `allow`, `deny` or `error`.
    outcome: String,
    jurisdictions: Vec<JurisdictionId>,
    /// Those of the other end, where their law was asked as well.
    there: Option<Vec<JurisdictionId>>,
    known_at: Timestamp,
    decision_sha256: Digest,
    /// What it is about.
    receipt: ReceiptPlace,
}

/// What the other zone told: verdicts, and no reasons.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorComplianceThere")]
struct There {
    zone_id: ZoneId,
    /// How many receipts stand in each state; what it has not said is `pending`.
    verdicts: BTreeMap<String, u64>,
    last_refusal: Option<RefusalThere>,
}

/// A refusal by the other zone.
#[derive(JsonSchema)]
#[schemars(rename = "CorridorRefusal")]
struct RefusalThere {
    lane: ZoneId,
    sequence: u64,
    /// A code word.
    reason_code: String,
    decision_sha256: Option<Digest>,
}

/// An answer as the subject of a credential.
#[derive(JsonSchema)]
#[schemars(rename = "Answer{A}")]
pub(crate) struct Answered<A> {
    /// `urn:mez:entity:` or `urn:mez:corridor:`, and the id.
    id: String,
    answer: A,
    /// The head of the decision journal when it was answered.
    journal: Option<JournalPlace>,
}

/// An entity's compliance, signed.
pub(crate) type ComplianceExport = Signed<Answered<ComplianceSlice>>;
/// A corridor's compliance, signed.
pub(crate) type CorridorComplianceExport = Signed<Answered<CorridorCompliance>>;

/// Chosen domains of an entity's latest admission.
#[derive(JsonSchema)]
pub(crate) struct DomainsDisclosed {
    /// As in the credential of that admission.
    tensor_head_sha256: Digest,
    /// One for each jurisdiction; `spec/tensor.md`.
    disclosures: Vec<Disclosure>,
}

/// The row of a subject in a jurisdiction, with the chosen domains opened.
#[derive(JsonSchema)]
#[schemars(rename = "DomainDisclosure")]
struct Disclosure {
    /// `MEZTensorDisclosure`.
    #[serde(rename = "type")]
    type_: String,
    /// `entity:<id>`.
    subject: String,
    jurisdiction: JurisdictionId,
    row: RowShown,
}

/// A row of a committed table.
#[derive(JsonSchema)]
#[schemars(rename = "TableRow")]
struct RowShown {
    head: TableHead,
    key: Digest,
    place: TablePlace,
    /// All columns, as commitments.
    columns: Vec<Digest>,
    opened: Vec<ColumnOpened>,
}

/// What is committed to: so many rows under this root.
#[derive(JsonSchema)]
struct TableHead {
    size: u64,
    root: Digest,
}

/// A row's place in the tree.
#[derive(JsonSchema)]
struct TablePlace {
    index: u64,
    /// To the root.
    path: Vec<Digest>,
}

/// A column opened: what it was committed from.
#[derive(JsonSchema)]
struct ColumnOpened {
    column: u64,
    payload: DomainOpened,
    /// 32 bytes that hid it.
    salt: Digest,
}

/// What one domain says when it is shown.
#[derive(JsonSchema)]
struct DomainOpened {
    domain: Domain,
    state: State,
    expires: Option<Timestamp>,
    rule: Option<String>,
    inputs_sha256: Digest,
    decision_sha256: Digest,
    known_at: Timestamp,
    /// Whether it rests on the sandbox rulebook.
    unsourced: bool,
}
