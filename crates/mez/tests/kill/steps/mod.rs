//! Journeys told in steps, and a death in every commit of each of them, in every zone.
//!
//! A journey is a row of [`JOURNEYS`]: what is asked, step after step, what may be seen on the way, and what must
//! have come of it. For each zone and each commit from the first on, the journey is begun again on fresh copies; the
//! zone dies there, is started again on what was durable, and the journey goes on under the same keys. It ends where a
//! zone comes to the end without having died. Whether it dies before or after the fsync of a commit is drawn, or it dies at
//! each point in turn ([`Points`]).

mod bridge;
mod group;
mod handshake;
mod settlement;

use std::collections::BTreeMap;
use std::time::Instant;

use crate::draw::{AFTER_FSYNC, BEFORE_CELL, BEFORE_FSYNC, Draw, Moment, POINTS};
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

/// At which points of its commits a zone dies.
#[derive(Clone, Copy)]
pub(crate) enum Points {
    /// On one side of each fsync and before every other step of the cell, by this seed.
    Drawn(u64),
    /// At each: twice as many rounds.
    All,
}

/// Every journey of that name, all zones of each at the same time.
pub(crate) fn all(named: &str, points: Points) {
    for journey in JOURNEYS.iter().filter(|journey| journey.name == named) {
        let base = (journey.base)();
        let began = Instant::now();
        let deaths: Deaths = std::thread::scope(|scope| {
            let killing: Vec<_> = (0..base.ports.len())
                .map(|zone| {
                    scope.spawn({
                        let base = &base;
                        move || every_commit(base, journey, zone, points)
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
            let died = (0..base.ports.len()).any(|zone| match (deaths.get(&(at, zone)), points) {
                (None, _) => false,
                (Some(_), Points::Drawn(_)) => true,
                (Some(counts), Points::All) => !counts.contains(&0),
            });
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
fn every_commit(base: &Base, journey: &Journey, zone: usize, points: Points) -> Deaths {
    let mut deaths = Deaths::new();
    let mut dies = |at: usize, n: u64| {
        let step = dies_in(base, journey, zone, at, n);
        step.is_some_and(|step| {
            deaths.entry((step, zone)).or_default()[at] += 1;
            true
        })
    };
    match points {
        Points::All => (0..POINTS.len()).for_each(|at| while_some(|n| dies(at, n))),
        Points::Drawn(seed) => {
            let mut draw = Draw::of(seed ^ zone as u64);
            while_some(|n| dies(if draw.heads() { BEFORE_FSYNC } else { AFTER_FSYNC }, n));
            // Not every commit moves the cell, so these are counted for themselves.
            let first = 1 + u64::from(draw.heads());
            while_some(|n| dies(BEFORE_CELL, first + 2 * (n - 1)));
        }
    }
    deaths
}

/// From the first on, until there is none.
fn while_some(mut is_there: impl FnMut(u64) -> bool) {
    let mut n = 1;
    while is_there(n) {
        n += 1;
    }
}

/// The journey with a death in it: in which step it came, if it came.
fn dies_in(base: &Base, journey: &Journey, zone: usize, at: usize, n: u64) -> Option<usize> {
    let point = POINTS[at];
    let label = format!("{}: {} dies {point} number {n}", journey.name, NAMES[zone]);
    let round = (zone * 10 + at) * 100 + usize::try_from(n).unwrap();
    let moment = Moment::InCommit { zone, point, n };
    let mut group = Group::begin(base, round, &moment, label, journey.legal);
    (journey.before)(&mut group);
    let step = told(journey, &mut group, zone)?;
    (journey.after)(&mut group);
    group.end();
    Some(step)
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
