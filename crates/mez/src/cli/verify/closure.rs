//! The bundle of a closure: everything a document refers to, and who vouches for it.

use canon::Timestamp;
use proof::artifact::bundle::Source;
use proof::credential::Verdict;

use super::finding::Finding;
use super::report::{Kind, Whole};
use crate::artifacts::pack::{stats, unpack};
use crate::cli::artifact::{Vouched, bundle_failure};
use crate::cli::vc::Trust;
use crate::cli::{Context, Exit, Failure};

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
            let finding = Finding::new(Kind::Bundle, Verdict::Invalid);
            return Ok(finding.because(failure.code, failure.what));
        }
    };
    let vouched = Vouched::of(&packed, trust, as_of, context)?;
    let report = &packed.report;
    let mut finding = Finding::new(Kind::Bundle, vouched.verdict)
        .row("found", report.resolved_total())
        .row("missing", report.missing.len())
        .row("manifest", packed.manifest)
        .row("attested by", vouched.by());
    finding.reasons = vouched.reasons;
    finding.needs = vouched.needs;
    Ok(finding.says(Whole::Closure {
        attested_by: vouched.issuer,
        byte_length: packed.length,
        manifest_digest_sha256: packed.manifest,
        missing: report.missing.clone(),
        stats: stats(report),
    }))
}
