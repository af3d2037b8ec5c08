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

#[test]
fn a_thousand_deaths_before_the_answer_never_make_two_roots_of_one_size() {
    let key = CosignerKey::new("w.example", SecretKey::from_seed([9; 32]).unwrap().public());
    let key = key.unwrap();
    let (mut logs, mut draw) = (Logs::default(), Draw(3));
    let mut all: Vec<Log> = (0..12u8)
        .map(|n| {
            let (origin, key) = (format!("log{n}.example"), SecretKey::from_seed([n + 20; 32]));
            Log { origin, key: key.unwrap(), tree: Tree::new() }
        })
        .collect();
    for log in &all {
        logs.add(&log.origin, &[&verifier_key(&log.origin, &log.key.public())]).unwrap();
    }
    let disk = Failing::default();
    disk.0.lock().unwrap().durable = header(&key).into_bytes();
    let (mut state, mut oracle) = (open(&disk, &key), Oracle::default());
    let (mut deaths, mut answered, mut refused) = (0u64, 0u64, 0u64);
    while deaths < 1_000 {
        let fuse = (1 + draw.below(3), usize::try_from(deaths).unwrap() % POINTS);
        disk.0.lock().unwrap().fuse = Some(fuse);
        loop {
            // A batch over several logs, two histories of one of them in it.
            let (mut batch, mut trees) = (Vec::new(), Vec::new());
            for _ in 0..1 + draw.below(4) {
                let at = usize::try_from(draw.below(12)).unwrap();
                let (more, log) = (1 + draw.below(3), &all[at]);
                for branch in [0, 1 + u8::try_from(draw.below(2)).unwrap()] {
                    let tree = log.next(more, branch);
                    batch.push(log.asked(&logs, log.tree.size(), &tree));
                    trees.push((at, tree));
                }
            }
            let (said, _) = decide(&mut state, batch);
            let dead = said.iter().all(|said| matches!(said, Said::Stopped));
            for (said, (at, tree)) in said.iter().zip(trees) {
                if oracle.left(said) {
                    answered += 1;
                    all[at].tree = tree;
                }
            }
            if dead {
                break;
            }
        }
        deaths += 1;
        {
            // Of what was written and not durable, any part may be there; or zeroes in its place.
            let mut platter = disk.0.lock().unwrap();
            platter.fuse = None;
            let written = std::mem::take(&mut platter.written);
            let kept = draw.below(written.len() as u64 + 1);
            let kept = &written[..usize::try_from(kept).unwrap()];
            match draw.below(3) {
                0 => platter.durable.extend(kept.iter().map(|_| 0)),
                _ => platter.durable.extend_from_slice(kept),
            }
        }
        state = open(&disk, &key);
        for log in &mut all {
            // What left is still held, and every fork of it is refused.
            let held = state.last(&log.origin).map(|held| (held.size(), held.root()));
            let (size, root) = held.unwrap_or((0, Tree::new().root()));
            assert!(size >= log.tree.size(), "a cosigned checkpoint was forgotten");
            if size == log.tree.size() && size > 0 {
                // All are looked at; forks of a quarter of them are tried.
                if draw.below(4) > 0 {
                    continue;
                }
                assert_eq!(root, log.tree.root());
                let mut fork = Tree::new();
                (0..size).for_each(|n| {
                    fork.push(Digest::of_blob(&n.to_be_bytes())).unwrap();
                });
                let batch = vec![log.asked(&logs, size, &fork)];
                let (said, forks) = decide(&mut state, batch);
                assert!(matches!(&said[0], Said::Refused(refusal) if refusal.status() == 409));
                assert_eq!(forks.len(), 1);
                refused += 1;
            } else if size > 0 {
                // Durable, and nobody was told: the log must find out which of its histories.
                let found = (0..3u8).flat_map(|branch| {
                    let log = &*log;
                    (1..4).map(move |more| log.next(more, branch))
                });
                let found = found.into_iter().find(|tree| tree.root() == root);
                log.tree = found.expect("only what was asked is held");
            }
        }
    }
    let by_point = disk.0.lock().unwrap().deaths;
    println!(
        "witness: 1000 deaths before the answer, by point {by_point:?}; {answered} cosignatures \
         left, {refused} forks refused after a restart"
    );
    assert_eq!(by_point, [250; POINTS]);
    assert!(answered > 1_000 && refused > 2_000);
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
