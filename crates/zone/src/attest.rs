//! The credential a zone issues about a decision: that it was evaluated, under which law, and how.

use canon::Timestamp;
use law::Admission;
use proof::credential::{Unsigned, issue};
use serde_json::{Value, json};

use crate::limits::CREDENTIAL_DAYS;
use crate::refused::Refused;
use crate::zone::Zone;

/// Says that an evaluation happened; not that the subject is compliant in general.
pub(crate) const EVALUATION: &str = "MEZComplianceEvaluationCredential";

impl Zone {
    /// Issue the evaluation credential of an admission; it ends with the first fact it rests on.
    pub(crate) fn attest(
        &self,
        admission: &Admission,
        subject: &str,
        now: Timestamp,
    ) -> Result<Value, Refused> {
        let decision = admission.decision();
        let salt = self.salt()?;
        let commitment = decision.commitment(salt.as_bytes()).map_err(Refused::host)?;
        let end = now.plus_secs(CREDENTIAL_DAYS * 86_400).map_err(Refused::host)?;
        let valid_until = decision.next_expiry.map_or(end, |expiry| expiry.min(end));
        let id = self.fresh_id()?;
        let unsigned = Unsigned {
            id: format!("urn:uuid:{id}"),
            types: vec![EVALUATION.to_owned()],
            issuer: self.did().clone(),
            realm: self.realm(),
            subject: json!({
                "id": format!("urn:mez:{subject}"),
                "kind": decision.kind,
                "outcome": decision.outcome(),
                "jurisdictions": decision.jurisdictions,
                "as_of": decision.as_of,
                "packs": decision.packs,
                "decision_commitment_sha256": commitment,
            }),
            valid_from: now,
            valid_until,
            evidence: Vec::new(),
            status: Vec::new(),
        };
        let signer = self.keys.assertion.as_ref();
        let method = signer.public().verification_method();
        issue(unsigned, signer, &method).map_err(Refused::unsigned_here)
    }
}
