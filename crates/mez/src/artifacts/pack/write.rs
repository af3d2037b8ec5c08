//! Packing: a walk over the roots into the spool, then out of the spool in the order of names.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use proof::artifact::bundle::{BUNDLE_MAX, Checksum, Writer};
use proof::artifact::{Limits, Named, Report, Walk, artifact_path};

use super::manifest::{self, Cap, Measure, Sink};
use super::spool::{Place, Spool};
use super::{
    ATTESTATION, Attester, MANIFEST, PackError, Packed, README, README_TEXT, ROOT, Start, stats,
};
use crate::artifacts::{Roots, walk};

/// Bytes gathered before they are written.
const PIECE: usize = 1024 * 1024;

/// What to pack.
pub(crate) struct Ask<'a> {
    /// Where the walk starts.
    pub start: &'a Start,
    /// Where artifacts are looked for.
    pub roots: &'a Roots<'a>,
    /// Most bytes of artifacts.
    pub bytes_max: u64,
    /// Who vouches for the bundle.
    pub attester: Option<Attester<'a>>,
}

/// Packs everything that is asked for into a new file.
///
/// # Errors
/// For wrong bytes in the roots, a root that does not answer, or a bundle above the format's limits;
/// no file is left then.
pub(crate) fn pack(ask: &Ask<'_>, out: &Path) -> Result<Packed, PackError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(out)?;
    let packed = pack_into(ask, file, out);
    if packed.is_err() {
        // Ours alone: it did not exist before.
        let _ = std::fs::remove_file(out);
    }
    packed
}

fn pack_into(ask: &Ask<'_>, file: File, out: &Path) -> Result<Packed, PackError> {
    let spool = Spool::beside(out)?;
    let bytes_max = usize::try_from(ask.bytes_max.min(BUNDLE_MAX)).unwrap_or(usize::MAX);
    let limits = Limits { bytes_max: bytes_max.max(Limits::default().bytes_max), ..Limits::WIDE };
    let mut places: Vec<Place> = Vec::new();
    let look = |node: &proof::artifact::Node| -> Result<_, PackError> {
        let (looked, bytes) = ask.roots.look(node)?;
        Ok((looked, spool.put(&bytes)?))
    };
    let mut keep = |place| places.push(place);
    let walked = walk::walk(&ask.start.document(), limits, look, &mut keep)?;
    let (walked, report, cap) = capped(ask, walked)?;
    let directory = Spool::beside(out)?;
    let mut into = Into {
        file,
        writer: Writer::default(),
        held: Vec::with_capacity(PIECE),
        directory: &directory,
        parts: Vec::new(),
    };
    into.entry(README, README_TEXT.as_bytes())?;
    for (node, _) in report.resolved_by_name() {
        let number = walked.number(node.artifact_type, node.digest_sha256);
        let place = number.and_then(|number| places.get(number)).copied();
        let place = place.ok_or_else(|| PackError::Invalid(node.to_string()))?;
        into.artifact(node, place, &spool)?;
    }
    let mut measure = Measure::new();
    manifest::write(&report, ask.start, &cap, &mut measure)?;
    let length = measure.length;
    let (crc, digest) = measure.finish();
    let mut attestation = None;
    if let Some(attester) = &ask.attester {
        let document = attester.attest(digest, &ask.start.told(), stats(&report))?;
        into.entry(ATTESTATION, document.bytes())?;
        attestation = Some(document.value());
    }
    into.header(MANIFEST, crc, length)?;
    manifest::write(&report, ask.start, &cap, &mut into)?;
    if let Start::Document(bytes, _) = ask.start {
        into.entry(ROOT, bytes)?;
    }
    let length = into.finish(out)?;
    Ok(Packed { length, report, manifest: digest, attestation })
}

/// What of a walk goes into the bundle: no wrong bytes, and no more than the cap allows.
fn capped(ask: &Ask<'_>, walked: Walk) -> Result<(Walk, Report, Cap), PackError> {
    let report = walked.report();
    let wrong = report.mismatch.iter().map(|finding| &finding.node).chain(&report.cycle).next();
    if let Some(node) = wrong {
        return Err(PackError::Invalid(node.named().to_string()));
    }
    let (mut excluded, mut total) = (Vec::new(), 0u64);
    for (node, length) in report.resolved() {
        if total.saturating_add(length) > ask.bytes_max {
            excluded.push(node);
        } else {
            total = total.saturating_add(length);
        }
    }
    let names = excluded.iter().map(ToString::to_string).collect();
    let cap = Cap { bytes_max: ask.bytes_max, excluded: names };
    if excluded.is_empty() && report.beyond_limit.is_empty() {
        return Ok((walked, report, cap));
    }
    // What only an excluded artifact leads to is out of reach. The list is in the nodes' order.
    let left_out = |node: Named<'_>| excluded.binary_search(&node).is_ok();
    let again = walked.without(Limits::WIDE, &left_out).report();
    Ok((walked, again, cap))
}

/// The file, and what waits to be written to it.
struct Into<'a> {
    file: File,
    writer: Writer,
    held: Vec<u8>,
    /// The directory so far, which comes last.
    directory: &'a Spool,
    parts: Vec<Place>,
}

impl Into<'_> {
    fn header(&mut self, name: &str, crc: u32, length: u64) -> Result<(), PackError> {
        self.writer.header(name, crc, length, &mut self.held)?;
        if let Some(part) = self.writer.take_directory(PIECE) {
            self.parts.push(self.directory.put(&part)?);
        }
        Ok(())
    }

    fn entry(&mut self, name: &str, content: &[u8]) -> Result<(), PackError> {
        self.header(name, Checksum::of(content), content.len() as u64)?;
        self.held.extend_from_slice(content);
        self.flush(PIECE)
    }

    fn artifact(&mut self, node: Named<'_>, place: Place, spool: &Spool) -> Result<(), PackError> {
        let name = artifact_path(node.artifact_type, node.digest_sha256);
        self.header(&name, place.crc, place.length)?;
        self.copy(spool, place)
    }

    fn copy(&mut self, spool: &Spool, place: Place) -> Result<(), PackError> {
        let (mut at, end) = (place.at, place.at + place.length);
        while at < end {
            let before = self.held.len();
            let length = (end - at).min(PIECE as u64);
            self.held.resize(before + usize::try_from(length).unwrap_or_default(), 0);
            spool.read(at, self.held.get_mut(before..).unwrap_or_default())?;
            at += length;
            self.flush(PIECE)?;
        }
        Ok(())
    }

    fn flush(&mut self, from: usize) -> Result<(), PackError> {
        if self.held.len() >= from {
            self.file.write_all(&self.held)?;
            self.held.clear();
        }
        Ok(())
    }

    /// Writes the end, and makes all of it durable; bytes in all.
    fn finish(mut self, out: &Path) -> Result<u64, PackError> {
        for place in std::mem::take(&mut self.parts) {
            self.copy(self.directory, place)?;
        }
        self.flush(0)?;
        self.file.write_all(&std::mem::take(&mut self.writer).finish())?;
        self.file.sync_all()?;
        let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(self.file.metadata()?.len())
    }
}

impl Sink for Into<'_> {
    fn put(&mut self, _: &'static str, bytes: &[u8]) -> Result<(), PackError> {
        self.held.extend_from_slice(bytes);
        self.flush(PIECE)
    }
}
