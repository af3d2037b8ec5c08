//! Cases small enough to be worked out on paper.

use std::collections::BTreeSet;

use canon::Canonical;
use corridor::netting::{
    Allowance, Book, Channel, NettingError, Obligation, Outcome, OutcomeError, Plan, Reach, Source,
};
use serde_json::json;

use super::{amount, channel, legs, mesh, owes, plan, zone};

const BOTH: [Reach; 2] = [Reach::Corridors, Reach::Debts];

#[test]
fn two_that_owe_each_other_pay_the_difference() {
    for reach in BOTH {
        let plan = plan(&[owes(0, 0, 1, 100), owes(0, 1, 0, 60)], &mesh(2), reach);
        assert_eq!(legs(&plan), [(zone(0), zone(1), 40)]);
        let told = &plan.currencies[0];
        let figures = [told.gross, told.bilateral, told.net, told.settled].map(|a| a.minor());
        assert_eq!((figures, told.reduction_bps), ([160, 40, 40, 40], 7_500));
    }
}

#[test]
fn a_cycle_cancels() {
    for reach in BOTH {
        let cycle = [owes(0, 0, 1, 50), owes(0, 1, 2, 50), owes(0, 2, 0, 50)];
        assert_eq!(legs(&plan(&cycle, &mesh(3), reach)), []);
        let uneven = [owes(0, 0, 1, 50), owes(0, 1, 2, 70), owes(0, 2, 0, 60)];
        let plan = plan(&uneven, &mesh(3), reach);
        let moved: i128 = legs(&plan).iter().map(|(_, _, minor)| minor).sum();
        // Only along debts 1 pays 2, which pays 0; elsewhere 1 pays both.
        assert_eq!(moved, if reach == Reach::Debts { 30 } else { 20 }, "{:?}", legs(&plan));
    }
}

#[test]
fn a_leg_goes_where_a_corridor_is() {
    let chain = [owes(0, 0, 1, 10), owes(0, 1, 2, 10)];
    let open = plan(&chain, &mesh(3), Reach::Corridors);
    assert_eq!(legs(&open), [(zone(0), zone(2), 10)]);
    let closed = plan(&chain, &[channel(0, 1), channel(1, 2)], Reach::Corridors);
    assert_eq!(legs(&closed), [(zone(0), zone(1), 10), (zone(1), zone(2), 10)]);
    // Only debts: nobody gets another debtor, though a shorter corridor is there.
    assert_eq!(legs(&plan(&chain, &mesh(3), Reach::Debts)), legs(&closed));
    // A zone that owes nothing is not passed through, however short the way.
    let channels = [channel(0, 1), channel(1, 2), channel(2, 3), channel(0, 4), channel(3, 4)];
    let long = [owes(0, 0, 1, 10), owes(0, 1, 2, 10), owes(0, 2, 3, 10)];
    let plan = plan(&long, &channels, Reach::Corridors);
    assert!(legs(&plan).iter().all(|(a, b, _)| ![a, b].contains(&&zone(4))), "{:?}", legs(&plan));
}

#[test]
fn currencies_never_meet() {
    let mut euro = owes(0, 1, 0, 100);
    euro.amount = amount(100, "EUR");
    for reach in BOTH {
        let plan = plan(&[owes(0, 0, 1, 100), euro.clone()], &mesh(2), reach);
        assert_eq!(plan.legs.len(), 2);
        assert_eq!(plan.currencies.iter().map(|c| c.gross.minor()).collect::<Vec<_>>(), [100, 100]);
    }
}

fn allow(payer: usize, payee: usize, most: i128) -> Allowance {
    let corridor_id = channel(payer, payee).corridor_id;
    Allowance { corridor_id, most: amount(most, "USD"), payer: zone(payer) }
}

#[test]
fn an_allowance_binds_and_the_urgent_comes_first() {
    let late =
        |n, debtor, creditor, minor| Obligation { priority: 3, ..owes(n, debtor, creditor, minor) };
    let all = [owes(1, 0, 1, 30), late(2, 0, 1, 50), late(3, 0, 1, 20)];
    let book = Book::of(all.to_vec(), &mesh(2)).unwrap();
    for reach in BOTH {
        let plan = Plan::draw(&book, &[allow(0, 1, 45)], reach, &[]).unwrap();
        assert_eq!(legs(&plan), [(zone(0), zone(1), 45)]);
        let waits: Vec<_> = plan.deferred.iter().map(|d| (d.priority, d.amount.minor())).collect();
        assert_eq!(waits, [(3, 55)]);
        let rest = Outcome::of(&book, &plan, &BTreeSet::new()).unwrap().remains;
        let rest: Vec<_> = rest.iter().map(|o| (o.source.clone(), o.amount.minor())).collect();
        assert_eq!(rest, [(Source::Receipt(3), 20), (Source::Receipt(2), 35)]);
        // Nothing may be paid: everything waits, and the urgent is said to wait too.
        let none = Plan::draw(&book, &[allow(0, 1, 0)], reach, &[]).unwrap();
        assert_eq!((none.legs.len(), none.currencies[0].deferred.minor()), (0, 100));
        assert_eq!(none.currencies[0].reduction_bps, 0);
    }
}

