//! How few payments there are, beside answers found by trying everything.
//!
//! Over a full mesh the fewest payments are n less the most blocks of zones that pay nothing to the
//! rest: every block of k zones needs k − 1, and the least value is what the payers pay. Over fewer
//! corridors every smaller set of lanes is tried, within the least value, which a second way of
//! solving flows finds (cancelling negative cycles, from the obligations as they stand).

use corridor::netting::{EXACT_ZONES_MAX, Obligation, Plan, Reach};

use super::{Dice, channel, legs, mesh, owes, plan};

const INSTANCES: u64 = 200;
const ZONES: usize = 14;

/// What each zone is paid.
fn nets(all: &[Obligation], zones: usize) -> Vec<i128> {
    let mut nets = vec![0; zones];
    let at = |zone: &canon::ZoneId| (0..zones).find(|n| super::zone(*n) == *zone).unwrap();
    for one in all {
        nets[at(&one.debtor)] -= one.amount.minor();
        nets[at(&one.creditor)] += one.amount.minor();
    }
    nets
}

/// The fewest payments over a full mesh: n less the most balanced blocks, over all subsets.
fn fewest_over_a_mesh(nets: &[i128]) -> usize {
    let busy: Vec<i128> = nets.iter().copied().filter(|net| *net != 0).collect();
    let mut most = vec![0_usize; 1 << busy.len()];
    let mut sums = vec![0_i128; 1 << busy.len()];
    for set in 1..most.len() {
        let last = set.trailing_zeros() as usize;
        sums[set] = sums[set & (set - 1)] + busy[last];
        // Taking zones out one by one: a block ends wherever what is left is balanced.
        let without = (0..busy.len()).filter(|at| set >> at & 1 == 1).map(|at| most[set ^ 1 << at]);
        most[set] = without.max().unwrap() + usize::from(sums[set] == 0);
    }
    busy.len() - most.last().unwrap()
}

fn some(dice: &mut Dice, zones: usize, channels: &[(usize, usize)], most: u64) -> Vec<Obligation> {
    let count = zones as u64 * 2 + dice.below(20);
    (0..count)
        .map(|n| {
            let (a, b) = channels[dice.index(channels.len())];
            let (a, b) = if dice.below(2) == 0 { (a, b) } else { (b, a) };
            owes(n, a, b, i128::from(1 + dice.below(most)))
        })
        .collect()
}

#[test]
fn over_a_mesh_no_plan_has_fewer_payments() {
    let (mut ours, mut best) = (0, 0);
    for seed in 0..INSTANCES {
        let mut dice = Dice(seed);
        let zones = 3 + dice.index(ZONES - 2);
        let pairs: Vec<_> = (0..zones).flat_map(|a| (a + 1..zones).map(move |b| (a, b))).collect();
        // Large amounts rarely balance by chance, small ones often do.
        let most = [8, 40, 1_000_000][dice.index(3)];
        let all = some(&mut dice, zones, &pairs, most);
        let plan = plan(&all, &mesh(zones), Reach::Corridors);
        let nets = nets(&all, zones);
        let value: i128 = nets.iter().map(|net| (*net).max(0)).sum();
        assert_eq!(plan.currencies[0].settled.minor(), value, "seed {seed}");
        ours += plan.legs.len();
        best += fewest_over_a_mesh(&nets);
    }
    assert!(ours >= best, "the model is wrong: {ours} below the optimum {best}");
    assert!(ours * 100 <= best * 103, "{ours} payments, {best} would do");
    println!("{INSTANCES} instances over a mesh: {ours} payments, optimum {best}");
}

/// Directed lanes of a sparse case: (payer, payee, what flows).
type Flow = Vec<(usize, usize, i128)>;

