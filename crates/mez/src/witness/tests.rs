//! The desk over a disk that fails: a thousand deaths between a request and its answer.
//!
//! The oracle is what left the desk: every released cosignature, kept by the test alone. After each
//! death the disk holds what was durable and any part of what was not; the state is replayed from
//! there, and forks of everything ever cosigned are tried.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use canon::Digest;
use proof::merkle::{Proof, Tree};
use proof::note::verifier_key;
use proof::witness::client::add_checkpoint;
use proof::witness::{Asked, CosignerKey, Logs};
use proof::{Checkpoint, SecretKey};

use super::desk::{Said, decide};
use super::state::{Disk, State, header, replay};

/// Where the machine dies, counted over both operations of the disk.
const POINTS: usize = 4;

#[derive(Default)]
struct Platter {
    durable: Vec<u8>,
    written: Vec<u8>,
    /// Operations left before death, and where in the operation it comes.
    fuse: Option<(u64, usize)>,
    deaths: [u64; POINTS],
}

#[derive(Clone, Default)]
struct Failing(Arc<Mutex<Platter>>);

fn died() -> std::io::Error {
    std::io::Error::other("the machine died")
}

impl Platter {
    /// Whether this operation, of the kind of `points`, is the last one.
    fn burnt(&mut self, points: [usize; 2]) -> Option<usize> {
        let (left, at) = self.fuse.as_mut().filter(|(_, at)| points.contains(at))?;
        *left = left.saturating_sub(1);
        let point = (*left == 0).then_some(*at)?;
        self.deaths[point] += 1;
        Some(point)
    }
}