#[test]
fn a_bound_lane_is_gone_around_where_that_is_possible() {
    let all = [owes(0, 0, 1, 10), owes(0, 1, 2, 10), owes(0, 0, 2, 5)];
    let book = Book::of(all.to_vec(), &mesh(3)).unwrap();
    let plan = Plan::draw(&book, &[allow(0, 2, 6)], Reach::Corridors, &[]).unwrap();
    let around = [(zone(0), zone(1), 9), (zone(0), zone(2), 6), (zone(1), zone(2), 9)];
    assert_eq!((legs(&plan), plan.deferred.len()), (around.to_vec(), 0));
}

#[test]
fn a_leg_that_fails_stays_owed() {
    let all = [owes(0, 0, 1, 10), owes(0, 1, 2, 4), owes(0, 3, 2, 7)];
    let book = Book::of(all.to_vec(), &mesh(4)).unwrap();
    let plan = Plan::draw(&book, &[], Reach::Debts, &[]).unwrap();
    let outcome = Outcome::of(&book, &plan, &BTreeSet::from([0])).unwrap();
    let failed = &plan.legs[0];
    let one = &outcome.remains[0];
    assert_eq!(outcome.remains.len(), 1);
    assert_eq!(
        (&one.debtor, &one.creditor, one.amount),
        (&failed.payer, &failed.payee, failed.amount)
    );
    // It is netted like anything else the next time.
    let next = Book::of(outcome.remains, &mesh(4)).unwrap();
    assert_eq!(Plan::draw(&next, &[], Reach::Debts, &[]).unwrap().legs.len(), 1);
    let none = Outcome::of(&book, &plan, &BTreeSet::from([99]));
    assert_eq!(none, Err(OutcomeError::NoLeg(99)));
    assert_eq!(Outcome::of(&next, &plan, &BTreeSet::new()), Err(OutcomeError::OtherBook));
}

#[test]
fn what_is_no_obligation_is_refused_by_name() {
    let good = owes(0, 0, 1, 10);
    let refused = |edit: &dyn Fn(&mut Obligation)| {
        let mut one = good.clone();
        edit(&mut one);
        Book::of(vec![one], &mesh(3)).unwrap_err()
    };
    assert!(matches!(refused(&|o| o.amount = amount(0, "USD")), NettingError::Amount(_)));
    assert!(matches!(refused(&|o| o.amount = amount(-1, "USD")), NettingError::Amount(_)));
    let beyond = amount(corridor::netting::MINOR_MAX + 1, "USD");
    assert!(matches!(refused(&|o| o.amount = beyond), NettingError::Amount(_)));
    assert!(matches!(refused(&|o| o.priority = 8), NettingError::Priority(8)));
    assert!(matches!(refused(&|o| o.creditor = zone(2)), NettingError::Ends(..)));
    assert!(matches!(refused(&|o| o.creditor = zone(0)), NettingError::Ends(..)));
    let elsewhere = channel(7, 8).corridor_id;
    let refused = refused(&|o| o.corridor_id = elsewhere.clone());
    assert!(matches!(refused, NettingError::NoChannel(_)));
    let twice = Book::of(vec![good.clone(), owes(0, 0, 1, 11)], &mesh(2));
    assert!(matches!(twice, Err(NettingError::Twice(_, Source::Receipt(0)))));
    assert!(matches!(Book::of(Vec::new(), &mesh(2)), Err(NettingError::Nothing)));
    let turned = Channel { zones: [zone(1), zone(0)], ..channel(0, 1) };
    assert!(matches!(Book::of(vec![good.clone()], &[turned]), Err(NettingError::Channel(_))));
    let book = Book::of(vec![good], &mesh(2)).unwrap();
    for wrong in [vec![allow(0, 1, -1)], vec![allow(0, 1, 1), allow(0, 1, 2)]] {
        let refused = Plan::draw(&book, &wrong, Reach::Debts, &[]);
        assert!(matches!(refused, Err(NettingError::Allowance(..))));
    }
}

#[test]
fn a_plan_that_does_not_add_up_is_not_read() {
    let plan = plan(&[owes(0, 0, 1, 100), owes(0, 1, 2, 60)], &mesh(3), Reach::Debts);
    let good = Canonical::of(&plan).unwrap().value();
    assert_eq!(Plan::read(&good).unwrap(), plan);
    let usd = |minor: &str| json!({ "currency": "USD", "minor": minor });
    let changes = [
        ("/type", json!("MEZPlan")),
        ("/method", json!("guess")),
        ("/legs/0/amount", usd("99")),
        ("/legs/0/number", json!(1)),
        ("/legs/0/payee", json!(zone(2))),
        ("/legs/0/amount/currency", json!("EUR")),
        ("/legs", json!([])),
        ("/channels", json!([])),
        ("/currencies/0/gross", usd("161")),
        ("/currencies/0/net", usd("1")),
        ("/currencies/0/bilateral", usd("1")),
        ("/currencies/0/settled", usd("1")),
        ("/currencies/0/deferred", usd("1")),
        ("/currencies/0/legs", json!(7)),
        ("/currencies/0/reduction_bps", json!(1)),
        ("/currencies/0/positions/0/payable", usd("101")),
        ("/currencies", json!([])),
        ("/reach", json!("anywhere")),
        ("/allowances", json!([allow(0, 1, 99)])),
        ("/obligations", json!(1_000_001)),
    ];
    for (at, value) in changes {
        let mut wrong = good.clone();
        *wrong.pointer_mut(at).unwrap() = value;
        assert!(Plan::read(&wrong).is_err(), "{at}");
    }
}
