//! What a regulator sees: figures over the population, records and decisions, alerts, and the log of what was shown.

use std::collections::BTreeMap;

use ::law::{Domain, State};
use canon::{Date, Digest, JurisdictionId, PrincipalId, Realm, Timestamp, ZoneId};
use proof::sample::Drawn;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::records::Money;
use super::shared::Signed;
use crate::http::answer::documents::JournalPlace;

/// How many there are of each, by state, kind and place.
#[derive(JsonSchema)]
pub(crate) struct Overview {
    zone_id: ZoneId,
    realm: Realm,
    as_of: Date,
    known_at: Timestamp,
    /// How figures are made: another way is another name.
    method: String,
    /// The last entry that counts; absent where none does.
    journal: Option<JournalPlace>,
    figures: Vec<FigureTable>,
}

/// A population, split by one property.
#[derive(JsonSchema)]
struct FigureTable {
    /// `entities`, `licenses`, `persons`, `payments` or `decisions`.
    of: String,
    /// What it is split by.
    by: String,
    /// How many records, each counted once.
    total: u64,
    groups: Vec<FigureGroup>,
}

/// The records of one group.
#[derive(JsonSchema)]
struct FigureGroup {
    /// Its value of each property it is split by; `-` where it has none.
    key: BTreeMap<String, String>,
    count: u64,
    /// Sums of money by currency.
    amounts: Vec<Money>,
    /// Where its records are listed.
    records: String,
}

/// A figure over the population.
#[derive(JsonSchema)]
pub(crate) struct PopulationFigure {
    /// `entities`, `licenses`, `persons`, `payments` or `decisions`.
    of: String,
    as_of: Date,
    known_at: Timestamp,
    /// How figures are made: another way is another name.
    method: String,
    /// The last entry that counts; absent where none does.
    journal: Option<JournalPlace>,
    /// How many records, each counted once.
    total: u64,
    groups: Vec<FigureGroup>,
}

/// A record of the population, or a decision, with the way on.
#[derive(JsonSchema)]
pub(crate) struct PopulationRecord {
    /// `entity:<id>`, `payment:<id>`, …
    subject: String,
    first: DecisionPlace,
    last: DecisionLast,
    /// The worst of all domains.
    state: State,
    /// The domains that do not pass.
    refusing: Vec<DomainStanding>,
    jurisdictions: Vec<JurisdictionId>,
    /// Type of a license, purpose of a payment, and the like.
    sort: Option<String>,
    /// Of a payment.
    amount: Option<Money>,
    /// Where its last decision is.
    decision: String,
    /// Where the record is.
    record: String,
}

/// Where a decision stands in the journal.
#[derive(JsonSchema)]
struct DecisionPlace {
    sequence: u64,
    at: Timestamp,
}

/// The last decision about a record.
#[derive(JsonSchema)]
struct DecisionLast {
    sequence: u64,
    at: Timestamp,
    /// The transition kind.
    kind: String,
    /// `allow`, `deny` or `error`.
    outcome: String,
    /// What happened to it, of those that say so.
    event: Option<String>,
}

/// A domain and where it stands.
#[derive(JsonSchema)]
struct DomainStanding {
    domain: Domain,
    state: State,
}

/// A record with its decisions and evidence; persons are masked.
#[derive(JsonSchema)]
pub(crate) struct SupervisedRecord {
    subject: String,
    read_at: Timestamp,
    /// As it is kept, whatever kind it is of; absent for what has no record of its own.
    record: Option<Map<String, Value>>,
    evidence: Vec<super::supervised::EvidenceHeld>,
    /// The first page of them.
    decisions: Vec<PopulationRecord>,
    /// What to give as `after` for the next, asked of `records`.
    decisions_next: Option<String>,
}

/// An alert that stands.
#[derive(JsonSchema)]
pub(crate) struct Alert {
    alert_id: Digest,
    /// `license-ends-soon`, `list-too-old`, `corridor-halted`, `filing-missed`, …
    rule: String,
    subject: String,
    /// A day, or a place: what makes the next alert of this rule another one.
    since: String,
    /// In words.
    detail: String,
    /// Where the records are.
    records: String,
    /// What the caller said of it last.
    acknowledged: Option<AlertNote>,
}

