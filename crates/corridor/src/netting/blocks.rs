//! The fewest legs: zones split into blocks that settle between themselves.
//!
//! A block of n zones needs at most n − 1 legs, so every further block saves one. Which split is
//! best is found by trying all of up to [`EXACT_ZONES_MAX`] zones; beyond that the answer stays as
//! it is, with the legs that carry less than their lane allows forming a forest.

use super::problem::{Answer, Problem, Score};

/// Most zones, of those that owe or are owed in a currency, for which every split is tried.
pub const EXACT_ZONES_MAX: usize = 14;

/// The best split known of a set of zones: its score, and the block that holds the first of them.
type Best = Option<(Score, u32)>;

/// The best answer to a problem; `None` never for a problem of which all may wait.
pub(super) fn best(problem: &Problem) -> Option<Answer> {
    let active = problem.active();
    let whole = problem.answer(|_| true)?;
    if active.len() > EXACT_ZONES_MAX || active.len() < 3 {
        return Some(whole);
    }
    let split = Split::new(problem, &active);
    let best = split.table()?;
    let answer = split.gather(&best)?;
    Some(if answer.score() < whole.score() { answer } else { whole })
}

struct Split<'a> {
    problem: &'a Problem,
    /// Zones by their bit.
    active: &'a [usize],
    /// What the zones of each set pay together.
    sums: Vec<i128>,
    /// Zones next to each zone.
    next: Vec<u32>,
}

impl<'a> Split<'a> {
    fn new(problem: &'a Problem, active: &'a [usize]) -> Self {
        let pays = problem.pays();
        let mut sums = vec![0_i128];
        for zone in active {
            let pays = pays.get(*zone).copied().unwrap_or(0);
            sums.extend_from_within(..);
            let half = sums.len() / 2;
            sums.iter_mut().skip(half).for_each(|sum| *sum += pays);
        }
        let bit = |zone: usize| active.binary_search(&zone).map_or(0, |at| 1_u32 << at);
        let lanes = problem.lanes.iter().map(|lane| (lane.payer, lane.payee));
        let debts = problem.debts.iter().map(|debt| (debt.debtor, debt.creditor));
        let mut next = vec![0; active.len()];
        for (a, b) in lanes.chain(debts).flat_map(|(a, b)| [(a, b), (b, a)]) {
            let slot = active.binary_search(&a).ok().and_then(|at| next.get_mut(at));
            if let Some(next) = slot {
                *next |= bit(b);
            }
        }
        Self { problem, active, sums, next }
    }

    fn balanced(&self, set: u32) -> bool {
        self.sums.get(set as usize) == Some(&0)
    }

    /// Whether lanes and debts join the zones of a set.
    fn joined(&self, set: u32) -> bool {
        let mut reached = set & set.wrapping_neg();
        loop {
            let near = |(at, near): (usize, &u32)| if reached >> at & 1 == 1 { *near } else { 0 };
            let all = self.next.iter().enumerate().map(near).fold(reached, |a, b| a | b) & set;
            if all == reached {
                return reached == set;
            }
            reached = all;
        }
    }

    fn answer(&self, set: u32) -> Option<Answer> {
        self.problem
            .answer(|zone| self.active.binary_search(&zone).is_ok_and(|at| set >> at & 1 == 1))
    }

    /// The best split of every set that pays nothing to the rest.
    fn table(&self) -> Option<Vec<Best>> {
        let mut best: Vec<Best> = vec![None; self.sums.len()];
        *best.get_mut(0)? = Some(Default::default());
        let mut blocks: Vec<(u32, Score)> = Vec::new();
        for set in (1..).take(self.sums.len() - 1).filter(|set| self.balanced(*set)) {
            let first = set & set.wrapping_neg();
            let mut found: Best = None;
            for (block, score) in blocks.iter().filter(|(block, _)| block & first != 0) {
                let Some(Some((rest, _))) =
                    best.get((set ^ block) as usize).filter(|_| block & !set == 0)
                else {
                    continue;
                };
                let both = sum(rest, score);
                if found.as_ref().is_none_or(|(known, _)| both < *known) {
                    found = Some((both, *block));
                }
            }
            // A split that moves only what must be moved is not beaten by one block of all.
            let least = self.least(set);
            let settled = found.as_ref().is_some_and(|((waits, moved, _), _)| {
                waits.iter().all(|minor| *minor == 0) && *moved == least
            });
            if !settled
                && self.joined(set)
                && let Some(answer) = self.answer(set)
            {
                let score = answer.score();
                if found.as_ref().is_none_or(|(known, _)| score < *known) {
                    found = Some((score, set));
                }
                blocks.push((set, score));
            }
            *best.get_mut(set as usize)? = found;
        }
        Some(best)
    }

    /// What the payers of a set pay: no answer moves less.
    fn least(&self, set: u32) -> i128 {
        let alone = |at: usize| self.sums.get(1 << at).copied().unwrap_or(0).max(0);
        (0..self.active.len()).filter(|at| set >> at & 1 == 1).map(alone).sum()
    }

    fn gather(&self, best: &[Best]) -> Option<Answer> {
        let mut set = u32::try_from(self.sums.len() - 1).ok()?;
        let mut all = Answer::default();
        while set != 0 {
            let (_, block) = best.get(set as usize)?.as_ref()?;
            all.extend(self.answer(*block)?);
            set ^= block;
        }
        all.legs.sort_unstable();
        all.waits.sort_unstable();
        Some(all)
    }
}

fn sum(one: &Score, other: &Score) -> Score {
    let mut waits = one.0;
    waits.iter_mut().zip(other.0).for_each(|(sum, minor)| *sum += minor);
    (waits, one.1 + other.1, one.2 + other.2)
}
