//! `--proof-only`: whether the keys a document names signed it; whose keys they are is left open.

use proof::credential::{PRESENTATION_TYPE, Verdict};
use proof::did::{self, Relationship};
use proof::integrity::{self, ASSERTION, AUTHENTICATION, Form, IntegrityError};
use serde_json::Value;

use super::finding::Finding;
use super::report::{Kind, Whole};
use crate::cli::failure::Failure;
use crate::cli::vc;

pub(super) fn judge(name: &str, bytes: &[u8]) -> Result<Finding, Failure> {
    let (document, ours) = vc::read(name, bytes)?;
    let form = if ours { Form::Canonical } else { Form::Foreign };
    let resolve = |method: &str| did::resolve(method, &[], Relationship::Assertion);
    Ok(match integrity::verify_as(&document, purpose(&document), form, &resolve) {
        Ok(signers) => {
            let signed_by: Vec<String> =
                signers.iter().map(|signer| signer.verification_method.clone()).collect();
            let checked = "the proofs alone; not whose keys these are, nor what the document says";
            Finding::new(Kind::Document, Verdict::Valid)
                .row("signed by", signed_by.join(", "))
                .row("checked", checked)
                .says(Whole::Document { checked, signed_by })
        }
        Err(error) => {
            let (verdict, code) = fault(&error);
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            let detail = format!("{error}{}", cause.unwrap_or_default());
            Finding::new(Kind::Document, verdict).because(code, detail)
        }
    })
}

/// A presentation is signed to show presence, anything else to state something.
fn purpose(document: &Value) -> &'static str {
    let types = document.get("type").and_then(Value::as_array);
    let shown = types.is_some_and(|types| types.iter().any(|type_| type_ == PRESENTATION_TYPE));
    if shown { AUTHENTICATION } else { ASSERTION }
}

/// What cannot be checked here is not known; what was checked and fails is invalid.
fn fault(error: &IntegrityError) -> (Verdict, &'static str) {
    match error {
        IntegrityError::UnsupportedSuite(_) => (Verdict::Unknown, "unsupported-cryptosuite"),
        IntegrityError::UnsupportedPurpose(_) => (Verdict::Unknown, "unsupported-purpose"),
        IntegrityError::UnknownMember(_) => (Verdict::Unknown, "unsupported-proof-member"),
        IntegrityError::UnknownMethod(_) => (Verdict::Unknown, "unresolved-method"),
        IntegrityError::NoProof => (Verdict::Invalid, "no-proof"),
        _ => (Verdict::Invalid, "proof"),
    }
}
