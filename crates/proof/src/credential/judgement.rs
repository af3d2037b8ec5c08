//! The answer of a verification.

use std::fmt;

use canon::Did;
use schemars::JsonSchema;
use serde::Serialize;

use super::Credential;
use crate::verified::Verified;

/// Valid, invalid, or not known. Ordered so that the maximum of several is their conjunction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Everything was checked and holds.
    Valid,
    /// Something needed for the check is missing or not supported; treat as refused.
    Unknown,
    /// Something was checked and does not hold.
    Invalid,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Valid => "VALID",
            Self::Unknown => "UNKNOWN",
            Self::Invalid => "INVALID",
        })
    }
}

/// One reason for a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Reason {
    /// Stable code in kebab case.
    pub code: &'static str,
    /// What was found.
    pub detail: String,
}

/// The answer: a verdict with its reasons, the trust it would need, and the credential if valid.
#[derive(Clone, Debug)]
pub struct Judgement {
    verdict: Verdict,
    reasons: Vec<Reason>,
    needs: Vec<Did>,
    credential: Option<Verified<Credential>>,
}

impl Judgement {
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Why it is not valid; empty when it is.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// DIDs that, if trusted (with their inception documents), could settle an unknown verdict.
    #[must_use]
    pub fn needs(&self) -> &[Did] {
        &self.needs
    }

    /// The credential, only when valid.
    #[must_use]
    pub fn credential(&self) -> Option<&Verified<Credential>> {
        self.credential.as_ref()
    }

    /// The credential, or the whole judgement that refuses it.
    ///
    /// # Errors
    /// The judgement itself, unless valid.
    pub fn into_verified(self) -> Result<Verified<Credential>, Box<Self>> {
        match self.credential {
            Some(credential) => Ok(credential),
            None => Err(Box::new(self)),
        }
    }
}

/// Collects findings; the worst decides.
#[derive(Default)]
pub(crate) struct Findings {
    worst: Option<Verdict>,
    reasons: Vec<Reason>,
    needs: Vec<Did>,
}

impl Findings {
    fn add(&mut self, verdict: Verdict, code: &'static str, detail: String) {
        self.worst = self.worst.max(Some(verdict));
        self.reasons.push(Reason { code, detail });
    }

    pub(crate) fn invalid(&mut self, code: &'static str, detail: impl Into<String>) {
        self.add(Verdict::Invalid, code, detail.into());
    }

    pub(crate) fn unknown(&mut self, code: &'static str, detail: impl Into<String>) {
        self.add(Verdict::Unknown, code, detail.into());
    }

    pub(crate) fn need(&mut self, did: &Did) {
        if !self.needs.contains(did) {
            self.needs.push(did.clone());
        }
    }

    /// What was found, where no single credential is the answer.
    pub(crate) fn parts(self) -> (Verdict, Vec<Reason>, Vec<Did>) {
        (self.worst.unwrap_or(Verdict::Valid), self.reasons, self.needs)
    }

    /// Closes the findings. Without a readable credential the verdict is never valid.
    pub(crate) fn judge(mut self, credential: Option<Credential>) -> Judgement {
        if self.worst.is_none() && credential.is_none() {
            self.invalid("malformed", "the credential cannot be read");
        }
        let verdict = self.worst.unwrap_or(Verdict::Valid);
        let credential = credential.filter(|_| verdict == Verdict::Valid).map(Verified::seal);
        Judgement { verdict, reasons: self.reasons, needs: self.needs, credential }
    }
}
