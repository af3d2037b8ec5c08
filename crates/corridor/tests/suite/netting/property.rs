//! What holds of every plan, whatever the obligations.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Currency, ZoneId};
use corridor::netting::{Allowance, Book, Channel, Obligation, Outcome, Plan, Reach, Source};
use proptest::prelude::*;

use super::{amount, channel, mesh, nets, owes};

type Case = (Vec<Obligation>, Vec<Channel>, Vec<Allowance>, Reach);

fn case() -> impl Strategy<Value = Case> {
    let debt = (0..6_usize, 1..6_usize, 1..40_i128, 0..3_u8, any::<bool>());
    let bound = (0..6_usize, 1..6_usize, 0..30_i128);
    let parts = (
        prop::collection::vec(debt, 1..24),
        prop::collection::vec(bound, 0..4),
        prop::collection::vec(any::<bool>(), 15),
        any::<bool>(),
    );
    parts.prop_map(|(debts, bounds, extra, corridors)| {
        let mut all = Vec::new();
        for (n, (debtor, by, minor, priority, euro)) in (0..).zip(debts) {
            let mut one = owes(n, debtor, (debtor + by) % 6, minor);
            one.priority = priority;
            one.amount = amount(minor, if euro { "EUR" } else { "USD" });
            all.push(one);
        }
        // The corridors of the obligations, and some more.
        let ids: BTreeSet<_> = all.iter().map(|one| one.corridor_id.clone()).collect();
        let channels = mesh(6).into_iter().zip(extra);
        let channels: Vec<Channel> = channels
            .filter(|(channel, extra)| *extra || ids.contains(&channel.corridor_id))
            .map(|(channel, _)| channel)
            .collect();
        let mut allowances: BTreeMap<_, Allowance> = BTreeMap::new();
        for (payer, by, most) in bounds {
            let corridor_id = channel(payer, (payer + by) % 6).corridor_id;
            if channels.iter().any(|channel| channel.corridor_id == corridor_id) {
                let (most, payer) = (amount(most, "USD"), super::zone(payer));
                let key = (corridor_id.clone(), payer.clone());
                allowances.insert(key, Allowance { corridor_id, most, payer });
            }
        }
        let reach = if corridors { Reach::Corridors } else { Reach::Debts };
        (all, channels, allowances.into_values().collect(), reach)
    })
}

/// What each zone pays, by currency.
fn pays<'a>(
    payments: impl Iterator<Item = (&'a ZoneId, canon::Amount)>,
) -> BTreeMap<(Currency, ZoneId), i128> {
    let mut sums = BTreeMap::new();
    for (payer, amount) in payments {
        *sums.entry((amount.currency(), payer.clone())).or_insert(0) += amount.minor();
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_is_lost_and_nobody_is_worse_off(
        (all, channels, allowances, reach) in case(), failing in any::<u64>()
    ) {
        let book = Book::of(all.clone(), &channels).unwrap();
        let plan = Plan::draw(&book, &allowances, reach, &[]).unwrap();
        let owed = nets(all.iter().map(|o| (&o.debtor, &o.creditor, o.amount)));
        let gross = pays(all.iter().map(|o| (&o.debtor, o.amount)));

        // Whichever legs fail, what was paid and what remains is what was owed.
        let failed = plan.legs.iter().map(|leg| leg.number).filter(|n| failing >> (n % 64) & 1 == 1);
        let failed: BTreeSet<u64> = failed.collect();
        let outcome = Outcome::of(&book, &plan, &failed).unwrap();
        let paid = plan.legs.iter().filter(|leg| !failed.contains(&leg.number));
        let paid: Vec<_> = paid.map(|leg| (&leg.payer, &leg.payee, leg.amount)).collect();
        let rest = outcome.remains.iter().map(|o| (&o.debtor, &o.creditor, o.amount));
        prop_assert_eq!(nets(paid.into_iter().chain(rest)), owed);
        // What remains can be netted again: sources are still unique, corridors still theirs.
        if !outcome.remains.is_empty() {
            Book::of(outcome.remains, &channels).unwrap();
        }

        // Nobody pays more than it owed, and no bound is passed.
        for (key, minor) in pays(plan.legs.iter().map(|leg| (&leg.payer, leg.amount))) {
            prop_assert!(gross.get(&key).is_some_and(|most| minor <= *most), "{key:?}");
        }
        for leg in &plan.legs {
            let bound = allowances.iter().find(|a| {
                (&a.corridor_id, &a.payer) == (&leg.corridor_id, &leg.payer)
                    && a.most.currency() == leg.amount.currency()
            });
            prop_assert!(bound.is_none_or(|bound| leg.amount.minor() <= bound.most.minor()));
        }
        // In reach of debts nobody gets another debtor, nor a larger debt.
        if reach == Reach::Debts {
            for leg in &plan.legs {
                let of = |o: &&Obligation| {
                    (&o.debtor, &o.creditor) == (&leg.payer, &leg.payee)
                        && o.amount.currency() == leg.amount.currency()
                };
                let debt: i128 = all.iter().filter(of).map(|o| o.amount.minor()).sum();
                prop_assert!(leg.amount.minor() <= debt);
            }
        }
        // Without bounds nothing waits, and over a full mesh no more is moved than the net.
        if allowances.is_empty() {
            prop_assert!(plan.deferred.is_empty());
            if channels.len() == 15 && reach == Reach::Corridors {
                prop_assert!(plan.currencies.iter().all(|one| one.settled == one.net));
            }
        }
    }

    #[test]
    fn the_order_of_what_comes_in_is_nowhere_in_what_goes_out(
        (all, channels, allowances, reach) in case(), turn in 0..24_usize
    ) {
        let draw = |all: Vec<Obligation>, channels: &[Channel], allowances: &[Allowance]| {
            let book = Book::of(all, channels).unwrap();
            Plan::draw(&book, allowances, reach, &[]).unwrap().canonical().unwrap()
        };
        let first = draw(all.clone(), &channels, &allowances);
        let (mut all, mut channels, mut allowances) = (all, channels, allowances);
        all.reverse();
        let turn = turn % all.len();
        all.rotate_left(turn);
        channels.reverse();
        allowances.reverse();
        let second = draw(all, &channels, &allowances);
        prop_assert_eq!(first.bytes(), second.bytes());
    }

    #[test]
    fn sums_of_a_book_are_those_of_a_slow_model((all, channels, _, _) in case()) {
        let book = Book::of(all.clone(), &channels).unwrap();
        let owed = nets(all.iter().map(|o| (&o.debtor, &o.creditor, o.amount)));
        for (currency, row) in book.currencies().iter().zip(book.positions()) {
            for (zone, position) in book.zones().iter().zip(row) {
                let net = owed.get(&(*currency, zone.clone())).copied().unwrap_or(0);
                prop_assert_eq!(position.net(), net);
            }
        }
    }
}

#[test]
fn the_largest_amounts_stay_exact() {
    let most = corridor::netting::MINOR_MAX;
    let all: Vec<Obligation> = (0..500).map(|n| owes(n, 0, 1, most)).collect();
    let mut back = owes(0, 1, 0, most);
    back.source = Source::Receipt(1_000);
    let plan = super::plan(&[all, vec![back]].concat(), &mesh(2), Reach::Debts);
    assert_eq!(plan.legs[0].amount.minor(), 499 * most);
}
