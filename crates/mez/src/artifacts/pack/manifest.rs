//! The manifest, written in canonical form piece by piece: that of 10^5 artifacts is too long to hold.

use canon::{Canonical, Digest, Hasher};
use proof::artifact::bundle::{Checksum, Source};
use proof::artifact::{Named, Report};
use serde::{Deserialize, Serialize};

use super::{PackError, REPORT_TYPE, Start, stats, untrue};

/// Bytes gathered before they go on.
const PIECE: usize = 64 * 1024;
/// What is between the members, or beside them.
const FORM: &str = "its form";

/// What the byte cap left out. This alone of the manifest is the packer's word.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cap {
    pub bytes_max: u64,
    /// `TYPE/DIGEST`, by type and digest.
    pub excluded: Vec<String>,
}

/// Where a manifest goes.
pub(super) trait Sink {
    /// Takes the next bytes, which belong to this member.
    fn put(&mut self, member: &'static str, bytes: &[u8]) -> Result<(), PackError>;
}

/// Writes the manifest of a walk over a bundle.
pub(super) fn write(
    report: &Report,
    start: &Start,
    cap: &Cap,
    to: &mut dyn Sink,
) -> Result<(), PackError> {
    let mut out = Out { to, member: FORM, held: Vec::with_capacity(PIECE + 1024) };
    out.member("{", "beyond_limit")?;
    out.list(report.beyond_limit.iter())?;
    out.member(",", "bundle")?;
    out.value(cap)?;
    out.member(",", "edges")?;
    out.edges(report)?;
    out.member(",", "missing")?;
    out.list(report.missing.iter())?;
    out.member(",", "options")?;
    out.value(&serde_json::json!({"limits": report.limits}))?;
    out.member(",", "resolved")?;
    out.resolved(report)?;
    out.member(",", "root")?;
    out.value(&start.told())?;
    out.member(",", "stats")?;
    out.value(&stats(report))?;
    out.member(",", "type")?;
    out.value(REPORT_TYPE)?;
    out.form("}")?;
    out.flush()
}

struct Out<'a> {
    to: &'a mut dyn Sink,
    member: &'static str,
    held: Vec<u8>,
}

impl Out<'_> {
    fn flush(&mut self) -> Result<(), PackError> {
        self.to.put(self.member, &self.held)?;
        self.held.clear();
        Ok(())
    }

    fn form(&mut self, text: &str) -> Result<(), PackError> {
        self.flush()?;
        self.member = FORM;
        self.text(text);
        Ok(())
    }

    /// Goes on with the value of a member.
    fn member(&mut self, before: &str, name: &'static str) -> Result<(), PackError> {
        self.form(before)?;
        for part in ["\"", name, "\":"] {
            self.text(part);
        }
        self.flush()?;
        self.member = name;
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.held.extend_from_slice(text.as_bytes());
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), PackError> {
        let canonical = Canonical::of(value).map_err(|refusal| untrue(&refusal))?;
        self.held.extend_from_slice(canonical.bytes());
        if self.held.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn list<T: Serialize>(&mut self, items: impl Iterator<Item = T>) -> Result<(), PackError> {
        self.text("[");
        for (at, item) in items.enumerate() {
            self.text(if at == 0 { "" } else { "," });
            self.value(&item)?;
        }
        self.text("]");
        Ok(())
    }

    fn edges(&mut self, report: &Report) -> Result<(), PackError> {
        self.text("[");
        for (at, edge) in report.edges().enumerate() {
            self.text(if at == 0 { "{" } else { ",{" });
            if let Some(from) = edge.from {
                self.text("\"from\":");
                self.node(from);
                self.text(",");
            }
            self.text("\"to\":");
            self.node(edge.to);
            self.text("}");
            if self.held.len() >= PIECE {
                self.flush()?;
            }
        }
        self.text("]");
        Ok(())
    }

    /// Types and digests are written without escapes.
    fn node(&mut self, node: Named<'_>) {
        self.text("{\"artifact_type\":\"");
        self.text(node.artifact_type.as_str());
        self.text("\",\"digest_sha256\":\"");
        self.digest(node.digest_sha256);
        self.text("\"}");
    }

    fn digest(&mut self, digest: Digest) {
        let mut hex = [0; 64];
        data_encoding::HEXLOWER.encode_mut(digest.as_bytes(), &mut hex);
        self.held.extend_from_slice(&hex);
    }

    fn resolved(&mut self, report: &Report) -> Result<(), PackError> {
        self.text("{");
        for (at, (node, length)) in report.resolved_by_name().into_iter().enumerate() {
            self.text(if at == 0 { "\"" } else { ",\"" });
            self.text(node.artifact_type.as_str());
            self.text("/");
            self.digest(node.digest_sha256);
            self.text("\":");
            self.text(&length.to_string());
            if self.held.len() >= PIECE {
                self.flush()?;
            }
        }
        self.text("}");
        Ok(())
    }
}

/// Takes nothing but the measure: checksum, length, digest.
pub(super) struct Measure {
    crc: Checksum,
    hasher: Hasher,
    pub length: u64,
}

impl Measure {
    pub(super) fn new() -> Self {
        Self { crc: Checksum::default(), hasher: Hasher::default(), length: 0 }
    }

    /// Checksum and digest.
    pub(super) fn finish(self) -> (u32, Digest) {
        (self.crc.finish(), self.hasher.finish())
    }
}

impl Sink for Measure {
    fn put(&mut self, _: &'static str, bytes: &[u8]) -> Result<(), PackError> {
        self.crc.add(bytes);
        self.hasher.add(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Takes only what is written in a file already.
pub(super) struct Compare<'a> {
    source: &'a (dyn Source + Sync),
    at: u64,
    end: u64,
    found: Vec<u8>,
    hasher: Hasher,
}

impl<'a> Compare<'a> {
    pub(super) fn new(source: &'a (dyn Source + Sync), (at, length): (u64, u64)) -> Self {
        Self { source, at, end: at + length, found: Vec::new(), hasher: Hasher::default() }
    }

    /// The digest, when nothing is left over.
    pub(super) fn finish(self) -> Result<Digest, PackError> {
        if self.at == self.end { Ok(self.hasher.finish()) } else { Err(differs(FORM)) }
    }
}

impl Sink for Compare<'_> {
    fn put(&mut self, member: &'static str, bytes: &[u8]) -> Result<(), PackError> {
        let next = self.at + bytes.len() as u64;
        if next > self.end {
            return Err(differs(member));
        }
        self.found.resize(bytes.len(), 0);
        self.source.read_at(self.at, &mut self.found)?;
        if self.found != bytes {
            return Err(differs(member));
        }
        self.hasher.add(bytes);
        self.at = next;
        Ok(())
    }
}

fn differs(member: &str) -> PackError {
    PackError::Manifest(format!("`{member}` differs from what is there"))
}
