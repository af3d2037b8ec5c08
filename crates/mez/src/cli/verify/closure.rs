//! The bundle of a closure: everything a document refers to, and who vouches for it.

use std::path::Path;

use canon::Timestamp;
use proof::artifact::bundle::Source;
use proof::credential::Verdict;
use serde_json::json;

use super::finding::Finding;
use crate::artifacts::pack::{is_packed, stats, unpack};
use crate::artifacts::zip::OnDisk;
use crate::cli::artifact::{Vouched, bundle_failure};
use crate::cli::vc::Trust;
use crate::cli::{Context, Exit, Failure, file};

/// The file, where it is such a bundle and all of it is judged.
pub(super) fn open(path: &Path, proof_only: bool) -> Option<OnDisk> {
    if proof_only || path == Path::new(file::STDIN) {
        return None;
    }
    OnDisk::open(path).ok().filter(|file| is_packed(file))
}

pub(super) fn judge(
    source: &(dyn Source + Sync),
    trust: &Trust,
    as_of: Option<Timestamp>,
    context: &Context<'_>,
) -> Result<Finding, Failure> {
    let packed = match unpack(source) {
        Ok(packed) => packed,
        Err(error) => {
            let failure = bundle_failure(&error);
            if failure.exit != Exit::Invalid {
                return Err(failure);
            }
            let finding = Finding::new("bundle", Verdict::Invalid);
            return Ok(finding.because(failure.code, failure.what));
        }
    };
    let vouched = Vouched::of(&packed, trust, as_of, context)?;
    let report = &packed.report;
    let mut finding = Finding::new("bundle", vouched.verdict);
    finding.rows = vec![
        ("found", report.resolved_total().to_string()),
        ("missing", report.missing.len().to_string()),
        ("manifest", packed.manifest.to_string()),
        ("attested by", vouched.by().to_owned()),
    ];
    finding.reasons = vouched.reasons;
    finding.needs = vouched.needs;
    for (name, value) in [
        ("attested_by", json!(vouched.issuer)),
        ("byte_length", json!(packed.length)),
        ("manifest_digest_sha256", json!(packed.manifest)),
        ("missing", json!(report.missing)),
        ("stats", stats(report)),
    ] {
        finding.json.insert(name.to_owned(), value);
    }
    Ok(finding)
}
