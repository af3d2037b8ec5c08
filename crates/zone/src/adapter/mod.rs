//! National systems: what a state's own register says, asked over an adapter and kept as evidence.
//!
//! The zone asks a typed [`Question`] at a door, [`National`]; who carries it there, and over what, is not known here.
//! An answer counts only when it was authenticated by the key pinned for that adapter and says what was asked about.
//! Everything else (nobody there, too late, nonsense, an answer about another) is [`Unanswered`]: the fact is absent
//! with a reason, the answer to the caller is *pending*, and nothing was verified (ADR 072).
//!
//! Invariant: a fact of a national system comes from an answer that is kept, and from nothing else.

mod answer;
mod circuit;
mod evidence;
mod filing;
mod found;
mod question;
mod raast;
mod shown;
mod system;
mod transfer;
mod unanswered;
mod verify;
mod wanted;

pub use answer::{
    Answer, CnicSaid, CnicStatus, CompanySaid, CompanyStatus, CompanyType, ComplianceStatus,
    FilerStatus, LicenseSaid, NtnSaid, ReturnSaid, TaxpayerSaid, TransferSaid,
};
pub use circuit::{Circuit, CircuitPolicy, CircuitState};
pub use question::{Call, CnicAsked, NtnAsked, Question, ReturnAsked, Verb};
pub use raast::{RaastAsk, RaastPayeeAsk};
pub use system::System;
pub use unanswered::Unanswered;
pub use wanted::{VerifyCnic, VerifyCompany, VerifyLicense, VerifyNtn};

use canon::{Did, Digest, Realm, Timestamp};
use registry::fiscal::BankAccount;
use serde::Serialize;

/// An answer that was authenticated and is about what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What it says.
    pub answer: Answer,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Digest of its bytes.
    pub answer_sha256: Digest,
    /// The pinned key that signed it.
    pub key: Did,
    /// When it says it was signed.
    pub signed_at: Timestamp,
    /// What was signed (RFC 9421 §2.5): it names the digests of question and answer.
    pub base: String,
    /// The signature over that, in base64.
    pub signature: String,
}

/// What an adapter last did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Last {
    /// When.
    pub at: Timestamp,
    /// `answered`, or the code of why not.
    pub outcome: &'static str,
    /// In words, for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// An adapter as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Of which system.
    pub adapter: System,
    /// Where it is asked.
    pub url: String,
    /// The key its answers are believed under.
    pub key: Did,
    /// Closed, open or half open.
    pub circuit: CircuitState,
    /// Failures in a row.
    pub failures: u32,
    /// Until when nothing is asked, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_until: Option<Timestamp>,
    /// What it last did; absent before the first question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Last>,
}

/// The way to national systems.
pub trait National: Send + Sync {
    /// Ask, and wait no longer than the adapter's bound. The same key again is the same question again.
    ///
    /// # Errors
    /// See [`Unanswered`].
    fn ask(&self, question: &Question, key: &str) -> Result<Heard, Unanswered>;

    /// The realm its adapters are of.
    fn realm(&self) -> Realm;

    /// The zone's own account at its bank, out of which payments over Raast go; none where none is named.
    fn bank_account(&self) -> Option<BankAccount> {
        None
    }

    /// The adapters there are.
    fn standing(&self) -> Vec<Standing>;
}

#[cfg(test)]
mod tests;
