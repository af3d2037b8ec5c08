//! `vectors/documents.json`: what an issuer and a verifier keep, each with the name of its schema.
//! `cargo test -p proof --test golden_documents -- --ignored` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use canon::{Canonical, Did, Realm, Timestamp};
use proof::artifact::digest_of;
use proof::credential::{Anchor, Anchors, Asked, Unsigned, issue, present, verify_presentation};
use proof::credential::{TrustList, Verdict, verify};
use proof::status::{self, BITS_MIN, Bits, Entry, LIST_TYPE, Purpose};
use proof::{ArtifactRef, ArtifactType, SecretKey};
use serde_json::{Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/documents.json");
const LIST: &str = "https://issuer.example/status/1";

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn issuer() -> SecretKey {
    SecretKey::from_seed([1; 32]).unwrap()
}

fn holder() -> SecretKey {
    SecretKey::from_seed([2; 32]).unwrap()
}

fn issued(id: &str, kind: &str, subject: Value, status: Vec<Entry>, evidence: Vec<Value>) -> Value {
    let signer = issuer();
    let unsigned = Unsigned {
        id: id.to_owned(),
        types: vec![kind.to_owned()],
        issuer: signer.public().did(),
        realm: Realm::Sandbox,
        subject,
        valid_from: time("2026-11-20T12:00:00Z"),
        valid_until: time("2027-02-20T12:00:00Z"),
        evidence,
        status,
    };
    issue(unsigned, &signer, &signer.public().verification_method()).unwrap()
}

fn documents() -> [(&'static str, Value); 6] {
    let did = holder().public().did();
    let entry = |purpose, index| Entry { purpose, index, list: LIST.to_owned() };
    let credential = issued(
        "urn:mez:vc:test:1",
        "MEZMembershipCredential",
        json!({ "id": did, "member_since": "2020-01-01" }),
        vec![entry(Purpose::Revocation, 7), entry(Purpose::Suspension, 8)],
        vec![json!({ "type": ["DocumentVerification"], "verifier": "registry" })],
    );
    let plain = issued(
        "urn:mez:vc:test:2",
        "MEZMembershipCredential",
        json!({ "id": did }),
        Vec::new(),
        Vec::new(),
    );
    let mut bits = Bits::clear(BITS_MIN).unwrap();
    bits.set(9, true).unwrap();
    let subject = status::subject(LIST, Purpose::Revocation, &bits);
    let list = issued(LIST, LIST_TYPE, subject, Vec::new(), Vec::new());
    let asked = Asked { challenge: Some("8f2a"), domain: Some("verifier.example") };
    let shown = vec![plain.clone()];
    let at = time("2026-11-20T12:00:01Z");
    let presentation = present(shown, asked, at, &holder()).unwrap();
    let trust = Anchors::pinned(&TrustList(vec![issuer().public().did()]), Realm::Sandbox);
    let judged = verify_presentation(&presentation, &trust, asked, at);
    assert_eq!(judged.verdict, Verdict::Valid, "{:?}", judged.reasons);
    assert_eq!(verify(&list, &trust, at).verdict(), Verdict::Valid);
    let anchor = Anchor {
        anchor_id: "issuer".to_owned(),
        kind: "did".to_owned(),
        identifier: Did::parse(&issuer().public().did().to_string()).unwrap(),
        allowed_attestations: vec!["membership".to_owned()],
        realm: Realm::Sandbox,
    };
    let anchors = Anchors::of(Realm::Sandbox, vec![anchor]).unwrap().document().unwrap();
    let kind = ArtifactType::parse("vc").unwrap();
    let bytes = Canonical::of_value(&plain).unwrap();
    let digest = digest_of(&kind, bytes.bytes()).unwrap();
    let artifact = ArtifactRef {
        uri: Some("https://issuer.example/vc/2".to_owned()),
        byte_length: u64::try_from(bytes.bytes().len()).ok(),
        ..ArtifactRef::new(kind, digest)
    };
    [
        ("artifact-ref", serde_json::to_value(artifact).unwrap()),
        ("credential", credential),
        ("credential", plain),
        ("presentation", presentation),
        ("status-list", list),
        ("trust-anchors", anchors),
    ]
}

fn golden() -> String {
    let row = |(schema, document)| json!({ "schema": schema, "document": document });
    let document = json!({
        "about": "What an issuer, a holder and a verifier keep, each with the name of its schema \
            under schemas/. Issuer and holder have seeds of 32 bytes 1 and 2.",
        "documents": documents().map(row),
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_documents_are_what_they_were() {
    let held = std::fs::read_to_string(PATH).unwrap();
    assert!(held == golden(), "vectors/documents.json differs; a new form needs a new version");
}

#[test]
#[ignore = "writes the vector; for a new version of a format only"]
fn write_the_golden_documents() {
    std::fs::write(PATH, golden()).unwrap();
}
