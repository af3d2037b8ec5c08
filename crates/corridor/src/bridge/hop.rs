//! What one zone knows of one bridged payment: the lock of the zone before it, its own lock with the zone
//! after it, and how each ended.
//!
//! ```text
//! origin   initiated ─heard▶ prepared ─commit▶ completed
//!              └─────refuse──────┴─release▶ releasing ─return▶ released
//! relay    initiated ─heard▶ prepared ─commit▶ committed ─its answer accepted▶ completed
//!              └─────refuse──────┴─release▶ releasing ─its answer accepted▶ released
//! target   committed ─its answer accepted▶ completed
//! ```
//! Past its expiry a lock whose end is not known reads `in_doubt`, and so does an answer that was refused.

use canon::{Amount, CorridorId, Digest, PaymentId, RecordId, Timestamp, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::messages::{Commit, ReadPrepare, Release};
use crate::payment::End;

/// Why a zone that was put back lets a lock go that it did not pass on.
const LOCK_LOST: &str = "bridge-lock-lost";

/// Where a receipt stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptAt {
    /// On which corridor.
    pub corridor_id: CorridorId,
    /// In whose lane.
    pub lane: ZoneId,
    /// Its sequence there.
    pub sequence: u64,
}

/// What a zone says at the end of a lock that was written for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// `bridge.commit.v1`, with the preimage.
    Commit(Digest),
    /// `bridge.release.v1`, with the reason code.
    Release(String),
}

/// What the other zone decided of a receipt of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Why it was refused; absent: accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The receipt that says so.
    pub receipt: ReceiptAt,
}

/// The end of a lock of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// What the zone it was written for said; a refused lock is let go.
    pub said: Said,
    /// In which receipt.
    pub receipt: ReceiptAt,
}

/// What this zone answered to the lock of the zone before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What it said.
    pub said: Said,
    /// In which receipt.
    pub receipt: ReceiptAt,
    /// What became of it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// The lock of the zone before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The receipt it was written in.
    pub prepare: ReceiptAt,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What was answered; absent: nothing yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// This zone's lock with the zone after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// The receipt it was written in.
    pub prepare: ReceiptAt,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether the zone after this one is the payee's: then its commit is dated before the expiry.
    pub last: bool,
    /// The receipt that accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<ReceiptAt>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// The payer has the money back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// When.
    pub at: Timestamp,
    /// By which posting.
    pub posting_id: RecordId,
}

/// What is paid: the part of a hop that never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paid {
    /// How much.
    pub amount: Amount,
    /// SHA-256 of the preimage.
    pub condition: Digest,
    /// How many corridors were crossed before this zone's own lock.
    pub hop: u8,
    /// The invoice, by the digest of its payload.
    pub invoice_sha256: Digest,
    /// Who is paid.
    pub payee: End,
    /// The payee's zone.
    pub payee_zone: ZoneId,
    /// Who pays.
    pub payer: End,
    /// What for.
    pub purpose: String,
    /// The payment.
    pub transfer_id: PaymentId,
}

impl Paid {
    /// What a lock says of the payment.
    #[must_use]
    pub fn of(read: &ReadPrepare) -> Self {
        let ReadPrepare { prepare, paid } = read;
        Self {
            amount: prepare.amount,
            condition: prepare.condition,
            hop: prepare.hop,
            invoice_sha256: paid.payload_sha256,
            payee: paid.invoice.payee.clone(),
            payee_zone: paid.invoice.zone_id.clone(),
            payer: prepare.payer.clone(),
            purpose: paid.invoice.purpose.clone(),
            transfer_id: prepare.transfer_id.clone(),
        }
    }
}

/// One bridged payment as one zone knows it, at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hop {
    /// Always `MEZBridgeHop`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZBridgeHop"))]
    pub type_: String,
    /// What is paid.
    pub paid: Paid,
    /// When this zone first knew of it.
    pub begun: Timestamp,
    /// The lock of the zone before; absent at the payer's zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// The lock with the zone after; absent at the payee's zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<After>,
    /// At the payer's zone, once a payment let go is with the payer again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
}

