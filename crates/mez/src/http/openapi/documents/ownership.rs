//! Registers of members, their entries, and dividends.

use canon::{Currency, Date, Digest, EntityId, PaymentId, RecordId, Timestamp};
use registry::Operation;
use registry::ownership::{NewGrant, OwnershipEvent, PerShare};
use schemars::JsonSchema;

use super::records::{CapTable, Money};

/// A register of members without its holdings.
#[derive(JsonSchema)]
pub(crate) struct CapTableBrief {
    entity_id: EntityId,
    /// How many entries it is made of.
    entries: u64,
    /// The day from which the last entry counts.
    effective: Date,
    /// Code words of its classes.
    classes: Vec<String>,
}

/// An entry of a register of members.
#[derive(JsonSchema)]
pub(crate) struct CapTableEntry {
    /// `MEZCapTableEntry`.
    #[serde(rename = "type")]
    type_: String,
    entity_id: EntityId,
    /// Its number, from 1.
    entry: u64,
    recorded: Timestamp,
    dated: Dated,
    /// The decision it was made under.
    decision_sha256: Digest,
}

/// A register of members after an entry.
#[derive(JsonSchema)]
pub(crate) struct CapTableEntered {
    #[serde(flatten)]
    table: CapTable,
    /// The entry that was made; absent where it opened the register.
    entry: Option<CapTableEntry>,
}

/// What happened, and from which day it counts.
#[derive(JsonSchema)]
#[schemars(rename = "DatedOwnershipEvent")]
struct Dated {
    effective: Date,
    event: OwnershipEvent,
    /// The approved proposal it rests on, where it needs one.
    authorised: Option<Authorised>,
}

/// An approval, and what it is good for.
#[derive(JsonSchema)]
struct Authorised {
    consent_id: RecordId,
    operation: Operation,
    /// The day of the approval.
    approved: Date,
}

/// A dividend, and what each holder is paid of it. Amounts are decimals in its currency.
#[derive(JsonSchema)]
pub(crate) struct Dividend {
    dividend_id: RecordId,
    class_id: String,
    currency: Currency,
    per_share: PerShare,
    record_date: Date,
    /// Shares it is paid on.
    shares: u64,
    total: String,
    parts: Vec<DividendPart>,
}

/// A grant of options on a day.
#[derive(JsonSchema)]
pub(super) struct GrantShown {
    /// As made.
    terms: NewGrant,
    /// Exercised ones included.
    vested: u64,
    /// Options that became shares.
    exercised: u64,
    /// Options that ended without vesting.
    lapsed: u64,
    /// Options that can be exercised.
    exercisable: u64,
}

/// A dividend as declared.
#[derive(JsonSchema)]
pub(super) struct DividendDeclared {
    dividend_id: RecordId,
    class_id: String,
    per_share: PerShare,
    record_date: Date,
    /// Shares issued on that day.
    shares: u64,
    total: Money,
    /// The entry that declared it.
    entry: u64,
}

/// What one holder is paid.
#[derive(JsonSchema)]
struct DividendPart {
    holder_id: RecordId,
    amount: String,
    /// Which payment paid it; absent while none did.
    payment_id: Option<PaymentId>,
}
