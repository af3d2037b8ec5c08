//! `/v1/credentials`.

use canon::Timestamp;
use serde_json::{Value, json};
use zone::Zone;

use super::answer::Answer;
use super::asked::Asked;
use super::bodies::VerifyBody;
use super::problem::Problem;

/// Judge a credential under the zone's anchors; the answer is 200 whatever the verdict.
pub(super) fn verify(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let VerifyBody { credential, as_of } = asked.read()?;
    let as_of = as_of.map(|text| Timestamp::parse(&text)).transpose();
    let as_of = as_of.map_err(|error| Problem::field("/as_of", error.to_string()))?;
    let as_of = as_of.unwrap_or_else(|| zone.now());
    let judgement = proof::credential::verify(&credential, &zone.anchors(), as_of);
    let issuer = match credential.get("issuer") {
        Some(Value::Object(issuer)) => issuer.get("id").cloned(),
        other => other.cloned(),
    };
    let body = json!({
        "verdict": judgement.verdict(),
        "reasons": judgement.reasons(),
        "needs": judgement.needs(),
        "issuer": issuer,
        "types": credential.get("type"),
        "as_of": as_of,
        "realm": zone.realm(),
    });
    Ok(body.into())
}
