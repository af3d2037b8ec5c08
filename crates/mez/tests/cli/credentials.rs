//! `mez vc sign`, `mez vc verify` and `mez verify`.

use expect_test::expect;
use serde_json::{Value, json};

use crate::place::Place;

const AS_OF: [&str; 2] = ["--as-of", "2026-11-20T12:00:00Z"];

fn unsigned(issuer: &str) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"],
        "id": "urn:uuid:5f3c0c0e-0000-4000-8000-000000000001",
        "type": ["VerifiableCredential", "BeneficialOwnershipCredential"],
        "issuer": issuer,
        "realm": "sandbox",
        "validFrom": "2026-11-20T00:00:00Z",
        "validUntil": "2027-11-20T00:00:00Z",
        "credentialSubject": {"id": "did:key:z6MkfrQ5zvKZ1nbKzYFJZ5ZJqzTg5PaQwoMzWkqkqkqkqkqk", "name": "Example Trading Ltd"},
    })
}

/// A place with the issuer's key and a credential it signed; its DID.
fn signed(place: &Place) -> String {
    let did = place.key("issuer.priv.json", 7);
    place.write("doc.json", unsigned(&did).to_string());
    let said = place.mez(&[
        "vc",
        "sign",
        "--key",
        "issuer.priv.json",
        "doc.json",
        "--out",
        "vc.json",
        "--created",
        "2026-11-20T00:00:00Z",
    ]);
    assert_eq!(said.exit, 0, "{}", said.err);
    did
}

fn judged(place: &Place, more: &[&str]) -> crate::place::Said {
    let args: Vec<&str> =
        ["vc", "verify", "vc.json"].iter().chain(&AS_OF).chain(more).copied().collect();
    place.mez(&args)
}

