//! Proofs bound to what they are about: made, signed, read back, and refused with anything changed.

use canon::{Canonical, Did, Digest};
use corridor::binding::{BINDING_TYPE, Binding, BindingError, Commitment, ProofRef, judge_binding};
use corridor::limits::{COMMITMENTS_MAX, PURPOSE_BYTES_MAX};
use corridor::verify::Known;
use proof::credential::Verdict;
use proof::integrity::{ProofOptions, sign_document};
use proof::rotation::Cause;
use proof::{ArtifactType, Purpose};
use serde_json::{Value, json};

use crate::zones::{World, at, key};

fn digest(n: u8) -> Digest {
    Digest::of_blob(&[n])
}

fn reference() -> ProofRef {
    let artifact_type = ArtifactType::parse("zk-proof").unwrap();
    ProofRef { artifact_type, digest_sha256: digest(0) }
}

/// One of each kind, in no order.
fn each(world: &World) -> Vec<Commitment> {
    let corridor_id = world.terms.corridor_id.clone();
    let lane = world.sides[0].party.zone().clone();
    vec![
        Commitment::Receipt {
            corridor_id: corridor_id.clone(),
            lane,
            next_root: digest(1),
            sequence: 3,
        },
        Commitment::Cut { corridor_id, digest_sha256: digest(2) },
        Commitment::Attachment { digest_sha256: digest(4) },
        Commitment::AssetCheckpoint { asset_id: digest(7), digest_sha256: digest(3) },
    ]
}

fn made(issuer: &Did, commitments: Vec<Commitment>) -> Result<Binding, BindingError> {
    Binding::new((issuer.clone(), at(5)), "sanctions screening", reference(), commitments)
}

fn judged(document: &Value, trust: &[Did], zones: &[Known]) -> (Verdict, &'static str) {
    let judged = judge_binding(document.to_string().as_bytes(), trust, zones);
    (judged.verdict, judged.reasons.first().map_or("", |reason| reason.code))
}

/// A binding of the first zone under its assertion key.
pub fn signed(world: &World) -> Value {
    let did = world.sides[0].party.did();
    made(did, each(world)).unwrap().sign(&world.sides[0].pen).unwrap()
}

fn known(world: &World, trusted: bool) -> Vec<Known> {
    world.sides.iter().map(|side| Known { party: side.party.clone(), trusted }).collect()
}

