//! The witness bundle of a closure: everything a document refers to, with a manifest of it.
//!
//! `manifest.json` is the report of a walk over the bundle itself, `root/document.json` the document
//! (where the walk starts from one), `artifacts/<type>/<digest>` each artifact, `README.txt` a word to
//! people. What did not fit under the cap is named in the manifest and missing like anything else.
//!
//! Invariant: a bundle is read only if a walk over it gives its manifest again, byte for byte, and
//! meets every entry. So nothing lies in it that the manifest does not say, nor the other way round.

use std::collections::BTreeMap;

use canon::{Canonical, Digest};
use proof::ArtifactType;
use proof::artifact::{
    ArtifactRef, Blobs, BlobsGone, Bundle, BundleError, Limits, Report, artifact_path, closure,
};
use proof::credential::Verdict;
use serde_json::{Value, json};

use super::{Found, RootError, Roots};

/// The `type` of a report.
pub(crate) const REPORT_TYPE: &str = "MEZArtifactGraphVerifyReport";
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
}

/// A bundle and the report of a walk over it.
pub(crate) struct Packed {
    /// The zip.
    pub(crate) bytes: Vec<u8>,
    /// What a walk over it finds.
    pub(crate) report: Report,
    /// Digest of the manifest: what an attestation of the bundle is over.
    pub(crate) manifest: Digest,
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
    pub(crate) fn told(&self) -> Value {
        match self {
            Self::Document(bytes, _) => {
                json!({"mode": "file", "path": ROOT, "sha256": Digest::of_blob(bytes)})
            }
            Self::Named(kind, digest) => {
                json!({"artifact_type": kind, "digest_sha256": digest, "mode": "cas"})
            }
        }
    }
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

/// Artifacts named by any reference, whether at hand or not.
pub(crate) fn nodes_total(report: &Report) -> usize {
    let nodes: std::collections::BTreeSet<_> = report.edges.iter().map(|edge| &edge.to).collect();
    nodes.len()
}

/// The counts of a report.
pub(crate) fn stats(report: &Report) -> Value {
    json!({
        "digest_mismatch_total": report.mismatch.len(),
        "edges_total": report.edges.len(),
        "max_depth_seen": report.max_depth_seen,
        "missing_total": report.missing.len(),
        "nodes_total": nodes_total(report),
    })
}

/// Packs everything `start` leads to, up to `bytes_max` bytes of artifacts.
///
/// # Errors
/// For wrong bytes in the roots, a root that does not answer, or a bundle above the format's limits.
pub(crate) fn pack(start: &Start, roots: &Roots<'_>, bytes_max: u64) -> Result<Packed, PackError> {
    let document = start.document();
    let walked = closure(&document, roots, Limits::default())?;
    let wrong = walked.mismatch.iter().map(|finding| &finding.node).chain(&walked.cycle).next();
    if let Some(node) = wrong {
        return Err(PackError::Invalid(format!("{}/{}", node.artifact_type, node.digest_sha256)));
    }
    let (mut entries, mut excluded, mut total) = (BTreeMap::new(), Vec::new(), 0u64);
    let nodes: std::collections::BTreeSet<_> = walked.edges.iter().map(|edge| &edge.to).collect();
    for node in nodes {
        let name = format!("{}/{}", node.artifact_type, node.digest_sha256);
        let Some(length) = walked.resolved.get(&name) else { continue };
        if total.saturating_add(*length) > bytes_max {
            excluded.push(name);
            continue;
        }
        total = total.saturating_add(*length);
        let Found::Whole { bytes, .. } = roots.find(&node.artifact_type, node.digest_sha256)?
        else {
            return Err(PackError::Invalid(name));
        };
        entries.insert(artifact_path(&node.artifact_type, node.digest_sha256), bytes);
    }
    let report = closure(&document, &Shelf(&entries), Limits::default())?;
    // What only an excluded artifact leads to is out of reach.
    entries.retain(|path, _| {
        path.strip_prefix("artifacts/").is_some_and(|name| report.resolved.contains_key(name))
    });
    let manifest =
        manifest(&report, start, &json!({"bytes_max": bytes_max, "excluded": excluded}))?;
    if let Start::Document(bytes, _) = start {
        entries.insert(ROOT.to_owned(), bytes.clone());
    }
    entries.insert(README.to_owned(), README_TEXT.as_bytes().to_vec());
    entries.insert(MANIFEST.to_owned(), manifest.bytes().to_vec());
    let (bytes, manifest) = (Bundle::write(&entries)?, manifest.digest());
    Ok(Packed { bytes, report, manifest })
}

/// Takes a bundle apart and checks all of it.
///
/// # Errors
/// For a container that is not canonical, an entry too many, or a manifest that is not true.
pub(crate) fn unpack(bytes: Vec<u8>) -> Result<Packed, PackError> {
    let bundle = Bundle::read(&bytes)?;
    let stated = bundle.entry(MANIFEST).ok_or(PackError::Absent(MANIFEST))?;
    let untrue = |detail: String| PackError::Manifest(detail);
    let tree = canon::parse_value(stated).map_err(|refusal| untrue(refusal.to_string()))?;
    let member = |name: &str| tree.get(name).ok_or_else(|| untrue(format!("no `{name}`")));
    let start = start(&bundle, member("root")?)?;
    let report = closure(&start.document(), &bundle, Limits::default())?;
    let known = |name: &str| match name {
        MANIFEST => true,
        README => bundle.entry(README) == Some(README_TEXT.as_bytes()),
        ROOT => matches!(start, Start::Document(..)),
        // Whether it matches its name is the report's to say; here, whether anything names it.
        _ => report
            .edges
            .iter()
            .any(|edge| artifact_path(&edge.to.artifact_type, edge.to.digest_sha256) == name),
    };
    if let Some(name) = bundle.entries().keys().find(|name| !known(name)) {
        return Err(PackError::Extra(name.clone()));
    }
    if let Some(finding) = report.mismatch.first() {
        let node = format!("{}/{}", finding.node.artifact_type, finding.node.digest_sha256);
        return Err(PackError::Invalid(node));
    }
    let manifest = manifest(&report, &start, member("bundle")?)?;
    if manifest.bytes() != stated {
        let again = canon::parse_value(manifest.bytes()).unwrap_or_default();
        let differs = again
            .as_object()
            .into_iter()
            .flatten()
            .find(|(name, value)| tree.get(name) != Some(value));
        let name = differs.map_or("its form", |(name, _)| name.as_str());
        return Err(untrue(format!("`{name}` differs from what is there")));
    }
    let manifest = manifest.digest();
    Ok(Packed { bytes, report, manifest })
}

/// Where the walk of a bundle starts, by its manifest.
fn start(bundle: &Bundle, root: &Value) -> Result<Start, PackError> {
    let untrue = |detail: &str| PackError::Manifest(detail.to_owned());
    match root.get("mode").and_then(Value::as_str) {
        Some("file") => {
            let bytes = bundle.entry(ROOT).ok_or(PackError::Absent(ROOT))?;
            let document = canon::parse_value(bytes);
            let document = document.map_err(|refusal| untrue(&refusal.to_string()))?;
            Ok(Start::Document(bytes.to_vec(), document))
        }
        Some("cas") => {
            let text = |name: &str| root.get(name).and_then(Value::as_str).unwrap_or_default();
            let kind = ArtifactType::parse(text("artifact_type"));
            let digest = Digest::from_hex(text("digest_sha256"));
            let (Ok(kind), Ok(digest)) = (kind, digest) else {
                return Err(untrue("`root` names no artifact"));
            };
            Ok(Start::Named(kind, digest))
        }
        _ => Err(untrue("`root` has no mode known here")),
    }
}

fn manifest(report: &Report, start: &Start, bundle: &Value) -> Result<Canonical, PackError> {
    let tree = json!({
        "beyond_limit": report.beyond_limit,
        "bundle": bundle,
        "edges": report.edges,
        "missing": report.missing,
        "options": {"limits": Limits::default()},
        "resolved": report.resolved,
        "root": start.told(),
        "stats": stats(report),
        "type": REPORT_TYPE,
    });
    Canonical::of_value(&tree).map_err(|refusal| PackError::Manifest(refusal.to_string()))
}

/// Entries that are not a bundle yet.
struct Shelf<'a>(&'a BTreeMap<String, Vec<u8>>);

impl Blobs for Shelf<'_> {
    fn fetch(&self, kind: &ArtifactType, digest: Digest) -> Result<Option<Vec<u8>>, BlobsGone> {
        Ok(self.0.get(&artifact_path(kind, digest)).cloned())
    }
}
