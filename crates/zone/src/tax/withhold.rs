//! What a payment is taxed with. Assessed before law is asked, so that law sees it; booked in the payment's own posting.

use canon::{Amount, Canonical, JurisdictionId, PaymentId, RecordId, Timestamp};
use law::{Facts, Provenance, Source};
use registry::fiscal::{Charges, PositiveAmount, WithheldTax};
use registry::tax::{
    Liability, LiabilityEvent, LiabilityKey, Month, Parties, TaxEvent, TaxEventKind, TaxRecord,
    Terms, Withholding, assess,
};
use registry::{Account, AccountKind, Entity};

use super::year::Pair;
use super::{BY_ENTITY, EVENT, InYear, LIABILITY};
use crate::facts::Gathered;
use crate::refused::Refused;
use crate::writes::{MovesMoney, Writes};
use crate::zone::{Loaded, Zone};

/// Who is paid, as tax looks at it.
#[derive(Clone, Copy)]
pub(crate) enum Payee<'a> {
    /// An entity of this zone, with the evidence about it.
    Here(&'a Entity, &'a Facts),
    /// Somebody of the same country, at a bank outside, with what its registers said.
    AtBank(&'a Facts),
}

impl<'a> Payee<'a> {
    fn entity(self) -> Option<&'a Entity> {
        match self {
            Self::Here(entity, _) => Some(entity),
            Self::AtBank(_) => None,
        }
    }

    /// What is known of it, and its legal form where this zone keeps it.
    fn known(self) -> (&'a Facts, Option<&'a str>) {
        match self {
            Self::Here(entity, facts) => (facts, Some(entity.formation().entity_type())),
            Self::AtBank(facts) => (facts, None),
        }
    }
}

/// A payment, as tax looks at it.
pub(crate) struct Taxable<'a> {
    pub(crate) payer: &'a Entity,
    pub(crate) payee: Payee<'a>,
    pub(crate) purpose: &'a str,
    pub(crate) gross: PositiveAmount,
    pub(crate) payment_id: &'a PaymentId,
}

/// What was found of it: the event, and what is withheld where law of the place speaks of withholding.
pub(crate) struct Levied {
    event: Option<TaxEventKind>,
    withholding: Option<Withholding>,
    record: Option<TaxRecord>,
    /// The sum of the tax year with this in it, where law has one.
    in_year: Option<InYear>,
}

/// What a payment was taxed with, as it is written.
pub(crate) struct Taxed {
    event: TaxEvent,
    in_year: Option<InYear>,
}

/// A liability, by how much it grows, and the account it stands on.
pub(crate) struct Owed {
    liability: Loaded<Liability>,
    withheld: Amount,
    account: Loaded<Account>,
}

impl Owed {
    /// The account the tax is booked to.
    pub(crate) fn account(&self) -> &Account {
        &self.account.value
    }

    /// What is left to write once the account was booked.
    pub(crate) fn parts(self) -> ((Loaded<Liability>, Amount), Loaded<Account>) {
        ((self.liability, self.withheld), self.account)
    }
}

impl Zone {
    /// What tax falls on a payment. Between accounts of one holder nothing is supplied.
    pub(crate) fn levy(&self, paid: &Taxable<'_>, now: Timestamp) -> Result<Levied, Refused> {
        let payee = paid.payee.entity();
        let same = payee.is_some_and(|payee| payee.id() == paid.payer.id());
        let event = TaxEventKind::of_purpose(paid.purpose, false);
        let place = paid.payer.formation().jurisdiction_id();
        let reached = event.filter(|_| !same).filter(|event| {
            // Law that says nothing of withholding leaves the payment to its other rules.
            self.reach(place, *event, now.date()).is_some()
        });
        let Some(kind) = reached else {
            let event = event.filter(|_| !same);
            return Ok(Levied { event, withholding: None, record: None, in_year: None });
        };
        let gross = paid.gross.amount();
        let pair =
            payee.map(|payee| Pair { payer: paid.payer.id(), payee: payee.id(), kind, place });
        let year =
            pair.map(|pair| self.tax_year_of(&pair, (gross, now.date()), now)).transpose()?;
        let year = year.flatten();
        let mut known = self.known(place, (kind, now.date()), Some(paid.payee.known()), now);
        known.year = year.as_ref().map(super::year::Begun::threshold);
        let withholding =
            assess(paid.gross, known).map_err(|e| Refused::invalid("bad-amount", e))?;
        let parties = Parties {
            payer: paid.payer.id().clone(),
            payee: payee.map(|payee| payee.id().clone()),
            payment_id: Some(paid.payment_id.clone()),
        };
        let record = self.stated(place, kind, (parties, paid.gross), now)?;
        let in_year = year.map(|year| year.with(gross)).transpose()?;
        Ok(Levied { event, withholding: Some(withholding), record: Some(record), in_year })
    }

    /// An event of today.
    pub(super) fn stated(
        &self,
        place: &JurisdictionId,
        kind: TaxEventKind,
        (parties, gross): (Parties, PositiveAmount),
        now: Timestamp,
    ) -> Result<TaxRecord, Refused> {
        Ok(TaxRecord {
            event_id: RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?,
            kind,
            jurisdiction_id: place.clone(),
            parties,
            gross,
            occurred: now.date(),
            tax_year: self.tax_year(place, now.date()),
            recorded: now,
        })
    }

