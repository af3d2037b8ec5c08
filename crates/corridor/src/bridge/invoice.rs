//! The request to pay: who is paid, how much, under which condition, until when; signed by the payee's
//! zone, with the keys that show it.

use canon::{Amount, Digest, PaymentId, Realm, Timestamp, ZoneId};
use proof::rotation::HistoryError;
use proof::{KeyHistory, Purpose, Signer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::documents::{self, DocumentError, Subject};
use crate::limits::BRIDGE_INVOICE_SECS_MAX;
use crate::payment::{End, PARTY_TEXT_BYTES_MAX};

/// Subject of `MEZBridgeInvoiceCredential`, issued by the payee's zone under its DID and signed with its
/// assertion key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// What is to be paid.
    pub amount: Amount,
    /// SHA-256 of the preimage: 32 bytes that the payee's zone keeps to itself until it is paid.
    pub condition: Digest,
    /// The zone's inception document and rotations, from which its assertion key follows.
    #[schemars(extend("$ref" = "zone-keys.schema.json"))]
    pub keys: Value,
    /// Who is paid.
    pub payee: End,
    /// What for, as a code word.
    pub purpose: String,
    /// Realm of the zone.
    pub realm: Realm,
    /// Reference for the payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The payment this asks for; at most one is ever made under it.
    pub transfer_id: PaymentId,
    /// The payee's zone.
    pub zone_id: ZoneId,
}

impl Subject for Invoice {
    const TYPE: &'static str = "MEZBridgeInvoiceCredential";
    const KIND: &'static str = "bridge-invoice";
}

/// Why an invoice is none.
#[derive(Debug, thiserror::Error)]
pub enum InvoiceError {
    /// The document or its signature.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The keys it carries are not those of its issuer.
    #[error("the invoice carries keys that are not its issuer's: {0}")]
    Keys(#[from] HistoryError),
    /// What it says of its zone is not what the zone's inception says.
    #[error("`{0}` is not what the zone's inception says")]
    Zone(&'static str),
    /// Nothing or less is asked for.
    #[error("the amount must be positive")]
    Amount,
    /// A text is empty or too long.
    #[error("`{0}` is empty or longer than {PARTY_TEXT_BYTES_MAX} bytes")]
    Text(&'static str),
    /// It lasts longer than an invoice may, or ends before it begins.
    #[error("it is valid for other than 1 to {BRIDGE_INVOICE_SECS_MAX} seconds")]
    Life,
}

/// What the payee's zone says when it asks to be paid.
#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceDraft {
    /// The subject.
    pub invoice: Invoice,
    /// From when it may be paid.
    pub from: Timestamp,
    /// For how long, in seconds.
    pub valid_secs: i64,
}

/// An invoice whose issuer signed it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadInvoice {
    /// What it says.
    pub invoice: Invoice,
    /// The DID of the payee's zone.
    pub issuer: canon::Did,
    /// It is paid before this moment or not at all.
    pub valid_until: Timestamp,
    /// Digest of the document without its proof.
    pub payload_sha256: Digest,
}

impl InvoiceDraft {
    /// Sign it as the zone of these keys.
    ///
    /// # Errors
    /// What a reader would refuse, or the signer.
    pub fn sign(self, issuer: &canon::Did, assertion: &dyn Signer) -> Result<Value, InvoiceError> {
        let Self { invoice, from, valid_secs } = self;
        invoice.check()?;
        if !(1..=BRIDGE_INVOICE_SECS_MAX).contains(&valid_secs) {
            return Err(InvoiceError::Life);
        }
        let name = invoice.transfer_id.to_string();
        let draft = documents::draft_for(&name, issuer, (from, valid_secs), invoice)?;
        Ok(documents::sign(draft, from, assertion)?)
    }
}

impl Invoice {
    /// Read an invoice; its signature must be by the assertion key of the zone that its issuer's DID
    /// names. Whether that zone is the one meant is for whoever pays to know.
    ///
    /// # Errors
    /// By name of what does not hold.
    pub fn read(document: &Value) -> Result<ReadInvoice, InvoiceError> {
        let said = documents::peek::<Self>(document)?;
        let keys = KeyHistory::read(&said.subject.keys, &said.issuer)?;
        let signed = documents::read_by::<Self>(document, keys.key(Purpose::Assertion))?;
        let inception = keys.inception();
        let (credential, invoice) = (&signed.credential, &signed.credential.subject);
        invoice.check()?;
        match () {
            () if invoice.zone_id != *inception.zone_id() => Err(InvoiceError::Zone("zone_id")),
            () if invoice.realm != inception.realm() => Err(InvoiceError::Zone("realm")),
            () if invoice.payee.jurisdiction_id != *inception.jurisdiction_id() => {
                Err(InvoiceError::Zone("payee.jurisdiction_id"))
            }
            () => {
                let life = credential.valid_until.unix() - credential.valid_from.unix();
                if !(1..=BRIDGE_INVOICE_SECS_MAX).contains(&life) {
                    return Err(InvoiceError::Life);
                }
                Ok(ReadInvoice {
                    issuer: credential.issuer.clone(),
                    valid_until: credential.valid_until,
                    payload_sha256: signed.payload_sha256,
                    invoice: invoice.clone(),
                })
            }
        }
    }

    /// Whether these 32 bytes, in hex, are the preimage of the condition.
    #[must_use]
    pub fn is_met_by(&self, preimage: &Digest) -> bool {
        Digest::of_blob(preimage.as_bytes()) == self.condition
    }

    fn check(&self) -> Result<(), InvoiceError> {
        if self.amount.minor() <= 0 {
            return Err(InvoiceError::Amount);
        }
        let reference = self.reference.as_ref().map(|text| ("reference", text));
        let texts = [("payee.name", &self.payee.name), ("purpose", &self.purpose)];
        for (field, text) in texts.into_iter().chain(reference) {
            if text.trim().is_empty() || text.len() > PARTY_TEXT_BYTES_MAX {
                return Err(InvoiceError::Text(field));
            }
        }
        Ok(())
    }
}
