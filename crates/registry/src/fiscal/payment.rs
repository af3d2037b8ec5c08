//! Payments: the record of one, on the route it takes, and the events that carry it there.
//!
//! ```text
//! internal   initiated ─settle─▶ settled ─reverse─▶ reversed
//! outbound   initiated ─send─▶ sent ─acknowledge─▶ settled
//!                               ├─return─▶ returned
//!                               └─hold──▶ held ─release─▶ returned
//! inbound    initiated ─settle─▶ settled
//!                └─refuse─▶ refused ─undone─▶ returned
//! rail       see `rail`
//! ```
//! An outbound payment settles only by an acknowledgement that covers its receipt, and comes back only by a refusal
//! that names its receipt; both must come from the lane of the payee's zone. What each event does to the books is in `legs`; the
//! record keeps the identifiers of those postings.

use super::amount::PositiveAmount;
use super::charges::Charges;
use super::instruction::{Counterparty, DividendPart, PARTY_NAME_CHARS_MAX, REFERENCE_CHARS_MAX};
use super::rail::{Instructed, Rail, RailAnswer, RailStatus};
use super::status::{
    Arrival, InboundStatus, InternalStatus, OutboundStatus, Refusing, Release, Sending, Undoing,
};
use crate::text::{Line, Slug};
use canon::{AccountId, CorridorId, Digest, PaymentId, RecordId, Timestamp, ZoneId};
use serde::{Deserialize, Serialize};

/// A receipt in somebody's lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneRef {
    /// The zone whose lane it is.
    pub lane: ZoneId,
    /// Its sequence in the lane, from 0.
    pub sequence: u64,
    /// Its `next_root`.
    pub next_root: Digest,
}

/// An acknowledgement of a prefix of our lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AckRef {
    /// The peer's receipt that carries it.
    pub carried_by: LaneRef,
    /// Length of the prefix it decides: sequences 0 to `size` − 1.
    pub size: u64,
}

/// A refusal of one receipt inside an acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalRef {
    /// The acknowledgement.
    pub ack: AckRef,
    /// Sequence of our receipt it refuses.
    pub sequence: u64,
    /// Why, as a code word.
    pub reason_code: Slug,
    /// SHA-256 of the peer's decision.
    pub decision_sha256: Digest,
}

/// The route a payment takes, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "route", rename_all = "snake_case", deny_unknown_fields)]
pub enum Course {
    /// Within this zone.
    Internal {
        /// Account that pays.
        payer: AccountId,
        /// Account that is paid.
        payee: AccountId,
        /// How far it has come.
        status: InternalStatus,
    },
    /// From this zone to another.
    Outbound {
        /// The corridor it crosses.
        corridor_id: CorridorId,
        /// Account that pays, here.
        payer: AccountId,
        /// The payer's name as told to the other zone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payer_name: Option<Line<PARTY_NAME_CHARS_MAX>>,
        /// Who is paid, there.
        payee: Counterparty,
        /// How far it has come.
        status: OutboundStatus,
    },
    /// From another zone to this one.
    Inbound {
        /// The corridor it crossed.
        corridor_id: CorridorId,
        /// Who pays, there.
        payer: Counterparty,
        /// Account that is paid, here.
        payee: AccountId,
        /// The payer's zone's receipt that brought it.
        origin: LaneRef,
        /// How far it has come.
        status: InboundStatus,
    },
    /// To a bank outside, over a payment system of the state.
    Rail(Rail),
}

impl Course {
    /// The customer's account here that pays, within the zone or over a corridor.
    #[must_use]
    pub fn payer(&self) -> Option<&AccountId> {
        match self {
            Self::Internal { payer, .. } | Self::Outbound { payer, .. } => Some(payer),
            Self::Inbound { .. } | Self::Rail(_) => None,
        }
    }
    fn route(&self) -> &'static str {
        match self {
            Self::Internal { .. } => "internal",
            Self::Outbound { .. } => "outbound",
            Self::Inbound { .. } => "inbound",
            Self::Rail(_) => "rail",
        }
    }
    fn state(&self) -> &'static str {
        match self {
            Self::Internal { status, .. } => status.name(),
            Self::Outbound { status, .. } => status.name(),
            Self::Inbound { status, .. } => status.name(),
            Self::Rail(rail) => rail.status.name(),
        }
    }
    fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Internal { status, .. } => status.since(),
            Self::Outbound { status, .. } => status.since(),
            Self::Inbound { status, .. } => status.since(),
            Self::Rail(rail) => rail.status.since(),
        }
    }
}

