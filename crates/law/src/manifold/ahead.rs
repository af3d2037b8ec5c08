//! What is still to be paid from a zone to the goal, at the least.
//!
//! A search from the goal backwards, over what is open, by cost alone: exact where it has looked, and
//! no zone it did not reach is nearer than where it stopped. It looks half as far as some way from the
//! start is known to lead, so that the search from the start and this one share the work; how far it
//! looks changes what is pruned and never what is found.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Manifold;
use super::search::{Limits, Start};

/// What a zone costs that the goal cannot be reached from.
const NEVER: u64 = u64::MAX;

/// What a way costs, and the edge it begins with.
pub(super) type Found = (u64, Option<u32>);

/// The least costs to one goal.
pub(super) struct Ahead {
    /// The least way found from each zone.
    least: Vec<Found>,
    /// No zone from which none was found, or a dearer one, costs less than this.
    beyond: u64,
}

impl Ahead {
    /// Looks from the goal towards `start`.
    pub(super) fn new(manifold: &Manifold, limits: &Limits, start: &Start, goal: u32) -> Self {
        let first = first(manifold, limits, start.zone, goal);
        let from = |zone: u32| first.get(zone as usize).copied().unwrap_or((NEVER, None));
        let left = match limits.cost {
            NEVER => NEVER,
            most => most.saturating_sub(start.fees),
        };
        // The best way known from the start: one edge, and then one that was found from where it leads.
        let mut met = from(goal);
        let mut ahead = Self { least: vec![(NEVER, None); manifold.zones.len()], beyond: NEVER };
        ahead.set(goal, (0, None));
        let mut heap = BinaryHeap::from([Reverse((0, goal))]);
        while let Some(Reverse((cost, zone))) = heap.pop() {
            let radius = met.0.min(left) / 2;
            if zone == start.zone {
                ahead.beyond = cost;
            }
            if zone == start.zone || cost > radius {
                break;
            }
            if cost > ahead.found(zone).0 {
                continue;
            }
            // From the goal all of it: what lies one edge before it is where ways of two edges meet.
            let most = if zone == goal { met.0.min(left) } else { radius - cost };
            for (share, edges) in manifold.entering.bands(zone, limits.value, most) {
                for edge in edges {
                    if u64::from(edge.fixed) > most - share {
                        break;
                    }
                    let whole = cost + edge.cost(limits.value);
                    if whole < ahead.found(edge.from).0 && limits.admit(edge) {
                        ahead.set(edge.from, (whole, Some(edge.number)));
                        let (before, by) = from(edge.from);
                        met = met.min((before.saturating_add(whole), by));
                        if whole <= met.0.min(left) / 2 {
                            heap.push(Reverse((whole, edge.from)));
                        }
                    }
                }
            }
        }
        // Whatever was passed over lies outside the last radius, as it shrinks only. Where no way and no
        // limit was known nothing was passed over.
        let known = met.0.min(left);
        if known < NEVER {
            ahead.beyond = ahead.beyond.min(known / 2 + 1);
        }
        if met.0 < ahead.found(start.zone).0 {
            ahead.set(start.zone, met);
        }
        ahead
    }

    fn set(&mut self, zone: u32, found: Found) {
        if let Some(least) = self.least.get_mut(zone as usize) {
            *least = found;
        }
    }

    /// No way from the zone to the goal costs less.
    pub(super) fn at_least(&self, zone: u32) -> u64 {
        self.found(zone).0.min(self.beyond)
    }

    /// The way found from a zone: what it costs and the edge it begins with; it ends at the goal.
    pub(super) fn found(&self, zone: u32) -> Found {
        self.least.get(zone as usize).copied().unwrap_or((NEVER, None))
    }
}

/// The least open edge from a zone to each other, as far as it costs no more than the one to the goal.
fn first(manifold: &Manifold, limits: &Limits, from: u32, goal: u32) -> Vec<Found> {
    let mut first = vec![(NEVER, None); manifold.zones.len()];
    let direct = manifold.between(from, goal).iter().filter(|edge| limits.admit(edge));
    let most = direct.map(|edge| edge.cost(limits.value)).min().unwrap_or(NEVER).min(limits.cost);
    for (share, edges) in manifold.leaving.bands(from, limits.value, most) {
        for edge in edges {
            if u64::from(edge.fixed) > most - share {
                break;
            }
            let cost = edge.cost(limits.value);
            if let Some(least) = first.get_mut(edge.to as usize)
                && cost < least.0
                && limits.admit(edge)
            {
                *least = (cost, Some(edge.number));
            }
        }
    }
    first
}