#[test]
fn a_credential_is_signed_as_eddsa_jcs_2022() {
    let place = Place::new("sign");
    let did = place.key("issuer.priv.json", 7);
    place.write("doc.json", unsigned(&did).to_string());
    let args = [
        "vc",
        "sign",
        "--key",
        "issuer.priv.json",
        "doc.json",
        "--created",
        "2026-11-20T00:00:00Z",
    ];
    let said = place.mez(&args);
    assert_eq!((said.exit, said.err.as_str()), (0, ""));
    expect![[r#"
        {
          "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://www.w3.org/ns/credentials/undefined-terms/v2"
          ],
          "created": "2026-11-20T00:00:00Z",
          "cryptosuite": "eddsa-jcs-2022",
          "proofPurpose": "assertionMethod",
          "proofValue": "z3vNXnJTLgK7pShGXiqqNLuwPonCQ3j9fm7C2KM6tqeGm2R8RWFVffgz6rEa6Dy9Hg4DtnpRdTzkEKRBnNUYmx3Sc",
          "type": "DataIntegrityProof",
          "verificationMethod": "did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z#z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"
        }"#]].assert_eq(&serde_json::to_string_pretty(&said.json()["proof"]).unwrap());
    let mut without = said.json();
    without.as_object_mut().unwrap().remove("proof");
    assert_eq!(without, unsigned(&did), "nothing but the proof is added");
    assert_eq!(place.mez(&[&args[..], &["--json"]].concat()).out, said.out);
}

#[test]
fn a_signed_credential_is_valid_only_for_who_trusts_the_issuer() {
    let place = Place::new("verify");
    let did = signed(&place);
    expect![[r#"
        exit 0
        -- stdout
        verdict  VALID
        type     VerifiableCredential, BeneficialOwnershipCredential
        issuer   did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z
        realm    sandbox
        valid    2026-11-20T00:00:00Z to 2027-11-20T00:00:00Z, judged at 2026-11-20T12:00:00Z
    "#]]
    .assert_eq(&judged(&place, &["--trust", &did]).all());
    expect![[r#"
        exit 7
        -- stdout
        verdict  UNKNOWN
        type     VerifiableCredential, BeneficialOwnershipCredential
        issuer   did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z
        realm    sandbox
        valid    2026-11-20T00:00:00Z to 2027-11-20T00:00:00Z, judged at 2026-11-20T12:00:00Z
          - `did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z` is not pinned [issuer-not-trusted]
          next: if you trust them, add --trust did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z
    "#]].assert_eq(&judged(&place, &[]).all());
    let other = place.key("other.priv.json", 8);
    assert_eq!(judged(&place, &["--trust", &other]).exit, 7);
    assert_eq!(judged(&place, &["--trust", &format!("{other},{did}")]).exit, 0);
    expect![[r#"
        exit 0
        -- stdout
        {
          "as_of": "2026-11-20T12:00:00Z",
          "issuer": "did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z",
          "kind": "credential",
          "mcf": true,
          "needs": [],
          "realm": "sandbox",
          "reasons": [],
          "registries": [],
          "resolved": [],
          "verdict": "VALID"
        }
    "#]]
    .assert_eq(&judged(&place, &["--trust", &did, "--json"]).all());
}

#[test]
fn an_anchors_file_allows_kinds_of_attestation() {
    let place = Place::new("anchors");
    let did = signed(&place);
    let anchors = |kind: &str, realm: &str| {
        json!({"type": "MEZTrustAnchors", "version": 1, "realm": realm, "anchors": [{
            "anchor_id": "registry", "type": "did", "identifier": did,
            "allowed_attestations": [kind], "realm": realm,
        }]})
        .to_string()
    };
    place.write("right.json", anchors("beneficial_ownership", "sandbox"));
    assert_eq!(judged(&place, &["--trust", "right.json"]).exit, 0);
    place.write("kind.json", anchors("tax_residency", "sandbox"));
    expect![[r#"
        exit 6
        -- stdout
        verdict  INVALID
        type     VerifiableCredential, BeneficialOwnershipCredential
        issuer   did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z
        realm    sandbox
        valid    2026-11-20T00:00:00Z to 2027-11-20T00:00:00Z, judged at 2026-11-20T12:00:00Z
          - the anchors do not allow `did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z` to attest `BeneficialOwnershipCredential` [attestation-not-allowed]
    "#]].assert_eq(&judged(&place, &["--trust", "kind.json"]).all());
    place.write("realm.json", anchors("beneficial_ownership", "production"));
    expect![[r#"
        exit 6
        -- stdout
        verdict  INVALID
        type     VerifiableCredential, BeneficialOwnershipCredential
        issuer   did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z
        realm    sandbox
        valid    2026-11-20T00:00:00Z to 2027-11-20T00:00:00Z, judged at 2026-11-20T12:00:00Z
          - of realm sandbox, judged in realm production [realm]
    "#]]
    .assert_eq(&judged(&place, &["--trust", "realm.json"]).all());
    place.write("broken.json", "{\"type\":\"MEZTrustAnchors\"}");
    expect![[r#"
        exit 6
        -- stderr
        error[anchors]: `broken.json` is not a trust-anchor file
          the trust-anchor file is malformed: line 1 column 26 (byte 25): missing field `version` at line 1 column 26 [shape]; follow the schema of the document's type
          next: correct the file; no anchor of it was used
    "#]].assert_eq(&judged(&place, &["--trust", "broken.json"]).all());
}

#[test]
fn time_decides() {
    let place = Place::new("time");
    let did = signed(&place);
    let at = |time: &str| place.mez(&["vc", "verify", "vc.json", "--trust", &did, "--as-of", time]);
    assert_eq!(at("2026-11-20T00:00:00Z").exit, 0);
    expect![[r#"
        exit 6
        -- stdout
        verdict  INVALID
        type     VerifiableCredential, BeneficialOwnershipCredential
        issuer   did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z
        realm    sandbox
        valid    2026-11-20T00:00:00Z to 2027-11-20T00:00:00Z, judged at 2027-11-20T00:00:00Z
          - valid until 2027-11-20T00:00:00Z, judged at 2027-11-20T00:00:00Z [expired]
    "#]]
    .assert_eq(&at("2027-11-20T00:00:00Z").all());
    assert_eq!(at("2026-11-19T23:59:59Z").exit, 6);
    assert_eq!(at("2026-11-20 00:00").exit, 64);
}

#[test]
fn one_changed_byte_is_invalid() {
    let place = Place::new("tamper");
    let did = signed(&place);
    let text = place.read("vc.json");
    place.write("vc.json", text.replace("Example Trading Ltd", "Example Trading Lte"));
    expect![[r#"
        exit 6
        -- stdout
        verdict  INVALID
        type     VerifiableCredential, BeneficialOwnershipCredential
        issuer   did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z
        realm    sandbox
        valid    2026-11-20T00:00:00Z to 2027-11-20T00:00:00Z, judged at 2026-11-20T12:00:00Z
          - the signature by `did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z#z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z` does not verify: the signature does not match the key and the message [signature]
    "#]].assert_eq(&judged(&place, &["--trust", &did]).all());
    place.write("vc.json", text.replace("\"type\":\"DataIntegrityProof\"", "\"type\":\"Other\""));
    assert_eq!(judged(&place, &["--trust", &did]).exit, 7, "what is not supported is unknown");
    place.write("vc.json", text.replacen("{\"@context\"", "{\"x\":1.5,\"@context\"", 1));
    assert_eq!(judged(&place, &["--trust", &did]).exit, 6);
}

#[test]
fn a_status_list_is_never_ignored() {
    let place = Place::new("status");
    let did = place.key("issuer.priv.json", 7);
    let mut document = unsigned(&did);
    document["credentialStatus"] = json!({"type": "BitstringStatusListEntry"});
    place.write("doc.json", document.to_string());
    expect![[r#"
        exit 6
        -- stderr
        error[credential]: `doc.json` was not signed
          `statusPurpose` of `credentialStatus` is missing or malformed [status-malformed]
          next: follow VC 2.0: `@context`, `type`, `issuer`, `validFrom`, `validUntil`, `credentialSubject`
    "#]]
        .assert_eq(&place.mez(&["vc", "sign", "--key", "issuer.priv.json", "doc.json"]).all());
}

#[test]
fn what_would_not_verify_is_not_signed() {
    let place = Place::new("sign-refusals");
    let did = place.key("issuer.priv.json", 7);
    let mut told = String::new();
    let mut refused = |change: &dyn Fn(&mut Value)| {
        let mut document = unsigned(&did);
        change(&mut document);
        place.write("doc.json", document.to_string());
        let said = place.mez(&[
            "vc",
            "sign",
            "--key",
            "issuer.priv.json",
            "doc.json",
            "--out",
            "out.json",
        ]);
        assert_eq!((said.exit, said.out.as_str()), (6, ""), "{}", said.err);
        assert!(!place.path("out.json").exists());
        told.push_str(&said.err);
    };
    refused(&|document| document["issuer"] = json!("did:key:z6MkOther"));
    refused(&|document| {
        document.as_object_mut().unwrap().remove("issuer");
    });
    refused(&|document| {
        document.as_object_mut().unwrap().remove("validUntil");
    });
    refused(&|document| document["validUntil"] = json!("2026-11-20T00:00:00Z"));
    refused(&|document| document["validFrom"] = json!("2026-11-20T00:00:00+00:00"));
    refused(&|document| document["proof"] = json!({}));
    refused(&|document| document["@context"] = json!(["https://www.w3.org/2018/credentials/v1"]));
    expect![[r#"
        error[issuer-not-signer]: `doc.json` was not signed
          `issuer` is "did:key:z6MkOther", and the key is `did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z`
          next: set `issuer` to `did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z`, or sign with the issuer's key
        error[issuer-not-signer]: `doc.json` was not signed
          `issuer` is missing, and the key is `did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z`
          next: set `issuer` to `did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z`, or sign with the issuer's key
        error[credential]: `doc.json` was not signed
          `validUntil` is missing [no-end-date]
          next: follow VC 2.0: `@context`, `type`, `issuer`, `validFrom`, `validUntil`, `credentialSubject`
        error[credential]: `doc.json` was not signed
          valid until 2026-11-20T00:00:00Z, judged at 2026-11-20T00:00:00Z [expired]
          next: follow VC 2.0: `@context`, `type`, `issuer`, `validFrom`, `validUntil`, `credentialSubject`
        error[credential]: `doc.json` was not signed
          `validFrom` is not a time in whole UTC seconds [malformed]
          next: follow VC 2.0: `@context`, `type`, `issuer`, `validFrom`, `validUntil`, `credentialSubject`
        error[already-signed]: `doc.json` was not signed
          the credential already carries a proof
          next: take the `proof` away to issue it anew; a credential has one signature
        error[credential]: `doc.json` was not signed
          the first `@context` is not `https://www.w3.org/ns/credentials/v2` [malformed]
          next: follow VC 2.0: `@context`, `type`, `issuer`, `validFrom`, `validUntil`, `credentialSubject`
    "#]].assert_eq(&told);
}

#[test]
fn another_document_takes_several_signatures() {
    let place = Place::new("cosign");
    place.key("one.priv.json", 1);
    place.key("other.priv.json", 2);
    place.write("doc.json", r#"{"type":"MEZCorridorDefinition","corridor":"x"}"#);
    let one = place.mez(&["vc", "sign", "--key", "one.priv.json", "doc.json"]);
    place.write("one.json", &one.out);
    let both = place.mez(&["vc", "sign", "--key", "other.priv.json", "one.json"]);
    assert_eq!(both.exit, 0, "{}", both.err);
    assert_eq!(both.json()["proof"].as_array().unwrap().len(), 2);
    expect![[r#"
        exit 6
        -- stderr
        error[not-signed]: `one.json` was not signed
          key `did:key:z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX` signed twice
          next: give one JSON object that this key has not signed yet
    "#]]
    .assert_eq(&place.mez(&["vc", "sign", "--key", "one.priv.json", "one.json"]).all());
    place.write("one.json", one.out.replace("\"x\"", "\"y\""));
    expect![[r#"
        exit 6
        -- stderr
        error[earlier-proof]: `one.json` was not signed
          the signature by `did:key:<key>` does not verify: the signature does not match the key and the message
          next: ask the earlier signer for the document again, or remove its `proof`
    "#]]
        .assert_eq(&place.mez(&["vc", "sign", "--key", "other.priv.json", "one.json"]).steady());
}

#[test]
fn a_key_file_that_is_none_is_refused_without_its_text() {
    let place = Place::new("bad-key");
    place.write("doc.json", "{}");
    place.write("key.json", r#"{"private_jwk":{"kty":"OKP","crv":"Ed25519","x":"AA","d":"c2VjcmV0"},"verificationMethod":"x"}"#);
    let said = place.mez(&["vc", "sign", "--key", "key.json", "doc.json"]);
    expect![[r#"
        exit 6
        -- stderr
        error[key-file]: `key.json` is not a private key file
          member `x` is not 32 bytes in base64url without padding
          next: give the NAME.priv.json that `mez vc keygen` wrote
    "#]]
    .assert_eq(&said.all());
    assert!(!said.err.contains("c2VjcmV0"));
}

/// A zone's inception document and a credential its assertion key signed; the zone's DID.
fn founded(place: &Place) -> String {
    use proof::inception::{Draft, KeyCommitment, PurposeKey, TYPE, key_commitment};
    use proof::{Purpose, SecretKey};
    let key = |seed| SecretKey::from_seed([seed; 32]).unwrap();
    let (root, numbered) = (key(20), Purpose::RUNNING.into_iter().zip(21..));
    let draft = Draft {
        kind: TYPE.to_owned(),
        zone_id: canon::ZoneId::parse("org.momentum.mez.zone.sg").unwrap(),
        zone_host: "sg.example".to_owned(),
        jurisdiction_id: canon::JurisdictionId::parse("sg").unwrap(),
        realm: canon::Realm::Sandbox,
        root_key: root.public(),
        keys: numbered
            .clone()
            .map(|(purpose, seed)| PurposeKey {
                purpose,
                key: key(seed).public(),
                from_sequence: 0,
            })
            .collect(),
        next_key_commitments: numbered
            .map(|(purpose, seed)| KeyCommitment {
                purpose,
                commitment_sha256: key_commitment(purpose, &key(seed + 10).public()),
            })
            .collect(),
        created: canon::Timestamp::parse("2026-11-01T00:00:00Z").unwrap(),
    };
    place.write("inception.json", draft.found(&root).unwrap().to_string());
    let assertion = key(21);
    let options = proof::integrity::ProofOptions::assertion(draft.created, &assertion);
    let did = root.public().did().to_string();
    let document = proof::integrity::sign_document(unsigned(&did), &options, &assertion).unwrap();
    place.write("vc.json", document.to_string());
    did
}

#[test]
fn a_zone_signs_with_the_key_its_inception_names() {
    let place = Place::new("inception");
    let did = founded(&place);
    let said = judged(&place, &["--trust", &did]);
    assert_eq!(said.exit, 7, "{}", said.out);
    assert!(said.out.contains("[issuer-not-bound]"), "{}", said.out);
    let said = judged(&place, &["--trust", &did, "--inception", "inception.json"]);
    assert_eq!(said.exit, 0, "{}{}", said.out, said.err);
    let other = place.key("other.priv.json", 8);
    expect![[r#"
        exit 6
        -- stderr
        error[inception]: `inception.json` is not the inception of a zone trusted here
          the document's root is `did:key:<key>`, not the pinned `did:key:<key>`
          next: pin the zone's DID with --trust and give the inception it publishes
    "#]]
    .assert_eq(&judged(&place, &["--trust", &other, "--inception", "inception.json"]).steady());
    assert_eq!(judged(&place, &["--inception", "inception.json"]).exit, 64);
}

#[test]
fn verify_takes_a_lone_credential_too() {
    let place = Place::new("verify-alone");
    let did = signed(&place);
    let args: Vec<&str> =
        ["verify", "vc.json", "--trust", &did].iter().chain(&AS_OF).copied().collect();
    assert_eq!(place.mez(&args).all(), judged(&place, &["--trust", &did]).all());
}

#[test]
fn what_is_no_bundle_is_invalid() {
    let place = Place::new("verify-bundle");
    place.write("bundle.zip", b"PK\x05\x06nothing");
    expect![[r#"
        exit 6
        -- stdout
        verdict   INVALID
        bundle    bundle.zip
        corridor  -
        realm     -
        cuts      0
          - the bundle is not a zip file: too short [bundle]
    "#]]
    .assert_eq(&place.mez(&["verify", "bundle.zip"]).all());
    expect![[r#"
        exit 1
        -- stderr
        error[file]: cannot read `did`
          No such file or directory (os error 2)
          next: check the path
    "#]]
    .assert_eq(&place.mez(&["verify", "bundle.zip", "--trust", "did"]).all());
    let entries = [("hello.txt".to_owned(), b"hello".to_vec())].into();
    place.write("other.zip", proof::artifact::Bundle::write(&entries).unwrap());
    expect![[r#"
        exit 6
        -- stdout
        {
          "cuts": 0,
          "kind": "bundle",
          "lanes": [],
          "needs": [],
          "reasons": [
            {
              "code": "missing-entry",
              "detail": "manifest.json"
            }
          ],
          "verdict": "INVALID"
        }
    "#]]
    .assert_eq(&place.mez(&["verify", "other.zip", "--json"]).all());
    assert_eq!(place.mez(&["verify", "nowhere.zip"]).exit, 1);
}

#[test]
fn trust_that_is_no_did_is_wrong_usage() {
    let place = Place::new("trust");
    signed(&place);
    expect![[r#"
        exit 64
        -- stderr
        error[usage]: --trust is not a list of DIDs
          `did:key:z6Mk x` is not a DID: `did:<method>:<identifier>` is needed
          next: give --trust did:key:z6Mk…,did:key:z6Mk… or the path of an anchors file
    "#]]
    .assert_eq(&judged(&place, &["--trust", "did:key:z6Mk x"]).all());
    assert_eq!(judged(&place, &["--trust", "nowhere.json"]).exit, 1);
}
