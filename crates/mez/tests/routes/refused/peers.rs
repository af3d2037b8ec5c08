//! `/v1/corridors/peers`: messages that are properly signed by a peer, and say what must not be taken.

use canon::Timestamp;
use corridor::LaneReceipt;
use proof::Purpose;
use proof::integrity::{ProofOptions, sign_document};
use serde_json::{Value, json};

use super::is;
use super::pair::{Pair, homes, key, say};
use crate::corridors::{did, wait};
use crate::forks::{again, noop};
use crate::home::Home;
use crate::server::Server;

const LANE: &str = "MEZCorridorDelivery";

/// The next receipt of the second zone's lane, which the first has not got; the second zone is gone.
fn undelivered(pair: &mut Pair) -> Value {
    noop(&pair.b, &pair.a, &pair.path);
    let url = pair.a.url.clone();
    pair.a.signal("-TERM");
    let sent = pair.b.send(&format!("{}/receipts", pair.path), b"", &[]);
    assert_eq!(sent.status, 201, "{}", sent.text);
    let size = pair.b.get(&pair.path).body["lane_here"]["size"].as_u64().unwrap() - 1;
    let told = pair.b.get(&format!("{}/receipts?from={size}&limit=1", pair.path));
    let receipt = told.body["receipts"][0].clone();
    let note = pair.b.get(&format!("{}/checkpoint", pair.path)).text;
    pair.b.signal("-TERM");
    pair.a = again(&pair.homes[0], &url);
    json!({ "receipt": receipt, "checkpoint": note })
}

#[test]
fn receipts_too_many_too_far_ahead_of_the_time_or_of_another_view_are_refused() {
    let mut pair = Pair::new();
    let item = undelivered(&mut pair);
    let from = item["receipt"]["sequence"].as_u64().unwrap();
    let deliver = |from: u64, items: &Value| {
        let lane = pair.b.ready["zone_id"].clone();
        pair.says("receipts", LANE, &json!({ "lane": lane, "from": from, "items": items }))
    };
    is(&deliver(from, &json!(vec![item.clone(); 257])), 409, "too-many-receipts");
    let gap = deliver(from + 1, &json!([item]));
    is(&gap, 409, "receipt-gap");
    assert_eq!(gap.body["expected"], from, "{}", gap.text);
    // Signed as they should be: one of another year, one that saw a lane of ours which never was.
    let signed = |change: &dyn Fn(&mut Value)| {
        let mut other = item.clone();
        change(&mut other["receipt"]);
        other["receipt"] = resigned(&other["receipt"], &pair.homes[1]);
        other
    };
    let ahead = signed(&|receipt| receipt["timestamp"] = json!("2999-01-01T00:00:00Z"));
    is(&deliver(from, &json!([ahead])), 409, "peer-clock-skew");
    let other = signed(&|receipt| receipt["seen"]["root"] = json!("7".repeat(64)));
    is(&deliver(from, &json!([other])), 409, "seen-differs");
    let told = deliver(from, &json!([item]));
    assert_eq!(told.status, 200, "what is in order is taken: {}", told.text);
}

/// The receipt as it would be, had its writer signed what it says now.
fn resigned(receipt: &Value, by: &Home) -> Value {
    let mut receipt = receipt.clone();
    receipt.as_object_mut().unwrap().remove("proof");
    let unsigned: LaneReceipt = serde_json::from_value(receipt.clone()).unwrap();
    receipt["next_root"] = json!(unsigned.derived_root().unwrap());
    let at = Timestamp::parse(receipt["timestamp"].as_str().unwrap()).unwrap();
    let log = key(by, Purpose::Log);
    sign_document(receipt, &ProofOptions::assertion(at, &log), &log).unwrap()
}

/// One receipt of a lane as a zone shows it, with its payload.
fn shown(server: &Server, path: &str, lane: &Value, at: u64) -> Value {
    let lane = lane.as_str().unwrap();
    let told = server.get(&format!("{path}/receipts?lane={lane}&from={at}&limit=1&disclose=true"));
    assert_eq!(told.status, 200, "{}", told.text);
    told.body
}

