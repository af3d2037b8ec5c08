//! Credentials: valid, invalid and unknown, each for its stated reason.

use canon::{JurisdictionId, ZoneId};
use serde_json::json;

use super::*;
use crate::inception::{self, Draft, Inception, KeyCommitment, PurposeKey, key_commitment};
use crate::integrity::{ProofOptions, sign_document};
use crate::keys::{Purpose, SecretKey};
use crate::verified::Verified;

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn noon() -> Timestamp {
    time("2026-11-20T12:00:00Z")
}

fn unsigned(issuer: Did) -> Unsigned {
    Unsigned {
        id: "urn:mez:vc:test:1".to_owned(),
        types: vec!["BeneficialOwnershipCredential".to_owned()],
        issuer,
        realm: Realm::Sandbox,
        subject: json!({"id": "did:mez:subject-001", "owners": []}),
        valid_from: time("2026-11-01T00:00:00Z"),
        valid_until: time("2026-12-01T00:00:00Z"),
        evidence: Vec::new(),
        status: Vec::new(),
    }
}

fn issued() -> Value {
    let key = secret(1);
    let method = key.public().verification_method();
    issue(unsigned(key.public().did()), &key, &method).unwrap()
}

fn pinned(byte: u8) -> Anchors {
    Anchors::pinned(&TrustList(vec![secret(byte).public().did()]), Realm::Sandbox)
}

/// Signs a changed credential again with the issuer's own key.
fn resigned(change: impl FnOnce(&mut Value)) -> Value {
    let key = secret(1);
    let mut document = issued();
    document.as_object_mut().unwrap().remove("proof");
    change(&mut document);
    sign_document(document, &ProofOptions::assertion(noon(), &key), &key).unwrap()
}

fn codes(judgement: &Judgement) -> Vec<&'static str> {
    judgement.reasons().iter().map(|reason| reason.code).collect()
}

#[track_caller]
fn expect(document: &Value, anchors: &Anchors, verdict: Verdict, reasons: &[&str]) {
    let judgement = verify(document, anchors, noon());
    assert_eq!((judgement.verdict(), codes(&judgement)), (verdict, reasons.to_vec()));
    assert_eq!(judgement.credential().is_some(), verdict == Verdict::Valid);
}

#[test]
fn a_credential_of_a_pinned_issuer_is_valid() {
    let document = issued();
    expect(&document, &pinned(1), Verdict::Valid, &[]);
    let credential = verify(&document, &pinned(1), noon()).into_verified().unwrap();
    assert!(credential.is_a("BeneficialOwnershipCredential"));
    assert_eq!(credential.issuer(), &secret(1).public().did());
    assert_eq!(credential.digest(), crate::integrity::payload_digest(&document).unwrap());
}

#[test]
fn without_trust_it_is_unknown_and_names_the_did_it_needs() {
    let judgement = verify(&issued(), &Anchors::none(Realm::Sandbox), noon());
    assert_eq!(judgement.verdict(), Verdict::Unknown);
    assert_eq!(codes(&judgement), ["issuer-not-trusted"]);
    assert_eq!(judgement.needs(), [secret(1).public().did()]);
    assert!(judgement.into_verified().is_err());
}

#[test]
fn one_flipped_bit_anywhere_is_never_valid() {
    let bytes = canon::Canonical::of_value(&issued()).unwrap().bytes().to_vec();
    // One bit of each byte, each bit position in turn.
    for bit in (0..bytes.len() * 8).step_by(9) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(tree) = canon::parse_value(&flipped) {
            let judgement = verify(&tree, &pinned(1), noon());
            assert_ne!(judgement.verdict(), Verdict::Valid, "bit {bit}");
            assert!(!judgement.reasons().is_empty());
        }
    }
}

#[test]
fn time_decides_at_its_edges() {
    let at = |moment: &str| {
        let judgement = verify(&issued(), &pinned(1), time(moment));
        (judgement.verdict(), codes(&judgement))
    };
    assert_eq!(at("2026-11-01T00:00:00Z"), (Verdict::Valid, vec![]));
    assert_eq!(at("2026-11-30T23:59:59Z"), (Verdict::Valid, vec![]));
    assert_eq!(at("2026-10-31T23:59:59Z"), (Verdict::Invalid, vec!["not-yet-valid"]));
    assert_eq!(at("2026-12-01T00:00:00Z"), (Verdict::Invalid, vec!["expired"]));
    let endless = resigned(|document| drop(document.as_object_mut().unwrap().remove("validUntil")));
    expect(&endless, &pinned(1), Verdict::Invalid, &["no-end-date"]);
}

