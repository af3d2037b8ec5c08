//! What is still to be paid from a zone to the goal, at the least.
//!
//! A search from the goal backwards, over what is open, by cost alone: exact where it has looked, and
//! further than it looked nothing is nearer than where it stopped. It looks half as far as some way is
//! known to lead, so that the search from the start and this one share the work; how far it looks
//! changes what is pruned and never what is found.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Manifold;
use super::search::{Limits, Start};

/// What a zone costs that the goal cannot be reached from.
const NEVER: u64 = u64::MAX;

/// The least costs to one goal.
pub(super) struct Ahead {
    /// The least found from each zone, and the edge it begins with.
    least: Vec<(u64, Option<u32>)>,
    /// No zone costs less than this that is not known to.
    beyond: u64,
}

impl Ahead {
    /// Looks from the goal towards `start`.
    pub(super) fn new(manifold: &Manifold, limits: &Limits, start: &Start, goal: u32) -> Self {
        let left = limits.cost.saturating_sub(start.fees);
        let known = short(manifold, limits, start.zone, goal).min(left);
        let radius = known / 2;
        let beyond = if known == NEVER { NEVER } else { radius + 1 };
        let mut ahead = Self { least: vec![(NEVER, None); manifold.zones.len()], beyond };
        let mut heap = BinaryHeap::from([Reverse((0, goal))]);
        if let Some(least) = ahead.least.get_mut(goal as usize) {
            least.0 = 0;
        }
        while let Some(Reverse((cost, zone))) = heap.pop() {
            if cost > ahead.found(zone).0 {
                continue;
            }
            if zone == start.zone {
                ahead.beyond = cost;
                break;
            }
            for edge in manifold.entering.under(zone, limits.value, radius - cost) {
                let whole = cost + edge.cost(limits.value);
                let Some(least) = ahead.least.get_mut(edge.from as usize) else { continue };
                if whole <= radius && whole < least.0 && limits.admit(edge) {
                    *least = (whole, Some(edge.number));
                    heap.push(Reverse((whole, edge.from)));
                }
            }
        }
        ahead
    }

    /// No way from the zone to the goal costs less.
    pub(super) fn at_least(&self, zone: u32) -> u64 {
        self.found(zone).0.min(self.beyond)
    }

    /// What the way found from a zone costs and the edge it begins with; that way ends at the goal.
    pub(super) fn found(&self, zone: u32) -> (u64, Option<u32>) {
        self.least.get(zone as usize).copied().unwrap_or((NEVER, None))
    }
}

/// The least cost of a way of one or two open passages.
fn short(manifold: &Manifold, limits: &Limits, from: u32, goal: u32) -> u64 {
    let mut first = vec![NEVER; manifold.zones.len()];
    for edge in manifold.leaving.under(from, limits.value, limits.cost) {
        if let Some(least) = first.get_mut(edge.to as usize).filter(|_| limits.admit(edge)) {
            *least = edge.cost(limits.value).min(*least);
        }
    }
    let mut least = first.get(goal as usize).copied().unwrap_or(NEVER);
    for edge in manifold.entering.under(goal, limits.value, least) {
        let before = first.get(edge.from as usize).copied().unwrap_or(NEVER);
        if before < least && limits.admit(edge) {
            least = before.saturating_add(edge.cost(limits.value)).min(least);
        }
    }
    least
}
