//! Payment messages that travel as receipt payloads.

use canon::{AccountId, Amount, Canonical, JurisdictionId, PaymentId, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::REASON_CODE_BYTES_MAX;

/// Longest name or reference, in bytes.
pub const PARTY_TEXT_BYTES_MAX: usize = 500;

/// One end of a payment, as the other zone must know it to decide under its own law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The account.
    pub account_id: AccountId,
    /// Legal name of the holder; for the payee, the name the payer believes.
    pub name: String,
    /// Jurisdiction of the holder.
    pub jurisdiction_id: JurisdictionId,
    /// Whether the zone that keeps the account has identified its holder; absent where it is not
    /// that zone speaking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identified: Option<bool>,
}

/// What the payer's zone tells of its customer beside name and account: FATF Recommendation 16, paragraph 6 of its note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Particulars {
    /// Postal address on one line.
    pub address: String,
    /// Jurisdiction the address lies in.
    pub jurisdiction_id: JurisdictionId,
    /// The number the zone knows its customer by.
    pub customer_id: String,
}

impl Particulars {
    /// What of it is written by people, by name of the member.
    pub(crate) fn texts(&self) -> [(&'static str, &String); 2] {
        [
            ("payer_particulars.address", &self.address),
            ("payer_particulars.customer_id", &self.customer_id),
        ]
    }
}

/// Payload of `payment.transfer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Always `MEZPaymentTransfer`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZPaymentTransfer"))]
    pub type_: String,
    /// The payment, named by the payer's zone.
    pub payment_id: PaymentId,
    /// What is paid.
    pub amount: Amount,
    /// Who pays.
    pub payer: End,
    /// More of who pays, where law or the payer asks that it travels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_particulars: Option<Particulars>,
    /// Who is paid.
    pub payee: End,
    /// Purpose as stated by the payer.
    pub purpose: String,
    /// Reference for the payee.
    pub reference: String,
}

/// Payload of `payment.return`: undoes one refused transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// Always `MEZPaymentReturn`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZPaymentReturn"))]
    pub type_: String,
    /// The payment undone.
    pub payment_id: PaymentId,
    /// What goes back.
    pub amount: Amount,
    /// Sequence of the refused transfer in the payer's lane.
    pub refused_sequence: u64,
    /// Sequence of the refusing acknowledgement in the other lane.
    pub ack_sequence: u64,
    /// The refusal's reason code.
    pub reason_code: String,
}

/// A payment message that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// Not the shape.
    #[error("not a payment message: {0}")]
    Shape(#[from] Refusal),
    /// Another message type.
    #[error("`{0}` is not the message expected")]
    Type(String),
    /// Nothing or less is paid.
    #[error("the amount must be positive")]
    Amount,
    /// A text is empty or too long.
    #[error("`{0}` is empty or longer than {PARTY_TEXT_BYTES_MAX} bytes")]
    Text(&'static str),
}

impl Transfer {
    /// The message type.
    pub const TYPE: &'static str = "MEZPaymentTransfer";

    /// Read and check a transfer.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, PaymentError> {
        let transfer: Self = Canonical::of_value(payload)?.read()?;
        if transfer.type_ != Self::TYPE {
            return Err(PaymentError::Type(transfer.type_));
        }
        if transfer.amount.minor() <= 0 {
            return Err(PaymentError::Amount);
        }
        let texts = [("payer.name", &transfer.payer.name), ("payee.name", &transfer.payee.name)];
        let more = transfer.payer_particulars.iter().flat_map(Particulars::texts);
        for (field, text) in texts.into_iter().chain(more) {
            if text.trim().is_empty() || text.len() > PARTY_TEXT_BYTES_MAX {
                return Err(PaymentError::Text(field));
            }
        }
        for (field, text) in [("purpose", &transfer.purpose), ("reference", &transfer.reference)] {
            if text.len() > PARTY_TEXT_BYTES_MAX {
                return Err(PaymentError::Text(field));
            }
        }
        Ok(transfer)
    }
}

impl Return {
    /// The message type.
    pub const TYPE: &'static str = "MEZPaymentReturn";

    /// Read and check a return.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(payload: &Value) -> Result<Self, PaymentError> {
        let undone: Self = Canonical::of_value(payload)?.read()?;
        match () {
            () if undone.type_ != Self::TYPE => Err(PaymentError::Type(undone.type_)),
            () if undone.amount.minor() <= 0 => Err(PaymentError::Amount),
            () if undone.reason_code.is_empty() => Err(PaymentError::Text("reason_code")),
            () if undone.reason_code.len() > REASON_CODE_BYTES_MAX => {
                Err(PaymentError::Text("reason_code"))
            }
            () => Ok(undone),
        }
    }
}
