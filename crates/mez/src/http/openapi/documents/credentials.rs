//! The judgement of a credential.

use canon::{Did, Realm, Timestamp};
use proof::credential::{Reason, Verdict};
use schemars::JsonSchema;
use serde_json::Value;

/// What is to be held of a credential under the zone's anchors.
#[derive(JsonSchema)]
pub(crate) struct CredentialJudgement {
    verdict: Verdict,
    /// Why it is not valid; empty when it is.
    reasons: Vec<Reason>,
    /// DIDs that, if trusted, could settle an unknown verdict.
    needs: Vec<Did>,
    /// As the credential names it: of any shape where it is not one.
    issuer: Value,
    /// As the credential names them: of any shape where it is not one.
    types: Value,
    /// The moment it was judged for.
    as_of: Timestamp,
    realm: Realm,
}
