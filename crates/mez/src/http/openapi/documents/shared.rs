//! What several answers have in common: places in journals and lanes, facts, credentials of the zone.

use std::collections::BTreeMap;

use canon::{Currency, Date, Did, Digest, Realm, Timestamp, ZoneId};
use proof::schema::Proofs;
use schemars::JsonSchema;

use super::records::Money;

/// A receipt in somebody's lane.
#[derive(JsonSchema)]
#[schemars(rename = "LaneReference")]
pub(super) struct LaneRef {
    /// Whose lane.
    lane: ZoneId,
    /// Its sequence there, from 0.
    sequence: u64,
    next_root: Digest,
}

/// An acknowledgement of a prefix of a lane.
#[derive(JsonSchema)]
#[schemars(rename = "AcknowledgementReference")]
pub(super) struct AckRef {
    /// The receipt that carries it.
    carried_by: LaneRef,
    /// It decides sequences below this one.
    size: u64,
}

/// A refusal of one receipt inside an acknowledgement.
#[derive(JsonSchema)]
#[schemars(rename = "RefusalReference")]
pub(super) struct RefusalRef {
    ack: AckRef,
    /// Sequence of the receipt it refuses.
    sequence: u64,
    /// A code word.
    reason_code: String,
    /// Of the decision there.
    decision_sha256: Digest,
}

/// Where a receipt stands.
#[derive(JsonSchema)]
pub(super) struct ReceiptPlace {
    /// Whose lane.
    lane: ZoneId,
    sequence: u64,
}

/// A fact and what vouches for it.
#[derive(JsonSchema)]
pub(super) struct Fact {
    value: FactValue,
    provenance: Provenance,
}

/// Facts by their names in the vocabulary.
pub(super) type Facts = BTreeMap<String, Fact>;

/// A value of a fact or a figure of law: exactly one member, which says its type.
#[derive(JsonSchema)]
pub(super) struct FactValue {
    bool: Option<bool>,
    int: Option<i64>,
    text: Option<String>,
    money: Option<Money>,
    /// A set, sorted.
    texts: Option<Vec<String>>,
    ints: Option<Vec<i64>>,
    date: Option<Date>,
    /// Steps of a scale.
    brackets: Option<Brackets>,
}

/// Steps of a scale: from each threshold up to the next, a number.
#[derive(JsonSchema)]
#[schemars(rename = "ScaleBrackets")]
struct Brackets {
    /// What the thresholds are minor units of; plain numbers without.
    currency: Option<Currency>,
    /// Threshold (inclusive) and what it gives, ascending.
    steps: Vec<[i64; 2]>,
}

/// What vouches for a fact.
#[derive(JsonSchema)]
#[schemars(rename = "FactProvenance")]
pub(super) struct Provenance {
    /// `credential`, `registry`, `screening` or `adapter`.
    source: String,
    /// Of the credential, record, screening or answer.
    digest: Digest,
    /// Who issued it, for credentials.
    issuer: Option<Did>,
    /// First moment at which it no longer holds.
    expires: Option<Timestamp>,
}

/// A W3C Verifiable Credential (2.0) of the zone; `mez verify` judges it offline.
#[derive(JsonSchema)]
#[schemars(rename = "Signed{S}", rename_all = "camelCase")]
pub(crate) struct Signed<S> {
    #[schemars(rename = "@context")]
    context: Vec<String>,
    /// A URN.
    id: String,
    /// `VerifiableCredential`, and what it is of ours.
    r#type: Vec<String>,
    issuer: Did,
    realm: Realm,
    valid_from: Timestamp,
    /// The first moment it no longer holds.
    valid_until: Timestamp,
    credential_subject: S,
    proof: Proofs,
}
