//! Lanes whose zones replace their keys: both sides, the bundle, the chain and the evidence agree on
//! which key counts where, and nothing signed by another is taken.

use corridor::evidence::{
    By, judge as judge_evidence, judge_knowing, other_rotation, two_notes, two_receipts,
};
use corridor::lane::{
    AppendError, KeyNoticeError, Lane, LaneReceipt, ReceiptError, TransitionKind,
};
use corridor::verify::chain::{Check, check_block};
use corridor::verify::{Known, judge, judge_cut, judge_receipt};
use proof::credential::Verdict;
use proof::keys::batch::Mode;
use proof::rotation::Cause;
use proof::{Checkpoint, KeyHistory, Purpose};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::zones::{World, draft, resealed, running};

fn noop(world: &mut World, by: usize) -> LaneReceipt {
    world.sides[by].write(draft(TransitionKind::Noop, json!({ "n": 1 }))).unwrap()
}

/// A world whose first side rotated its log key after some business, and whose other side its
/// assertion key; with cuts before and after.
fn rotated(reason: Cause) -> World {
    let mut world = World::lived();
    world.rotate(0, Purpose::Log, reason);
    noop(&mut world, 0);
    world.settle();
    world.rotate(1, Purpose::Assertion, Cause::Routine);
    world.settle();
    world.sides[1].ack(world.sides[1].there.size(), &[]).unwrap();
    world.settle();
    world.cut(1).unwrap();
    world
}

fn receipts(world: &World, by: usize) -> Vec<LaneReceipt> {
    let items = &world.sides[by].here.items;
    items.iter().map(|item| LaneReceipt::read(&item.receipt).unwrap()).collect()
}

#[test]
fn a_corridor_goes_on_over_rotations_and_its_bundle_verifies() {
    for reason in [Cause::Routine, Cause::Compromise] {
        let world = rotated(reason);
        for by in [0, 1] {
            let report = judge(&world.bundle(by), &world.dids());
            assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
            assert_eq!(report.cuts, 3);
        }
    }
}

#[test]
fn without_its_rotations_a_bundle_is_refused_by_name() {
    let world = rotated(Cause::Routine);
    let mut entries = crate::zones::entries(&world.bundle(0));
    let zone = world.sides[0].party.zone().clone();
    entries.remove(&format!("keys/{zone}.json")).unwrap();
    let report = judge(&crate::zones::attested(entries, &world, 0), &world.dids());
    assert_eq!(report.verdict, Verdict::Invalid);
    assert_eq!(report.reasons[0].code, "receipt");
}

#[test]
fn keys_of_another_inception_are_refused() {
    let world = rotated(Cause::Routine);
    let mut entries = crate::zones::entries(&world.bundle(0));
    let [a, b] = [0, 1].map(|n| format!("keys/{}.json", world.sides[n].party.zone()));
    let other = entries[&b].clone();
    entries.insert(a, other);
    let report = judge(&crate::zones::attested(entries, &world, 0), &world.dids());
    assert_eq!(report.reasons[0].code, "zone-keys");
}

/// What the reader answers to a receipt of the first side, signed again by `key`.
fn refused(world: &World, receipt: &LaneReceipt, lane: &Lane) -> AppendError {
    let reader = &world.sides[1];
    let item = &world.sides[0].here.items[usize::try_from(receipt.sequence).unwrap()];
    let payload = item.payload.as_ref();
    lane.clone().append(receipt, payload, reader.here.lane(), reader.parties()).unwrap_err()
}

