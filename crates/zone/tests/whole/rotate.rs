//! Keys replaced while corridors go on: the peer follows the chain, and takes nothing else.

use canon::{Canonical, CorridorId, Digest};
use corridor::verify::judge;
use proof::credential::Verdict;
use proof::rotation::Cause;
use proof::{Purpose, Signer};
use serde_json::{Value, json};
use zone::{PeerCall, PeerMessage, Refused, StartError, Zone};

use crate::rig::work::{ask, corridor_of, join, pump, try_propose};
use crate::rig::{Net, Site};

fn noop(site: &mut Site, id: &CorridorId, name: &str) {
    let caller = site.caller();
    site.zone().send_noop(&ask(&caller, name, name), id).unwrap();
}

/// The zone's own lane as its receipts stand.
fn lane(site: &Site, id: &CorridorId) -> Vec<Value> {
    let store = site.sim();
    let rows = store::Store::journal(store.as_ref(), &format!("lane/here/{id}"), 0, 500).unwrap();
    rows.iter().map(|row| canon::parse_value(&row.body).unwrap()).collect()
}

fn kinds(site: &Site, id: &CorridorId) -> Vec<String> {
    let kind = |item: &Value| item["receipt"]["transition"]["kind"].as_str().unwrap().to_owned();
    lane(site, id).iter().map(kind).collect()
}

fn held(site: &Site, id: &CorridorId) -> u64 {
    let head = store::Store::head(site.sim().as_ref(), &format!("lane/there/{id}")).unwrap();
    head.map_or(0, |head| head.seq + 1)
}

fn bundle_is_valid(site: &mut Site, trust: &[canon::Did], id: &CorridorId) {
    let caller = site.caller();
    let bundle = site.zone().export_bundle(&ask(&caller, "b", "b"), id, true).unwrap();
    let report = judge(&bundle, trust);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
}

#[test]
fn every_key_of_a_zone_rotates_and_its_peer_goes_on() {
    for reason in [Cause::Routine, Cause::Compromise] {
        let net = Net::new();
        let (mut a, mut b) = (Site::opened("ae-abudhabi-adgm", &net), Site::opened("sg", &net));
        let id = join(&mut a, &mut b);
        let dids = [a.did.clone(), b.did.clone()];
        noop(&mut a, &id, "before");
        pump(&[&a, &b]);
        for purpose in [Purpose::Log, Purpose::Http, Purpose::Assertion, Purpose::Log] {
            a.rotate(purpose, reason);
            let name = format!("after-{purpose}-{}", a.rotations.len());
            noop(&mut a, &id, &name);
            pump(&[&a, &b]);
            noop(&mut b, &id, &format!("answer-{}", a.rotations.len()));
            pump(&[&a, &b]);
            assert_eq!(held(&b, &id), lane(&a, &id).len() as u64, "{purpose}");
            assert_eq!(a.zone().stopped(), None);
        }
        assert_eq!(kinds(&a, &id).iter().filter(|kind| *kind == "key.rotate").count(), 4);
        // Cuts are signed by the assertion key of now, over checkpoints of every key.
        let caller = a.caller();
        a.zone().cut_corridor(&ask(&caller, "cut", "cut"), &id).unwrap();
        bundle_is_valid(&mut a, &dids, &id);
        bundle_is_valid(&mut b, &dids, &id);
        // Both start again from what they keep.
        for site in [&mut a, &mut b] {
            site.open().unwrap();
            assert_eq!(site.zone().stopped(), None);
        }
        noop(&mut a, &id, "last");
        pump(&[&a, &b]);
        assert_eq!(held(&b, &id), lane(&a, &id).len() as u64);
    }
}

#[test]
fn a_peer_that_was_away_learns_all_rotations_at_once() {
    let net = Net::new();
    let (mut a, mut b) = (Site::opened("ae-abudhabi-adgm", &net), Site::opened("sg", &net));
    let id = join(&mut a, &mut b);
    noop(&mut a, &id, "before");
    net.cut(&a.url, &b.url, true);
    noop(&mut a, &id, "unseen");
    for purpose in [Purpose::Http, Purpose::Log, Purpose::Http] {
        a.rotate(purpose, Cause::Routine);
    }
    net.cut(&a.url, &b.url, false);
    net.clock.forward(7_200);
    pump(&[&a, &b]);
    assert_eq!(held(&b, &id), lane(&a, &id).len() as u64);
    noop(&mut b, &id, "answer");
    pump(&[&a, &b]);
}

