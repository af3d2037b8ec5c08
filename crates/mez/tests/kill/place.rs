//! The deployment every round starts from: laid once by `mez deploy`, copied for each round.

use std::path::{Path, PathBuf};

use crate::deployment::Deployment;
use crate::draw::ZONES;

/// The zones: the proposer first, which has a corridor with each of the others. Most tests have two.
pub(crate) const NAMES: [&str; 3] = ["sg", "pk-sifc", "ae-abudhabi-adgm"];

/// Deployed zones with ACTIVE corridors, stopped.
pub(crate) struct Base {
    dir: PathBuf,
    pub(crate) ports: Vec<u16>,
}

impl Base {
    /// Deploy two, wait for the corridor, stop. Each test has a folder of its own.
    pub(crate) fn lay(test: &str) -> Self {
        Self::lay_many(test, ZONES)
    }

    /// The same with the first `zones` of [`NAMES`].
    pub(crate) fn lay_many(test: &str, zones: usize) -> Self {
        let dir = format!("kill-{test}-{}", std::process::id());
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(dir);
        let _ = std::fs::remove_dir_all(&dir);
        let standing = Deployment::stand(&dir.join("base"), &NAMES[..zones], None);
        let ports = standing.ports.clone();
        standing.stop();
        Self { dir, ports }
    }

    /// Deploy both, each by itself: they know nothing of each other.
    pub(crate) fn apart() -> Self {
        let dir = format!("kill-apart-{}", std::process::id());
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(dir);
        let _ = std::fs::remove_dir_all(&dir);
        let ports = NAMES[..ZONES].iter().map(|name| {
            let standing = Deployment::stand(&dir.join("base"), &[name], None);
            let port = standing.ports[0];
            standing.stop();
            port
        });
        let ports = ports.collect();
        Self { dir, ports }
    }

    /// The deployment itself, for what is to come before every round.
    pub(crate) fn begun(&self) -> PathBuf {
        self.dir.join("base")
    }

    /// A copy of its own for a round.
    pub(crate) fn copy(&self, round: usize) -> PathBuf {
        let to = self.dir.join(format!("round-{round}"));
        copy(&self.dir.join("base"), &to);
        to
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        // What a failed round left is what tells why it failed.
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// Folders, files and their modes.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
