//! The best way through a full mesh beside `petgraph`'s Dijkstra over the same costs.

use law::manifold::{Attestations, Manifold, Passage, Prices, Request, Zone};
use petgraph::algo::dijkstra;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::harness::{Bench, Clock, Reach, Row};

/// 10,000.00 in minor units: most of a fee is what does not depend on the value.
const VALUE: u64 = 1_000_000;
/// 10,000,000.00: most of a fee is what does.
const LARGE: u64 = 1_000_000_000;
const ROUNDS: usize = 9;

fn mixed(at: u64) -> u64 {
    let at = (at ^ at >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let at = (at ^ at >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    at ^ at >> 31
}

/// Every zone with a corridor to every other. Fees are such that the direct way is seldom the best: a
/// corridor asks from 1.00 to 1,000.00 and up to 50 basis points, entering a zone up to 20.00.
fn mesh(zones: u32) -> Manifold {
    let zone = |at: u32| Zone {
        name: format!("zone-{at}"),
        entry_fee: mixed(u64::from(at)) % 2_000,
        requires: Attestations::NONE,
        closed: None,
    };
    let passage = |from: u32, to: u32| {
        let seed = mixed(u64::from(from) << 32 | u64::from(to));
        Passage {
            corridor: String::new(),
            from,
            to,
            flat_fee: 100 + seed % 100_000,
            fee_bps: u16::try_from(seed >> 20 & 0xffff).expect("16 bits") % 50,
            hours: u16::try_from(seed >> 40 & 0xffff).expect("16 bits") % 96,
            risk: 0,
            requires: Attestations::NONE,
            value_max: None,
            closed: None,
        }
    };
    let pairs = (0..zones).flat_map(|from| (0..zones).map(move |to| (from, to)));
    let passages = pairs.filter(|(from, to)| from != to).map(|(from, to)| passage(from, to));
    Manifold::new((0..zones).map(zone).collect(), passages.collect(), Prices::default())
        .expect("a manifold")
}

/// The same zones and what each passage costs at this value, made ready for the peer.
fn graph(manifold: &Manifold, value: u64) -> DiGraph<(), u64, u32> {
    let zones = manifold.zones();
    let mut graph = DiGraph::with_capacity(zones.len(), manifold.passages().len());
    let nodes: Vec<NodeIndex> = zones.iter().map(|_| graph.add_node(())).collect();
    for passage in manifold.passages() {
        let (from, to) = (passage.from as usize, passage.to as usize);
        let share = (value * u64::from(passage.fee_bps)).div_ceil(10_000);
        let cost = passage.flat_fee + share + zones[to].entry_fee;
        graph.add_edge(nodes[from], nodes[to], cost);
    }
    graph
}

fn planned(bench: &Bench, manifold: &Manifold, value: u64, times: f64) -> Row {
    let zones = u32::try_from(manifold.zones().len()).expect("few");
    let graph = graph(manifold, value);
    let asked: Vec<(u32, u32)> = (0..20u32)
        .map(|at| (at * 37 % zones, (at * 101 + zones / 2) % zones))
        .filter(|(from, to)| from != to)
        .collect();
    let ours = |(from, to): (u32, u32)| {
        // As many passages as the peer would take: it knows no limit on them.
        let request = Request { hops_max: 16, ..Request::new(from, to, value) };
        manifold.best(&request).expect("a search").map_or(0, |route| route.cost)
    };
    let theirs = |(from, to): (u32, u32)| {
        let goal = NodeIndex::new(to as usize);
        let start = NodeIndex::new(from as usize);
        dijkstra(&graph, start, Some(goal), |edge| *edge.weight()).get(&goal).copied().unwrap_or(0)
    };
    let mut several = 0;
    for pair in &asked {
        assert_eq!(ours(*pair), theirs(*pair), "{pair:?} of {zones}");
        let (from, to) = *pair;
        let request = Request { hops_max: 1, ..Request::new(from, to, value) };
        let direct = manifold.best(&request).expect("a search").map_or(0, |route| route.cost);
        several += usize::from(ours(*pair) < direct);
    }
    assert!(several * 2 > asked.len(), "most best ways are not the direct one: {several}");
    bench.long(
        &format!("way for {} through a full mesh of {zones} zones, beside petgraph", value / 100),
        (Clock::Thread, ROUNDS),
        Reach::Faster(times),
        || asked.iter().map(|pair| ours(*pair)).sum::<u64>(),
        || asked.iter().map(|pair| theirs(*pair)).sum::<u64>(),
    )
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let meshes = [(mesh(209), 15.0), (mesh(2_000), 65.0)];
    let each = meshes.iter().flat_map(|mesh| [(mesh, VALUE), (mesh, LARGE)]);
    each.map(|((mesh, times), value)| planned(bench, mesh, value, *times)).collect()
}
