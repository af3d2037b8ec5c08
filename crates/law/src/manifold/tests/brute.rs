//! The search beside the enumeration of every simple way in small manifolds.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::manifold::{
    Attestation, Attestations, Manifold, Passage, Price, Prices, Request, Zone, gap,
};

/// Everything a way comes to.
type Found = (u64, u32, usize);

fn every(manifold: &Manifold, request: &Request) -> Vec<(Found, Vec<u32>)> {
    let mut all = Vec::new();
    let mut seen = vec![request.from];
    walk(manifold, request, request.from, &mut seen, &mut Vec::new(), &mut all);
    all.sort();
    all
}

fn walk(
    manifold: &Manifold,
    request: &Request,
    at: u32,
    seen: &mut Vec<u32>,
    way: &mut Vec<u32>,
    all: &mut Vec<(Found, Vec<u32>)>,
) {
    if at == request.to {
        let found = comes_to(manifold, request, way);
        if found.0 <= request.cost_max.unwrap_or(u64::MAX)
            && found.1 <= request.hours_max.unwrap_or(u32::MAX)
        {
            all.push((found, way.clone()));
        }
        return;
    }
    if way.len() == usize::from(request.hops_max) {
        return;
    }
    for (number, passage) in (0u32..).zip(manifold.passages()) {
        let open = manifold.why_closed(request, number).is_none();
        if passage.from == at && open && !seen.contains(&passage.to) {
            seen.push(passage.to);
            way.push(number);
            walk(manifold, request, passage.to, seen, way, all);
            way.pop();
            seen.pop();
        }
    }
}

fn comes_to(manifold: &Manifold, request: &Request, way: &[u32]) -> Found {
    let (mut cost, mut hours, mut needs) = (0, 0, Attestations::NONE);
    for edge in way {
        let passage = &manifold.passages()[*edge as usize];
        let entered = &manifold.zones()[passage.to as usize];
        let share = (u128::from(request.value) * u128::from(passage.fee_bps)).div_ceil(10_000);
        cost += passage.flat_fee + u64::try_from(share).unwrap() + entered.entry_fee;
        hours += u32::from(passage.hours);
        needs = needs.or(passage.requires).or(entered.requires);
    }
    let gap = gap(&prices(), needs, request.held, request.expired);
    (cost + gap.cost, hours + gap.hours, way.len())
}

fn prices() -> Prices {
    std::array::from_fn(|at| {
        let at = u32::try_from(at).unwrap();
        Price { cost: 40 + 30 * at, hours: u16::try_from(10 + 7 * at).unwrap() }
    })
}

fn some(bits: u16) -> Attestations {
    Attestation::ALL.into_iter().filter(|kind| bits >> *kind as u16 & 1 == 1).collect()
}

