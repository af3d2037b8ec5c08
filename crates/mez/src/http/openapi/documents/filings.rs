//! Returns of what was withheld, and what the authority said of them.

use canon::{Date, Did, Digest, EntityId, JurisdictionId, PaymentId, RecordId, Timestamp};
use registry::tax::{FilerStatus, TaxEventKind};
use schemars::JsonSchema;

use super::adapters::AuthorityTold;
use super::records::Money;

/// What the authority said when it was told.
#[derive(JsonSchema)]
pub(super) struct TaxFiling {
    /// When it recorded it.
    at: Timestamp,
    /// Its reference there.
    reference: String,
    /// The signed answer as it is kept.
    evidence_id: RecordId,
}

/// Whether somebody files returns, and who says so.
#[derive(JsonSchema)]
pub(super) struct FilerFact {
    status: FilerStatus,
    /// `credential` or `adapter`.
    source: String,
    /// Of the credential, or of the authority's answer.
    digest: Digest,
    issuer: Option<Did>,
    /// First moment at which it no longer holds.
    expires: Option<Timestamp>,
}

/// A return, and how it stands.
#[derive(JsonSchema)]
#[schemars(rename = "TaxReturnShown")]
pub(crate) struct TaxReturn {
    return_id: RecordId,
    /// `open` until the period is over, `pending` while something is not known, `complete`, or `filed`.
    state: String,
    document: ReturnDocument,
    document_sha256: Digest,
    filing: Option<TaxFiling>,
}

/// A return that an authority was told of.
#[derive(JsonSchema)]
pub(crate) struct TaxReturnTold {
    #[serde(flatten)]
    filed: TaxReturn,
    told: AuthorityTold,
}

/// What a payer withheld in a period, by section, with every event it was made from.
#[derive(JsonSchema)]
#[schemars(rename = "TaxReturnDocument")]
struct ReturnDocument {
    /// `MEZTaxReturn`.
    #[serde(rename = "type")]
    type_: String,
    return_id: RecordId,
    entity_id: EntityId,
    /// Its tax number, where the register verified one.
    ntn: Option<String>,
    jurisdiction_id: JurisdictionId,
    /// Who collects, where the packs say so.
    authority: Option<String>,
    /// `YYYY-MM` or `YYYY-Qn`.
    period: String,
    from: Date,
    to: Date,
    prepared: Timestamp,
    lines: Vec<ReturnLine>,
    sums: Vec<ReturnSum>,
    open: Vec<ReturnOpen>,
    /// Events of the period law withholds nothing of.
    not_due: u64,
    /// Events of the period whose withholding came back.
    reversed: u64,
}

/// One event tax was due of.
#[derive(JsonSchema)]
#[schemars(rename = "TaxReturnLine")]
struct ReturnLine {
    event_id: RecordId,
    payment_id: Option<PaymentId>,
    occurred: Date,
    event_type: TaxEventKind,
    payee: ReturnPayee,
    act: String,
    section: String,
    /// First day on which the rate was in force.
    rate_from: Date,
    /// In basis points of the gross amount.
    rate_bp: u32,
    /// Source of the rate in the pack, and the pack.
    source: String,
    pack_sha256: Digest,
    filer: FilerFact,
    gross: Money,
    withheld: Money,
    /// Whether the zone withheld it itself.
    executed: bool,
}

/// Who was paid, as far as the zone knows.
#[derive(JsonSchema)]
#[schemars(rename = "TaxReturnPayee")]
struct ReturnPayee {
    entity_id: Option<EntityId>,
    name: Option<String>,
    /// Its tax number.
    ntn: Option<String>,
}

/// All lines under one section, in one currency.
#[derive(JsonSchema)]
#[schemars(rename = "TaxReturnSum")]
struct ReturnSum {
    act: String,
    section: String,
    events: u64,
    gross: Money,
    withheld: Money,
}

/// An event of which it is not known what is due.
#[derive(JsonSchema)]
#[schemars(rename = "TaxReturnOpen")]
struct ReturnOpen {
    event_id: RecordId,
    /// `scope`, `authority`, `filer_status`, `rate` or `threshold`.
    missing: Vec<String>,
}
