//! What travels: a lock, and the two words that end it.

use canon::{Amount, Canonical, CorridorId, Digest, PaymentId, Refusal, Timestamp};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::invoice::{Invoice, InvoiceError, ReadInvoice};
use crate::limits::{BRIDGE_HOP_SECS, BRIDGE_HOPS_MAX, REASON_CODE_BYTES_MAX};
use crate::payment::{End, PARTY_TEXT_BYTES_MAX, Particulars};

/// Payload of `bridge.prepare.v1`: the writer's zone will owe the amount over this corridor, as soon as it
/// is told the preimage of the condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prepare {
    /// Always `MEZBridgePrepare`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZBridgePrepare"))]
    pub type_: String,
    /// What is locked.
    pub amount: Amount,
    /// The invoice's condition.
    pub condition: Digest,
    /// From this moment on the payee's zone accepts no more, and a zone on the way locks nothing more.
    pub expires_at: Timestamp,
    /// How many corridors were crossed before this one.
    #[schemars(range(max = 4))]
    pub hop: u8,
    /// The `MEZBridgeInvoiceCredential` that is paid.
    pub invoice: Value,
    /// Who pays, as the payer's zone tells it.
    pub payer: End,
    /// More of who pays, where law or the payer asks that it travels; each zone on the way passes it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_particulars: Option<Particulars>,
    /// The corridors that remain after this one; none where the receiver is the payee's zone.
    #[schemars(length(max = 4))]
    pub route: Vec<CorridorId>,
    /// The payment.
    pub transfer_id: PaymentId,
}

/// Payload of `bridge.commit.v1`: the payee is paid, and this is the preimage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Always `MEZBridgeCommit`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZBridgeCommit"))]
    pub type_: String,
    /// What the reader of the receipt owes its writer from now on.
    pub amount: Amount,
    /// 32 bytes whose SHA-256 is the condition, in hex.
    pub preimage: Digest,
    /// The payment.
    pub transfer_id: PaymentId,
}

/// Payload of `bridge.release.v1`: the payment will not be made; the lock is let go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Always `MEZBridgeRelease`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZBridgeRelease"))]
    pub type_: String,
    /// Why, as a code word of the zone that refused.
    pub reason_code: String,
    /// The payment.
    pub transfer_id: PaymentId,
}

