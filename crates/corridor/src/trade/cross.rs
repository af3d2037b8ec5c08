//! What each step must agree with: the terms, the documents before it, and the day.

use canon::{Amount, Digest, RecordId, Timestamp};

use super::bill::{BillOfLading, Consignment};
use super::error::{Checked, Rule, TradeError, ensure, refused};
use super::flow::{Endorsement, Flow};
use super::invoice::{Invoice, same_currency};
use super::letter::{LetterOfCredit, last_refusal};
use super::limits::DOCUMENTS_MAX;
use super::order::{Archetype, Side, State};
use super::parts::{TradeParty, TradeRef, at_most, not_after};
use super::steps::{
    AcceptInvoice, Acceptance, Act, AmendLetter, Decision, EndorseBill, HonorLetter, IssueBill,
    IssueInvoice, IssueLetter, PresentDocuments, ReleaseBill, SettleInvoice,
};

/// `artifact_type` of an invoice.
pub const INVOICE: &str = "commercial_invoice";
/// `artifact_type` of a bill of lading.
pub const BILL: &str = "bill_of_lading";

impl Flow {
    /// Do what a step does, once all it must agree with does.
    pub(super) fn take(&mut self, at: Timestamp, act: &Act) -> Result<State, TradeError> {
        match act {
            Act::InvoiceIssue(act) => self.issue_invoice(at, act),
            Act::InvoiceAccept(act) => self.accept(at, act),
            Act::InvoiceSettle(act) => self.settle(at, act),
            Act::BolIssue(act) => self.issue_bill(at, act),
            Act::BolEndorse(act) => self.endorse(at, act),
            Act::BolRelease(act) => self.release(at, act),
            Act::LcIssue(act) => self.issue_letter(at, act),
            Act::LcAmend(act) => self.amend(at, act),
            Act::LcPresent(act) => self.present(at, act),
            Act::LcHonor(act) => self.honor(at, act),
        }
    }

    fn issue_invoice(&mut self, at: Timestamp, act: &IssueInvoice) -> Result<State, TradeError> {
        self.invoice_fits(&act.invoice, at)?;
        refers("invoice_ref", act.invoice_ref.as_ref(), || act.invoice.digest())?;
        self.by("issued_by_party_id", act.issued_by_party_id.as_ref(), Side::Seller, None)?;
        self.invoice = Some(act.invoice.clone());
        Ok(State::InvoiceIssued)
    }

    fn accept(&self, at: Timestamp, act: &AcceptInvoice) -> Result<State, TradeError> {
        let invoice = self.invoice_of("invoice_id", act.invoice_id.as_ref())?;
        refers("invoice_ref", act.invoice_ref.as_ref(), || invoice.digest())?;
        self.by("accepted_by_party_id", Some(&act.accepted_by_party_id), Side::Buyer, None)?;
        told("accepted_at", act.accepted_at, (invoice.issue_date.start(), at))?;
        let disputed = act.status.unwrap_or_default() == Acceptance::Disputed;
        ensure(
            disputed == act.dispute_reason.is_some(),
            "dispute_reason",
            Rule::Malformed,
            || "goes with `disputed`, and only with it".to_owned(),
        )?;
        Ok(if disputed { State::InvoiceDisputed } else { State::InvoiceAccepted })
    }

    fn issue_bill(&mut self, at: Timestamp, act: &IssueBill) -> Result<State, TradeError> {
        let bill = &act.bol;
        bill.check()?;
        refers("bol_ref", act.bol_ref.as_ref(), || bill.digest())?;
        let carrier = Some(&bill.carrier.party_id);
        self.by("issued_by_party_id", act.issued_by_party_id.as_ref(), Side::Seller, carrier)?;
        self.is_party("bol.shipper", &bill.shipper, Side::Seller)?;
        not_after("bol.issue_date", Rule::Dates, bill.issue_date, ("today", at.date()))?;
        let side = match bill.consignment_type {
            Consignment::ToOrder => Side::Seller,
            Consignment::Straight => Side::Buyer,
        };
        self.is_party("bol.consignee", &bill.consignee, side)?;
        self.passes_as_wanted(bill.consignment_type)?;
        if let Some(letter) = &self.letter {
            let latest = letter.latest_shipment_date.unwrap_or(letter.expiry_date);
            let last = ("the latest date of shipment", latest);
            not_after("bol.on_board_date", Rule::Shipment, bill.shipped(), last)?;
        }
        if let Some(invoice) = &self.invoice {
            goods_agree(invoice, bill)?;
        }
        self.holder = Some(self.id_of(side).clone());
        self.bill = Some(bill.clone());
        Ok(State::GoodsShipped)
    }

