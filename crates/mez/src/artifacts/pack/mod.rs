//! The witness bundle of a closure: everything a document refers to, with a manifest of it.
//!
//! `manifest.json` is the report of a walk over the bundle itself, `root/document.json` the document
//! (where the walk starts from one), `artifacts/<type>/<digest>` each artifact, `README.txt` a word to
//! people, `attestation.json` a credential over the manifest's digest, where somebody vouches for it.
//! What did not fit under the cap is named in the manifest and missing like anything else.
//!
//! Invariant: a bundle is read only if a walk over it gives its manifest again, byte for byte, and
//! meets every entry. So nothing lies in it that the manifest does not say, nor the other way round.
//! Neither side holds it: both go through it piece by piece.

mod attest;
mod manifest;
mod read;
mod spool;
mod write;

use canon::{Digest, Refusal};
use proof::ArtifactType;
use proof::artifact::{ArtifactRef, BlobsGone, BundleError, Report};
use proof::credential::{IssueError, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::RootError;

pub(crate) use attest::Attester;
pub(crate) use read::{is_packed, unpack};
pub(crate) use write::{Ask, pack};

/// The `type` of a report.
pub(crate) const REPORT_TYPE: &str = "MEZArtifactGraphVerifyReport";
const ATTESTATION: &str = "attestation.json";
const MANIFEST: &str = "manifest.json";
const README: &str = "README.txt";
const ROOT: &str = "root/document.json";
const README_TEXT: &str = "A document or artifact with everything it refers to, each file named by its digest.\n\
    manifest.json says what is here and what is missing. To check all of it, offline:\n\n    \
    mez artifact graph verify --bundle THIS-FILE\n";

/// Where a walk starts.
pub(crate) enum Start {
    /// A document, with its bytes.
    Document(Vec<u8>, Value),
    /// An artifact by name.
    Named(ArtifactType, Digest),
}

/// Why a bundle is not packed, or not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    /// A root does not answer.
    #[error(transparent)]
    Root(#[from] RootError),
    /// A place of artifacts does not answer.
    #[error(transparent)]
    Gone(#[from] BlobsGone),
    /// The container is not canonical, or would be too large.
    #[error(transparent)]
    Container(#[from] BundleError),
    /// Wrong bytes, or a cycle, where it is packed from.
    #[error("{0} is not what it is called, or refers to itself")]
    Invalid(String),
    /// An entry that must be there is not.
    #[error("the bundle has no `{0}`")]
    Absent(&'static str),
    /// An entry that nothing leads to.
    #[error("nothing in the bundle refers to its entry `{0}`")]
    Extra(String),
    /// The manifest is no report, or says otherwise than the bundle.
    #[error("the manifest is not true of the bundle: {0}")]
    Manifest(String),
    /// The attestation vouches for something else.
    #[error("the attestation is not of this bundle: {0}")]
    Attestation(String),
    /// The attestation was not signed.
    #[error("the bundle was not attested")]
    Attest(#[from] IssueError),
    /// The bundle cannot be written.
    #[error("the bundle cannot be written")]
    Write(#[from] std::io::Error),
}

/// A bundle that was packed or read, and the report of a walk over it.
pub(crate) struct Packed {
    /// Bytes of the zip.
    pub(crate) length: u64,
    /// What a walk over it finds.
    pub(crate) report: Report,
    /// Digest of the manifest: what an attestation of the bundle is over.
    pub(crate) manifest: Digest,
    /// The credential of whoever vouches for it; its signature is not judged here.
    pub(crate) attestation: Option<Value>,
}

impl Start {
    /// The document the walk starts from.
    pub(crate) fn document(&self) -> Value {
        match self {
            Self::Document(_, document) => document.clone(),
            // A document that refers to the artifact and says nothing else.
            Self::Named(kind, digest) => json!(ArtifactRef::new(kind.clone(), *digest)),
        }
    }

    /// How a report names it.
    pub(crate) fn told(&self) -> Root {
        match self {
            Self::Document(bytes, _) => {
                Root::File { path: ROOT.to_owned(), sha256: Digest::of_blob(bytes) }
            }
            Self::Named(kind, digest) => {
                Root::Cas { artifact_type: kind.clone(), digest_sha256: *digest }
            }
        }
    }
}

/// Where a walk started, as a report names it.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "lowercase")]
#[schemars(deny_unknown_fields)]
pub(crate) enum Root {
    /// An artifact by name.
    Cas {
        /// Its type.
        artifact_type: ArtifactType,
        /// Its digest.
        digest_sha256: Digest,
    },
    /// A document.
    File {
        /// Where a bundle holds it.
        path: String,
        /// Its digest.
        sha256: Digest,
    },
}

/// The counts of a report.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Stats {
    /// Artifacts that are not what they are called.
    digest_mismatch_total: u64,
    /// References.
    edges_total: u64,
    /// Depth of the deepest artifact reached.
    max_depth_seen: u64,
    /// Artifacts not at hand.
    missing_total: u64,
    /// Artifacts named by any reference.
    nodes_total: u64,
}

/// Missing or beyond a limit is UNKNOWN, wrong bytes or a cycle INVALID.
pub(crate) fn verdict(report: &Report) -> Verdict {
    if !report.mismatch.is_empty() || !report.cycle.is_empty() {
        Verdict::Invalid
    } else if report.complete() {
        Verdict::Valid
    } else {
        Verdict::Unknown
    }
}

/// The counts of a report.
pub(crate) fn stats(report: &Report) -> Stats {
    Stats {
        digest_mismatch_total: report.mismatch.len() as u64,
        edges_total: report.edges_total() as u64,
        max_depth_seen: report.max_depth_seen as u64,
        missing_total: report.missing.len() as u64,
        nodes_total: report.nodes_total() as u64,
    }
}

fn untrue(refusal: &Refusal) -> PackError {
    PackError::Manifest(refusal.to_string())
}
