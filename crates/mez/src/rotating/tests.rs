//! A rotation and a move of keys that fail, or die, at every step: the folder holds one whole set of
//! keys, and asking again finishes.

#![allow(clippy::disallowed_methods, reason = "a child is told its folder")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use canon::{Digest, JurisdictionId, Realm, Timestamp, ZoneId};
use proof::rotation::{Cause, Rotation, TYPE};
use store::cell::{Cell, Last};

use super::*;
use crate::cli::SystemEntropy;
use crate::founding::{Founding, found, key_at, read_keys};
use crate::signers::{SignerFolder, link_of, move_keys};

const NAME: &str = "sg";
const DIR: &str = "MEZ_TEST_FOLDER";
const AT: &str = "MEZ_TEST_STEP";

struct Home(PathBuf);

impl Home {
    fn new(word: &str) -> Self {
        let base = std::env::temp_dir().join(format!("mez-{word}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&base);
        let home = Self(base);
        let founding = Founding {
            name: NAME,
            zone_id: ZoneId::parse("org.momentum.mez.zone.sg").unwrap(),
            zone_host: "sg.example".to_owned(),
            jurisdiction_id: JurisdictionId::parse("sg").unwrap(),
            realm: Realm::Sandbox,
            created: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
            elsewhere: None,
        };
        found(&home.dir(), &home.roots(), &founding, &SystemEntropy).unwrap();
        home.cell().advance("lane/here/x", 7, Digest::of_blob(b"seven")).unwrap();
        home
    }

    fn dir(&self) -> ZoneDir {
        ZoneDir::at(self.0.join(NAME))
    }

    fn roots(&self) -> RootKeys {
        RootKeys::at(self.0.join("root-keys"))
    }

    fn cell(&self) -> Cell {
        let log = read_keys(&self.dir()).unwrap().history.key(Purpose::Log).to_multikey();
        Cell::open(&self.dir().signer(), &log).unwrap()
    }

    /// What `mez key rotate` does, but for the store: finish, then rotate.
    fn rotate(&self, purpose: Purpose, step: Step<'_>) -> Result<(), InstallError> {
        let (dir, roots) = (self.dir(), self.roots());
        let signer = dir.signer();
        let place = Place::own(&dir, &signer);
        let known = read_keys(&dir).unwrap();
        if !place.finish(&known.history, &mut *step)?.is_empty() {
            return Ok(());
        }
        let new = next_key(&roots, NAME, &known.history, purpose)?.unwrap();
        let after = key_at(&roots.after(NAME, purpose), &SystemEntropy).unwrap().public();
        let zone = known.history.inception();
        let rotation = Rotation {
            kind: TYPE.to_owned(),
            zone_id: zone.zone_id().clone(),
            zone_did: zone.did(),
            realm: zone.realm(),
            inception_sha256: zone.digest(),
            number: known.history.next_number(),
            previous_sha256: known.history.head(),
            purpose,
            reason: Cause::Routine,
            previous_key: known.history.key(purpose).clone(),
            new_key: new.public(),
            cut_over: Vec::new(),
            next_commitment_sha256: key_commitment(purpose, &after),
            created: Timestamp::parse("2026-11-20T13:00:00Z").unwrap(),
        };
        let old = read_key(&place.key(purpose)).unwrap();
        let more = rotation.sign(&old, &new).unwrap();
        let history = known.history.extend(&more).unwrap();
        let document = document(&known.inception, &known.rotations, &more).unwrap();
        let cell = self.cell();
        let rotated = Rotated { history: &history, document: &document, purpose, key: &new };
        place.install(&rotated, &cell, &mut *step)?;
        step("next key")?;
        next_key(&roots, NAME, &history, purpose).map(drop)
    }

    /// One whole set of keys: that of `keys.json`, with the cell where it stood. Returns how many
    /// rotations that is.
    fn stands(&self) -> u64 {
        let (dir, signer) = (self.dir(), self.dir().signer());
        let history = read_keys(&dir).unwrap().history;
        let place = Place::own(&dir, &signer);
        place.finish(&history, &mut unhindered).unwrap();
        for purpose in Purpose::RUNNING {
            assert_eq!(read_key(&place.key(purpose)).unwrap().public(), *history.key(purpose));
            let next = next_key(&self.roots(), NAME, &history, purpose).unwrap();
            assert!(next.is_some(), "the next {purpose} key is lost");
        }
        let cell = self.cell();
        let seven = Last { sequence: 7, next_root: Digest::of_blob(b"seven") };
        assert_eq!((cell.existed(), cell.last("lane/here/x")), (true, Some(seven)));
        history.next_number() - 1
    }

    /// The keys of a folder that are readable there, by file.
    fn keys_in(folder: &Path) -> Vec<PublicKey> {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter_map(|path| Some(read_key(&path).ok()?.public())).collect()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A child that dies leaves the folder to whoever sent it.
        if std::env::var_os(DIR).is_none() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Fails at the n-th step, or never.
fn failing(n: usize) -> impl FnMut(&'static str) -> Result<(), LayoutError> {
    let mut left = n;
    move |name| {
        left = left.checked_sub(1).ok_or_else(|| LayoutError::Content(name.to_owned()))?;
        Ok(())
    }
}

/// Runs a test of this binary in a process of its own, which dies at the n-th step.
fn killed(test: &str, home: &Home, n: usize) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("rotating::tests::{test}"), "--ignored"]);
    let out = child.env(DIR, &home.0).env(AT, n.to_string()).output().unwrap();
    let ran = String::from_utf8_lossy(&out.stdout).contains("running 1 test");
    assert!(ran, "{}", String::from_utf8_lossy(&out.stderr));
    !out.status.success()
}

/// The folder this process was sent to, and a step that kills it there.
fn sent() -> (Home, impl FnMut(&'static str) -> Result<(), LayoutError>) {
    let mut step = failing(std::env::var(AT).unwrap().parse().unwrap());
    let home = Home(std::env::var_os(DIR).unwrap().into());
    (home, move |name| step(name).or_else(|_| std::process::abort()))
}

#[test]
#[ignore = "dies; run by the test below"]
fn rotates_and_dies() {
    let (home, mut step) = sent();
    home.rotate(Purpose::Log, &mut step).unwrap();
}

#[test]
#[ignore = "dies; run by the test below"]
fn moves_and_dies() {
    let (home, mut step) = sent();
    moved(&home, &mut step).unwrap();
}

#[test]
fn a_rotation_that_fails_at_any_step_never_was_or_is_finished() {
    for purpose in [Purpose::Log, Purpose::Http] {
        let home = Home::new(&format!("rotate-{purpose}"));
        let mut rotations = 0;
        for n in 0.. {
            let ended = home.rotate(purpose, &mut failing(n));
            let stands = home.stands();
            assert!(stands == rotations || stands == rotations + 1, "step {n}");
            rotations = stands;
            if ended.is_ok() {
                assert!(n > 3, "no step was failed");
                break;
            }
        }
        assert!(rotations >= 2, "some failed after it took effect");
        // What was replaced is nowhere to be read.
        let keys = Home::keys_in(&home.dir().signer());
        let history = read_keys(&home.dir()).unwrap().history;
        assert_eq!(keys.len(), 4);
        assert!(keys.iter().all(|key| Purpose::RUNNING.iter().any(|p| history.key(*p) == key)));
    }
}

#[test]
fn a_rotation_killed_at_any_step_leaves_one_set_of_keys() {
    let home = Home::new("rotate-kill");
    let mut rotations = 0;
    for n in 0.. {
        let died = killed("rotates_and_dies", &home, n);
        let stands = home.stands();
        assert!(stands == rotations || stands == rotations + 1, "step {n}");
        rotations = stands;
        if !died {
            assert!(n > 3, "nothing died");
            break;
        }
    }
    assert!(rotations >= 2);
}

fn moved(home: &Home, step: Step<'_>) -> Result<(), crate::signers::FolderError> {
    let to = SignerFolder::at(&home.0.join("signer"));
    let wait = Duration::from_secs(1);
    move_keys(&home.dir(), &to, "127.0.0.1:1", wait, &SystemEntropy, step).map(drop)
}

/// Whether the keys are with the signer; wherever they are, they are whole there.
fn is_with_signer(home: &Home) -> bool {
    let to = SignerFolder::at(&home.0.join("signer"));
    let history = read_keys(&home.dir()).unwrap().history;
    if link_of(&home.dir()).unwrap().is_none() {
        assert_eq!(home.stands(), 0);
        return false;
    }
    let keys = to.keys().unwrap();
    for purpose in Purpose::RUNNING {
        assert_eq!(keys[&purpose].public(), *history.key(purpose));
    }
    assert_eq!(to.about().unwrap().zone, history.inception().did());
    to.link().unwrap();
    let cell = Cell::open(to.root(), &history.key(Purpose::Log).to_multikey()).unwrap();
    assert_eq!(cell.last("lane/here/x").map(|last| last.sequence), Some(7));
    true
}

#[test]
fn a_move_that_fails_or_dies_at_any_step_leaves_one_whole_set_of_keys() {
    for dies in [false, true] {
        let mut with_signer = 0;
        for n in 0.. {
            let home = Home::new(&format!("move-{dies}-{n}"));
            let cut_short = match dies {
                true => killed("moves_and_dies", &home, n),
                false => moved(&home, &mut failing(n)).is_err(),
            };
            with_signer += usize::from(is_with_signer(&home));
            // Asked again, it is finished, and nothing is left behind.
            moved(&home, &mut unhindered).unwrap();
            assert!(is_with_signer(&home));
            let left = Home::keys_in(&home.dir().signer());
            assert_eq!(left.len(), 1, "the zone's end of the link");
            if !cut_short {
                assert!(n > 8, "nothing was cut short");
                break;
            }
        }
        assert!(with_signer >= 3, "some were cut short after they took effect");
    }
}
