//! One currency as a question of flow: who must pay how much, over which lanes, what may wait.
//!
//! Each zone is two nodes: what it is paid arrives at the first, what it pays leaves the second, and
//! between them passes at most what it would pass on if every corridor were settled alone. So no
//! zone pays more than it owes between corridors, and deferring everything is always an answer.

use super::flow::Network;
use super::obligation::PRIORITIES;

/// A lane a leg may go over, with the most it may carry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    /// Who pays.
    pub payer: usize,
    /// Who is paid.
    pub payee: usize,
    /// Index of the channel.
    pub channel: usize,
    /// The most, in minor units.
    pub most: i128,
}

/// What one zone owes another over a channel, the other direction set off.
#[derive(Clone, Debug)]
pub(super) struct Debt {
    /// Who owes.
    pub debtor: usize,
    /// Who is owed.
    pub creditor: usize,
    /// Index of the channel.
    pub channel: usize,
    /// How much of it may wait, by priority: the least urgent first, together the whole debt.
    pub classes: [i128; PRIORITIES],
}

impl Debt {
    /// The whole debt.
    pub(super) fn minor(&self) -> i128 {
        self.classes.iter().sum()
    }
}

/// One currency.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    /// Zones of the book.
    pub zones: usize,
    /// Debts between them.
    pub debts: Vec<Debt>,
    /// Lanes between them.
    pub lanes: Vec<Lane>,
}

/// How good an answer is: what waits, the most urgent first; what is moved; in how many legs.
pub(super) type Score = ([i128; PRIORITIES], i128, usize);

/// An answer: flows over lanes and what of each debt waits, all positive.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// By index of the lane.
    pub legs: Vec<(usize, i128)>,
    /// By index of the debt and priority.
    pub waits: Vec<(usize, usize, i128)>,
}

impl Answer {
    pub(super) fn score(&self) -> Score {
        let mut classes = [0; PRIORITIES];
        for (_, class, minor) in &self.waits {
            if let Some(sum) = classes.get_mut(*class) {
                *sum += minor;
            }
        }
        (classes, self.legs.iter().map(|(_, minor)| minor).sum(), self.legs.len())
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.legs.extend(other.legs);
        self.waits.extend(other.waits);
    }
}

/// What a zone is owed and owes once every channel is set off alone.
#[derive(Clone, Copy, Default)]
struct Ends {
    owed: i128,
    owes: i128,
}

impl Problem {
    /// What every zone pays, or is paid where negative.
    pub(super) fn pays(&self) -> Vec<i128> {
        self.ends().iter().map(|ends| ends.owes - ends.owed).collect()
    }

    fn ends(&self) -> Vec<Ends> {
        let mut ends = vec![Ends::default(); self.zones];
        for debt in &self.debts {
            if let Some(debtor) = ends.get_mut(debt.debtor) {
                debtor.owes += debt.minor();
            }
            if let Some(creditor) = ends.get_mut(debt.creditor) {
                creditor.owed += debt.minor();
            }
        }
        ends
    }

    /// Zones that owe or are owed, in order.
    pub(super) fn active(&self) -> Vec<usize> {
        let busy = |ends: &Ends| ends.owed > 0 || ends.owes > 0;
        (0..).zip(self.ends()).filter(|(_, ends)| busy(ends)).map(|(zone, _)| zone).collect()
    }

    /// The answer of least score but for the number of legs, which is low, among `members` alone;
    /// none where these cannot settle between themselves.
    pub(super) fn answer(&self, members: impl Fn(usize) -> bool) -> Option<Answer> {
        let (source, sink) = (2 * self.zones, 2 * self.zones + 1);
        let mut network = Network::new(2 * self.zones + 2);
        let (arrives, leaves) = (|zone: usize| 2 * zone, |zone: usize| 2 * zone + 1);
        let mut due = 0;
        for (zone, ends) in self.ends().into_iter().enumerate().filter(|(zone, _)| members(*zone)) {
            let passes = ends.owed.min(ends.owes);
            network.arc(arrives(zone), leaves(zone), passes, 0);
            network.arc(source, leaves(zone), ends.owes - passes, 0);
            network.arc(arrives(zone), sink, ends.owed - passes, 0);
            due += ends.owes - passes;
        }
        let both = |a: usize, b: usize| members(a) && members(b);
        let mut lanes = Vec::new();
        for (at, lane) in self.lanes.iter().enumerate().filter(|(_, l)| both(l.payer, l.payee)) {
            lanes.push((at, network.arc(leaves(lane.payer), arrives(lane.payee), lane.most, 1)));
        }
        let mut waiting = Vec::new();
        for (at, debt) in self.debts.iter().enumerate().filter(|(_, d)| both(d.debtor, d.creditor))
        {
            for (class, most) in debt.classes.iter().enumerate().filter(|(_, most)| **most > 0) {
                let (from, to) = (leaves(debt.debtor), arrives(debt.creditor));
                waiting.push((at, class, network.arc(from, to, *most, self.weight(class))));
            }
        }
        if network.settle(source, sink) != due {
            return None;
        }
        network.thin();
        let flows = |number: &usize| Some(network.on(*number)).filter(|minor| *minor > 0);
        Some(Answer {
            legs: lanes.iter().filter_map(|(at, n)| Some((*at, flows(n)?))).collect(),
            waits: waiting.iter().filter_map(|(at, c, n)| Some((*at, *c, flows(n)?))).collect(),
        })
    }

    /// What it costs to let a unit wait: more than any round of arcs of less urgency could save.
    fn weight(&self, class: usize) -> i128 {
        let base = 4 * (self.zones as i128 + 1);
        (class..PRIORITIES).fold(1, |weight, _| weight * base)
    }
}
