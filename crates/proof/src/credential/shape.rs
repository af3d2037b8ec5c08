//! The shapes of what this room issues, for JSON Schema: a credential, a status list, a presentation.
//!
//! Documents of others may be wider; their reader is [`verify`](super::verify()). Nothing is ever read or
//! written through these types.

use canon::{Did, Realm, Timestamp};
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::{BASE_TYPE, CONTEXT, CONTEXT_TERMS, PRESENTATION_TYPE, PRESENTED_MAX, TYPES_MAX};
use crate::schema::{Presence, Proofs};
use crate::status::{ENTRIES_MAX, ENTRY_TYPE, SUBJECT_TYPE};

/// A credential as [`issue`](super::issue()) writes it, about `S`.
#[derive(JsonSchema)]
#[schemars(rename = "Credential", rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "read by its schema only")]
pub struct Issued<S> {
    /// The context of VC 2.0, and the one that gives our terms a meaning.
    #[schemars(rename = "@context", extend("const" = [CONTEXT, CONTEXT_TERMS]))]
    context: Value,
    /// A URL or URN.
    #[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$"))]
    id: String,
    /// `VerifiableCredential`, and what it is of ours.
    #[schemars(extend("contains" = {"const": BASE_TYPE}), length(min = 2, max = TYPES_MAX))]
    r#type: Vec<String>,
    /// Who says it.
    issuer: Did,
    /// Where it counts.
    realm: Realm,
    /// The first moment it holds.
    valid_from: Timestamp,
    /// The first moment it no longer holds.
    valid_until: Timestamp,
    /// What is said.
    credential_subject: S,
    /// What it rests on.
    evidence: Option<Vec<Map<String, Value>>>,
    /// Where its status stands.
    #[schemars(length(min = 1, max = ENTRIES_MAX))]
    credential_status: Option<Vec<StatusEntry>>,
    /// The issuer's signature.
    proof: Proofs,
}

/// A credential about anything.
pub type Any = Issued<Map<String, Value>>;

/// Where the status of a credential stands (Bitstring Status List §2.1).
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "read by its schema only")]
struct StatusEntry {
    /// Of the entry itself.
    id: String,
    /// What it is.
    #[schemars(extend("const" = ENTRY_TYPE))]
    r#type: String,
    /// What a set bit means.
    status_purpose: StatusPurpose,
    /// The place in the list, in decimal digits.
    #[schemars(regex(pattern = "^[0-9]+$"))]
    status_list_index: String,
    /// The id of the list's credential.
    status_list_credential: String,
}

/// What a set bit means.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by its schema only")]
enum StatusPurpose {
    /// Taken back for good.
    Revocation,
    /// Out of force until cleared.
    Suspension,
}

/// A status list: a credential about its bits (Bitstring Status List §2.2).
pub type StatusList = Issued<ListSubject>;

/// The bits.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "read by its schema only")]
pub struct ListSubject {
    /// The credential's id and `#list`.
    id: String,
    /// What it is.
    #[schemars(extend("const" = SUBJECT_TYPE))]
    r#type: String,
    /// What a set bit means.
    status_purpose: StatusPurpose,
    /// Gzip, as multibase base64url.
    #[schemars(regex(pattern = "^u[A-Za-z0-9_-]+$"))]
    encoded_list: String,
}

/// A presentation as [`present`](super::present) writes it.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "read by its schema only")]
pub struct Presentation {
    /// The context of VC 2.0.
    #[schemars(rename = "@context", extend("const" = [CONTEXT]))]
    context: Value,
    /// What it is.
    #[schemars(extend("const" = [PRESENTATION_TYPE]))]
    r#type: Value,
    /// Who presents.
    holder: Did,
    /// What is presented, whoever issued it.
    #[schemars(length(min = 1, max = PRESENTED_MAX))]
    verifiable_credential: Vec<Map<String, Value>>,
    /// The holder's signature, for one who asked.
    proof: Presence,
}
