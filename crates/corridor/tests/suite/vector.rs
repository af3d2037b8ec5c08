//! The golden corridor: `vectors/corridor.json`, for a second implementation.

use canon::Canonical;
use corridor::TransitionKind;
use corridor::cut::Cut;
use corridor::fork::Basis;
use corridor::lane::{LaneReceipt, Payload};
use corridor::{Lane, Party, Terms};
use proof::Inception;
use serde_json::{Value, json};

use crate::fork::{alarm, resolution, standing};
use crate::zones::{World, at, draft, key};

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

const FORKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/forks.json");

/// A fork of three histories, told, resolved in both lanes and resumed; and resolutions to be refused.
fn golden_forks() -> String {
    let mut world = standing(true, false, false, true);
    let told = alarm(&mut world, 0, 1, 3);
    world.settle();
    let root = world.sides[0].here.tree.root_at(2).unwrap();
    let drawn = resolution(&world, &told, Basis::Acknowledged { size: 2, root });
    let sign = |drawn: corridor::fork::Resolution, pen: &proof::SecretKey| {
        drawn.sign(&pen.public().did(), at(40), pen).unwrap()
    };
    let (pk, sg) = (&world.sides[0].pen, &world.sides[1].pen);
    let chosen = Some(drawn.chosen_next_root);
    let other = told.candidates.iter().find(|c| c.next_root != chosen).unwrap().clone();
    let mut fewer = drawn.clone();
    fewer.candidates.remove(&other);
    let mut choice = drawn.clone();
    choice.basis = Basis::Choice;
    let mut beyond = drawn.clone();
    beyond.basis = Basis::Acknowledged { size: 3, root };
    let refused = [
        ("the zone whose lane is forked signed it", sign(drawn.clone(), pk)),
        (
            "the authority signed it, and only one zone signed two histories",
            sign(drawn.clone(), &key(70)),
        ),
        ("it does not name every candidate", sign(fewer, sg)),
        ("nothing is to be chosen where a prefix was acknowledged", sign(choice, sg)),
        ("more is stated than was acknowledged", sign(beyond, sg)),
    ];
    for (why, document) in &refused {
        let lane = world.sides[1].here.lane().clone();
        let (other, parties) = (world.sides[1].there.lane(), world.sides[1].parties());
        let payload = draft(TransitionKind::ForkResolve, document.clone());
        let draft = corridor::lane::Draft { seen: other.as_seen(), ..payload };
        assert!(lane.write(draft, at(41), &world.sides[1].log, other, parties).is_err(), "{why}");
    }
    let document = sign(drawn, sg);
    let resume = world.resume(1, &[world.sides[1].here.lane().halts()[0].halt_id.as_str()]);
    for side in [1, 0] {
        world.sides[side].write(draft(TransitionKind::ForkResolve, document.clone())).unwrap();
        world.settle();
    }
    for side in [1, 0] {
        world.sides[side].write(draft(TransitionKind::Resume, resume.clone())).unwrap();
    }
    world.settle();
    world.sides[0].write(draft(TransitionKind::Noop, json!({ "after": true }))).unwrap();
    world.settle();
    let genesis = |zone| world.terms.lane_genesis(zone).unwrap();
    let lanes: Vec<Value> =
        world.sides.iter().map(|side| lane(side, genesis(side.party.zone()))).collect();
    let zones: Vec<Value> = world.sides.iter().map(|side| side.inception.clone()).collect();
    let refused: Vec<Value> = refused
        .into_iter()
        .map(|(why, document)| json!({ "why": why, "document": document }))
        .collect();
    let document = json!({
        "about": "The corridor of corridor.json, whose agreements name an authority (key 70). Zone pk signed \
            three histories of its receipt 1; zone sg, which had acknowledged one, halts with the alarm. \
            Each of `refused` is no payload of the `fork.resolve` that follows that halt.",
        "inceptions": zones,
        "agreements": world.agreements,
        "definition": world.definition,
        "alarm": told,
        "resolution": document,
        "refused": refused,
        "lanes": lanes,
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_forks_are_what_they_were() {
    let held = std::fs::read_to_string(FORKS).unwrap();
    assert!(
        held == golden_forks(),
        "vectors/forks.json differs; a change of format needs a new version"
    );
}

/// `cargo test -p corridor -- --ignored write_the_golden_forks`
#[test]
#[ignore = "writes vectors/forks.json"]
fn write_the_golden_forks() {
    std::fs::write(FORKS, golden_forks()).unwrap();
}
