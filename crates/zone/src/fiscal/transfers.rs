//! Transfers: linked postings between accounts of at most two entities and the zone's own, at once or in two phases.
//!
//! Law is asked when money is promised and again when it is booked; what is voided is only let go. Between two entities a
//! transfer is a payment to law, and one that tax is withheld of is made as a payment, where it is withheld.

use canon::{AccountId, Amount, Currency, Date, EntityId, PaymentId, RecordId, Timestamp};
use law::{Admission, Kind};
use registry::fiscal::{
    IllegalTransfer, PositiveAmount, TRANSFERS_LINKED_MAX, Transfer, TransferEvent, TransferState,
};
use registry::{Account, AccountKind, Entity, LedgerEvent, Leg, Line, Posting, Side};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::TRANSFER;
use crate::account::{acting, slug};
use crate::caller::Scope;
use crate::facts::{Gathered, subjects};
use crate::idempotency::Ask;
use crate::limits::{EFFECTIVE_DAYS_MAX, PENDING_SECS_MAX};
use crate::pipeline::{Judged, Question};
use crate::refused::{Envelope, Refused};
use crate::tax::{Payee, Taxable};
use crate::zone::{Loaded, Page, Zone};

/// One of several linked movements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkedAsk {
    /// Account that gives.
    pub from_account_id: AccountId,
    /// Account that takes.
    pub to_account_id: AccountId,
    /// Decimal amount.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: Currency,
}

/// A request to transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferAsk {
    /// The movements: all of them or none.
    pub transfers: Vec<LinkedAsk>,
    /// What for, as a code word.
    pub purpose: String,
    /// Until when they are only promised; booked at once without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_until: Option<Timestamp>,
    /// The day they count for, not later than today; today unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Date>,
}

/// Who gives and who takes, beside the zone itself.
struct Parties {
    payer: Option<Entity>,
    payee: Option<Entity>,
    given: Option<Amount>,
    /// When it was made or promised: the day it counts on for limits.
    made: Timestamp,
}

