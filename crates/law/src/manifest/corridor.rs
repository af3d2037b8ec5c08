//! Corridor templates: what kind of channel two zones may agree on.

use canon::Digest;

use super::{document, version};
use crate::files::Problems;
use crate::yaml::{Node, Reader};

/// A template under `corridors/<id>/corridor.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorridorTemplate {
    /// Its id, e.g. `swift.iso20022-cross-border`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its kind, e.g. `swift`.
    pub kind: String,
    /// `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// How value settles, where the template says; told to both ends, enforced by neither.
    pub settlement: Option<String>,
    /// What each end is to have attested, as named by the template; the packs decide what is asked.
    pub attestations: Vec<String>,
    /// Who is turned to in a dispute, in order.
    pub escalation: Vec<String>,
    /// Currency codes it carries; empty means any.
    pub currencies: Vec<String>,
    /// SHA-256 of the canonical model of the file.
    pub digest: Digest,
}

impl CorridorTemplate {
    /// Read a template.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let (template, digest) = document(path, bytes, read)?;
        Ok(Self { digest, ..template })
    }
}

fn read(reader: &mut Reader<'_>, node: &Node) -> Option<CorridorTemplate> {
    const KEYS: [&str; 9] = [
        "corridor_id",
        "title",
        "kind",
        "version",
        "description",
        "currencies",
        "settlement",
        "attestations",
        "escalation",
    ];
    let map = reader.map(node, Some(&KEYS))?;
    let id = reader.need_text(map, "corridor_id");
    let title = reader.need_text(map, "title");
    let kind = reader.need_text(map, "kind");
    let version = reader.need_as(map, "version", version);
    let parse = |text: &str| canon::Currency::parse(text).map(|c| c.code().to_owned());
    let currencies = reader.list_as(map, "currencies", parse);
    let settlement = reader.maybe_text(map, "settlement");
    let attestations = reader.texts(map, "attestations");
    let escalation = reader.texts(map, "escalation");
    let digest = Digest::from_bytes([0; 32]);
    let (id, title, kind, version) = (id?, title?, kind?, version?);
    Some(CorridorTemplate {
        id,
        title,
        kind,
        version,
        settlement,
        attestations,
        escalation,
        currencies,
        digest,
    })
}
