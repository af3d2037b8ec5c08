//! A request that nobody answered: signed, recorded in a lane, and unanswered in the signed cut that
//! the watcher's registration leads to.
//!
//! By its registration a watcher answers before the lane has grown by `answers_within` receipts. The
//! file carries them all, linked, under a cut signed by both zones; a receipt that could be the answer
//! must be opened.

use canon::{Canonical, CorridorId, Did, Digest};
use proof::merkle::{Proof, verify_inclusion};
use proof::{KeyHistory, PublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Registration;
use super::accusation::{Fault, Found, Proven, fault};
use super::slash::Condition;
use crate::cut::Cut;
use crate::handshake::generation_of;
use crate::lane::{LaneReceipt, Payload, TransitionKind};
use crate::party::Party;

/// Most receipts within which a request may be answered, for it to be enforceable.
pub const RUN_MAX: usize = 10_000;

/// Payload of a `noop` receipt: the writer asks a watcher to attest a cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The cut to be attested.
    pub cut_sha256: Digest,
    /// Always `MEZWatcherRequest`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZWatcherRequest"))]
    pub type_: String,
    /// The watcher.
    pub watcher: Did,
}

/// Payload of a `noop` receipt: a watcher answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The attestation.
    pub attestation: Value,
    /// `next_root` of the request's receipt.
    pub request: Digest,
    /// Always `MEZWatcherAnswer`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZWatcherAnswer"))]
    pub type_: String,
}

impl Request {
    /// The message type.
    pub const TYPE: &'static str = "MEZWatcherRequest";
}

impl Response {
    /// The message type.
    pub const TYPE: &'static str = "MEZWatcherAnswer";
}

/// A receipt with what it commits to, where that is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Of every `noop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// The receipt.
    #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
    pub receipt: Value,
}

/// The proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unanswered {
    /// A cut that covers all of the run, signed by both.
    pub cut: Value,
    /// The last receipt of the run under the lane's root of the cut.
    pub inclusion: Proof,
    /// The contract.
    #[schemars(extend("$ref" = "watcher-registration.schema.json"))]
    pub registration: Value,
    /// The request, and exactly as many receipts after it as the contract allows.
    pub run: Vec<Step>,
    /// Both zones' keys over time (`MEZZoneKeys`).
    #[schemars(length(min = 2, max = 2))]
    pub zones: Vec<Value>,
}

fn party(document: &Value) -> Found<Party> {
    let root = document.pointer("/inception/root_key").and_then(Value::as_str);
    let root = PublicKey::from_multikey(root.unwrap_or_default()).map_err(fault("zone-keys"))?;
    Ok(Party::with(KeyHistory::read(document, &root.did()).map_err(fault("zone-keys"))?))
}

/// The payload of a receipt, which must be the one it commits to.
fn opened(receipt: &LaneReceipt, step: &Step) -> Found<Value> {
    let missing = || Fault("withheld", format!("receipt {} is not opened", receipt.sequence));
    let payload = step.payload.as_ref().ok_or_else(missing)?;
    let commitment = payload.commitment().map_err(fault("payload"))?;
    match commitment == receipt.transition.payload_commitment {
        true => Ok(payload.payload.clone()),
        false => Err(Fault("payload", format!("of receipt {}, it is another", receipt.sequence))),
    }
}

pub(super) fn examine(case: &Unanswered) -> Found<Proven> {
    let contract = Registration::read(&case.registration).map_err(fault("registration"))?;
    let contract = contract.credential.subject;
    let [one, other] = case.zones.as_slice() else {
        return Err(Fault("zone-keys", "a corridor has exactly two zones".to_owned()));
    };
    let (one, other) = (party(one)?, party(other)?);
    let within = usize::try_from(contract.answers_within).unwrap_or(usize::MAX);
    let (first, after) =
        case.run.split_first().ok_or_else(|| Fault("run", "it is empty".to_owned()))?;
    if within > RUN_MAX || after.len() != within {
        let detail = format!("{} receipts follow, the contract says {within}", after.len());
        return Err(Fault("run", detail));
    }
    let read = |step: &Step| {
        let bytes = Canonical::of_value(&step.receipt).map_err(fault("receipt"))?;
        LaneReceipt::read(bytes.bytes()).map_err(fault("receipt"))
    };
    let asked = read(first)?;
    let corridor = asked.corridor_id.clone();
    if generation_of(&corridor, &one.participant, &other.participant).is_none() {
        return Err(Fault("corridor", format!("{corridor} is not between these zones")));
    }
    if !contract.corridors.contains(&corridor) {
        return Err(Fault("scope", format!("the watcher is not registered for {corridor}")));
    }
    let request: Request = Canonical::of_value(&opened(&asked, first)?)
        .and_then(|canonical| canonical.read())
        .map_err(fault("request"))?;
    let fits = asked.transition.kind == TransitionKind::Noop
        && request.type_ == Request::TYPE
        && request.watcher == contract.watcher
        && request.corridor_id == corridor;
    if !fits {
        return Err(Fault("request", "it is not a request to this watcher".to_owned()));
    }
    let mut last = asked.clone();
    for step in after {
        let next = read(step)?;
        let linked = next.prev_root == last.next_root
            && next.lane == last.lane
            && last.sequence.checked_add(1) == Some(next.sequence);
        if !linked {
            return Err(Fault("run", "the receipts do not follow each other".to_owned()));
        }
        if next.transition.kind == TransitionKind::Noop && answers(&opened(&next, step)?, &asked) {
            return Err(Fault("answered", format!("receipt {} answers it", next.sequence)));
        }
        last = next;
    }
    let cut: Cut = Canonical::of_value(&case.cut).and_then(|c| c.read()).map_err(fault("cut"))?;
    cut.check_form().map_err(fault("cut"))?;
    Cut::verify_signers(&case.cut, [&one, &other], &[&one, &other]).map_err(fault("cut"))?;
    let lane = cut.lanes.iter().find(|lane| lane.zone_id == last.lane);
    let lane = lane.filter(|_| cut.corridor_id == corridor);
    let lane = lane.ok_or_else(|| Fault("cut", "it is of another corridor".to_owned()))?;
    verify_inclusion(&last.next_root, last.sequence, lane.size, &case.inclusion, &lane.root)
        .map_err(fault("inclusion"))?;
    Ok(Proven {
        condition: Condition::Availability,
        watchers: vec![contract.watcher],
        about: format!("request {}", asked.next_root),
        zones: vec![one.did().clone(), other.did().clone()],
    })
}

fn answers(payload: &Value, asked: &LaneReceipt) -> bool {
    let named = payload.get("type").and_then(Value::as_str) == Some(Response::TYPE);
    let request = payload.get("request").and_then(Value::as_str);
    named && request == Some(asked.next_root.to_string().as_str())
}
