//! Amending, endorsing and beginning anew between whole zones.

use canon::{CorridorId, PrincipalId};
use corridor::Stop;
use corridor::endorsement::Endorsement;
use corridor::handshake::Role;
use corridor::handshake::{Compatibility, RoleHolders, Threshold};
use corridor::lane::Class;
use proof::SecretKey;
use serde_json::{Value, json};
use zone::{AmendAsk, Caller, Demands, HaltAsk, Proposal, Scope};

use crate::rig::work::{ask, corridor_of, pump_later, try_accept};
use crate::rig::{Net, Site};

/// A caller who may do everything.
fn caller_of(site: &Site) -> Caller {
    let principal = PrincipalId::parse("operator").unwrap();
    let token = site.zone().create_token(None, principal, Scope::ALL.to_vec(), None).unwrap();
    site.zone().authenticate(&token).unwrap()
}

fn fresh(site: &Site) -> String {
    site.net.nonce()
}

fn active(a: &Site, b: &mut Site, demands: &Demands) -> CorridorId {
    let caller = caller_of(a);
    let proposal = Proposal { url: b.url.clone(), did: b.did.clone(), fork_authority: None };
    let key = fresh(a);
    a.zone().propose_under(&ask(&caller, &key, "propose"), &proposal, demands, None).unwrap();
    pump_later(&[a, b]);
    let key = fresh(a);
    try_accept(b, a, &key).unwrap();
    pump_later(&[a, b]);
    corridor_of(a, b)
}

fn shown(site: &Site, id: &CorridorId, pointer: &str) -> Value {
    site.zone().corridor(id).unwrap().pointer(pointer).cloned().unwrap_or(Value::Null)
}

fn noop(site: &Site, id: &CorridorId) -> Result<(), String> {
    let (caller, key) = (caller_of(site), fresh(site));
    let done = site.zone().send_noop(&ask(&caller, &key, "noop"), id);
    done.map(drop).map_err(|refused| refused.code().to_owned())
}

#[test]
fn an_amendment_is_offered_accepted_and_in_force_in_both_lanes() {
    let net = Net::new();
    let a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let id = active(&a, &mut b, &Demands::default());
    noop(&a, &id).unwrap();
    pump_later(&[&a, &b]);
    let watcher = SecretKey::from_seed([7; 32]).unwrap();
    let did = watcher.public().did();
    let row =
        Threshold { class: Some(Class::Business), role: "watcher".to_owned(), required: 1, of: 1 };
    let wanted = AmendAsk {
        reason: "watched from now on".to_owned(),
        thresholds: Some(vec![row]),
        holders: vec![RoleHolders { role: "watcher".to_owned(), holders: vec![did.clone()] }],
        ..AmendAsk::default()
    };
    let (caller_a, caller_b) = (caller_of(&a), caller_of(&b));
    let unknown = AmendAsk {
        thresholds: Some(vec![Threshold {
            class: Some(Class::Business),
            role: "oracle".to_owned(),
            required: 1,
            of: 1,
        }]),
        ..wanted.clone()
    };
    let refused = a.zone().amend_corridor(&ask(&caller_a, "unknown", "x"), &id, &unknown);
    assert_eq!(refused.unwrap_err().code(), "threshold-unsound");
    a.zone().amend_corridor(&ask(&caller_a, "amend", "a"), &id, &wanted).unwrap();
    pump_later(&[&a, &b]);
    let offered = shown(&b, &id, "/agreed/amendment_offered");
    let digest = canon::Digest::from_hex(offered.as_str().unwrap()).unwrap();
    let other = canon::Digest::of_blob(b"another");
    let wrong = b.zone().accept_amendment(&ask(&caller_b, "wrong", "w"), &id, &other);
    assert_eq!(wrong.unwrap_err().code(), "nothing-to-accept");
    // Whoever offered cannot accept.
    let own = a.zone().accept_amendment(&ask(&caller_a, "own", "o"), &id, &digest);
    assert_eq!(own.unwrap_err().code(), "nothing-to-accept");
    b.zone().accept_amendment(&ask(&caller_b, "accept-it", "t"), &id, &digest).unwrap();
    pump_later(&[&a, &b]);
    for site in [&a, &b] {
        assert_eq!(shown(site, &id, "/agreed/amendments"), json!([digest]), "at {}", site.word);
        for lane in ["/lane_here/epoch", "/lane_there/epoch"] {
            assert_eq!(shown(site, &id, lane), 1, "{lane} at {}", site.word);
        }
    }
    business_needs(&watcher, (a, b), &id);
}

