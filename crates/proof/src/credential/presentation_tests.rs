//! Presentations: shown by the holder, to this verifier, now; and everything else.

use canon::Realm;
use serde_json::json;

use super::*;
use crate::integrity::{ASSERTION, ProofOptions, sign_document};
use crate::keys::SecretKey;

const ASKED: Asked<'static> = Asked { challenge: Some("c-1"), domain: Some("bank.example") };

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn noon() -> Timestamp {
    Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
}

/// A credential of issuer 1 about the holder of this seed.
fn about(seed: u8) -> Value {
    let key = secret(1);
    let unsigned = Unsigned {
        id: format!("urn:mez:vc:{seed}"),
        types: vec!["LicenseCredential".to_owned()],
        issuer: key.public().did(),
        realm: Realm::Sandbox,
        subject: json!({ "id": secret(seed).public().did() }),
        valid_from: noon(),
        valid_until: noon().plus_secs(60).unwrap(),
        evidence: Vec::new(),
        status: Vec::new(),
    };
    issue(unsigned, &key, &key.public().verification_method()).unwrap()
}

fn anchors() -> Anchors {
    Anchors::pinned(&TrustList(vec![secret(1).public().did()]), Realm::Sandbox)
}

fn judged(document: &Value, asked: Asked<'_>) -> (Verdict, Vec<&'static str>) {
    let judged = verify_presentation(document, &anchors(), asked, noon());
    (judged.verdict, judged.reasons.iter().map(|reason| reason.code).collect())
}

fn shown() -> Value {
    present(vec![about(7)], ASKED, noon(), &secret(7)).unwrap()
}

#[test]
fn a_holder_shows_its_own_credentials_to_who_asked() {
    assert_eq!(judged(&shown(), ASKED), (Verdict::Valid, vec![]));
    let whole = verify_presentation(&shown(), &anchors(), ASKED, noon());
    assert_eq!(whole.holder, Some(secret(7).public().did()));
    assert_eq!(whole.credentials.len(), 1);
    let two = present(vec![about(7), about(7)], ASKED, noon(), &secret(7)).unwrap();
    assert_eq!(judged(&two, ASKED), (Verdict::Valid, vec![]));
}

#[test]
fn another_challenge_domain_or_none_is_not_valid() {
    let other = Asked { challenge: Some("c-2"), ..ASKED };
    assert_eq!(judged(&shown(), other), (Verdict::Invalid, vec!["not-what-was-asked"]));
    let other = Asked { domain: Some("other.example"), ..ASKED };
    assert_eq!(judged(&shown(), other), (Verdict::Invalid, vec!["not-what-was-asked"]));
    let none = Asked::default();
    assert_eq!(judged(&shown(), none), (Verdict::Unknown, vec!["not-checked", "not-checked"]));
    let bare = present(vec![about(7)], none, noon(), &secret(7)).unwrap();
    assert_eq!(judged(&bare, none), (Verdict::Unknown, vec!["not-checked"]));
    let refused = ["not-what-was-asked", "not-what-was-asked"].to_vec();
    assert_eq!(judged(&bare, ASKED), (Verdict::Invalid, refused));
}

#[test]
fn a_stranger_cannot_show_what_is_somebody_elses() {
    let stolen = present(vec![about(7)], ASKED, noon(), &secret(8)).unwrap();
    assert_eq!(judged(&stolen, ASKED), (Verdict::Invalid, vec!["holder-not-subject"]));
    let mut renamed = stolen;
    renamed["holder"] = json!(secret(7).public().did());
    assert_eq!(judged(&renamed, ASKED).0, Verdict::Invalid);
    // What the holder once signed as a statement shows nobody that it is there.
    let mut document = shown();
    document.as_object_mut().unwrap().remove("proof");
    let options = ProofOptions::assertion(noon(), &secret(7));
    assert_eq!(options.purpose, ASSERTION);
    let stated = sign_document(document, &options, &secret(7)).unwrap();
    assert_eq!(judged(&stated, ASKED), (Verdict::Unknown, vec!["proof-not-supported"]));
    // And a presence is no statement.
    let challenged = ProofOptions { challenge: Some("c".to_owned()), ..options };
    assert!(sign_document(json!({}), &challenged, &secret(7)).is_err());
}

#[test]
fn what_is_in_it_counts_as_it_does_alone() {
    let mut changed = about(7);
    changed["validUntil"] = json!("2027-01-01T00:00:00Z");
    let document = present(vec![about(7), changed], ASKED, noon(), &secret(7)).unwrap();
    assert_eq!(judged(&document, ASKED), (Verdict::Invalid, vec!["signature"]));
    let document = present(Vec::new(), ASKED, noon(), &secret(7)).unwrap();
    assert_eq!(judged(&document, ASKED), (Verdict::Invalid, vec!["malformed"]));
    let many = vec![about(7); PRESENTED_MAX + 1];
    let document = present(many, ASKED, noon(), &secret(7)).unwrap();
    assert_eq!(judged(&document, ASKED).0, Verdict::Invalid);
}

#[test]
fn one_changed_byte_is_never_valid() {
    let text = canon::Canonical::of_value(&shown()).unwrap();
    for place in (0..text.bytes().len()).step_by(3) {
        let mut bytes = text.bytes().to_vec();
        bytes[place] ^= 1;
        let Ok(document) = canon::parse_value(&bytes) else { continue };
        assert_ne!(judged(&document, ASKED).0, Verdict::Valid, "byte {place}");
    }
}