#[test]
fn each_sequence_takes_its_own_key_and_no_other() {
    let world = rotated(Cause::Routine);
    let cut = world.sides[0].party.keys().rotations().next().unwrap().cut_over[0].from_sequence;
    let [old, new] = [0, 1].map(|generation| running(0, Purpose::Log, generation));
    for receipt in receipts(&world, 0) {
        let lane = world.sides[1].there.prefix(receipt.sequence);
        let wrong = if receipt.sequence < cut { &new } else { &old };
        let error = refused(&world, &resealed(receipt.clone(), wrong), lane);
        let AppendError::Receipt(error) = error else { panic!("{error}") };
        match receipt.transition.kind {
            TransitionKind::KeyRotate => assert!(matches!(error, ReceiptError::RotationUnknown)),
            _ => assert!(matches!(error, ReceiptError::OtherKey), "{}: {error}", receipt.sequence),
        }
        let known = [Known { party: world.sides[0].party.clone(), trusted: true }];
        let bytes = |receipt: &LaneReceipt| receipt.canonical().unwrap().bytes().to_vec();
        assert_eq!(judge_receipt(&bytes(&receipt), &known).verdict, Verdict::Valid);
        let wrong = resealed(receipt, wrong);
        assert_eq!(judge_receipt(&bytes(&wrong), &known).verdict, Verdict::Invalid);
    }
}

#[test]
fn the_first_sequence_of_a_rotation_states_it_and_no_other_does() {
    let mut world = World::lived();
    // Stated where none begins.
    let early = draft(TransitionKind::KeyRotate, world.notice(0));
    let error = world.sides[0].write(early).unwrap_err();
    assert!(matches!(error, AppendError::Keys(KeyNoticeError::NotHere)), "{error}");
    let document = world.rotation(0, Purpose::Log, Cause::Routine);
    world.install(0, document);
    // Business before it is stated.
    let error = world.sides[0].write(draft(TransitionKind::Noop, json!({}))).unwrap_err();
    assert!(matches!(error, AppendError::Keys(KeyNoticeError::Unstated(1))), "{error}");
    // Another digest, another number.
    for (member, value) in [("rotation_sha256", json!("00".repeat(32))), ("number", json!(2))] {
        let mut notice = world.notice(0);
        notice[member] = value;
        let error = world.sides[0].write(draft(TransitionKind::KeyRotate, notice)).unwrap_err();
        assert!(matches!(error, AppendError::Keys(KeyNoticeError::Other(1))), "{error}");
    }
    let stated = draft(TransitionKind::KeyRotate, world.notice(0));
    world.sides[0].write(stated).unwrap();
    // A reader that was not told of the rotation takes nothing of it.
    let bare = corridor::Party::of(world.sides[0].party.keys().inception());
    let told = std::mem::replace(&mut world.sides[1].peer, bare);
    assert!(world.deliver(0, 1).is_err());
    world.sides[1].peer = told;
    world.settle();
}

#[test]
fn a_cut_counts_by_the_keys_of_its_sizes() {
    let world = rotated(Cause::Routine);
    let known: Vec<Known> =
        world.sides.iter().map(|side| Known { party: side.party.clone(), trusted: true }).collect();
    for cut in &world.cuts {
        let bytes = canon::Canonical::of_value(cut).unwrap().bytes().to_vec();
        assert_eq!(judge_cut(&bytes, &known).verdict, Verdict::Valid);
    }
    // The last cut, signed by the key that was replaced before it.
    let last = world.cuts.last().unwrap();
    let old = running(1, Purpose::Assertion, 0);
    let forged = crate::zones::resigned(last, &[&world.sides[0].pen, &old], |_| ());
    let bytes = canon::Canonical::of_value(&forged).unwrap().bytes().to_vec();
    assert_eq!(judge_cut(&bytes, &known).verdict, Verdict::Invalid);
}