/// Nothing of business without the watcher; with it, everything.
fn business_needs(watcher: &SecretKey, (a, b): (Site, Site), id: &CorridorId) {
    let caller_a = caller_of(&a);
    let id = id.clone();
    assert_eq!(noop(&a, &id).unwrap_err(), "threshold-unmet");
    let until = a.zone().now().plus_secs(86_400).unwrap();
    let endorsed = |lane: &Site, key: &SecretKey| {
        let endorsement = Endorsement {
            corridor_id: id.clone(),
            lane: lane.zone().zone_id().clone(),
            role: Role::Watcher,
            class: Class::Business,
            payload_commitment: None,
        };
        endorsement.sign(&key.public().did(), (a.zone().now(), until), key).unwrap()
    };
    let stranger = endorsed(&a, &SecretKey::from_seed([8; 32]).unwrap());
    for (n, wrong) in [stranger, endorsed(&b, watcher)].iter().enumerate() {
        let key = format!("wrong-{n}");
        let refused = a.zone().take_endorsement(&ask(&caller_a, &key, &key), &id, wrong);
        assert_eq!(refused.unwrap_err().code(), "endorsement-refused");
    }
    let good = endorsed(&a, watcher);
    a.zone().take_endorsement(&ask(&caller_a, "good", "g"), &id, &good).unwrap();
    noop(&a, &id).unwrap();
    pump_later(&[&a, &b]);
    assert_eq!(shown(&b, &id, "/lane_there/size"), shown(&a, &id, "/lane_here/size"));
    assert_eq!(noop(&b, &id).unwrap_err(), "threshold-unmet");
    // What is known after a restart is the same.
    let mut a = a;
    a.close();
    a.open().unwrap();
    noop(&a, &id).unwrap();
}

#[test]
fn an_amendment_waits_for_its_day_and_goes_by_file_where_no_network_is() {
    let net = Net::new();
    let a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let id = active(&a, &mut b, &Demands::default());
    net.cut(&a.url, &b.url, true);
    let (caller_a, caller_b) = (caller_of(&a), caller_of(&b));
    let from = a.zone().now().plus_secs(3_600).unwrap();
    let wanted = AmendAsk {
        reason: "a year more".to_owned(),
        effective_from: Some(from),
        effective_until: Some(from.plus_secs(20 * 365 * 86_400).unwrap()),
        ..AmendAsk::default()
    };
    a.zone().amend_corridor(&ask(&caller_a, "amend", "a"), &id, &wanted).unwrap();
    let carry = |from: &Site, to: &Site| {
        let (caller, key) = (caller_of(from), fresh(from));
        let file = from.zone().handshake_file(&ask(&caller, &key, "file"), &id).unwrap().body;
        assert_eq!(file["call"], "amend");
        let (caller, key) = (caller_of(to), fresh(to));
        to.zone().take_handshake(&ask(&caller, &key, "take"), &file).unwrap();
    };
    carry(&a, &b);
    let offered = shown(&b, &id, "/agreed/amendment_offered");
    let digest = canon::Digest::from_hex(offered.as_str().unwrap()).unwrap();
    b.zone().accept_amendment(&ask(&caller_b, "accept-it", "t"), &id, &digest).unwrap();
    carry(&b, &a);
    for site in [&a, &b] {
        assert_eq!(shown(site, &id, "/agreed/amendments"), json!([]), "its day has not come");
    }
    net.clock.forward(3_700);
    pump_later(&[&a, &b]);
    for site in [&a, &b] {
        assert_eq!(shown(site, &id, "/agreed/amendments"), json!([digest]), "at {}", site.word);
        assert_eq!(shown(site, &id, "/agreed/effective_until"), json!(wanted.effective_until));
    }
    net.cut(&a.url, &b.url, false);
    pump_later(&[&a, &b]);
    noop(&b, &id).unwrap();
    pump_later(&[&a, &b]);
    assert_eq!(shown(&a, &id, "/lane_there/epoch"), 1);
}