#[test]
fn what_is_not_supported_is_unknown_by_name() {
    let status = resigned(|document| document["credentialStatus"] = json!({"id": "x"}));
    expect(&status, &pinned(1), Verdict::Invalid, &["status-malformed"]);
    let schema = resigned(|document| document["credentialSchema"] = json!({"id": "x"}));
    expect(&schema, &pinned(1), Verdict::Invalid, &["schema-malformed"]);
    let terms = resigned(|document| document["termsOfUse"] = json!({"type": "x"}));
    expect(&terms, &pinned(1), Verdict::Unknown, &["member-not-supported"]);
    let web = resigned(|document| document["issuer"] = json!("https://a.example/issuer"));
    expect(&web, &pinned(1), Verdict::Unknown, &["issuer-not-supported"]);
    let twice = {
        let key = secret(2);
        sign_document(issued(), &ProofOptions::assertion(noon(), &key), &key).unwrap()
    };
    expect(&twice, &pinned(1), Verdict::Unknown, &["several-proofs"]);
}

#[test]
fn a_malformed_credential_is_invalid() {
    let changes: [&dyn Fn(&mut Value); 7] = [
        &|document| document["@context"] = json!(["https://www.w3.org/2018/credentials/v1"]),
        &|document| document["type"] = json!(["VerifiableCredential"]),
        &|document| document["type"] = json!(["BeneficialOwnershipCredential"]),
        &|document| document["credentialSubject"] = json!([]),
        &|document| document["validFrom"] = json!("2026-11-01"),
        &|document| document["realm"] = json!("moon"),
        &|document| document["id"] = json!(7),
    ];
    for change in changes {
        let judgement = verify(&resigned(change), &pinned(1), noon());
        assert_eq!(judgement.verdict(), Verdict::Invalid);
        assert!(codes(&judgement).contains(&"malformed"), "{:?}", judgement.reasons());
    }
    expect(&json!(7), &pinned(1), Verdict::Invalid, &["malformed"]);
    let mut bare = issued();
    bare.as_object_mut().unwrap().remove("proof");
    expect(&bare, &pinned(1), Verdict::Invalid, &["no-proof"]);
}

#[test]
fn another_key_cannot_speak_for_the_issuer() {
    let key = secret(2);
    let method = key.public().verification_method();
    let forged = issue(unsigned(secret(1).public().did()), &key, &method).unwrap();
    expect(&forged, &pinned(1), Verdict::Unknown, &["issuer-not-bound"]);
}

fn zone(realm: Realm) -> (Verified<Inception>, Did) {
    let numbered = Purpose::RUNNING.into_iter().zip(11u8..);
    let draft = Draft {
        kind: inception::TYPE.to_owned(),
        zone_id: ZoneId::parse("org.momentum.mez.zone.test").unwrap(),
        zone_host: "test.example".to_owned(),
        jurisdiction_id: JurisdictionId::parse("sg").unwrap(),
        realm,
        root_key: secret(10).public(),
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
        created: noon(),
    };
    let did = secret(10).public().did();
    (Inception::verify(&draft.found(&secret(10)).unwrap(), &did).unwrap(), did)
}

#[test]
fn a_zone_speaks_through_its_assertion_key_only() {
    let (zone, did) = zone(Realm::Sandbox);
    let by = |byte: u8| {
        let key = secret(byte);
        issue(unsigned(did.clone()), &key, &key.public().verification_method()).unwrap()
    };
    let trust = pinned(10);
    expect(&by(11), &trust, Verdict::Unknown, &["issuer-not-bound"]);
    assert_eq!(verify(&by(11), &trust, noon()).needs(), std::slice::from_ref(&did));
    let trust = trust.with_zone(zone.clone()).unwrap();
    expect(&by(11), &trust, Verdict::Valid, &[]);
    expect(&by(12), &trust, Verdict::Invalid, &["issuer-not-signer"]);
    expect(&by(10), &trust, Verdict::Invalid, &["issuer-not-signer"]);
    let untrusted = Anchors::none(Realm::Sandbox).with_zone(zone).unwrap();
    expect(&by(11), &untrusted, Verdict::Unknown, &["issuer-not-trusted"]);
}

#[test]
fn realms_never_mix() {
    let list = TrustList(vec![secret(1).public().did()]);
    let production = Anchors::pinned(&list, Realm::Production);
    expect(&issued(), &production, Verdict::Invalid, &["realm"]);
    let (sandbox_zone, _) = zone(Realm::Sandbox);
    let refused = production.with_zone(sandbox_zone);
    assert!(matches!(refused, Err(AnchorError::ZoneRealm { .. })));
    let anchor = |realm| Anchor {
        anchor_id: "a".to_owned(),
        kind: "did".to_owned(),
        identifier: secret(1).public().did(),
        allowed_attestations: vec!["*".to_owned()],
        realm,
    };
    let refused = Anchors::of(Realm::Production, vec![anchor(Realm::Sandbox)]);
    assert!(matches!(refused, Err(AnchorError::Realm { .. })));
}