/// What was said of an alert.
#[derive(JsonSchema)]
struct AlertNote {
    at: Timestamp,
    note: String,
    /// The entry of the caller's log.
    sequence: u64,
}

/// An acknowledgement, and where it stands in the caller's log.
#[derive(JsonSchema)]
pub(crate) struct AlertAcknowledged {
    result: Acknowledgement,
    receipt: JournalPlace,
}

/// What was said of an alert, and by whom.
#[derive(JsonSchema)]
#[schemars(rename = "AlertAcknowledgement")]
struct Acknowledgement {
    alert_id: Digest,
    at: Timestamp,
    by: PrincipalId,
    note: String,
}

/// A report over a period, signed.
pub(crate) type RegulatorReport = Signed<ReportSubject>;

/// What began in a period, and what stood at its end.
#[derive(JsonSchema)]
#[schemars(rename = "RegulatorReport")]
pub(crate) struct ReportSubject {
    /// `urn:mez:zone:` and the zone's id.
    id: String,
    period: ReportPeriod,
    as_of: Date,
    known_at: Timestamp,
    /// How figures are made: another way is another name.
    method: String,
    journal: Option<JournalPlace>,
    /// The signed checkpoint of the zone log (C2SP note).
    checkpoint: String,
    standing: Vec<FigureTable>,
    began_in_period: Vec<FigureTable>,
}

/// Days, both counted.
#[derive(JsonSchema)]
struct ReportPeriod {
    from: Date,
    to: Date,
}

/// Entries of the zone log that a seed draws, opened and proven.
#[derive(JsonSchema)]
pub(crate) struct LogSample {
    /// `MEZLogSample`.
    #[serde(rename = "type")]
    type_: String,
    /// The caller's own.
    seed: Digest,
    /// How many entries were asked for.
    count: u64,
    /// The inception of the zone and its rotations.
    #[schemars(extend("$ref" = "zone-keys.schema.json"))]
    keys: Value,
    /// In the order of the draws.
    drawn: Vec<Drawn>,
}

/// Part of a regulator's log, signed.
pub(crate) type RegulatorLogExport = Signed<RegulatorLogPart>;

/// Consecutive entries of the log: the caller's own in the open, those of others as digests.
#[derive(JsonSchema)]
pub(crate) struct RegulatorLogPart {
    /// `urn:mez:regulator-log:` and the zone's id.
    id: String,
    /// Sequence of the first entry.
    from: u64,
    /// The root before it; absent at the beginning of the log.
    previous_root: Option<Digest>,
    entries: Vec<RegulatorLogPlace>,
    /// The root after the last of them; absent for an empty part at the beginning.
    root: Option<Digest>,
}

/// One place of the log: one of both members.
#[derive(JsonSchema)]
struct RegulatorLogPlace {
    entry: Option<RegulatorLogEntry>,
    /// Of somebody else's entry.
    entry_sha256: Option<Digest>,
}

/// An entry of the caller's own log: what they were shown, or what they said of an alert.
#[derive(JsonSchema)]
pub(crate) struct RegulatorLogEntry {
    /// `MEZRegulatorView`, or `MEZRegulatorAcknowledgement`.
    #[serde(rename = "type")]
    type_: String,
    sequence: u64,
    at: Timestamp,
    by: PrincipalId,
    /// 32 unpredictable bytes.
    salt: Digest,
    /// Of the log with this entry; absent in an export, which has the root of its last.
    root: Option<Digest>,
    /// How it was asked, of a view.
    method: Option<String>,
    path: Option<String>,
    query: Option<BTreeMap<String, String>>,
    status: Option<u16>,
    /// How many records were shown.
    records: Option<u64>,
    /// Of the bytes of the answer.
    answer_sha256: Option<Digest>,
    /// Of an acknowledgement.
    alert_id: Option<Digest>,
    note: Option<String>,
}