/// The least value, by cancelling cycles that save, one unit of room at a time at most: Bellman-Ford on
/// the residual graph of nodes split in two, from the obligations set off.
fn least_value(debts: &Flow, pairs: &[(usize, usize)], zones: usize, allowed: u64) -> Option<i128> {
    let lanes: Vec<(usize, usize)> = pairs
        .iter()
        .flat_map(|(a, b)| [(*a, *b), (*b, *a)])
        .enumerate()
        .filter(|(at, _)| allowed >> at & 1 == 1)
        .map(|(_, lane)| lane)
        .collect();
    let (mut owed, mut owes) = (vec![0; zones], vec![0; zones]);
    for (a, b, minor) in debts {
        owes[*a] += minor;
        owed[*b] += minor;
    }
    // Arcs: (from, to, room, cost); debts flow at a cost no lane reaches and are driven out.
    let dear = 1_000_000;
    let mut arcs: Vec<(usize, usize, i128, i128)> = Vec::new();
    let mut both = |from, to, room, flow, cost: i128| {
        arcs.push((from, to, room - flow, cost));
        arcs.push((to, from, flow, -cost));
    };
    for (a, b, minor) in debts {
        both(2 * a + 1, 2 * b, *minor, *minor, dear);
    }
    for (a, b) in &lanes {
        both(2 * a + 1, 2 * b, i128::MAX / 4, 0, 1);
    }
    for zone in 0..zones {
        let passes = owed[zone].min(owes[zone]);
        both(2 * zone, 2 * zone + 1, passes, passes, 0);
    }
    while let Some(cycle) = saving(&arcs, 2 * zones) {
        let room = cycle.iter().map(|at| arcs[*at].2).min().unwrap();
        for at in cycle {
            arcs[at].2 -= room;
            arcs[at ^ 1].2 += room;
        }
    }
    let waits: i128 = (0..debts.len()).map(|n| arcs[2 * n + 1].2).sum();
    let moved = (debts.len()..debts.len() + lanes.len()).map(|n| arcs[2 * n + 1].2).sum();
    (waits == 0).then_some(moved)
}

fn saving(arcs: &[(usize, usize, i128, i128)], nodes: usize) -> Option<Vec<usize>> {
    let (mut cost, mut by) = (vec![0; nodes], vec![usize::MAX; nodes]);
    let mut last = None;
    for _ in 0..=nodes {
        last = None;
        for (at, (from, to, room, price)) in arcs.iter().enumerate() {
            if *room > 0 && cost[*from] + price < cost[*to] {
                cost[*to] = cost[*from] + price;
                by[*to] = at;
                last = Some(*to);
            }
        }
        last?;
    }
    // Far enough back one stands on the cycle.
    let start = (0..nodes).fold(last?, |node, _| arcs[by[node]].0);
    let (mut cycle, mut node) = (Vec::new(), start);
    loop {
        cycle.push(by[node]);
        node = arcs[by[node]].0;
        if node == start {
            return Some(cycle);
        }
    }
}

/// Debts once both directions of each corridor are set off.
fn set_off(all: &[Obligation], pairs: &[(usize, usize)]) -> Flow {
    let net = |(a, b): &(usize, usize)| {
        let of = |x: usize, y: usize| {
            let ours = all.iter().filter(move |o| {
                (o.debtor.clone(), o.creditor.clone()) == (super::zone(x), super::zone(y))
            });
            ours.map(|o| o.amount.minor()).sum::<i128>()
        };
        match of(*a, *b) - of(*b, *a) {
            0 => None,
            net if net > 0 => Some((*a, *b, net)),
            net => Some((*b, *a, -net)),
        }
    };
    pairs.iter().filter_map(net).collect()
}

