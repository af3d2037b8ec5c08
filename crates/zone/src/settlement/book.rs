//! The postings of a plan: what is set off when it comes into force, and what a confirmed leg moves.

use std::collections::BTreeMap;

use canon::{Currency, Timestamp};
use corridor::netting::{Leg, LegSource, Obligation, Source};
use corridor::settlement::{Here, Move, Settlement};
use registry::fiscal::{legs_set_off, legs_settle_in, legs_settle_out};
use registry::{AccountKind, PositiveAmount};

use super::Settled;
use crate::account::Booked;
use crate::refused::Refused;
use crate::writes::{Settles, Writes};
use crate::zone::{Loaded, Zone};

/// What comes with a plan's coming into force: postings, and corridors settled so far.
pub(super) struct InForce {
    booked: Vec<Booked>,
    settled: Vec<Loaded<Settled>>,
}

impl InForce {
    pub(super) fn write<W: Settles>(&self, writes: &mut Writes<'_, W>) -> Result<(), Refused> {
        self.booked.iter().try_for_each(|booked| writes.settled(booked))?;
        writes.how_far(&self.settled)
    }
}

impl Zone {
    /// The plan comes into force: set off between corridors, and go on from its cuts.
    pub(super) fn come_into_force(
        &self,
        settlement: &Settlement,
        here: &Here,
        now: Timestamp,
    ) -> Result<InForce, Refused> {
        let mut booked = Vec::new();
        for of_currency in by_currency(&here.moves) {
            let mut accounts = Vec::new();
            for one in &of_currency {
                let kind = AccountKind::Corridor { corridor_id: one.corridor_id.clone() };
                accounts.push(self.standing(kind, one.amount.currency(), now)?);
            }
            let moves = accounts.iter().zip(&of_currency);
            let moves: Vec<_> = moves
                .map(|(account, one)| (&account.value, &one.corridor_id, one.amount))
                .collect();
            let legs = legs_set_off(&moves).map_err(Refused::host)?;
            let told = format!("set off by plan {}", settlement.plan_sha256());
            booked.push(self.book(legs, &told, accounts, now)?);
        }
        let mut settled = Vec::new();
        for (id, cut_sha256) in &here.cuts {
            let mut known = self.settled_record(id)?;
            known.value.cut_sha256 = Some(*cut_sha256);
            known.value.pending = None;
            // What failed since this zone consented is in no plan yet.
            let since =
                |one: &Obligation| matches!(one.source, Source::Leg(_)) && !here.took.contains(one);
            known.value.carried.retain(since);
            let waits = here.waits.iter().filter(|one| one.corridor_id == *id);
            known.value.carried.extend(waits.cloned());
            settled.push(known);
        }
        Ok(InForce { booked, settled })
    }

    /// What a confirmed leg moves here, or moves back: `out` where this zone is the one that pays.
    pub(super) fn settle_leg(
        &self,
        leg: &Leg,
        out: bool,
        told: &str,
        now: Timestamp,
    ) -> Result<Booked, Refused> {
        let kind = AccountKind::Corridor { corridor_id: leg.corridor_id.clone() };
        let currency = leg.amount.currency();
        let account = self.standing(kind, currency, now)?;
        let treasury = self.standing(AccountKind::Treasury {}, currency, now)?;
        let amount = PositiveAmount::try_from(leg.amount).map_err(Refused::host)?;
        let (id, own, money) = (&leg.corridor_id, &account.value, &treasury.value);
        let legs = match out {
            true => legs_settle_out(own, money, id, amount),
            false => legs_settle_in(money, own, id, amount),
        };
        self.book(legs.map_err(Refused::host)?.to_vec(), told, vec![account, treasury], now)
    }

    /// A failed leg is owed again, or is not owed any more because it had not failed after all.
    pub(super) fn carry(
        &self,
        settlement: &Settlement,
        leg: &Leg,
        owed: bool,
    ) -> Result<Loaded<Settled>, Refused> {
        let mut known = self.settled_record(&leg.corridor_id)?;
        let plan_sha256 = settlement.plan_sha256();
        let source = Source::Leg(LegSource { number: leg.number, plan_sha256 });
        known.value.carried.retain(|one| one.source != source);
        if owed {
            known.value.carried.push(Obligation {
                amount: leg.amount,
                corridor_id: leg.corridor_id.clone(),
                creditor: leg.payee.clone(),
                debtor: leg.payer.clone(),
                priority: 0,
                source,
            });
        }
        Ok(known)
    }
}

/// A posting is of one currency.
fn by_currency(moves: &[Move]) -> Vec<Vec<Move>> {
    let mut all: BTreeMap<Currency, Vec<Move>> = BTreeMap::new();
    for one in moves {
        all.entry(one.amount.currency()).or_default().push(one.clone());
    }
    all.into_values().collect()
}