/// A message of a bridge that was refused.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// Not the shape.
    #[error("not a message of a bridge: {0}")]
    Shape(#[from] Refusal),
    /// Another message type.
    #[error("`{0}` is not the message expected")]
    Type(String),
    /// The invoice it carries.
    #[error(transparent)]
    Invoice(#[from] InvoiceError),
    /// It says of the payment what the invoice does not say.
    #[error("`{0}` is not what the invoice says")]
    Differs(&'static str),
    /// A text is empty or too long.
    #[error("`{0}` is empty or too long")]
    Text(&'static str),
    /// Longer than a route may be, or over one corridor twice.
    #[error("the route crosses more than {BRIDGE_HOPS_MAX} corridors, or one of them twice")]
    Route,
    /// Not a whole margin is left for the next lock.
    #[error("less than {BRIDGE_HOP_SECS} s would be left of the next lock")]
    TooLate,
    /// Time arithmetic left the calendar.
    #[error("the expiry leaves the calendar")]
    Calendar,
}

/// A lock that was read, with its invoice.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPrepare {
    /// The lock.
    pub prepare: Prepare,
    /// What it is for.
    pub paid: ReadInvoice,
}

/// The next lock of a chain: over which corridor, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Onward {
    /// The corridor it is written on.
    pub corridor_id: CorridorId,
    /// The lock.
    pub prepare: Prepare,
}

/// When the first lock of a route of `hops` corridors ends: the last has at least two margins.
///
/// # Errors
/// A moment outside the calendar.
pub fn expires_first(now: Timestamp, hops: usize) -> Result<Timestamp, BridgeError> {
    let margins = i64::try_from(hops).unwrap_or(i64::MAX).saturating_add(1);
    let secs = margins.saturating_mul(BRIDGE_HOP_SECS);
    now.plus_secs(secs).map_err(|_| BridgeError::Calendar)
}

/// Whether a route, with what was crossed before it, may be.
fn is_route(crossed: usize, route: &[CorridorId]) -> bool {
    let once = |(n, id): (usize, &CorridorId)| route.iter().take(n).all(|other| other != id);
    crossed + route.len() <= BRIDGE_HOPS_MAX && route.iter().enumerate().all(once)
}

impl Prepare {
    /// The message type.
    pub const TYPE: &'static str = "MEZBridgePrepare";

    /// The first lock of a chain: what the payer's zone writes.
    ///
    /// # Errors
    /// A route that is none, or a moment outside the calendar.
    pub fn first(
        (document, paid): (Value, &ReadInvoice),
        (payer, payer_particulars): (End, Option<Particulars>),
        route: &[CorridorId],
        now: Timestamp,
    ) -> Result<Onward, BridgeError> {
        let Some((first, rest)) = route.split_first() else { return Err(BridgeError::Route) };
        if !is_route(0, route) {
            return Err(BridgeError::Route);
        }
        let invoice = &paid.invoice;
        let prepare = Self {
            type_: Self::TYPE.to_owned(),
            amount: invoice.amount,
            condition: invoice.condition,
            expires_at: expires_first(now, route.len())?,
            hop: 0,
            payer,
            payer_particulars,
            route: rest.to_vec(),
            transfer_id: invoice.transfer_id.clone(),
            invoice: document,
        };
        Ok(Onward { corridor_id: first.clone(), prepare })
    }

    /// Read and check a lock and the invoice it carries.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<ReadPrepare, BridgeError> {
        let prepare: Self = typed(payload, Self::TYPE)?;
        let paid = Invoice::read(&prepare.invoice)?;
        let more = prepare.payer_particulars.iter().flat_map(Particulars::texts);
        for (field, text) in std::iter::once(("payer.name", &prepare.payer.name)).chain(more) {
            if text.trim().is_empty() || text.len() > PARTY_TEXT_BYTES_MAX {
                return Err(BridgeError::Text(field));
            }
        }
        if !is_route(usize::from(prepare.hop) + 1, &prepare.route) {
            return Err(BridgeError::Route);
        }
        let invoice = &paid.invoice;
        match () {
            () if prepare.transfer_id != invoice.transfer_id => {
                Err(BridgeError::Differs("transfer_id"))
            }
            () if prepare.amount != invoice.amount => Err(BridgeError::Differs("amount")),
            () if prepare.condition != invoice.condition => Err(BridgeError::Differs("condition")),
            () => Ok(ReadPrepare { prepare, paid }),
        }
    }

    /// The lock that a zone on the way writes next; `None` at the end of the route.
    ///
    /// # Errors
    /// [`BridgeError::TooLate`] where it would not have a whole margin left.
    pub fn onward(&self, now: Timestamp) -> Result<Option<Onward>, BridgeError> {
        let Some((next, rest)) = self.route.split_first() else { return Ok(None) };
        let expires_at = self.expires_at.plus_secs(-BRIDGE_HOP_SECS);
        let expires_at = expires_at.map_err(|_| BridgeError::Calendar)?;
        if expires_at.unix() - now.unix() < BRIDGE_HOP_SECS {
            return Err(BridgeError::TooLate);
        }
        let hop = self.hop.saturating_add(1);
        let prepare = Self { expires_at, hop, route: rest.to_vec(), ..self.clone() };
        Ok(Some(Onward { corridor_id: next.clone(), prepare }))
    }
}

impl Commit {
    /// The message type.
    pub const TYPE: &'static str = "MEZBridgeCommit";

    /// Tell the preimage of a payment.
    #[must_use]
    pub fn of(transfer_id: PaymentId, amount: Amount, preimage: Digest) -> Self {
        Self { type_: Self::TYPE.to_owned(), amount, preimage, transfer_id }
    }

    /// Read it; whether the preimage is the right one is for whoever knows the condition.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, BridgeError> {
        let commit: Self = typed(payload, Self::TYPE)?;
        if commit.amount.minor() <= 0 { Err(BridgeError::Differs("amount")) } else { Ok(commit) }
    }
}

impl Release {
    /// The message type.
    pub const TYPE: &'static str = "MEZBridgeRelease";

    /// Let a payment go.
    #[must_use]
    pub fn of(transfer_id: PaymentId, reason_code: String) -> Self {
        Self { type_: Self::TYPE.to_owned(), reason_code, transfer_id }
    }

    /// Read it.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, BridgeError> {
        let release: Self = typed(payload, Self::TYPE)?;
        let code = &release.reason_code;
        let visible = code.bytes().all(|byte| byte.is_ascii_graphic());
        if !(1..=REASON_CODE_BYTES_MAX).contains(&code.len()) || !visible {
            return Err(BridgeError::Text("reason_code"));
        }
        Ok(release)
    }
}

trait Message {
    fn type_of(&self) -> &str;
}

macro_rules! messages {
    ($($name:ident),*) => {$(
        impl Message for $name {
            fn type_of(&self) -> &str {
                &self.type_
            }
        }
    )*};
}

messages!(Prepare, Commit, Release);

fn typed<T: DeserializeOwned + Message>(payload: &Value, wanted: &str) -> Result<T, BridgeError> {
    let message: T = Canonical::of_value(payload)?.read()?;
    if message.type_of() == wanted {
        return Ok(message);
    }
    Err(BridgeError::Type(message.type_of().chars().take(80).collect()))
}
