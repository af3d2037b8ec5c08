//! The kill test: a zone process dies at a drawn moment, and nothing acknowledged is lost or doubled.
//!
//! Two real zones with a corridor; this test is the outside client. It asks with fixed idempotency
//! keys and writes every acknowledgement to a file of its own before it goes on: that file, and not
//! anything the zones say later, decides. In every round one of the two processes dies between the
//! first and the last write — by SIGKILL at a drawn moment, or by a fault point inside a commit — is
//! started again on the same folder, and the scenario goes on with the same keys.
//!
//! In the others each zone dies in every commit of every step of the journeys in `steps`: at a drawn point of each, or
//! with `MEZ_KILL_POINTS=all` at every one.
//!
//! `MEZ_KILL_ROUNDS` rounds (5 unless given) from seed `MEZ_KILL_SEED` (drawn and printed unless given).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::needless_range_loop,
    missing_docs,
    reason = "tests"
)]

mod books;
mod client;
#[path = "../deployed/deployment.rs"]
mod deployment;
mod draw;
#[path = "../deployed/evidence.rs"]
mod evidence;
mod place;
#[path = "../deployed/ports.rs"]
mod ports;
mod process;
mod steps;
mod story;

use std::time::Instant;

use draw::{Draw, Moment};
use place::Base;
use steps::Points;
use story::{Sizes, Story};

const ROUNDS: &str = "MEZ_KILL_ROUNDS";
const SEED: &str = "MEZ_KILL_SEED";
const POINTS: &str = "MEZ_KILL_POINTS";
const ROUNDS_DEFAULT: usize = 5;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: `{text}`")))
}

#[test]
fn a_zone_killed_in_any_commit_of_a_handshake_comes_back_legal_and_the_step_is_done() {
    steps::all("handshake", points());
}

#[test]
fn a_zone_killed_in_any_commit_of_a_settlement_comes_back_legal_and_the_step_is_done() {
    steps::all("settlement", points());
}

#[test]
fn a_zone_killed_in_any_commit_of_a_bridge_comes_back_to_all_of_it_or_none() {
    steps::all("bridge", points());
}

#[test]
fn a_zone_killed_in_any_commit_of_a_bridge_that_is_let_go_comes_back_and_the_payer_is_whole() {
    steps::all("bridge let go", points());
}

/// Given, or drawn.
fn seed() -> u64 {
    number(SEED).unwrap_or_else(|| {
        let mut bytes = [0; 4];
        getrandom::fill(&mut bytes).unwrap();
        u64::from(u32::from_le_bytes(bytes))
    })
}

fn points() -> Points {
    if std::env::var(POINTS).is_ok_and(|points| points == "all") {
        return Points::All;
    }
    let seed = seed();
    println!("kill: points drawn by seed {seed}; again with {SEED}={seed}, all with {POINTS}=all");
    Points::Drawn(seed)
}

/// What the rounds came to.
#[derive(Default)]
struct Figures {
    in_commit: usize,
    by_signal: usize,
    acknowledged: usize,
    repeated: usize,
}

#[test]
fn a_killed_zone_loses_nothing_it_acknowledged_and_does_nothing_twice() {
    let rounds = number(ROUNDS).map_or(ROUNDS_DEFAULT, |n| usize::try_from(n).unwrap());
    let seed = seed();
    println!("kill: seed {seed}, {rounds} rounds; again with {SEED}={seed}");
    let base = Base::lay("story");
    // A round in which nobody dies: what there is to be interrupted, and how long it takes.
    let calm = play(&base, seed, 0, Moment::Never);
    println!("kill: undisturbed, {} writes in {} ms", calm.sizes.writes(), calm.ms);
    let mut draw = Draw::of(seed);
    let mut figures = Figures::default();
    for round in 1..=rounds {
        let moment = draw.moment(round, &calm.sizes, calm.ms);
        let played = play(&base, seed, round, moment.clone());
        assert!(played.died >= 1, "seed {seed} round {round}: {moment:?} never came");
        match moment {
            Moment::InCommit { .. } => figures.in_commit += 1,
            _ => figures.by_signal += 1,
        }
        figures.acknowledged += played.sizes.writes();
        figures.repeated += played.repeated;
        println!(
            "kill: seed {seed} round {round}/{rounds} {moment}: {} writes acknowledged, {} asked \
             again, {} ms",
            played.sizes.writes(),
            played.repeated,
            played.ms
        );
    }
    println!(
        "kill: seed {seed}: {rounds} of {rounds} rounds held; {} deaths inside a commit, {} by \
         SIGKILL; {} acknowledgements, none lost, none doubled; {} requests asked again",
        figures.in_commit, figures.by_signal, figures.acknowledged, figures.repeated
    );
    assert!(figures.in_commit * 5 >= rounds, "too few deaths inside a commit");
}

struct Played {
    sizes: Sizes,
    ms: u64,
    died: usize,
    repeated: usize,
}

/// One round, from a fresh copy of the deployment to the last check.
fn play(base: &Base, seed: u64, round: usize, moment: Moment) -> Played {
    let mut story = Story::begin(base, seed, round, moment);
    let began = Instant::now();
    story.tell();
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap();
    story.settle();
    story.check();
    let (sizes, died, repeated) = story.end();
    Played { sizes, ms, died, repeated }
}
