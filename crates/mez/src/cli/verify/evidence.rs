//! Evidence of equivocation: VALID says that it is proven.

use canon::Did;
use corridor::Party;
use corridor::evidence::judge_knowing;
use corridor::verify::Known;

use super::finding::Finding;

pub(super) fn judge(bytes: &[u8], trust: &[Did], zones: &[Known]) -> Finding {
    let zones: Vec<&Party> = zones.iter().map(|known| &known.party).collect();
    let judged = judge_knowing(bytes, trust, &zones);
    let mut finding = Finding::new("evidence", judged.verdict);
    finding.reasons = judged.reasons;
    finding.needs = judged.needs;
    if let Some(who) = &judged.who {
        finding = finding.say("who", who);
    }
    if let Some(key) = &judged.key {
        finding = finding.say("key", key);
    }
    match &judged.about {
        Some(about) => finding.say("signed twice", about),
        None => finding,
    }
}
