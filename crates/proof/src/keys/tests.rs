//! Strict admission of keys and signatures, against hostile encodings.

mod hostile;

use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION};
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use proptest::prelude::*;
use sha2::{Digest as _, Sha512};

use super::*;

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn message() -> Message {
    Message::note("a text\n")
}

/// H(R ‖ A ‖ M) of RFC 8032.
fn challenge(r: &[u8; 32], key: &PublicKey, message: &Message) -> Scalar {
    let hash = Sha512::new().chain_update(r).chain_update(key.bytes());
    let wide: [u8; 64] = hash.chain_update(message.as_bytes()).finalize().into();
    Scalar::from_bytes_mod_order_wide(&wide)
}

fn joined(r: [u8; 32], s: Scalar) -> Signature {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&r);
    bytes[32..].copy_from_slice(s.as_bytes());
    Signature::from_bytes(bytes)
}

#[test]
fn the_did_key_vectors_of_w3c_ccg_hold() {
    let text = include_str!("../../tests/vectors/ed25519-seed-to-did.json");
    let tree = canon::parse_value(text.as_bytes()).unwrap();
    let mut seen = 0;
    for (seed, row) in tree.as_object().unwrap().iter().filter(|(k, _)| !k.starts_with('_')) {
        let mut bytes = [0; 32];
        bytes[31] = u8::from_str_radix(seed, 16).unwrap();
        let key = SecretKey::from_seed(bytes).unwrap().public();
        let did = row[0].as_str().unwrap();
        assert_eq!(key.did().as_str(), did);
        assert_eq!(PublicKey::from_did_key(did).unwrap(), key);
        assert_eq!(PublicKey::from_multikey(&key.to_multikey()).unwrap(), key);
        assert_eq!(PublicKey::from_did_key(&key.verification_method()).unwrap(), key);
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn every_small_order_key_is_refused() {
    for point in EIGHT_TORSION {
        let bytes = point.compress().to_bytes();
        assert_eq!(PublicKey::from_bytes(&bytes).unwrap_err(), KeyError::SmallOrder);
    }
}

#[test]
fn a_mixed_order_key_is_refused() {
    let point = CompressedEdwardsY(*secret(1).public().bytes()).decompress().unwrap();
    for torsion in &EIGHT_TORSION[1..] {
        let bytes = (point + torsion).compress().to_bytes();
        assert_eq!(PublicKey::from_bytes(&bytes).unwrap_err(), KeyError::MixedOrder);
    }
}

#[test]
fn a_non_canonical_key_is_refused() {
    // p + k for k in 0..19 fits 255 bits and decodes to the point with y = k.
    let mut found = 0;
    for k in 0..19u8 {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + k;
        bytes[31] = 0x7f;
        if CompressedEdwardsY(bytes).decompress().is_some() {
            assert_eq!(PublicKey::from_bytes(&bytes).unwrap_err(), KeyError::NonCanonical);
            found += 1;
        }
    }
    assert!(found > 5, "the test must meet real points");
    // x = 0 with its sign bit set.
    let mut minus_zero = [0; 32];
    (minus_zero[0], minus_zero[31]) = (1, 0x80);
    assert_eq!(PublicKey::from_bytes(&minus_zero).unwrap_err(), KeyError::NonCanonical);
}

#[test]
fn text_that_is_no_key_is_refused_by_name() {
    let mut off = [0; 32];
    off[0] = 2;
    assert_eq!(PublicKey::from_bytes(&off).unwrap_err(), KeyError::NotOnCurve);
    assert_eq!(PublicKey::from_slice(&[0; 31]).unwrap_err(), KeyError::Length(31));
    let key = secret(1).public();
    let multikey = key.to_multikey();
    for text in
        ["", "z", "m6Mk", &multikey[1..], &format!("{multikey}1"), "z0OIl", &"z1".repeat(80)]
    {
        let refused = PublicKey::from_multikey(text);
        assert!(
            matches!(refused, Err(KeyError::Multikey(_) | KeyError::Length(_))),
            "{text}: {refused:?}"
        );
    }
    // An X25519 multikey is not a signing key.
    let x25519 = "z6LShs9GGnqk85isEBzzshkuVWrVKsRp24GnDuHk8QWkARMW";
    assert!(matches!(PublicKey::from_multikey(x25519), Err(KeyError::Multikey(_))));
    for text in [
        multikey.clone(),
        format!("did:web:{multikey}"),
        format!("did:key:{multikey}#key-1"),
        format!("did:key:{multikey}#{}", secret(2).public()),
        format!("did:key:{multikey}#"),
    ] {
        assert!(matches!(PublicKey::from_did_key(&text), Err(KeyError::DidKey(_))), "{text}");
    }
}

#[test]
fn serde_admits_only_what_parsing_admits() {
    let key = secret(3).public();
    let text = serde_json::to_string(&key).unwrap();
    assert_eq!(serde_json::from_str::<PublicKey>(&text).unwrap(), key);
    let small = {
        let mut bytes = vec![0xed, 0x01];
        bytes.extend_from_slice(&EIGHT_TORSION[1].compress().to_bytes());
        format!("\"z{}\"", bs58::encode(bytes).into_string())
    };
    let refused = serde_json::from_str::<PublicKey>(&small).unwrap_err();
    assert!(refused.to_string().contains("small order"), "{refused}");
}

#[test]
fn a_non_canonical_s_is_refused() {
    let (key, message) = (secret(4), message());
    let good = key.sign(&message).unwrap();
    assert_eq!(key.public().verify(&message, &good), Ok(()));
    // S + L: the same residue, another spelling. L, little-endian.
    let order = Scalar::ZERO - Scalar::ONE;
    let mut carry = 1u16;
    let mut bytes = *good.bytes();
    for (at, add) in order.as_bytes().iter().enumerate() {
        let sum = u16::from(bytes[32 + at]) + u16::from(*add) + carry;
        bytes[32 + at] = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    let malleated = Signature::from_bytes(bytes);
    assert_eq!(key.public().verify(&message, &malleated), Err(SignatureError::NonCanonicalS));
}

#[test]
fn a_small_order_r_that_satisfies_the_equation_is_refused() {
    let (secret, message) = (secret(5), message());
    let key = secret.public();
    let scalar = ed25519_dalek::SigningKey::from_bytes(&[5; 32]).to_scalar();
    // R = identity: S = k·a satisfies even the cofactorless equation.
    let r = EIGHT_TORSION[0].compress().to_bytes();
    let forged = joined(r, challenge(&r, &key, &message) * scalar);
    assert_eq!(key.verify(&message, &forged), Err(SignatureError::SmallOrderR));
    // The same R, spelled with y = p + 1.
    let mut spelled = [0xff; 32];
    (spelled[0], spelled[31]) = (0xee, 0x7f);
    let forged = joined(spelled, challenge(&spelled, &key, &message) * scalar);
    assert_eq!(key.verify(&message, &forged), Err(SignatureError::NonCanonicalR));
}

#[test]
fn a_mixed_order_signature_that_passes_zip215_is_refused() {
    let (secret, message) = (secret(6), message());
    let key = secret.public();
    let scalar = ed25519_dalek::SigningKey::from_bytes(&[6; 32]).to_scalar();
    let nonce = Scalar::from(42u64);
    for torsion in &EIGHT_TORSION[1..] {
        let r = (ED25519_BASEPOINT_TABLE * &nonce + torsion).compress().to_bytes();
        let mixed = joined(r, nonce + challenge(&r, &key, &message) * scalar);
        assert_eq!(key.verify(&message, &mixed), Err(SignatureError::Mismatch));
    }
}

#[test]
fn a_signature_of_another_length_is_refused() {
    assert_eq!(Signature::from_slice(&[0; 63]).unwrap_err(), SignatureError::Length(63));
}

proptest! {
    #[test]
    fn one_flipped_bit_of_signature_or_message_is_refused(
        seed: [u8; 32], text in "[a-z]{1,40}", bit in 0usize..512,
    ) {
        let secret = SecretKey::from_seed(seed).unwrap();
        let key = secret.public();
        let message = Message::http_base(&text);
        let good = secret.sign(&message).unwrap();
        prop_assert_eq!(key.verify(&message, &good), Ok(()));
        let mut bytes = *good.bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(key.verify(&message, &Signature::from_bytes(bytes)).is_err());
        let other = Message::http_base(&format!("{text}."));
        prop_assert_eq!(key.verify(&other, &good), Err(SignatureError::Mismatch));
    }

    #[test]
    fn one_flipped_bit_of_a_key_is_refused_or_is_another_key(seed: [u8; 32], bit in 0usize..256) {
        let secret = SecretKey::from_seed(seed).unwrap();
        let good = secret.sign(&message()).unwrap();
        let mut bytes = *secret.public().bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(key) = PublicKey::from_bytes(&bytes) {
            prop_assert!(key.verify(&message(), &good).is_err());
        }
    }

    #[test]
    fn any_admitted_bytes_print_and_parse_back(bytes: [u8; 32]) {
        if let Ok(key) = PublicKey::from_bytes(&bytes) {
            prop_assert_eq!(key.bytes(), &bytes);
            prop_assert_eq!(PublicKey::from_multikey(&key.to_multikey()).unwrap(), key);
        }
    }
}