#[test]
fn two_zones_begin_again_after_they_ended() {
    let net = Net::new();
    let a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let id = active(&a, &mut b, &Demands::default());
    noop(&a, &id).unwrap();
    pump_later(&[&a, &b]);
    let caller = caller_of(&a);
    let halt = HaltAsk { reason: "a new treaty".to_owned(), authority: "both".to_owned() };
    a.zone().stop_corridor(&ask(&caller, "end", "e"), &id, Stop::Deprecate, &halt).unwrap();
    pump_later(&[&a, &b]);
    assert_eq!(shown(&b, &id, "/state"), "DEPRECATED");
    let (proposal, key) =
        (Proposal { url: a.url.clone(), did: a.did.clone(), fork_authority: None }, fresh(&b));
    let caller_b = caller_of(&b);
    b.zone().propose_corridor(&ask(&caller_b, &key, "again"), &proposal).unwrap();
    pump_later(&[&a, &b]);
    let next = CorridorId::parse(&format!("{id}.g2")).unwrap();
    assert_eq!(shown(&a, &next, "/state"), "PENDING");
    a.zone().accept_corridor(&ask(&caller, "again-2", "y"), &next, &b.did).unwrap();
    pump_later(&[&a, &b]);
    noop(&a, &next).unwrap();
    pump_later(&[&a, &b]);
    for site in [&a, &b] {
        assert_eq!(shown(site, &next, "/state"), "ACTIVE", "at {}", site.word);
        // The old lanes are there to read, and to verify.
        assert_eq!(shown(site, &id, "/state"), "DEPRECATED");
        for of in [&id, &next] {
            let (caller, key) = (caller_of(site), fresh(site));
            let bundle = site.zone().export_bundle(&ask(&caller, &key, "x"), of, true).unwrap();
            let report = corridor::verify::judge(&bundle, &[a.did.clone(), b.did.clone()]);
            assert_eq!(report.verdict.to_string(), "VALID", "{of} at {}", site.word);
        }
    }
    assert_eq!(noop(&a, &id).unwrap_err(), "corridor-not-active");
    // The one that goes on is the one proposed again.
    let key = fresh(&b);
    let again = b.zone().propose_corridor(&ask(&caller_b, &key, "once more"), &proposal).unwrap();
    assert_eq!(again.body["corridor_id"], json!(next));
}

#[test]
fn law_that_does_not_go_together_is_refused_before_anything_is_signed() {
    let net = Net::new();
    let a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let jurisdiction_id = canon::JurisdictionId::parse("sg").unwrap();
    let allowed = corridor::handshake::AllowedPacks {
        jurisdiction_id,
        digests_sha256: vec![canon::Digest::of_blob(b"an edition nobody has")],
    };
    let demand = Compatibility { allowed: vec![allowed], ..Compatibility::default() };
    let demands = Demands { lawpack_compatibility: Some(demand), ..Demands::default() };
    let proposal = Proposal { url: b.url.clone(), did: b.did.clone(), fork_authority: None };
    let caller = caller_of(&a);
    a.zone().propose_under(&ask(&caller, "propose", "p"), &proposal, &demands, None).unwrap();
    pump_later(&[&a, &b]);
    let refused = try_accept(&mut b, &a, "accept").unwrap_err();
    assert_eq!(refused.code(), "lawpack-incompatible");
    assert!(refused.to_string().contains("remedy"), "{refused}");
    assert_eq!(shown(&b, &corridor_of(&a, &b), "/state"), "PENDING");
}