#[test]
fn evidence_under_a_rotated_key_needs_the_chain() {
    let world = rotated(Cause::Routine);
    let side = &world.sides[0];
    let all = receipts(&world, 0);
    let (early, late) = (&all[0], all.last().unwrap());
    let keys = KeyHistory::document(&side.inception, &side.rotations).unwrap().value();
    let bare = KeyHistory::document(&side.inception, &[]).unwrap().value();
    let value = |receipt: &LaneReceipt| receipt.canonical().unwrap().value();
    for (receipt, generation) in [(early, 0), (late, 1)] {
        let other = |key| {
            let mut other = receipt.clone();
            other.transition.payload_commitment = canon::Digest::of_blob(b"another");
            value(&resealed(other, key))
        };
        let pen = running(0, Purpose::Log, generation);
        let made = |by: By, second| two_receipts(by, value(receipt), second);
        let file = made(By::Keys(keys.clone()), other(&pen)).unwrap();
        let judged = judge_evidence(file.bytes(), &world.dids());
        assert_eq!(judged.verdict, Verdict::Valid, "{:?}", judged.reasons);
        assert_eq!(judged.key, Some(proof::Signer::public(&pen)));
        // The key of the other interval proves nothing.
        let wrong = running(0, Purpose::Log, 1 - generation);
        let refused = made(By::Keys(keys.clone()), other(&wrong)).unwrap_err();
        assert_eq!((refused.verdict, refused.reasons[0].code), (Verdict::Invalid, "receipt"));
        // Where the chain is missing, only the first key is reached.
        let made = [By::Keys(bare.clone()), By::Inception(side.inception.clone())]
            .map(|by| made(by, other(&pen)));
        for made in made {
            match generation {
                0 => drop(made.unwrap()),
                _ => {
                    let refused = made.unwrap_err();
                    let code = refused.reasons[0].code;
                    assert_eq!((refused.verdict, code), (Verdict::Unknown, "key-not-reached"));
                }
            }
        }
        // A broken chain.
        let mut broken = keys.clone();
        broken["rotations"][0]["cut_over"][0]["from_sequence"] = json!(1);
        let refused = two_receipts(By::Keys(broken), value(receipt), other(&pen)).unwrap_err();
        assert_eq!((refused.verdict, refused.reasons[0].code), (Verdict::Invalid, "zone-keys"));
    }
    // Notes, after the rotation.
    let origin = side.party.lane_origin(&world.terms.corridor_id);
    let note = |root| {
        let checkpoint = Checkpoint::new(&origin, side.here.size(), root).unwrap();
        String::from_utf8(checkpoint.sign(&side.log).unwrap().to_bytes()).unwrap()
    };
    let [one, other] = [side.here.tree.root(), canon::Digest::of_blob(b"x")].map(note);
    let file = two_notes(By::Keys(keys), &one, &other).unwrap();
    assert_eq!(judge_evidence(file.bytes(), &world.dids()).verdict, Verdict::Valid);
    let refused = two_notes(By::Keys(bare), &one, &other).unwrap_err();
    assert_eq!(refused.reasons[0].code, "key-not-reached");
}

