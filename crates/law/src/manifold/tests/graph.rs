//! The graph of three zones that others use, and terms that are refused.

use crate::manifold::{Attestation, Attestations, Closed, Request, Terms};

const GRAPH: &str = r#"
currency: USD
source: { title: Standard test graph, address: "vectors", read: 2026-11-21, review: unreviewed }
attestations:
  - { attestation: kyc_verification, cost: "100.00", hours: 24 }
  - { attestation: aml_screening, cost: "30.01", hours: 48 }
zones:
  - { zone: uae-difc, entry_fee: "1000.00", requires: [kyc_verification] }
  - { zone: kz-aifc, entry_fee: "500.00", requires: [kyc_verification] }
  - { zone: pk-rez, entry_fee: "200.00", requires: [kyc_verification] }
corridors:
  - { corridor: corridor-difc-aifc, from: uae-difc, to: kz-aifc, both_ways: true, flat_fee: "100.00",
      fee_bps: 10, transfer_hours: 24, settlement_hours: 48, risk: 1, requires: [aml_screening] }
  - { corridor: corridor-aifc-rez, from: kz-aifc, to: pk-rez, both_ways: true, flat_fee: "50.00",
      fee_bps: 15, transfer_hours: 12, settlement_hours: 24, risk: 2, requires: [aml_screening] }
  - { corridor: corridor-difc-rez, from: uae-difc, to: pk-rez, flat_fee: "1.00", fee_bps: 1,
      transfer_hours: 1, settlement_hours: 1, risk: 0, closed: "halted by uae-difc" }
"#;

fn ask(from: u32, to: u32) -> Request {
    let held = [Attestation::KycVerification, Attestation::AmlScreening].into_iter().collect();
    Request { held, ..Request::new(from, to, 1_000_000) }
}

#[test]
fn the_published_costs_and_times_hold_and_the_way_back_pays_the_zone_it_enters() {
    let manifold = Terms::parse("graph.yaml", GRAPH.as_bytes()).unwrap().manifold().unwrap();
    let told = |from, to| {
        let plan = manifold.plan(&ask(from, to)).unwrap();
        (plan.routes[0].cost, plan.routes[0].hours, plan.routes[0].steps.len())
    };
    assert_eq!(told(0, 1), (61_000, 72, 1));
    assert_eq!(told(0, 2), (87_500, 108, 2));
    assert_eq!(told(1, 0), (111_000, 72, 1), "the entry fee of the zone entered");
    assert_eq!(told(2, 1), (56_500, 36, 1));
}

#[test]
fn a_closed_passage_that_would_be_better_is_named_with_its_reason() {
    let manifold = Terms::parse("graph.yaml", GRAPH.as_bytes()).unwrap().manifold().unwrap();
    let plan = manifold.plan(&ask(0, 2)).unwrap();
    let (passage, why) = &plan.closed[0];
    assert_eq!(manifold.passages()[*passage as usize].corridor, "corridor-difc-rez");
    assert_eq!(why, &Closed::Passage("halted by uae-difc".into()));
    let none = manifold.plan(&Request { hops_max: 1, ..ask(0, 2) }).unwrap();
    assert!(none.routes.is_empty());
    assert_eq!(none.relaxed.len(), 1);
    assert_eq!((none.relaxed[0].limit, none.relaxed[0].route.cost), ("max-hops", 87_500));
    let hasty = manifold.plan(&Request { hours_max: Some(100), ..ask(0, 2) }).unwrap();
    assert_eq!((hasty.relaxed[0].limit, hasty.relaxed[0].route.hours), ("max-hours", 108));
}

#[test]
fn what_is_missing_is_priced_and_what_has_ended_costs_half() {
    let manifold = Terms::parse("graph.yaml", GRAPH.as_bytes()).unwrap().manifold().unwrap();
    let one = |held: &[Attestation], expired: &[Attestation]| {
        let held: Attestations = held.iter().copied().collect();
        let expired = expired.iter().copied().collect();
        let request = Request { held, expired, ..ask(0, 1) };
        let plan = manifold.plan(&request).unwrap();
        (plan.routes[0].gap.cost, plan.routes[0].gap.hours, plan.routes[0].hours)
    };
    use Attestation::{AmlScreening as Aml, KycVerification as Kyc};
    assert_eq!(one(&[Kyc, Aml], &[]), (0, 0, 72));
    assert_eq!(one(&[], &[]), (13_001, 48, 120));
    assert_eq!(one(&[Kyc], &[Aml]), (1_501, 24, 96));
    assert_eq!(one(&[], &[Kyc, Aml]), (6_501, 24, 96));
}

#[test]
fn terms_without_source_date_fee_or_known_names_do_not_load() {
    for (what, by, said) in [
        ("source: {", "sauce: {", "unknown key"),
        ("read: 2026-11-21", "read: soon", "expected a date"),
        ("review: unreviewed", "review: fine", "fine"),
        ("attestation: aml_screening", "attestation: aml", "aml"),
        ("to: pk-rez, both_ways", "to: nowhere, both_ways", "`nowhere` is none of the zones"),
        ("fee_bps: 15,", "", "`fee_bps` is missing"),
        ("fee_bps: 15,", "fee_bps: 10001,", "from 0 to 10000"),
        ("entry_fee: \"500.00\"", "entry_fee: \"-500.00\"", "negative"),
        ("zone: pk-rez", "zone: kz-aifc", "twice"),
    ] {
        let text = GRAPH.replacen(what, by, 1);
        assert_ne!(text, GRAPH, "{what}");
        let problems = Terms::parse("graph.yaml", text.as_bytes()).unwrap_err().to_string();
        assert!(problems.contains(said), "{what}: {problems}");
        assert!(problems.contains("graph.yaml:"), "{problems}");
    }
}

#[test]
fn numbers_outside_their_bounds_are_refused() {
    let manifold = Terms::parse("graph.yaml", GRAPH.as_bytes()).unwrap().manifold().unwrap();
    for bad in [
        Request { to: 3, ..ask(0, 1) },
        Request { to: 0, ..ask(0, 1) },
        Request { value: u64::MAX, ..ask(0, 1) },
        Request { hops_max: 0, ..ask(0, 1) },
        Request { hops_max: 17, ..ask(0, 1) },
        Request { routes: 0, ..ask(0, 1) },
        Request { routes: 17, ..ask(0, 1) },
    ] {
        assert!(manifold.plan(&bad).is_err(), "{bad:?}");
    }
}
