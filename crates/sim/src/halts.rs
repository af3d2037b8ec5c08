//! Whether halts were respected: a slow, separate reading of both lanes of a corridor.
//!
//! It shares no code with the rooms: it knows the receipts as documents, and of a stop only that its writer knows of
//! it from its own receipt on, and its peer from the first receipt on that has seen it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::failure::{Failure, broken};

fn kind(receipt: &Value) -> &str {
    receipt.pointer("/transition/kind").and_then(Value::as_str).unwrap_or_default()
}

fn number(receipt: &Value, pointer: &str) -> u64 {
    receipt.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// Written on an ACTIVE corridor like other business, and heard on one that stopped meanwhile: it binds towards others.
const CONSENT: &str = "settle.consent.v1";

fn is_stop(kind: &str) -> bool {
    matches!(kind, "halt" | "suspend" | "deprecate")
}

fn is_business(kind: &str) -> bool {
    let named =
        ["noop", "payment.transfer", "generic", CONSENT, "settle.instruct.v1", "bridge.prepare.v1"];
    named.contains(&kind) || kind.starts_with("trade.")
}

/// Reads both lanes, each as its writer knew the corridor when it wrote.
pub(crate) fn respected(lanes: [&Vec<Value>; 2]) -> Result<(), Failure> {
    let [one, other] = lanes;
    reads(one, other)?;
    reads(other, one)
}

/// Stops by (lane, sequence): 0 is the writer's own lane, 1 the other.
type Open = BTreeSet<(u8, u64)>;

fn reads(own: &[Value], other: &[Value]) -> Result<(), Failure> {
    let (mut open, mut decided, mut epoch): (Open, u64, u64) = (Open::new(), 0, 0);
    for receipt in own {
        let sequence = number(receipt, "/sequence");
        let told = |what: &str, open: &Open| {
            let lane = receipt.get("lane").and_then(Value::as_str).unwrap_or_default();
            broken("halts are respected", format!("{lane} {sequence}: {what}, with {open:?} open"))
        };
        if is_business(kind(receipt)) && !open.is_empty() {
            return Err(told("business was written", &open));
        }
        if let Some(ack) = receipt.get("ack").filter(|ack| !ack.is_null()) {
            let size = number(ack, "/size");
            if size < decided {
                return Err(broken(
                    "an ack never retracts",
                    format!("{sequence}: {size} after {decided}"),
                ));
            }
            let refused: BTreeSet<u64> = ack
                .get("refused")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|refused| number(refused, "/sequence"))
                .collect();
            for (at, theirs) in (0..).zip(other).take(usize::try_from(size).unwrap_or(0)) {
                if at < decided {
                    continue;
                }
                let accepted = !refused.contains(&at);
                let waits = is_business(kind(theirs)) && kind(theirs) != CONSENT;
                if waits && accepted && !open.is_empty() {
                    return Err(told("business of the peer was accepted", &open));
                }
                if is_stop(kind(theirs)) {
                    open.insert((1, at));
                }
            }
            decided = size;
        }
        if number(receipt, "/epoch") > epoch {
            epoch = number(receipt, "/epoch");
            // A resume lists what it lifts; a stop of this epoch that it does not list stays.
            let before = |stop: &(u8, u64)| {
                let lane = if stop.0 == 0 { own } else { other };
                let stop = usize::try_from(stop.1).ok().and_then(|at| lane.get(at));
                stop.is_some_and(|stop| number(stop, "/epoch") >= epoch)
            };
            open.retain(before);
        }
        if is_stop(kind(receipt)) {
            open.insert((0, sequence));
        }
    }
    Ok(())
}
