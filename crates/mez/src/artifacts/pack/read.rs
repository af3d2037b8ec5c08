//! Reading: the container, a walk over what is in it, and the manifest that must come of it.

use std::collections::BTreeSet;

use canon::Digest;
use proof::ArtifactType;
use proof::artifact::bundle::{Directory, Source};
use proof::artifact::{BlobsGone, Limits, Looked, Node, Walk};
use serde::Deserialize;
use serde_json::Value;

use super::manifest::{self, Cap, Compare};
use super::{ATTESTATION, MANIFEST, PackError, Packed, README, README_TEXT, ROOT, Start};
use super::{attest, stats, untrue};
use crate::artifacts::zip::{self, Index};
use crate::artifacts::{ARTIFACT_MAX, walk};

/// Most bytes of a manifest before its edges: what is beyond a limit, and what the cap left out.
const HEAD_MAX: u64 = 16 * 1024 * 1024;
/// Most bytes of a manifest from its `root` on.
const TAIL_MAX: u64 = 16 * 1024;
/// Entries by which a bundle of a closure is known from one of a corridor.
const FIRST: usize = 4;

/// A bundle and what is known of where things lie in it.
struct Open<'a> {
    source: &'a (dyn Source + Sync),
    index: Index,
}

/// Whether a zip is the bundle of a closure, by the names of its first entries.
pub(crate) fn is_packed(source: &(dyn Source + Sync)) -> bool {
    let Ok(mut directory) = Directory::open(source) else { return false };
    for _ in 0..FIRST {
        let Ok(Some(record)) = directory.next() else { return false };
        if record.name().starts_with("artifacts/") || record.name() == ROOT {
            return true;
        }
    }
    false
}

/// Takes a bundle apart and checks all of it.
///
/// # Errors
/// For a container that is not canonical, an entry too many, or a manifest that is not true.
pub(crate) fn unpack(source: &(dyn Source + Sync)) -> Result<Packed, PackError> {
    let names = [ATTESTATION, MANIFEST, README, ROOT];
    let open = Open { source, index: Index::of(source, &names)? };
    let stated = open.index.other(MANIFEST).ok_or(PackError::Absent(MANIFEST))?;
    let start = open.start(stated)?;
    let look = |node: &Node| -> Result<_, PackError> { Ok((open.look(node)?, ())) };
    let walked = walk::walk(&start.document(), Limits::WIDE, look, &mut |()| ())?;
    open.check_extra(&start, &walked)?;
    let report = walked.report();
    drop(walked);
    if let Some(finding) = report.mismatch.first() {
        return Err(PackError::Invalid(finding.node.named().to_string()));
    }
    let cap = open.cap(stated)?;
    let excluded: BTreeSet<&str> = cap.excluded.iter().map(String::as_str).collect();
    if let Some((node, _)) = report
        .resolved()
        .find(|(node, _)| !excluded.is_empty() && excluded.contains(node.to_string().as_str()))
    {
        return Err(PackError::Manifest(format!("`bundle` excludes {node}, which is there")));
    }
    let mut compare = Compare::new(source, stated);
    manifest::write(&report, &start, &cap, &mut compare)?;
    let manifest = compare.finish()?;
    let mut attestation = None;
    if let Some(bytes) = open.other(ATTESTATION)? {
        let document = canon::parse_value(&bytes);
        let document = document.map_err(|refusal| PackError::Attestation(refusal.to_string()))?;
        attest::check(&document, manifest, &start.told(), stats(&report))?;
        attestation = Some(document);
    }
    Ok(Packed { length: source.length(), report, manifest, attestation })
}

