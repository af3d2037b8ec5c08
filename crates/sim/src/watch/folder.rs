//! What a watcher of a run remembers on: a folder that outlives its process, which may die at any write.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canon::{Canonical, Digest, ZoneId};
use corridor::watcher::{Doubt, Fault, Folder, Said, Shown};

/// Why a watcher does not go on.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// It died; it begins again with what its folder holds.
    Died,
    /// A zone, or the way to it.
    Away(String),
    /// What it was shown.
    Doubt(Doubt),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Died => f.write_str("died"),
            Self::Away(why) => f.write_str(why),
            Self::Doubt(doubt) => write!(f, "{doubt:?}"),
        }
    }
}

impl From<Doubt> for Stopped {
    fn from(doubt: Doubt) -> Self {
        Self::Doubt(doubt)
    }
}

impl Fault for Stopped {
    fn code(&self) -> &'static str {
        match self {
            Self::Died => "watcher died",
            Self::Away(_) => "zone away",
            Self::Doubt(Doubt::Answer(..)) => "zone answer",
            Self::Doubt(Doubt::Refuted(..)) => "history refuted",
            Self::Doubt(Doubt::Own(_)) => "own document",
        }
    }
}

#[derive(Debug, Default)]
struct Kept {
    mirrors: BTreeMap<ZoneId, Shown>,
    said: Option<Said>,
    evidence: BTreeSet<Digest>,
    /// Writes until it dies; before the write if `true`, after it otherwise.
    dies_in: Option<(u64, bool)>,
}

/// The folder; every clone is the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimFolder(Arc<Mutex<Kept>>);

impl SimFolder {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It dies at its `n`-th write from now, before the write or after it.
    pub(crate) fn die_in(&self, n: u64, before: bool) {
        self.kept().dies_in = Some((n, before));
    }

    /// Whether its death came.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.kept().dies_in, Some((0, _)))
    }

    /// It is started again.
    pub(crate) fn revive(&self) {
        self.kept().dies_in = None;
    }

    fn write<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> Result<T, Stopped> {
        let mut kept = self.kept();
        match kept.dies_in.as_mut() {
            None => Ok(change(&mut kept)),
            Some((0, _)) => Err(Stopped::Died),
            Some((n, before)) => {
                *n -= 1;
                match (*n == 0, *before) {
                    (true, true) => Err(Stopped::Died),
                    (true, false) => {
                        change(&mut kept);
                        Err(Stopped::Died)
                    }
                    (false, _) => Ok(change(&mut kept)),
                }
            }
        }
    }
}

impl Folder for SimFolder {
    type Fault = Stopped;

    fn mirror(&self, zone: &ZoneId) -> Result<Option<Shown>, Stopped> {
        Ok(self.kept().mirrors.get(zone).cloned())
    }

    fn keep_mirror(&self, zone: &ZoneId, bundle: &[u8]) -> Result<(), Stopped> {
        let shown = Shown { bundle: bundle.to_vec(), pieces: Vec::new() };
        self.write(|kept| drop(kept.mirrors.insert(zone.clone(), shown)))
    }

    fn keep_piece(&self, zone: &ZoneId, place: usize, piece: &[u8]) -> Result<(), Stopped> {
        self.write(|kept| {
            let shown = kept.mirrors.entry(zone.clone()).or_default();
            shown.pieces.truncate(place);
            shown.pieces.push(piece.to_vec());
        })
    }

    fn said(&self) -> Result<Option<Said>, Stopped> {
        Ok(self.kept().said.clone())
    }

    fn say(&self, said: &Said) -> Result<(), Stopped> {
        self.write(|kept| kept.said = Some(said.clone()))
    }

    fn keep_evidence(&self, file: &Canonical) -> Result<bool, Stopped> {
        self.write(|kept| kept.evidence.insert(file.digest()))
    }
}
