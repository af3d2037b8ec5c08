//! Inception documents: who may found a zone, and what is refused by name.

use serde_json::json;

use super::*;
use crate::keys::SecretKey;

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn draft() -> Draft {
    let numbered = Purpose::RUNNING.into_iter().zip(2u8..);
    Draft {
        kind: TYPE.to_owned(),
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
        created: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
    }
}

fn pin() -> Did {
    secret(1).public().did()
}

#[test]
fn a_founded_zone_verifies_under_its_pin_only() {
    let document = draft().found(&secret(1)).unwrap();
    let zone = Inception::verify(&document, &pin()).unwrap();
    assert_eq!(zone.did(), pin());
    assert_eq!(zone.digest(), crate::integrity::payload_digest(&document).unwrap());
    assert_eq!(zone.key(Purpose::Root), &secret(1).public());
    assert_eq!(zone.key(Purpose::Assertion), &secret(2).public());
    assert_eq!(zone.key(Purpose::Log), &secret(3).public());
    assert_eq!(zone.key(Purpose::Cosigner), &secret(4).public());
    assert_eq!(zone.key(Purpose::Http), &secret(5).public());
    let method = Did::parse(&secret(1).public().verification_method()).unwrap();
    assert!(Inception::verify(&document, &method).is_ok(), "a fragment does not matter");
    let other = Inception::verify(&document, &secret(9).public().did());
    assert!(matches!(other, Err(InceptionError::NotPinned { .. })));
}

#[test]
fn only_the_root_founds() {
    assert_eq!(draft().found(&secret(2)), Err(InceptionError::NotRootSigned));
    let document = draft().found(&secret(1)).unwrap();
    let key = secret(2);
    let options = ProofOptions::assertion(draft().created, &key);
    let twice = sign_document(document.clone(), &options, &key).unwrap();
    assert_eq!(Inception::verify(&twice, &pin()), Err(InceptionError::NotRootSigned));
    let mut bare = document.clone();
    bare.as_object_mut().unwrap().remove("proof");
    let unsigned = Inception::verify(&bare, &pin());
    assert_eq!(unsigned, Err(InceptionError::Integrity(IntegrityError::NoProof)));
    let replaced = sign_document(bare, &options, &key).unwrap();
    assert_eq!(Inception::verify(&replaced, &pin()), Err(InceptionError::NotRootSigned));
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let document = draft().found(&secret(1)).unwrap();
    let bytes = Canonical::of_value(&document).unwrap().bytes().to_vec();
    // One bit of each byte, each bit position in turn.
    for bit in (0..bytes.len() * 8).step_by(9) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(tree) = canon::parse_value(&flipped) {
            assert!(Inception::verify(&tree, &pin()).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn other_documents_and_broken_drafts_are_refused_by_name() {
    for kind in ["MEZKeyRotation", "MEZKeyRecovery", ""] {
        let refused = Inception::verify(&json!({"type": kind}), &pin());
        assert_eq!(refused, Err(InceptionError::UnsupportedType(kind.to_owned())));
    }
    let mut document = draft().found(&secret(1)).unwrap();
    document["nickname"] = json!("x");
    assert!(matches!(Inception::verify(&document, &pin()), Err(InceptionError::Shape(_))));
    let found = |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft();
        change(&mut draft);
        draft.found(&secret(1)).unwrap_err()
    };
    let swap = found(&|draft| draft.keys.swap(0, 1));
    assert_eq!(swap, InceptionError::Purposes("keys"));
    let short = found(&|draft| draft.next_key_commitments.truncate(3));
    assert_eq!(short, InceptionError::Purposes("next_key_commitments"));
    let shared = found(&|draft| draft.keys[1].key = draft.keys[0].key.clone());
    assert!(matches!(shared, InceptionError::SharedKey(_)));
    let root = found(&|draft| draft.keys[0].key = draft.root_key.clone());
    assert!(matches!(root, InceptionError::SharedKey(_)));
    let late = found(&|draft| draft.keys[2].from_sequence = 1);
    assert_eq!(late, InceptionError::FromSequence(Purpose::Cosigner));
    for host in ["", "A.example", "a..b", "-a", "a/b", "a b", "a:8080", &"a.".repeat(200)] {
        let refused = found(&|draft| draft.zone_host = host.to_owned());
        assert!(matches!(refused, InceptionError::Host(_)), "{host}");
    }
}