/// How far a payment is, as far as one zone knows.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Our lock is written; the next zone has not said whether it takes it.
    Initiated,
    /// The next zone took it.
    Prepared,
    /// The payee is paid; the zone before has not confirmed that it knows.
    Committed,
    /// Paid, as far as this zone has a part in it.
    Completed,
    /// Let go; the zone before, or the payer, is to learn of it.
    Releasing,
    /// Let go, and everybody before this zone knows; the payer has the money.
    Released,
    /// The expiry passed without a word, or our word was refused.
    InDoubt,
}

/// What happens to a hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The zone after paid, or let somebody pay.
    Commit {
        /// What it says.
        commit: Commit,
        /// The receipt it says it in.
        receipt: ReceiptAt,
        /// The receipt's own time.
        at: Timestamp,
    },
    /// The zone after lets our lock go.
    Release {
        /// What it says.
        release: Release,
        /// The receipt it says it in.
        receipt: ReceiptAt,
    },
    /// This zone answered the zone before.
    Answer {
        /// What.
        said: Said,
        /// In which receipt.
        receipt: ReceiptAt,
    },
    /// The payer has the money back.
    Return(Returned),
}

/// Why an event cannot happen to a hop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HopError {
    /// There is no such lock here, or it has ended.
    #[error("the payment is not at a point where this can happen: {0}")]
    NotOpen(&'static str),
    /// It is about another payment, or another amount.
    #[error("`{0}` is not that of the lock")]
    Differs(&'static str),
    /// Its SHA-256 is not the condition.
    #[error("the preimage does not meet the condition")]
    Preimage,
    /// The payee's zone committed at or after the expiry.
    #[error("the payee's zone committed at {at}, the lock ended at {expires_at}")]
    Late {
        /// When.
        at: Timestamp,
        /// The expiry.
        expires_at: Timestamp,
    },
}

/// What this zone still has to do of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Tell the zone before how it ended.
    Answer(Said),
    /// Give the payer the money back.
    Return,
}

impl Hop {
    /// The record type.
    pub const TYPE: &'static str = "MEZBridgeHop";

    /// A payment at this zone: begun by it, on its way through it, or paid by it.
    #[must_use]
    pub fn begin(
        paid: Paid,
        begun: Timestamp,
        before: Option<Before>,
        after: Option<After>,
    ) -> Self {
        Self { type_: Self::TYPE.to_owned(), paid, begun, before, after, returned: None }
    }

    /// The hop after `event`.
    ///
    /// # Errors
    /// [`HopError`]; nothing has changed then.
    pub fn apply(mut self, event: Event) -> Result<Self, HopError> {
        match event {
            Event::Commit { commit, receipt, at } => self.committed(commit, receipt, at)?,
            Event::Release { release, receipt } => {
                self.is_of(&release.transfer_id)?;
                let said = Said::Release(release.reason_code);
                self.taken()?.outcome = Some(Outcome { said, receipt });
            }
            Event::Answer { said, receipt } => {
                if self.due() != Some(Due::Answer(said.clone())) {
                    return Err(HopError::NotOpen("nothing, or something else, is to be answered"));
                }
                let before = self.before.as_mut();
                let before = before.ok_or(HopError::NotOpen("no zone is before this one"))?;
                before.answer = Some(Answer { said, receipt, verdict: None });
            }
            Event::Return(returned) => {
                if self.due() != Some(Due::Return) {
                    return Err(HopError::NotOpen("nothing is to be returned"));
                }
                self.returned = Some(returned);
            }
        }
        Ok(self)
    }

    fn committed(
        &mut self,
        commit: Commit,
        receipt: ReceiptAt,
        at: Timestamp,
    ) -> Result<(), HopError> {
        self.is_of(&commit.transfer_id)?;
        if commit.amount != self.paid.amount {
            return Err(HopError::Differs("amount"));
        }
        if Digest::of_blob(commit.preimage.as_bytes()) != self.paid.condition {
            return Err(HopError::Preimage);
        }
        let after = self.taken()?;
        let expires_at = after.expires_at;
        if after.last && at >= expires_at {
            return Err(HopError::Late { at, expires_at });
        }
        after.outcome = Some(Outcome { said: Said::Commit(commit.preimage), receipt });
        Ok(())
    }

