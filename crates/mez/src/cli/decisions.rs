//! Stored decisions, read by commands: from a file, or from the data of a stopped zone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use canon::{Canonical, Digest};
use serde_json::Value;
use store::{OpenError, Store};
use zone::mass::{Names, Reading};

use super::failure::Failure;
use super::{Exit, archive, file, names};
use crate::layout::ZoneDir;

/// Entries read of a journal at once.
const PAGE: usize = 200;
/// Most bytes of a file of decisions.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Where stored decisions are.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The folder of a stopped zone, `D/<zone>`
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://…`; D/<zone>/data/zone.sqlite, unless given
    #[arg(long, value_name = "URL", requires = "dir")]
    database: Option<String>,
}

impl Place {
    /// The zone's folder, if one is named.
    pub(crate) fn zone(&self) -> Option<ZoneDir> {
        self.dir.as_ref().map(ZoneDir::at)
    }

    /// Every entry of the zone's journal, in order; duties among them. Stops when `each` says so.
    pub(crate) fn entries(
        &self,
        each: impl FnMut(Value) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        walk(self.open()?.1.as_ref(), each)
    }

    /// The same, each as it was decided upon: where the zone's records lie at Mass, names are asked for there.
    pub(crate) fn entries_whole(
        &self,
        mut each: impl FnMut(Value) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let (dir, store) = self.open()?;
        let (primitives, key) = names::way(&dir)?;
        let names = Names { store: store.as_ref(), primitives: &primitives, key: key.as_ref() };
        let _reading = Reading::begin();
        walk(store.as_ref(), |entry| each(names.whole(entry).map_err(|e| names::refused(&e))?))
    }

    /// The zone's data, which nobody else uses meanwhile.
    pub(super) fn open(&self) -> Result<(ZoneDir, Arc<dyn Store>), Failure> {
        let Some(dir) = self.zone() else {
            return Err(Failure::usage("no zone is named", "give --dir D/<zone>"));
        };
        let database = self.database.clone().unwrap_or_else(|| dir.database());
        let store = store::open(&database).map_err(|error| {
            let (exit, remedy) = match error {
                OpenError::InUse { .. } => (Exit::Unavailable, "stop the zone first"),
                _ => (Exit::Error, "check --dir and --database"),
            };
            Failure::new(exit, "store", "the zone's data cannot be read", remedy).because(&error)
        })?;
        let store = archive::through(&dir, store)?;
        Ok((dir, store))
    }

    /// The entry whose decision has that digest.
    pub(crate) fn find(&self, digest: Digest) -> Result<Value, Failure> {
        let mut found = None;
        self.entries(|entry| {
            let record = entry.get("body").and_then(|body| Canonical::of_value(body).ok());
            if record.is_some_and(|record| record.digest() == digest) {
                found = Some(entry);
            }
            Ok(found.is_none())
        })?;
        found.ok_or_else(|| unknown(digest))
    }
}

fn walk(
    store: &dyn Store,
    mut each: impl FnMut(Value) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut from = 0;
    loop {
        let entries =
            store.journal("decisions", from, PAGE).map_err(|e| archive::of_the_store(&e))?;
        if entries.is_empty() {
            return Ok(());
        }
        for entry in entries {
            from = entry.seq + 1;
            let document = canon::parse_value(&entry.body)
                .map_err(|refusal| Failure::refusal("decisions", &refusal))?;
            if !each(document)? {
                return Ok(());
            }
        }
    }
}

/// No decision has that digest.
pub(super) fn unknown(digest: Digest) -> Failure {
    let remedy = "`GET /v1/decisions` lists them with their `decision_sha256`";
    Failure::new(Exit::Unknown, "no-decision", format!("no decision {digest}"), remedy)
}

/// The documents of a file: one, or one a line.
pub(crate) fn documents(path: &Path) -> Result<Vec<Value>, Failure> {
    let bytes = file::read_up_to(path, FILE_BYTES_MAX)?;
    let shown = path.display().to_string();
    let refused = |refusal: &canon::Refusal| Failure::refusal(&shown, refusal);
    if let Ok(one) = canon::parse_value(&bytes) {
        return Ok(vec![one]);
    }
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| canon::parse_value(line).map_err(|refusal| refused(&refusal))).collect()
}
