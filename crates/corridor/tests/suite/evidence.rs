//! Equivocation proven, and never proven of the honest.

use canon::{Canonical, Did, Digest};
use corridor::evidence::{By, Case, Evidence, judge, receipt_and_note, two_notes, two_receipts};
use corridor::lane::{LaneReceipt, TransitionKind};
use proof::credential::Verdict;
use proof::merkle::{Proof, Tree};
use proof::{Checkpoint, SecretKey};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::zones::{Side, World, draft, resealed};

fn value(receipt: &LaneReceipt) -> Value {
    receipt.canonical().unwrap().value()
}

fn receipts(side: &Side) -> Vec<LaneReceipt> {
    side.here.items.iter().map(|item| LaneReceipt::read(&item.receipt).unwrap()).collect()
}

/// The receipt with another root, signed by the same key.
fn other(receipt: &LaneReceipt, key: &SecretKey) -> LaneReceipt {
    let mut receipt = receipt.clone();
    receipt.transition.payload_commitment = Digest::of_blob(b"another payload");
    resealed(receipt, key)
}

fn by(side: &Side) -> By {
    By::Inception(side.inception.clone())
}

fn note(origin: &str, tree: &Tree, key: &SecretKey) -> String {
    let head = Checkpoint::new(origin, tree.size(), tree.root()).unwrap();
    String::from_utf8(head.sign(key).unwrap().to_bytes()).unwrap()
}

/// A lane's tree with another entry at `fork`.
fn forked(side: &Side, fork: usize) -> Tree {
    let mut tree = Tree::new();
    for (n, receipt) in receipts(side).iter().enumerate() {
        let entry = if n == fork { Digest::of_blob(b"other") } else { receipt.next_root };
        tree.push(entry).unwrap();
    }
    tree
}

fn origin(side: &Side) -> String {
    side.party.lane_origin(side.here.lane().corridor_id())
}

/// VALID under the zone's DID; UNKNOWN, naming it, under any other and under none.
fn convinces(file: &Canonical, did: &Did) {
    let judged = judge(file.bytes(), std::slice::from_ref(did));
    assert_eq!(judged.verdict, Verdict::Valid, "{:?}", judged.reasons);
    assert_eq!(judged.who.as_ref(), Some(did));
    let stranger = crate::zones::key(99).public().did();
    for trust in [vec![], vec![stranger]] {
        let judged = judge(file.bytes(), &trust);
        assert_eq!(judged.verdict, Verdict::Unknown);
        assert_eq!(judged.needs, std::slice::from_ref(did));
        assert_eq!(judged.reasons[0].code, "untrusted-did");
    }
}

fn refusal(made: Result<Canonical, Box<corridor::evidence::Judgement>>) -> &'static str {
    let judgement = made.expect_err("nothing is proven");
    let code = judgement.reasons[0].code;
    let untold = code == "key-not-reached";
    let verdict = if untold { Verdict::Unknown } else { Verdict::Invalid };
    assert_eq!((judgement.verdict, &judgement.who), (verdict, &None));
    code
}

#[test]
fn two_receipts_of_one_sequence_are_proof() {
    let world = World::lived();
    let side = &world.sides[0];
    for receipt in receipts(side) {
        let second = other(&receipt, &side.log);
        let file = two_receipts(by(side), value(&receipt), value(&second)).unwrap();
        convinces(&file, side.party.did());
    }
}

#[test]
fn two_notes_of_one_size_are_proof() {
    let world = World::lived();
    let side = &world.sides[0];
    let (one, two) = (&side.here.tree, forked(side, 1));
    let notes = [one, &two].map(|tree| note(&origin(side), tree, &side.log));
    convinces(&two_notes(by(side), &notes[0], &notes[1]).unwrap(), side.party.did());
    let vkey = proof::note::verifier_key(&origin(side), &side.log.public());
    let file = two_notes(By::VerifierKey(vkey), &notes[0], &notes[1]).unwrap();
    convinces(&file, &side.log.public().did());
}