fn manifold() -> impl Strategy<Value = Manifold> {
    let zone = (0u64..80, prop_oneof![3 => Just(0u16), 1 => 0u16..16], 0u8..12);
    let passage = (
        (0u32..6, 0u32..6),
        (0u64..100, 0u16..60, 0u16..40),
        (
            0u8..4,
            prop_oneof![2 => Just(0u16), 1 => 0u16..16],
            0u8..10,
            proptest::option::weighted(0.2, 0u64..9_000),
        ),
    );
    (proptest::collection::vec(zone, 6), proptest::collection::vec(passage, 0..26)).prop_map(
        |(zones, passages)| {
            let zones = zones.into_iter().enumerate().map(|(at, (entry_fee, bits, shut))| Zone {
                name: format!("z{at}"),
                entry_fee,
                requires: some(bits),
                closed: (shut == 0).then(|| "shut".to_owned()),
            });
            let passages =
                passages.into_iter().enumerate().filter(|(_, ((from, to), ..))| from != to);
            let passages = passages.map(|(at, ((from, to), (flat_fee, fee_bps, hours), rest))| {
                let (risk, bits, shut, value_max) = rest;
                let (corridor, requires) = (format!("c{at}"), some(bits));
                let closed = (shut == 0).then(|| "halted".to_owned());
                Passage {
                    corridor,
                    from,
                    to,
                    flat_fee,
                    fee_bps,
                    hours,
                    risk,
                    requires,
                    value_max,
                    closed,
                }
            });
            Manifold::new(zones.collect(), passages.collect(), prices()).unwrap()
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    let limits = (
        1u8..6,
        proptest::option::of(0u64..500),
        proptest::option::of(0u32..150),
        proptest::option::weighted(0.3, 0u8..4),
    );
    (
        (0u32..6, 1u32..6),
        0u64..10_000,
        (0u16..16, 0u16..16),
        limits,
        proptest::option::weighted(0.2, 0u32..6),
        1usize..8,
    )
        .prop_map(
            |(
                (from, step),
                value,
                (held, ended),
                (hops_max, cost_max, hours_max, risk_max),
                avoid,
                routes,
            )| {
                let held = some(held);
                let expired = some(ended).without(held);
                let (to, avoid) = ((from + step) % 6, avoid.into_iter().collect::<BTreeSet<_>>());
                Request {
                    from,
                    to,
                    value,
                    held,
                    expired,
                    hops_max,
                    cost_max,
                    hours_max,
                    risk_max,
                    avoid,
                    routes,
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_ways_found_are_the_best_of_all_there_are(manifold in manifold(), request in request()) {
        let all = every(&manifold, &request);
        let plan = manifold.plan(&request).unwrap();
        prop_assert_eq!(plan.routes.len(), request.routes.min(all.len()));
        let mut seen = BTreeSet::new();
        for (route, (found, _)) in plan.routes.iter().zip(&all) {
            let way: Vec<u32> = route.steps.iter().map(|step| step.passage).collect();
            prop_assert!(all.iter().any(|(_, known)| *known == way), "a way that is none");
            prop_assert!(seen.insert(way.clone()), "the same way twice");
            prop_assert_eq!((route.cost, route.hours, way.len()), *found);
            prop_assert_eq!(comes_to(&manifold, &request, &way), *found);
        }
        let best = manifold.best(&request).unwrap();
        prop_assert_eq!(best.as_ref(), plan.routes.first());
        for (passage, why) in &plan.closed {
            let found = manifold.why_closed(&request, *passage);
            prop_assert_eq!(found.as_ref(), Some(why));
        }
        for relaxed in &plan.relaxed {
            prop_assert!(all.is_empty() && !relaxed.route.steps.is_empty());
        }
    }
}

/// Every zone joined to every other, and seldom straight the best: what the search from the goal sees
/// ends before the start, and the bands of fees are several.
fn mesh() -> impl Strategy<Value = Manifold> {
    let pair = (0u64..400, 0u16..60, 0u16..40, prop_oneof![6 => Just(0u16), 1 => 0u16..16]);
    let shut = proptest::option::weighted(0.1, Just("halted".to_owned()));
    (proptest::collection::vec((pair, shut), 13 * 12), 0u64..50).prop_map(|(pairs, entry_fee)| {
        let zone = |at: u32| Zone {
            name: format!("z{at}"),
            entry_fee: entry_fee * u64::from(at % 3),
            requires: Attestations::NONE,
            closed: None,
        };
        let ends = (0..13u32).flat_map(|from| (0..13).map(move |to| (from, to)));
        let passages = ends.filter(|(from, to)| from != to).zip(pairs);
        let passages =
            passages.map(|((from, to), ((flat_fee, fee_bps, hours, bits), closed))| Passage {
                corridor: format!("c{from}-{to}"),
                from,
                to,
                flat_fee,
                fee_bps,
                hours,
                risk: 0,
                requires: some(bits),
                value_max: None,
                closed,
            });
        Manifold::new((0..13).map(zone).collect(), passages.collect(), prices()).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn in_a_full_mesh_as_well(
        manifold in mesh(),
        value in prop_oneof![Just(0u64), 0u64..10_000, 0u64..1_000_000],
        (hops_max, hours_max) in (1u8..5, proptest::option::of(20u32..120)),
        routes in 1usize..5,
    ) {
        let request = Request { hops_max, hours_max, routes, ..Request::new(3, 7, value) };
        let all = every(&manifold, &request);
        let plan = manifold.plan(&request).unwrap();
        let found: Vec<Found> = plan.routes.iter().map(|route| {
            (route.cost, route.hours, route.steps.len())
        }).collect();
        let wanted: Vec<Found> = all.iter().take(routes).map(|(found, _)| *found).collect();
        prop_assert_eq!(found, wanted);
    }
}
