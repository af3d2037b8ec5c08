//! Writing a witness bundle.

use std::collections::BTreeMap;

use canon::{Canonical, CorridorId, Digest, Refusal, Timestamp};
use proof::artifact::{Bundle, BundleError};
use proof::{KeyHistory, Signer};
use serde_json::Value;

use super::history::History;
use super::layout::{self, Attestation, Manifest, ManifestEntry};
use crate::documents::{self, DocumentError};
use crate::lane::LaneReceipt;
use crate::party::Party;

/// A bundle that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// A document has no canonical form.
    #[error("a document cannot be written: {0}")]
    Shape(#[from] Refusal),
    /// Rotations of a zone without its inception.
    #[error("a zone's keys cannot be written without its inception document")]
    NoInception,
    /// The container.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The attestation.
    #[error(transparent)]
    Attest(#[from] DocumentError),
}

/// Write a corridor's history as a bundle, attested by one of its parties.
///
/// The same history, time and signer give the same bytes. Only public payloads are included unless
/// `disclose` is set.
///
/// # Errors
/// When the history does not fit a bundle or the signer does not sign.
pub fn assemble(
    corridor_id: &CorridorId,
    history: &History,
    disclose: bool,
    here: &Party,
    (now, assertion_here): (Timestamp, &dyn Signer),
) -> Result<Vec<u8>, AssembleError> {
    let mut entries = BTreeMap::new();
    let mut put = |path: String, document: &Value| -> Result<(), Refusal> {
        entries.insert(path, Canonical::of_value(document)?.bytes().to_vec());
        Ok(())
    };
    for (zone, document) in &history.inceptions {
        put(layout::inception(zone), document)?;
    }
    for (zone, rotations) in history.rotations.iter().filter(|(_, all)| !all.is_empty()) {
        let inception = history.inceptions.iter().find(|(of, _)| of == zone);
        let (_, inception) = inception.ok_or(AssembleError::NoInception)?;
        put(layout::keys(zone), &KeyHistory::document(inception, rotations)?.value())?;
    }
    for (zone, document) in &history.agreements {
        put(layout::agreement(zone), document)?;
    }
    put(layout::DEFINITION.to_owned(), &history.definition)?;
    put(layout::ACTIVATION.to_owned(), &history.activation)?;
    for (index, cut) in history.cuts.iter().enumerate() {
        put(layout::cut(index), &cut.document)?;
    }
    entries.insert(layout::README.to_owned(), layout::README_TEXT.as_bytes().to_vec());
    put_lanes(history, disclose, &mut entries)?;
    let mut zones: Vec<_> = history.inceptions.iter().map(|(zone, _)| zone.clone()).collect();
    zones.sort();
    let manifest = Manifest {
        type_: Manifest::TYPE.to_owned(),
        format: Manifest::FORMAT,
        corridor_id: corridor_id.clone(),
        zones,
        entries: entries
            .iter()
            .map(|(path, bytes)| ManifestEntry {
                path: path.clone(),
                sha256: Digest::of_blob(bytes),
            })
            .collect(),
    };
    let manifest = manifest.text()?;
    let attestation = Attestation {
        manifest_digest_sha256: Digest::of_blob(&manifest),
        manifest_path: layout::MANIFEST.to_owned(),
        corridor_id: corridor_id.clone(),
    };
    let draft = documents::draft(corridor_id.as_str(), here.did(), now, attestation)?;
    let attestation = documents::sign(draft, now, assertion_here)?;
    let attestation = Canonical::of_value(&attestation)?;
    entries.insert(layout::MANIFEST.to_owned(), manifest);
    entries.insert(layout::ATTESTATION.to_owned(), attestation.bytes().to_vec());
    Ok(Bundle::write(&entries)?)
}

fn put_lanes(
    history: &History,
    disclose: bool,
    entries: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), Refusal> {
    for lane in &history.lanes {
        for (sequence, item) in (0u64..).zip(&lane.items) {
            entries.insert(layout::receipt(&lane.zone_id, sequence), item.receipt.clone());
            // Every size has its note, so any cut can be checked against it.
            let note = layout::checkpoint(&lane.zone_id, sequence + 1);
            entries.insert(note, item.checkpoint.clone());
            let receipt: LaneReceipt = Canonical::exact(&item.receipt)?.read()?;
            let public = disclose || receipt.transition.kind.payload_is_public();
            if let Some(payload) = item.payload.as_ref().filter(|_| public) {
                let bytes = Canonical::of(payload)?.bytes().to_vec();
                entries.insert(layout::payload(&lane.zone_id, sequence), bytes);
            }
        }
    }
    Ok(())
}