    /// A bill that is to be endorsed is to order; one that is released without it is not.
    fn passes_as_wanted(&self, consignment: Consignment) -> Checked {
        let wanted = match self.opening.flow_type {
            Archetype::Export => Consignment::ToOrder,
            Archetype::OpenAccount => Consignment::Straight,
            Archetype::Import | Archetype::LetterOfCredit => return Ok(()),
        };
        ensure(consignment == wanted, "bol.consignment_type", Rule::Holder, || {
            format!("a flow of type {} never gives the holder the goods", self.opening.flow_type)
        })
    }

    fn endorse(&mut self, at: Timestamp, act: &EndorseBill) -> Result<State, TradeError> {
        let bill = self.bill_of(act.bol_id.as_ref())?;
        refers("bol_ref", act.bol_ref.as_ref(), || bill.digest())?;
        told("endorsed_at", act.endorsed_at, (bill.issue_date.start(), at))?;
        self.held_by("from_party_id", &act.from_party_id)?;
        let to = &act.to_party_id;
        ensure(to == self.id_of(Side::Buyer), "to_party_id", Rule::Parties, || {
            format!("`{to}` is not the buyer")
        })?;
        self.pass_on(to.clone(), at);
        Ok(State::BolEndorsed)
    }

    fn release(&mut self, at: Timestamp, act: &ReleaseBill) -> Result<State, TradeError> {
        let to = &act.released_to_party_id;
        if self.bill.is_some() {
            let bill = self.bill_of(act.bol_id.as_ref())?;
            refers("bol_ref", act.bol_ref.as_ref(), || bill.digest())?;
            told("released_at", act.released_at, (bill.issue_date.start(), at))?;
            self.held_by("released_to_party_id", to)?;
        } else {
            // Made outside the flow: which it was is told, and the buyer alone may have the goods.
            ensure(act.bol_ref.is_some(), "bol_ref", Rule::Documents, || {
                "the bill of lading was not issued in this flow, and is not named".to_owned()
            })?;
            act.bol_ref.as_ref().map_or(Ok(()), |reference| reference.check("bol_ref"))?;
            told("released_at", act.released_at, (self.opening.opened_at.date().start(), at))?;
            self.by("released_to_party_id", Some(to), Side::Buyer, None)?;
        }
        self.released = true;
        Ok(State::GoodsReleased)
    }

    fn settle(&self, at: Timestamp, act: &SettleInvoice) -> Result<State, TradeError> {
        let invoice = self.invoice_of("invoice_id", act.invoice_id.as_ref())?;
        refers("invoice_ref", act.invoice_ref.as_ref(), || invoice.digest())?;
        told("settled_at", act.settled_at, (invoice.issue_date.start(), at))?;
        let owed = self.honored.unwrap_or(invoice.total);
        equal("amount", act.amount, owed)?;
        Ok(State::Settled)
    }

    fn issue_letter(&mut self, at: Timestamp, act: &IssueLetter) -> Result<State, TradeError> {
        let letter = &act.lc;
        letter.check()?;
        self.is_party("lc.applicant", &letter.applicant, Side::Buyer)?;
        self.is_party("lc.beneficiary", &letter.beneficiary, Side::Seller)?;
        let digest = letter.digest()?;
        refers("lc_ref", act.lc_ref.as_ref(), || Ok(digest))?;
        let bank = Some(&letter.issuing_bank.party_id);
        self.by("issued_by_party_id", act.issued_by_party_id.as_ref(), Side::Buyer, bank)?;
        not_after("lc.issue_date", Rule::Dates, letter.issue_date, ("today", at.date()))?;
        let end = ("the expiry date", letter.expiry_date);
        not_after("lc.expiry_date", Rule::Presentation, at.date(), end)?;
        self.letter = Some(letter.clone());
        self.letter_sha256 = Some(digest);
        Ok(State::LcIssued)
    }

    fn amend(&mut self, at: Timestamp, act: &AmendLetter) -> Result<State, TradeError> {
        let mut letter = self.letter_of(act.lc_id.as_ref(), act.lc_ref.as_ref())?.clone();
        let bank = Some(&letter.issuing_bank.party_id);
        self.by("amended_by_party_id", act.amended_by_party_id.as_ref(), Side::Buyer, bank)?;
        told("amended_at", act.amended_at, (letter.issue_date.start(), at))?;
        let end = ("the expiry date", letter.expiry_date);
        not_after("at", Rule::Presentation, at.date(), end)?;
        if let Some(reference) = &act.amendment_ref {
            reference.check("amendment_ref")?;
        }
        let changes = &act.amendment;
        let some = changes.new_amount.is_some() || changes.new_expiry_date.is_some();
        ensure(some, "amendment", Rule::Malformed, || "changes nothing".to_owned())?;
        if let Some(amount) = changes.new_amount {
            same_currency("amendment.new_amount", amount, letter.amount)?;
            let more = amount.minor() >= letter.amount.minor();
            ensure(more, "amendment.new_amount", Rule::Amendment, || {
                "is less, and the beneficiary has no step to agree to it".to_owned()
            })?;
            letter.amount = amount;
        }
        if let Some(date) = changes.new_expiry_date {
            ensure(
                date >= letter.expiry_date,
                "amendment.new_expiry_date",
                Rule::Amendment,
                || "is earlier, and the beneficiary has no step to agree to it".to_owned(),
            )?;
            letter.expiry_date = date;
        }
        self.letter = Some(letter);
        Ok(State::LcAmended)
    }

