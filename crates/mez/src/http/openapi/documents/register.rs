//! What the register says of an entity over time, who owns it, and the types of license there are.

use ::law::Citation;
use canon::{Date, Did, EntityId, JurisdictionId, PackId, RecordId, Timestamp};
use registry::ownership::HolderKind;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::people::IdentifierShown;
use super::records::{License, Office};

/// Name, office, owners, officers and licenses of an entity on a day, as known at a moment.
#[derive(JsonSchema)]
pub(crate) struct Register {
    entity_id: EntityId,
    as_of: Date,
    known_at: Timestamp,
    /// As it stands now: `ACTIVE`, `SUSPENDED`, …
    status: String,
    legal_name: Option<String>,
    registered_office: Option<Office>,
    owners: Vec<OwnerRow>,
    /// The sum of their shares, in basis points.
    owners_total_bp: u32,
    /// From which share law calls somebody a beneficial owner; absent where no pack has a sourced figure.
    threshold: Option<OwnerThreshold>,
    /// Members who hold so much of shares or votes; absent without a threshold or without a register of members.
    members_over_threshold: Option<Vec<MemberOver>>,
    officers: Vec<OfficerRow>,
    /// Those begun by that day, as they read on it.
    licenses: Vec<License>,
}

/// An owner, and from when until when.
#[derive(JsonSchema)]
struct OwnerRow {
    owner: OwnerShown,
    /// First day.
    from: Date,
    recorded: Timestamp,
    ended: Option<RowEnd>,
    /// Whether the share reaches the threshold, where there is one.
    reaches_threshold: Option<bool>,
}

/// A member whose stake law calls an owner's.
#[derive(JsonSchema)]
#[schemars(rename = "MemberOverThreshold")]
struct MemberOver {
    holder_id: RecordId,
    name: String,
    kind: HolderKind,
    /// Of all shares issued.
    shares_bp: u16,
    /// Of all votes they carry.
    votes_bp: u16,
    /// Whether the declared owners name it.
    declared: bool,
}

/// Somebody who owns or controls part of an entity.
#[derive(JsonSchema)]
pub(super) struct OwnerShown {
    name: String,
    /// `person` or `entity`.
    kind: String,
    /// Share in basis points; 0 is control without a share.
    ownership_bp: u16,
    /// Of birth, or of incorporation.
    birth_date: Option<Date>,
    /// Nationality, or jurisdiction of incorporation.
    nationality: Option<JurisdictionId>,
    identifiers: Option<Vec<IdentifierShown>>,
}

/// What the register says of an entity, over time.
#[derive(JsonSchema)]
pub(super) struct RegisterRows {
    names: Vec<Row<LegalName>>,
    offices: Vec<Row<Office>>,
    owners: Vec<Row<OwnerShown>>,
    /// The place of a row is its number.
    officers: Vec<Row<OfficerShown>>,
}

/// A legal name.
#[derive(JsonSchema)]
struct LegalName(String);

/// What is so, and from when until when.
#[derive(JsonSchema)]
#[schemars(rename = "RegisterRowOf{T}")]
struct Row<T> {
    value: T,
    /// First day.
    from: Date,
    recorded: Timestamp,
    ended: Option<RowEnd>,
}

/// The end of a row.
#[derive(JsonSchema)]
#[schemars(rename = "RegisterRowEnd")]
struct RowEnd {
    /// First day on which it was no longer so.
    until: Date,
    recorded: Timestamp,
}

/// A share from which law calls somebody a beneficial owner, and where it is written.
#[derive(JsonSchema)]
struct OwnerThreshold {
    share_bp: i64,
    pack: PackId,
    /// Its name in the pack.
    parameter: String,
    /// First day in force.
    from: Date,
    citation: Citation,
}

/// An officer, and from when until when.
#[derive(JsonSchema)]
struct OfficerRow {
    /// Which appointment: what ends it names this.
    number: u64,
    officer: OfficerShown,
    from: Date,
    recorded: Timestamp,
    ended: Option<RowEnd>,
}

/// Somebody in an office.
#[derive(JsonSchema)]
struct OfficerShown {
    name: String,
    /// `person` or `entity`.
    kind: String,
    /// `director`, `secretary`, …
    office: String,
    birth_date: Option<Date>,
    nationality: Option<JurisdictionId>,
    identifiers: Option<Vec<IdentifierShown>>,
    /// The `did:key` they vote with on the board.
    voter: Option<Did>,
}

/// A statement of the Beneficial Ownership Data Standard 0.4, which defines its members.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(crate) struct BodsStatement {
    /// A digest of its content.
    statement_id: String,
    statement_date: Date,
    declaration_subject: String,
    record_id: String,
    /// `entity`, `person` or `relationship`.
    record_type: String,
    /// `new`, `updated` or `closed`.
    record_status: String,
    /// As the standard says for that type of record.
    record_details: Map<String, Value>,
    source: BodsSource,
    publication_details: BodsPublication,
}

/// Where a statement comes from.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct BodsSource {
    /// `officialRegister`.
    r#type: Vec<String>,
    asserted_by: Vec<BodsAgent>,
}

/// When and by whom it is published.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct BodsPublication {
    publication_date: Date,
    /// `0.4`.
    bods_version: String,
    publisher: BodsAgent,
}

/// Who says something.
#[derive(JsonSchema)]
struct BodsAgent {
    name: String,
}

/// The types of license that the packs in force name.
#[derive(JsonSchema)]
pub(crate) struct LicenseTypes {
    items: Vec<LicenseType>,
}

/// A type of license, as its pack has it: other members (fees, capital, how long it holds) are texts of that pack.
#[derive(JsonSchema)]
pub(super) struct LicenseType {
    id: String,
    /// Who grants it.
    regulator: String,
    name: String,
    /// The day of which the row is.
    as_of: Date,
    citation: Citation,
    application_fee: Option<String>,
    annual_fee: Option<String>,
    /// A number, as text.
    validity_years: Option<String>,
}
