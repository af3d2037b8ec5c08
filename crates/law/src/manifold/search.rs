//! One search: the least way by cost, then time, then hops, among those that keep every limit.
//!
//! Label setting: a label is a way to a zone, and labels are taken in order of what they come to. It is
//! dropped only when another label of the same zone is no worse in everything that can still matter, or
//! when what it has cost and the least it can still cost together exceed a way already found.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

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
    Search::new(manifold, limits, goal).run(start)
}

struct Search<'m> {
    manifold: &'m Manifold,
    limits: &'m Limits,
    goal: u32,
    labels: Vec<Label>,
    /// The last label of each zone.
    last: Vec<u32>,
    heap: BinaryHeap<Reverse<(Total, u32)>>,
    /// The least cost from a zone straight to the goal, by which edge, and the least from anywhere.
    straight: Vec<(u64, u32)>,
    into_goal: u64,
    /// The cost of the best way found.
    best: u64,
}

impl<'m> Search<'m> {
    fn new(manifold: &'m Manifold, limits: &'m Limits, goal: u32) -> Self {
        let mut straight = vec![(u64::MAX, NONE); manifold.zones.len()];
        let mut into_goal = u64::MAX;
        for at in manifold.entering(goal).iter().filter(|at| open(limits, &at.edge)) {
            if let Some(least) = straight.get_mut(at.from as usize) {
                *least = (at.edge.cost(limits.value), at.number).min(*least);
                into_goal = into_goal.min(least.0);
            }
        }
        Self {
            manifold,
            limits,
            goal,
            labels: Vec::new(),
            last: vec![NONE; manifold.zones.len()],
            heap: BinaryHeap::new(),
            straight,
            into_goal,
            best: limits.cost,
        }
    }

    fn run(mut self, start: Start) -> Result<Option<Vec<u32>>, TooWide> {
        let Start { zone, fees, hours, hops, needs } = start;
        let (edge, parent, next, dropped) = (NONE, NONE, NONE, false);
        let label = Label { zone, edge, parent, next, fees, hours, hops, needs, dropped };
        self.keep(label, self.gap(needs))?;
        while let Some(Reverse((_, at))) = self.heap.pop() {
            let Some(label) = self.labels.get(at as usize).copied() else { break };
            if label.dropped {
                continue;
            }
            if label.zone == self.goal {
                return Ok(Some(self.trace(at)));
            }
            self.expand(label, at)?;
        }
        Ok(None)
    }

    fn expand(&mut self, label: Label, at: u32) -> Result<(), TooWide> {
        if label.hops >= self.limits.hops {
            return Ok(());
        }
        let leaving = self.manifold.leaving(label.zone);
        let edges = self.manifold.edges.get(leaving.clone()).unwrap_or_default();
        let base = u32::try_from(leaving.start).unwrap_or(NONE);
        // The goal first: what reaches it bounds everything else.
        let goal = self.goal;
        let first = edges.partition_point(|edge| edge.to < goal);
        let numbered = edges.iter().zip(base..).skip(first);
        for (edge, number) in numbered.take_while(|(edge, _)| edge.to == goal) {
            self.pass(label, at, (edge, number))?;
        }
        for number in self.manifold.cheap.get(leaving).unwrap_or_default() {
            let Some(edge) = self.manifold.edges.get(*number as usize) else { continue };
            // What follows costs no less, and from wherever it leads the goal is still to be entered.
            let least = label.fees + u64::from(edge.fixed);
            if least.saturating_add(self.into_goal) > self.best {
                break;
            }
            if edge.to != goal {
                self.pass(label, at, (edge, *number))?;
            }
        }
        Ok(())
    }

    /// One passage from a label.
    fn pass(
        &mut self,
        label: Label,
        parent: u32,
        (edge, number): (&Edge, u32),
    ) -> Result<(), TooWide> {
        // The commonest end of all, before anything else is looked at.
        let fees = label.fees + edge.cost(self.limits.value);
        if fees > self.best {
            return Ok(());
        }
        let Limits { edges, zones, hours: most, .. } = self.limits;
        if !open(self.limits, edge) || edges.contains(&number) || zones.contains(&edge.to) {
            return Ok(());
        }
        let needs = label.needs.or(edge.requires);
        let gap = self.gap(needs);
        let hours = label.hours + u32::from(edge.hours);
        if hours + gap.hours > *most || fees + gap.cost + self.ahead(edge.to) > self.best {
            return Ok(());
        }
        let (zone, hops, next) = (edge.to, label.hops + 1, NONE);
        let edge = number;
        let new = Label { zone, edge, parent, next, fees, hours, hops, needs, dropped: false };
        if self.dominated(&new) {
            return Ok(());
        }
        self.bound(&new);
        self.keep(new, gap)
    }

    /// From a label straight to the goal is a way, if it keeps the limits: nothing dearer is wanted.
    fn bound(&mut self, label: &Label) {
        let straight = self.straight.get(label.zone as usize).map_or(NONE, |(_, number)| *number);
        let Some(edge) = self.manifold.edges.get(straight as usize) else { return };
        let gap = self.gap(label.needs.or(edge.requires));
        let hours = label.hours + u32::from(edge.hours) + gap.hours;
        let Limits { edges, hops, hours: most, .. } = self.limits;
        if label.hops < *hops && hours <= *most && !edges.contains(&straight) {
            let fees = label.fees + edge.cost(self.limits.value) + gap.cost;
            self.best = self.best.min(fees);
        }
    }

    /// The least that is still to be paid from a zone to the goal.
    fn ahead(&self, zone: u32) -> u64 {
        if zone == self.goal {
            return 0;
        }
        let at = zone as usize;
        let straight = self.straight.get(at).map_or(u64::MAX, |(least, _)| *least);
        let least = self.manifold.least_out.get(at).copied().unwrap_or(u32::MAX);
        // As if open, more leaves a zone than `least_out` has seen.
        let least = if self.limits.as_if_open { 0 } else { u64::from(least) };
        // Unreachable reads as half of everything, so that sums stay in range.
        straight.min(least.saturating_add(self.into_goal)).min(u64::MAX / 2)
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
        let (fees, hours) = (label.fees + gap.cost, label.hours + gap.hours);
        if label.zone == self.goal {
            self.best = self.best.min(fees);
        }
        if let Some(last) = self.last.get_mut(label.zone as usize) {
            label.next = std::mem::replace(last, at);
        }
        self.labels.push(label);
        self.heap.push(Reverse((Total { cost: fees, hours, hops: label.hops }, at)));
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

fn open(limits: &Limits, edge: &Edge) -> bool {
    limits.as_if_open || !edge.shut && edge.risk <= limits.risk
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
