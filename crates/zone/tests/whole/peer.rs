//! Messages of peers that must not be taken.

use canon::{Realm, Timestamp};
use corridor::lane::{Draft, Payload};
use corridor::{Lane, LaneReceipt, Party, Stop, TransitionKind};
use proof::inception::Inception;
use proof::integrity::{ProofOptions, sign_document};
use serde_json::{Value, json};
use store::Store;
use zone::{PeerCall, PeerMessage, Proposal, Refused};

use crate::rig::site::key;
use crate::rig::work::{
    ask, balance, company, corridor_of, join, pump, try_accept, try_pay, try_propose,
};
use crate::rig::{Net, Site};

fn code(answer: Result<Value, Refused>) -> &'static str {
    answer.map_or_else(|refused| refused.code(), |_| "taken")
}

/// Two zones, a payment delivered, and the message that delivered it.
fn delivered() -> (Site, Site, PeerMessage) {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    join(&mut a, &mut b);
    try_pay(&mut a, "pay", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    assert_eq!(balance(&b, &payee), "10.00");
    let sent = net.sent.lock().unwrap();
    let to_b = |m: &&(String, PeerMessage)| m.0 == b.url && m.1.call == PeerCall::Receipts;
    let message = sent.iter().find(to_b).unwrap().1.clone();
    drop(sent);
    (a, b, message)
}

fn body(message: &PeerMessage) -> Value {
    serde_json::from_slice(&message.body).unwrap()
}

fn with(message: &PeerMessage, site: &Site, body: &Value) -> PeerMessage {
    let nonce = site.net.nonce();
    PeerMessage { nonce, body: body.to_string().into_bytes(), ..message.clone() }
}

#[test]
fn replayed_stale_misaddressed_and_foreign_messages_are_refused() {
    let (a, b, message) = delivered();
    assert_eq!(code(b.zone().from_peer(&message)), "peer-replayed");
    let fresh = with(&message, &b, &body(&message));
    assert_eq!(code(b.zone().from_peer(&fresh)), "taken", "what is held is answered again");
    for off in [-301, 301] {
        let created = Timestamp::from_unix(b.zone().now().unix() + off).unwrap();
        let nonce = b.net.nonce();
        let stale = PeerMessage { created, nonce, ..message.clone() };
        assert_eq!(code(b.zone().from_peer(&stale)), "peer-stale");
    }
    let nonce = b.net.nonce();
    let astray = PeerMessage { nonce, ..message.clone() };
    assert_eq!(code(a.zone().from_peer(&astray)), "peer-misaddressed");
    let mut unaddressed = body(&message);
    unaddressed.as_object_mut().unwrap().remove("to");
    let unaddressed = with(&message, &b, &unaddressed);
    assert_eq!(code(b.zone().from_peer(&unaddressed)), "peer-misaddressed");
    for foreign in [key("somebody", "http"), key("ae-abudhabi-adgm", "log"), key("sg", "http")] {
        let nonce = b.net.nonce();
        let foreign = PeerMessage { key: foreign.public(), nonce, ..message.clone() };
        assert_eq!(code(b.zone().from_peer(&foreign)), "peer-unknown");
    }
    for nonce in [String::new(), "n".repeat(129), "a b".to_owned()] {
        let bad = PeerMessage { nonce, ..message.clone() };
        assert_eq!(code(b.zone().from_peer(&bad)), "peer-malformed");
    }
    let mut more = body(&message);
    more["surprise"] = json!(true);
    assert_eq!(code(b.zone().from_peer(&with(&message, &b, &more))), "peer-malformed");
    let twice = PeerMessage {
        nonce: b.net.nonce(),
        body: br#"{"to":"did:key:a","to":"did:key:b"}"#.to_vec(),
        ..message.clone()
    };
    assert_eq!(code(b.zone().from_peer(&twice)), "malformed-document");
}

#[test]
fn gaps_other_lanes_and_altered_receipts_are_refused() {
    let (mut a, b, message) = delivered();
    let held = body(&message);
    let mut gap = held.clone();
    gap["from"] = json!(7);
    let answer = b.zone().from_peer(&with(&message, &b, &gap));
    assert!(matches!(answer, Err(Refused::PeerGap { expected }) if expected >= 1), "{answer:?}");
    let mut lane = held.clone();
    lane["lane"] = b.inception_document["zone_id"].clone();
    assert_eq!(code(b.zone().from_peer(&with(&message, &b, &lane))), "receipt-refused");

    // A receipt not delivered yet, altered on the way in each of its parts.
    let caller = a.caller();
    let id = corridor_of(&a, &b);
    a.net.cut(&a.url, &b.url, true);
    a.zone().send_noop(&ask(&caller, "noop", "n"), &id).unwrap();
    let size = b.zone().corridor(&id).unwrap()["lane_there"]["size"].as_u64().unwrap();
    let next = a.zone().corridor_receipts(&id, None, size, 1).unwrap();
    let next = next["receipts"][0].clone();
    assert_eq!(next["sequence"], size);
    let checkpoint = a.zone().lane_checkpoint(&id, a.zone().zone_id()).unwrap();
    let mut fresh = held.clone();
    fresh["from"] = json!(size);
    fresh["items"] =
        json!([{ "receipt": next, "checkpoint": String::from_utf8(checkpoint).unwrap() }]);
    let mut altered = fresh.clone();
    altered["items"][0]["receipt"]["epoch"] = json!(5);
    assert_eq!(code(b.zone().from_peer(&with(&message, &b, &altered))), "receipt-refused");
    let mut altered = fresh.clone();
    altered["items"][0]["checkpoint"] = held["items"][0]["checkpoint"].clone();
    assert_eq!(code(b.zone().from_peer(&with(&message, &b, &altered))), "checkpoint-refused");
    assert_eq!(b.zone().corridor(&id).unwrap()["lane_there"]["size"], size, "nothing was kept");
    assert_eq!(code(b.zone().from_peer(&with(&message, &b, &fresh))), "taken");
    assert_eq!(b.zone().corridor(&id).unwrap()["lane_there"]["size"], size + 1);
}

#[test]
fn another_receipt_at_a_sequence_held_is_equivocation() {
    let (a, b, message) = delivered();
    let mut other = body(&message);
    let receipt = &mut other["items"][0]["receipt"];
    receipt["decision_commitment"] = json!(canon::Digest::of_blob(b"other"));
    receipt.as_object_mut().unwrap().remove("proof");
    let unsigned: LaneReceipt = serde_json::from_value(receipt.clone()).unwrap();
    receipt["next_root"] = json!(unsigned.derived_root().unwrap());
    let unsigned = other.clone();
    let log = key("ae-abudhabi-adgm", "log");
    let created = Timestamp::parse(receipt_time(&other)).unwrap();
    let receipt = other["items"][0]["receipt"].clone();
    let options = ProofOptions::assertion(created, &log);
    other["items"][0]["receipt"] = sign_document(receipt, &options, &log).unwrap();
    let id = corridor_of(&a, &b);
    assert_eq!(code(b.zone().from_peer(&with(&message, &b, &unsigned))), "receipt-refused");
    assert_eq!(b.zone().corridor(&id).unwrap()["state"], "ACTIVE", "nobody signed that");
    let before = b.zone().corridor(&id).unwrap();
    for _ in 0..3 {
        assert_eq!(code(b.zone().from_peer(&with(&message, &b, &other))), "equivocation");
    }
    let digest = proven(&b, &a, &id);
    let after = b.zone().corridor(&id).unwrap();
    assert_eq!(after["lane_there"], before["lane_there"], "what is held stays");
    assert_eq!(after["lane_here"]["size"], before["lane_here"]["size"].as_u64().unwrap() + 1);
    let why = after["transitions"].as_array().unwrap().last().unwrap();
    assert_eq!(why["evidence_sha256"], digest.to_string(), "{why}");
    assert_eq!(code(b.zone().from_peer(&with(&message, &b, &body(&message)))), "taken");
}

/// One proof is kept, its judge finds it proven of the peer, and the corridor stands still.
fn proven(site: &Site, of: &Site, id: &canon::CorridorId) -> canon::Digest {
    let shown = site.zone().corridor(id).unwrap();
    assert_eq!(shown["state"], "HALTED");
    let digests = shown["evidence_sha256"].as_array().unwrap();
    assert_eq!(digests.len(), 1);
    let digest: canon::Digest = digests[0].as_str().map(canon::Digest::from_hex).unwrap().unwrap();
    let file = site.zone().evidence_file(id, &digest).unwrap();
    assert_eq!(canon::Digest::of_blob(&file), digest);
    let judged = corridor::evidence::judge(&file, std::slice::from_ref(&of.did));
    assert_eq!(judged.verdict, proof::credential::Verdict::Valid, "{:?}", judged.reasons);
    assert_eq!(judged.who.as_ref(), Some(&of.did));
    digest
}

#[test]
fn another_note_of_a_size_held_is_equivocation() {
    let (a, b, message) = delivered();
    let id = corridor_of(&a, &b);
    let log = key("ae-abudhabi-adgm", "log");
    let mut other = body(&message);
    let origin = other["items"][0]["checkpoint"].as_str().unwrap().lines().next().unwrap();
    let root = canon::Digest::of_blob(b"other");
    let note = proof::Checkpoint::new(origin, 1, root).unwrap();
    let forged = note.sign(&key("sg", "log")).unwrap().to_bytes();
    let signed = note.sign(&log).unwrap().to_bytes();
    other["items"][0]["checkpoint"] = json!(String::from_utf8(forged).unwrap());
    assert_eq!(code(b.zone().from_peer(&with(&message, &b, &other))), "checkpoint-refused");
    assert_eq!(b.zone().corridor(&id).unwrap()["state"], "ACTIVE");
    other["items"][0]["checkpoint"] = json!(String::from_utf8(signed).unwrap());
    assert_eq!(code(b.zone().from_peer(&with(&message, &b, &other))), "equivocation");
    proven(&b, &a, &id);
}

fn receipt_time(body: &Value) -> &str {
    body["items"][0]["receipt"]["timestamp"].as_str().unwrap()
}

#[test]
fn a_known_peer_is_never_overwritten_by_a_proposal() {
    let (a, mut b, _) = delivered();
    let net = b.net.clone();
    let id = corridor_of(&a, &b);
    let before = b.zone().corridor(&id).unwrap();
    let mut evil = Site::called("evil", "ae-abudhabi-adgm", Realm::Sandbox, &net, None);
    evil.open().unwrap();
    try_propose(&mut evil, &b, "propose").unwrap();
    pump(&[&evil, &b]);
    let refused = try_accept(&mut b, &evil, "accept-evil");
    assert!(matches!(refused, Err(Refused::Conflict { code: "peer-not-pinned", .. })));
    assert_eq!(b.zone().corridor(&id).unwrap(), before);
    assert_eq!(evil.zone().corridor(&id).unwrap()["state"], "DRAFT");
}

#[test]
fn both_sides_pin_whom_they_talk_to() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let caller = a.caller();
    let wrong = Proposal { url: b.url.clone(), did: a.did.clone(), fork_authority: None };
    let refused = a.zone().propose_corridor(&ask(&caller, "p", "p"), &wrong).unwrap_err();
    assert_eq!(refused.code(), "peer-not-pinned");
    try_propose(&mut a, &b, "propose").unwrap();
    pump(&[&a, &b]);
    let id = corridor_of(&a, &b);
    assert_eq!(b.zone().corridor(&id).unwrap()["state"], "PENDING");
    let caller_b = b.caller();
    let other = key("somebody", "root").public().did();
    let refused = b.zone().accept_corridor(&ask(&caller_b, "x", "x"), &id, &other).unwrap_err();
    assert_eq!(refused.code(), "peer-not-pinned");
    // The proposer cannot accept its own proposal, nor can business begin.
    let did = b.did.clone();
    let refused = a.zone().accept_corridor(&ask(&caller, "y", "y"), &id, &did).unwrap_err();
    assert_eq!(refused.code(), "nothing-to-accept");
    let refused = a.zone().send_noop(&ask(&caller, "z", "z"), &id).unwrap_err();
    assert_eq!(refused.code(), "corridor-not-active");
    try_accept(&mut b, &a, "accept").unwrap();
    pump(&[&a, &b]);
    assert_eq!(a.zone().corridor(&id).unwrap()["state"], "ACTIVE");
}

