//! Forks: proven, told, resolved in both lanes, resumed.

use canon::{CorridorId, Digest, Timestamp};
use corridor::LaneReceipt;
use corridor::fork::Fork;
use proof::integrity::{ProofOptions, sign_document};
use serde_json::{Value, json};
use zone::{Envelope, PeerCall, PeerMessage, Refused, ResolveAsk, ResumeAsk};

use crate::rig::site::key;
use crate::rig::work::{ask, balance, company, join, pump, totals_are_zero, try_pay};
use crate::rig::{Net, Site};

/// Two zones, a payment delivered, and the message that delivered it.
fn delivered() -> (Site, Site, CorridorId, PeerMessage) {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    let id = join(&mut a, &mut b);
    try_pay(&mut a, "pay", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    assert_eq!(balance(&b, &payee), "10.00");
    let sent = net.sent.lock().unwrap();
    let to_b = |m: &&(String, PeerMessage)| m.0 == b.url && m.1.call == PeerCall::Receipts;
    let message = sent.iter().find(to_b).unwrap().1.clone();
    drop(sent);
    (a, b, id, message)
}

/// The same delivery with another first receipt, signed by the same key: a second history.
fn other(message: &PeerMessage, site: &Site, word: &str) -> PeerMessage {
    other_of("ae-abudhabi-adgm", message, site, word)
}

fn other_of(by: &str, message: &PeerMessage, site: &Site, word: &str) -> PeerMessage {
    let mut body: Value = serde_json::from_slice(&message.body).unwrap();
    let receipt = &mut body["items"][0]["receipt"];
    receipt["decision_commitment"] = json!(Digest::of_blob(word.as_bytes()));
    receipt.as_object_mut().unwrap().remove("proof");
    let unsigned: LaneReceipt = serde_json::from_value(receipt.clone()).unwrap();
    receipt["next_root"] = json!(unsigned.derived_root().unwrap());
    let log = key(by, "log");
    let at = Timestamp::parse(receipt["timestamp"].as_str().unwrap()).unwrap();
    let signed = sign_document(receipt.clone(), &ProofOptions::assertion(at, &log), &log);
    *receipt = signed.unwrap();
    PeerMessage { nonce: site.net.nonce(), body: body.to_string().into_bytes(), ..message.clone() }
}

fn resolve(
    site: &mut Site,
    id: &CorridorId,
    fork: &Fork,
    chosen_next_root: Option<Digest>,
) -> Result<Envelope, Refused> {
    let caller = site.caller();
    let key = site.net.nonce();
    let asked = ResolveAsk {
        reason: "the ledger of the other zone was put back".to_owned(),
        chosen_next_root,
        credential: None,
    };
    site.zone().resolve_fork(&ask(&caller, &key, "resolve"), id, fork, &asked)
}

fn resume(site: &mut Site, id: &CorridorId) -> Result<Envelope, Refused> {
    let caller = site.caller();
    let key = site.net.nonce();
    let resumed = ResumeAsk { reason: "resolved".to_owned() };
    site.zone().resume_corridor(&ask(&caller, &key, "resume"), id, &resumed)
}

fn code<T>(answer: Result<T, Refused>) -> &'static str {
    answer.map_or_else(|refused| refused.code(), |_| "taken")
}

fn forks(site: &Site, id: &CorridorId) -> Vec<Value> {
    site.zone().corridor_forks(id).unwrap()["forks"].as_array().unwrap().clone()
}

