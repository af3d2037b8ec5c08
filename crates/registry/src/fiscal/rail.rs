//! Payments to accounts at banks outside the zone, over a payment system of the state.
//!
//! ```text
//! initiated ─instruct─▶ sent ─confirm─▶ settled
//!                         └───reject──▶ rejected ─give_back─▶ returned
//! ```
//! What is sent is debited in the commit that instructs it, and waits on an account of the zone's own. Nothing but the
//! system's own answer ends the waiting; whoever answers nothing leaves it where it is.

use canon::{AccountId, Bic, Iban, RecordId, Timestamp, Uetr};
use serde::{Deserialize, Serialize};

use super::instruction::PARTY_NAME_CHARS_MAX;
use super::payment::PaymentEvent;
use crate::national::Ntn;
use crate::text::{Line, Slug};

/// An account at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankAccount {
    /// Its number.
    pub iban: Iban,
    /// The bank.
    pub bic: Bic,
}

/// Who is paid, at a bank outside the zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankPayee {
    /// Its name.
    pub name: Line<PARTY_NAME_CHARS_MAX>,
    /// Its account.
    pub account: BankAccount,
    /// Its tax number, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ntn: Option<Ntn>,
}

/// What is instructed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RailTerms {
    /// The payment system, such as `pk-raast`.
    pub system: Slug,
    /// Account that pays, here.
    pub payer: AccountId,
    /// The payer's name as the system is told it.
    pub payer_name: Line<PARTY_NAME_CHARS_MAX>,
    /// The zone's own account at its bank, out of which it is paid there.
    pub from: BankAccount,
    /// Who is paid.
    pub payee: BankPayee,
    /// The reference every agent keeps; under it the instruction is one, however often it is sent.
    pub uetr: Uetr,
}

/// What the system said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RailAnswer {
    /// Its code, such as `ACSC` or `RJCT`.
    pub status: String,
    /// Why, as a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The signed answer as it is kept.
    pub evidence_id: String,
}

/// The step payer → the zone's waiting account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instructed {
    /// When.
    pub at: Timestamp,
    /// The posting.
    pub posting_id: RecordId,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum RailStatus {
    /// Nothing has moved.
    Initiated {},
    /// Debited here, undecided there.
    Sent {
        /// The step.
        instructed: Instructed,
    },
    /// Paid there.
    Settled {
        /// The step.
        instructed: Instructed,
        /// When we learned it.
        at: Timestamp,
        /// The posting by which it left the books.
        posting_id: RecordId,
        /// What the system said.
        answer: RailAnswer,
    },
    /// Refused there; the payer does not have it back yet.
    Rejected {
        /// The step.
        instructed: Instructed,
        /// When we learned it.
        at: Timestamp,
        /// What the system said.
        answer: RailAnswer,
    },
    /// Refused there, and with the payer again.
    Returned {
        /// The step.
        instructed: Instructed,
        /// What the system said.
        answer: RailAnswer,
        /// When it came back.
        at: Timestamp,
        /// The posting.
        posting_id: RecordId,
        /// Whether what was withheld came back with it; what was paid over to the authority is claimed there.
        with_tax: bool,
    },
}

/// What is instructed, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rail {
    /// What is instructed.
    pub terms: RailTerms,
    /// How far it has come.
    pub status: RailStatus,
}

impl Rail {
    pub(super) fn after(self, event: PaymentEvent) -> Option<Self> {
        let status = self.status.after(event)?;
        Some(Self { status, ..self })
    }
}

impl RailStatus {
    /// Name as at rest.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Initiated {} => "initiated",
            Self::Sent { .. } => "sent",
            Self::Settled { .. } => "settled",
            Self::Rejected { .. } => "rejected",
            Self::Returned { .. } => "returned",
        }
    }

    pub(super) const fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Initiated {} => None,
            Self::Sent { instructed } => Some(instructed.at),
            Self::Settled { at, .. } | Self::Rejected { at, .. } | Self::Returned { at, .. } => {
                Some(*at)
            }
        }
    }

    fn after(self, event: PaymentEvent) -> Option<Self> {
        match (self, event) {
            (Self::Initiated {}, PaymentEvent::Instruct(instructed)) => {
                Some(Self::Sent { instructed })
            }
            (Self::Sent { instructed }, PaymentEvent::Confirm { at, posting_id, answer }) => {
                Some(Self::Settled { instructed, at, posting_id, answer })
            }
            (Self::Sent { instructed }, PaymentEvent::Reject { at, answer }) => {
                Some(Self::Rejected { instructed, at, answer })
            }
            (
                Self::Rejected { instructed, answer, .. },
                PaymentEvent::GiveBack { at, posting_id, with_tax },
            ) => Some(Self::Returned { instructed, answer, at, posting_id, with_tax }),
            _ => None,
        }
    }
}