#[test]
fn a_zone_that_rotated_is_met_by_strangers() {
    for rotated in [0, 1] {
        let net = Net::new();
        let mut sites = [Site::opened("ae-abudhabi-adgm", &net), Site::opened("sg", &net)];
        for purpose in Purpose::RUNNING {
            sites[rotated].rotate(purpose, Cause::Routine);
        }
        let [mut a, mut b] = sites;
        let id = join(&mut a, &mut b);
        noop(&mut a, &id, "first");
        noop(&mut b, &id, "second");
        pump(&[&a, &b]);
        let dids = [a.did.clone(), b.did.clone()];
        bundle_is_valid(&mut a, &dids, &id);
    }
}

/// A zone that rotates in the midst of a handshake is not lost to it.
#[test]
fn a_handshake_goes_on_over_a_rotation() {
    let net = Net::new();
    let (mut a, mut b) = (Site::opened("ae-abudhabi-adgm", &net), Site::opened("sg", &net));
    let id = corridor_of(&a, &b);
    try_propose(&mut a, &b, "propose").unwrap();
    pump(&[&a, &b]);
    b.rotate(Purpose::Http, Cause::Routine);
    let caller = b.caller();
    b.zone().accept_corridor(&ask(&caller, "yes", "yes"), &id, &a.did).unwrap();
    pump(&[&a, &b]);
    noop(&mut a, &id, "first");
    pump(&[&a, &b]);
    assert_eq!(held(&b, &id), lane(&a, &id).len() as u64);
}

/// A delivery to `to` as `from` would send it, but for what is changed; signed by any key.
fn deliver(from: &Site, to: &Site, id: &CorridorId, key: &dyn Signer, said: Value) -> Refused {
    let mut body = json!({
        "type": "MEZCorridorDelivery",
        "to": to.did,
        "corridor_id": id,
        "lane": from.inception_document["zone_id"],
        "from": 0,
        "items": [],
    });
    for (name, value) in said.as_object().unwrap() {
        body[name] = value.clone();
    }
    let message = PeerMessage {
        call: PeerCall::Receipts,
        key: key.public(),
        created: canon::Clock::now(from.net.clock.as_ref()),
        nonce: from.net.nonce(),
        body: Canonical::of_value(&body).unwrap().bytes().to_vec(),
    };
    to.zone().from_peer(&message).map(drop).unwrap_err()
}

fn rotations_held(zone: &Zone, id: &CorridorId) -> usize {
    zone.corridor_keys(id).unwrap()["rotations"].as_array().unwrap().len()
}

#[test]
fn rotations_that_do_not_follow_are_refused_by_name_and_change_nothing() {
    let net = Net::new();
    let (mut a, mut b) = (Site::opened("ae-abudhabi-adgm", &net), Site::opened("sg", &net));
    let id = join(&mut a, &mut b);
    noop(&mut a, &id, "before");
    pump(&[&a, &b]);
    // The chain a wrote, and one it might have written instead.
    net.cut(&a.url, &b.url, true);
    let instead = a.rotation(Purpose::Http, Cause::Compromise);
    a.rotate(Purpose::Log, Cause::Routine);
    a.rotate(Purpose::Http, Cause::Routine);
    let [first, second] = [0, 1].map(|n| a.rotations[n].clone());
    let http = |generation| a.generation(Purpose::Http, generation);
    let changed = |path: &str, value: Value| {
        let mut document = first.clone();
        *document.pointer_mut(path).unwrap() = value;
        document
    };
    let told = |rotations: Value, key: &dyn Signer| {
        deliver(&a, &b, &id, key, json!({ "rotations": rotations }))
    };
    let zero = Digest::from_bytes([0; 32]);
    // Skipped, of another predecessor, of another purpose, unsigned, half signed.
    let mut one_signer = first.clone();
    one_signer["proof"] = first["proof"][0].clone();
    for (bad, why) in [
        (json!([second]), "not the next one"),
        (
            json!([changed("/previous_sha256", json!(zero))]),
            "not the digest of the document before",
        ),
        (json!([changed("/purpose", json!("http"))]), "key is"),
        (json!([changed("/cut_over/0/from_sequence", json!(9))]), "signature"),
        (json!([one_signer]), "signed by exactly"),
    ] {
        let refused = told(bad, &http(0));
        assert_eq!(refused.code(), "rotation-refused");
        assert!(refused.to_string().contains(why), "{refused}");
    }
    // Good rotations in a message of the key they replace, or of anybody.
    for key in [http(0), crate::rig::site::key("anybody", "http")] {
        assert_eq!(told(json!([first, second]), &key).code(), "peer-unknown");
    }
    assert_eq!(rotations_held(b.zone(), &id), 0);
    net.cut(&a.url, &b.url, false);
    net.clock.forward(7_200);
    pump(&[&a, &b]);
    assert_eq!(rotations_held(b.zone(), &id), 2);
    // Another of a number that is held: the zone spoke with two tongues.
    assert_eq!(told(json!([instead]), &http(1)).code(), "keys-contradict");
    // The replaced key speaks no more, and what is told again changes nothing.
    assert_eq!(told(json!([]), &http(0)).code(), "peer-unknown");
    assert_eq!(told(json!([first, second, first]), &http(0)).code(), "peer-unknown");
    assert_eq!(rotations_held(b.zone(), &id), 2);
    assert_eq!(held(&b, &id), lane(&a, &id).len() as u64);
}