#[test]
fn payloads_travel_encrypted_and_are_opened_and_judged() {
    let net = Net::new();
    let a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let id = active(&a, &mut b, &Demands::default());
    let caller = caller_of(&a);
    let sealed = a.zone().seal_corridor(&ask(&caller, "seal", "s"), &id, true).unwrap();
    assert_eq!(sealed.body["payloads"]["sealed"], true);
    let mut n = 0;
    let mut state = |what: &str| {
        n += 1;
        let body = json!({ "said": what }).as_object().unwrap().clone();
        let statement = corridor::statement::Statement::about("cargo", body).unwrap();
        let key = format!("state-{n}");
        a.zone().send_statement(&ask(&caller, &key, what), &id, &statement).unwrap();
        pump_later(&[&a, &b]);
    };
    // A peer without a key is told nothing, and nothing leaves in the clear.
    state("secret-one");
    assert_eq!(shown(&b, &id, "/lane_there/size"), 0);
    b.zone().open_payloads_with(proof::hpke::HpkeSecret::from_seed(&mut [7; 32]));
    pump_later(&[&a, &b]);
    state("secret-two");
    assert_eq!(shown(&b, &id, "/lane_there/size"), 2);
    let wire = net.sent.lock().unwrap();
    let bodies: Vec<String> =
        wire.iter().map(|(_, m)| String::from_utf8_lossy(&m.body).into_owned()).collect();
    drop(wire);
    assert!(bodies.iter().all(|body| !body.contains("secret-")), "a payload left in the clear");
    assert!(bodies.iter().any(|body| body.contains("ciphertext")));
    // It was opened, judged and accepted; the bundle of the receiver can disclose it.
    let verdict = |sequence| {
        let status = a.zone().finality(&id, None, Some(sequence)).unwrap();
        status["finality_level"].clone()
    };
    assert_eq!([verdict(0), verdict(1)], [json!("receipt_signed"), json!("receipt_signed")]);
    let reader = caller_of(&b);
    let disclosed = b.zone().disclosed_receipts(&reader, &id, Some(a.zone().zone_id()), (0, 10));
    assert!(disclosed.unwrap().to_string().contains("secret-two"));
    // In the clear again when the operator says so.
    a.zone().seal_corridor(&ask(&caller, "open", "o"), &id, false).unwrap();
    let mut b = b;
    b.close();
    b.open().unwrap();
    pump_later(&[&a, &b]);
    // A key the peer lost opens nothing: the receipt is refused by name, and the lane goes on.
    a.zone().seal_corridor(&ask(&caller, "seal-2", "s"), &id, true).unwrap();
    b.zone().open_payloads_with(proof::hpke::HpkeSecret::from_seed(&mut [8; 32]));
    let body = json!({ "said": "secret-three" }).as_object().unwrap().clone();
    let statement = corridor::statement::Statement::about("cargo", body).unwrap();
    a.zone().send_statement(&ask(&caller, "lost", "l"), &id, &statement).unwrap();
    pump_later(&[&a, &b]);
    let missing = a.zone().finality(&id, None, Some(2)).unwrap();
    assert!(missing.to_string().contains("payload-unreadable"), "{missing}");
}

#[test]
fn checkpoints_of_other_chains_ride_in_receipts() {
    let net = Net::new();
    let a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let id = active(&a, &mut b, &Demands::default());
    let caller = caller_of(&a);
    let log = SecretKey::from_seed([9; 32]).unwrap();
    let name = "log.example/other";
    let root = canon::Digest::of_blob(b"root");
    let note = proof::Checkpoint::new(name, 7, root).unwrap().sign(&log).unwrap().to_bytes();
    let mut attachment = json!({
        "type": "MEZAttachment",
        "relation": "observed",
        "checkpoint": {
            "chain": "c2sp-log",
            "checkpoint": String::from_utf8(note).unwrap(),
            "key": proof::note::verifier_key(name, &log.public()),
        },
    });
    a.zone().attach(&ask(&caller, "attach", "a"), &id, &attachment).unwrap();
    pump_later(&[&a, &b]);
    let level = a.zone().finality(&id, None, Some(0)).unwrap()["finality_level"].clone();
    assert_eq!(level, "receipt_signed");
    // Of a receipt that is not there, or of another key.
    attachment["about"] = json!({
        "lane": a.zone().zone_id(), "next_root": root, "sequence": 0,
    });
    let nothing = a.zone().attach(&ask(&caller, "attach-2", "b"), &id, &attachment);
    assert_eq!(nothing.unwrap_err().code(), "attachment-refused");
    attachment["about"] = json!({
        "lane": a.zone().zone_id(),
        "next_root": a.zone().corridor(&id).unwrap()["lane_here"]["last_next_root"],
        "sequence": 0,
    });
    a.zone().attach(&ask(&caller, "attach-3", "c"), &id, &attachment).unwrap();
    let other = SecretKey::from_seed([10; 32]).unwrap();
    attachment["checkpoint"]["key"] = json!(proof::note::verifier_key(name, &other.public()));
    let wrong = a.zone().attach(&ask(&caller, "attach-4", "d"), &id, &attachment);
    assert_eq!(wrong.unwrap_err().code(), "attachment-refused");
}