/// A payment, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    r#type: PaymentType,
    payment_id: PaymentId,
    amount: PositiveAmount,
    purpose: Slug,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Line<REFERENCE_CHARS_MAX>>,
    initiated: Timestamp,
    /// What was taken off it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charges: Option<Charges>,
    /// The part of a dividend of the payer that it pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dividend: Option<DividendPart>,
    course: Course,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum PaymentType {
    #[serde(rename = "MEZPayment")]
    Payment,
}

/// What can happen to a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentEvent {
    /// Internal or inbound: the payee is credited by `posting_id`.
    Settle {
        /// When.
        at: Timestamp,
        /// The posting that credits the payee.
        posting_id: RecordId,
    },
    /// Outbound: the payer is debited and the receipt is in our lane.
    Send(Sending),
    /// Outbound: the other zone accepted.
    Acknowledge {
        /// When we learned it.
        at: Timestamp,
        /// The acknowledgement.
        ack: AckRef,
    },
    /// Outbound: the other zone refused, and the payer has been credited again.
    Return(Undoing),
    /// Outbound: the other zone refused, and the payer may not be credited.
    Hold {
        /// The refusal, and the posting to the held account.
        undoing: Undoing,
        /// The held account.
        account_id: AccountId,
    },
    /// Outbound: held money goes back to the payer.
    Release(Release),
    /// Inbound: our law refuses it.
    Refuse(Refusing),
    /// Inbound: the payer's zone has undone what we refused.
    Undone {
        /// When we learned it.
        at: Timestamp,
        /// Its return receipt.
        receipt: LaneRef,
    },
    /// Rail: the payer is debited, and the system is to be told.
    Instruct(Instructed),
    /// Rail: the system says that it is paid.
    Confirm {
        /// When we learned it.
        at: Timestamp,
        /// The posting by which it leaves the books.
        posting_id: RecordId,
        /// What it said.
        answer: RailAnswer,
    },
    /// Rail: the system says that it is not paid.
    Reject {
        /// When we learned it.
        at: Timestamp,
        /// What it said.
        answer: RailAnswer,
    },
    /// Rail: what was rejected goes back to the payer.
    GiveBack {
        /// When.
        at: Timestamp,
        /// The posting.
        posting_id: RecordId,
        /// Whether with what was withheld of it.
        with_tax: bool,
    },
    /// Internal: what was credited is taken back.
    Reverse {
        /// When.
        at: Timestamp,
        /// The posting that takes it back.
        posting_id: RecordId,
    },
}

impl PaymentEvent {
    /// When it happens.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Settle { at, .. }
            | Self::Acknowledge { at, .. }
            | Self::Undone { at, .. }
            | Self::Confirm { at, .. }
            | Self::Reject { at, .. }
            | Self::GiveBack { at, .. }
            | Self::Reverse { at, .. } => *at,
            Self::Instruct(instructed) => instructed.at,
            Self::Send(sending) => sending.at,
            Self::Return(undoing) | Self::Hold { undoing, .. } => undoing.at,
            Self::Release(release) => release.at,
            Self::Refuse(refusing) => refusing.at,
        }
    }
    /// Name of the event.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Settle { .. } => "settle",
            Self::Send(_) => "send",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Return(_) => "return",
            Self::Hold { .. } => "hold",
            Self::Release(_) => "release",
            Self::Refuse(_) => "refuse",
            Self::Undone { .. } => "undone",
            Self::Instruct(_) => "instruct",
            Self::Confirm { .. } => "confirm",
            Self::Reject { .. } => "reject",
            Self::GiveBack { .. } => "give_back",
            Self::Reverse { .. } => "reverse",
        }
    }
}

/// Why an event cannot happen to a payment now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalPayment {
    /// The event is not open on this route in this state.
    #[error("a payment on route `{route}` in state `{state}` cannot `{event}`")]
    NotOpen {
        /// Its route.
        route: &'static str,
        /// Its state.
        state: &'static str,
        /// Event refused.
        event: &'static str,
    },
    /// The event is dated before the present state began.
    #[error("the event is dated `{at}`, before the present state began at `{since}`")]
    TimeGoesBack {
        /// Date of the event.
        at: Timestamp,
        /// Beginning of the present state.
        since: Timestamp,
    },
    /// The acknowledgement ends before the payment's receipt.
    #[error("the acknowledgement covers `{size}` receipts, the payment is receipt `{sequence}`")]
    NotCovered {
        /// The payment's sequence.
        sequence: u64,
        /// Length of the acknowledged prefix.
        size: u64,
    },
    /// The refusal names another receipt.
    #[error("the refusal names receipt `{refused}`, the payment is receipt `{sequence}`")]
    OtherReceipt {
        /// The payment's sequence.
        sequence: u64,
        /// The sequence refused.
        refused: u64,
    },
    /// A receipt is in the wrong lane: an ack in another than the payee's zone's, or a return in another than the payer's
    /// zone's.
    #[error("a receipt that can do this is not in lane `{0}`")]
    WrongLane(ZoneId),
}

