//! A zone's inception document, and its keys since: does each link hold, and is that the zone meant?

use canon::Did;
use proof::Inception;
use proof::credential::Verdict;

use super::finding::Finding;
use super::report::{Kind, Whole};
use super::zones::root;
use crate::cli::failure::Failure;

pub(super) fn judge(name: &str, bytes: &[u8], trust: &[Did]) -> Result<Finding, Failure> {
    let document = canon::parse_value(bytes).map_err(|refusal| Failure::refusal(name, &refusal))?;
    // Under its own key first: a document that contradicts itself is INVALID whoever is trusted.
    let Some(did) = root(&document) else {
        let finding = Finding::new(Kind::Inception, Verdict::Invalid);
        return Ok(finding.because("inception", "`root_key` is not a Multikey"));
    };
    let inception = match Inception::verify(&document, &did) {
        Ok(inception) => inception,
        Err(error) => {
            let finding = Finding::new(Kind::Inception, Verdict::Invalid);
            return Ok(finding.because("inception", error.to_string()));
        }
    };
    let trusted = trust.iter().any(|pinned| pinned.base() == did);
    let verdict = if trusted { Verdict::Valid } else { Verdict::Unknown };
    let mut finding = Finding::new(Kind::Inception, verdict)
        .row("zone", inception.zone_id())
        .row("host", inception.zone_host())
        .row("jurisdiction", inception.jurisdiction_id())
        .row("realm", inception.realm())
        .row("did", &did)
        .row("sha256", inception.digest())
        .says(Whole::Inception {
            did: did.clone(),
            host: inception.zone_host().to_owned(),
            jurisdiction: inception.jurisdiction_id().clone(),
            realm: inception.realm(),
            sha256: inception.digest(),
            zone: inception.zone_id().clone(),
        });
    if !trusted {
        let detail = format!("the document is signed by `{did}`, which is not trusted here");
        finding = finding.because("untrusted-did", detail);
        finding.needs.push(did);
    }
    Ok(finding)
}

/// The inception with every rotation since.
pub(super) fn judge_keys(name: &str, bytes: &[u8], trust: &[Did]) -> Result<Finding, Failure> {
    let document = canon::parse_value(bytes).map_err(|refusal| Failure::refusal(name, &refusal))?;
    let judged = proof::rotation::judge(&document, trust);
    let mut finding = Finding::new(Kind::ZoneKeys, judged.verdict);
    finding.reasons = judged.reasons;
    finding.needs = judged.needs;
    let Some(history) = &judged.history else { return Ok(finding) };
    let (inception, rotations) = (history.inception(), history.rotations().count() as u64);
    Ok(finding
        .row("zone", inception.zone_id())
        .row("did", inception.did())
        .row("realm", inception.realm())
        .row("rotations", rotations)
        .row("since", history.since())
        .says(Whole::ZoneKeys {
            did: inception.did().clone(),
            realm: inception.realm(),
            rotations,
            since: history.since(),
            zone: inception.zone_id().clone(),
        }))
}