impl Disk for Failing {
    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut platter = self.0.lock().unwrap();
        match platter.burnt([0, 1]) {
            Some(0) => Err(died()),
            Some(_) => {
                platter.written.extend_from_slice(&bytes[..bytes.len() / 2]);
                Err(died())
            }
            None => {
                platter.written.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn sync(&mut self) -> std::io::Result<()> {
        let mut platter = self.0.lock().unwrap();
        let point = platter.burnt([2, 3]);
        if point != Some(2) {
            let written = std::mem::take(&mut platter.written);
            platter.durable.extend_from_slice(&written);
        }
        point.map_or(Ok(()), |_| Err(died()))
    }

    fn replace(&mut self, _: &[u8]) -> std::io::Result<bool> {
        Ok(false)
    }
}

/// SplitMix64: the same deaths every time.
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

struct Log {
    origin: String,
    key: SecretKey,
    tree: Tree,
}

impl Log {
    /// What the log could say next: `branch` makes histories that differ.
    fn next(&self, more: u64, branch: u8) -> Tree {
        let mut tree = self.tree.clone();
        for n in 0..more {
            let entry = format!("{} {} {branch} {n}", self.origin, tree.size());
            tree.push(Digest::of_blob(entry.as_bytes())).unwrap();
        }
        tree
    }

    fn asked(&self, logs: &Logs, old: u64, tree: &Tree) -> Asked {
        let head = Checkpoint::new(&self.origin, tree.size(), tree.root()).unwrap();
        let proof = match old {
            0 => Proof::default(),
            old if old >= tree.size() => Proof::default(),
            old => tree.consistency(old, tree.size()).unwrap(),
        };
        let note = head.sign(&self.key).unwrap().to_bytes();
        logs.read(&add_checkpoint(old, &proof, &note).unwrap()).unwrap()
    }
}

/// Every cosignature that left, by log and size.
#[derive(Default)]
struct Oracle(BTreeMap<(String, u64), Digest>);

impl Oracle {
    fn left(&mut self, said: &Said) -> bool {
        let Said::Cosign(cosign) = said else { return false };
        let held = cosign.held();
        let before = self.0.insert((held.origin().to_owned(), held.size()), held.root());
        assert!(before.is_none_or(|root| root == held.root()), "two roots of one size");
        true
    }
}

fn open(disk: &Failing, key: &CosignerKey) -> State<Failing> {
    let mut platter = disk.0.lock().unwrap();
    let replayed = replay(&platter.durable, key).unwrap();
    platter.durable.truncate(replayed.good);
    drop(platter);
    State::new(disk.clone(), key.clone(), replayed)
}

/// Logs that ask a witness which dies, and what they received.
struct World {
    key: CosignerKey,
    logs: Logs,
    all: Vec<Log>,
    disk: Failing,
    oracle: Oracle,
    draw: Draw,
    answered: u64,
    refused: u64,
}

impl World {
    fn new() -> Self {
        let secret = SecretKey::from_seed([9; 32]).unwrap();
        let key = CosignerKey::new("w.example", secret.public()).unwrap();
        let (mut logs, mut all) = (Logs::default(), Vec::new());
        for n in 0..12u8 {
            let origin = format!("log{n}.example");
            let key = SecretKey::from_seed([n + 20; 32]).unwrap();
            logs.add(&origin, &[&verifier_key(&origin, &key.public())]).unwrap();
            all.push(Log { origin, key, tree: Tree::new() });
        }
        let disk = Failing::default();
        disk.0.lock().unwrap().durable = header(&key).into_bytes();
        let (oracle, draw) = (Oracle::default(), Draw(3));
        Self { key, logs, all, disk, oracle, draw, answered: 0, refused: 0 }
    }

    /// One batch over several logs, two histories of each in it; whether the witness lives.
    fn batch(&mut self, state: &mut State<Failing>) -> bool {
        let (mut batch, mut trees) = (Vec::new(), Vec::new());
        for _ in 0..1 + self.draw.below(4) {
            let at = usize::try_from(self.draw.below(12)).unwrap();
            let (more, log) = (1 + self.draw.below(3), &self.all[at]);
            for branch in [0, 1 + u8::try_from(self.draw.below(2)).unwrap()] {
                let tree = log.next(more, branch);
                batch.push(log.asked(&self.logs, log.tree.size(), &tree));
                trees.push((at, tree));
            }
        }
        let (said, _) = decide(state, batch);
        for (said, (at, tree)) in said.iter().zip(trees) {
            if self.oracle.left(said) {
                self.answered += 1;
                self.all[at].tree = tree;
            }
        }
        !said.iter().all(|said| matches!(said, Said::Stopped))
    }

    /// Of what was written and not durable, any part may be there; or zeroes in its place.
    fn crash(&mut self) {
        let mut platter = self.disk.0.lock().unwrap();
        platter.fuse = None;
        let written = std::mem::take(&mut platter.written);
        let kept = self.draw.below(written.len() as u64 + 1);
        let kept = &written[..usize::try_from(kept).unwrap()];
        match self.draw.below(3) {
            0 => platter.durable.extend(kept.iter().map(|_| 0)),
            _ => platter.durable.extend_from_slice(kept),
        }
    }

    /// What left is still held, and forks of it are refused.
    fn check(&mut self, state: &mut State<Failing>) {
        for log in &mut self.all {
            let Some(held) = state.last(&log.origin) else {
                assert_eq!(log.tree.size(), 0, "a cosigned checkpoint was forgotten");
                continue;
            };
            let (size, root) = (held.size(), held.root());
            assert!(size >= log.tree.size(), "a cosigned checkpoint was forgotten");
            if size > log.tree.size() {
                // Durable, and nobody was told: the log finds out which of its histories it is.
                let mut said = (0..3u8).flat_map(|b| (1..4).map(move |more| (more, b)));
                let found = said.find(|(more, branch)| log.next(*more, *branch).root() == root);
                let (more, branch) = found.expect("only what was asked is held");
                log.tree = log.next(more, branch);
                continue;
            }
            assert_eq!(root, log.tree.root());
            // All are looked at; forks of a quarter of them are tried.
            if self.draw.below(4) > 0 {
                continue;
            }
            let mut fork = Tree::new();
            for n in 0..size {
                fork.push(Digest::of_blob(&n.to_be_bytes())).unwrap();
            }
            let (said, forks) = decide(state, vec![log.asked(&self.logs, size, &fork)]);
            assert!(matches!(&said[0], Said::Refused(refusal) if refusal.status() == 409));
            assert_eq!(forks.len(), 1);
            self.refused += 1;
        }
    }
}

#[test]
fn a_thousand_deaths_before_the_answer_never_make_two_roots_of_one_size() {
    let mut world = World::new();
    for death in 0..1_000 {
        let mut state = open(&world.disk, &world.key);
        world.check(&mut state);
        let fuse = (1 + world.draw.below(3), death % POINTS);
        world.disk.0.lock().unwrap().fuse = Some(fuse);
        while world.batch(&mut state) {}
        world.crash();
    }
    world.check(&mut open(&world.disk, &world.key));
    let (by_point, World { answered, refused, .. }) = (world.disk.0.lock().unwrap().deaths, &world);
    println!(
        "witness: 1000 deaths before the answer, by point {by_point:?}; {answered} cosignatures \
         left, {refused} forks refused after a restart"
    );
    assert_eq!(by_point, [250; POINTS]);
    assert!(*answered > 1_000 && *refused > 2_000);
}

#[test]
fn after_a_failed_write_nothing_is_written_or_signed() {
    let secret = SecretKey::from_seed([9; 32]).unwrap();
    let key = CosignerKey::new("w.example", secret.public()).unwrap();
    let log = Log { origin: "log.example".to_owned(), key: secret, tree: Tree::new() };
    let mut logs = Logs::default();
    logs.add(&log.origin, &[&verifier_key(&log.origin, &log.key.public())]).unwrap();
    for point in 0..POINTS {
        let disk = Failing::default();
        disk.0.lock().unwrap().durable = header(&key).into_bytes();
        let mut state = open(&disk, &key);
        disk.0.lock().unwrap().fuse = Some((1, point));
        let tree = log.next(2, 0);
        let ask = || vec![log.asked(&logs, 0, &tree)];
        assert!(matches!(decide(&mut state, ask()).0[..], [Said::Stopped]));
        disk.0.lock().unwrap().fuse = None;
        let before = disk.0.lock().unwrap().written.len();
        // The disk works again; the witness does not trust it, not even to repeat itself.
        for old in [0, 2] {
            let batch = vec![log.asked(&logs, old, &tree)];
            assert!(matches!(decide(&mut state, batch).0[..], [Said::Stopped]), "point {point}");
        }
        assert_eq!(disk.0.lock().unwrap().written.len(), before);
    }
}
