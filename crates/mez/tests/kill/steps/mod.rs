//! Journeys told in steps, and a death in every commit of each of them, in every zone.
//!
//! A journey is a row of [`JOURNEYS`]: what is asked, step after step, what may be seen on the way, and what must
//! have come of it. For each zone, each point of a commit and each commit from the first on, the journey is begun
//! again on fresh copies; the zone dies there, is started again on what was durable, and the journey goes on under
//! the same keys. It ends where a zone comes to the end without having died.

mod bridge;
mod group;
mod handshake;
mod settlement;

use std::collections::BTreeMap;
use std::time::Instant;

use crate::draw::{Moment, POINTS};
use crate::place::{Base, NAMES};
use group::Group;

/// One step: what the client asks, and what it waits for before it goes on.
pub(crate) struct Step {
    name: &'static str,
    /// Asks until it is acknowledged; a step nobody asks for happens by itself.
    ask: fn(&mut Group),
    /// Whether it is done.
    done: fn(&mut Group) -> bool,
}

/// Steps in their order, and what holds of them.
pub(crate) struct Journey {
    name: &'static str,
    /// The stopped zones it begins from.
    base: fn() -> Base,
    /// What comes before it and is not part of it; nobody dies there.
    before: fn(&mut Group),
    steps: &'static [Step],
    /// What may be seen at any time, from outside and while a zone is dead too: panics at anything else.
    legal: fn(&mut Group),
    /// What must have come of it.
    after: fn(&mut Group),
}

/// Every journey.
const JOURNEYS: &[Journey] =
    &[handshake::JOURNEY, settlement::JOURNEY, bridge::PAID, bridge::LET_GO];

/// Deaths by step: before the fsync, after it, between journal and cell.
type Deaths = BTreeMap<(usize, usize), [usize; 3]>;

/// Every journey of that name, all zones of each at the same time.
pub(crate) fn all(named: &str) {
    for journey in JOURNEYS.iter().filter(|journey| journey.name == named) {
        let base = (journey.base)();
        let began = Instant::now();
        let deaths: Deaths = std::thread::scope(|scope| {
            let killing: Vec<_> = (0..base.ports.len())
                .map(|zone| {
                    scope.spawn({
                        let base = &base;
                        move || every_commit(base, journey, zone)
                    })
                })
                .collect();
            killing.into_iter().flat_map(|zone| zone.join().unwrap()).collect()
        });
        for ((step, zone), counts) in &deaths {
            let [before, after, cell] = counts;
            println!(
                "kill: {}: {}: {} died {before} times before the fsync, {after} after it, {cell} before the cell",
                journey.name, journey.steps[*step].name, NAMES[*zone]
            );
        }
        for (at, step) in journey.steps.iter().enumerate() {
            let died = (0..base.ports.len())
                .any(|zone| deaths.get(&(at, zone)).is_some_and(|n| !n.contains(&0)));
            assert!(died, "{}: in `{}` nobody died at every point", journey.name, step.name);
        }
        let all: usize = deaths.values().flatten().sum();
        let took = began.elapsed().as_secs_f32();
        println!(
            "kill: {}: {all} deaths, one in every commit, each come back from; {took:.1} s",
            journey.name
        );
    }
}

/// One zone dies in each commit of the journey in turn.
fn every_commit(base: &Base, journey: &Journey, zone: usize) -> Deaths {
    let mut deaths = Deaths::new();
    for (at, point) in POINTS.into_iter().enumerate() {
        for n in 1.. {
            let label = format!("{}: {} dies {point} number {n}", journey.name, NAMES[zone]);
            let round = (zone * 10 + at) * 100 + n;
            let moment = Moment::InCommit { zone, point, n: u64::try_from(n).unwrap() };
            let mut group = Group::begin(base, round, &moment, label, journey.legal);
            (journey.before)(&mut group);
            let Some(step) = told(journey, &mut group, zone) else { break };
            deaths.entry((step, zone)).or_default()[at] += 1;
            (journey.after)(&mut group);
            group.end();
        }
    }
    deaths
}

/// Tells the journey to its end; in which step the zone died, if it did.
fn told(journey: &Journey, group: &mut Group, zone: usize) -> Option<usize> {
    let mut died = None;
    for (at, step) in journey.steps.iter().enumerate() {
        (step.ask)(group);
        group.wait(step.name, step.done);
        if died.is_none() && group.died(zone) {
            died = Some(at);
        }
    }
    died
}
