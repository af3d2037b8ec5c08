//! Evidence of equivocation: VALID says that it is proven.

use canon::Did;

use super::finding::Finding;

pub(super) fn judge(bytes: &[u8], trust: &[Did]) -> Finding {
    let judged = corridor::evidence::judge(bytes, trust);
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
