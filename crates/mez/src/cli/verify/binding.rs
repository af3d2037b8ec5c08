//! A proof bound to what it is about: VALID says that its issuer says so.

use canon::{Canonical, Did};
use corridor::binding::{Binding, judge_binding};
use corridor::verify::Known;
use proof::credential::Verdict;

use super::finding::Finding;
use super::report::{Kind, Whole};

/// What VALID says.
const CHECKED: &str = "that the issuer ties this proof to these; not that the proof holds";

pub(super) fn judge(bytes: &[u8], trust: &[Did], zones: &[Known]) -> Finding {
    let judged = judge_binding(bytes, trust, zones);
    let mut finding = Finding::new(Kind::Binding, judged.verdict);
    finding.reasons = judged.reasons;
    finding.needs = judged.needs;
    let Some(binding) = judged.document else { return finding };
    let digest = Canonical::of(&binding).and_then(|read| Binding::digest(&read.value()));
    let Ok(binding_sha256) = digest else { return finding };
    let checked = (judged.verdict == Verdict::Valid).then_some(CHECKED);
    let proof_ref = &binding.proof_ref;
    let finding = finding
        .row("issuer", &binding.issuer)
        .row("issued at", binding.issued_at)
        .row("purpose", &binding.purpose)
        .row("proof", format!("{} {}", proof_ref.artifact_type, proof_ref.digest_sha256))
        .row("bound to", binding.commitments.len())
        .row("digest", binding_sha256);
    let finding = checked.into_iter().fold(finding, |finding, scope| finding.row("checked", scope));
    finding.says(Whole::Binding {
        binding_sha256,
        checked,
        commitments: binding.commitments,
        issued_at: binding.issued_at,
        issuer: binding.issuer,
        proof_ref: binding.proof_ref,
        purpose: binding.purpose,
    })
}
