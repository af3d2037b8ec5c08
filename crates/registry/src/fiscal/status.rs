//! How far a payment has come on each route. A state carries exactly what led to it.

use super::instruction::{Counterparty, PARTY_NAME_CHARS_MAX};
use super::payment::{AckRef, Course, IllegalPayment, LaneRef, PaymentEvent, RefusalRef};
use super::rail::{Rail, RailStatus, RailTerms};
use crate::text::{Line, Slug};
use canon::{AccountId, CorridorId, Digest, RecordId, Timestamp, ZoneId};
use serde::{Deserialize, Serialize};

/// Who pays whom, before anything has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Within this zone: payer, payee.
    Internal {
        /// Account that pays.
        payer: AccountId,
        /// Account that is paid.
        payee: AccountId,
    },
    /// To another zone.
    Outbound {
        /// The corridor to cross.
        corridor_id: CorridorId,
        /// Account that pays, here.
        payer: AccountId,
        /// The payer's name as told to the other zone.
        payer_name: Option<Line<PARTY_NAME_CHARS_MAX>>,
        /// Who is paid, there.
        payee: Counterparty,
    },
    /// From another zone.
    Inbound {
        /// The corridor it crossed.
        corridor_id: CorridorId,
        /// Who pays, there.
        payer: Counterparty,
        /// Account that is paid, here.
        payee: AccountId,
        /// The payer's zone's receipt that brought it.
        origin: LaneRef,
    },
    /// To a bank outside, over a payment system of the state.
    Rail(RailTerms),
}

impl Arrival {
    pub(super) fn begin(self) -> Course {
        match self {
            Self::Internal { payer, payee } => {
                Course::Internal { payer, payee, status: InternalStatus::Initiated {} }
            }
            Self::Outbound { corridor_id, payer, payer_name, payee } => {
                let status = OutboundStatus::Initiated {};
                Course::Outbound { corridor_id, payer, payer_name, payee, status }
            }
            Self::Inbound { corridor_id, payer, payee, origin } => {
                let status = InboundStatus::Initiated {};
                Course::Inbound { corridor_id, payer, payee, origin, status }
            }
            Self::Rail(terms) => Course::Rail(Rail { terms, status: RailStatus::Initiated {} }),
        }
    }
}

/// The step payer → corridor account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// When.
    pub at: Timestamp,
    /// The posting.
    pub posting_id: RecordId,
    /// Our receipt of the same commit.
    pub receipt: LaneRef,
}

/// The step that undoes a refused sending: corridor account → payer, or → held account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undoing {
    /// When.
    pub at: Timestamp,
    /// The posting.
    pub posting_id: RecordId,
    /// Our return receipt of the same commit.
    pub receipt: LaneRef,
    /// The refusal it answers.
    pub refusal: RefusalRef,
}

/// The step held account → payer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// When.
    pub at: Timestamp,
    /// The posting.
    pub posting_id: RecordId,
}

/// Our refusal of an inbound payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusing {
    /// When.
    pub at: Timestamp,
    /// Why, as a code word.
    pub reason_code: Slug,
    /// SHA-256 of our decision.
    pub decision_sha256: Digest,
}

/// Within the zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum InternalStatus {
    /// Nothing has moved.
    Initiated {},
    /// The payee is credited.
    Settled {
        /// When.
        at: Timestamp,
        /// The posting.
        posting_id: RecordId,
    },
    /// The payee was credited, and it was taken back.
    Reversed {
        /// The posting that credited.
        settled_by: RecordId,
        /// When it was taken back.
        at: Timestamp,
        /// The posting that took it back.
        posting_id: RecordId,
    },
}

/// To another zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum OutboundStatus {
    /// Nothing has moved.
    Initiated {},
    /// On its way: debited here, undecided there.
    Sent {
        /// The sending.
        sending: Sending,
    },
    /// Accepted there.
    Settled {
        /// The sending.
        sending: Sending,
        /// When we learned it.
        at: Timestamp,
        /// The acknowledgement.
        ack: AckRef,
    },
    /// Refused there, and with the payer again.
    Returned {
        /// The sending.
        sending: Sending,
        /// What undid it.
        undoing: Undoing,
        /// How it left the held account, if it was held.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<Release>,
    },
    /// Refused there, and held here because the payer may not be credited.
    Held {
        /// The sending.
        sending: Sending,
        /// What undid it.
        undoing: Undoing,
        /// The held account.
        account_id: AccountId,
    },
}

/// From another zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum InboundStatus {
    /// Received, undecided.
    Initiated {},
    /// The payee is credited.
    Settled {
        /// When.
        at: Timestamp,
        /// The posting.
        posting_id: RecordId,
    },
    /// Refused here; nothing has moved.
    Refused {
        /// The refusal.
        refusing: Refusing,
    },
    /// Refused here and undone there.
    Returned {
        /// The refusal.
        refusing: Refusing,
        /// When we learned it.
        at: Timestamp,
        /// The other zone's return receipt.
        receipt: LaneRef,
    },
}

