//! The kill test of a witness: it dies between a request and its answer, and never signs two roots of
//! one size.
//!
//! 100 corridors with two lanes each and a log of each of 20 zones. In every round a real process is
//! armed to abort at a drawn fault point, or killed by a signal; several clients ask it at once,
//! each of its own logs. The oracle is what the clients received and verified, kept by them alone.
//! What was asked and not answered is asked again as another history first: whichever of the two the
//! witness holds, it must never sign the other.
//!
//! `MEZ_KILL_ROUNDS` rounds (10 unless given) from seed `MEZ_KILL_SEED` (1 unless given).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    dead_code,
    missing_docs,
    reason = "tests"
)]

#[path = "../witness/place.rs"]
mod place;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use canon::Digest;
use place::{Log, Witness, folder, init};
use proof::merkle::Tree;
use proof::witness::CosignerKey;
use proof::witness::client::{Answer, read_answer};

const POINTS: [&str; 5] =
    ["before-write", "in-write", "before-fsync", "after-fsync", "before-answer"];
const CLIENTS: usize = 6;
/// Conversations of a client in one life.
const TURNS: usize = 8;
const SIGABRT: i32 = 6;

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().map_or(or, |text| text.parse().unwrap())
}

struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// A log with what its client received.
struct Asker {
    log: Log,
    /// The history the last received cosignature is of.
    tree: Tree,
    /// Size and root of every cosignature received.
    received: BTreeMap<u64, Digest>,
    /// Asked when the witness died.
    unanswered: Vec<Tree>,
    branch: u64,
}

#[derive(Default)]
struct Counts {
    cosigned: AtomicUsize,
    forks_refused: AtomicUsize,
    held_untold: AtomicUsize,
}

impl Asker {
    fn of(log: Log) -> Self {
        let (tree, received) = (Tree::new(), BTreeMap::new());
        Self { log, tree, received, unanswered: Vec::new(), branch: 0 }
    }

    fn extended_from(&mut self, mut tree: Tree, more: u64) -> Tree {
        self.branch += 1;
        for n in 0..more {
            let entry = format!("{} {} {n}", self.log.origin, self.branch);
            tree.push(Digest::of_blob(entry.as_bytes())).unwrap();
        }
        tree
    }

    /// 200 with a cosignature that verifies, recorded; or the status. `None`: it died.
    fn ask(&mut self, witness: &Witness, key: &CosignerKey, old: u64, tree: &Tree) -> Option<u16> {
        let (body, note) = self.log.ask(old, tree);
        let told = witness.post(&body)?;
        if told.status == 200 {
            let answer = read_answer(key, &note, told.status, &told.body).unwrap();
            assert!(matches!(answer, Answer::Cosigned { .. }));
            let before = self.received.insert(tree.size(), tree.root());
            assert!(
                before.is_none_or(|root| root == tree.root()),
                "two roots of size {} of {}",
                tree.size(),
                self.log.origin
            );
            let last = self.received.last_key_value().unwrap();
            assert_eq!(*last.0, tree.size(), "a smaller size was cosigned later");
        }
        Some(told.status)
    }

    /// One conversation; `None` when the witness died in it.
    fn talk(
        &mut self,
        witness: &Witness,
        key: &CosignerKey,
        draw: &mut Draw,
        counts: &Counts,
    ) -> Option<()> {
        let (old, base) = (self.tree.size(), self.tree.clone());
        // What was asked when it died: all of one size, and the witness holds one of them or none.
        let pending = !self.unanswered.is_empty();
        let more = self.unanswered.first().map_or(1 + draw.below(3), |tree| tree.size() - old);
        let mut wanted = self.extended_from(base.clone(), more);
        let mut rival = self.unanswered.first().cloned();
        self.unanswered.push(wanted.clone());
        match self.ask(witness, key, old, &wanted)? {
            200 => {}
            409 if pending => {
                counts.held_untold.fetch_add(1, Ordering::Relaxed);
                rival = Some(wanted);
                let (mut held, size) = (None, old + more);
                for tree in self.unanswered.clone() {
                    if self.ask(witness, key, size, &tree)? == 200 {
                        assert!(held.is_none(), "two histories of one size");
                        held = Some(tree);
                    }
                }
                wanted = held.expect("it holds what was asked");
            }
            status => panic!("{} answered {status}", self.log.origin),
        }
        self.unanswered.clear();
        self.tree = wanted.clone();
        let rival = rival.unwrap_or_else(|| self.extended_from(base, more));
        counts.cosigned.fetch_add(1, Ordering::Relaxed);
        // The rival of the same size, from here and from before, is refused.
        for old in [wanted.size(), old] {
            assert_eq!(self.ask(witness, key, old, &rival)?, 409);
            counts.forks_refused.fetch_add(1, Ordering::Relaxed);
        }
        Some(())
    }
}