#[test]
fn a_zone_binds_a_proof_under_its_own_keys() {
    let world = World::new();
    let document = signed(&world);
    let (binding, _) = Binding::read(&document).unwrap();
    let kinds: Vec<&Value> =
        document["commitments"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    // By their bytes, whose members are in order: `asset_id` comes before `corridor_id`.
    assert_eq!(kinds[..3], ["asset-checkpoint", "cut", "receipt"]);
    assert_eq!((kinds.len(), binding.commitments.len()), (4, 4));
    assert_eq!(judged(&document, &world.dids(), &known(&world, true)), (Verdict::Valid, ""));
    let unknown = |zones: &[Known]| judged(&document, &world.dids(), zones);
    assert_eq!(unknown(&known(&world, false)), (Verdict::Unknown, "untrusted-did"));
    assert_eq!(unknown(&[]), (Verdict::Unknown, "inception-missing"));
    // Its digest is that of the document before it was signed.
    let bare = Canonical::of(&Binding { proof: None, ..binding }).unwrap();
    assert_eq!(Binding::digest(&document).unwrap(), bare.digest());
}

#[test]
fn anybody_binds_a_proof_under_a_key_of_their_own() {
    let world = World::new();
    let (own, did) = (key(90), key(90).public().did());
    let document = made(&did, each(&world)).unwrap().sign(&own).unwrap();
    assert_eq!(judged(&document, std::slice::from_ref(&did), &[]), (Verdict::Valid, ""));
    assert_eq!(judged(&document, &[], &[]), (Verdict::Unknown, "untrusted-did"));
    // In the name of a zone it is nobody's.
    let zone = world.sides[0].party.did();
    let document = made(zone, each(&world)).unwrap().sign(&own).unwrap();
    let answer = judged(&document, &world.dids(), &known(&world, true));
    assert_eq!(answer, (Verdict::Invalid, "signature"));
    // Signed by the other zone it is not the first one's.
    let document = made(zone, each(&world)).unwrap().sign(&world.sides[1].pen).unwrap();
    let answer = judged(&document, &world.dids(), &known(&world, true));
    assert_eq!(answer, (Verdict::Invalid, "signature"));
}

#[test]
fn a_key_that_was_replaced_counts_unless_it_was_compromised() {
    for (cause, answer) in [
        (Cause::Routine, (Verdict::Valid, "")),
        (Cause::Compromise, (Verdict::Unknown, "compromised-key")),
    ] {
        let mut world = World::lived();
        let document = signed(&world);
        world.rotate(0, Purpose::Assertion, cause);
        world.settle();
        assert_eq!(judged(&document, &world.dids(), &known(&world, true)), answer);
    }
}

#[test]
fn every_member_changed_is_refused() {
    let world = World::new();
    let document = signed(&world);
    let refused = |changed: &Value| {
        let (verdict, code) = judged(changed, &world.dids(), &known(&world, true));
        assert_eq!(verdict, Verdict::Invalid, "{changed}");
        code
    };
    let with = |pointer: &str, value: Value| {
        let mut changed = document.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        refused(&changed)
    };
    // What fits and was not signed.
    let other = world.sides[1].party.did();
    for (pointer, value) in [
        ("/purpose", json!("another")),
        ("/issuer", json!(other)),
        ("/issued_at", json!(at(6))),
        ("/proof_ref/artifact_type", json!("report")),
        ("/proof_ref/digest_sha256", json!(digest(9))),
        ("/commitments/0/digest_sha256", json!(digest(9))),
        ("/commitments/0/asset_id", json!(digest(9))),
        ("/proof/created", json!(at(6))),
        ("/proof/proofPurpose", json!("authentication")),
    ] {
        assert_eq!(with(pointer, value), "signature", "{pointer}");
    }
    // What does not fit.
    for (pointer, value) in [
        ("/type", json!("MEZProofBindings")),
        ("/purpose", json!("")),
        ("/purpose", json!(" padded")),
        ("/purpose", json!("x".repeat(PURPOSE_BYTES_MAX + 1))),
        ("/issuer", json!("nobody")),
        ("/issued_at", json!("2026-01-01")),
        ("/proof_ref/artifact_type", json!("Report")),
        ("/commitments", json!([])),
        ("/commitments/0/kind", json!("block")),
        ("/commitments/1", document["commitments"][0].clone()),
    ] {
        assert_eq!(with(pointer, value), "binding", "{pointer}");
    }
    let mut swapped = document.clone();
    swapped["commitments"].as_array_mut().unwrap().swap(0, 1);
    assert_eq!(refused(&swapped), "binding");
    for member in document.as_object().unwrap().keys() {
        let mut changed = document.clone();
        changed.as_object_mut().unwrap().remove(member);
        refused(&changed);
    }
    for (number, commitment) in document["commitments"].as_array().unwrap().iter().enumerate() {
        for member in commitment.as_object().unwrap().keys() {
            let mut changed = document.clone();
            changed["commitments"][number].as_object_mut().unwrap().remove(member);
            assert_eq!(refused(&changed), "binding");
            changed = document.clone();
            changed["commitments"][number]["more"] = json!(1);
            assert_eq!(refused(&changed), "binding");
        }
    }
    // A second signature is one too many, whoever made it.
    let own = key(90);
    let twice = sign_document(document.clone(), &ProofOptions::assertion(at(5), &own), &own);
    assert_eq!(refused(&twice.unwrap()), "signature");
    assert_eq!(refused(&json!({ "type": BINDING_TYPE })), "binding");
    let (verdict, _) = judged(&document, &world.dids(), &known(&world, true));
    assert_eq!(verdict, Verdict::Valid);
}

#[test]
fn each_thing_is_named_once() {
    let world = World::new();
    let did = world.sides[0].party.did();
    let all = each(&world);
    let twice = [all.clone(), vec![all[2].clone()]].concat();
    assert!(matches!(made(did, twice), Err(BindingError::Order)));
    // One place of one lane has one receipt.
    let mut other = all[0].clone();
    let Commitment::Receipt { next_root, .. } = &mut other else { panic!("a receipt") };
    *next_root = digest(8);
    assert!(matches!(made(did, vec![all[0].clone(), other]), Err(BindingError::Order)));
    let many = |count: usize| {
        let digests = (0..count).map(|n| Digest::of_blob(&n.to_be_bytes()));
        digests.map(|digest_sha256| Commitment::Attachment { digest_sha256 }).collect::<Vec<_>>()
    };
    assert!(made(did, many(COMMITMENTS_MAX)).is_ok());
    for count in [0, COMMITMENTS_MAX + 1] {
        assert!(matches!(made(did, many(count)), Err(BindingError::Form("commitments"))));
    }
}