impl InternalStatus {
    /// Name as at rest.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Initiated {} => "initiated",
            Self::Settled { .. } => "settled",
            Self::Reversed { .. } => "reversed",
        }
    }
    pub(super) fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Initiated {} => None,
            Self::Settled { at, .. } | Self::Reversed { at, .. } => Some(*at),
        }
    }
    pub(super) fn after(self, event: PaymentEvent) -> Option<Self> {
        match (self, event) {
            (Self::Initiated {}, PaymentEvent::Settle { at, posting_id }) => {
                Some(Self::Settled { at, posting_id })
            }
            (
                Self::Settled { posting_id: settled_by, .. },
                PaymentEvent::Reverse { at, posting_id },
            ) => Some(Self::Reversed { settled_by, at, posting_id }),
            _ => None,
        }
    }
}

impl OutboundStatus {
    /// Name as at rest.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Initiated {} => "initiated",
            Self::Sent { .. } => "sent",
            Self::Settled { .. } => "settled",
            Self::Returned { .. } => "returned",
            Self::Held { .. } => "held",
        }
    }
    pub(super) fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Initiated {} => None,
            Self::Sent { sending } => Some(sending.at),
            Self::Settled { at, .. } => Some(*at),
            Self::Returned { undoing, release, .. } => {
                Some(release.as_ref().map_or(undoing.at, |release| release.at))
            }
            Self::Held { undoing, .. } => Some(undoing.at),
        }
    }
    pub(super) fn after(
        self,
        event: PaymentEvent,
        payee_lane: &ZoneId,
        not_open: IllegalPayment,
    ) -> Result<Self, IllegalPayment> {
        match (self, event) {
            (Self::Initiated {}, PaymentEvent::Send(sending)) => {
                if sending.receipt.lane == *payee_lane {
                    return Err(IllegalPayment::WrongLane(sending.receipt.lane));
                }
                Ok(Self::Sent { sending })
            }
            (Self::Sent { sending }, PaymentEvent::Acknowledge { at, ack }) => {
                sending.covered_by(&ack, payee_lane)?;
                Ok(Self::Settled { sending, at, ack })
            }
            (Self::Sent { sending }, PaymentEvent::Return(undoing)) => {
                sending.undone_by(&undoing, payee_lane)?;
                Ok(Self::Returned { sending, undoing, release: None })
            }
            (Self::Sent { sending }, PaymentEvent::Hold { undoing, account_id }) => {
                sending.undone_by(&undoing, payee_lane)?;
                Ok(Self::Held { sending, undoing, account_id })
            }
            (Self::Held { sending, undoing, .. }, PaymentEvent::Release(release)) => {
                Ok(Self::Returned { sending, undoing, release: Some(release) })
            }
            _ => Err(not_open),
        }
    }
}

impl Sending {
    fn covered_by(&self, ack: &AckRef, payee_lane: &ZoneId) -> Result<(), IllegalPayment> {
        let (sequence, size) = (self.receipt.sequence, ack.size);
        if ack.carried_by.lane != *payee_lane {
            return Err(IllegalPayment::WrongLane(ack.carried_by.lane.clone()));
        }
        if size <= sequence {
            return Err(IllegalPayment::NotCovered { sequence, size });
        }
        Ok(())
    }
    fn undone_by(&self, undoing: &Undoing, payee_lane: &ZoneId) -> Result<(), IllegalPayment> {
        let (sequence, refused) = (self.receipt.sequence, undoing.refusal.sequence);
        self.covered_by(&undoing.refusal.ack, payee_lane)?;
        if refused != sequence {
            return Err(IllegalPayment::OtherReceipt { sequence, refused });
        }
        if undoing.receipt.lane != self.receipt.lane {
            return Err(IllegalPayment::WrongLane(undoing.receipt.lane.clone()));
        }
        Ok(())
    }
}

impl InboundStatus {
    /// Name as at rest.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Initiated {} => "initiated",
            Self::Settled { .. } => "settled",
            Self::Refused { .. } => "refused",
            Self::Returned { .. } => "returned",
        }
    }
    pub(super) fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Initiated {} => None,
            Self::Settled { at, .. } | Self::Returned { at, .. } => Some(*at),
            Self::Refused { refusing } => Some(refusing.at),
        }
    }
    pub(super) fn after(
        self,
        event: PaymentEvent,
        payer_lane: &ZoneId,
        not_open: IllegalPayment,
    ) -> Result<Self, IllegalPayment> {
        match (self, event) {
            (Self::Initiated {}, PaymentEvent::Settle { at, posting_id }) => {
                Ok(Self::Settled { at, posting_id })
            }
            (Self::Initiated {}, PaymentEvent::Refuse(refusing)) => Ok(Self::Refused { refusing }),
            (Self::Refused { refusing }, PaymentEvent::Undone { at, receipt }) => {
                if receipt.lane != *payer_lane {
                    return Err(IllegalPayment::WrongLane(receipt.lane));
                }
                Ok(Self::Returned { refusing, at, receipt })
            }
            _ => Err(not_open),
        }
    }
}
