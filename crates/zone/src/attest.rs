//! The credential a zone issues about a decision: that it was evaluated, under which law, and how.

use canon::{Digest, Timestamp};
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
        self.attest_with(admission, subject, now, None)
    }

    /// The same, with the head under which domains of the decision can be shown one by one.
    pub(crate) fn attest_disclosable(
        &self,
        admission: &Admission,
        subject: &str,
        now: Timestamp,
        seed: &Digest,
    ) -> Result<Value, Refused> {
        let decision = (admission.decision(), admission.digest());
        let head = crate::disclosure::head(subject, decision, seed)?;
        self.attest_with(admission, subject, now, Some(head))
    }

    fn attest_with(
        &self,
        admission: &Admission,
        subject: &str,
        now: Timestamp,
        head: Option<Digest>,
    ) -> Result<Value, Refused> {
        let decision = admission.decision();
        let salt = self.salt()?;
        let commitment = admission.commitment(salt.as_bytes()).map_err(Refused::host)?;
        let end = now.plus_secs(CREDENTIAL_DAYS * 86_400).map_err(Refused::host)?;
        let valid_until = decision.next_expiry.map_or(end, |expiry| expiry.min(end));
        let id = self.fresh_id()?;
        let mut claims = json!({
            "id": format!("urn:mez:{subject}"),
            "kind": decision.kind,
            "outcome": decision.outcome(),
            "jurisdictions": decision.jurisdictions,
            "as_of": decision.as_of,
            "packs": decision.packs,
            "decision_commitment_sha256": commitment,
        });
        if let (Some(head), Value::Object(claims)) = (head, &mut claims) {
            claims.insert("tensor_head_sha256".to_owned(), json!(head));
        }
        let unsigned = Unsigned {
            id: format!("urn:uuid:{id}"),
            types: vec![EVALUATION.to_owned()],
            issuer: self.did().clone(),
            realm: self.realm(),
            subject: claims,
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