#[test]
fn a_caller_without_the_scope_is_refused() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let b = Site::opened("sg", &net);
    let principal = canon::PrincipalId::parse("reader").unwrap();
    let scopes = vec![zone::Scope::Reader];
    let token = a.zone().create_token(None, principal, scopes, None).unwrap();
    let reader = a.zone().authenticate(&token).unwrap();
    let proposal = Proposal { url: b.url.clone(), did: b.did.clone(), fork_authority: None };
    let refused = a.zone().propose_corridor(&ask(&reader, "p", "p"), &proposal).unwrap_err();
    assert!(matches!(refused, Refused::CallerForbidden { needed: "operator" }));
    let mut other = token.clone();
    other.pop();
    other.push('0');
    for bad in ["", "mez_", other.as_str(), "bearer"] {
        if bad != token {
            assert!(matches!(a.zone().authenticate(bad), Err(Refused::CallerUnknown)), "{bad}");
        }
    }
    a.open().unwrap();
    a.zone().authenticate(&token).unwrap();
}

#[test]
fn crossing_proposals_become_one_corridor() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    try_propose(&mut a, &b, "propose").unwrap();
    try_propose(&mut b, &a, "propose").unwrap();
    pump(&[&b, &a]);
    crate::rig::work::pump_later(&[&a, &b]);
    let id = corridor_of(&a, &b);
    // The one that sorts later gave way; its operator accepts what it proposed itself.
    assert_eq!(b.zone().corridor(&id).unwrap()["role"], "responder");
    try_accept(&mut b, &a, "accept").unwrap();
    crate::rig::work::pump_later(&[&a, &b]);
    for site in [&a, &b] {
        assert_eq!(site.zone().corridor(&id).unwrap()["state"], "ACTIVE", "{}", site.word);
        assert_eq!(site.zone().run_jobs().unwrap(), 0, "no job is left over");
    }
}