impl Open<'_> {
    fn other(&self, name: &str) -> Result<Option<Vec<u8>>, PackError> {
        let Some(extent) = self.index.other(name) else { return Ok(None) };
        if extent.1 > canon::DOCUMENT_BYTES_MAX as u64 {
            return Err(PackError::Manifest(format!("`{name}` is too long")));
        }
        Ok(Some(zip::read(self.source, extent)?))
    }

    fn look(&self, node: &Node) -> Result<Looked, BlobsGone> {
        let (kind, digest) = (&node.artifact_type, node.digest_sha256);
        let Some(extent) = self.index.artifact(kind, digest) else { return Ok(Looked::Missing) };
        if extent.1 > ARTIFACT_MAX {
            let detail = format!("it is longer than {ARTIFACT_MAX} bytes");
            return Ok(Looked::Wrong { length: extent.1, detail });
        }
        Ok(Looked::at(kind, digest, &zip::read(self.source, extent)?))
    }

    /// Where the walk starts, by the manifest.
    fn start(&self, (at, length): (u64, u64)) -> Result<Start, PackError> {
        let untold = |detail: &str| PackError::Manifest(detail.to_owned());
        let tail = length.min(TAIL_MAX);
        let bytes = zip::read(self.source, (at + length - tail, tail))?;
        let begin = bytes.windows(ROOT_MEMBER.len()).rposition(|part| part == ROOT_MEMBER);
        let members = begin.and_then(|begin| bytes.get(begin + 1..));
        let members = [b"{", members.ok_or_else(|| untold("no `root`"))?].concat();
        let tree = canon::parse_value(&members).map_err(|refusal| untrue(&refusal))?;
        let root = tree.get("root").ok_or_else(|| untold("no `root`"))?;
        match root.get("mode").and_then(Value::as_str) {
            Some("file") => {
                let bytes = self.other(ROOT)?.ok_or(PackError::Absent(ROOT))?;
                let document = canon::parse_value(&bytes);
                let document = document.map_err(|refusal| untrue(&refusal))?;
                Ok(Start::Document(bytes, document))
            }
            Some("cas") => {
                let text = |name: &str| root.get(name).and_then(Value::as_str).unwrap_or_default();
                let kind = ArtifactType::parse(text("artifact_type"));
                let digest = Digest::from_hex(text("digest_sha256"));
                let (Ok(kind), Ok(digest)) = (kind, digest) else {
                    return Err(untold("`root` names no artifact"));
                };
                Ok(Start::Named(kind, digest))
            }
            _ => Err(untold("`root` has no mode known here")),
        }
    }

    /// What the manifest says of the cap: all that is taken from it.
    fn cap(&self, (at, length): (u64, u64)) -> Result<Cap, PackError> {
        #[derive(Deserialize)]
        struct Head {
            bundle: Cap,
        }
        let untold = || PackError::Manifest("no `bundle` before its `edges`".to_owned());
        let mut held = 64 * 1024;
        loop {
            let head = zip::read(self.source, (at, length.min(held)))?;
            if let Some(end) = head.windows(EDGES.len()).position(|part| part == EDGES) {
                let members = [head.get(..end).unwrap_or_default(), b"}"].concat();
                let head = serde_json::from_slice::<Head>(&members).map_err(|_| untold())?;
                return Ok(head.bundle);
            }
            if held >= length.min(HEAD_MAX) {
                return Err(untold());
            }
            held = held.saturating_mul(4);
        }
    }

    /// Everything there is reached, or one of the few entries that have a name of their own.
    fn check_extra(&self, start: &Start, walked: &Walk) -> Result<(), PackError> {
        if let Some(name) = &self.index.extra {
            return Err(PackError::Extra(name.clone()));
        }
        if let Some(text) = self.other(README)?
            && text != README_TEXT.as_bytes()
        {
            return Err(PackError::Extra(README.to_owned()));
        }
        if self.index.other(ROOT).is_some() && matches!(start, Start::Named(..)) {
            return Err(PackError::Extra(ROOT.to_owned()));
        }
        let unmet =
            |(kind, digest): &(&ArtifactType, Digest)| walked.number(kind, *digest).is_none();
        match self.index.artifacts().find(unmet) {
            None => Ok(()),
            Some((kind, digest)) => {
                Err(PackError::Extra(proof::artifact::artifact_path(kind, digest)))
            }
        }
    }
}

/// How the member `edges` begins; within a text no quote stands so.
const EDGES: &[u8] = b",\"edges\":";
/// How the member `root` begins.
const ROOT_MEMBER: &[u8] = b",\"root\":";
