//! One search: the least way by cost, then time, then hops, among those that keep every limit.
//!
//! Label setting: a label is a way to a zone, and labels are taken in order of what the whole way comes
//! to at the least. It is dropped only when another label of the same zone is no worse in everything
//! that can still matter, or when that least exceeds a way already found.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::ahead::Ahead;
use super::attestation::{Attestations, Gap, gap};
use super::{Edge, LABELS_MAX, Manifold};

/// No label.
const NONE: u32 = u32::MAX;

/// The limits of one search. What is not limited is `MAX`.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) value: u64,
    pub(super) held: Attestations,
    pub(super) expired: Attestations,
    pub(super) hops: u8,
    pub(super) cost: u64,
    pub(super) hours: u32,
    pub(super) risk: u8,
    /// Whether closed passages are taken for open: only to say what they keep away.
    pub(super) as_if_open: bool,
    /// Edges not to be taken.
    pub(super) edges: BTreeSet<u32>,
    /// Zones not to be entered.
    pub(super) zones: BTreeSet<u32>,
}

impl Limits {
    /// Whether an edge may be taken at all.
    pub(super) fn admit(&self, edge: &Edge) -> bool {
        (self.as_if_open || !edge.shut && edge.risk <= self.risk)
            && !self.edges.contains(&edge.number)
            && !self.zones.contains(&edge.to)
    }
}

/// What a way comes to, in the order in which ways are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Total {
    pub(super) cost: u64,
    pub(super) hours: u32,
    pub(super) hops: u8,
}

/// A way to a zone.
#[derive(Clone, Copy, Debug)]
struct Label {
    zone: u32,
    /// The edge it came by, and the label before.
    edge: u32,
    parent: u32,
    /// The label of the same zone set before it.
    next: u32,
    fees: u64,
    hours: u32,
    hops: u8,
    needs: Attestations,
    dropped: bool,
}

/// Where a search begins: a zone, and what was spent on the way there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) zone: u32,
    pub(super) fees: u64,
    pub(super) hours: u32,
    pub(super) hops: u8,
    pub(super) needs: Attestations,
}

/// More than [`LABELS_MAX`] labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooWide;

/// The least way from `start` to `goal`, as the edges it takes.
pub(super) fn least(
    manifold: &Manifold,
    limits: &Limits,
    start: Start,
    goal: u32,
) -> Result<Option<Vec<u32>>, TooWide> {
    let ahead = Ahead::new(manifold, limits, &start, goal);
    let (labels, last) = (Vec::new(), vec![NONE; manifold.zones.len()]);
    let (heap, best) = (BinaryHeap::new(), limits.cost.min(u64::MAX - 1));
    Search { manifold, limits, goal, ahead, labels, last, heap, best }.run(start)
}

struct Search<'m> {
    manifold: &'m Manifold,
    limits: &'m Limits,
    goal: u32,
    ahead: Ahead,
    labels: Vec<Label>,
    /// The last label of each zone.
    last: Vec<u32>,
    heap: BinaryHeap<Reverse<(Total, u32)>>,
    /// What the best way known costs: nothing dearer is wanted.
    best: u64,
}

