//! Flow at least cost: successive cheapest ways (Ahuja, Magnanti and Orlin, *Network Flows*, 1993,
//! section 9.7), exact in integers.
//!
//! Invariant: after [`Network::settle`] no cycle of the residual network has a negative cost, and
//! [`Network::thin`] keeps the cost: it moves flow only around cycles that cost nothing.

use std::collections::VecDeque;

/// One direction of an arc: what still fits, and what a unit costs.
#[derive(Clone, Copy, Debug)]
struct Arc {
    from: usize,
    to: usize,
    left: i128,
    cost: i128,
}

/// Nodes and arcs; the arc of number n has its way back at n ^ 1.
#[derive(Clone, Debug)]
pub(super) struct Network {
    arcs: Vec<Arc>,
    out: Vec<Vec<usize>>,
}

impl Network {
    pub(super) fn new(nodes: usize) -> Self {
        Self { arcs: Vec::new(), out: vec![Vec::new(); nodes] }
    }

    /// Adds an arc and says its number.
    pub(super) fn arc(&mut self, from: usize, to: usize, most: i128, cost: i128) -> usize {
        let number = self.arcs.len();
        let ways = [(from, to, most, cost), (to, from, 0, -cost)];
        for (at, (from, to, left, cost)) in (number..).zip(ways) {
            self.arcs.push(Arc { from, to, left, cost });
            if let Some(out) = self.out.get_mut(from) {
                out.push(at);
            }
        }
        number
    }

    /// What flows over an arc.
    pub(super) fn on(&self, number: usize) -> i128 {
        self.left(number ^ 1)
    }

    fn left(&self, number: usize) -> i128 {
        self.arcs.get(number).map_or(0, |arc| arc.left)
    }

    fn push(&mut self, number: usize, amount: i128) {
        if let Some(arc) = self.arcs.get_mut(number) {
            arc.left -= amount;
        }
        if let Some(arc) = self.arcs.get_mut(number ^ 1) {
            arc.left += amount;
        }
    }

    /// Sends all it can from `source` to `sink` at the least cost, and says how much.
    pub(super) fn settle(&mut self, source: usize, sink: usize) -> i128 {
        let mut sent = 0;
        while let Some(way) = self.cheapest(source, sink) {
            let amount = way.iter().map(|arc| self.left(*arc)).min().unwrap_or(0);
            way.iter().for_each(|arc| self.push(*arc, amount));
            sent += amount;
        }
        sent
    }

    /// The cheapest way with room, as arcs from its end to its start.
    fn cheapest(&self, source: usize, sink: usize) -> Option<Vec<usize>> {
        let nodes = self.out.len();
        let mut cost: Vec<Option<i128>> = vec![None; nodes];
        let mut by: Vec<Option<usize>> = vec![None; nodes];
        let mut waits = vec![false; nodes];
        let mut queue = VecDeque::from([source]);
        *cost.get_mut(source)? = Some(0);
        while let Some(node) = queue.pop_front() {
            *waits.get_mut(node)? = false;
            let so_far = cost.get(node).copied().flatten()?;
            for number in self.out.get(node)? {
                let arc = self.arcs.get(*number)?;
                let there = so_far + arc.cost;
                let known = cost.get_mut(arc.to)?;
                if arc.left <= 0 || known.is_some_and(|known| known <= there) {
                    continue;
                }
                *known = Some(there);
                *by.get_mut(arc.to)? = Some(*number);
                let waits = waits.get_mut(arc.to)?;
                if !*waits {
                    *waits = true;
                    queue.push_back(arc.to);
                }
            }
        }
        let (mut way, mut node) = (Vec::new(), sink);
        while node != source {
            let number = by.get(node).copied().flatten()?;
            way.push(number);
            node = self.arcs.get(number)?.from;
        }
        Some(way)
    }

    /// Moves flow around cycles until the arcs that are neither empty nor full form a forest.
    pub(super) fn thin(&mut self) {
        while let Some(cycle) = self.free_cycle() {
            let back: Vec<usize> = cycle.iter().map(|arc| arc ^ 1).collect();
            let room = |way: &[usize]| way.iter().map(|arc| self.left(*arc)).min().unwrap_or(0);
            // The way round that empties an arc, rather than fills one, leaves a payment less.
            let empties =
                |way: &[usize]| way.iter().any(|arc| arc & 1 == 1 && self.left(*arc) == room(way));
            let way = if !empties(&cycle) && empties(&back) { back } else { cycle };
            let amount = room(&way);
            way.iter().for_each(|arc| self.push(*arc, amount));
        }
    }

    /// A cycle of arcs that are neither empty nor full, each in the direction of the round.
    fn free_cycle(&self) -> Option<Vec<usize>> {
        let mut forest: Vec<Vec<usize>> = vec![Vec::new(); self.out.len()];
        for number in (0..self.arcs.len()).step_by(2) {
            let arc = self.arcs.get(number)?;
            if arc.left <= 0 || self.on(number) <= 0 {
                continue;
            }
            if let Some(mut way) = self.way_in(&forest, arc.to, arc.from) {
                way.push(number);
                return Some(way);
            }
            forest.get_mut(arc.from)?.push(number);
            forest.get_mut(arc.to)?.push(number ^ 1);
        }
        None
    }

    /// The way between two nodes of a forest, if there is one.
    fn way_in(&self, forest: &[Vec<usize>], from: usize, to: usize) -> Option<Vec<usize>> {
        let mut by: Vec<Option<usize>> = vec![None; forest.len()];
        let mut stack = vec![from];
        while let Some(node) = stack.pop() {
            if node == to {
                break;
            }
            for number in forest.get(node)? {
                let next = self.arcs.get(*number)?.to;
                let seen = by.get_mut(next)?;
                if next != from && seen.is_none() {
                    *seen = Some(*number);
                    stack.push(next);
                }
            }
        }
        let (mut way, mut node) = (Vec::new(), to);
        while node != from {
            let number = by.get(node).copied().flatten()?;
            way.push(number);
            node = self.arcs.get(number)?.from;
        }
        Some(way)
    }
}
