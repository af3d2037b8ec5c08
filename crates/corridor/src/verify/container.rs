//! A bundle where it lies: checked whole once, then read entry by entry.
//!
//! Held are 32 bytes for an entry, and 16 for one of a lane or a cut; no content but the one at hand.
//! Invariant: what is handed out later has the digest it had when the container was checked.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Canonical, DOCUMENT_BYTES_MAX, Digest, Hasher, ZoneId};
use proof::artifact::BlobsGone;
use proof::artifact::bundle::{BundleError, Directory, Record, Source};
use serde_json::Value;

use super::judge::{Fault, Judged};
use super::layout;

/// Bytes read at once, where entries lie side by side.
const AHEAD: u64 = 256 * 1024;
/// Most bytes of an entry that are looked at: a document, and one byte for the rule to be broken by.
const LOOKED_AT: u64 = DOCUMENT_BYTES_MAX as u64 + 1;

/// Where a content lies, and the place of its entry among all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    at: u64,
    length: u32,
    rank: u32,
}

impl Extent {
    fn of(record: &Record, rank: usize) -> Self {
        // Sizes of entries have 32 bits, and their number has fewer.
        let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        Self { at: record.content_start(), length: small(record.size()), rank: small(rank as u64) }
    }

    pub(super) fn start(self) -> u64 {
        self.at
    }

    pub(super) fn length(self) -> u64 {
        u64::from(self.length)
    }
}

/// Part of a source, read ahead.
pub(super) struct Window<'s> {
    source: &'s dyn Source,
    held: Vec<u8>,
    from: u64,
}

impl<'s> Window<'s> {
    pub(super) fn new(source: &'s dyn Source) -> Self {
        Self { source, held: Vec::new(), from: 0 }
    }

    /// The bytes from `at` on.
    pub(super) fn bytes(&mut self, at: u64, length: u64) -> Result<&[u8], BlobsGone> {
        let end = self.from + self.held.len() as u64;
        if at < self.from || at + length > end {
            let ahead = length.max(AHEAD).min(self.source.length().saturating_sub(at));
            self.held.resize(usize::try_from(ahead).unwrap_or_default(), 0);
            self.source.read_at(at, &mut self.held)?;
            self.from = at;
        }
        let place = |at: u64| usize::try_from(at - self.from).unwrap_or(usize::MAX);
        let part = self.held.get(place(at)..place(at + length));
        part.ok_or_else(|| BlobsGone("it ends too early".to_owned()))
    }

    /// The digest of a content, its checksum and header checked.
    fn digest(&mut self, record: &Record) -> Result<Digest, BundleError> {
        if record.size() > AHEAD {
            let mut hasher = Hasher::default();
            record.stream(self.source, &mut |piece| hasher.add(piece))?;
            return Ok(hasher.finish());
        }
        let span = self.bytes(record.start(), record.end() - record.start())?;
        Ok(Digest::of_blob(record.content(span)?))
    }
}

/// The entries of one lane, as far as they follow each other.
#[derive(Default)]
pub(super) struct LaneIndex {
    /// Receipt `n` is the n-th.
    pub receipts: Vec<Extent>,
    /// The checkpoint of size `n + 1` is the n-th.
    pub notes: Vec<Extent>,
    /// Payloads by sequence, those that are there.
    payloads: Vec<(u64, Extent)>,
}

impl LaneIndex {
    fn note(&mut self, part: Part, extent: Extent) {
        match part {
            Part::Receipt(n) if n == self.receipts.len() as u64 => self.receipts.push(extent),
            Part::Checkpoint(n) if n == self.notes.len() as u64 + 1 => self.notes.push(extent),
            Part::Payload(n) => self.payloads.push((n, extent)),
            _ => {}
        }
    }

    pub(super) fn payload(&self, sequence: u64) -> Option<Extent> {
        let at = self.payloads.binary_search_by_key(&sequence, |(n, _)| *n).ok()?;
        self.payloads.get(at).map(|(_, extent)| *extent)
    }
}

/// An entry of a lane by its name.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Receipt(u64),
    Payload(u64),
    Checkpoint(u64),
}

/// Whose lane an entry is of, and what of it.
pub(super) fn part(path: &str) -> Option<(&str, Part)> {
    let (zone, name) = path.strip_prefix("lanes/")?.split_once('/')?;
    let (number, kind) = name.split_once('.')?;
    // So many as there can be entries have exactly eight digits.
    let digits = number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|_| digits)?;
    let part = match kind {
        "receipt.json" => Part::Receipt(number),
        "payload.json" => Part::Payload(number),
        "checkpoint" => Part::Checkpoint(number),
        _ => return None,
    };
    Some((zone, part))
}