#[test]
fn crossing_offers_to_resume_leave_nothing_behind() {
    let (mut a, mut b, _) = delivered();
    let id = corridor_of(&a, &b);
    let halt = zone::HaltAsk { reason: "a test".to_owned(), authority: "the test".to_owned() };
    let resume = zone::ResumeAsk { reason: "it is over".to_owned() };
    let (one, two) = (a.caller(), b.caller());
    a.zone().stop_corridor(&ask(&one, "h", "h"), &id, Stop::Halt, &halt).unwrap();
    pump(&[&a, &b]);
    a.zone().resume_corridor(&ask(&one, "r", "r"), &id, &resume).unwrap();
    b.zone().resume_corridor(&ask(&two, "r", "r"), &id, &resume).unwrap();
    // Both arrive, one answer is lost, so its offer is sent again after it gave way.
    a.net.lose_answers(1);
    crate::rig::work::pump_later(&[&a, &b]);
    // Both said so: one offer stands, both sign it, and the one that gave way is not sent.
    for site in [&a, &b] {
        assert_eq!(site.zone().corridor(&id).unwrap()["state"], "ACTIVE", "{}", site.word);
        site.net.clock.forward(100_000);
        assert_eq!(site.zone().run_jobs().unwrap(), 0, "no job is left over at {}", site.word);
    }
    // Resumed here and halted again before the peer's resume arrives.
    a.zone().stop_corridor(&ask(&one, "h2", "h"), &id, Stop::Halt, &halt).unwrap();
    pump(&[&a, &b]);
    a.zone().resume_corridor(&ask(&one, "r3", "r"), &id, &resume).unwrap();
    pump(&[&a, &b]);
    b.zone().resume_corridor(&ask(&two, "r3", "r"), &id, &resume).unwrap();
    b.zone().stop_corridor(&ask(&two, "h3", "h"), &id, Stop::Halt, &halt).unwrap();
    pump(&[&a, &b]);
    for site in [&a, &b] {
        assert_eq!(site.zone().corridor(&id).unwrap()["state"], "HALTED", "{}", site.word);
    }
    b.zone().resume_corridor(&ask(&two, "r4", "r"), &id, &resume).unwrap();
    pump(&[&a, &b]);
    a.zone().resume_corridor(&ask(&one, "r4", "r"), &id, &resume).unwrap();
    pump(&[&a, &b]);
    for site in [&a, &b] {
        assert_eq!(site.zone().corridor(&id).unwrap()["state"], "ACTIVE", "{}", site.word);
    }
}

