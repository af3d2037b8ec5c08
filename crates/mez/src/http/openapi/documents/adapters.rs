//! National systems: how their adapters stand, what is kept of a question, payments over Raast.

use canon::{Date, Did, Digest, EntityId, Realm, RecordId, Timestamp};
use schemars::JsonSchema;

use super::payments::Payment;

/// Every national system known by name.
#[derive(JsonSchema)]
pub(crate) struct Adapters {
    /// The realm the adapters are of; absent without any.
    realm: Option<Realm>,
    items: Vec<Adapter>,
}

/// A national system, and how its adapter stands where there is one.
#[derive(JsonSchema)]
struct Adapter {
    /// `pk.fbr`, `pk.nadra`, …
    adapter: String,
    /// Whether it can be asked.
    configured: bool,
    /// Whether there is a client for it at all.
    client: bool,
    /// Whether a simulator answers in its place.
    simulated: Option<bool>,
    /// Where it is asked.
    url: Option<String>,
    /// The key its answers are believed under.
    key: Option<Did>,
    /// `closed`: everything is asked; `open`: nothing is; `half_open`: one question is out.
    circuit: Option<String>,
    /// Failures in a row.
    failures: Option<u32>,
    /// Until when nothing is asked, while the circuit is open.
    open_until: Option<Timestamp>,
    /// What it last did; absent before the first question.
    last: Option<Last>,
}

/// What an adapter last did.
#[derive(JsonSchema)]
#[schemars(rename = "AdapterLast")]
struct Last {
    at: Timestamp,
    /// `answered`, or the code of why not.
    outcome: String,
    /// In words.
    detail: Option<String>,
}

/// What is kept of one question to a national system.
#[derive(JsonSchema)]
pub(crate) struct AdapterEvidence {
    /// `MEZAdapterEvidence`.
    #[serde(rename = "type")]
    type_: String,
    evidence_id: RecordId,
    /// The system that was asked.
    adapter: String,
    realm: Realm,
    /// What was asked, as a code word.
    question: String,
    /// About what: `ntn:<number>`, a digest of a person, …
    about: String,
    entity_id: Option<EntityId>,
    request_sha256: Digest,
    asked_at: Timestamp,
    /// `verified`, `not_verified` or `pending`.
    outcome: String,
    /// Why it is pending.
    reason: Option<PendingReason>,
    answer: Option<AdapterAnswer>,
}

/// Why nothing is known.
#[derive(JsonSchema)]
struct PendingReason {
    code: String,
    detail: String,
    remedy: String,
}

/// A signed answer of a national system.
#[derive(JsonSchema)]
struct AdapterAnswer {
    /// Of its bytes.
    sha256: Digest,
    /// The pinned key that signed it.
    key: Did,
    signed_at: Timestamp,
    /// Until when it counts.
    expires: Timestamp,
    /// What was signed (RFC 9421).
    signature_base: String,
    /// In base64.
    signature: String,
    /// The answer itself, unless it is of a person.
    text: Option<String>,
}

/// What a national system was asked to verify, and what it said; what it has not said is absent.
#[derive(JsonSchema)]
pub(crate) struct Verification {
    /// `verified`, `not_verified` or `pending`.
    status: String,
    verified: bool,
    /// Why it is pending.
    reason: Option<PendingReason>,
    /// What is kept of the question.
    attestation_id: RecordId,
    /// `CNIC_VERIFICATION`, `NTN_VERIFICATION`, `COMPANY_VERIFICATION`, `LICENSE_VERIFICATION` or `TAXPAYER_PROFILE`.
    attestation_type: String,
    /// The system that was asked.
    adapter: String,
    /// Who answers there.
    issuer: String,
    realm: Realm,
    /// Whether a simulator answered in its place.
    simulated: bool,
    /// The entity it was asked about.
    entity_id: Option<EntityId>,
    /// Until when the answer counts.
    valid_until: Option<Timestamp>,
    verified_at: Option<Timestamp>,
    /// The name it was asked about.
    entity_name: Option<String>,
    /// The name it has there.
    registered_name: Option<String>,
    /// Of a CNIC: all but its last digit masked.
    cnic: Option<String>,
    cnic_status: Option<String>,
    /// Of a taxpayer.
    ntn: Option<String>,
    tax_status: Option<String>,
    compliance_status: Option<String>,
    active_since: Option<Date>,
    /// Of a company.
    registration_no: Option<String>,
    company_status: Option<String>,
    company_type: Option<String>,
    incorporation_date: Option<Date>,
    /// Of a license.
    license_ref: Option<String>,
    license_type: Option<String>,
    issued_to: Option<String>,
    in_force: Option<bool>,
    expiry_date: Option<Date>,
}

/// What a tax authority said when it was told of something.
#[derive(JsonSchema)]
pub(super) struct AuthorityTold {
    /// `accepted`, `rejected` or `pending`.
    status: String,
    /// Why it is pending.
    reason: Option<PendingReason>,
    /// Its reference there.
    reference: Option<String>,
    /// What is kept of the question.
    attestation_id: RecordId,
    realm: Realm,
    /// Whether a simulator answered in its place.
    simulated: bool,
}

/// A payment over Raast, and what it waits for.
#[derive(JsonSchema)]
pub(crate) struct RaastPayment {
    #[serde(flatten)]
    payment: Payment,
    /// `pending` until Raast has decided; `settled`, `rejected` or `returned`.
    status: String,
    /// How the sending stands, while it is pending or to be given back.
    delivery: Option<RailDelivery>,
    /// What was kept of the question about the payee, where one was asked with this request.
    payee_attestation_id: Option<RecordId>,
}

/// How the sending of a payment stands.
#[derive(JsonSchema)]
struct RailDelivery {
    /// How often it was sent or given back in vain.
    attempts: u32,
    /// When it is tried again.
    next_at: Timestamp,
    reason: PendingReason,
    evidence_id: Option<RecordId>,
}
