//! The books: statements, the chart, treasuries, transfers, fees.

use canon::{AccountId, Currency, Date, EntityId, RecordId, Timestamp};
use schemars::JsonSchema;

use super::records::{Account, Money};

/// An account over a period, and a page of its entries. Amounts are decimals in its currency.
#[derive(JsonSchema)]
#[schemars(rename = "AccountStatement")]
pub(crate) struct Statement {
    account_id: AccountId,
    currency: Currency,
    from: Date,
    to: Date,
    /// By which days: `booked` or `effective`.
    by: String,
    /// The balance before the first day.
    opening: String,
    /// The balance after the last.
    closing: String,
    items: Vec<StatementEntry>,
    /// What to give as `after` for the next; absent on the last page.
    next: Option<String>,
}

/// One booking on an account.
#[derive(JsonSchema)]
struct StatementEntry {
    /// Its name within the account.
    entry: Option<String>,
    posting_id: RecordId,
    booked: Date,
    effective: Date,
    /// Negative for what left the account.
    change: String,
    /// With this entry.
    balance: String,
    reference: String,
    /// The posting it takes back.
    reverses: Option<RecordId>,
    /// The posting that took it back.
    reversed_by: Option<RecordId>,
}

/// The chart of accounts with the balances under it. Amounts are decimals in their currency.
#[derive(JsonSchema)]
pub(crate) struct TrialBalance {
    codes: Vec<ChartRow>,
    /// Debits and credits are equal.
    totals: Vec<DebitCredit>,
}

/// A code of the chart.
#[derive(JsonSchema)]
pub(crate) struct ChartRow {
    /// Digits, the first of which is the class.
    code: String,
    name: String,
    /// `asset`, `liability`, `equity`, `income` or `expense`.
    class: String,
    /// The side on which it grows: `debit` or `credit`.
    normal: String,
    balances: Vec<ChartBalance>,
}

/// The accounts of one currency under a code.
#[derive(JsonSchema)]
struct ChartBalance {
    currency: Currency,
    /// How many.
    accounts: u64,
    debit: String,
    credit: String,
}

/// Sums of one currency.
#[derive(JsonSchema)]
struct DebitCredit {
    currency: Currency,
    debit: String,
    credit: String,
}

/// All an entity has in this zone.
#[derive(JsonSchema)]
pub(crate) struct Treasury {
    entity_id: EntityId,
    totals: Vec<TreasuryTotal>,
    accounts: Vec<Account>,
}

/// Sums over an entity's accounts of one currency, as decimals.
#[derive(JsonSchema)]
struct TreasuryTotal {
    currency: Currency,
    balance: String,
    /// The same less what is promised.
    available: String,
    /// Promised by others.
    pending_in: String,
    /// Promised to others.
    pending_out: String,
}

/// Linked movements, all of them or none.
#[derive(JsonSchema)]
pub(crate) struct Transfer {
    transfer_id: RecordId,
    /// `pending`, `posted` or `voided`.
    state: String,
    /// Until when it can be posted, while it is pending.
    expires: Option<Timestamp>,
    /// When it was booked or let go.
    ended: Option<Timestamp>,
    /// Whether it was let go because its time was over.
    expired: bool,
    postings: Vec<Posting>,
}

/// Two or more legs that sum to zero in every currency they touch.
#[derive(JsonSchema)]
struct Posting {
    /// `MEZPosting`.
    #[serde(rename = "type")]
    type_: String,
    posting_id: RecordId,
    booked: Date,
    /// The day it counts for, where that is another.
    effective: Option<Date>,
    /// The posting it takes back.
    reverses: Option<RecordId>,
    /// The posting that took it back.
    reversed_by: Option<RecordId>,
    reference: String,
    legs: Vec<Leg>,
}

/// One movement on one account.
#[derive(JsonSchema)]
#[schemars(rename = "PostingLeg")]
struct Leg {
    account_id: AccountId,
    /// `debit` lowers the balance, `credit` raises it.
    side: String,
    amount: Money,
}

/// A row of the schedule of fees.
#[derive(JsonSchema)]
#[schemars(rename = "FeeRow")]
pub(crate) struct Fee {
    fee_id: RecordId,
    /// What is charged for: `payment.internal`.
    event: String,
    currency: Currency,
    /// The fixed part, a decimal.
    fixed: String,
    /// The part in basis points of the amount.
    rate_bp: u32,
    /// First day in force.
    from: Date,
    /// First day no longer in force.
    until: Option<Date>,
}

/// Sums of the ledger.
#[derive(JsonSchema)]
pub(crate) struct LedgerTotals {
    totals: Vec<LedgerTotal>,
}

/// Sums of one currency, as decimals.
#[derive(JsonSchema)]
struct LedgerTotal {
    currency: Currency,
    /// Of all balances: zero.
    sum: String,
    /// Of the accounts of corridors.
    corridor_accounts: String,
}