#[test]
fn a_pause_ends_when_both_say_so_and_an_end_never() {
    let (mut a, mut b, _) = delivered();
    let id = corridor_of(&a, &b);
    let why = zone::HaltAsk { reason: "a test".to_owned(), authority: "the test".to_owned() };
    let resume = zone::ResumeAsk { reason: "it is over".to_owned() };
    let (one, two) = (a.caller(), b.caller());
    let states = |wanted: &str| {
        for site in [&a, &b] {
            assert_eq!(site.zone().corridor(&id).unwrap()["state"], wanted, "{}", site.word);
        }
    };
    a.zone().stop_corridor(&ask(&one, "s", "s"), &id, Stop::Suspend, &why).unwrap();
    pump(&[&a, &b]);
    states("SUSPENDED");
    // A halt outranks the pause, and both are lifted together.
    b.zone().stop_corridor(&ask(&two, "h", "h"), &id, Stop::Halt, &why).unwrap();
    pump(&[&a, &b]);
    states("HALTED");
    let refused = a.zone().stop_corridor(&ask(&one, "s2", "s"), &id, Stop::Suspend, &why);
    assert_eq!(refused.unwrap_err().code(), "illegal-transition");
    a.zone().resume_corridor(&ask(&one, "r", "r"), &id, &resume).unwrap();
    pump(&[&a, &b]);
    b.zone().resume_corridor(&ask(&two, "r", "r"), &id, &resume).unwrap();
    pump(&[&a, &b]);
    states("ACTIVE");
    b.zone().stop_corridor(&ask(&two, "d", "d"), &id, Stop::Deprecate, &why).unwrap();
    // Whoever does not know yet may still stop; the end outranks that as well.
    a.zone().stop_corridor(&ask(&one, "h2", "h"), &id, Stop::Halt, &why).unwrap();
    pump(&[&a, &b]);
    states("DEPRECATED");
    for (n, stop) in [Stop::Suspend, Stop::Halt, Stop::Deprecate].into_iter().enumerate() {
        let refused = a.zone().stop_corridor(&ask(&one, &format!("x{n}"), "x"), &id, stop, &why);
        assert_eq!(refused.unwrap_err().code(), "illegal-transition");
    }
    let refused = a.zone().resume_corridor(&ask(&one, "r9", "r"), &id, &resume);
    assert_eq!(refused.unwrap_err().code(), "illegal-transition");
    let sent = a.zone().send_noop(&ask(&one, "n", "n"), &id);
    assert_eq!(sent.unwrap_err().code(), "corridor-not-active");
    for site in [&a, &b] {
        site.net.clock.forward(100_000);
        assert_eq!(site.zone().run_jobs().unwrap(), 0, "no job is left over at {}", site.word);
    }
}

