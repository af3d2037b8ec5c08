//! The threads behind a zone. Some do what the outbox holds: rung when there is more in it, and looking by themselves. One
//! knocks at the peers that cannot be reached, and rings when one is back. One sends what waits for payment systems of the state. One signs checkpoints, sweeps, and asks
//! peers what they hold of ours; it waits for no delivery.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use canon::Timestamp;
use zone::Zone;
use zone::limits::{OUTBOX_SPARE, OUTBOX_THREADS};

use super::bell::{Bell, Ear};

/// Longest time between two looks at the outbox, whichever thread looks.
const LOOK_MS: u64 = 200;
/// Longest time between two looks for peers to knock at; how often each is knocked at, the zone decides.
const KNOCK_MS: u64 = 500;
/// Pause after the store refused.
const REFUSED_MS: u64 = 1_000;
/// Longest wait for the thread when stopping; a call to a peer may be under way.
pub(super) const STOP_MS: u64 = 500;
const STEP_MS: u64 = 10;
/// Longest time the peers are asked at once what they hold of ours, in seconds; a call more.
pub(super) const ASK_SECS_MAX: i64 = 3;
/// Pause before those that did not answer are asked again, in seconds.
const ASK_SECS: i64 = 10;
/// Entities screened again in one step of a sweep.
const SWEEP_STEP: usize = 32;
const STACK_BYTES: usize = 1024 * 1024;

/// The threads.
pub(super) struct Jobs {
    bell: Bell,
    threads: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Start them.
    ///
    /// # Errors
    /// No thread can be had.
    pub(super) fn start(zone: Arc<Zone>) -> std::io::Result<Self> {
        let bell = Bell::default();
        let named =
            |name: &str| std::thread::Builder::new().name(name.to_owned()).stack_size(STACK_BYTES);
        // Nothing waits for it to end: it writes nothing.
        let (knocking, rings) = (Arc::clone(&zone), bell.clone());
        named("knocks").spawn(move || knock(&knocking, &rings))?;
        let mut threads = Vec::new();
        for _ in 0..OUTBOX_THREADS + OUTBOX_SPARE {
            let (zone, heard) = (Arc::clone(&zone), bell.clone());
            threads.push(named("outbox").spawn(move || deliver(&zone, &heard))?);
        }
        let (railing, heard) = (Arc::clone(&zone), bell.clone());
        threads.push(named("rails").spawn(move || send(&railing, &heard))?);
        let heard = bell.clone();
        threads.push(named("jobs").spawn(move || work(&zone, &heard))?);
        Ok(Self { bell, threads })
    }

    /// What rings it.
    pub(super) fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// End them, waiting a moment for what is under way.
    pub(super) fn stop(self) {
        self.bell.stop();
        for _ in 0..STOP_MS / STEP_MS {
            if self.threads.iter().all(JoinHandle::is_finished) {
                break;
            }
            std::thread::sleep(Duration::from_millis(STEP_MS));
        }
    }
}

/// Ask the peers what they hold of ours, for at most some seconds; whether all have answered.
pub(super) fn asked(zone: &Zone, secs: i64) -> bool {
    let until = zone.now().plus_secs(secs);
    until.is_ok_and(|until| zone.ask_peers(until).is_ok_and(|left| left == 0))
}

fn knock(zone: &Zone, bell: &Bell) {
    while bell.pause(KNOCK_MS) {
        // A store that refuses is asked again; the outbox goes on by its own pauses.
        if zone.knock().is_ok_and(|back| back > 0) {
            bell.ring();
        }
    }
}

fn deliver(zone: &Zone, bell: &Bell) {
    let (mut pause, mut heard) = (0, 0);
    while bell.wait(Ear::Outbox, &mut heard, pause) {
        // A refused or failed look is repeated; what it was about is still in the store.
        pause = match zone.run_jobs_of_one(|| bell.ring()) {
            Err(_) => REFUSED_MS,
            Ok(0) => LOOK_MS * (OUTBOX_THREADS + OUTBOX_SPARE) as u64,
            Ok(_) => 0,
        };
    }
}

/// A payment system that hangs keeps only what waits for it waiting: this thread does nothing else.
fn send(zone: &Zone, bell: &Bell) {
    let (mut pause, mut heard) = (0, 0);
    while bell.wait(Ear::Work, &mut heard, pause) {
        pause = match zone.run_rails() {
            Err(_) => REFUSED_MS,
            Ok(0) => KNOCK_MS,
            Ok(_) => 0,
        };
    }
}

fn work(zone: &Zone, bell: &Bell) {
    let (mut pause, mut ask_at, mut signed_at) = (0, Some(zone.now()), None);
    let mut heard = 0;
    while bell.wait(Ear::Work, &mut heard, pause) {
        let now = zone.now();
        if ask_at.is_some_and(|at| at <= now) {
            let later = now.plus_secs(ASK_SECS).ok();
            ask_at = later.filter(|_| !asked(zone, ASK_SECS_MAX));
        }
        // Readers are served the last checkpoint signed; this is what signs the next.
        if signed_at.is_none_or(|at: Timestamp| at < now) && zone.publish_log().is_ok() {
            signed_at = Some(now);
        }
        // What is left of a sweep goes in steps, between which others write.
        let swept = zone.rescreen(SWEEP_STEP);
        pause = match (zone.run_chores(), swept) {
            (Err(_), _) | (_, Err(_)) => REFUSED_MS,
            (Ok(0), Ok(swept)) if swept.whole => LOOK_MS,
            _ => 0,
        };
    }
}