    /// What the other zone decided of our receipt `at`; a receipt of no lock or answer of this payment, and one
    /// whose verdict is known, changes nothing.
    #[must_use]
    pub fn hear(mut self, at: &ReceiptAt, verdict: Verdict) -> Self {
        if let Some(after) = self.after.as_mut().filter(|after| after.prepare == *at)
            && after.accepted.is_none()
            && after.outcome.is_none()
        {
            let Verdict { refused, receipt } = verdict;
            match refused.map(Said::Release) {
                Some(said) => after.outcome = Some(Outcome { said, receipt }),
                None => after.accepted = Some(receipt),
            }
            return self;
        }
        let answer = self.before.as_mut().and_then(|before| before.answer.as_mut());
        if let Some(answer) = answer.filter(|a| a.receipt == *at && a.verdict.is_none()) {
            answer.verdict = Some(verdict);
        }
        self
    }

    /// Our lock, once the other zone took it and before it ended.
    fn taken(&mut self) -> Result<&mut After, HopError> {
        let open = |after: &&mut After| after.accepted.is_some() && after.outcome.is_none();
        self.after.as_mut().filter(open).ok_or(HopError::NotOpen("no lock was taken, or it ended"))
    }

    fn is_of(&self, id: &PaymentId) -> Result<(), HopError> {
        if *id == self.paid.transfer_id { Ok(()) } else { Err(HopError::Differs("transfer_id")) }
    }

    /// How our lock ended, if it did.
    #[must_use]
    pub fn ended(&self) -> Option<&Said> {
        self.after.as_ref()?.outcome.as_ref().map(|outcome| &outcome.said)
    }

    /// What is still to be done here.
    #[must_use]
    pub fn due(&self) -> Option<Due> {
        if self.is_stranded() {
            return Some(Due::Answer(Said::Release(LOCK_LOST.to_owned())));
        }
        let said = self.ended()?;
        match (&self.before, said) {
            (Some(before), said) if before.answer.is_none() => Some(Due::Answer(said.clone())),
            (None, Said::Release(_)) if self.returned.is_none() => Some(Due::Return),
            _ => None,
        }
    }

    /// What this zone answered is known from its own receipt, though perhaps not yet why: of a zone put back.
    ///
    /// # Errors
    /// [`HopError`] where there is no lock to answer, it is answered, or the preimage is another's.
    pub fn answered(mut self, said: Said, receipt: ReceiptAt) -> Result<Self, HopError> {
        if let Said::Commit(preimage) = &said
            && Digest::of_blob(preimage.as_bytes()) != self.paid.condition
        {
            return Err(HopError::Preimage);
        }
        let before = self.before.as_mut().filter(|before| before.answer.is_none());
        let before = before.ok_or(HopError::NotOpen("no lock waits for an answer"))?;
        before.answer = Some(Answer { said, receipt, verdict: None });
        Ok(self)
    }

    /// On the way, and the lock that passes it on is nowhere: of a zone put back, whose next lock never left.
    fn is_stranded(&self) -> bool {
        self.after.is_none() && self.before.as_ref().is_some_and(|before| before.answer.is_none())
    }

    /// How far the payment is, as far as this zone knows at a moment.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> Phase {
        let answer = self.before.as_ref().and_then(|before| before.answer.as_ref());
        if let Some(Answer { said, verdict, .. }) = answer {
            return match (said, verdict) {
                (_, Some(Verdict { refused: Some(_), .. })) => Phase::InDoubt,
                (Said::Commit(_), Some(_)) => Phase::Completed,
                (Said::Commit(_), None) => Phase::Committed,
                (Said::Release(_), Some(_)) => Phase::Released,
                (Said::Release(_), None) => Phase::Releasing,
            };
        }
        match (self.ended(), &self.before, &self.after) {
            (Some(Said::Commit(_)), None, _) => Phase::Completed,
            (Some(Said::Commit(_)), Some(_), _) => Phase::Committed,
            (Some(Said::Release(_)), _, _) if self.returned.is_some() => Phase::Released,
            (Some(Said::Release(_)), _, _) => Phase::Releasing,
            (None, _, Some(after)) if now >= after.expires_at => Phase::InDoubt,
            (None, _, Some(after)) if after.accepted.is_some() => Phase::Prepared,
            (None, _, _) => Phase::Initiated,
        }
    }
}