#[test]
fn a_fork_is_told_resolved_in_both_lanes_and_resumed() {
    let (mut a, mut b, id, message) = delivered();
    let fork = Fork { lane: a.zone().zone_id().clone(), sequence: 0 };
    assert_eq!(code(resolve(&mut b, &id, &fork, None)), "not-found");
    for word in ["one", "two", "one"] {
        assert_eq!(code(b.zone().from_peer(&other(&message, &b, word))), "equivocation");
    }
    let told = &forks(&b, &id)[0];
    assert_eq!(told["candidates"].as_array().unwrap().len(), 3, "{told}");
    assert_eq!(told["ground"], "acknowledged");
    assert_eq!(told["alarm"]["type"][1], "MEZForkAlarmCredential");
    assert_eq!(code(resume(&mut b, &id)), "fork-unresolved");
    // The peer is told, with the proof, over its own lane's channel; it may not decide.
    pump(&[&a, &b]);
    assert_eq!(forks(&a, &id)[0]["alarm"], told["alarm"]);
    assert_eq!(code(resolve(&mut a, &id, &fork, None)), "fork-authority");
    assert_eq!(code(resume(&mut a, &id)), "fork-unresolved");
    // What was acknowledged stands; nothing else can be chosen.
    let candidates = told["candidates"].as_array().unwrap().iter();
    let held = told["held_next_root"].as_str().unwrap().to_owned();
    for candidate in candidates {
        let root = candidate["next_root"].as_str().unwrap();
        if root != held {
            let root = Digest::from_hex(root).unwrap();
            assert_eq!(code(resolve(&mut b, &id, &fork, Some(root))), "fork-choice");
        }
    }
    let done = resolve(&mut b, &id, &fork, None).unwrap();
    assert_eq!(done.body["chosen_next_root"], held.as_str());
    assert_eq!(code(resolve(&mut b, &id, &fork, None)), "fork-resolved");
    pump(&[&a, &b]);
    for site in [&a, &b] {
        let shown = &forks(site, &id)[0];
        assert_eq!(
            (&shown["resolved_here"], &shown["resolved_there"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(site.zone().corridor(&id).unwrap()["state"], "HALTED");
    }
    // A further branch of the same fork moves nothing any more, and is kept.
    assert_eq!(code(b.zone().from_peer(&other(&message, &b, "three"))), "equivocation");
    assert_eq!(b.zone().corridor(&id).unwrap()["evidence_sha256"].as_array().unwrap().len(), 3);
    assert_eq!(forks(&b, &id)[0]["candidates"].as_array().unwrap().len(), 3);
    resume(&mut b, &id).unwrap();
    pump(&[&a, &b]);
    resume(&mut a, &id).unwrap();
    pump(&[&a, &b]);
    for site in [&mut a, &mut b] {
        let shown = site.zone().corridor(&id).unwrap();
        assert_eq!((&shown["state"], &shown["lane_here"]["epoch"]), (&json!("ACTIVE"), &json!(1)));
        let caller = site.caller();
        site.zone().send_noop(&ask(&caller, "noop", "n"), &id).unwrap();
    }
    pump(&[&a, &b]);
    let health = b.zone().corridors_health().unwrap();
    assert_eq!(health["items"][0]["forks_open"], json!([]));
    totals_are_zero(&[&a, &b]);
    let caller = b.caller();
    let bundle = b.zone().export_bundle(&ask(&caller, "x", "x"), &id, true).unwrap();
    let report = corridor::verify::judge(&bundle, &[a.did.clone(), b.did.clone()]);
    assert_eq!(report.verdict, proof::credential::Verdict::Valid, "{:?}", report.reasons);
}

#[test]
fn what_is_told_outlives_a_restart_and_a_bundle_with_a_fork_is_unknown() {
    let (a, mut b, id, message) = delivered();
    assert_eq!(code(b.zone().from_peer(&other(&message, &b, "one"))), "equivocation");
    let before = b.zone().corridor_forks(&id).unwrap();
    b.open().unwrap();
    assert_eq!(b.zone().corridor_forks(&id).unwrap(), before);
    let caller = b.caller();
    let bundle = b.zone().export_bundle(&ask(&caller, "x", "x"), &id, true).unwrap();
    let report = corridor::verify::judge(&bundle, &[a.did.clone(), b.did.clone()]);
    assert_eq!(report.verdict, proof::credential::Verdict::Unknown);
    assert_eq!(report.reasons[0].code, "fork-unresolved");
    let health = b.zone().corridors_health().unwrap();
    let attention = health["items"][0]["attention"].as_array().unwrap();
    assert!(attention.contains(&json!("fork-unresolved")), "{attention:?}");
}

/// The newest delivery of a pure ack to a zone: nobody acknowledges that one.
fn newest_ack(to: &Site) -> (PeerMessage, u64) {
    let sent = to.net.sent.lock().unwrap();
    let acks = sent.iter().rev().filter(|m| m.0 == to.url && m.1.call == PeerCall::Receipts);
    let mut acks = acks.filter_map(|(_, message)| {
        let mut body: Value = serde_json::from_slice(&message.body).unwrap();
        let last = body["items"].as_array()?.last()?.clone();
        let at = last["receipt"]["sequence"].as_u64()?;
        (body["from"], body["items"]) = (json!(at), json!([last]));
        let message = PeerMessage { body: body.to_string().into_bytes(), ..message.clone() };
        (last["receipt"]["transition"]["kind"] == "ack").then_some((message, at))
    });
    acks.next().unwrap()
}

/// Two zones whose agreement may name an authority; `b` sent a receipt, and `a` answered.
fn answered(authority: bool) -> (Site, Site, CorridorId) {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let fork_authority = authority.then(|| key("authority", "root").public().did());
    let proposal = zone::Proposal { url: b.url.clone(), did: b.did.clone(), fork_authority };
    let caller = a.caller();
    a.zone().propose_corridor(&ask(&caller, "propose", "p"), &proposal).unwrap();
    pump(&[&a, &b]);
    crate::rig::work::try_accept(&mut b, &a, "accept").unwrap();
    pump(&[&a, &b]);
    let id = crate::rig::work::corridor_of(&a, &b);
    let caller = b.caller();
    b.zone().send_noop(&ask(&caller, "noop", "n"), &id).unwrap();
    pump(&[&a, &b]);
    (a, b, id)
}

/// `a` signed two of its newest answer, which nobody acknowledges.
fn undecided(a: &Site, b: &Site) -> Fork {
    let (ack, sequence) = newest_ack(b);
    assert_eq!(code(b.zone().from_peer(&other(&ack, b, "one"))), "equivocation");
    Fork { lane: a.zone().zone_id().clone(), sequence }
}

fn held(site: &Site, id: &CorridorId) -> Digest {
    Digest::from_hex(forks(site, id)[0]["held_next_root"].as_str().unwrap()).unwrap()
}

#[test]
fn where_nothing_decides_the_other_zone_chooses() {
    let (a, mut b, id) = answered(false);
    let fork = undecided(&a, &b);
    assert_eq!(forks(&b, &id)[0]["ground"], "choice");
    assert_eq!(code(resolve(&mut b, &id, &fork, None)), "fork-choice");
    let other = Digest::of_blob(b"not held");
    assert_eq!(code(resolve(&mut b, &id, &fork, Some(other))), "fork-not-held");
    let held = held(&b, &id);
    resolve(&mut b, &id, &fork, Some(held)).unwrap();
    pump(&[&a, &b]);
    assert_eq!(forks(&a, &id)[0]["resolved_here"], true);
}

#[test]
fn who_signed_two_histories_itself_chooses_no_more() {
    for named in [false, true] {
        let (mut a, mut b, id) = answered(named);
        // `a` holds the proof against `b`, and says so.
        let sent = a.net.sent.lock().unwrap().clone();
        let of_b = sent.iter().find(|m| m.0 == a.url && m.1.call == PeerCall::Receipts);
        let second = other_of("sg", &of_b.unwrap().1, &a, "two");
        assert_eq!(code(a.zone().from_peer(&second)), "equivocation");
        pump(&[&a, &b]);
        // A further stop, answered; and the answer signed twice.
        let caller = b.caller();
        let halt = zone::HaltAsk { reason: "drill".to_owned(), authority: "desk".to_owned() };
        let halted = ask(&caller, "halt", "h");
        b.zone().stop_corridor(&halted, &id, corridor::Stop::Halt, &halt).unwrap();
        pump(&[&a, &b]);
        let fork = undecided(&a, &b);
        let held = held(&b, &id);
        assert_eq!(code(resolve(&mut b, &id, &fork, Some(held))), "resolution-refused");
        let subject = corridor::fork::Resolution {
            corridor_id: id.clone(),
            lane: fork.lane.clone(),
            sequence: fork.sequence,
            candidates: serde_json::from_value(forks(&b, &id)[0]["candidates"].clone()).unwrap(),
            evidence_set_sha256: serde_json::from_value(
                forks(&b, &id)[0]["evidence_set_sha256"].clone(),
            )
            .unwrap(),
            chosen_next_root: held,
            basis: corridor::fork::Basis::Choice,
            reason: "by the authority".to_owned(),
        };
        let pen = key("authority", "root");
        let credential = subject.sign(&pen.public().did(), b.zone().now(), &pen).unwrap();
        let asked = ResolveAsk {
            reason: "decided".to_owned(),
            chosen_next_root: None,
            credential: Some(credential),
        };
        let caller = b.caller();
        let told = b.zone().resolve_fork(&ask(&caller, "authority", "r"), &id, &fork, &asked);
        if !named {
            assert_eq!(code(told), "resolution-refused", "nobody may: it stays HALTED");
            continue;
        }
        told.unwrap();
        pump(&[&a, &b]);
        let of_b = Fork { lane: b.zone().zone_id().clone(), sequence: 0 };
        resolve(&mut a, &id, &of_b, None).unwrap();
        pump(&[&a, &b]);
        resume(&mut a, &id).unwrap();
        pump(&[&a, &b]);
        resume(&mut b, &id).unwrap();
        pump(&[&a, &b]);
        for site in [&a, &b] {
            assert_eq!(site.zone().corridor(&id).unwrap()["state"], "ACTIVE", "{}", site.word);
        }
    }
}