#[test]
fn a_compromised_key_counts_only_where_the_lane_goes_on() {
    let world = rotated(Cause::Compromise);
    let known = [Known { party: world.sides[0].party.clone(), trusted: true }];
    let all = receipts(&world, 0);
    let cut = world.sides[0].party.keys().rotations().next().unwrap().cut_over[0].from_sequence;
    for receipt in &all {
        let judged = judge_receipt(receipt.canonical().unwrap().bytes(), &known);
        let verdict = if receipt.sequence < cut { Verdict::Unknown } else { Verdict::Valid };
        assert_eq!(judged.verdict, verdict, "sequence {}", receipt.sequence);
    }
    // A thief's second receipt accuses nobody.
    let side = &world.sides[0];
    let keys = KeyHistory::document(&side.inception, &side.rotations).unwrap().value();
    let mut other = all[0].clone();
    other.transition.payload_commitment = canon::Digest::of_blob(b"stolen");
    let other = resealed(other, &running(0, Purpose::Log, 0));
    let value = |receipt: &LaneReceipt| receipt.canonical().unwrap().value();
    let refused = two_receipts(By::Keys(keys), value(&all[0]), value(&other)).unwrap_err();
    let code = refused.reasons[0].code;
    assert_eq!((refused.verdict, code), (Verdict::Unknown, "compromised-key"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever is written and rotated: the chain in blocks by the key of each sequence says what the
    /// obvious reading says, receipt by receipt with every key there ever was.
    #[test]
    fn any_lane_with_any_rotations_verifies(steps in prop::collection::vec(0u8..5, 1..14)) {
        let mut world = World::new();
        let mut writers = Vec::new();
        let mut generation = 0;
        noop(&mut world, 0);
        writers.push(0);
        for step in steps {
            match step {
                0 if generation < 8 => {
                    generation += 1;
                    world.rotate(0, Purpose::Log, Cause::Routine);
                }
                1 if generation < 8 => {
                    generation += 1;
                    world.rotate(0, Purpose::Log, Cause::Compromise);
                }
                2 => drop(world.rotate(0, Purpose::Http, Cause::Routine)),
                _ => drop(noop(&mut world, 0)),
            }
            writers.push(generation);
        }
        world.settle();
        prop_assert!(world.sides[1].there.size() == writers.len() as u64);
        let (id, side) = (&world.terms.corridor_id, &world.sides[0]);
        let all = receipts(&world, 0);
        for (receipt, writer) in all.iter().zip(&writers) {
            for generation in 0..=generation {
                let key = proof::Signer::public(&running(0, Purpose::Log, generation));
                let signed = receipt.verify_signature(&key).is_ok();
                let counts = *side.party.lane_key(id, receipt.sequence).0 == key;
                prop_assert_eq!((signed, counts), (*writer == generation, *writer == generation));
            }
        }
        let bytes: Vec<Vec<u8>> = side.here.items.iter().map(|item| item.receipt.clone()).collect();
        let (mut next, mut blocks) = (0usize, 0);
        while next < bytes.len() {
            let (key, until) = side.party.lane_key(id, next as u64);
            let end = until.map_or(bytes.len(), |until| bytes.len().min(until as usize));
            let part: Vec<&[u8]> = bytes[next..end].iter().map(Vec::as_slice).collect();
            for mode in [Mode::Strict, Mode::History] {
                let block = check_block(&part, Check::Signatures { key, mode });
                prop_assert!(block.refused.is_none());
                prop_assert_eq!(block.entries.len(), part.len());
            }
            (next, blocks) = (end, blocks + 1);
        }
        prop_assert_eq!(blocks, usize::from(generation) + 1);
    }
}

/// Two rotations of one number accuse the zone, whichever of the two its verifier follows.
#[test]
fn two_rotations_of_one_number_are_evidence() {
    let mut world = World::new();
    let keys = |world: &World, rotations: &[Value]| {
        KeyHistory::document(&world.sides[0].inception, rotations).unwrap().value()
    };
    let one = world.rotation_from(0, Purpose::Log, Cause::Routine, 1);
    let other = world.rotation_from(0, Purpose::Log, Cause::Routine, 0);
    let file = other_rotation(keys(&world, std::slice::from_ref(&one)), other.clone()).unwrap();
    let dids = world.dids();
    let judged = judge_evidence(file.bytes(), &dids);
    assert_eq!((judged.verdict, judged.who.as_ref()), (Verdict::Valid, dids.first()));
    assert!(judged.about.unwrap().starts_with("rotation 1 of zone "));
    let untrusted = judge_evidence(file.bytes(), &dids[1..]);
    assert_eq!((untrusted.verdict, &untrusted.needs[..]), (Verdict::Unknown, &dids[..1]));
    // Who holds the other chain, and a longer one, says the same.
    world.install(0, other.clone());
    let more = world.rotation(0, Purpose::Http, Cause::Routine);
    world.install(0, more);
    let known = judge_knowing(file.bytes(), &dids, &[&world.sides[0].party]);
    assert_eq!(known.verdict, Verdict::Valid);
    // A key that was lost since proves nothing against the zone.
    let lost = world.rotation(0, Purpose::Log, Cause::Compromise);
    world.install(0, lost);
    let known = judge_knowing(file.bytes(), &dids, &[&world.sides[0].party]);
    assert_eq!((known.verdict, known.reasons[0].code), (Verdict::Unknown, "compromised-key"));

    // The same rotation, the next one, one that is unsigned or of another zone: nothing is proven.
    let next = World::new().rotation(1, Purpose::Log, Cause::Routine);
    let mut unsigned = other.clone();
    unsigned.as_object_mut().unwrap().remove("proof");
    for rotation in [one.clone(), next, unsigned] {
        let refused = other_rotation(keys(&world, std::slice::from_ref(&one)), rotation);
        assert_eq!(refused.unwrap_err().reasons[0].code, "rotation");
    }
    assert!(other_rotation(keys(&world, &[]), one).is_err(), "nothing is held yet");
}