/// A container that was checked whole.
pub(super) struct Opened<'s> {
    source: &'s dyn Source,
    /// SHA-256 of every content, in the order of the names.
    digests: Vec<Digest>,
    documents: BTreeMap<String, Extent>,
    cuts: BTreeMap<String, Extent>,
}

impl<'s> Opened<'s> {
    /// Checks a container, content by content.
    pub(super) fn open(source: &'s dyn Source) -> Judged<Self> {
        let mut opened =
            Self { source, digests: Vec::new(), documents: BTreeMap::new(), cuts: BTreeMap::new() };
        let mut window = Window::new(source);
        let mut directory = Directory::open(source).map_err(container)?;
        while let Some(record) = directory.next().map_err(container)? {
            let rank = opened.digests.len();
            opened.digests.push(window.digest(&record).map_err(container)?);
            if layout::FIXED.contains(&record.name()) {
                let extent = Extent::of(&record, rank);
                opened.documents.insert(record.name().to_owned(), extent);
            }
        }
        Ok(opened)
    }

    /// Every entry with its digest, in the order of their names.
    pub(super) fn each(&self, met: &mut dyn FnMut(&Record, Digest, usize)) -> Judged<()> {
        let mut directory = Directory::open(self.source).map_err(container)?;
        for (rank, digest) in self.digests.iter().enumerate() {
            let record = directory.next().map_err(container)?.ok_or_else(changed)?;
            met(&record, *digest, rank);
        }
        Ok(())
    }

    /// Finds the entries of these zones, and the cuts.
    pub(super) fn index(&mut self, zones: &[&ZoneId]) -> Judged<BTreeMap<String, LaneIndex>> {
        let mut lanes: BTreeMap<String, LaneIndex> =
            zones.iter().map(|zone| (zone.to_string(), LaneIndex::default())).collect();
        let wanted: BTreeSet<String> =
            zones.iter().flat_map(|zone| layout::of_zone(zone)).collect();
        let (mut documents, mut cuts) = (Vec::new(), BTreeMap::new());
        self.each(&mut |record, _, rank| {
            let (name, extent) = (record.name(), Extent::of(record, rank));
            if let Some((zone, part)) = part(name) {
                if let Some(lane) = lanes.get_mut(zone) {
                    lane.note(part, extent);
                }
            } else if name.starts_with("cuts/") {
                cuts.insert(name.to_owned(), extent);
            } else if wanted.contains(name) {
                documents.push((name.to_owned(), extent));
            }
        })?;
        self.documents.extend(documents);
        self.cuts = cuts;
        Ok(lanes)
    }

    /// A window on its bytes.
    pub(super) fn window(&self) -> Window<'s> {
        Window::new(self.source)
    }

    /// As much of a content as is looked at.
    pub(super) fn read<'w>(&self, window: &'w mut Window<'s>, extent: Extent) -> Judged<&'w [u8]> {
        let bytes = window.bytes(extent.at, extent.length().min(LOOKED_AT)).map_err(Fault::Gone)?;
        let known = self.digests.get(extent.rank as usize);
        let whole = bytes.len() as u64 == extent.length();
        if whole && known != Some(&Digest::of_blob(bytes)) {
            return Err(changed());
        }
        Ok(bytes)
    }

    /// The digest of a content.
    pub(super) fn digest(&self, extent: Extent) -> Option<Digest> {
        self.digests.get(extent.rank as usize).copied()
    }

    /// Where a document lies.
    pub(super) fn extent(&self, name: &str) -> Option<Extent> {
        self.documents.get(name).or_else(|| self.cuts.get(name)).copied()
    }

    /// A document that has to be there.
    pub(super) fn document(&self, name: &str) -> Judged<Value> {
        let missing = || Fault::Found("missing-entry", name.to_owned());
        let extent = self.extent(name).ok_or_else(missing)?;
        let mut window = self.window();
        let bytes = self.read(&mut window, extent)?;
        let canonical = Canonical::exact(bytes);
        let canonical = canonical.map_err(|e| Fault::Found("entry", format!("{name}: {e}")))?;
        Ok(canonical.value())
    }
}

fn container(error: BundleError) -> Fault {
    match error {
        BundleError::Gone(gone) => Fault::Gone(gone),
        error => Fault::Found("bundle", error.to_string()),
    }
}

/// A file that somebody writes to while it is judged is no file to judge.
fn changed() -> Fault {
    Fault::Gone(BlobsGone("it changed while it was read".to_owned()))
}
