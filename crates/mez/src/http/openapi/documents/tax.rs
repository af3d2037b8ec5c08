//! Tax: taxable events, what is owed, the law's figures, and what falls due.

use ::law::Citation;
use canon::{
    Currency, Date, Did, Digest, EntityId, JurisdictionId, PackId, PaymentId, RecordId, Timestamp,
    ZoneId,
};
use registry::tax::{Category, TaxEventKind};
use schemars::JsonSchema;

use super::adapters::AuthorityTold;
use super::filings::{FilerFact, TaxFiling};
use super::shared::FactValue;

/// A taxable event. Amounts are decimals in its currency.
#[derive(JsonSchema)]
#[schemars(rename = "TaxEventShown")]
pub(crate) struct TaxEvent {
    /// `MEZTaxEvent`.
    #[serde(rename = "type")]
    type_: String,
    event_id: RecordId,
    kind: TaxEventKind,
    category: Category,
    jurisdiction_id: JurisdictionId,
    payer: EntityId,
    /// Where it is an entity of this zone.
    payee: Option<EntityId>,
    /// Where the zone made the payment.
    payment_id: Option<PaymentId>,
    gross: String,
    currency: Currency,
    /// The day it happened.
    occurred: Date,
    /// The calendar year in which the tax year ends.
    tax_year: Option<u16>,
    recorded: Timestamp,
    withholding: Withholding,
    /// The posting by which this zone withheld it; absent for what is only stated.
    posting_id: Option<RecordId>,
    reversal: Option<TaxReversal>,
    /// What the authority said of it, once it took it.
    filing: Option<TaxFiling>,
    /// Whether the zone withheld it itself.
    executed: bool,
}

/// An event that an authority was told of.
#[derive(JsonSchema)]
pub(crate) struct TaxEventTold {
    #[serde(flatten)]
    event: TaxEvent,
    told: AuthorityTold,
}

/// What credentials say of whether an entity files returns.
#[derive(JsonSchema)]
pub(crate) struct TaxStatusKnown {
    entity_id: EntityId,
    tax_status: Vec<TaxStatusHeld>,
}

/// A credential that says whether an entity files returns.
#[derive(JsonSchema)]
struct TaxStatusHeld {
    credential_sha256: Digest,
    issuer: Did,
    expires: Timestamp,
    /// A text: `filer`, `late_filer` or `non_filer`.
    filer: Option<FactValue>,
}

/// What is withheld of an amount: `not_due` has its citation, `pending` what is missing, `due` all the rest.
#[derive(JsonSchema)]
#[schemars(rename = "TaxWithholding")]
struct Withholding {
    /// `not_due`, `pending` or `due`.
    state: String,
    citation: Option<TaxCited>,
    /// `scope`, `authority`, `filer_status`, `rate` or `threshold`.
    missing: Option<Vec<String>>,
    /// The tax, a decimal.
    withheld: Option<String>,
    /// What is left for whoever is paid, a decimal.
    net: Option<String>,
    /// In basis points of the gross amount.
    rate_bp: Option<u32>,
    /// Who collects it.
    authority: Option<String>,
    filer: Option<FilerFact>,
    /// How the product was rounded.
    rounding: Option<String>,
}

/// Where a figure of law stands.
#[derive(JsonSchema)]
pub(super) struct TaxCited {
    /// The pack that carries it.
    pack: String,
    pack_sha256: Digest,
    /// Its name in the pack.
    parameter: String,
    instrument: String,
    section: String,
    /// Id of the source in the pack.
    source: String,
    /// First day in force.
    from: Date,
    /// What another source says instead.
    disagrees: Option<String>,
}

/// What took a withholding back.
#[derive(JsonSchema)]
struct TaxReversal {
    at: Timestamp,
    posting_id: RecordId,
}

/// What would be withheld.
#[derive(JsonSchema)]
pub(crate) struct TaxPreview {
    event_type: TaxEventKind,
    category: Category,
    jurisdiction_id: JurisdictionId,
    occurred: Date,
    tax_year: Option<u16>,
    /// A decimal.
    gross: String,
    currency: Currency,
    withholding: Withholding,
}

/// Every figure by which tax is withheld somewhere.
#[derive(JsonSchema)]
pub(crate) struct TaxRules {
    jurisdiction_id: JurisdictionId,
    as_of: Date,
    rules: Vec<TaxRule>,
}

/// A figure of law.
#[derive(JsonSchema)]
struct TaxRule {
    pack: PackId,
    parameter: String,
    value: FactValue,
    /// First day in force.
    from: Date,
    /// First day no longer in force.
    until: Option<Date>,
    citation: Citation,
}

/// What is owed to an authority of one month, in one currency. Amounts are decimals.
#[derive(JsonSchema)]
pub(crate) struct TaxLiability {
    liability_id: String,
    authority: String,
    currency: Currency,
    /// `YYYY-MM`.
    month: String,
    withheld: String,
    reversed: String,
    remitted: String,
    outstanding: Option<String>,
    /// How many events it is made of.
    events: u64,
}

/// What is owed after something was paid over.
#[derive(JsonSchema)]
pub(crate) struct TaxRemitted {
    #[serde(flatten)]
    liability: TaxLiability,
    /// The posting by which it left the books.
    posting_id: RecordId,
}

/// Which returns and payments fall due when.
#[derive(JsonSchema)]
pub(crate) struct TaxCalendar {
    jurisdiction_id: JurisdictionId,
    /// Whose deadlines; absent where all are told.
    authority: Option<String>,
    as_of: Date,
    filings: Vec<TaxDeadline>,
}

/// A deadline, as its pack has it.
#[derive(JsonSchema)]
struct TaxDeadline {
    deadline_id: Option<String>,
    pack: PackId,
    authority: Option<String>,
    /// `filing`, `payment`, …
    #[serde(rename = "type")]
    type_: Option<String>,
    /// In words.
    rule: Option<String>,
    due: Option<Date>,
    /// Negative once it has passed.
    days_left: Option<i64>,
    /// The holiday that falls on the day.
    holiday: Option<String>,
    /// A number, as text.
    grace_days: Option<String>,
    citation: Option<Citation>,
}

/// Figures of a period: one line for each kind, currency and section.
#[derive(JsonSchema)]
pub(crate) struct TaxReport {
    /// `MEZTaxReport`.
    #[serde(rename = "type")]
    type_: String,
    zone_id: ZoneId,
    /// Of whom; of all payers without.
    entity_id: Option<EntityId>,
    from: Option<Date>,
    to: Option<Date>,
    tax_year: Option<u16>,
    events: u64,
    pending: u64,
    reversed: u64,
    /// `complete`, or `pending` while it is not known of an event what is due.
    state: String,
    lines: Vec<TaxReportLine>,
    /// Of every event it was made from.
    events_sha256: Digest,
}

/// Events of a kind in a currency under one section. Amounts are decimals.
#[derive(JsonSchema)]
struct TaxReportLine {
    event_type: TaxEventKind,
    category: Category,
    currency: Currency,
    /// Absent for what is pending.
    section: Option<String>,
    events: u64,
    pending: u64,
    reversed: u64,
    gross: String,
    /// By the rate, whether the zone withheld it or not.
    due: String,
    /// What of that the zone withheld itself.
    withheld: String,
}
