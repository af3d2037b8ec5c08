//! Persons, masked or not, and the limits of tiers.

use canon::{Currency, Date, Did, Digest, EntityId, JurisdictionId, RecordId, Timestamp};
use schemars::JsonSchema;

use super::records::Money;
use crate::http::identity::SubjectKindBody;

/// A person or an organisation. Members about whom it is are there where one is read that is not erased.
#[derive(JsonSchema)]
pub(crate) struct Person {
    identity_id: RecordId,
    kind: SubjectKindBody,
    standing: PersonStanding,
    /// The entity it is, or stands behind.
    entity_id: Option<EntityId>,
    /// 0 to 3.
    tier: u8,
    /// Until when the evidence carries that tier.
    tier_until: Option<Timestamp>,
    /// The kinds of evidence the next tier takes beside.
    next_tier_takes: Vec<String>,
    evidence: Vec<EvidenceLasting>,
    /// What the journal says of the sealed part.
    commitment_sha256: Digest,
    particulars: Option<ParticularsShown>,
    /// Whether the particulars are masked: initials, and the last digits of identifiers.
    masked: Option<bool>,
    /// Where nothing is masked.
    dids: Option<Vec<BoundDid>>,
    /// Where nothing is masked.
    screening: Option<PersonScreening>,
}

/// Where somebody stands in the register of persons.
#[derive(JsonSchema)]
struct PersonStanding {
    /// `known` or `erased`.
    state: String,
    /// Known since when.
    since: Option<Timestamp>,
    /// Erased when.
    at: Option<Timestamp>,
}

/// How long a kind of evidence lasts.
#[derive(JsonSchema)]
struct EvidenceLasting {
    kind: String,
    until: Timestamp,
    ended: bool,
}

/// What is known of somebody; masked, a name and identifiers alone.
#[derive(JsonSchema)]
struct ParticularsShown {
    kind: SubjectKindBody,
    full_name: String,
    /// Of birth, or of incorporation.
    birth_date: Option<Date>,
    /// Nationality, or jurisdiction of incorporation.
    nationality: Option<JurisdictionId>,
    address: Option<String>,
    contact: Option<String>,
    identifiers: Vec<IdentifierShown>,
}

/// An identifier issued by somebody.
#[derive(JsonSchema)]
pub(super) struct IdentifierShown {
    /// `passport`, `cnic`, `lei`, …
    scheme: String,
    value: String,
    /// Who issued it, where the scheme does not say so.
    jurisdiction_id: Option<JurisdictionId>,
}

/// A DID whose holder showed that it controls it.
#[derive(JsonSchema)]
struct BoundDid {
    did: Did,
    since: Timestamp,
}

/// What somebody was last found to be.
#[derive(JsonSchema)]
struct PersonScreening {
    at: Timestamp,
    lists_sha256: Digest,
    /// `clear`, `hit` or `unknown`.
    outcome: String,
    /// Id of the list and number of the record, of each hit.
    hits: Vec<[String; 2]>,
    /// What a decision about a hit names.
    subject_sha256: Digest,
}

/// Limits that were set.
#[derive(JsonSchema)]
pub(crate) struct TierLimitsSet {
    result: TierLimits,
}

/// How much a customer of each tier, 0 to 3, may pay in a currency.
#[derive(JsonSchema)]
#[schemars(rename = "TierLimitsInForce")]
struct TierLimits {
    /// `MEZTierLimits`.
    #[serde(rename = "type")]
    type_: String,
    currency: Currency,
    per_payment: [Money; 4],
    per_day: Option<[Money; 4]>,
    per_month: Option<[Money; 4]>,
    since: Timestamp,
    /// Since when payments are counted by day and month.
    counted_since: Option<Timestamp>,
}
