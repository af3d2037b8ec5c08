//! Where parts of a zone's journal are put away: `archive.json`, and the place it names.
//!
//! A folder or `s3://BUCKET/PREFIX`; a file lies there as the artifact `blob/<digest>`, so `mez artifact` reads it too.
//!
//! Invariant: a file is never written over, and what is fetched is judged by whoever asked, not here.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use canon::{Clock, Digest};
use proof::ArtifactType;
use serde::{Deserialize, Serialize};
use store::Store;
use store::archive::{Archived, SEGMENT_BYTES_MAX, Shelf, ShelfError};

use zone::archive::may_be_dropped;

use super::{Bucket, Root, RootError};
use crate::durable;
use crate::layout::{LayoutError, ZoneDir, private_dir, read};

/// The only `type`.
const TYPE: &str = "MEZArchive";
/// The place unless another is given: a folder in the zone's own, which a backup copies.
pub(crate) const FOLDER: &str = "archive";
const KIND: &str = "blob";
/// Longest retention that may be set, in years.
const RETENTION_YEARS_MAX: u32 = 100;

/// Settings that cannot be gone by.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveRefused {
    /// The file.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Not of the form.
    #[error("`archive.json` is refused: {0}")]
    Malformed(String),
    /// The place.
    #[error(transparent)]
    Root(#[from] RootError),
}

/// What the operator settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(rename = "type")]
    type_: String,
    /// A folder, under the zone's own unless it begins with `/`, or `s3://BUCKET/PREFIX`.
    pub(crate) root: String,
    /// How long what was put away is kept; without a rule, for ever.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) retention: Vec<Retention>,
    /// What is kept however old it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) holds: Vec<Hold>,
}

/// How long entries of a stream are kept, and what asks for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retention {
    pub(crate) stream: String,
    pub(crate) years: u32,
    pub(crate) act: String,
    pub(crate) section: String,
    /// Why this act asks it of this stream, where that is the operator's own judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// A legal hold: nothing of the stream is given up while it stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hold {
    pub(crate) id: String,
    pub(crate) stream: String,
    pub(crate) reason: String,
}

impl Retention {
    fn check(&self) -> Result<(), String> {
        if !may_be_dropped(&self.stream) {
            return Err(format!("`{}` is never given up; only `audit` is", self.stream));
        }
        let said = [&self.act, &self.section].iter().all(|text| !text.trim().is_empty());
        match said && self.years <= RETENTION_YEARS_MAX {
            true => Ok(()),
            false => Err(format!(
                "a retention names act and section, and 0 to {RETENTION_YEARS_MAX} years"
            )),
        }
    }
}

impl Settings {
    /// Those of this place.
    pub(crate) fn at(root: &str) -> Self {
        let (retention, holds) = (Vec::new(), Vec::new());
        Self { type_: TYPE.to_owned(), root: root.to_owned(), retention, holds }
    }

