//! `vectors/credentials.json`: registries, schemas and SD-JWT with the verdict a verifier must come to. The file must
//! equal what we compute; `cargo test -p proof --test golden_credentials -- --ignored` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use std::path::PathBuf;

use canon::{Canonical, Did, Realm, Timestamp};
use proof::SecretKey;
use proof::credential::{
    Anchor, Anchors, Asked, REGISTRY_TYPE, Schemas, TrustList, Unsigned, issue, verify,
};
use proof::integrity::{ProofOptions, sign_document};
use proof::sdjwt;
use proof::shape::{DIALECT, Shape};
use serde_json::{Value, json};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/credentials.json")
}

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn did(byte: u8) -> Did {
    secret(byte).public().did()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn noon() -> Timestamp {
    time("2026-11-20T12:00:00Z")
}

fn signed(issuer: u8, kind: &str, subject: Value) -> Value {
    let key = secret(issuer);
    let unsigned = Unsigned {
        id: format!("urn:mez:vc:golden:{kind}:{issuer}"),
        types: vec![kind.to_owned()],
        issuer: did(issuer),
        realm: Realm::Sandbox,
        subject,
        valid_from: time("2026-11-01T00:00:00Z"),
        valid_until: time("2026-12-01T00:00:00Z"),
        evidence: Vec::new(),
        status: Vec::new(),
    };
    issue(unsigned, &key, &key.public().verification_method()).unwrap()
}

fn registry(issuer: u8, id: &str, entry: Value) -> Value {
    let subject =
        json!({ "registry_id": id, "registry_level": "national", "authorities": [entry] });
    signed(issuer, REGISTRY_TYPE, subject)
}

fn license(issuer: u8, jurisdiction: &str) -> Value {
    let subject = json!({ "id": "urn:x:1", "jurisdiction_id": jurisdiction, "shares": 12 });
    signed(issuer, "MEZLicenseCredential", subject)
}

fn anchors() -> Anchors {
    let anchor = Anchor {
        anchor_id: "treaty".to_owned(),
        kind: "did".to_owned(),
        identifier: did(1),
        allowed_attestations: vec!["authority_registry".to_owned()],
        realm: Realm::Sandbox,
    };
    Anchors::of(Realm::Sandbox, vec![anchor]).unwrap()
}

fn answer(document: &Value, anchors: &Anchors) -> Value {
    let judgement = verify(document, anchors, noon());
    let codes: Vec<_> = judgement.reasons().iter().map(|reason| reason.code).collect();
    json!({ "verdict": judgement.verdict(), "reasons": codes })
}

fn registries() -> Value {
    let scope = json!({ "jurisdictions": ["ae"] });
    let top =
        json!({ "did": did(2), "allowed_attestations": ["authority_registry"], "scope": scope });
    let below = json!({ "did": did(3), "allowed_attestations": ["license"] });
    let ended =
        json!({ "did": did(3), "allowed_attestations": ["license"], "valid_until": noon() });
    let (top, below) = (registry(1, "treaty", top), registry(2, "zone", below));
    let rows = [
        ("listed", vec![&top, &below], license(3, "ae-dubai")),
        ("outside the scope above", vec![&top, &below], license(3, "sg")),
        ("not listed below", vec![&top, &below], license(2, "ae-dubai")),
        ("below without above", vec![&below], license(3, "ae-dubai")),
        ("above alone", vec![&top], license(2, "ae-dubai")),
    ];
    let row = |(name, chain, credential): &(&str, Vec<&Value>, Value)| {
        let known = chain.iter().fold(anchors(), |known, next| known.with_registry(next, noon()));
        json!({ "name": name, "registries": chain, "credential": credential,
            "answer": answer(credential, &known) })
    };
    let mut all: Vec<Value> = rows.iter().map(row).collect();
    let late = registry(2, "zone", ended);
    all.push(row(&("no longer in force", vec![&top, &late], license(3, "ae-dubai"))));
    json!({ "anchors": anchors().document().unwrap(), "as_of": noon(), "rows": all })
}

fn schemas() -> Value {
    let schema = json!({
        "$schema": DIALECT,
        "$id": "https://schemas.example/license",
        "properties": { "credentialSubject": {
            "properties": { "shares": { "type": "integer", "maximum": 12 } }, "required": ["shares"],
        }},
    });
    let naming = |kind: &str, id: &str, shares: u64| {
        let mut document = license(1, "ae");
        document.as_object_mut().unwrap().remove("proof");
        document["credentialSchema"] = json!({ "id": id, "type": kind });
        document["credentialSubject"]["shares"] = json!(shares);
        let key = secret(1);
        sign_document(document, &ProofOptions::assertion(noon(), &key), &key).unwrap()
    };
    let id = "https://schemas.example/license";
    let schemas = Schemas::default().with(Shape::of(schema.clone()).unwrap());
    let known = Anchors::pinned(&TrustList(vec![did(1)]), Realm::Sandbox).with_schemas(schemas);
    let rows = [
        ("fits", naming("JsonSchema", id, 12)),
        ("differs", naming("JsonSchema", id, 13)),
        ("not at hand", naming("JsonSchema", "https://schemas.example/other", 12)),
        ("of another kind", naming("JsonSchemaCredential", id, 12)),
        ("names none", license(1, "ae")),
    ];
    let row = |(name, document): &(&str, Value)| json!({ "name": name, "credential": document, "answer": answer(document, &known) });
    let rows: Vec<Value> = rows.iter().map(row).collect();
    json!({ "schemas": [schema], "trust": [did(1)], "as_of": noon(), "rows": rows })
}

fn disclosures() -> Value {
    let claims = json!({ "name": "Ada", "birthdate": "1815-12-10", "country": "GB" });
    let key = secret(1);
    let unsigned = sdjwt::Unsigned {
        issuer: did(1),
        vct: "urn:x:identity".to_owned(),
        realm: Realm::Sandbox,
        holder: Some(secret(2).public()),
        valid_from: time("2026-11-01T00:00:00Z"),
        valid_until: time("2026-12-01T00:00:00Z"),
        claims: claims.as_object().unwrap().clone(),
        hidden: vec![("name".to_owned(), [1; 16]), ("birthdate".to_owned(), [2; 16])],
    };
    let issued = sdjwt::issue(&unsigned, &key, &key.public().verification_method()).unwrap();
    let asked = Asked { challenge: Some("n-1"), domain: Some("https://bank.example") };
    let shown = sdjwt::present(&issued, &["birthdate".to_owned()], asked, noon(), &secret(2));
    let shown = shown.unwrap();
    let (first, rest) = issued.split_once('~').unwrap();
    let alone = format!("{first}~");
    let moved = format!("{first}~{}{}", rest.split_inclusive('~').next().unwrap(), {
        shown.rsplit_once('~').unwrap().1
    });
    let anchors = Anchors::pinned(&TrustList(vec![did(1)]), Realm::Sandbox);
    let row = |name: &str, text: &str, asked: Asked<'_>| {
        let judged = sdjwt::verify(text, &anchors, asked, noon());
        let codes: Vec<_> = judged.reasons.iter().map(|reason| reason.code).collect();
        json!({ "name": name, "sd_jwt": text, "challenge": asked.challenge, "domain": asked.domain,
            "answer": { "verdict": judged.verdict, "reasons": codes, "claims": judged.claims } })
    };
    let rows = [
        row("as issued", &issued, Asked::default()),
        row("nothing shown", &alone, Asked::default()),
        row("presented", &shown, asked),
        row("presented, nobody asked", &shown, Asked::default()),
        row("asked, nobody presents", &issued, asked),
        row("another disclosure than the holder signed for", &moved, asked),
    ];
    json!({ "trust": [did(1)], "as_of": noon(), "rows": rows })
}

fn computed() -> String {
    let seeds: Vec<Value> = (1..=3).map(|n: u8| json!({ "seed": n, "did": did(n) })).collect();
    let all = json!({ "keys": seeds, "registries": registries(), "schemas": schemas(),
        "sd_jwt": disclosures() });
    // Through the canonical form, so that the order of members is nobody's habit.
    let value = Canonical::of_value(&all).unwrap().value();
    serde_json::to_string_pretty(&value).unwrap() + "\n"
}

#[test]
fn golden_credentials_are_what_we_compute() {
    let kept = std::fs::read_to_string(path()).unwrap();
    assert!(kept == computed(), "vectors/credentials.json moved; see the head of this file");
}

#[test]
#[ignore = "writes vectors/credentials.json"]
fn write_the_golden_credentials() {
    std::fs::write(path(), computed()).unwrap();
}