#[test]
fn a_receipt_and_a_note_that_holds_another_are_proof() {
    let world = World::lived();
    let side = &world.sides[0];
    let (tree, receipt) = (forked(side, 1), &receipts(side)[1]);
    let entry = Digest::of_blob(b"other");
    let inclusion = tree.inclusion(1, tree.size()).unwrap();
    let text = note(&origin(side), &tree, &side.log);
    let make = |inclusion: &Proof, entry| {
        receipt_and_note(by(side), value(receipt), &text, entry, inclusion.clone())
    };
    convinces(&make(&inclusion, entry).unwrap(), side.party.did());
    assert_eq!(refusal(make(&Proof::default(), entry)), "inclusion");
    assert_eq!(refusal(make(&inclusion, receipt.next_root)), "inclusion");
    // The proof of another index, under the same note.
    let elsewhere = tree.inclusion(2, tree.size()).unwrap();
    assert_eq!(refusal(make(&elsewhere, entry)), "inclusion");
    // A note below the receipt says nothing of it.
    let mut short = Tree::new();
    short.push(entry).unwrap();
    let below = note(&origin(side), &short, &side.log);
    let made = receipt_and_note(by(side), value(receipt), &below, entry, Proof::default());
    assert_eq!(refusal(made), "inclusion");
}

#[test]
fn a_lane_is_not_accused_by_what_its_key_did_not_sign() {
    let world = World::lived();
    let [side, peer] = &world.sides;
    let all = receipts(side);
    let receipt = &all[1];
    let pair = |second: &LaneReceipt| two_receipts(by(side), value(receipt), value(second));
    // Signed by another, or by a purpose key that is not the log key.
    for (key, code) in [(&peer.log, "key-not-reached"), (&side.pen, "receipt")] {
        assert_eq!(refusal(pair(&other(receipt, key))), code);
    }
    // One statement twice; another sequence; another corridor.
    assert_eq!(refusal(pair(receipt)), "no-equivocation");
    assert_eq!(refusal(pair(&all[2])), "not-one-place");
    let mut elsewhere = receipt.clone();
    elsewhere.corridor_id = canon::CorridorId::parse("org.momentum.mez.corridor.other").unwrap();
    assert_eq!(refusal(pair(&resealed(elsewhere, &side.log))), "not-one-place");
    // Another lane, though signed by this key.
    let mut lane = receipt.clone();
    lane.lane = peer.party.zone().clone();
    assert_eq!(refusal(pair(&resealed(lane, &side.log))), "other-lane");
    // A root that is not the receipt's own.
    let mut lying = other(receipt, &side.log);
    lying.next_root = Digest::of_blob(b"x");
    assert_eq!(refusal(pair(&lying)), "receipt");
    // Unsigned.
    let mut bare = other(receipt, &side.log);
    bare.proof = None;
    assert_eq!(refusal(pair(&bare)), "receipt");
}

#[test]
fn differing_proofs_over_one_root_are_no_equivocation() {
    let world = World::lived();
    let side = &world.sides[0];
    let receipt = &receipts(side)[0];
    let mut again = receipt.clone();
    let proof = again.proof.as_mut().unwrap().as_object_mut().unwrap();
    proof.insert("created".to_owned(), json!("2026-11-20T13:00:00Z"));
    // However the second signature fares, nothing is proven.
    let made = two_receipts(by(side), value(receipt), value(&again));
    assert!(["receipt", "no-equivocation"].contains(&refusal(made)));
    // A checkpoint signed twice, once with a witness beside.
    let text = note(&origin(side), &side.here.tree, &side.log);
    let mut joined = proof::note::SignedNote::parse(text.as_bytes()).unwrap();
    joined.cosign("witness.example", &crate::zones::key(77)).unwrap();
    let joined = String::from_utf8(joined.to_bytes()).unwrap();
    assert_eq!(refusal(two_notes(by(side), &text, &joined)), "no-equivocation");
}

#[test]
fn notes_prove_nothing_of_other_logs_sizes_and_keys() {
    let world = World::lived();
    let [side, peer] = &world.sides;
    let (origin, tree) = (origin(side), forked(side, 0));
    let first = note(&origin, &side.here.tree, &side.log);
    let pair = |second: &str| refusal(two_notes(by(side), &first, second));
    let mut longer = tree.clone();
    longer.push(Digest::of_blob(b"more")).unwrap();
    assert_eq!(pair(&note(&origin, &longer, &side.log)), "not-one-place");
    assert_eq!(pair(&note(&format!("{origin}/x"), &tree, &side.log)), "not-one-place");
    assert_eq!(pair(&note(&origin, &tree, &peer.log)), "key-not-reached");
    assert_eq!(pair(&note("sg.example/log", &tree, &side.log)), "other-log");
    // A host name that only begins alike.
    assert_eq!(pair(&note("pk.example.org/log", &tree, &side.log)), "other-log");
    let vkey = proof::note::verifier_key(&origin, &side.log.public());
    let made = two_receipts(
        By::VerifierKey(vkey),
        value(&receipts(side)[0]),
        value(&other(&receipts(side)[0], &side.log)),
    );
    assert_eq!(refusal(made), "inception");
}

