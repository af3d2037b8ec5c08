//! Gross, net and settled: what a plan says of each currency, and that it all adds up.

use std::collections::BTreeMap;

use canon::{Amount, Currency, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::book::{Book, Position};
use super::plan::{Deferred, Leg, NettingError, Plan};
use super::problem::{Debt, Problem};

/// What one zone is owed and owes, gross.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZonePosition {
    /// Owed by it.
    pub payable: Amount,
    /// Owed to it.
    pub receivable: Amount,
    /// The zone.
    pub zone_id: ZoneId,
}

/// One currency of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrencyReport {
    /// What is left when the two directions of each corridor are set off.
    pub bilateral: Amount,
    /// The currency.
    pub currency: Currency,
    /// What waits.
    pub deferred: Amount,
    /// All obligations.
    pub gross: Amount,
    /// How many legs.
    pub legs: u64,
    /// What zones must pay together beyond what they are paid: no plan that settles all moves less.
    pub net: Amount,
    /// Zones that owe or are owed, in order.
    pub positions: Vec<ZonePosition>,
    /// What of each 10 000 of the gross need not be moved, rounded down; what waits is not saved.
    pub reduction_bps: u64,
    /// What the legs move.
    pub settled: Amount,
}

pub(super) fn of_currency(
    book: &Book,
    at: usize,
    problem: &Problem,
    legs: &[Leg],
    deferred: &[Deferred],
) -> Result<CurrencyReport, NettingError> {
    let currency = *book.currencies.get(at).ok_or(NettingError::Plan("currencies"))?;
    let amount = |minor: i128| Amount::of_minor(minor, currency);
    let rows = book.positions();
    let rows = rows.get(at).ok_or(NettingError::Plan("currencies"))?;
    let gross: i128 = rows.iter().map(|row| row.payable).sum();
    let settled: i128 = legs.iter().map(|leg| leg.amount.minor()).sum();
    let waits: i128 = deferred.iter().map(|one| one.amount.minor()).sum();
    let busy = book.zones.iter().zip(rows).filter(|(_, row)| **row != Position::default());
    let positions = busy.map(|(zone, row)| ZonePosition {
        payable: amount(row.payable),
        receivable: amount(row.receivable),
        zone_id: zone.clone(),
    });
    Ok(CurrencyReport {
        bilateral: amount(problem.debts.iter().map(Debt::minor).sum()),
        currency,
        deferred: amount(waits),
        gross: amount(gross),
        legs: legs.len() as u64,
        net: amount(rows.iter().map(|row| row.net().max(0)).sum()),
        positions: positions.collect(),
        reduction_bps: reduction(gross, settled, waits),
        settled: amount(settled),
    })
}

fn reduction(gross: i128, settled: i128, waits: i128) -> u64 {
    let saved = (gross - settled - waits).max(0);
    // `gross` is within a ten-thousandth of `i128`; see `OBLIGATIONS_MAX`.
    (saved * 10_000).checked_div(gross).and_then(|bps| u64::try_from(bps).ok()).unwrap_or(0)
}

/// Sums of a plan by currency and zone; checked, because a plan that is read may hold anything.
type Sums<'a> = BTreeMap<(Currency, &'a ZoneId), i128>;

fn add<'a>(sums: &mut Sums<'a>, zone: &'a ZoneId, amount: Amount, sign: i128) -> Option<()> {
    let sum = sums.entry((amount.currency(), zone)).or_default();
    *sum = sum.checked_add(amount.minor().checked_mul(sign)?)?;
    Some(())
}

/// Whether the legs and what waits give every zone exactly what the obligations give it, no zone pays
/// more than it owes, and every total is the sum of its parts.
pub(super) fn check(plan: &Plan) -> Result<(), NettingError> {
    conserved(plan).ok_or(NettingError::Plan("legs"))?;
    let fits = plan.currencies.iter().all(|one| totals(plan, one).is_some());
    if fits { Ok(()) } else { Err(NettingError::Plan("currencies")) }
}

fn conserved(plan: &Plan) -> Option<()> {
    let (mut left, mut may_pay) = (Sums::new(), Sums::new());
    for one in plan.currencies.iter().flat_map(|one| &one.positions) {
        add(&mut left, &one.zone_id, one.receivable, 1)?;
        add(&mut left, &one.zone_id, one.payable, -1)?;
        add(&mut may_pay, &one.zone_id, one.payable, 1)?;
    }
    let legs = plan.legs.iter().map(|leg| (&leg.payer, &leg.payee, leg.amount));
    let waits = plan.deferred.iter().map(|one| (&one.debtor, &one.creditor, one.amount));
    for (payer, payee, amount) in legs.chain(waits) {
        add(&mut left, payee, amount, -1)?;
        add(&mut left, payer, amount, 1)?;
        add(&mut may_pay, payer, amount, -1)?;
    }
    let even = left.values().all(|minor| *minor == 0);
    (even && may_pay.values().all(|minor| *minor >= 0)).then_some(())
}

fn totals(plan: &Plan, one: &CurrencyReport) -> Option<()> {
    let amounts = [one.bilateral, one.deferred, one.gross, one.net, one.settled];
    let ours = |amount: &Amount| amount.currency() == one.currency;
    let sum = |amounts: &mut dyn Iterator<Item = Amount>| {
        amounts.filter(ours).try_fold(0_i128, |sum, amount| sum.checked_add(amount.minor()))
    };
    let legs = plan.legs.iter().filter(|leg| ours(&leg.amount)).count() as u64;
    let settled = sum(&mut plan.legs.iter().map(|leg| leg.amount))?;
    let waits = sum(&mut plan.deferred.iter().map(|one| one.amount))?;
    let payable = sum(&mut one.positions.iter().map(|row| row.payable))?;
    let receivable = sum(&mut one.positions.iter().map(|row| row.receivable))?;
    let paid = |row: &ZonePosition| row.receivable.checked_sub(row.payable).ok();
    let net = one
        .positions
        .iter()
        .try_fold(0_i128, |sum, row| sum.checked_add(paid(row)?.minor().max(0)))?;
    let within = payable <= i128::MAX / 10_000 && settled >= 0 && waits >= 0;
    let fits = within
        && amounts.iter().all(ours)
        && one.positions.iter().all(|row| ours(&row.payable) && ours(&row.receivable))
        && one.positions.is_sorted_by(|a, b| a.zone_id < b.zone_id)
        && payable == receivable
        && [one.gross.minor(), one.net.minor()] == [payable, net]
        && [one.settled.minor(), one.deferred.minor()] == [settled, waits]
        && (net..=payable).contains(&one.bilateral.minor())
        && one.legs == legs
        && one.reduction_bps == reduction(payable, settled, waits);
    fits.then_some(())
}
