//! What has to occur in a set of seeds, so that nobody believes in a fault that never came.
//!
//! Not here: `Busy` (one thread never races itself), `Precondition` (the doors alone set one) and `Host`
//! (a zone is never at fault itself: it breaks a promise).

use zone::Refused;

use crate::counts::Counts;

const FAULTS: [&str; 35] = [
    "answer lost",
    "backup restored",
    "cell lost",
    "clock a day ahead",
    "clock a day behind",
    "clock backward",
    "clock frozen",
    "clock skewed",
    "disk full",
    "disk lied",
    "fsync failed",
    "fsync of the cell failed",
    "garbled",
    "late",
    "lost",
    "misdirected",
    "one-way partition",
    "partition",
    "partitioned",
    "power cut after the cell",
    "power cut after the commit",
    "power cut before the cell",
    "power cut before the commit",
    "reordered",
    "replayed",
    "restart",
    "second history",
    "second history shown to a watcher",
    "signer restored too",
    "slow",
    "slow peer",
    "store away",
    "twice",
    "watcher died",
    "watcher lied",
];
const REFUSED: [&str; 13] = [
    "CallerFields",
    "CallerForbidden",
    "CallerInvalid",
    "CallerUnknown",
    "Conflict",
    "IdempotencyReused",
    "Law",
    "NotFound",
    "NotSigning",
    "Peer",
    "PeerGap",
    "SignerAway",
    "Unavailable",
];
const STATES: [&str; 6] = ["ACTIVE", "DEPRECATED", "DRAFT", "HALTED", "PENDING", "SUSPENDED"];
const RECEIPTS: [&str; 15] = [
    "ack",
    "bridge.commit.v1",
    "bridge.prepare.v1",
    "bridge.release.v1",
    "deprecate",
    "halt",
    "noop",
    "payment.return",
    "payment.transfer",
    "resume",
    "settle.confirm.v1",
    "settle.consent.v1",
    "settle.fail.v1",
    "settle.instruct.v1",
    "suspend",
];
const BRIDGES: [&str; 4] = ["completed", "initiated", "prepared", "released"];
const FLOWS: [&str; 6] =
    ["Created", "DocumentsPresented", "GoodsReleased", "GoodsShipped", "InvoiceIssued", "LcIssued"];
const PLANS: [&str; 3] = ["in_force", "proposed", "refused"];
const LEGS: [&str; 4] = ["confirmed", "failed", "instructed", "planned"];
const WATCHERS: [&str; 3] = ["attested", "mirrored", "zone away"];
const PAYMENTS: [&str; 3] = ["returned", "sent", "settled"];

/// Everything that is to occur, at zero.
#[must_use]
pub fn expected() -> Counts {
    let mut counts = Counts::default();
    counts.expect("fault", &FAULTS);
    counts.expect("variant", &REFUSED);
    counts.expect("state", &STATES);
    counts.expect("receipt", &RECEIPTS);
    counts.expect("payment", &PAYMENTS);
    counts.expect("bridge", &BRIDGES);
    counts.expect("flow", &FLOWS);
    counts.expect("plan", &PLANS);
    counts.expect("leg", &LEGS);
    counts.expect("watcher", &WATCHERS);
    counts.expect("finality", &["watcher_quorum"]);
    counts.expect("after", &["bundle judged", "data checked", "fork resolved"]);
    counts.expect("witness", &["cosigned"]);
    counts
}

/// The name of a refusal's variant.
pub(crate) const fn variant(refused: &Refused) -> &'static str {
    match refused {
        Refused::CallerUnknown => "CallerUnknown",
        Refused::CallerForbidden { .. } => "CallerForbidden",
        Refused::CallerFields(_) => "CallerFields",
        Refused::CallerInvalid { .. } => "CallerInvalid",
        Refused::NotFound { .. } => "NotFound",
        Refused::Conflict { .. } => "Conflict",
        Refused::Precondition(_) => "Precondition",
        Refused::IdempotencyReused(_) => "IdempotencyReused",
        Refused::Law { .. } => "Law",
        Refused::Peer { .. } => "Peer",
        Refused::PeerGap { .. } => "PeerGap",
        Refused::NotSigning(_) => "NotSigning",
        Refused::SignerAway(_) => "SignerAway",
        Refused::ProviderAway(_) => "ProviderAway",
        Refused::Mass(_) => "Mass",
        Refused::Unavailable(_) => "Unavailable",
        Refused::Archive { .. } => "Archive",
        Refused::Dropped(_) => "Dropped",
        Refused::Busy => "Busy",
        Refused::Host(_) => "Host",
    }
}