    /// The liability of a month and its account, both opened on first use.
    fn tax_owed(
        &self,
        terms: &Terms,
        withheld: Amount,
        (month, now): (Month, Timestamp),
    ) -> Result<Owed, Refused> {
        let currency = withheld.currency();
        let authority = terms.authority.clone();
        let key = LiabilityKey { authority: authority.clone(), currency, month };
        let known: Option<Loaded<Liability>> = self.load(LIABILITY, &key.id())?;
        let liability = known.unwrap_or_else(|| Loaded { rev: None, value: Liability::none(key) });
        let account = self.standing(AccountKind::Tax { authority }, currency, now)?;
        Ok(Owed { liability, withheld, account })
    }
}

impl Levied {
    /// What cannot be said leaves the payment undone, even where no rule asks.
    pub(crate) fn settled(&self) -> Result<(), Refused> {
        match &self.withholding {
            Some(Withholding::Pending { missing }) => {
                let names: Vec<&str> = missing.iter().map(|what| what.name()).collect();
                let detail = format!("what is to be withheld is pending: {}", names.join(", "));
                Err(Refused::conflict("tax-pending", detail))
            }
            _ => Ok(()),
        }
    }

    /// A transfer that tax is withheld of, or that law counts in a tax year, is a payment, and made as one.
    pub(crate) fn untaxed(&self) -> Result<(), Refused> {
        match &self.withholding {
            None => Ok(()),
            Some(Withholding::NotDue { .. }) if self.in_year.is_none() => Ok(()),
            Some(_) => {
                let detail = "tax is withheld at this purpose: make it as a payment";
                Err(Refused::conflict("transfer-taxed", detail))
            }
        }
    }

    /// The tax as the payment shows it, and where it goes.
    pub(crate) fn charge(
        &self,
        zone: &Zone,
        now: Timestamp,
    ) -> Result<(Charges, Option<Owed>), Refused> {
        let (Some(record), Some(Withholding::Due { terms, withheld, net })) =
            (&self.record, &self.withholding)
        else {
            return Ok((Charges::default(), None));
        };
        let tax = WithheldTax {
            event_id: record.event_id.clone(),
            gross: record.gross,
            withheld: *withheld,
            net: *net,
            terms: terms.clone(),
        };
        let owed = zone.tax_owed(terms, *withheld, (Month::of(record.occurred), now))?;
        Ok((Charges { tax: Some(tax), fee: None }, Some(owed)))
    }

    /// The event as it is kept; `posting_id` of the payment's own posting.
    pub(crate) fn taxed(self, posting_id: &RecordId) -> Option<Taxed> {
        let (record, withholding) = (self.record?, self.withholding?);
        let posting = matches!(withholding, Withholding::Due { .. }).then(|| posting_id.clone());
        let event = TaxEvent::recorded(record, withholding, posting);
        Some(Taxed { event, in_year: self.in_year })
    }
}

impl Gathered {
    /// `tax.*` of a payment: what was found, with the digest of all it was found from.
    pub(crate) fn tax(&mut self, levied: &Levied) -> Result<(), Refused> {
        let digest = Canonical::of(&(&levied.event, &levied.withholding));
        let by = Provenance::new(Source::Registry, digest.map_err(Refused::host)?.digest());
        let event = levied.event.map_or("none", TaxEventKind::name);
        self.state("tax.event", event, by.clone())?;
        if let Some(withholding) = &levied.withholding {
            self.state("tax.withholding", withholding.name(), by.clone())?;
        }
        if let Some(Withholding::Due { terms, withheld, .. }) = &levied.withholding {
            self.state("tax.filer_status", terms.filer.status.name(), by.clone())?;
            self.state("tax.rate_bp", i64::from(terms.rate.rate_bp), by.clone())?;
            self.state("tax.withheld", *withheld, by)?;
        }
        Ok(())
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write what a payment was taxed with.
    pub(crate) fn taxed(
        &mut self,
        taxed: Option<&Taxed>,
        owed: Option<(Loaded<Liability>, Amount)>,
    ) -> Result<(), Refused> {
        if let Some(Taxed { event, in_year }) = taxed {
            self.tax_event(event)?;
            self.in_year(in_year.as_ref())?;
        }
        if let Some((liability, withheld)) = owed {
            self.liability(liability, LiabilityEvent::Withhold(withheld))?;
        }
        Ok(())
    }

    /// Write a new event with its indexes.
    pub(crate) fn tax_event(&mut self, event: &TaxEvent) -> Result<(), Refused> {
        let id = event.id().as_str();
        self.record(EVENT, id, None, event)?;
        self.index(EVENT, BY_ENTITY, event.payer().as_str(), id);
        if let Some(payee) = event.payee().filter(|payee| *payee != event.payer()) {
            self.index(EVENT, BY_ENTITY, payee.as_str(), id);
        }
        Ok(())
    }

    /// Write what is owed after it changed.
    pub(crate) fn liability(
        &mut self,
        liability: Loaded<Liability>,
        event: LiabilityEvent,
    ) -> Result<Liability, Refused> {
        let Loaded { rev, value } = liability;
        let id = value.key().id();
        let after = value.apply(event).map_err(|e| Refused::conflict("tax-not-owed", e))?;
        self.record(LIABILITY, &id, rev, &after)?;
        Ok(after)
    }
}
