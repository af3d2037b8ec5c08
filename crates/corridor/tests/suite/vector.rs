//! The golden corridor: `vectors/corridor.json`, for a second implementation.

use canon::Canonical;
use corridor::cut::Cut;
use corridor::lane::{LaneReceipt, Payload};
use corridor::{Lane, Party, Terms};
use proof::Inception;
use serde_json::{Value, json};

use crate::zones::World;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/corridor.json");

/// The corridor of fixed keys and times, as the file states it.
fn golden() -> String {
    let world = World::lived();
    let terms = &world.terms;
    let genesis = |lane| terms.lane_genesis(lane).unwrap();
    let lanes: Vec<Value> =
        world.sides.iter().map(|side| lane(side, genesis(side.party.zone()))).collect();
    let zones: Vec<Value> = world
        .sides
        .iter()
        .zip(&world.agreements)
        .map(|(side, agreement)| {
            json!({ "did": side.party.did(), "inception": side.inception, "agreement": agreement })
        })
        .collect();
    let cuts =
        world.cuts.iter().map(|cut| json!({ "digest": Cut::digest(cut).unwrap(), "cut": cut }));
    let document = json!({
        "about": "One corridor with fixed keys and times. Key n of a zone has the 32-byte seed of \
            n repeated; zone pk: root 10, assertion 11, log 12; zone sg: root 30, assertion 31, log 32.",
        "zones": zones,
        "definition": world.definition,
        "activation": world.activation,
        "terms": {
            "corridor_id": terms.corridor_id,
            "lanes": terms.lanes,
            "realm": terms.realm,
            "genesis_root": terms.genesis_root,
            "definition_payload_sha256": terms.definition_payload_sha256,
            "agreement_set_sha256": terms.agreement_set_sha256,
            "lawpack_digest_set": terms.lawpack_digest_set,
            "ruleset_digest_set": terms.ruleset_digest_set,
            "effective_from": terms.effective_from,
            "effective_until": terms.effective_until,
        },
        "lanes": lanes,
        "cuts": cuts.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

fn lane(side: &crate::zones::Side, genesis: canon::Digest) -> Value {
    let receipts =
        side.here.items.iter().zip(side.here.prefixes.iter().skip(1)).map(|(item, after)| {
            json!({
                "receipt": Canonical::exact(&item.receipt).unwrap().value(),
                "payload": item.payload,
                "root": after.root(),
                "checkpoint": String::from_utf8(item.checkpoint.clone()).unwrap(),
            })
        });
    json!({
        "zone_id": side.party.zone(),
        "lane_genesis": genesis,
        "receipts": receipts.collect::<Vec<_>>(),
    })
}

#[test]
fn the_golden_corridor_is_what_it_was() {
    let held = std::fs::read_to_string(PATH).unwrap();
    assert!(
        held == golden(),
        "vectors/corridor.json differs; a change of format needs a new version"
    );
}

/// The file alone gives every root it states.
#[test]
fn the_golden_corridor_verifies_from_its_file() {
    let held: Value = serde_json::from_str(&std::fs::read_to_string(PATH).unwrap()).unwrap();
    let party = |zone: &Value| {
        let did = canon::Did::parse(zone["did"].as_str().unwrap()).unwrap();
        Party::of(&Inception::verify(&zone["inception"], &did).unwrap())
    };
    let [a, b] = [0, 1].map(|n| party(&held["zones"][n]));
    let views = [(&a, &held["zones"][0]["agreement"]), (&b, &held["zones"][1]["agreement"])];
    let terms = Terms::derive(&held["definition"], &views, [&a, &b]).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assert_eq!(terms.genesis_root.to_string(), text(&held["terms"]["genesis_root"]));
    let mut lanes = [&a, &b].map(|p| Lane::genesis(&terms, p.zone()).unwrap());
    let sizes = [0, 1].map(|n| held["lanes"][n]["receipts"].as_array().unwrap().len() as u64);
    // Whichever lane has seen enough goes on.
    while lanes.each_ref().map(Lane::size) != sizes {
        let before = lanes.each_ref().map(Lane::size);
        for at in 0..2 {
            let stated = &held["lanes"][at];
            let entry = &stated["receipts"][usize::try_from(lanes[at].size()).unwrap()];
            if entry.is_null() {
                continue;
            }
            let bytes = Canonical::of_value(&entry["receipt"]).unwrap();
            let receipt = LaneReceipt::read(bytes.bytes()).unwrap();
            let payload: Payload = serde_json::from_value(entry["payload"].clone()).unwrap();
            let other = lanes[1 - at].clone();
            if receipt.seen.as_ref().is_some_and(|seen| seen.size > other.size()) {
                continue;
            }
            lanes[at].append(&receipt, Some(&payload), &other, [&a, &b]).unwrap();
            assert_eq!(lanes[at].root().to_string(), text(&entry["root"]));
        }
        assert_ne!(before, lanes.each_ref().map(Lane::size), "the lanes wait for each other");
    }
}

/// `cargo test -p corridor -- --ignored write_the_golden_corridor`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_corridor() {
    std::fs::write(PATH, golden()).unwrap();
}
