//! Who vouches for a bundle, and what that makes of it.
//!
//! Invariant: a signature never makes a bundle better than what is in it, and one that is broken makes
//! it INVALID.

use canon::{Did, Timestamp};
use proof::credential::{Reason, Verdict};
use serde_json::Value;

use crate::artifacts::pack::{Packed, verdict};
use crate::cli::vc::{self, Trust};
use crate::cli::{Context, Failure};

/// The verdict on a bundle with its attestation, if it has one.
pub(crate) struct Vouched {
    pub verdict: Verdict,
    /// Who signed the attestation, as it says.
    pub issuer: Option<String>,
    pub reasons: Vec<Reason>,
    pub needs: Vec<Did>,
}

impl Vouched {
    /// Judges a bundle that was unpacked whole.
    pub(crate) fn of(
        packed: &Packed,
        trust: &Trust,
        as_of: Option<Timestamp>,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let mut vouched = Self {
            verdict: verdict(&packed.report),
            issuer: issuer(packed),
            reasons: Vec::new(),
            needs: Vec::new(),
        };
        if vouched.verdict == Verdict::Unknown {
            let missing = packed.report.missing.len() + packed.report.beyond_limit.len();
            vouched.says("missing", format!("{missing} of what is referred to is not in it"));
        }
        let Some(document) = &packed.attestation else {
            // Whoever names somebody asks for their word.
            if vouched.verdict == Verdict::Valid && !trust.dids()?.is_empty() {
                vouched.verdict = Verdict::Unknown;
                vouched.says(
                    "not-attested",
                    "the bundle is whole, and nobody vouches for it".to_owned(),
                );
            }
            return Ok(vouched);
        };
        let as_of = as_of.unwrap_or_else(|| context.clock.now());
        let judgement = vc::judge_inner(document, trust, as_of)?;
        vouched.verdict = match (vouched.verdict, judgement.verdict()) {
            (Verdict::Invalid, _) | (_, Verdict::Invalid) => Verdict::Invalid,
            (Verdict::Valid, Verdict::Valid) => Verdict::Valid,
            _ => Verdict::Unknown,
        };
        vouched.reasons.extend_from_slice(judgement.reasons());
        vouched.needs.extend_from_slice(judgement.needs());
        Ok(vouched)
    }

    /// Who vouches for it, for people.
    pub(crate) fn by(&self) -> &str {
        self.issuer.as_deref().unwrap_or("nobody")
    }

    fn says(&mut self, code: &'static str, detail: String) {
        self.reasons.push(Reason { code, detail });
    }
}

/// Who signed the attestation, as it says.
pub(super) fn issuer(packed: &Packed) -> Option<String> {
    let issuer = packed.attestation.as_ref()?.get("issuer")?;
    let did = match issuer {
        Value::Object(issuer) => issuer.get("id")?,
        other => other,
    };
    did.as_str().map(str::to_owned)
}
