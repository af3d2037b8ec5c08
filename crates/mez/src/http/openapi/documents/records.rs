//! Records of the registers and the books.

use canon::{
    AccountId, CorridorId, Currency, Date, Did, Digest, EntityId, JurisdictionId, RecordId,
    Timestamp,
};
use registry::ownership::ShareClass;
use schemars::JsonSchema;

use super::ownership::{DividendDeclared, GrantShown};
use super::register::{LicenseType, OwnerShown, RegisterRows};

/// An entity.
#[derive(JsonSchema)]
pub(crate) struct Entity {
    /// `MEZEntity`.
    #[serde(rename = "type")]
    type_: String,
    entity_id: EntityId,
    applied: Timestamp,
    formation: Formation,
    status: EntityStanding,
    /// What the register says of it beside, over time; `/register` reads it as of a day.
    register: Option<RegisterRows>,
}

/// What it was formed with.
#[derive(JsonSchema)]
#[schemars(rename = "EntityFormation")]
struct Formation {
    entity_type: String,
    legal_name: String,
    jurisdiction_id: JurisdictionId,
    activity: String,
    registered_office: Option<Office>,
    beneficial_owners: Option<Vec<OwnerShown>>,
}

/// Where it can be served.
#[derive(JsonSchema)]
#[schemars(rename = "EntityOffice")]
pub(super) struct Office {
    address: String,
    jurisdiction_id: JurisdictionId,
}

/// Where an entity stands.
#[derive(JsonSchema)]
struct EntityStanding {
    /// `APPLIED`, `ACTIVE`, `SUSPENDED`, `DISSOLVING`, `DISSOLVED` or `REJECTED`.
    state: String,
    /// Absent while it is being wound up.
    since: Option<Timestamp>,
    reason: Option<String>,
    /// Which of the ten stages of winding up, from 1.
    stage: Option<u8>,
    /// When that stage was entered.
    entered: Option<Timestamp>,
    /// What each stage left behind, in order.
    evidence: Option<Vec<StageDone>>,
}

/// What proves that a stage of winding up was done.
#[derive(JsonSchema)]
struct StageDone {
    /// Of the document.
    sha256: Digest,
    /// The vote, where the stage is one.
    resolution: Option<StageVote>,
}

/// A vote of shareholders.
#[derive(JsonSchema)]
struct StageVote {
    votes_for: u64,
    /// For and against.
    votes_cast: u64,
}

/// A state, since when, and what belongs to that state alone.
#[derive(JsonSchema)]
struct Standing {
    /// In capitals: `ACTIVE`, `SUSPENDED`, …
    state: String,
    since: Option<Timestamp>,
    reason: Option<String>,
}

/// An account with its balance.
#[derive(JsonSchema)]
pub(crate) struct Account {
    account_id: AccountId,
    holder: Holder,
    currency: Currency,
    opened: Timestamp,
    /// Decimal, in its currency.
    balance: String,
    /// The same less what is promised.
    available: String,
}

/// Whose account.
#[derive(JsonSchema)]
#[schemars(rename = "AccountHolder")]
struct Holder {
    /// `customer`, or what the zone itself keeps it for.
    kind: String,
    /// The entity, of a customer's.
    owner: Option<EntityId>,
    /// Of one that owes a corridor's far end.
    corridor_id: Option<CorridorId>,
    /// Why it is held, of what nobody may have now.
    reason: Option<String>,
    /// Whose bond it is.
    watcher: Option<Did>,
    /// Who collects the tax on it.
    authority: Option<String>,
    /// Of the chart.
    code: Option<String>,
}

/// Money in minor units.
#[derive(JsonSchema)]
pub(super) struct Money {
    currency: Currency,
    /// A whole number of minor units, as text.
    minor: String,
}

/// A license as it reads today.
#[derive(JsonSchema)]
pub(crate) struct License {
    /// `MEZLicense`.
    #[serde(rename = "type")]
    type_: String,
    license_id: RecordId,
    license_type_id: String,
    holder: EntityId,
    applied: Timestamp,
    activities: Vec<String>,
    number: Option<String>,
    term: Option<Term>,
    obligations: Vec<ObligationShown>,
    /// Obligations whose day has passed.
    overdue: Vec<String>,
    state: String,
    status: Standing,
    in_force: bool,
    /// What the register of license types says, where one license is read.
    license_type: Option<LicenseType>,
}

/// Something the holder owes.
#[derive(JsonSchema)]
struct ObligationShown {
    obligation_id: String,
    /// What is owed.
    statement: String,
    /// `once`, `month`, `quarter` or `year`.
    every: String,
    /// By when it is owed next; absent once it is done for good.
    due: Option<Date>,
    /// The day on which it was met last, and the digest of what proved it.
    met: Option<[String; 2]>,
}

/// From a day until another.
#[derive(JsonSchema)]
#[schemars(rename = "LicenseTerm")]
struct Term {
    from: Date,
    until: Option<Date>,
}

/// A register of members as on a day.
#[derive(JsonSchema)]
pub(crate) struct CapTable {
    entity_id: EntityId,
    as_of: Date,
    /// The day from which the last entry counts.
    effective: Date,
    /// How many entries it is made of.
    entries: u64,
    classes: Vec<Class>,
    holders: Vec<Member>,
    grants: Vec<GrantShown>,
    dividends: Vec<DividendDeclared>,
}

/// A class of shares and who holds it.
#[derive(JsonSchema)]
#[schemars(rename = "CapTableClass")]
struct Class {
    terms: ShareClass,
    issued: u64,
    reserved: u64,
    unreserved: u64,
    fully_diluted: u64,
    holdings: Vec<Holding>,
}

/// What one member holds of a class.
#[derive(JsonSchema)]
#[schemars(rename = "CapTableHolding")]
struct Holding {
    holder_id: String,
    shares: u64,
    /// Of those issued, in basis points.
    share_bp: u64,
    /// A whole number, as text.
    votes: String,
}

/// A member.
#[derive(JsonSchema)]
#[schemars(rename = "CapTableMember")]
struct Member {
    holder_id: String,
    /// `person` or `entity`.
    kind: String,
    name: String,
    entity_id: Option<EntityId>,
    /// The DID that votes for it.
    voter: Option<String>,
}