#[test]
fn a_rotation_below_what_is_held_is_refused() {
    let net = Net::new();
    let (mut a, mut b) = (Site::opened("ae-abudhabi-adgm", &net), Site::opened("sg", &net));
    let id = join(&mut a, &mut b);
    noop(&mut a, &id, "one");
    pump(&[&a, &b]);
    let early = a.rotation(Purpose::Log, Cause::Compromise);
    a.open().unwrap();
    noop(&mut a, &id, "two");
    pump(&[&a, &b]);
    let http = a.running(Purpose::Http);
    let refused = deliver(&a, &b, &id, &http, json!({ "rotations": [early] }));
    assert_eq!(refused.code(), "rotation-behind");
    assert_eq!(rotations_held(b.zone(), &id), 0);
}

#[test]
fn receipts_under_the_key_of_the_other_interval_are_refused() {
    let net = Net::new();
    let (mut a, mut b) = (Site::opened("ae-abudhabi-adgm", &net), Site::opened("sg", &net));
    let id = join(&mut a, &mut b);
    noop(&mut a, &id, "one");
    pump(&[&a, &b]);
    // The data as they were, in which a thief of the old key writes on.
    a.close();
    let (before, cell) = (a.sim().snapshot(), std::fs::read(a.cell_path()).unwrap());
    let old_cell = a.cell_path();
    a.open().unwrap();
    a.rotate(Purpose::Log, Cause::Compromise);
    pump(&[&a, &b]);
    let kept = lane(&a, &id).len();
    let rotations = std::mem::take(&mut a.rotations);
    a.close();
    a.sim().rollback_to(&before);
    std::fs::write(&old_cell, cell).unwrap();
    net.cut(&a.url, &b.url, true);
    a.open().unwrap();
    for n in 0..2 {
        noop(&mut a, &id, &format!("stolen-{n}"));
    }
    let stolen = lane(&a, &id);
    let http = a.running(Purpose::Http);
    let run = json!({ "from": kept, "items": &stolen[kept..] });
    assert_eq!(deliver(&a, &b, &id, &http, run).code(), "receipt-refused");
    let run = json!({ "from": kept - 1, "items": &stolen[kept - 1..kept] });
    // In the place of the receipt held it proves nothing against the zone: not its key.
    assert_eq!(deliver(&a, &b, &id, &http, run).code(), "receipt-refused");
    assert_eq!(held(&b, &id), kept as u64);
    drop(rotations);
}

#[test]
fn a_zone_starts_with_its_present_keys_only() {
    let net = Net::new();
    let mut a = Site::opened("sg", &net);
    let document = a.rotation(Purpose::Log, Cause::Routine);
    // Rotated, and the old keys at hand.
    let mut old = a.config();
    old.rotations.push(document.clone());
    old.history = old.history.extend(&document).unwrap();
    assert!(matches!(Zone::open(old), Err(StartError::OtherKeys)));
    a.rotate(Purpose::Http, Cause::Routine);
    // Data that saw a rotation do not open under documents that lack it.
    a.close();
    let mut short = a.config();
    short.rotations.clear();
    short.history = proof::KeyHistory::of(short.history.inception().clone());
    short.keys.http = Box::new(a.generation(Purpose::Http, 0));
    assert!(matches!(Zone::open(short), Err(StartError::OtherRotations)));
}
