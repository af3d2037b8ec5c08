//! Where the receipts of a lane come from: a file, a witness bundle, a zone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use canon::{Canonical, CorridorId, DOCUMENT_BYTES_MAX, Did, ZoneId};
use corridor::handshake::Rules;
use corridor::verify::{Known, LanePart, lane_part};
use proof::artifact::BlobsGone;
use proof::artifact::bundle::Record;

use crate::artifacts::zip::{self, Extent, OnDisk};
use crate::cli::remote::{Pages, Target};
use crate::cli::verify::zones;
use crate::cli::{Context, Exit, Failure, file};

/// Longest line read: a receipt, the newline, and one byte more for the rule to be broken by.
const LINE_MAX: u64 = DOCUMENT_BYTES_MAX as u64 + 2;

/// Most inception documents taken from one bundle; a corridor has two.
const ZONES_MAX: usize = 16;

/// The receipts of one lane, in the order they come.
pub(super) struct Source {
    /// What it is called in the answer.
    pub name: String,
    /// Bytes in all, where that is known.
    pub length: Option<u64>,
    /// Thresholds it was agreed under, as its bundle states them.
    pub told: Vec<Rules>,
    receipts: Receipts,
    payloads: BTreeMap<u64, Extent>,
}

/// What a bundle holds of one lane.
#[derive(Default)]
struct Packed {
    receipts: Vec<Extent>,
    payloads: BTreeMap<u64, Extent>,
}

enum Receipts {
    Lines(Box<dyn BufRead>),
    Packed(Arc<OnDisk>, std::vec::IntoIter<Extent>),
    Pages(Pages),
}

impl Source {
    /// The lanes of all files; a bundle has two, and brings the zones they are of.
    pub(super) fn files(
        paths: &[PathBuf],
        trust: &[Did],
        known: &mut Vec<Known>,
    ) -> Result<Vec<Self>, Failure> {
        let mut sources = Vec::new();
        for path in paths {
            let name = path.display().to_string();
            if path == Path::new(file::STDIN) {
                let lines = Box::new(BufReader::new(std::io::stdin()));
                sources.push(Self::bare(name, None, Receipts::Lines(lines)));
                continue;
            }
            let opened = File::open(path).map_err(|error| Failure::io("read", path, &error))?;
            let length = opened.metadata().ok().map(|metadata| metadata.len());
            let mut lines = BufReader::new(opened);
            let start = lines.fill_buf().map_err(|error| Failure::io("read", path, &error))?;
            if start.starts_with(b"PK") {
                sources.extend(Self::bundle(path, trust, known)?);
            } else {
                sources.push(Self::bare(name, length, Receipts::Lines(Box::new(lines))));
            }
        }
        Ok(sources)
    }

    /// Receipts that bring nothing along.
    fn bare(name: String, length: Option<u64>, receipts: Receipts) -> Self {
        Self { name, length, told: Vec::new(), receipts, payloads: BTreeMap::new() }
    }