    fn present(&mut self, at: Timestamp, act: &PresentDocuments) -> Result<State, TradeError> {
        let letter = self.letter_of(act.lc_id.as_ref(), act.lc_ref.as_ref())?;
        let bill = self.bill_of(None)?;
        self.by("presented_by_party_id", Some(&act.presented_by_party_id), Side::Seller, None)?;
        told("presented_at", act.presented_at, (bill.issue_date.start(), at))?;
        let last = ("the last day of presentation", letter.last_presentation(bill.shipped()));
        not_after("at", Rule::Presentation, at.date(), last)?;
        self.invoice_fits(&act.invoice, at)?;
        same_currency("invoice.total", act.invoice.total, letter.amount)?;
        let available = letter.available();
        ensure(
            available.is_some_and(|available| act.invoice.total.minor() <= available.minor()),
            "invoice.total",
            Rule::Credit,
            || format!("{} is more than the credit is available for", act.invoice.total),
        )?;
        goods_agree(&act.invoice, bill)?;
        documents_are_there(letter, bill, act)?;
        if bill.consignment_type == Consignment::ToOrder {
            self.held_by("presented_by_party_id", &act.presented_by_party_id)?;
        }
        self.presented = Some(at);
        self.invoice = Some(act.invoice.clone());
        Ok(State::DocumentsPresented)
    }

    fn honor(&mut self, at: Timestamp, act: &HonorLetter) -> Result<State, TradeError> {
        let letter = self.letter_of(act.lc_id.as_ref(), act.lc_ref.as_ref())?;
        let bank = Some(&letter.issuing_bank.party_id);
        self.by("decided_by_party_id", act.decided_by_party_id.as_ref(), Side::Buyer, bank)?;
        let presented = self.presented.unwrap_or(self.at);
        told("decision_at", act.decision_at, (presented.date().start(), at))?;
        let invoice = self.invoice_of("invoice_id", None)?;
        match (act.decision, act.honor_amount, &act.reason) {
            (Decision::Honor, Some(amount), None) => {
                equal("honor_amount", amount, invoice.total)?;
                self.honored = Some(amount);
                let to = self.id_of(Side::Buyer).clone();
                if self.holder() != Some(&to) {
                    self.pass_on(to, at);
                }
                Ok(State::LcHonored)
            }
            // Who does not refuse in time is precluded from refusing at all; to honour is never late.
            (Decision::Refuse, None, Some(_)) => {
                let last = last_refusal(presented.date(), &self.opening.bank_holidays);
                let last = last.unwrap_or(presented.date());
                let last = ("the last day of examination", last);
                not_after("at", Rule::Examination, at.date(), last)?;
                Ok(State::LcRefused)
            }
            _ => Err(refused(
                "decision",
                Rule::Malformed,
                "`honor` goes with an amount, `refuse` with a reason",
            )),
        }
    }

    fn pass_on(&mut self, to: RecordId, at: Timestamp) {
        if let Some(from_party_id) = self.holder.replace(to.clone()) {
            self.endorsements.push(Endorsement { from_party_id, to_party_id: to, at });
        }
    }

    /// The invoice adds up, is of these parties, and not of tomorrow.
    fn invoice_fits(&self, invoice: &Invoice, at: Timestamp) -> Checked {
        invoice.check()?;
        self.is_party("invoice.seller", &invoice.seller, Side::Seller)?;
        self.is_party("invoice.buyer", &invoice.buyer, Side::Buyer)?;
        not_after("invoice.issue_date", Rule::Dates, invoice.issue_date, ("today", at.date()))
    }

    fn is_party(&self, field: &str, party: &TradeParty, side: Side) -> Checked {
        let wanted = &self.opening.end(side).party;
        ensure(party.is(wanted), field, Rule::Parties, || {
            format!(
                "`{}` is not the {} of the flow, `{}`",
                party.party_id,
                side.name(),
                wanted.party_id
            )
        })
    }

