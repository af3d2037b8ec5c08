//! Where the receipts of a lane come from: a file, a witness bundle, a zone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use canon::{Canonical, CorridorId, DOCUMENT_BYTES_MAX, Did, ZoneId};
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
    receipts: Receipts,
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
                sources.push(Self { name, length: None, receipts: Receipts::Lines(lines) });
                continue;
            }
            let opened = File::open(path).map_err(|error| Failure::io("read", path, &error))?;
            let length = opened.metadata().ok().map(|metadata| metadata.len());
            let mut lines = BufReader::new(opened);
            let start = lines.fill_buf().map_err(|error| Failure::io("read", path, &error))?;
            if start.starts_with(b"PK") {
                sources.extend(Self::bundle(path, trust, known)?);
            } else {
                let receipts = Receipts::Lines(Box::new(lines));
                sources.push(Self { name, length, receipts });
            }
        }
        Ok(sources)
    }

    fn bundle(path: &Path, trust: &[Did], known: &mut Vec<Known>) -> Result<Vec<Self>, Failure> {
        let name = path.display().to_string();
        let gone = |gone: BlobsGone| Failure::io("read", path, &std::io::Error::other(gone.0));
        let file = OnDisk::open(path).map_err(|error| Failure::io("read", path, &error))?;
        let (mut inceptions, mut lanes) = (Vec::new(), BTreeMap::<String, Vec<Extent>>::new());
        let mut note = |record: Record| {
            let extent = (record.content_start(), record.size());
            match lane_part(record.name()) {
                Some(LanePart::Inception) if inceptions.len() < ZONES_MAX => {
                    inceptions.push(extent)
                }
                Some(LanePart::Receipt(zone)) => match lanes.get_mut(zone) {
                    Some(lane) => lane.push(extent),
                    None => drop(lanes.insert(zone.to_owned(), vec![extent])),
                },
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
        let file = Arc::new(file);
        let lane = |(zone, extents): (String, Vec<Extent>)| Self {
            name: format!("{name}: {zone}"),
            length: Some(extents.iter().map(|extent| extent.1).sum()),
            receipts: Receipts::Packed(Arc::clone(&file), extents.into_iter()),
        };
        Ok(lanes.into_iter().map(lane).collect())
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
        Ok(Self { name, length: None, receipts: Receipts::Pages(pages) })
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
