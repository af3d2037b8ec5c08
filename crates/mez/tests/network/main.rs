//! Zones over a bad network: packets lost, messages delayed, doubled and overtaken, a partition, a month of silence.
//!
//! Real zone processes. Two of them stand in network namespaces of their own, a veth pair between them, and
//! nftables drops a fifth of the packets in either direction. Before each zone stands a proxy of ours, a process
//! too, which delays HTTP messages, repeats them, and delivers some after those that came later. Where this
//! machine lets us make no namespaces, the proxy loses messages and parts the zones, and the test says so.
//!
//! The client keeps what was acknowledged to it; that, and nothing the zones say later, decides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    dead_code,
    reason = "tests, which share files"
)]

mod bad;
#[path = "../kill/client.rs"]
mod client;
#[path = "../deployed/deployment.rs"]
mod deployment;
#[path = "../deployed/evidence.rs"]
mod evidence;
mod ledger;
#[path = "../deployed/ports.rs"]
mod ports;
mod proxy;
mod site;
mod world;

use std::time::{Duration, Instant};

use bad::Network;
use world::World;

/// After a partition both zones hold the same lanes within this.
const CONVERGED_WITHIN: Duration = Duration::from_secs(10);
/// How long the zones are parted.
const PARTED: Duration = Duration::from_secs(30);
/// Of that, how long they are asked to pay; then nothing is written that would wake an outbox.
const PAID_WHILE_PARTED: Duration = Duration::from_secs(5);
/// How long they are paid over with loss alone.
const LOSSY: Duration = Duration::from_secs(6);
/// Longest wait where nothing is promised but that it comes.
const PATIENCE: Duration = Duration::from_secs(60);
const DAY_SECS: i64 = 86_400;
/// When the zone that goes on alone is looked at, in days.
const MONTH: [i64; 3] = [10, 20, 31];

#[test]
fn two_zones_part_and_heal_and_a_month_of_silence_is_survived() {
    let network = Network::namespaces(2);
    let postgres = [None, None];
    let mut world = World::stand("two", &["sg", "pk-sifc"], &postgres, &[(0, 1)], network);
    part_and_heal(&mut world, &[0]);
    silent_for_a_month(&mut world);
    world.check();
    world.end();
}

#[test]
fn five_zones_and_six_corridors_and_one_zone_parted_from_the_rest() {
    let zones = ["sg", "pk-sifc", "ae-abudhabi-adgm", "hk", "ky"];
    let mut databases = [const { None }; 5];
    databases[2] = std::env::var("MEZ_TEST_POSTGRES").ok();
    if databases[2].is_none() {
        println!(
            "network: MEZ_TEST_POSTGRES is not set: the third of five zones is on SQLite as well"
        );
    }
    let links = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (4, 0)];
    let network = Network::proxies("five zones stand on their proxies");
    let mut world = World::stand("five", &zones, &databases, &links, network);
    part_and_heal(&mut world, &[2]);
    world.check();
    world.end();
}

/// Payments both ways on every corridor while the network loses, while `alone` is parted, and after.
fn part_and_heal(world: &mut World, alone: &[usize]) {
    world.lossy();
    world.pay_for(LOSSY);
    let began = Instant::now();
    world.part(alone);
    let before = world.acknowledged();
    world.pay_for(PAID_WHILE_PARTED);
    assert!(world.acknowledged() > before, "each side goes on alone");
    // Whoever hangs keeps nobody else waiting.
    let took = world.converge_without(alone, PATIENCE);
    println!("network: {}: the others agree {:.1} s after", world.name(), took.as_secs_f32());
    assert!(took <= CONVERGED_WITHIN && began.elapsed() < PARTED, "the others took {took:?}");
    assert!(!world.agree(), "what was paid while parted cannot be known on the other side");
    std::thread::sleep(PARTED.saturating_sub(began.elapsed()));
    world.lossy();
    let took = world.converge(PATIENCE);
    println!(
        "network: {}: parted for {} s, {} payments meanwhile, lanes equal {:.1} s after healing",
        world.name(),
        PARTED.as_secs(),
        world.acknowledged() - before,
        took.as_secs_f32(),
    );
    assert!(took <= CONVERGED_WITHIN, "healed {took:?} ago");
    world.pay_for(Duration::from_secs(2));
    world.converge(PATIENCE);
    world.check();
}

/// One of two zones does not run for a month, by the clock of the other.
fn silent_for_a_month(world: &mut World) {
    world.stop(1);
    let before = world.acknowledged();
    for days in MONTH {
        world.restart(0, days * DAY_SECS);
        world.pay_from(0, 3);
    }
    assert!(!world.agree(), "the other has not run");
    world.restart(1, MONTH[MONTH.len() - 1] * DAY_SECS);
    let took = world.converge(PATIENCE);
    println!(
        "network: {}: silent for {} days, {} payments meanwhile, lanes equal {:.1} s after it came back",
        world.name(),
        MONTH[MONTH.len() - 1],
        world.acknowledged() - before,
        took.as_secs_f32(),
    );
    world.pay_for(Duration::from_secs(1));
    world.converge(PATIENCE);
}

/// Not a test: the proxy, run by the tests as a process of its own.
#[test]
#[ignore = "run by the other tests as a process"]
fn proxy_process() {
    proxy::run();
}
