//! `mez archive`: old parts of a stopped zone's journal, put away as files that proofs do not need.
//!
//! Invariant: nothing leaves the store before its file was put, read back and compared (`store::archive`).

mod drop;
mod put;
mod show;

use std::path::PathBuf;
use std::sync::Arc;

use canon::Clock;
use clap::Subcommand;
use proof::Purpose;
use store::cell::{Cell, CellError, LastSigned};
use store::{OpenError, Store, StoreError};

use super::screen::Answer;
use super::{Context, Exit, Failure, SystemClock};
use crate::artifacts::shelf::{ArchiveRefused, connected};
use crate::founding::read_keys;
use crate::layout::ZoneDir;
use crate::signers;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Put whole segments away, or say which would go
    Put(put::Args),
    /// Give up files whose retention has ended; what proofs need stays
    Drop(drop::Args),
    /// Show what was put away and, asked to, look at every file of it
    Show(show::Args),
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, _context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Put(args) => put::run(&args),
            Self::Drop(args) => drop::run(&args),
            Self::Show(args) => show::run(&args),
        }
    }
}

/// Which zone.
#[derive(clap::Args)]
struct Which {
    /// The folder of a stopped zone, `D/<zone>`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; D/<zone>/data/zone.sqlite, unless given
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl Which {
    fn folder(&self) -> ZoneDir {
        ZoneDir::at(&self.dir)
    }

    fn store(&self) -> Result<Arc<dyn Store>, Failure> {
        let database = self.database.clone().unwrap_or_else(|| self.folder().database());
        store::open(&database).map_err(|error| match error {
            OpenError::InUse { .. } => in_use(&error),
            error => unread(&error),
        })
    }

    /// The signer's cell, which only a stopped zone lets go of.
    fn cell(&self) -> Result<Box<dyn LastSigned>, Failure> {
        let dir = self.folder();
        let known = read_keys(&dir).map_err(|error| {
            let what = format!("`{}` is not the folder of a zone", self.dir.display());
            Failure::new(Exit::Error, "zone-folder", what, "check --dir").because(&error)
        })?;
        let away = |error: &dyn std::error::Error| {
            let what = "the zone's signer gives no answer to use";
            Failure::new(Exit::Unavailable, "signer-unavailable", what, "start the signer")
                .because(error)
        };
        if let Some(link) = signers::link_of(&dir).map_err(|error| away(&error))? {
            let (remote, _) = signers::turned(&link, &known).map_err(|error| away(&error))?;
            return Ok(remote.cell);
        }
        let key = known.history.key(Purpose::Log).to_multikey();
        if !dir.signer().join(format!("{key}.cell")).exists() {
            let what = "the signer's cell is missing: nothing says what was signed";
            return Err(Failure::new(Exit::Error, "signer-cell", what, "run `mez key recover`"));
        }
        match Cell::open(&dir.signer(), &key) {
            Ok(cell) => Ok(Box::new(cell)),
            Err(error @ CellError::InUse { .. }) => Err(in_use(&error)),
            Err(error) => {
                let what = "the signer's cell cannot be read";
                Err(Failure::new(Exit::Error, "signer-cell", what, "restore it").because(&error))
            }
        }
    }
}

fn clock() -> Result<Arc<dyn Clock>, Failure> {
    let clock = SystemClock::open().map_err(|error| {
        let remedy = "set the clock of this machine, then try again";
        Failure::new(Exit::Error, "clock", "the clock is outside 1970 to 9999", remedy)
            .because(&error)
    })?;
    Ok(Arc::new(clock))
}

fn in_use(error: &dyn std::error::Error) -> Failure {
    let what = "the zone runs, or another command holds its data";
    Failure::new(Exit::Unavailable, "zone-in-use", what, "stop it first").because(error)
}

fn unread(error: &dyn std::error::Error) -> Failure {
    let what = "the zone's data cannot be read";
    let remedy = "check --database; `mez fsck` names what is damaged";
    Failure::new(Exit::Error, "store", what, remedy).because(error)
}

/// The store of a zone, read through its archive where it has one.
pub(super) fn through(dir: &ZoneDir, store: Arc<dyn Store>) -> Result<Arc<dyn Store>, Failure> {
    connected(dir, store, &clock()?).map_err(|error| refused(&error))
}

/// What a read or a write of the store came to.
pub(super) fn of_the_store(error: &StoreError) -> Failure {
    let (exit, code, remedy) = match error {
        StoreError::InArchive { .. } => {
            (Exit::Error, "archive-missing", "put archive.json back, which names the archive")
        }
        StoreError::ArchiveGone { .. } => {
            (Exit::Unavailable, "archive-gone", "bring the archive back, from a copy if it is lost")
        }
        StoreError::ArchiveAltered { .. } => (
            Exit::Invalid,
            "archive-altered",
            "lay the file back from a copy; its name is its digest",
        ),
        _ => return unread(error),
    };
    Failure::new(exit, code, error.to_string(), remedy)
}

fn refused(error: &ArchiveRefused) -> Failure {
    let remedy = "check archive.json or --to; see docs/operating.md";
    Failure::new(Exit::Error, "archive", "the archive cannot be used", remedy).because(error)
}