#[test]
fn over_few_corridors_no_plan_moves_less_and_few_have_fewer_payments() {
    let (mut ours, mut best) = (0, 0);
    for seed in 1_000..1_040 {
        let mut dice = Dice(seed);
        let zones = 4 + dice.index(3);
        // A ring, and some corridors across.
        let mut pairs: Vec<_> = (0..zones).map(|a| (a, (a + 1) % zones)).collect();
        pairs.extend((0..2).map(|a| (a, a + 2)));
        pairs.iter_mut().for_each(|(a, b)| (*a, *b) = ((*a).min(*b), (*a).max(*b)));
        pairs.sort_unstable();
        pairs.dedup();
        let all = some(&mut dice, zones, &pairs, 6);
        let channels: Vec<_> = pairs.iter().map(|(a, b)| channel(*a, *b)).collect();
        let plan = plan(&all, &channels, Reach::Corridors);
        let debts = set_off(&all, &pairs);
        let every = (1_u64 << (2 * pairs.len())) - 1;
        let least = least_value(&debts, &pairs, zones, every).unwrap();
        assert_eq!(plan.currencies[0].settled.minor(), least, "seed {seed}");
        ours += plan.legs.len();
        best += fewest(&plan, &debts, &pairs, zones, least);
    }
    assert!(ours >= best, "the model is wrong: {ours} below the optimum {best}");
    assert!(ours * 100 <= best * 103, "{ours} payments, {best} would do");
    println!("40 instances over few corridors: {ours} payments, optimum {best}");
}

/// The fewest lanes over which the least value can be moved: every smaller set is tried, of lanes that
/// some plan of least value uses.
fn fewest(plan: &Plan, debts: &Flow, pairs: &[(usize, usize)], zones: usize, least: i128) -> usize {
    let lanes = 2 * pairs.len();
    let nets = nets_of(debts, zones);
    let payers = nets.iter().filter(|net| **net < 0).count();
    let payees = nets.iter().filter(|net| **net > 0).count();
    let mut sets: Vec<u64> = (0..1_u64 << lanes)
        .filter(|set| {
            let count = set.count_ones() as usize;
            // Both directions of one corridor never serve, and everybody who pays must pay.
            let once = (0..pairs.len()).all(|pair| set >> (2 * pair) & 3 != 3);
            once && count >= payers.max(payees) && count < plan.legs.len()
        })
        .filter(|set| {
            let ends = |payer: bool| {
                let bit = |(at, (a, b)): (usize, &(usize, usize))| {
                    let forward = set >> (2 * at) & 1 == 1;
                    let back = set >> (2 * at + 1) & 1 == 1;
                    let (one, other) = if payer { (a, b) } else { (b, a) };
                    u64::from(forward) << one | u64::from(back) << other
                };
                pairs.iter().enumerate().map(bit).fold(0, |a, b| a | b)
            };
            let (pay, paid) = (ends(true), ends(false));
            nets.iter().enumerate().all(|(zone, net)| match net {
                0 => true,
                net if *net < 0 => pay >> zone & 1 == 1,
                _ => paid >> zone & 1 == 1,
            })
        })
        .collect();
    sets.sort_by_key(|set| set.count_ones());
    let found = sets.into_iter().find(|set| least_value(debts, pairs, zones, *set) == Some(least));
    found.map_or(plan.legs.len(), |set| set.count_ones() as usize)
}

fn nets_of(debts: &Flow, zones: usize) -> Vec<i128> {
    let mut nets = vec![0; zones];
    for (a, b, minor) in debts {
        nets[*a] -= minor;
        nets[*b] += minor;
    }
    nets
}

#[test]
fn among_many_zones_payments_stay_within_twice_the_bound() {
    for seed in 0..6 {
        let mut dice = Dice(seed);
        let zones = EXACT_ZONES_MAX + 2 + dice.index(20);
        let pairs: Vec<_> = (0..zones).flat_map(|a| (a + 1..zones).map(move |b| (a, b))).collect();
        let all = some(&mut dice, zones, &pairs, 1_000);
        let plan = plan(&all, &mesh(zones), Reach::Corridors);
        let nets = nets(&all, zones);
        let payers = nets.iter().filter(|net| **net < 0).count();
        let payees = nets.iter().filter(|net| **net > 0).count();
        // Everybody who pays pays at least once, everybody paid is paid once: no plan has fewer.
        let bound = payers.max(payees);
        assert!(legs(&plan).len() < payers + payees, "more than a forest");
        assert!(legs(&plan).len() < 2 * bound);
        let value: i128 = nets.iter().map(|net| (*net).max(0)).sum();
        assert_eq!(plan.currencies[0].settled.minor(), value);
    }
}
