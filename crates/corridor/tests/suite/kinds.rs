//! The registry of transition types: what its digest is, and that a corridor has only the kinds it agreed to.

use corridor::handshake::ruleset_digest;
use corridor::lane::{Class, TransitionKind};
use corridor::verify::chain::{Chain, Check, check_block};
use corridor::{AppendError, Lane, LaneReceipt, State, Terms, transition_types};
use proof::integrity::payload_digest;
use serde_json::json;

use crate::zones::{World, at, draft, resealed, resigned};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/transition-types.json");

fn golden() -> String {
    let document = json!({
        "about": "The snapshot of transition types and its digest (spec/corridor.md, section 3).",
        "snapshot": transition_types::snapshot(),
        "snapshot_digest_sha256": transition_types::digest(),
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_transition_types_are_what_they_were() {
    let held = std::fs::read_to_string(GOLDEN).unwrap();
    assert!(held == golden(), "the registry moved: `cargo xtask vectors`, and a new version");
}

#[test]
#[ignore = "writes the golden file"]
fn write_the_golden_transition_types() {
    std::fs::write(GOLDEN, golden()).unwrap();
}

#[test]
fn every_kind_has_one_name_and_its_class_decides_the_gate() {
    let mut names: Vec<_> = TransitionKind::ALL.map(TransitionKind::as_str).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TransitionKind::ALL.len());
    for kind in TransitionKind::ALL {
        assert_eq!(TransitionKind::of(kind.as_str()), Some(kind));
        let admitted =
            [State::Halted, State::Suspended, State::Deprecated].map(|state| state.admits(kind));
        match kind.class() {
            Class::Business => assert_eq!(admitted, [false; 3], "{kind}"),
            Class::Finishing => assert_eq!(admitted, [true; 3], "{kind}"),
            Class::Control => assert!(admitted.contains(&false), "{kind}"),
        }
        assert!(!State::Pending.admits(kind) && !State::Draft.admits(kind), "{kind}");
    }
}

/// The digest of the first registry, as corridors agreed to it.
const FIRST: &str = "88dec1e944ceaaa3ab9f3605fab99640cd619e628cbf0485e836dd8063cb39c0";

#[test]
fn a_corridor_keeps_the_registry_it_agreed_to() {
    let first = canon::Canonical::of(&transition_types::snapshot_of(1)).unwrap().digest();
    assert_eq!(first.to_string(), FIRST);
    for kind in TransitionKind::ALL {
        let [old, new] =
            [first, transition_types::digest()].map(|one| transition_types::admit(&[one], kind));
        assert!(new, "{kind}");
        let later = kind.since() > 1 && !kind.is_always_agreed();
        assert_eq!(old, !later, "{kind}");
    }
}

/// The same corridor as an earlier version drew it up: under the rules of lanes alone.
fn before(world: &World) -> Terms {
    let pens = world.sides.each_ref().map(|side| &side.pen);
    let definition = resigned(&world.definition, &pens, |document| {
        document["credentialSubject"]["ruleset_digest_set"] = json!([ruleset_digest()]);
    });
    let payload = payload_digest(&definition).unwrap();
    let agreements = [0, 1].map(|n| {
        resigned(&world.agreements[n], &[pens[n]], |document| {
            document["credentialSubject"]["definition_payload_sha256"] = json!(payload);
        })
    });
    let [a, b] = world.sides.each_ref().map(|side| &side.party);
    let views = [(a, &agreements[0]), (b, &agreements[1])];
    Terms::derive(&definition, &views, [a, b]).unwrap()
}

#[test]
fn a_corridor_has_only_the_kinds_it_agreed_to() {
    let world = World::new();
    let old = before(&world);
    let side = &world.sides[0];
    for (terms, agreed) in [(&world.terms, true), (&old, false)] {
        let lane = Lane::genesis(terms, side.party.zone()).unwrap();
        let other = Lane::genesis(terms, side.peer.zone()).unwrap();
        for kind in TransitionKind::ALL {
            let has = transition_types::admit(&terms.ruleset_digest_set, kind);
            assert_eq!(has, agreed || kind.is_always_agreed(), "{kind}");
        }
        for kind in [TransitionKind::Noop, TransitionKind::Generic, TransitionKind::BridgePrepare] {
            let draft = draft(kind, json!({ "type": "?" }));
            let written = lane.write(draft, at(9), &side.log, &other, side.parties());
            match written {
                Ok(written) => {
                    assert!(agreed || kind.is_always_agreed(), "{kind}");
                    judged(&written.receipt).unwrap();
                }
                Err(refused) => {
                    assert!(!agreed && !kind.is_always_agreed(), "{kind}: {refused}");
                    assert!(matches!(refused, AppendError::Kind(of) if of == kind), "{refused:?}");
                }
            }
        }
    }
}

/// Whoever judges a lane alone refuses the same: what was agreed stands in every receipt.
#[test]
fn a_stranger_refuses_a_kind_that_was_not_agreed() {
    let world = World::new();
    let side = &world.sides[0];
    let lane = Lane::genesis(&world.terms, side.party.zone()).unwrap();
    let other = Lane::genesis(&world.terms, side.peer.zone()).unwrap();
    let draft = draft(TransitionKind::Generic, json!({}));
    let written = lane.write(draft, at(9), &side.log, &other, side.parties()).unwrap();
    let mut receipt: LaneReceipt = written.receipt;
    receipt.ruleset_digest_set = vec![ruleset_digest()];
    let refused = judged(&resealed(receipt, &side.log)).unwrap_err();
    assert!(matches!(refused, AppendError::Kind(TransitionKind::Generic)), "{refused:?}");
}

fn judged(receipt: &LaneReceipt) -> Result<(), AppendError> {
    let bytes = receipt.canonical().unwrap();
    let block = check_block(&[bytes.bytes()], Check::Committed);
    assert!(block.refused.is_none(), "{:?}", block.refused);
    Chain::default().push(&block.entries[0])
}
