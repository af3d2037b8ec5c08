//! What a plan means for one zone: what its consent takes off each of its corridors, and what stays owed.

use std::collections::BTreeMap;

use canon::{Amount, CorridorId, Currency, Digest, ZoneId};
use serde::{Deserialize, Serialize};

use super::state::SettlementError;
use crate::netting::{Book, Channel, NettingError, Obligation, Plan, Source, waiting};

/// What consent takes off the account of one corridor, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Off the corridor's account; onto it where negative.
    pub amount: Amount,
    /// The corridor.
    pub corridor_id: CorridorId,
}

/// A plan as one zone is bound by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Here {
    /// The cut up to which each corridor is settled by the plan.
    pub cuts: BTreeMap<CorridorId, Digest>,
    /// Amounts that are set off between corridors; per currency they sum to nothing.
    pub moves: Vec<Move>,
    /// Obligations of earlier plans that this one takes up.
    pub took: Vec<Obligation>,
    /// Obligations the plan defers, as far as they are still owed.
    pub waits: Vec<Obligation>,
}

impl Here {
    /// What `plan` means for `zone`, whose own corridors owe exactly `owed`.
    ///
    /// # Errors
    /// [`SettlementError::Outdated`] where the plan says something else of this zone.
    pub fn of(
        plan: &Plan,
        zone: &ZoneId,
        owed: &[Obligation],
        cuts: BTreeMap<CorridorId, Digest>,
    ) -> Result<Self, SettlementError> {
        check_position(plan, zone, owed)?;
        let mut left: BTreeMap<(&CorridorId, Currency), i128> = BTreeMap::new();
        let mut add = |id, debtor: &ZoneId, creditor: &ZoneId, amount: Amount, sign: i128| {
            let of = left.entry((id, amount.currency())).or_default();
            match (debtor == zone, creditor == zone) {
                (true, _) => *of += sign * amount.minor(),
                (_, true) => *of -= sign * amount.minor(),
                _ => {}
            }
        };
        for one in owed {
            add(&one.corridor_id, &one.debtor, &one.creditor, one.amount, 1);
        }
        for leg in &plan.legs {
            add(&leg.corridor_id, &leg.payer, &leg.payee, leg.amount, -1);
        }
        for one in &plan.deferred {
            add(&one.corridor_id, &one.debtor, &one.creditor, one.amount, -1);
        }
        let moves = left.into_iter().filter(|(_, minor)| *minor != 0);
        let moves: Vec<Move> = moves
            .map(|((id, currency), minor)| Move {
                amount: Amount::of_minor(minor, currency),
                corridor_id: id.clone(),
            })
            .collect();
        let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
        for one in &moves {
            *sums.entry(one.amount.currency()).or_default() += one.amount.minor();
        }
        if sums.values().any(|sum| *sum != 0) {
            return Err(SettlementError::Outdated("its legs do not settle them"));
        }
        let of_plans = |one: &&Obligation| matches!(one.source, Source::Leg(_));
        let took = owed.iter().filter(of_plans).cloned().collect();
        Ok(Self { cuts, moves, took, waits: waits(plan, zone, owed)? })
    }
}

/// The plan states for this zone exactly what it holds.
fn check_position(plan: &Plan, zone: &ZoneId, owed: &[Obligation]) -> Result<(), SettlementError> {
    let mut held: BTreeMap<Currency, (i128, i128)> = BTreeMap::new();
    for one in owed {
        let (receivable, payable) = held.entry(one.amount.currency()).or_default();
        if one.debtor == *zone {
            *payable += one.amount.minor();
        } else if one.creditor == *zone {
            *receivable += one.amount.minor();
        }
    }
    let rows = plan.currencies.iter().flat_map(|one| &one.positions);
    let mut stated: BTreeMap<Currency, (i128, i128)> = BTreeMap::new();
    for row in rows.filter(|row| row.zone_id == *zone) {
        let both = (row.receivable.minor(), row.payable.minor());
        stated.insert(row.payable.currency(), both);
    }
    match held == stated {
        true => Ok(()),
        false => Err(SettlementError::Outdated("its positions differ")),
    }
}

/// What of this zone's own obligations the plan leaves owed.
fn waits(plan: &Plan, zone: &ZoneId, owed: &[Obligation]) -> Result<Vec<Obligation>, NettingError> {
    let ours: Vec<Channel> =
        plan.channels.iter().filter(|channel| channel.zones.contains(zone)).cloned().collect();
    if owed.is_empty() {
        return Ok(Vec::new());
    }
    let book = Book::of(owed.to_vec(), &ours)?;
    let of_ours = plan.deferred.iter().filter(|one| [&one.debtor, &one.creditor].contains(&zone));
    Ok(of_ours.flat_map(|one| waiting(&book, one)).collect())
}