    /// The settings of a zone, where it has any.
    ///
    /// # Errors
    /// See [`ArchiveRefused`].
    pub(crate) fn of(dir: &ZoneDir) -> Result<Option<Self>, ArchiveRefused> {
        let bytes = match read(&dir.archive()) {
            Ok(bytes) => bytes,
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let malformed = |why: &dyn std::fmt::Display| ArchiveRefused::Malformed(why.to_string());
        let tree = canon::parse_value(&bytes).map_err(|error| malformed(&error))?;
        let settings: Self = serde_json::from_value(tree).map_err(|error| malformed(&error))?;
        let mut seen = BTreeSet::new();
        for rule in &settings.retention {
            rule.check().map_err(|why| malformed(&why))?;
            if !seen.insert(&rule.stream) {
                return Err(malformed(&format!("`{}` has two retentions", rule.stream)));
            }
        }
        match settings.type_ == TYPE && !settings.root.is_empty() {
            true => Ok(Some(settings)),
            false => Err(malformed(&format!("its type is not `{TYPE}`, or it names no root"))),
        }
    }

    /// The place.
    ///
    /// # Errors
    /// A root that is neither a folder nor a bucket.
    pub(crate) fn shelf(
        &self,
        dir: &ZoneDir,
        clock: &Arc<dyn Clock>,
    ) -> Result<Arc<dyn Shelf>, RootError> {
        if self.root.starts_with("s3://") {
            // Tells at once what is wrong with the name or the variables.
            drop(Bucket::open(&self.root, clock.as_ref())?);
            return Ok(Arc::new(Remote { name: self.root.clone(), clock: Arc::clone(clock) }));
        }
        if self.root.contains("://") {
            return Err(RootError::Name(self.root.clone(), "a folder or s3://BUCKET/PREFIX"));
        }
        Ok(Arc::new(Folder(dir.root().join(&self.root))))
    }
}

/// A zone's store, with its archive where it has one.
///
/// # Errors
/// See [`ArchiveRefused`].
pub(crate) fn connected(
    dir: &ZoneDir,
    store: Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Store>, ArchiveRefused> {
    let Some(settings) = Settings::of(dir)? else { return Ok(store) };
    Ok(Arc::new(Archived::new(store, settings.shelf(dir, clock)?)))
}

/// A folder.
struct Folder(PathBuf);

impl Folder {
    fn path(&self, file: Digest) -> PathBuf {
        self.0.join(KIND).join(format!("{file}.bin"))
    }
}

fn gone(path: &Path, why: &dyn std::fmt::Display) -> ShelfError {
    ShelfError::Gone(format!("`{}`: {why}", path.display()))
}

impl Shelf for Folder {
    fn put(&self, file: Digest, bytes: &[u8]) -> Result<(), ShelfError> {
        let path = self.path(file);
        match std::fs::read(&path) {
            Ok(held) if held == bytes => return Ok(()),
            Ok(_) => {
                let why = format!("`{}` holds other bytes", path.display());
                return Err(ShelfError::Altered(why));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(gone(&path, &error)),
        }
        let folder = self.0.join(KIND);
        for made in [&self.0, &folder] {
            private_dir(made).map_err(|error| gone(made, &error))?;
            durable::sync_parent(made).map_err(|error| gone(made, &error))?;
        }
        durable::put(&path, bytes).map_err(|error| gone(&path, &error))
    }

    fn fetch(&self, file: Digest) -> Result<Vec<u8>, ShelfError> {
        let path = self.path(file);
        let length = std::fs::metadata(&path).map_err(|error| gone(&path, &error))?.len();
        if usize::try_from(length).map_or(true, |length| length > SEGMENT_BYTES_MAX) {
            return Err(ShelfError::Altered(format!("`{}` is too large", path.display())));
        }
        std::fs::read(&path).map_err(|error| gone(&path, &error))
    }

    fn remove(&self, file: Digest) -> Result<(), ShelfError> {
        let path = self.path(file);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(gone(&path, &error)),
            _ => durable::sync_parent(&path).or_else(|error| match error.kind() {
                ErrorKind::NotFound => Ok(()),
                _ => Err(gone(&path, &error)),
            }),
        }
    }
}

/// A bucket; opened for each request, so that it holds nothing of the environment.
struct Remote {
    name: String,
    clock: Arc<dyn Clock>,
}

impl Remote {
    fn ask<T>(
        &self,
        ask: impl FnOnce(&Bucket<'_>, &ArtifactType) -> Result<T, RootError>,
    ) -> Result<T, ShelfError> {
        let gone = |error: &dyn std::fmt::Display| ShelfError::Gone(error.to_string());
        let kind = ArtifactType::parse(KIND).map_err(|error| gone(&error))?;
        let bucket = Bucket::open(&self.name, self.clock.as_ref()).map_err(|error| gone(&error))?;
        ask(&bucket, &kind).map_err(|error| gone(&error))
    }
}

impl Shelf for Remote {
    fn put(&self, file: Digest, bytes: &[u8]) -> Result<(), ShelfError> {
        if self.ask(|bucket, kind| bucket.put(kind, file, bytes))? {
            return Ok(());
        }
        match self.fetch(file)? == bytes {
            true => Ok(()),
            false => Err(ShelfError::Altered(format!("`{}` holds other bytes", self.name))),
        }
    }

    fn fetch(&self, file: Digest) -> Result<Vec<u8>, ShelfError> {
        let held = self.ask(|bucket, kind| bucket.read(kind, file))?;
        let missing = || ShelfError::Gone(format!("`{}` does not have it", self.name));
        held.into_iter().next().ok_or_else(missing)
    }

    fn remove(&self, file: Digest) -> Result<(), ShelfError> {
        self.ask(|bucket, kind| bucket.remove(kind, file))
    }
}
