//! Documents of others, and everything that makes a key not theirs.

use serde_json::{Value, json};

use super::*;
use crate::keys::SecretKey;

fn key(seed: u8) -> PublicKey {
    SecretKey::from_seed([seed; 32]).unwrap().public()
}

fn did(text: &str) -> canon::Did {
    canon::Did::parse(text).unwrap()
}

const WEB: &str = "did:web:issuer.example";

fn document() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": WEB,
        "verificationMethod": [
            { "id": "#a", "type": "Multikey", "controller": WEB,
              "publicKeyMultibase": key(1).to_multikey() },
            { "id": format!("{WEB}#b"), "type": "JsonWebKey", "controller": WEB,
              "publicKeyJwk": crate::jwk::print_public(&key(2), "b") },
            { "id": "#other", "controller": "did:web:other.example",
              "publicKeyMultibase": key(3).to_multikey() },
            { "id": "#unused", "controller": WEB, "publicKeyMultibase": key(4).to_multikey() },
            { "id": "#p256", "controller": WEB,
              "publicKeyJwk": { "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" } }
        ],
        "assertionMethod": ["#a", format!("{WEB}#b"), "#other", "#p256"],
        "authentication": ["#b", { "id": "#c", "controller": WEB,
            "publicKeyMultibase": key(5).to_multikey() }],
    })
}

#[test]
fn a_key_counts_for_what_its_document_lists_it() {
    let read = DidDocument::read(document().to_string().as_bytes(), &did(WEB)).unwrap();
    let found =
        |name: &str, use_| resolve(&format!("{WEB}#{name}"), std::slice::from_ref(&read), use_);
    assert_eq!(found("a", Relationship::Assertion), Some(key(1)));
    assert_eq!(found("a", Relationship::Authentication), None);
    assert_eq!(found("b", Relationship::Assertion), Some(key(2)));
    assert_eq!(found("b", Relationship::Authentication), Some(key(2)));
    assert_eq!(found("c", Relationship::Authentication), Some(key(5)));
    for name in ["other", "unused", "p256", "missing", ""] {
        assert_eq!(found(name, Relationship::Assertion), None, "{name}");
    }
}

#[test]
fn a_document_of_another_or_of_no_shape_is_refused() {
    let bytes = document().to_string();
    let other = did("did:web:other.example");
    let refused = DidDocument::read(bytes.as_bytes(), &other).unwrap_err();
    assert!(matches!(refused, DocumentError::Other { .. }));
    for (name, value) in
        [("id", json!(7)), ("verificationMethod", json!({})), ("authentication", json!("x"))]
    {
        let mut changed = document();
        changed[name] = value;
        let bytes = changed.to_string();
        assert!(DidDocument::read(bytes.as_bytes(), &did(WEB)).is_err(), "{name}");
    }
    let mut many = document();
    many["assertionMethod"] = json!(vec!["#a"; 65]);
    let refused = DidDocument::read(many.to_string().as_bytes(), &did(WEB));
    assert_eq!(refused, Err(DocumentError::TooMany));
}

#[test]
fn did_jwk_is_its_own_document() {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "x":
        data_encoding::BASE64URL_NOPAD.encode(key(7).bytes()) });
    let of = |jwk: &Value| {
        let text = data_encoding::BASE64URL_NOPAD.encode(jwk.to_string().as_bytes());
        resolve_did_jwk(&format!("did:jwk:{text}#0"))
    };
    assert_eq!(of(&jwk), Some(key(7)));
    for (name, value) in
        [("use", json!("enc")), ("d", json!("x")), ("kty", json!("EC")), ("alg", json!("ES256"))]
    {
        let mut changed = jwk.clone();
        changed[name] = value;
        assert_eq!(of(&changed), None, "{name}");
    }
    let text = data_encoding::BASE64URL_NOPAD.encode(jwk.to_string().as_bytes());
    for method in [format!("did:jwk:{text}"), format!("did:jwk:{text}#1"), "did:jwk:!#0".into()] {
        assert_eq!(resolve_did_jwk(&method), None, "{method}");
    }
}

#[test]
fn did_web_says_where_its_document_is() {
    let rows = [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
        ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
    ];
    for (text, wanted) in rows {
        assert_eq!(did_web_url(&did(text)).as_deref(), Some(wanted));
        assert_eq!(did_web_url(&did(&format!("{text}#k"))).as_deref(), Some(wanted));
    }
    for text in ["did:key:z6Mk", "did:web::x", "did:web:a::b", "did:web:a:..:b", "did:web:a%2Fb"] {
        assert_eq!(did_web_url(&did(text)), None, "{text}");
    }
}
