//! `vectors/proof.json`: golden values a second implementation can recompute from SHA-256, Ed25519,
//! an RFC 8785 library and the specifications named in it. The file must equal what we compute;
//! `cargo test -p proof --test golden -- --ignored` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use canon::{Canonical, Digest, JurisdictionId, Realm, Timestamp, ZoneId};
use data_encoding::HEXLOWER;
use proof::artifact::{ArtifactType, Bundle, artifact_path, digest_of};
use proof::credential::{Anchors, TrustList, Unsigned, Verdict, issue, verify};
use proof::inception::{self, Draft, Inception, KeyCommitment, PurposeKey, key_commitment};
use proof::integrity::{
    ProofOptions, payload, payload_digest, resolve_did_key, sign_document, verify_document,
};
use proof::merkle::{Tree, leaf_hash, verify_consistency, verify_inclusion};
use proof::note::{key_id, verifier_key};
use proof::rotation::{self, Cause, CutOver, Rotation};
use proof::{Checkpoint, KeyHistory, Purpose, SecretKey};
use serde_json::{Value, json};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/proof.json")
}

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn time() -> Timestamp {
    Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn keys() -> Value {
    let row = |byte: u8| {
        let public = secret(byte).public();
        json!({
            "seed_hex": HEXLOWER.encode(&[byte; 32]),
            "public_hex": HEXLOWER.encode(public.bytes()),
            "did": public.did(),
            "verification_method": public.verification_method(),
            "next_key_commitment_log": key_commitment(Purpose::Log, &public),
        })
    };
    json!([row(1), row(2), row(3)])
}

fn integrity() -> Value {
    let document = json!({"type": "MEZTest", "n": 7, "text": "é\u{1f600}", "list": [true, null]});
    let (one, two) = (secret(1), secret(2));
    let signed = sign_document(document, &ProofOptions::assertion(time(), &one), &one).unwrap();
    let both = sign_document(signed.clone(), &ProofOptions::assertion(time(), &two), &two).unwrap();
    assert_eq!(verify_document(&both, &resolve_did_key).unwrap().len(), 2);
    json!({
        "suite": "eddsa-jcs-2022 (W3C vc-di-eddsa)",
        "payload": text(payload(&signed).unwrap().bytes()),
        "payload_sha256": payload_digest(&signed).unwrap(),
        "signed_by_key_1": signed,
        "signed_by_keys_1_and_2": both,
    })
}

fn entry(index: u64) -> Digest {
    Digest::of_blob(format!("receipt-{}", index + 1).as_bytes())
}

fn merkle() -> Value {
    let tree: Tree = (0..11).map(entry).collect();
    let roots: Vec<Digest> = (0..=11).map(|size| tree.root_at(size).unwrap()).collect();
    let mut inclusion = Vec::new();
    for index in 0..11 {
        let hashes = tree.inclusion(index, 11).unwrap();
        verify_inclusion(&entry(index), index, 11, &hashes, &tree.root()).unwrap();
        inclusion.push(json!({"index": index, "size": 11, "hashes": hashes}));
    }
    let mut consistency = Vec::new();
    for old in 1..=11 {
        let hashes = tree.consistency(old, 11).unwrap();
        let old_root = tree.root_at(old).unwrap();
        verify_consistency(old, 11, &hashes, &old_root, &tree.root()).unwrap();
        consistency.push(json!({"old": old, "new": 11, "hashes": hashes}));
    }
    json!({
        "rule": "RFC 9162; entry i = SHA-256(ASCII receipt-<i+1>)",
        "leaf_0": leaf_hash(&entry(0)),
        "roots_by_size": roots,
        "inclusion": inclusion,
        "consistency": consistency,
    })
}

fn checkpoint() -> Value {
    let tree: Tree = (0..11).map(entry).collect();
    let origin = "test.zone.example/corridor/c1/lane/org.momentum.mez.zone.test";
    let (log, witness) = (secret(3), secret(4));
    let stated = Checkpoint::new(origin, 11, tree.root()).unwrap();
    let mut note = stated.sign(&log).unwrap();
    note.cosign("witness.example", &witness).unwrap();
    let head = Checkpoint::verify(&note.to_bytes(), origin, &log.public()).unwrap();
    head.includes(&entry(4), 4, &tree.inclusion(4, 11).unwrap()).unwrap();
    json!({
        "origin": origin,
        "verifier_key": verifier_key(origin, &log.public()),
        "key_id_hex": HEXLOWER.encode(&key_id(origin, &log.public())),
        "body": stated.body(),
        "note": text(&note.to_bytes()),
    })
}

fn founded() -> (Value, Value) {
    let numbered = Purpose::RUNNING.into_iter().zip(2u8..);
    let draft = Draft {
        kind: inception::TYPE.to_owned(),
        zone_id: ZoneId::parse("org.momentum.mez.zone.test").unwrap(),
        zone_host: "test.zone.example".to_owned(),
        jurisdiction_id: JurisdictionId::parse("ae-abudhabi-adgm").unwrap(),
        realm: Realm::Sandbox,
        root_key: secret(1).public(),
        keys: numbered
            .clone()
            .map(|(purpose, n)| PurposeKey { purpose, key: secret(n).public(), from_sequence: 0 })
            .collect(),
        next_key_commitments: numbered
            .map(|(purpose, n)| KeyCommitment {
                purpose,
                commitment_sha256: key_commitment(purpose, &secret(n + 10).public()),
            })
            .collect(),
        created: time(),
    };
    let document = draft.found(&secret(1)).unwrap();
    let zone = Inception::verify(&document, &secret(1).public().did()).unwrap();
    let row = json!({"pinned": zone.did(), "digest_sha256": zone.digest(), "document": document});
    (row, document)
}

/// The log key passes from key 3 to key 13, the assertion key after a compromise from 2 to 12.
fn rotations() -> Value {
    let (pin, founded) = (secret(1).public().did(), founded().1);
    let mut history = KeyHistory::verify(&founded, &[], &pin).unwrap();
    let mut documents = Vec::new();
    let log = "test.zone.example/corridor/c1/lane/org.momentum.mez.zone.test";
    let rows = [
        (Purpose::Log, Cause::Routine, 3, 13, 100),
        (Purpose::Assertion, Cause::Compromise, 1, 12, 40),
    ];
    for (purpose, reason, outgoing, incoming, from_sequence) in rows {
        let zone = history.inception();
        let rotation = Rotation {
            kind: rotation::TYPE.to_owned(),
            zone_id: zone.zone_id().clone(),
            zone_did: zone.did(),
            realm: zone.realm(),
            inception_sha256: zone.digest(),
            number: history.next_number(),
            previous_sha256: history.head(),
            purpose,
            reason,
            previous_key: history.key(purpose).clone(),
            new_key: secret(incoming).public(),
            cut_over: vec![CutOver { log: log.to_owned(), from_sequence }],
            next_commitment_sha256: key_commitment(purpose, &secret(incoming + 10).public()),
            created: time(),
        };
        let document = rotation.sign(&secret(outgoing), &secret(incoming)).unwrap();
        history = history.extend(&document).unwrap();
        documents.push(document);
    }
    let carried = KeyHistory::document(&founded, &documents).unwrap();
    assert_eq!(rotation::judge(&carried.value(), &[pin]).verdict, Verdict::Valid);
    json!({
        "rule": "spec/zone-keys.md",
        "document": carried.value(),
        "document_sha256": carried.digest(),
        "head_sha256": history.head(),
        "keys": history.summary(),
    })
}

fn credential() -> (Value, Value) {
    let (zone_did, signer) = (secret(1).public().did(), secret(2));
    let unsigned = Unsigned {
        id: "urn:mez:vc:test:1".to_owned(),
        types: vec!["BeneficialOwnershipCredential".to_owned()],
        issuer: zone_did.clone(),
        realm: Realm::Sandbox,
        subject: json!({"id": "did:mez:subject-001", "owners": [{"name": "A", "share_bp": 10000}]}),
        valid_from: time(),
        valid_until: Timestamp::parse("2027-02-20T12:00:00Z").unwrap(),
        evidence: Vec::new(),
        status: Vec::new(),
    };
    let document = issue(unsigned, &signer, &signer.public().verification_method()).unwrap();
    let zone = Inception::verify(&founded().1, &zone_did).unwrap();
    let trust = Anchors::pinned(&TrustList(vec![zone_did]), Realm::Sandbox);
    let bare = verify(&document, &trust, time());
    assert_eq!(bare.verdict(), Verdict::Unknown);
    let judged = verify(&document, &trust.with_zone(zone).unwrap(), time());
    assert_eq!(judged.verdict(), Verdict::Valid, "{:?}", judged.reasons());
    let row = json!({"payload_sha256": payload_digest(&document).unwrap(), "document": document});
    (row, document)
}

fn bundle() -> Value {
    let mut entries = BTreeMap::new();
    for (name, document) in [("inception", founded().1), ("vc", credential().1)] {
        let kind = ArtifactType::parse(name).unwrap();
        let bytes = Canonical::of_value(&document).unwrap().bytes().to_vec();
        let digest = digest_of(&kind, &bytes).unwrap();
        entries.insert(artifact_path(&kind, digest), bytes);
    }
    entries.insert("manifest.json".to_owned(), b"{}".to_vec());
    let bytes = Bundle::write(&entries).unwrap();
    assert_eq!(Bundle::read(&bytes).unwrap().entries(), &entries);
    let small = BTreeMap::from([("a".to_owned(), b"hi".to_vec())]);
    json!({
        "entries": entries.keys().collect::<Vec<_>>(),
        "length": bytes.len(),
        "sha256": Digest::of_blob(&bytes),
        "small_hex": HEXLOWER.encode(&Bundle::write(&small).unwrap()),
    })
}

fn vectors() -> String {
    let tree = json!({
        "note": "Test keys: seed n is the byte n repeated 32 times. Never use them for anything real.",
        "keys": keys(),
        "integrity": integrity(),
        "merkle": merkle(),
        "checkpoint": checkpoint(),
        "inception": founded().0,
        "credential": credential().0,
        "rotations": rotations(),
        "bundle": bundle(),
    });
    format!("{}\n", serde_json::to_string_pretty(&tree).unwrap())
}

#[test]
fn the_golden_file_is_what_we_compute() {
    let found = std::fs::read_to_string(path()).unwrap();
    assert_eq!(found, vectors(), "run `cargo test -p proof --test golden -- --ignored`");
}

#[test]
#[ignore = "writes vectors/proof.json"]
fn write_the_golden_file() {
    std::fs::create_dir_all(path().parent().unwrap()).unwrap();
    std::fs::write(path(), vectors()).unwrap();
}