fn origins() -> Vec<String> {
    (0..100)
        .flat_map(|n| {
            ["a", "b"].map(move |side| format!("z{}.example/corridor/c{n}/lane/{side}", n % 20))
        })
        .chain((0..20).map(|n| format!("z{n}.example/zone-log")))
        .collect()
}

/// The clients ask at once, each of its own logs, until each has had its turns or met a death.
fn ask_all(
    askers: &mut [Asker],
    (witness, key, counts): (&Witness, &CosignerKey, &Counts),
    draw: &mut Draw,
    signal_after: Option<u64>,
) {
    let share = askers.len().div_ceil(CLIENTS);
    std::thread::scope(|scope| {
        for mine in askers.chunks_mut(share) {
            let mut draw = Draw(draw.below(u64::MAX));
            scope.spawn(move || {
                for _ in 0..TURNS {
                    let at = usize::try_from(draw.below(mine.len() as u64)).unwrap();
                    if mine[at].talk(witness, key, &mut draw, counts).is_none() {
                        break;
                    }
                }
            });
        }
        if let Some(pause) = signal_after {
            std::thread::sleep(std::time::Duration::from_micros(pause));
            let mut kill = std::process::Command::new("kill");
            let pid = witness.child.id().to_string();
            assert!(kill.args(["-9", &pid]).status().unwrap().success());
        }
    });
}

/// One life of the witness; the point it died at, if it died at one.
fn round(
    dir: &std::path::Path,
    askers: &mut [Asker],
    (key, counts): (&CosignerKey, &Counts),
    draw: &mut Draw,
) -> Option<usize> {
    let point = usize::try_from(draw.below(POINTS.len() as u64 + 1)).unwrap();
    let armed = POINTS.get(point).map(|point| format!("{point}:{}", 1 + draw.below(8)));
    let extra: Vec<&str> = armed.iter().flat_map(|armed| ["--kill-at", armed]).collect();
    let mut witness = Witness::start(dir, &extra);
    let pause = draw.below(12_000);
    ask_all(askers, (&witness, key, counts), draw, armed.is_none().then_some(pause));
    // Whoever is armed and met too few moments lives, and is killed from outside.
    for _ in 0..50 {
        if witness.child.try_wait().unwrap().is_some() || witness.post(b"x").is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let ended = witness.child.try_wait().unwrap();
    witness.kill();
    (ended.and_then(|status| status.signal()) == Some(SIGABRT)).then_some(point)
}

#[test]
fn a_killed_witness_never_signs_two_roots_of_one_size() {
    let rounds = number("MEZ_KILL_ROUNDS", 10);
    let seed = number("MEZ_KILL_SEED", 1);
    let mut draw = Draw(seed);
    println!("witness: seed {seed}, {rounds} rounds");
    let dir = folder("kill");
    let logs: Vec<Log> = origins().iter().map(|origin| Log::new(origin, 1)).collect();
    let key = init(&dir, &logs);
    let mut askers: Vec<Asker> = logs.into_iter().map(Asker::of).collect();
    let counts = Counts::default();
    let began = Instant::now();
    // A first life in which every log is cosigned.
    let witness = Witness::start(&dir, &[]);
    for asker in &mut askers {
        asker.talk(&witness, &key, &mut draw, &counts).unwrap();
    }
    witness.kill();
    let (mut by_point, mut by_signal) = ([0usize; POINTS.len()], 0usize);
    for _ in 0..rounds {
        match round(&dir, &mut askers, (&key, &counts), &mut draw) {
            Some(point) => by_point[point] += 1,
            None => by_signal += 1,
        }
    }
    let inside: usize = by_point.iter().sum();
    println!(
        "witness: seed {seed}: {rounds} deaths, {inside} between the decision and the answer \
         {by_point:?} of {POINTS:?}, {by_signal} by signal; {} logs, {} cosignatures received, {} \
         forks refused, {} held that nobody was told; {:.1} s",
        askers.len(),
        counts.cosigned.load(Ordering::Relaxed),
        counts.forks_refused.load(Ordering::Relaxed),
        counts.held_untold.load(Ordering::Relaxed),
        began.elapsed().as_secs_f32(),
    );
    let rounds = usize::try_from(rounds).unwrap();
    assert!(inside * 10 >= rounds * 3, "too few deaths before the answer");
    std::fs::remove_dir_all(dir).unwrap();
}
