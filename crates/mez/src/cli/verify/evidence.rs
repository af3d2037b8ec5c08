//! Evidence of equivocation: VALID says that it is proven.

use canon::Did;
use corridor::Party;
use corridor::evidence::judge_knowing;
use corridor::verify::Known;

use super::finding::Finding;
use super::report::{Kind, Whole};

pub(super) fn judge(bytes: &[u8], trust: &[Did], zones: &[Known]) -> Finding {
    let zones: Vec<&Party> = zones.iter().map(|known| &known.party).collect();
    let judged = judge_knowing(bytes, trust, &zones);
    let mut finding = Finding::new(Kind::Evidence, judged.verdict);
    finding.reasons = judged.reasons;
    finding.needs = judged.needs;
    let (Some(who), Some(key), Some(about)) = (judged.who, judged.key, judged.about) else {
        return finding;
    };
    let finding = finding.row("who", &who).row("key", &key).row("signed twice", &about);
    finding.says(Whole::Evidence { key, signed_twice: about, who })
}
