//! Names of the entries of a witness bundle.

use canon::{Canonical, Digest, Refusal, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists every other entry with its digest; what the attestation signs.
pub(super) const MANIFEST: &str = "manifest.json";
/// The exporting party's signature over the manifest.
pub(super) const ATTESTATION: &str = "attestation.json";
/// How to read the bundle.
pub(super) const README: &str = "README.txt";
/// The definition, signed by both.
pub(crate) const DEFINITION: &str = "definition.json";
/// The activation, signed by both.
pub(super) const ACTIVATION: &str = "activation.json";

/// The entries that have one name in every bundle.
pub(super) const FIXED: [&str; 5] = [MANIFEST, ATTESTATION, README, DEFINITION, ACTIVATION];

/// The entries of a zone beside its lane.
pub(super) fn of_zone(zone: &ZoneId) -> [String; 3] {
    [inception(zone), keys(zone), agreement(zone)]
}

pub(super) fn inception(zone: &ZoneId) -> String {
    format!("inception/{zone}.json")
}

/// The zone's keys over time; only of a zone that rotated.
pub(super) fn keys(zone: &ZoneId) -> String {
    format!("keys/{zone}.json")
}

/// Where a zone's keys over time lie, and where its inception document does.
pub(crate) fn layout_of_keys(zone: &ZoneId) -> (String, String) {
    (keys(zone), inception(zone))
}

pub(crate) fn agreement(zone: &ZoneId) -> String {
    format!("agreement/{zone}.json")
}

pub(super) fn receipt(zone: &ZoneId, sequence: u64) -> String {
    format!("lanes/{zone}/{sequence:08}.receipt.json")
}

pub(super) fn payload(zone: &ZoneId, sequence: u64) -> String {
    format!("lanes/{zone}/{sequence:08}.payload.json")
}

pub(super) fn checkpoint(zone: &ZoneId, size: u64) -> String {
    format!("lanes/{zone}/{size:08}.checkpoint")
}

/// What an entry is to somebody who judges the lanes of a bundle alone; believed by nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LanePart<'a> {
    /// What a zone agreed to.
    Agreement,
    /// A zone's inception document, or its keys over time, which come after it.
    Inception,
    /// The payload of a receipt, of the lane of this name at this place.
    Payload(&'a str, u64),
    /// A receipt of the lane of this name; entries come in the order of their sequence.
    Receipt(&'a str),
}

/// What the entry at `path` is to a judge of lanes.
#[must_use]
pub fn lane_part(path: &str) -> Option<LanePart<'_>> {
    if path.starts_with("inception/") || path.starts_with("keys/") {
        return Some(LanePart::Inception);
    }
    if path.starts_with("agreement/") {
        return Some(LanePart::Agreement);
    }
    let (zone, name) = path.strip_prefix("lanes/")?.split_once('/')?;
    if let Some(sequence) = name.strip_suffix(".payload.json") {
        return Some(LanePart::Payload(zone, sequence.parse().ok()?));
    }
    name.ends_with(".receipt.json").then_some(LanePart::Receipt(zone))
}

pub(super) fn cut(index: usize) -> String {
    format!("cuts/{index:04}.json")
}

pub(super) const README_TEXT: &str = "Witness bundle of a corridor between two zones.\n\
Verify it with:  mez verify <this file> --trust <DID>,<DID>\n\
manifest.json lists every entry with its SHA-256; attestation.json signs the manifest.\n\
inception/ holds each zone's keys under its pinned DID, keys/ what replaced them since;\n\
definition, agreement/ and activation fix the genesis root; lanes/ holds every receipt with\n\
its C2SP checkpoint; cuts/ the co-signed checkpoints. Payloads that are not included are withheld, not missing: receipts commit to them.\n";

/// One entry of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// Path inside the bundle.
    pub path: String,
    /// SHA-256 of the entry's bytes.
    pub sha256: Digest,
}

impl ManifestEntry {
    /// The canonical bytes of an entry; a path in a bundle needs no escapes.
    pub(super) fn text(path: &str, sha256: Digest) -> Vec<u8> {
        format!("{{\"path\":\"{path}\",\"sha256\":\"{sha256}\"}}").into_bytes()
    }
}

/// The manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`Manifest::TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = Self::TYPE))]
    pub type_: String,
    /// Version of this layout: 1.
    #[schemars(extend("const" = Self::FORMAT))]
    pub format: u64,
    /// The corridor.
    pub corridor_id: canon::CorridorId,
    /// Both zones, by id.
    pub zones: Vec<ZoneId>,
    /// Every entry but the manifest and its attestation, by path.
    pub entries: Vec<ManifestEntry>,
}

impl Manifest {
    /// What is before and after the entries in canonical form: `{…"entries":[` and `]…}`.
    pub(super) fn around(&self) -> Result<[Vec<u8>; 2], Refusal> {
        let bare = Self { entries: Vec::new(), ..self.clone() };
        let text = Canonical::of(&bare)?.bytes().to_vec();
        // Ids and a corridor's name have no brackets.
        let at = text.iter().position(|byte| *byte == b'[').map_or(text.len(), |at| at + 1);
        let (head, tail) = text.split_at(at);
        Ok([head.to_vec(), tail.to_vec()])
    }

    /// Its canonical bytes, however many entries there are.
    pub(super) fn text(&self) -> Result<Vec<u8>, Refusal> {
        let [mut text, tail] = self.around()?;
        for (at, entry) in self.entries.iter().enumerate() {
            text.extend_from_slice(if at == 0 { b"" } else { b"," });
            text.extend_from_slice(&ManifestEntry::text(&entry.path, entry.sha256));
        }
        text.extend_from_slice(&tail);
        Ok(text)
    }

    /// Its `type`.
    pub const TYPE: &'static str = "MEZCorridorWitnessBundle";
    /// The only layout there is.
    pub const FORMAT: u64 = 1;
}

/// Subject of the attestation credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// SHA-256 of the manifest's canonical bytes.
    pub manifest_digest_sha256: Digest,
    /// Path of the manifest.
    pub manifest_path: String,
    /// The corridor.
    pub corridor_id: canon::CorridorId,
}

impl crate::documents::Subject for Attestation {
    const TYPE: &'static str = "MEZArtifactWitnessBundleCredential";
    const KIND: &'static str = "artifact-witness-bundle";
}