impl Zone {
    /// Transfer, or promise to.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn transfer(&self, ask: &Ask, asked: &TransferAsk) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let purpose = slug("/purpose", &asked.purpose)?;
        timely(asked, now)?;
        let begun = self.begun(now);
        let postings = self.postings_of(asked, purpose.as_str(), begun)?;
        let accounts = self.accounts_of(&postings, begun)?;
        let parties = self.parties((&postings, &accounts), begun)?;
        let counted = self.counted_given((&postings, &accounts), begun)?;
        let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let subject = format!("transfer:{id}");
        let at = (now, ask.caller.principal().as_str(), subject.as_str());
        let step = if asked.pending_until.is_some() { "reserve" } else { "transfer" };
        let admission = self.admit_transfer(step, purpose.as_str(), &parties, at)?;
        let event = match asked.pending_until {
            Some(_) => LedgerEvent::Reserve,
            None => LedgerEvent::Post,
        };
        let events = postings.iter().cloned().map(event).collect();
        let linked = self.link(events, accounts, Vec::new())?;
        let transfer = Transfer::new(id.clone(), postings, asked.pending_until, begun);
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, at)?;
        writes.linked(&linked)?;
        writes.record(TRANSFER, id.as_str(), None, &transfer)?;
        writes.tier_paid(counted.as_ref())?;
        if let Some(until) = asked.pending_until {
            writes.will_expire(&id, until, 0);
        }
        writes.answer_and_let_go(building, ask, 201, &admission, (shown(&transfer), credential))
    }

    /// Book what was promised, or let it go.
    ///
    /// # Errors
    /// See [`Refused`]; `transfer-not-pending`, `transfer-expired`.
    pub fn end_transfer(
        &self,
        ask: &Ask,
        id: &RecordId,
        event: TransferEvent,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let known: Loaded<Transfer> = self.need(TRANSFER, id.as_str())?;
        let after = known.value.clone().apply(event, self.begun(now)).map_err(|error| {
            let code = match error {
                IllegalTransfer::NotPending(_) => "transfer-not-pending",
                IllegalTransfer::Expired(_) => "transfer-expired",
            };
            Refused::conflict(code, error)
        })?;
        let promised = known.value.postings().to_vec();
        let accounts = self.accounts_of(&promised, now)?;
        let subject = format!("transfer:{id}");
        let at = (now, ask.caller.principal().as_str(), subject.as_str());
        let purpose = promised.first().map_or("transfer", Posting::reference).to_owned();
        let (known_as, made) = ((&promised[..], &accounts[..]), known.value.made());
        let (admission, freed) = match event {
            TransferEvent::Post => {
                let parties = self.parties(known_as, made)?;
                (self.admit_transfer("post", &purpose, &parties, at)?, None)
            }
            TransferEvent::Void => {
                let admission = self.admit_void(&promised, &accounts, at)?;
                (admission, self.freed_given(known_as, made)?)
            }
        };
        let of = |posting: &Posting| match event {
            TransferEvent::Post => LedgerEvent::PostReserved(posting.id().clone()),
            TransferEvent::Void => LedgerEvent::Void(posting.id().clone()),
        };
        let linked = self.link(promised.iter().map(of).collect(), accounts, promised.clone())?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, at)?;
        writes.linked(&linked)?;
        writes.record(TRANSFER, id.as_str(), known.rev, &after)?;
        writes.tier_paid(freed.as_ref())?;
        writes.has_ended(id);
        writes.answer_and_let_go(building, ask, 200, &admission, (shown(&after), credential))
    }

    fn postings_of(
        &self,
        asked: &TransferAsk,
        purpose: &str,
        now: Timestamp,
    ) -> Result<Vec<Posting>, Refused> {
        let (today, mut postings) = (now.date(), Vec::new());
        for one in &asked.transfers {
            let amount = PositiveAmount::parse(&one.amount, one.currency, today)
                .map_err(|e| Refused::invalid("bad-amount", e))?;
            let legs =
                [Leg::debit(&one.from_account_id, amount), Leg::credit(&one.to_account_id, amount)];
            let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
            let line = Line::parse(purpose).map_err(Refused::host)?;
            let posting = Posting::new(id, today, line, legs);
            let posting = posting.map_err(|e| Refused::invalid("bad-posting", e))?;
            postings.push(posting.effective_on(asked.effective.unwrap_or(today)));
        }
        Ok(postings)
    }

    pub(super) fn accounts_of(
        &self,
        postings: &[Posting],
        now: Timestamp,
    ) -> Result<Vec<Loaded<Account>>, Refused> {
        let mut found: Vec<Loaded<Account>> = Vec::new();
        for leg in postings.iter().flat_map(Posting::legs) {
            if found.iter().any(|known| known.value.id() == &leg.account_id) {
                continue;
            }
            let account = self.booked_on(&leg.account_id, now)?;
            let may = matches!(
                account.value.holder(),
                AccountKind::Customer { .. }
                    | AccountKind::Position {}
                    | AccountKind::Ledger { .. }
                    | AccountKind::Treasury {}
                    | AccountKind::Fees {}
            );
            if !may {
                let detail =
                    format!("nothing is transferred by hand to or from `{}`", leg.account_id);
                return Err(Refused::conflict("account-not-transferable", detail));
            }
            found.push(account);
        }
        Ok(found)
    }

    /// One entity gives, one takes, all in one currency each way; the zone is between them or alone.
    fn parties(
        &self,
        (postings, accounts): (&[Posting], &[Loaded<Account>]),
        made: Timestamp,
    ) -> Result<Parties, Refused> {
        let mut parties = Parties { payer: None, payee: None, given: None, made };
        let holder = |id: &AccountId| {
            accounts.iter().find(|known| known.value.id() == id).map(|known| known.value.holder())
        };
        for posting in postings {
            let kinds: Vec<&AccountKind> =
                posting.legs().iter().filter_map(|leg| holder(&leg.account_id)).collect();
            let customer = |kind: &&AccountKind| matches!(kind, AccountKind::Customer { .. });
            let across = |kind: &&AccountKind| matches!(kind, AccountKind::Position {});
            if kinds.iter().any(&customer) && !kinds.iter().all(|k| customer(k) || across(k)) {
                let detail = "money of customers moves to customers, or into another currency";
                return Err(Refused::conflict("account-not-transferable", detail));
            }
            for leg in posting.legs() {
                let Some(AccountKind::Customer { owner }) = holder(&leg.account_id) else {
                    continue;
                };
                let side = match leg.side {
                    Side::Debit => &mut parties.payer,
                    Side::Credit => &mut parties.payee,
                };
                self.party(side, owner)?;
                if leg.side == Side::Debit {
                    let given = parties.given.map_or(Ok(leg.amount.amount()), |sum| {
                        sum.checked_add(leg.amount.amount())
                    });
                    parties.given =
                        Some(given.map_err(|e| Refused::conflict("linked-parties", e))?);
                }
            }
        }
        if parties.payer.is_some() != parties.payee.is_some() {
            let detail = "what a customer gives, a customer takes";
            return Err(Refused::conflict("linked-parties", detail));
        }
        Ok(parties)
    }

    fn party(&self, side: &mut Option<Entity>, owner: &EntityId) -> Result<(), Refused> {
        match side {
            Some(known) if known.id() != owner => {
                let detail = "linked transfers have one entity that gives and one that takes";
                Err(Refused::conflict("linked-parties", detail))
            }
            Some(_) => Ok(()),
            None => {
                let entity: Entity = self.need("entity", owner.as_str())?.value;
                acting(&entity)?;
                *side = Some(entity);
                Ok(())
            }
        }
    }

    fn admit_transfer(
        &self,
        step: &str,
        purpose: &str,
        parties: &Parties,
        (now, by, subject): (Timestamp, &str, &str),
    ) -> Result<Judged<Admission>, Refused> {
        let (Some(payer), Some(payee), Some(given)) =
            (&parties.payer, &parties.payee, parties.given)
        else {
            return self.admit_own(step, (now, by, subject));
        };
        let gross = PositiveAmount::try_from(given).map_err(Refused::host)?;
        let mut gathered = self.gather(payer, now)?;
        gathered.fiscal(step)?;
        gathered.payment(given, purpose, false)?;
        gathered.end("payer", payer)?;
        self.limited(&mut gathered, step, (payer, payee), (given, parties.made), now)?;
        let other = self.gather(payee, now)?;
        gathered.second(&other, "payee", payee)?;
        gathered.owners(payer, payee)?;
        let id = PaymentId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let known = Payee::Here(payee, &other.facts);
        let paid = Taxable { payer, payee: known, purpose, gross, payment_id: &id };
        let levied = self.levy(&paid, now)?;
        levied.untaxed()?;
        gathered.tax(&levied)?;
        let mut all = subjects(payer.formation(), now);
        all.extend(subjects(payee.formation(), now));
        gathered.screen(self, &all)?;
        let same = payer.id() == payee.id();
        let kind = if same { Kind::FiscalTransition } else { Kind::PaymentInternal };
        let jurisdiction = payer.formation().jurisdiction_id();
        self.admit(&Question { kind, jurisdiction, by, subject, now }, gathered)
    }

    /// Limits of the payer's tier, where somebody else is paid. What was promised counted then, and is booked as promised.
    fn limited(
        &self,
        gathered: &mut Gathered,
        step: &str,
        (payer, payee): (&Entity, &Entity),
        (given, made): (Amount, Timestamp),
        now: Timestamp,
    ) -> Result<(), Refused> {
        if payer.id() == payee.id() {
            return Ok(());
        }
        if step == "post" {
            return self.tier_told(gathered, payer, (given.currency(), made), now).map(drop);
        }
        self.within_tier(gathered, payer, (given, made), now)
    }

    /// Ask law whether a promise is let go: it gives nobody anything, so an entity that may not act has it let go too.
    pub(super) fn admit_void(
        &self,
        postings: &[Posting],
        accounts: &[Loaded<Account>],
        (now, by, subject): (Timestamp, &str, &str),
    ) -> Result<Judged<Admission>, Refused> {
        let mut debits = postings.iter().flat_map(Posting::legs).filter(|l| l.side == Side::Debit);
        let owner = debits.find_map(|leg| {
            let known = accounts.iter().find(|known| known.value.id() == &leg.account_id);
            known.and_then(|known| known.value.owner())
        });
        let Some(owner) = owner else { return self.admit_own("void", (now, by, subject)) };
        let payer: Entity = self.need("entity", owner.as_str())?.value;
        let mut gathered = self.gather(&payer, now)?;
        gathered.fiscal("void")?;
        let jurisdiction = payer.formation().jurisdiction_id();
        let kind = Kind::FiscalTransition;
        self.admit(&Question { kind, jurisdiction, by, subject, now }, gathered)
    }

    /// One transfer.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn transfer_shown(&self, id: &RecordId) -> Result<Value, Refused> {
        Ok(shown(&self.need::<Transfer>(TRANSFER, id.as_str())?.value))
    }

    /// A page of transfers by id.
    ///
    /// # Errors
    /// The store.
    pub fn transfers(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list(TRANSFER, after, limit)?;
        let show = |item: Value| {
            let transfer: Transfer = serde_json::from_value(item).map_err(Refused::host)?;
            Ok::<_, Refused>(shown(&transfer))
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }
}

