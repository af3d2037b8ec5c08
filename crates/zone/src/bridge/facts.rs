//! What a zone knows of a payment whose payer and payee are both elsewhere.

use canon::{Canonical, Timestamp};
use corridor::bridge::{ReadInvoice, ReadPrepare};
use corridor::payment::End;
use law::{Kind, Provenance, Source};

use crate::facts::{Gathered, named};
use crate::refused::Refused;
use crate::zone::Zone;

impl Gathered {
    /// Whether the zone that keeps an end's account says it has identified the holder.
    pub(super) fn told(&mut self, role: &str, end: &End, by: Provenance) -> Result<(), Refused> {
        match end.identified {
            Some(identified) => self.state(&format!("{role}.identified"), identified, by),
            None => Ok(()),
        }
    }
}

/// The payee's zone says it in the invoice, under its own signature.
pub(super) fn of_invoice(paid: &ReadInvoice) -> Provenance {
    Provenance::new(Source::Adapter, paid.payload_sha256)
}

impl Zone {
    /// Facts of a payment that passes through: the counterparty of what arrives is the payer, of what goes on
    /// the payee. Both are screened by name.
    pub(super) fn gather_passing(
        &self,
        read: &ReadPrepare,
        kind: Kind,
        now: Timestamp,
    ) -> Result<Gathered, Refused> {
        let (payer, payee) = (&read.prepare.payer, &read.paid.invoice.payee);
        let mut gathered = Gathered::new();
        gathered.payment(read.prepare.amount, &read.paid.invoice.purpose, true)?;
        let ends = match kind {
            Kind::PaymentSend => [("payer", payer), ("payee", payee)],
            _ => [("payee", payee), ("payer", payer)],
        };
        // The last one told is the counterparty.
        for (role, end) in ends {
            gathered.far_end(role, Some(&end.name), end.jurisdiction_id.as_str(), true)?;
        }
        gathered.travels(read.prepare.payer_particulars.as_ref(), Source::Adapter)?;
        let digest = Canonical::of(&read.prepare).map_err(Refused::host)?.digest();
        gathered.told("payer", payer, Provenance::new(Source::Adapter, digest))?;
        gathered.told("payee", payee, of_invoice(&read.paid))?;
        let both = [named(&payer.name, now), named(&payee.name, now)];
        gathered.screen(self, &both)?;
        Ok(gathered)
    }
}
