//! Breadth first through every state that can be reached; a broken promise comes with the shortest way to it.

use std::collections::{BTreeMap, VecDeque};

use super::promises::broken;
use super::rules::{Action, Bounds, Rules, State};

/// What was found.
#[derive(Clone, Debug)]
pub struct Explored {
    /// States reached.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// The first promise broken, and the shortest way there.
    pub broken: Option<(&'static str, Vec<Action>)>,
    /// The ways to states from which nothing more is possible, within bounds.
    pub ends: Vec<Vec<Action>>,
}

/// Visits every state, at most `states_max`, and stops at the first broken promise.
#[must_use]
pub fn explore(rules: &Rules, bounds: &Bounds, states_max: usize) -> Explored {
    let mut found = Explored { states: 0, steps: 0, broken: None, ends: Vec::new() };
    let mut numbers: BTreeMap<State, usize> = BTreeMap::new();
    let mut ways: Vec<(usize, Option<Action>)> = vec![(0, None)];
    let mut next: VecDeque<(usize, State)> = VecDeque::from([(0, State::default())]);
    numbers.insert(State::default(), 0);
    while let Some((number, state)) = next.pop_front() {
        if let Some(promise) = broken(&state) {
            found.broken = Some((promise, way(&ways, number)));
            break;
        }
        let mut last = true;
        for action in state.enabled(rules, bounds) {
            found.steps += 1;
            // What is lost can be proposed again: that alone keeps no state from being an end.
            last &= matches!(action, Action::Propose(_) | Action::Lose);
            let after = state.after(action, rules);
            if numbers.contains_key(&after) || numbers.len() >= states_max {
                continue;
            }
            numbers.insert(after.clone(), ways.len());
            next.push_back((ways.len(), after));
            ways.push((number, Some(action)));
        }
        if last {
            found.ends.push(way(&ways, number));
        }
    }
    found.states = numbers.len();
    found
}

fn way(ways: &[(usize, Option<Action>)], mut number: usize) -> Vec<Action> {
    let mut actions = Vec::new();
    while let Some((before, Some(action))) = ways.get(number) {
        actions.push(*action);
        number = *before;
    }
    actions.reverse();
    actions
}
