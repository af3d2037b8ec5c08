//! The W3C vector byte for byte, proof sets, and every way to tamper.

use serde_json::json;

use canon::Members;

use super::*;
use crate::keys::SecretKey;

/// The private key the W3C specification publishes for its vector (vc-di-eddsa, appendix A).
const W3C_PRIVATE: &str = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq";

fn w3c(name: &str) -> String {
    let path = format!("{}/tests/vectors/eddsa-jcs-2022/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn w3c_secret() -> SecretKey {
    let bytes = bs58::decode(&W3C_PRIVATE[1..]).into_vec().unwrap();
    // Multicodec ed25519-priv is 0x1300, varint 0x80 0x26.
    let seed = bytes.strip_prefix(&[0x80, 0x26]).unwrap();
    SecretKey::from_seed(seed.try_into().unwrap()).unwrap()
}

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn time() -> Timestamp {
    Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
}

fn signed(document: Value, by: u8) -> Value {
    let key = secret(by);
    sign_document(document, &ProofOptions::assertion(time(), &key), &key).unwrap()
}

fn verify(document: &Value) -> Result<Vec<SignedBy>, IntegrityError> {
    verify_document(document, &resolve_did_key)
}

#[test]
fn the_w3c_vector_is_reproduced_byte_for_byte() {
    let expected = canon::parse_value(w3c("signedJCS.json").as_bytes()).unwrap();
    let mut document = expected.clone();
    let proof = document.as_object_mut().unwrap().remove("proof").unwrap();
    assert_eq!(payload(&document).unwrap().bytes(), w3c("canonDocJCS.txt").as_bytes());
    assert_eq!(payload_digest(&expected).unwrap().to_string(), w3c("docHashJCS.txt"));
    let key = w3c_secret();
    let options = ProofOptions {
        created: Timestamp::parse("2023-02-24T23:36:38Z").unwrap(),
        verification_method: proof["verificationMethod"].as_str().unwrap().to_owned(),
        purpose: ASSERTION,
        challenge: None,
        domain: None,
    };
    let object = options_object(&options, document.get("@context"));
    let canonical = Canonical::of(&object).unwrap();
    assert_eq!(canonical.bytes(), w3c("proofCanonJCS.txt").as_bytes());
    assert_eq!(canonical.digest().to_string(), w3c("proofHashJCS.txt"));
    let message = Message::document(canonical.digest(), payload_digest(&document).unwrap());
    assert_eq!(data_encoding::HEXLOWER.encode(message.as_bytes()), w3c("combinedHashJCS.txt"));
    let ours = sign_document(document, &options, &key).unwrap();
    assert_eq!(ours["proof"]["proofValue"], json!(w3c("sigBTC58JCS.txt")));
    assert_eq!(ours, expected);
    let signers = verify(&expected).unwrap();
    assert_eq!(signers.len(), 1);
    assert_eq!(signers[0].key, key.public());
}

#[test]
fn one_flipped_bit_anywhere_in_a_signed_document_is_refused() {
    let document = signed(json!({"type": "MEZTest", "n": 7, "deep": {"list": [1, "two"]}}), 1);
    let bytes = Canonical::of_value(&document).unwrap().bytes().to_vec();
    assert!(verify(&canon::parse_value(&bytes).unwrap()).is_ok());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(tree) = canon::parse_value(&flipped) {
            assert!(verify(&tree).is_err(), "bit {bit}: {}", String::from_utf8_lossy(&flipped));
        }
    }
}

#[test]
fn a_second_signer_makes_a_set_and_order_does_not_matter() {
    let one = signed(json!({"type": "MEZTest"}), 1);
    let two = signed(one.clone(), 2);
    assert_eq!(two["proof"].as_array().unwrap().len(), 2);
    assert_eq!(two["proof"][0], one["proof"]);
    let keys: Vec<_> = verify(&two).unwrap().into_iter().map(|by| by.key).collect();
    assert_eq!(keys, [secret(1).public(), secret(2).public()]);
    assert_eq!(payload_digest(&two).unwrap(), payload_digest(&one).unwrap());
    let mut swapped = two.clone();
    swapped["proof"].as_array_mut().unwrap().swap(0, 1);
    assert_eq!(verify(&swapped).unwrap().len(), 2);
    // One bad proof spoils the set.
    let mut spoilt = two;
    spoilt["proof"][1]["created"] = json!("2026-11-20T12:00:01Z");
    assert!(matches!(verify(&spoilt), Err(IntegrityError::Signature { .. })));
}

#[test]
fn one_key_cannot_count_twice() {
    let one = signed(json!({"type": "MEZTest"}), 1);
    let key = secret(1);
    let again = sign_document(one.clone(), &ProofOptions::assertion(time(), &key), &key);
    assert_eq!(again, Err(IntegrityError::DuplicateSigner(key.public().did())));
    let mut doubled = one.clone();
    doubled["proof"] = json!([one["proof"], one["proof"]]);
    assert_eq!(verify(&doubled), Err(IntegrityError::DuplicateSigner(key.public().did())));
}