/// The next receipt of a's lane, written with a's key around a's own rules.
fn forged(a: &Site, b: &Site, kind: TransitionKind, payload: Value) -> Value {
    let id = corridor_of(a, b);
    let lane = |side: &str| -> Lane {
        let record = a.sim().record("lane", &format!("{id}/{side}")).unwrap().unwrap();
        serde_json::from_slice(&record.body).unwrap()
    };
    let party =
        |site: &Site| Party::of(&Inception::verify(&site.inception_document, &site.did).unwrap());
    let (here, there) = (lane("here"), lane("there"));
    let salt = canon::Digest::of_blob(b"salt");
    let payload = Payload { payload, salt };
    let draft = Draft {
        endorsements: Vec::new(),
        kind,
        payload: payload.clone(),
        decision_commitment: Some(salt),
        seen: there.as_seen(),
        ack: None,
    };
    let log = key(&a.word, "log");
    let (one, other) = (party(a), party(b));
    let written = here.write(draft, a.zone().now(), &log, &there, [&one, &other]).unwrap();
    json!({
        "type": "MEZCorridorDelivery",
        "to": b.did,
        "corridor_id": id,
        "lane": a.inception_document["zone_id"],
        "from": here.size(),
        "items": [{
            "receipt": written.receipt.canonical().unwrap().value(),
            "payload": payload,
            "checkpoint": String::from_utf8(written.checkpoint).unwrap(),
        }],
    })
}

