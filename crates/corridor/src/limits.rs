//! The limits of a corridor.

/// Participants of a corridor here: two lanes.
pub const PARTIES: usize = 2;
/// Longest reason given in a halt or refusal, in bytes.
pub const REASON_BYTES_MAX: usize = 500;
/// Longest reason code of a refusal, in bytes.
pub const REASON_CODE_BYTES_MAX: usize = 100;
/// Most refusals one acknowledgement carries.
pub const REFUSED_MAX: usize = 1_000;
/// Most halts that may be open at once in one lane.
pub const HALTS_MAX: usize = 64;
/// Most halts one resume lifts: all of both lanes.
pub const LIFTS_MAX: usize = PARTIES * HALTS_MAX;
/// Most evidence files one alarm carries.
pub const ALARM_EVIDENCE_MAX: usize = 16;
/// Most alarms, and most resolutions of forks, one lane tells of.
pub const FORKS_MAX: usize = 64;
/// Most receipts one delivery carries.
pub const DELIVERY_RECEIPTS_MAX: usize = 256;
/// Most cuts one answer about the history of a corridor carries: one at each size of both lanes it leads through.
pub const HISTORY_CUTS_MAX: usize = PARTIES * DELIVERY_RECEIPTS_MAX + 1;
/// Most rows of thresholds by role and class.
pub const THRESHOLDS_MAX: usize = 12;
/// Most holders of one role.
pub const HOLDERS_MAX: usize = 16;
/// Most things one proof is bound to.
pub const COMMITMENTS_MAX: usize = 64;
/// Longest purpose of a proof, in bytes.
pub const PURPOSE_BYTES_MAX: usize = 200;
/// Most attachments a judgement of a bundle tells one by one.
pub const ATTACHMENTS_TOLD_MAX: usize = 256;
/// Most endorsements one receipt carries.
pub const ENDORSEMENTS_MAX: usize = 32;
/// Longest life of an endorsement, in seconds (31 days).
pub const ENDORSEMENT_LIFE_SECS_MAX: i64 = 31 * 86_400;
/// Most generations of the corridor between two zones.
pub const GENERATIONS_MAX: u64 = 999;
/// Most packs of law one agreement names, of one sort.
pub const PACKS_MAX: usize = 64;
/// Most digests one digest set holds.
pub const DIGEST_SET_MAX: usize = 64;
/// Clock skew tolerated between zones at admission, in seconds.
pub const SKEW_SECS_MAX: i64 = 300;
/// Life of corridor credentials, in seconds (ten years of 365 days).
pub const CREDENTIAL_LIFE_SECS: i64 = 10 * 365 * 86_400;
/// Most corridors one bridged payment crosses.
pub const BRIDGE_HOPS_MAX: usize = 5;
/// Most corridors one zone tells another of at once.
pub const KNOWN_CORRIDORS_MAX: usize = 1_000;
/// How often a corridor is told on, at most: what is further away is not crossed.
pub const TOLD_MAX: u8 = 3;
/// What each zone on the way keeps of a lock's life for itself, in seconds: the next lock ends this much
/// earlier, and one that would not have this much left is not begun.
pub const BRIDGE_HOP_SECS: i64 = 900;
/// Longest life of an invoice, in seconds (three days).
pub const BRIDGE_INVOICE_SECS_MAX: i64 = 3 * 86_400;

const _: () = assert!(TOLD_MAX as usize + 2 == BRIDGE_HOPS_MAX, "what is told can be crossed");
const _: () =
    assert!(BRIDGE_HOP_SECS > 2 * SKEW_SECS_MAX, "clocks apart do not cross two expiries");
const _: () = assert!(DELIVERY_RECEIPTS_MAX <= REFUSED_MAX, "one ack can refuse a whole delivery");