#[test]
fn an_anchor_allows_what_it_lists() {
    let anchors = |allowed: &[&str]| {
        let file = json!({
            "type": "MEZTrustAnchors",
            "version": 1,
            "realm": "sandbox",
            "anchors": [{
                "anchor_id": "registrar",
                "type": "did",
                "identifier": secret(1).public().verification_method(),
                "allowed_attestations": allowed,
                "realm": "sandbox",
            }],
        });
        Anchors::parse(file.to_string().as_bytes()).unwrap()
    };
    expect(&issued(), &anchors(&["beneficial_ownership"]), Verdict::Valid, &[]);
    expect(&issued(), &anchors(&["*"]), Verdict::Valid, &[]);
    for allowed in [&["license"][..], &[], &["beneficial"]] {
        expect(&issued(), &anchors(allowed), Verdict::Invalid, &["attestation-not-allowed"]);
    }
    let two = resigned(|document| {
        let kinds = json!(["VerifiableCredential", "BeneficialOwnershipCredential", "License"]);
        document["type"] = kinds;
    });
    let only_one = anchors(&["beneficial_ownership"]);
    expect(&two, &only_one, Verdict::Invalid, &["attestation-not-allowed"]);
    let again = anchors(&["*"]);
    let printed = again.document().unwrap().to_string();
    assert_eq!(Anchors::parse(printed.as_bytes()).unwrap(), again);
}

#[test]
fn anchor_files_are_refused_by_name() {
    let parse = |text: &str| Anchors::parse(text.as_bytes()).unwrap_err();
    assert!(matches!(parse("{"), AnchorError::Shape(_)));
    let file = |kind: &str, version: u64, anchors: &Value| {
        json!({"type": kind, "version": version, "realm": "sandbox", "anchors": anchors})
            .to_string()
    };
    let version = parse(&file("MEZTrustAnchors", 2, &json!([])));
    assert_eq!(version, AnchorError::Version("MEZTrustAnchors 2".to_owned()));
    let anchor = |id: &str, kind: &str| {
        json!({
            "anchor_id": id, "type": kind, "identifier": "did:key:x",
            "allowed_attestations": [], "realm": "sandbox",
        })
    };
    let x509 = parse(&file("MEZTrustAnchors", 1, &json!([anchor("a", "x509")])));
    assert!(matches!(x509, AnchorError::Kind { .. }));
    let twice = json!([anchor("a", "did"), anchor("a", "did")]);
    let twice = parse(&file("MEZTrustAnchors", 1, &twice));
    assert_eq!(twice, AnchorError::Duplicate("a".to_owned()));
}

#[test]
fn kinds_are_read_from_type_names() {
    for (name, kind) in [
        ("BeneficialOwnershipCredential", "beneficial_ownership"),
        ("BeneficialOwnership", "beneficial_ownership"),
        ("MEZCorridorAgreementCredential", "corridor_agreement"),
        ("MSEZCorridorDefinitionCredential", "corridor_definition"),
        ("License", "license"),
        ("Credential", "credential"),
    ] {
        assert_eq!(attestation_kind(name), kind, "{name}");
    }
}

#[test]
fn what_is_not_a_credential_is_not_issued() {
    let key = secret(1);
    let method = key.public().verification_method();
    let issue = |change: &dyn Fn(&mut Unsigned)| {
        let mut draft = unsigned(key.public().did());
        change(&mut draft);
        issue(draft, &key, &method).unwrap_err()
    };
    assert_eq!(issue(&|draft| draft.types.clear()), IssueError::Types);
    assert_eq!(issue(&|draft| draft.types.push(BASE_TYPE.to_owned())), IssueError::Types);
    assert!(matches!(issue(&|draft| draft.id = "one".to_owned()), IssueError::Id(_)));
    assert_eq!(issue(&|draft| draft.subject = json!([])), IssueError::Subject);
    let period = issue(&|draft| draft.valid_until = draft.valid_from);
    assert!(matches!(period, IssueError::Period { .. }));
    let float = issue(&|draft| draft.subject = json!({"share": 0.5}));
    assert!(matches!(float, IssueError::Integrity(_)));
}

#[test]
fn many_of_one_issuer_are_judged_like_each_alone() {
    let mut all: Vec<Value> =
        (0..20).map(|n| resigned(|vc| vc["id"] = json!(format!("urn:x:{n}")))).collect();
    let same = |all: &[Value]| {
        let together = verify_history(all, &pinned(1), noon());
        for (one, judged) in all.iter().zip(together) {
            let alone = verify(one, &pinned(1), noon());
            assert_eq!((judged.verdict(), codes(&judged)), (alone.verdict(), codes(&alone)));
        }
    };
    same(&all);
    // One that carries the signature of another, one out of its time, one without any.
    let proof = all[3]["proof"].clone();
    all[7]["proof"] = proof;
    all[11] = resigned(|vc| vc["validUntil"] = json!("2026-11-02T00:00:00Z"));
    all[13].as_object_mut().unwrap().remove("proof");
    same(&all);
}
