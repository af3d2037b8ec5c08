//! Tokens that are to be refused, and how long keys are gone by; a real provider is asked in the suite `oidc`.

use data_encoding::BASE64URL_NOPAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::jwt::{Expected, JwtError, KeySet, claims};
use super::keys::Kept;

const NOW: i64 = 1_800_000_000;
const AT: Expected<'_> = Expected { issuer: "https://id.example", audience: "zone", now: NOW };

struct Issuer {
    ed: Ed25519KeyPair,
    ec: EcdsaKeyPair,
}

fn part(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

impl Issuer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self {
            ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap(),
            ec: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ec.as_ref(), &random)
                .unwrap(),
        }
    }

    fn keys(&self) -> KeySet {
        let point = self.ec.public_key().as_ref();
        let keys = json!({ "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "use": "sig",
              "x": BASE64URL_NOPAD.encode(self.ed.public_key().as_ref()) },
            { "kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256",
              "x": BASE64URL_NOPAD.encode(&point[1..33]), "y": BASE64URL_NOPAD.encode(&point[33..]) },
            { "kty": "oct", "kid": "mac", "k": "c2VjcmV0" },
        ] });
        KeySet::parse(keys.to_string().as_bytes()).unwrap()
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = match header["kid"].as_str() {
            Some("ec") => {
                let random = SystemRandom::new();
                self.ec.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec()
            }
            _ => self.ed.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

fn good() -> Value {
    json!({ "iss": "https://id.example", "sub": "ana", "aud": ["other", "zone"],
        "iat": NOW, "nbf": NOW, "exp": NOW + 300, "scope": "read" })
}

#[test]
fn a_token_holds_under_the_algorithm_of_its_key_alone() {
    let issuer = Issuer::new();
    let keys = issuer.keys();
    for (algorithm, id) in [("EdDSA", "ed"), ("ES256", "ec")] {
        let token = issuer.sign(&json!({ "alg": algorithm, "kid": id }), &good());
        assert_eq!(claims(&token, &keys, &AT).unwrap()["sub"], "ana", "{algorithm}");
        let mut bytes = token.clone().into_bytes();
        let middle = bytes.len() / 2;
        bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
        assert!(claims(std::str::from_utf8(&bytes).unwrap(), &keys, &AT).is_err());
    }
    let told = |header: Value| claims(&issuer.sign(&header, &good()), &keys, &AT).unwrap_err();
    for algorithm in ["none", "HS256", "RS256", "ES256", "PS256", "eddsa", ""] {
        let error = told(json!({ "alg": algorithm, "kid": "ed" }));
        assert_eq!(error, JwtError::Algorithm(algorithm.to_owned()));
    }
    assert_eq!(told(json!({ "alg": "EdDSA", "kid": "x" })), JwtError::UnknownKey("x".to_owned()));
    assert_eq!(told(json!({ "alg": "EdDSA" })), JwtError::UnknownKey(String::new()));
    let critical = told(json!({ "alg": "EdDSA", "kid": "ed", "crit": ["b64"], "b64": false }));
    assert!(matches!(critical, JwtError::Malformed(_)));
    // A key that the token brings along is nobody's.
    let other = Issuer::new();
    let x = BASE64URL_NOPAD.encode(other.ed.public_key().as_ref());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    let forged = other.sign(&json!({ "alg": "EdDSA", "kid": "ed", "jwk": jwk }), &good());
    assert_eq!(claims(&forged, &keys, &AT), Err(JwtError::Signature));
    for bad in ["", "a", "a.b", "a.b.c", "..", "e30.e30.", &"a.".repeat(9_000)] {
        assert!(claims(bad, &keys, &AT).is_err(), "{bad:.20}");
    }
}

#[test]
fn every_claim_that_bounds_a_token_is_held_to() {
    let issuer = Issuer::new();
    let keys = issuer.keys();
    let cases = [
        ("iss", json!("https://other.example")),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("aud", Value::Null),
        ("exp", json!(NOW - 61)),
        ("exp", json!("soon")),
        ("exp", Value::Null),
        ("nbf", json!(NOW + 61)),
        ("iat", json!(NOW + 61)),
        ("iat", Value::Null),
        ("sub", json!("")),
        ("sub", Value::Null),
    ];
    for (name, value) in cases {
        let mut wrong = good();
        match &value {
            Value::Null => drop(wrong.as_object_mut().unwrap().remove(name)),
            value => wrong[name] = value.clone(),
        }
        let token = issuer.sign(&json!({ "alg": "EdDSA", "kid": "ed" }), &wrong);
        assert_eq!(claims(&token, &keys, &AT), Err(JwtError::Claim(name)), "{name}: {value}");
    }
}

#[test]
fn a_set_without_a_key_of_a_known_kind_is_refused() {
    for wrong in [
        "",
        "{}",
        "[]",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","k":"AA"}]}"#,
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","use":"enc"}]}"#,
        r#"{"keys":[{"kty":"RSA","n":"AA","e":"AQAB","alg":"PS256"}]}"#,
    ] {
        assert!(KeySet::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn keys_are_gone_by_until_their_age_and_asked_for_with_pauses() {
    let at = |secs| canon::Timestamp::from_unix(NOW + secs).unwrap();
    let keys = Issuer::new().keys();
    let mut kept = Kept::default();
    assert!(kept.is_due(at(0), 100, false));
    kept.tried(at(0), Err("away".to_owned()));
    assert_eq!(kept.keys(at(0), 100), Err("away".to_owned()));
    assert!(!kept.is_due(at(9), 100, false) && kept.is_due(at(10), 100, false));
    kept.tried(at(10), Ok(keys.clone()));
    assert!(!kept.is_due(at(30), 100, false) && kept.is_due(at(30), 100, true));
    assert!(kept.is_due(at(60), 100, false), "in the second half of their time");
    kept.tried(at(60), Err("away".to_owned()));
    assert_eq!(kept.keys(at(109), 100), Ok(keys));
    assert_eq!(kept.keys(at(110), 100), Err("away".to_owned()));
}