impl Payment {
    /// A payment at its beginning: nothing has moved.
    #[must_use]
    pub fn initiated(
        payment_id: PaymentId,
        amount: PositiveAmount,
        purpose: Slug,
        reference: Option<Line<REFERENCE_CHARS_MAX>>,
        arrival: Arrival,
        at: Timestamp,
    ) -> Self {
        let course = arrival.begin();
        let (r#type, initiated) = (PaymentType::Payment, at);
        let (charges, dividend) = (None, None);
        Self {
            r#type,
            payment_id,
            amount,
            purpose,
            reference,
            initiated,
            charges,
            dividend,
            course,
        }
    }

    /// The same, paying a part of a dividend.
    #[must_use]
    pub fn of_dividend(self, dividend: Option<DividendPart>) -> Self {
        Self { dividend, ..self }
    }

    /// The part of a dividend that it pays.
    #[must_use]
    pub fn dividend(&self) -> Option<&DividendPart> {
        self.dividend.as_ref()
    }

    /// Whether the payer has the whole amount again, or never parted with it.
    #[must_use]
    pub fn came_back(&self) -> bool {
        match &self.course {
            Course::Internal { status, .. } => matches!(status, InternalStatus::Reversed { .. }),
            Course::Outbound { status, .. } => matches!(status, OutboundStatus::Returned { .. }),
            Course::Inbound { status, .. } => matches!(status, InboundStatus::Returned { .. }),
            Course::Rail(rail) => {
                matches!(rail.status, RailStatus::Rejected { .. } | RailStatus::Returned { .. })
            }
        }
    }

    /// The same with what is taken off it.
    #[must_use]
    pub fn charged(self, charges: Charges) -> Self {
        Self { charges: (!charges.is_empty()).then_some(charges), ..self }
    }

    /// What is taken off it.
    #[must_use]
    pub fn charges(&self) -> Option<&Charges> {
        self.charges.as_ref()
    }

    /// What whoever is paid receives: the amount, less tax that was withheld of it.
    #[must_use]
    pub fn net(&self) -> PositiveAmount {
        let tax = self.charges.as_ref().and_then(|charges| charges.tax.as_ref());
        tax.map_or(self.amount, |tax| tax.net)
    }

    /// The payment after `event`.
    ///
    /// # Errors
    /// [`IllegalPayment`]; nothing has changed then.
    pub fn apply(self, event: PaymentEvent) -> Result<Self, IllegalPayment> {
        let (at, since) = (event.at(), self.since());
        if at < since {
            return Err(IllegalPayment::TimeGoesBack { at, since });
        }
        let course = self.course.after(event)?;
        Ok(Self { course, ..self })
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &PaymentId {
        &self.payment_id
    }
    /// How much.
    #[must_use]
    pub fn amount(&self) -> PositiveAmount {
        self.amount
    }
    /// What for.
    #[must_use]
    pub fn purpose(&self) -> &str {
        self.purpose.as_str()
    }
    /// The payer's own words.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_ref().map(Line::as_str)
    }
    /// When it began.
    #[must_use]
    pub fn initiated_at(&self) -> Timestamp {
        self.initiated
    }
    /// Its route and how far it has come.
    #[must_use]
    pub fn course(&self) -> &Course {
        &self.course
    }
    /// Name of its route.
    #[must_use]
    pub fn route(&self) -> &'static str {
        self.course.route()
    }
    /// Name of its state.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.course.state()
    }
    /// When its present state began.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.course.since().unwrap_or(self.initiated)
    }
}

impl Course {
    fn after(self, event: PaymentEvent) -> Result<Self, IllegalPayment> {
        let (route, state, name) = (self.route(), self.state(), event.name());
        let not_open = IllegalPayment::NotOpen { route, state, event: name };
        match self {
            Self::Internal { payer, payee, status } => {
                let status = status.after(event).ok_or(not_open)?;
                Ok(Self::Internal { payer, payee, status })
            }
            Self::Outbound { corridor_id, payer, payer_name, payee, status } => {
                let status = status.after(event, &payee.zone_id, not_open)?;
                Ok(Self::Outbound { corridor_id, payer, payer_name, payee, status })
            }
            Self::Inbound { corridor_id, payer, payee, origin, status } => {
                let status = status.after(event, &origin.lane, not_open)?;
                Ok(Self::Inbound { corridor_id, payer, payee, origin, status })
            }
            Self::Rail(rail) => rail.after(event).map(Self::Rail).ok_or(not_open),
        }
    }
}