#[test]
fn a_document_without_proof_or_with_too_many_is_refused() {
    assert_eq!(verify(&json!({"type": "MEZTest"})), Err(IntegrityError::NoProof));
    assert_eq!(verify(&json!({"proof": []})), Err(IntegrityError::NoProof));
    assert_eq!(verify(&json!([])), Err(IntegrityError::NotAnObject));
    assert_eq!(verify(&json!({"proof": "x"})), Err(IntegrityError::ProofShape));
    let many = vec![json!({}); PROOFS_MAX + 1];
    assert_eq!(verify(&json!({"proof": many})), Err(IntegrityError::TooManyProofs(17)));
}

#[test]
fn proof_members_that_are_not_understood_are_refused_by_name() {
    let good = signed(json!({"type": "MEZTest"}), 1);
    let with = |name: &str, value: Value| {
        let mut document = good.clone();
        document["proof"][name] = value;
        verify(&document).unwrap_err()
    };
    for name in ["expires", "domain", "challenge", "previousProof", "nonce"] {
        assert_eq!(with(name, json!("x")), IntegrityError::UnknownMember(name.to_owned()));
    }
    assert!(matches!(with("type", json!("Other")), IntegrityError::UnsupportedSuite(_)));
    let rdfc = json!("eddsa-rdfc-2022");
    assert!(matches!(with("cryptosuite", rdfc), IntegrityError::UnsupportedSuite(_)));
    let purpose = with("proofPurpose", json!("authentication"));
    assert_eq!(purpose, IntegrityError::UnsupportedPurpose("authentication".to_owned()));
    let created = with("created", json!("2026-11-20T12:00:00.5Z"));
    assert!(matches!(created, IntegrityError::Created(_)));
    assert_eq!(with("created", json!(7)), IntegrityError::Missing("created"));
    assert_eq!(with("@context", json!(["x"])), IntegrityError::ContextMismatch);
    for value in ["", "z", "z11", "uAAAA", &"z1".repeat(60)] {
        assert_eq!(with("proofValue", json!(value)), IntegrityError::ProofValue, "{value}");
    }
    let method = with("verificationMethod", json!("did:web:a.example#k"));
    assert!(matches!(method, IntegrityError::UnknownMethod(_)));
    // A covered member that restricts nothing, added after signing, breaks the signature.
    assert!(matches!(with("id", json!("urn:x:1")), IntegrityError::Signature { .. }));
}

#[test]
fn the_context_of_document_and_proof_must_agree() {
    let good = signed(json!({"@context": ["https://a.example"], "n": 1}), 1);
    assert!(verify(&good).is_ok());
    let mut appended = good.clone();
    appended["@context"] = json!(["https://a.example", "https://b.example"]);
    assert_eq!(verify(&appended), Err(IntegrityError::ContextMismatch));
    let mut both = appended;
    both["proof"]["@context"] = both["@context"].clone();
    assert!(matches!(verify(&both), Err(IntegrityError::Signature { .. })));
}

#[test]
fn a_foreign_method_or_inadmissible_document_is_not_signed() {
    let key = secret(1);
    let mut options = ProofOptions::assertion(time(), &key);
    options.verification_method = secret(2).public().verification_method();
    let refused = sign_document(json!({}), &options, &key);
    assert!(matches!(refused, Err(IntegrityError::ForeignMethod(_))));
    let options = ProofOptions::assertion(time(), &key);
    assert_eq!(sign_document(json!(7), &options, &key), Err(IntegrityError::NotAnObject));
    let large = json!({"n": 9_007_199_254_740_993u64});
    assert!(matches!(sign_document(large, &options, &key), Err(IntegrityError::Canonical(_))));
}

/// The message a proof read in place claims to sign, and its signature; nothing where it is not read.
fn claimed(document: &Value) -> Option<(Message, Signature)> {
    let proof = Canonical::of_value(document.get("proof")?).unwrap();
    let members = Members::of(proof.bytes())?;
    let mut last = None;
    let claim = Claim::read(&members, &mut last)?;
    let again = Claim::read(&members, &mut last)?;
    assert_eq!(format!("{again:?}"), format!("{claim:?}"));
    assert_eq!(resolve_did_key(claim.method), Some(secret(1).public()));
    Some((claim.message(payload_digest(document).unwrap()), claim.signature))
}

#[test]
fn a_proof_read_in_place_is_the_proof_that_verifies() {
    let good = signed(json!({"type": "MEZTest", "n": 1}), 1);
    let (message, signature) = claimed(&good).unwrap();
    assert_eq!(secret(1).public().verify(&message, &signature), Ok(()));
    // Every other text in every member, and members more or fewer: refused, or another message.
    let names = ["created", "cryptosuite", "proofPurpose", "proofValue", "type"];
    let values = ["", "z", "assertionMethod", "eddsa-jcs-2022", "2026-11-20T12:00:01Z", "\\"];
    for name in names {
        for value in values.iter().filter(|value| good["proof"][name] != **value) {
            let mut other = good.clone();
            other["proof"][name] = json!(value);
            let read = claimed(&other);
            let verifies = |(m, s): (Message, Signature)| secret(1).public().verify(&m, &s).is_ok();
            assert!(!read.is_some_and(verifies), "{name} {value}");
        }
        let mut fewer = good.clone();
        fewer["proof"].as_object_mut().unwrap().remove(name);
        assert!(claimed(&fewer).is_none());
    }
    for name in ["@context", "id", "expires"] {
        let mut more = good.clone();
        more["proof"][name] = json!("x");
        assert!(claimed(&more).is_none());
    }
}
