//! Payments: who pays whom, what is taken off, and how far each has come.

use canon::{
    AccountId, Bic, CorridorId, Digest, Iban, PaymentId, RecordId, Timestamp, Uetr, ZoneId,
};
use schemars::JsonSchema;
use serde_json::Value;

use super::filings::FilerFact;
use super::records::Money;
use super::shared::{AckRef, LaneRef, RefusalRef};
use super::tax::TaxCited;

/// A payment.
#[derive(JsonSchema)]
pub(crate) struct Payment {
    /// `MEZPayment`.
    #[serde(rename = "type")]
    type_: String,
    payment_id: PaymentId,
    amount: Money,
    purpose: String,
    reference: Option<String>,
    initiated: Timestamp,
    /// What was taken off it.
    charges: Option<Charges>,
    /// The part of a dividend of the payer that it pays.
    dividend: Option<DividendPaid>,
    course: Course,
    /// `internal`, `outbound`, `inbound` or `rail`.
    route: String,
    /// `settled`, `sent`, `acknowledged`, `returned`, …
    state: String,
}

/// A holder's part of a dividend.
#[derive(JsonSchema)]
struct DividendPaid {
    dividend_id: RecordId,
    /// Who is paid, by the payer's register of members.
    holder_id: RecordId,
}

/// A payment that was instructed.
#[derive(JsonSchema)]
pub(crate) struct PaymentMade {
    #[serde(flatten)]
    payment: Payment,
    /// The receipt that carries it, where it crosses a corridor.
    #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
    lane_receipt: Option<Value>,
}

/// Tax withheld from whoever is paid, a fee from whoever pays.
#[derive(JsonSchema)]
#[schemars(rename = "PaymentCharges")]
struct Charges {
    tax: Option<WithheldTax>,
    fee: Option<ChargedFee>,
}

/// Tax taken off a payment.
#[derive(JsonSchema)]
struct WithheldTax {
    /// The record of the taxable event.
    event_id: RecordId,
    /// What the payer gives.
    gross: Money,
    withheld: Money,
    /// What whoever is paid receives.
    net: Money,
    terms: WithholdingTerms,
}

/// By which rate, for whom, upon whose word.
#[derive(JsonSchema)]
struct WithholdingTerms {
    /// Who collects it.
    authority: String,
    filer: FilerFact,
    rate: WithholdingRate,
    /// How the product was rounded.
    rounding: String,
}

/// A rate, and where it stands.
#[derive(JsonSchema)]
struct WithholdingRate {
    /// In basis points of the gross amount.
    rate_bp: u32,
    citation: TaxCited,
}

/// A fee for a payment.
#[derive(JsonSchema)]
struct ChargedFee {
    /// The row of the schedule.
    fee_id: RecordId,
    /// On top of what is paid.
    amount: Money,
}

/// The way a payment takes; members beside `route` and `status` belong to some routes alone.
#[derive(JsonSchema)]
#[schemars(rename = "PaymentCourse")]
struct Course {
    /// As `route` of the payment.
    route: String,
    /// The corridor it crosses.
    corridor_id: Option<CorridorId>,
    /// An account here, or somebody in another zone.
    payer: Option<End>,
    /// As told to the other zone.
    payer_name: Option<String>,
    /// An account here, or somebody in another zone.
    payee: Option<End>,
    /// The receipt of the payer's zone that brought it.
    origin: Option<LaneRef>,
    /// What a payment system of the state was instructed.
    terms: Option<RailTerms>,
    status: CourseStatus,
}

/// An end of a payment.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "PaymentEnd")]
enum End {
    /// An account here.
    Here(AccountId),
    /// Somebody in another zone.
    There(Counterparty),
}

/// Somebody in another zone.
#[derive(JsonSchema)]
struct Counterparty {
    zone_id: ZoneId,
    account_id: AccountId,
    /// As far as it was given.
    name: Option<String>,
}

/// A state, and what belongs to it alone.
#[derive(JsonSchema)]
struct CourseStatus {
    /// As `state` of the payment.
    state: String,
    at: Option<Timestamp>,
    /// The posting of the step.
    posting_id: Option<RecordId>,
    /// The posting that credited what was taken back.
    settled_by: Option<RecordId>,
    /// How it left over a corridor.
    sending: Option<Step>,
    /// The other zone's acknowledgement.
    ack: Option<AckRef>,
    /// What undid a refused sending.
    undoing: Option<Step>,
    /// How it left the held account.
    release: Option<Step>,
    /// The held account.
    account_id: Option<AccountId>,
    /// Our refusal of what came in.
    refusing: Option<Refusing>,
    /// The other zone's return receipt.
    receipt: Option<LaneRef>,
    /// How it was debited for a payment system.
    instructed: Option<Step>,
    /// What the payment system said.
    answer: Option<RailAnswer>,
    /// Whether what was withheld came back with it.
    with_tax: Option<bool>,
}

/// A step of a payment: its posting, and the receipt of the same commit where it wrote one.
#[derive(JsonSchema)]
#[schemars(rename = "PaymentStep")]
struct Step {
    at: Timestamp,
    posting_id: RecordId,
    receipt: Option<LaneRef>,
    /// The refusal it answers.
    refusal: Option<RefusalRef>,
}

/// A refusal of an inbound payment.
#[derive(JsonSchema)]
#[schemars(rename = "PaymentRefusing")]
struct Refusing {
    at: Timestamp,
    /// A code word.
    reason_code: String,
    /// Of our decision.
    decision_sha256: Digest,
}

/// What a payment system is instructed.
#[derive(JsonSchema)]
struct RailTerms {
    /// Such as `pk-raast`.
    system: String,
    /// The account that pays, here.
    payer: AccountId,
    payer_name: String,
    /// The zone's own account at its bank.
    from: BankAccount,
    payee: BankPayee,
    /// Under it the instruction is one, however often it is sent.
    uetr: Uetr,
}

/// An account at a bank.
#[derive(JsonSchema)]
struct BankAccount {
    iban: Iban,
    bic: Bic,
}

/// Who is paid, at a bank outside the zone.
#[derive(JsonSchema)]
struct BankPayee {
    name: String,
    account: BankAccount,
    /// Its tax number.
    ntn: Option<String>,
}

/// What a payment system said.
#[derive(JsonSchema)]
struct RailAnswer {
    /// Its code, such as `ACSC` or `RJCT`.
    status: String,
    /// Why, as a code.
    reason: Option<String>,
    /// The signed answer as it is kept.
    evidence_id: RecordId,
}