    fn bundle(path: &Path, trust: &[Did], known: &mut Vec<Known>) -> Result<Vec<Self>, Failure> {
        let name = path.display().to_string();
        let gone = |gone: BlobsGone| Failure::io("read", path, &std::io::Error::other(gone.0));
        let file = OnDisk::open(path).map_err(|error| Failure::io("read", path, &error))?;
        let (mut inceptions, mut agreements) = (Vec::new(), Vec::new());
        let mut lanes = BTreeMap::<String, Packed>::new();
        let mut note = |record: Record| {
            let extent = (record.content_start(), record.size());
            match lane_part(record.name()) {
                Some(LanePart::Inception) if inceptions.len() < ZONES_MAX => {
                    inceptions.push(extent)
                }
                Some(LanePart::Agreement) if agreements.len() < ZONES_MAX => {
                    agreements.push(extent)
                }
                Some(LanePart::Receipt(zone)) => of(&mut lanes, zone).receipts.push(extent),
                Some(LanePart::Payload(zone, sequence)) => {
                    of(&mut lanes, zone).payloads.insert(sequence, extent);
                }
                _ => {}
            }
        };
        zip::scan(&file, &mut note).map_err(|error| {
            let what = format!("`{name}` is not a witness bundle");
            Failure::new(Exit::Invalid, "bundle", what, "export it again").because(&error)
        })?;
        // The keys over time of a zone count before its inception alone.
        for extent in inceptions.into_iter().rev() {
            let bytes = zip::read(&file, shortened(extent)).map_err(gone)?;
            if let Ok(document) = Canonical::exact(&bytes) {
                known.push(zones::of_document(&name, &document.value(), trust)?);
            }
        }
        let mut told = Vec::new();
        for extent in agreements {
            let bytes = zip::read(&file, shortened(extent)).map_err(gone)?;
            // One that cannot be read states nothing; whether it had to is for the lane to say.
            let document = Canonical::exact(&bytes).ok().map(|document| document.value());
            told.extend(document.and_then(|document| Rules::stated(&document).ok()));
        }
        let file = Arc::new(file);
        // A lane is there by its receipts; a payload alone is none.
        let lanes = lanes.into_iter().filter(|(_, lane)| !lane.receipts.is_empty());
        let lane = |(zone, Packed { receipts, payloads }): (String, Packed)| Self {
            name: format!("{name}: {zone}"),
            length: Some(receipts.iter().map(|extent| extent.1).sum()),
            told: told.clone(),
            receipts: Receipts::Packed(Arc::clone(&file), receipts.into_iter()),
            payloads,
        };
        Ok(lanes.map(lane).collect())
    }

    /// The lane of a corridor as a zone holds it.
    pub(super) fn zone(
        target: &Target,
        corridor: &CorridorId,
        lane: Option<&ZoneId>,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let pages = Pages::of(target, corridor, lane, context)?;
        let name = pages.url().to_owned();
        Ok(Self::bare(name, None, Receipts::Pages(pages)))
    }

    /// The thresholds an amendment opens, where its payload is at hand. The lane names them by digest.
    pub(super) fn amended(&self, sequence: u64) -> Option<Rules> {
        let Receipts::Packed(file, _) = &self.receipts else { return None };
        let extent = self.payloads.get(&sequence)?;
        let bytes = zip::read(file.as_ref(), shortened(*extent)).ok()?;
        let document = Canonical::exact(&bytes).ok()?.value();
        Rules::stated(document.get("payload")?).ok()
    }

    /// Up to `most` receipts more; fewer where the lane ends.
    pub(super) fn block(&mut self, most: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let mut block = Vec::with_capacity(most.min(1024));
        while block.len() < most {
            match self.receipts.next(&self.name)? {
                Some(receipt) => block.push(receipt),
                None => break,
            }
        }
        Ok(block)
    }
}

impl Receipts {
    fn next(&mut self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Packed(file, extents) => {
                let read = extents.next().map(|extent| zip::read(file.as_ref(), shortened(extent)));
                let gone = |gone: BlobsGone| std::io::Error::other(gone.0);
                let read = read.transpose().map_err(gone);
                read.map_err(|error| Failure::io("read", Path::new(name), &error))
            }
            Self::Lines(lines) => {
                line(lines.as_mut()).map_err(|error| Failure::io("read", Path::new(name), &error))
            }
            Self::Pages(pages) => pages.next(),
        }
    }
}

fn of<'a>(lanes: &'a mut BTreeMap<String, Packed>, zone: &str) -> &'a mut Packed {
    lanes.entry(zone.to_owned()).or_default()
}

/// What is read of an entry: no more than a receipt, and one byte for the rule to be broken by.
fn shortened((at, length): Extent) -> Extent {
    (at, length.min(LINE_MAX))
}

/// One line without its newline; an empty last line is none.
fn line(lines: &mut dyn BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    lines.take(LINE_MAX).read_until(b'\n', &mut bytes)?;
    let ended = bytes.is_empty();
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok((!ended).then_some(bytes))
}