/// Why b's last receipt refuses what came last.
fn refusal(a: &Site, b: &Site) -> Option<(u64, String)> {
    let id = corridor_of(a, b);
    let lane = b.zone().corridor_receipts(&id, None, 0, 200).unwrap();
    let last = lane["receipts"].as_array().unwrap().last().unwrap().clone();
    let refused = last["ack"]["refused"].as_array()?.first()?.clone();
    Some((refused["sequence"].as_u64()?, refused["reason_code"].as_str()?.to_owned()))
}

#[test]
fn a_return_is_taken_once_and_only_for_what_was_refused() {
    let (mut a, b, _) = delivered();
    let id = corridor_of(&a, &b);
    let nobody = canon::AccountId::parse("nobody").unwrap();
    let accounts = a.zone().accounts(None, None, 50).unwrap().items;
    let payer = accounts.iter().find(|account| account["balance"] == "90.00").unwrap();
    let payer = canon::AccountId::parse(payer["account_id"].as_str().unwrap()).unwrap();
    let lost = try_pay(&mut a, "lost", (&payer, "10.00"), (&b, &nobody, "Nobody")).unwrap();
    pump(&[&a, &b]);
    assert_eq!(refusal(&a, &b), None, "the honest return is taken");
    let lane = a.zone().corridor_receipts(&id, None, 0, 50).unwrap();
    let honest = lane["receipts"].as_array().unwrap().clone();
    let sent = |kind: &str| {
        let of_kind = |receipt: &&Value| receipt["transition"]["kind"] == kind;
        honest.iter().filter(of_kind).map(|r| r["sequence"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let transfers = sent("payment.transfer");
    assert_eq!((transfers.len(), sent("payment.return").len()), (2, 1));
    let acks = b.zone().corridor_receipts(&id, None, 0, 50).unwrap();
    let refusing = acks["receipts"].as_array().unwrap().iter();
    let mut refusing =
        refusing.filter(|r| r["ack"]["refused"].as_array().is_some_and(|r| !r.is_empty()));
    let ack_sequence = refusing.next_back().unwrap()["sequence"].clone();
    let undo = |refused_sequence: u64, amount: &str| {
        json!({
            "type": "MEZPaymentReturn",
            "payment_id": lost.body["result"]["payment_id"],
            "amount": { "minor": amount, "currency": "USD" },
            "refused_sequence": refused_sequence,
            "ack_sequence": ack_sequence,
            "reason_code": "account-unknown",
        })
    };
    let cases = [
        (undo(transfers[0], "1000"), "return-unfounded"),
        (undo(transfers[1], "999"), "return-unfounded"),
        (undo(transfers[1], "1000"), "return-known"),
        (json!({ "type": "MEZPaymentReturn" }), "payload-malformed"),
    ];
    let before = b.sim().snapshot();
    let cell = std::fs::read(b.cell_path()).unwrap();
    let mut b = b;
    for (payload, why) in cases {
        // Each on b as it was: a writes one of these receipts only.
        b.close();
        b.sim().rollback_to(&before);
        std::fs::write(b.cell_path(), &cell).unwrap();
        b.open().unwrap();
        let body = forged(&a, &b, TransitionKind::PaymentReturn, payload);
        let size = body["from"].as_u64().unwrap();
        let message = message(&a, &b, PeerCall::Receipts, &body);
        assert_eq!(code(b.zone().from_peer(&message)), "taken", "{why}");
        assert_eq!(refusal(&a, &b), Some((size, why.to_owned())));
    }
}

fn message(from: &Site, to: &Site, call: PeerCall, body: &Value) -> PeerMessage {
    PeerMessage {
        call,
        key: key(&from.word, "http").public(),
        created: to.zone().now(),
        nonce: to.net.nonce(),
        body: body.to_string().into_bytes(),
    }
}

#[test]
fn no_transfer_of_a_peer_stops_its_lane() {
    let (a, mut b, message_of_payment) = delivered();
    let id = corridor_of(&a, &b);
    let before = b.sim().snapshot();
    let cell = std::fs::read(b.cell_path()).unwrap();
    let honest = body(&message_of_payment)["items"][0]["payload"]["payload"].clone();
    let cases: [(&str, Value, &str); 8] = [
        ("/payee/name", json!("Somebody Else"), "payee-name-differs"),
        ("/payment_id", honest["payment_id"].clone(), "payment-known"),
        ("/amount/minor", json!(i128::MAX.to_string()), "not-bookable"),
        ("/purpose", json!("no code word!"), "not-bookable"),
        ("/amount/currency", json!("AED"), "account-mismatch"),
        ("/payer/jurisdiction_id", json!("sg"), "account-mismatch"),
        ("/payer/name", json!(""), "payload-malformed"),
        ("/amount/minor", json!("-5"), "payload-malformed"),
    ];
    for (pointer, value, why) in cases {
        b.close();
        b.sim().rollback_to(&before);
        std::fs::write(b.cell_path(), &cell).unwrap();
        b.open().unwrap();
        let mut payload = honest.clone();
        payload["payment_id"] = json!("another-payment");
        *payload.pointer_mut(pointer).unwrap() = value;
        let body = forged(&a, &b, TransitionKind::PaymentTransfer, payload);
        let size = body["from"].as_u64().unwrap();
        let message = message(&a, &b, PeerCall::Receipts, &body);
        assert_eq!(code(b.zone().from_peer(&message)), "taken", "{pointer} {why}");
        assert_eq!(refusal(&a, &b), Some((size, why.to_owned())), "{pointer}");
        assert_eq!(b.zone().corridor(&id).unwrap()["lane_there"]["size"], size + 1);
        let account = b.zone().accounts(None, None, 50).unwrap().items;
        let sum = |a: &Value| a["balance"] == "10.00" || a["balance"] == "-10.00";
        assert!(account.iter().all(sum), "{account:?}");
    }
}

#[test]
fn a_peer_restored_to_an_older_copy_with_its_signer_is_found_out() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    let id = join(&mut a, &mut b);
    try_pay(&mut a, "one", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    let (older, cell) = (b.sim().snapshot(), std::fs::read(b.cell_path()).unwrap());
    try_pay(&mut a, "two", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    b.close();
    b.sim().rollback_to(&older);
    std::fs::write(b.cell_path(), &cell).unwrap();
    net.clock.forward(10);
    b.open().unwrap();
    // Data and signer agree, so alone it cannot know; its readiness says so.
    let ready = b.zone().readiness();
    assert!(ready.checks.iter().any(|c| c.detail.contains("cannot be excluded")));
    // The peer sends again what b has lost, up to the receipt that has seen what b no longer has;
    // and what b answers meanwhile is another history to the peer.
    try_pay(&mut a, "three", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    for _ in 0..6 {
        net.clock.forward(61);
        a.zone().run_jobs().unwrap();
    }
    assert_eq!(b.zone().corridor(&id).unwrap()["lane_there"]["size"], 2);
    let told = net.sent.lock().unwrap().len();
    let answered = b.zone().run_jobs();
    assert!(matches!(answered, Err(Refused::NotSigning(_))), "it is shown its own signature");
    assert!(b.zone().stopped().unwrap().contains("restored from a backup"));
    let sent = net.sent.lock().unwrap();
    let to_a = sent[told..].iter().find(|m| m.0 == a.url).unwrap().1.clone();
    drop(sent);
    let again = with(&to_a, &a, &body(&to_a));
    assert_eq!(code(a.zone().from_peer(&again)), "equivocation");
    proven(&a, &b, &id);
    assert_eq!(a.zone().corridor(&id).unwrap()["lane_there"]["acknowledged"], 2);
}