#[test]
fn an_inception_that_is_not_its_own_root_s_accuses_nobody() {
    let world = World::lived();
    let [side, peer] = &world.sides;
    let receipt = &receipts(side)[0];
    let second = other(receipt, &side.log);
    let mut swapped = side.inception.clone();
    swapped["root_key"] = peer.inception["root_key"].clone();
    for document in [swapped, json!({}), json!("x"), peer.inception.clone()] {
        let made = two_receipts(By::Inception(document), value(receipt), value(&second));
        assert!(["inception", "key-not-reached"].contains(&refusal(made)));
    }
}

#[test]
fn a_file_with_one_byte_changed_is_never_valid() {
    let world = World::lived();
    let side = &world.sides[0];
    let receipt = &receipts(side)[0];
    let second = value(&other(receipt, &side.log));
    let file = two_receipts(by(side), value(receipt), second).unwrap();
    let trust = world.dids();
    for at in (0..file.bytes().len()).step_by(7) {
        let mut bytes = file.bytes().to_vec();
        bytes[at] ^= 1;
        assert_ne!(judge(&bytes, &trust).verdict, Verdict::Valid, "byte {at}");
        assert_ne!(judge(&file.bytes()[..at], &trust).verdict, Verdict::Valid, "cut at {at}");
    }
    let mut value = file.value();
    value["type"] = json!("MEZOther");
    let judged = judge(Canonical::of_value(&value).unwrap().bytes(), &trust);
    assert_eq!(judged.reasons[0].code, "other-type");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever an honest pair of zones signed, in whatever combination, accuses nobody.
    #[test]
    fn honest_histories_never_give_a_valid_file(
        steps in prop::collection::vec((0usize..2, 0u8..3), 1..10),
        picks in prop::collection::vec((0usize..12, 0usize..12, 0usize..2), 1..20),
    ) {
        let mut world = World::new();
        for (by, what) in steps {
            match what {
                0 => drop(world.sides[by].write(draft(TransitionKind::Noop, json!({ "n": 1 })))),
                1 => drop(world.sides[by].ack(world.sides[by].there.size(), &[])),
                _ => drop(world.deliver(by, 2)),
            }
        }
        let trust = world.dids();
        for (one, two, who) in picks {
            let side = &world.sides[who];
            let all = receipts(side);
            let origin = origin(side);
            let prefix = |n: usize| {
                let mut tree = Tree::new();
                for receipt in all.iter().take(n) {
                    tree.push(receipt.next_root).unwrap();
                }
                tree
            };
            let mut cases = vec![Case::TwoNotes {
                first: note(&origin, &prefix(one), &side.log),
                second: note(&origin, &prefix(two), &side.log),
            }];
            if let (Some(first), Some(second)) = (all.get(one), all.get(two)) {
                let (first, second) = (value(first), value(second));
                let tree = prefix(all.len());
                for (index, entry) in all.iter().enumerate() {
                    let index = u64::try_from(index).unwrap();
                    cases.push(Case::ReceiptAndNote {
                        receipt: first.clone(),
                        note: note(&origin, &tree, &side.log),
                        entry: entry.next_root,
                        inclusion: tree.inclusion(index, tree.size()).unwrap(),
                    });
                }
                cases.push(Case::TwoReceipts { first, second });
            }
            for case in cases {
                let type_ = corridor::evidence::EVIDENCE_TYPE.to_owned();
                let file = Canonical::of(&Evidence { type_, by: by(side), case }).unwrap();
                prop_assert_eq!(judge(file.bytes(), &trust).verdict, Verdict::Invalid);
            }
        }
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(judge(&bytes, &[]).verdict, Verdict::Invalid);
    }
}
