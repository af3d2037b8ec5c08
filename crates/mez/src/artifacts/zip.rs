//! A bundle where it lies, read from the first entry to the last and never held.
//!
//! Invariant: [`scan`] returns well only when the whole container was canonical.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use canon::Digest;
use proof::ArtifactType;
use proof::artifact::BlobsGone;
use proof::artifact::bundle::{BundleError, Directory, Record, Source};

use super::threads;

/// Most entries checked at once.
const BATCH: usize = 4096;
/// Most bytes checked at once; a longer entry goes through in pieces.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;

/// A file.
pub(crate) struct OnDisk {
    file: File,
    length: u64,
}

impl OnDisk {
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }
}

impl Source for OnDisk {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> Result<(), BlobsGone> {
        self.file.read_exact_at(into, at).map_err(|error| BlobsGone(error.to_string()))
    }
}

/// What came over standard input.
pub(crate) struct Held<'a>(pub(crate) &'a [u8]);

impl Source for Held<'_> {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> Result<(), BlobsGone> {
        self.0.read_at(at, into)
    }
}

/// Checks a container whole, and hands out its entries in the order of their names.
pub(crate) fn scan(
    source: &(dyn Source + Sync),
    met: &mut dyn FnMut(Record),
) -> Result<(), BundleError> {
    let mut directory = Directory::open(source)?;
    loop {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Some(record) = directory.next()? else { break };
            bytes += record.end() - record.start();
            batch.push(record);
        }
        if batch.is_empty() {
            return Ok(());
        }
        for checked in threads::parts(&batch, |part| check(source, part)) {
            checked?;
        }
        batch.into_iter().for_each(&mut *met);
    }
}

/// Checks entries that lie side by side.
fn check(source: &(dyn Source + Sync), part: &[Record]) -> Result<(), BundleError> {
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return Ok(()) };
    let length = last.end() - first.start();
    if length > 2 * BATCH_BYTES {
        return part.iter().try_for_each(|record| record.stream(source, &mut |_| ()));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    source.read_at(first.start(), &mut bytes)?;
    let place = |at: u64| usize::try_from(at - first.start()).unwrap_or(usize::MAX);
    part.iter().try_for_each(|record| {
        let span = bytes.get(place(record.start())..place(record.end()));
        record.content(span.unwrap_or_default()).map(drop)
    })
}

/// A content by its place in the file and its length.
pub(crate) type Extent = (u64, u64);

/// Where everything in a bundle lies: about 50 bytes for an artifact.
#[derive(Default)]
pub(super) struct Index {
    artifacts: BTreeMap<ArtifactType, Vec<(Digest, u64, u32)>>,
    /// The entries asked for by name.
    others: BTreeMap<&'static str, Extent>,
    /// The first entry that is neither.
    pub(super) extra: Option<String>,
}

impl Index {
    /// Checks the container and notes its artifacts and the entries of these names.
    pub(super) fn of(
        source: &(dyn Source + Sync),
        names: &[&'static str],
    ) -> Result<Self, BundleError> {
        let mut index = Self::default();
        scan(source, &mut |record| index.note(&record, names))?;
        Ok(index)
    }

    fn note(&mut self, record: &Record, names: &[&'static str]) {
        let at = record.content_start();
        if let Some((kind, digest)) = artifact(record.name()) {
            // Sizes of entries have 32 bits.
            let size = u32::try_from(record.size()).unwrap_or(u32::MAX);
            self.artifacts.entry(kind).or_default().push((digest, at, size));
        } else if let Some(name) = names.iter().find(|name| **name == record.name()) {
            self.others.insert(name, (at, record.size()));
        } else {
            self.extra.get_or_insert_with(|| record.name().to_owned());
        }
    }

    /// Where an artifact lies.
    pub(super) fn artifact(&self, kind: &ArtifactType, digest: Digest) -> Option<Extent> {
        let held = self.artifacts.get(kind)?;
        // Entries come by name, so those of one type come by digest.
        let at = held.binary_search_by(|entry| entry.0.cmp(&digest)).ok()?;
        held.get(at).map(|(_, at, size)| (*at, u64::from(*size)))
    }

    /// Every artifact by name.
    pub(super) fn artifacts(&self) -> impl Iterator<Item = (&ArtifactType, Digest)> {
        self.artifacts.iter().flat_map(|(kind, held)| held.iter().map(move |entry| (kind, entry.0)))
    }

    /// Where another entry lies.
    pub(super) fn other(&self, name: &str) -> Option<Extent> {
        self.others.get(name).copied()
    }
}

/// The artifact an entry is named after.
fn artifact(name: &str) -> Option<(ArtifactType, Digest)> {
    let (kind, digest) = name.strip_prefix("artifacts/")?.split_once('/')?;
    Some((ArtifactType::parse(kind).ok()?, Digest::from_hex(digest).ok()?))
}

/// The bytes at a place.
pub(crate) fn read(source: &dyn Source, (at, length): Extent) -> Result<Vec<u8>, BlobsGone> {
    let too_long = |_| BlobsGone("too long to be held".to_owned());
    let mut bytes = vec![0; usize::try_from(length).map_err(too_long)?];
    source.read_at(at, &mut bytes)?;
    Ok(bytes)
}
