//! Bonds: money put at stake, and taken back. Both are payments of a holder to itself, under law.

use canon::{AccountId, Amount, Currency, Did, Timestamp};
use corridor::watcher::{Event, Watcher};
use law::{Admission, Kind};
use registry::fiscal::{legs_bond, legs_unbond};
use registry::{AccountKind, Leg, PositiveAmount};
use serde::{Deserialize, Serialize};

use super::{WATCHER, by_watcher, refused, subject};
use crate::account::Holding;
use crate::caller::Scope;
use crate::facts::subjects_of;
use crate::idempotency::Ask;
use crate::pipeline::{Judged, Question};
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// What both are for, as law is told.
const PURPOSE: &str = "watcher-bond";

/// Money to be put at stake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BondAsk {
    /// The account that pays, and that it will go back to.
    pub from_account_id: AccountId,
    /// Decimal amount.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: Currency,
}

/// A move of a stake, ready to be admitted.
struct Move {
    holding: Holding,
    amount: PositiveAmount,
    watcher: Loaded<Watcher>,
    after: Watcher,
    back: bool,
}

impl Zone {
    /// Put money at stake: customer account → bond account.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn bond_watcher(
        &self,
        ask: &Ask,
        watcher: &Did,
        bond: &BondAsk,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let amount = PositiveAmount::parse(&bond.amount, bond.currency, now.date())
            .map_err(|e| Refused::invalid("bad-amount", e))?;
        let watcher = self.watcher_record(watcher)?;
        self.one_currency(&watcher.value, bond.currency)?;
        let holding = self.holding(&bond.from_account_id)?;
        holding.may_act()?;
        let event = Event::Bond(amount.amount(), bond.from_account_id.clone());
        let after = watcher.value.clone().apply(event, now).map_err(refused)?;
        self.move_stake(ask, Move { holding, amount, watcher, after, back: false }, now)
    }

    /// Give all of a bond back, once it is no longer at stake.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn withdraw_watcher(&self, ask: &Ask, watcher: &Did) -> Result<Envelope, Refused> {
        by_watcher(&ask.caller, watcher)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let watcher = self.watcher_record(watcher)?;
        let after = watcher.value.clone().apply(Event::Withdraw, now).map_err(refused)?;
        let account = watcher.value.account_id.clone();
        let account = account.ok_or_else(|| Refused::host("a bond came from nowhere"))?;
        let holding = self.holding(&account)?;
        holding.may_act()?;
        let bond =
            watcher.value.bond.unwrap_or(Amount::of_minor(0, holding.account.value.currency()));
        let Ok(amount) = PositiveAmount::try_from(bond) else {
            return self.keep_watcher(ask, watcher, after, "withdraw");
        };
        self.move_stake(ask, Move { holding, amount, watcher, after, back: true }, now)
    }

    /// Watchers of one corridor are weighed against each other: their bonds are in one currency.
    fn one_currency(&self, watcher: &Watcher, currency: Currency) -> Result<(), Refused> {
        let shares = |other: &Watcher| {
            other.watcher != watcher.watcher
                && other.corridors.iter().any(|id| watcher.corridors.contains(id))
        };
        let others = self.all_watchers()?.into_iter().filter(shares);
        let mut bonds = others.filter(|other| other.bonded() > 0).filter_map(|other| other.bond);
        match bonds.find(|bond| bond.currency() != currency) {
            None => Ok(()),
            Some(bond) => {
                let detail =
                    format!("other watchers of its corridors are bonded in {}", bond.currency());
                Err(Refused::conflict("bond-currency", detail))
            }
        }
    }

    fn move_stake(&self, ask: &Ask, step: Move, now: Timestamp) -> Result<Envelope, Refused> {
        let Move { holding, amount, watcher, after, back } = step;
        let admission = self.admit_stake(ask, &holding, amount, &after.watcher, now)?;
        let about = subject(&after.watcher);
        let kind = AccountKind::Bond { watcher: after.watcher.clone() };
        let bond = self.standing(kind, amount.currency(), now)?;
        let customer = holding.account;
        let legs = match back {
            false => legs_bond(&customer.value, &bond.value, amount),
            true => legs_unbond(&bond.value, &customer.value, amount),
        };
        let legs: Vec<Leg> = legs.map_err(|e| Refused::invalid("bad-account", e))?.to_vec();
        let booked = self.book(legs, PURPOSE, vec![customer, bond], now)?;
        let credential = self.attest(&admission, &about, now)?;
        let by = ask.caller.principal().as_str();
        let mut writes = self.admitted(&admission, (now, by, &about))?;
        writes.booked(&booked)?;
        writes.state(WATCHER, after.watcher.as_str(), watcher.rev, &after)?;
        self.compose_sets(&mut writes, &after, now)?;
        let shown = self.watcher_shown(&after);
        writes.answer_and_commit(ask, 200, &admission, (shown, credential))
    }

    /// Law's word on a holder that pays itself.
    fn admit_stake(
        &self,
        ask: &Ask,
        holding: &Holding,
        amount: PositiveAmount,
        watcher: &Did,
        now: Timestamp,
    ) -> Result<Judged<Admission>, Refused> {
        let entity = &holding.entity;
        let mut gathered = self.gather(entity, now)?;
        gathered.payment(amount.amount(), PURPOSE, false)?;
        gathered.end("payer", entity)?;
        let other = self.gather(entity, now)?;
        gathered.second(&other, "payee", entity)?;
        gathered.owners(entity, entity)?;
        gathered.screen(self, &subjects_of(entity, now))?;
        let question = Question {
            kind: Kind::PaymentInternal,
            jurisdiction: entity.formation().jurisdiction_id(),
            by: ask.caller.principal().as_str(),
            subject: &subject(watcher),
            now,
        };
        self.admit(&question, gathered)
    }
}
