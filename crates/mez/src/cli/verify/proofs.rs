//! `--proof-only`: whether the keys a document names signed it; whose keys they are is left open.

use proof::credential::Verdict;
use proof::integrity::{self, IntegrityError};

use super::finding::Finding;
use crate::cli::failure::Failure;

pub(super) fn judge(name: &str, bytes: &[u8]) -> Result<Finding, Failure> {
    let document = canon::parse_value(bytes).map_err(|refusal| Failure::refusal(name, &refusal))?;
    Ok(match integrity::verify_document(&document, &integrity::resolve_did_key) {
        Ok(signers) => {
            let methods: Vec<&str> =
                signers.iter().map(|signer| signer.verification_method.as_str()).collect();
            let scope = "the proofs alone; not whose keys these are, nor what the document says";
            Finding::new("document", Verdict::Valid)
                .say("signed by", methods.join(", "))
                .say("checked", scope)
        }
        Err(error) => {
            let (verdict, code) = fault(&error);
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            let detail = format!("{error}{}", cause.unwrap_or_default());
            Finding::new("document", verdict).because(code, detail)
        }
    })
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