    /// Who acts, where it is said: the party of that side, or another that may act for it.
    fn by(
        &self,
        field: &str,
        named: Option<&RecordId>,
        side: Side,
        or: Option<&RecordId>,
    ) -> Checked {
        let own = self.id_of(side);
        let fits = named.is_none_or(|named| named == own || Some(named) == or);
        ensure(fits, field, Rule::Parties, || format!("is not the {}, `{own}`", side.name()))
    }

    fn held_by(&self, field: &str, party: &RecordId) -> Checked {
        ensure(self.holder() == Some(party), field, Rule::Holder, || match self.holder() {
            Some(holder) => format!("`{holder}` holds the bill of lading, not `{party}`"),
            None => "nobody holds the bill of lading any more".to_owned(),
        })
    }

    fn invoice_of(&self, field: &str, named: Option<&RecordId>) -> Result<&Invoice, TradeError> {
        let invoice = self.invoice.as_ref();
        let fits = |invoice: &&Invoice| named.is_none_or(|named| *named == invoice.invoice_id);
        invoice.filter(fits).ok_or_else(|| refused(field, Rule::Documents, "is not the invoice"))
    }

    fn bill_of(&self, named: Option<&RecordId>) -> Result<&BillOfLading, TradeError> {
        let fits = |bill: &&BillOfLading| named.is_none_or(|named| *named == bill.bol_id);
        let found = self.bill.as_ref().filter(fits);
        found.ok_or_else(|| refused("bol_id", Rule::Documents, "is not the bill of lading"))
    }

    fn letter_of(
        &self,
        named: Option<&RecordId>,
        reference: Option<&TradeRef>,
    ) -> Result<&LetterOfCredit, TradeError> {
        let wrong = || refused("lc_id", Rule::Documents, "is not the letter of credit");
        let fits = |letter: &&LetterOfCredit| named.is_none_or(|named| *named == letter.lc_id);
        let letter = self.letter.as_ref().filter(fits).ok_or_else(wrong)?;
        let issued = self.letter_sha256.ok_or_else(wrong)?;
        refers("lc_ref", reference, || Ok(issued))?;
        Ok(letter)
    }
}

/// A reference, where there is one, names exactly this document.
fn refers(
    field: &str,
    reference: Option<&TradeRef>,
    document: impl FnOnce() -> Result<Digest, TradeError>,
) -> Checked {
    let Some(reference) = reference else { return Ok(()) };
    reference.check(field)?;
    let digest = document()?;
    ensure(reference.digest_sha256 == digest, field, Rule::Documents, || {
        format!("is of another document than {digest}")
    })
}

/// A moment that is told lies between what it follows and the moment of telling.
fn told(field: &str, moment: Timestamp, (from, at): (Timestamp, Timestamp)) -> Checked {
    ensure(from <= moment && moment <= at, field, Rule::Dates, || {
        format!("{moment} is not between {from} and {at}")
    })
}

fn equal(field: &str, amount: Amount, owed: Amount) -> Checked {
    same_currency(field, amount, owed)?;
    ensure(amount == owed, field, Rule::Amount, || format!("{amount} is not {owed}"))
}

/// The goods on board are goods invoiced, where both say which by code.
fn goods_agree(invoice: &Invoice, bill: &BillOfLading) -> Checked {
    let (Some(invoiced), Some(shipped)) = (invoice.goods(), bill.codes()) else { return Ok(()) };
    let stranger = shipped.iter().find(|code| !invoiced.contains(code));
    stranger.map_or(Ok(()), |code| {
        let detail = format!("HS {code} is on board and not invoiced");
        Err(refused("bol.goods", Rule::Goods, detail))
    })
}

/// Every document the letter asks for is presented, and those of the flow are the very ones.
fn documents_are_there(
    letter: &LetterOfCredit,
    bill: &BillOfLading,
    act: &PresentDocuments,
) -> Checked {
    let field = "document_refs";
    at_most(field, act.document_refs.len(), DOCUMENTS_MAX)?;
    for reference in &act.document_refs {
        reference.check(field)?;
    }
    let of = |kind: &str| {
        act.document_refs.iter().filter(|r| r.artifact_type.as_str() == kind).collect()
    };
    let there = |kind: &str, digest: Option<Digest>| {
        let found: Vec<&TradeRef> = of(kind);
        let fits = match digest {
            Some(digest) => matches!(found.as_slice(), [one] if one.digest_sha256 == digest),
            None => !found.is_empty(),
        };
        ensure(fits, field, Rule::Documents, || match digest {
            Some(digest) => format!("`{kind}` {digest} is not among them, once"),
            None => format!("`{kind}` is not among them"),
        })
    };
    there(INVOICE, Some(act.invoice.digest()?))?;
    there(BILL, Some(bill.digest()?))?;
    let asked = letter.documents_required.iter().filter(|doc| doc.required.unwrap_or(true));
    asked.map(|doc| doc.doc_type.as_str()).try_for_each(|kind| there(kind, None))
}