/// Of two histories signed under our own key the peer acknowledged one, and then says that the other stands.
#[test]
fn a_resolution_for_a_history_that_is_not_held_is_not_taken() {
    let mut pair = Pair::new();
    let [zone_a, zone_b] = [&pair.a, &pair.b].map(|server| server.ready["zone_id"].clone());
    let first = shown(&pair.a, &pair.path, &zone_a, 0)["receipts"][0].clone();
    let mut other = first.clone();
    let later = Timestamp::parse(first["timestamp"].as_str().unwrap()).unwrap();
    other["timestamp"] = json!(later.plus_secs(1).unwrap());
    let other = resigned(&other, &pair.homes[0]);
    let note = pair.a.get(&format!("{}/checkpoint", pair.path)).text;
    let delivery = json!({
        "type": LANE, "to": pair.b.ready["did"], "corridor_id": pair.id(), "lane": zone_a, "from": 0,
        "items": [{ "receipt": other, "checkpoint": note }],
    });
    is(&say(&pair.homes[0], &pair.b, "receipts", &delivery), 409, "equivocation");
    let forks = format!("{}/forks", pair.path);
    let told = wait(&pair.a, &forks, |told| told["forks"][0]["fork"].is_string());
    let name = told["forks"][0]["fork"].as_str().unwrap();

    let url = pair.a.url.clone();
    pair.a.signal("-TERM");
    let resolve = json!({ "reason": "one was acknowledged" });
    let resolved = pair.b.post(&format!("{forks}/{name}/resolve"), &resolve);
    assert_eq!(resolved.status, 200, "{}", resolved.text);
    let at = resolved.body["receipt"]["sequence"].as_u64().unwrap();
    let written = shown(&pair.b, &pair.path, &zone_b, at);
    let note = pair.b.get(&format!("{}/checkpoint", pair.path)).text;
    pair.b.signal("-TERM");
    pair.a = again(&pair.homes[0], &url);

    let salt = written["payloads"][0]["salt"].clone();
    let mut said = written["payloads"][0]["payload"].clone();
    said.as_object_mut().unwrap().remove("proof");
    said["credentialSubject"]["chosen_next_root"] = other["next_root"].clone();
    let signed_at = Timestamp::parse(said["validFrom"].as_str().unwrap()).unwrap();
    let assertion = key(&pair.homes[1], Purpose::Assertion);
    let options = ProofOptions::assertion(signed_at, &assertion);
    let said = sign_document(said, &options, &assertion).unwrap();
    let payload = json!({ "payload": said, "salt": salt });
    let read: corridor::lane::Payload = serde_json::from_value(payload.clone()).unwrap();
    let mut receipt = written["receipts"][0].clone();
    receipt["transition"]["payload_commitment"] = json!(read.commitment().unwrap());
    let receipt = resigned(&receipt, &pair.homes[1]);
    let items = json!([{ "receipt": receipt, "payload": payload, "checkpoint": note }]);
    let more = json!({ "lane": zone_b, "from": at, "items": items });
    is(&pair.says("receipts", LANE, &more), 409, "resolution-differs");
}

#[test]
fn offers_that_are_not_the_peers_own_or_none_are_refused_by_name() {
    let pair = Pair::new();
    let nothing = json!({});
    is(&pair.says("cut", "MEZCorridorCutProposal", &json!({ "cut": nothing })), 409, "cut-refused");
    is(
        &pair.says("resume", "MEZCorridorResumeOffer", &json!({ "resume": nothing })),
        409,
        "resume-refused",
    );
    let amendment = json!({ "amendment": nothing });
    is(&pair.says("amend", "MEZCorridorAmendmentOffer", &amendment), 409, "amendment-refused");
}

#[test]
fn an_activation_before_the_acceptance_is_not_countersigned() {
    let homes = homes();
    let [a, b] = homes.each_ref().map(Server::start);
    let proposed = b.post("/v1/corridors", &json!({ "url": a.url, "did": did(&homes[0]) }));
    assert_eq!(proposed.status, 201, "{}", proposed.text);
    let id = proposed.body["corridor_id"].as_str().unwrap();
    wait(&a, &format!("/v1/corridors/{id}"), |told| told["state"] == "PENDING");
    let offer = json!({
        "type": "MEZCorridorActivation", "to": did(&homes[0]), "corridor_id": id,
        "activation": {},
    });
    is(&say(&homes[1], &a, "activate", &offer), 409, "not-agreed");
    // Another zone of the same name, with other keys, is not the peer that is known.
    let other = super::pair::homes();
    let stranger = Server::start(&other[1]);
    let told = a.post("/v1/corridors", &json!({ "url": stranger.url, "did": did(&other[1]) }));
    is(&told, 409, "corridor-exists");
}