impl Search<'_> {
    fn run(mut self, start: Start) -> Result<Option<Vec<u32>>, TooWide> {
        let Start { zone, fees, hours, hops, needs } = start;
        let (edge, parent, next, dropped) = (NONE, NONE, NONE, false);
        let label = Label { zone, edge, parent, next, fees, hours, hops, needs, dropped };
        self.bound(&label);
        self.keep(label, self.gap(needs))?;
        while let Some(Reverse((_, at))) = self.heap.pop() {
            let Some(label) = self.labels.get(at as usize).copied() else { break };
            if label.dropped {
                continue;
            }
            if label.zone == self.goal {
                return Ok(Some(self.trace(at)));
            }
            if label.hops < self.limits.hops && label.fees <= self.best {
                self.expand(&label, at)?;
            }
        }
        Ok(None)
    }

    fn expand(&mut self, label: &Label, at: u32) -> Result<(), TooWide> {
        let most = self.best - label.fees;
        for (share, edges) in self.manifold.leaving.bands(label.zone, self.limits.value, most) {
            for edge in edges {
                if u64::from(edge.fixed) > most - share {
                    break;
                }
                self.pass(label, at, edge)?;
            }
        }
        Ok(())
    }

    /// One passage from a label.
    fn pass(&mut self, label: &Label, parent: u32, edge: &Edge) -> Result<(), TooWide> {
        // The commonest end of all, before anything else is looked at.
        let fees = label.fees + edge.cost(self.limits.value);
        let least = fees.saturating_add(self.ahead.at_least(edge.to));
        if least > self.best || !self.limits.admit(edge) {
            return Ok(());
        }
        let needs = label.needs.or(edge.requires);
        let gap = self.gap(needs);
        let hours = label.hours + u32::from(edge.hours);
        if hours + gap.hours > self.limits.hours || least.saturating_add(gap.cost) > self.best {
            return Ok(());
        }
        let (zone, edge, hops) = (edge.to, edge.number, label.hops + 1);
        let (next, dropped) = (NONE, false);
        let new = Label { zone, edge, parent, next, fees, hours, hops, needs, dropped };
        if self.dominated(&new) {
            return Ok(());
        }
        self.bound(&new);
        self.keep(new, gap)
    }

    /// From a label on by the cheapest edges is a way, if it keeps the limits.
    fn bound(&mut self, label: &Label) {
        let (rest, mut next) = self.ahead.found(label.zone);
        let fees = label.fees.saturating_add(rest);
        if fees >= self.best {
            return;
        }
        let Label { mut hours, mut hops, mut needs, .. } = *label;
        while let Some(edge) = next.and_then(|number| self.manifold.edges.get(number as usize)) {
            hours += u32::from(edge.hours);
            needs = needs.or(edge.requires);
            hops += 1;
            if hops > self.limits.hops {
                return;
            }
            next = self.ahead.found(edge.to).1;
        }
        let gap = self.gap(needs);
        if hours + gap.hours <= self.limits.hours {
            self.best = self.best.min(fees.saturating_add(gap.cost));
        }
    }

    /// Whether a label of the zone is no worse; those that are no better than `new` are dropped.
    fn dominated(&mut self, new: &Label) -> bool {
        let timed = self.limits.hours != u32::MAX;
        let mut at = self.last.get(new.zone as usize).copied().unwrap_or(NONE);
        while let Some(held) = self.labels.get_mut(at as usize) {
            if !held.dropped {
                if no_worse(held, new, timed) {
                    return true;
                }
                held.dropped = no_worse(new, held, timed);
            }
            at = held.next;
        }
        false
    }

    fn keep(&mut self, mut label: Label, gap: Gap) -> Result<(), TooWide> {
        let at = u32::try_from(self.labels.len()).unwrap_or(NONE);
        if self.labels.len() >= LABELS_MAX {
            return Err(TooWide);
        }
        let paid = label.fees + gap.cost;
        let cost = paid.saturating_add(self.ahead.at_least(label.zone));
        let hours = label.hours + gap.hours;
        if label.zone == self.goal {
            self.best = self.best.min(cost);
        }
        if let Some(last) = self.last.get_mut(label.zone as usize) {
            label.next = std::mem::replace(last, at);
        }
        self.labels.push(label);
        self.heap.push(Reverse((Total { cost, hours, hops: label.hops }, at)));
        Ok(())
    }

    fn gap(&self, needs: Attestations) -> Gap {
        gap(&self.manifold.prices, needs, self.limits.held, self.limits.expired)
    }

    fn trace(&self, mut at: u32) -> Vec<u32> {
        let mut edges = Vec::new();
        while let Some(label) = self.labels.get(at as usize).filter(|label| label.edge != NONE) {
            edges.push(label.edge);
            at = label.parent;
        }
        edges.reverse();
        edges
    }
}

/// Whether every way on from `other` is matched by one from `label` that is no worse. Without a limit
/// on time, time only decides between equal costs.
fn no_worse(label: &Label, other: &Label, timed: bool) -> bool {
    let cost_and_time = if timed {
        label.fees <= other.fees && label.hours <= other.hours
    } else {
        (label.fees, label.hours) <= (other.fees, other.hours)
    };
    cost_and_time && label.hops <= other.hops && label.needs.within(other.needs)
}
