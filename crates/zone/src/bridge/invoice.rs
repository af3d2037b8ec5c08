//! Asking to be paid: an invoice, and the secret that only its payment reveals.

use canon::{AccountId, Currency, Digest, PaymentId, Timestamp};
use corridor::bridge::{Invoice, InvoiceDraft, InvoiceError, ReadPrepare, ReceiptAt};
use corridor::payment::End;
use registry::PositiveAmount;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::subject;
use crate::account::slug;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::BRIDGE_INVOICE_SECS;
use crate::refused::{Envelope, Refused};
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

/// Kind of the records of invoices issued here, by transfer id.
pub(super) const INVOICE: &str = "bridge-invoice";

/// What is to be paid to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvoiceAsk {
    /// The account that is paid.
    pub account_id: AccountId,
    /// Decimal amount.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: Currency,
    /// What for, as a code word.
    pub purpose: String,
    /// Reference for the payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// For how many seconds it may be paid; an hour, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_secs: Option<i64>,
}

/// An invoice of ours at rest, with its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issued {
    #[serde(rename = "type")]
    type_: String,
    account_id: AccountId,
    /// The credential as it was handed out.
    pub(super) invoice: Value,
    /// Told to nobody before the commit that pays it.
    pub(super) preimage: Digest,
    /// The lock it was paid by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) paid: Option<ReceiptAt>,
}

pub(super) fn unsigned(error: InvoiceError) -> Refused {
    match error {
        InvoiceError::Document(corridor::DocumentError::Sign(cause)) => {
            Refused::unsigned_here(cause)
        }
        error => Refused::invalid("bridge-invoice-refused", error),
    }
}

impl Zone {
    /// An invoice that was paid, of a zone that was put back: as it was kept, or made anew of what the lock carries.
    pub(super) fn issued_again(
        &self,
        read: &ReadPrepare,
        preimage: Digest,
        paid: ReceiptAt,
    ) -> Result<Loaded<Issued>, Refused> {
        let known: Option<Loaded<Issued>> =
            self.load(INVOICE, read.prepare.transfer_id.as_str())?;
        let (rev, issued) = match known {
            Some(known) => (known.rev, known.value),
            None => {
                let issued = Issued {
                    type_: "MEZBridgeInvoiceIssued".to_owned(),
                    account_id: read.paid.invoice.payee.account_id.clone(),
                    invoice: read.prepare.invoice.clone(),
                    preimage,
                    paid: None,
                };
                (None, issued)
            }
        };
        Ok(Loaded { rev, value: Issued { paid: Some(paid), ..issued } })
    }

    /// Ask to be paid over a bridge: the invoice is handed to the payer by whatever way.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn issue_invoice(&self, ask: &Ask, wanted: &InvoiceAsk) -> Result<Envelope, Refused> {
        let duty = Duty::of_bank(Task::Bridge, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let id = PaymentId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let preimage = self.salt()?;
        let condition = Digest::of_blob(preimage.as_bytes());
        let invoice = self.invoice(wanted, (id.clone(), condition), now)?;
        let valid_secs = wanted.valid_secs.unwrap_or(BRIDGE_INVOICE_SECS);
        let draft = InvoiceDraft { invoice, from: now, valid_secs };
        let document = draft.sign(self.did(), self.keys.assertion.as_ref()).map_err(unsigned)?;
        let issued = Issued {
            type_: "MEZBridgeInvoiceIssued".to_owned(),
            account_id: wanted.account_id.clone(),
            invoice: document.clone(),
            preimage,
            paid: None,
        };
        let mut writes = self.on_duty(&duty, now, &subject(&id))?;
        writes.issued(&Loaded { rev: None, value: issued }, &id)?;
        let body = json!({ "result": { "transfer_id": id, "invoice": document } });
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 201, replayed: false })
    }

    fn invoice(
        &self,
        wanted: &InvoiceAsk,
        (transfer_id, condition): (PaymentId, Digest),
        now: Timestamp,
    ) -> Result<Invoice, Refused> {
        let amount = PositiveAmount::parse(&wanted.amount, wanted.currency, now.date())
            .map_err(|e| Refused::invalid("bad-amount", e))?;
        let purpose = slug("/purpose", &wanted.purpose)?;
        let payee = self.holding(&wanted.account_id)?;
        payee.may_act()?;
        if payee.account.value.currency() != wanted.currency {
            let detail = "the account is kept in another currency";
            return Err(Refused::invalid("bad-account", detail));
        }
        let formation = payee.entity.formation();
        if *formation.jurisdiction_id() != self.here.participant.jurisdiction_id {
            let detail = "the holder is not of this zone's jurisdiction";
            return Err(Refused::conflict("account-mismatch", detail));
        }
        let gathered = self.gather(&payee.entity, now)?;
        let identified = gathered.facts.get("owner.identified");
        Ok(Invoice {
            amount: amount.amount(),
            condition,
            keys: self.keys_document()?,
            payee: End {
                account_id: wanted.account_id.clone(),
                name: formation.legal_name().to_owned(),
                jurisdiction_id: formation.jurisdiction_id().clone(),
                identified: identified.map(|fact| fact.value == law::Value::Bool(true)),
            },
            purpose: purpose.as_str().to_owned(),
            realm: self.realm(),
            reference: wanted.reference.clone(),
            transfer_id,
            zone_id: self.zone_id().clone(),
        })
    }
}

impl<W> Writes<'_, W> {
    pub(super) fn issued(&mut self, known: &Loaded<Issued>, id: &PaymentId) -> Result<(), Refused> {
        self.state(INVOICE, id.as_str(), known.rev, &known.value)
    }
}