fn timely(asked: &TransferAsk, now: Timestamp) -> Result<(), Refused> {
    let count = asked.transfers.len();
    if !(1..=TRANSFERS_LINKED_MAX).contains(&count) {
        let detail = format!("1 to {TRANSFERS_LINKED_MAX} transfers are linked, not {count}");
        return Err(Refused::invalid("bad-transfer", detail));
    }
    let until = asked.pending_until.map(|until| until.unix().saturating_sub(now.unix()));
    if until.is_some_and(|secs| !(1..=PENDING_SECS_MAX).contains(&secs)) {
        let detail = format!("`pending_until` is later, by at most {PENDING_SECS_MAX} seconds");
        return Err(Refused::invalid("bad-expiry", detail));
    }
    let age = asked.effective.map(|day| day.days_until(now.date()));
    if age.is_some_and(|days| !(0..=EFFECTIVE_DAYS_MAX).contains(&days)) {
        let detail = format!("`effective` is one of the last {EFFECTIVE_DAYS_MAX} days");
        return Err(Refused::invalid("bad-effective", detail));
    }
    Ok(())
}

fn shown(transfer: &Transfer) -> Value {
    let (expires, at, expired) = match transfer.status() {
        TransferState::Pending { expires } => (Some(expires), None, false),
        TransferState::Posted { at } => (None, Some(at), false),
        TransferState::Voided { at, expired } => (None, Some(at), *expired),
    };
    json!({
        "transfer_id": transfer.id(),
        "state": transfer.state(),
        "expires": expires,
        "ended": at,
        "expired": expired,
        "postings": transfer.postings(),
    })
}
