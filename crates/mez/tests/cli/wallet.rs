//! A credential's life: issued, shown, suspended, revoked; and those of others.

use serde_json::{Value, json};

use crate::place::{Place, Said};

const LIST: &str = "https://zone.example/status/1";

/// An issuer, a holder, a list, and a license of the holder that stands at place 94 of the list.
fn issued(name: &str, purpose: &str) -> (Place, String) {
    let place = Place::new(name);
    let issuer = place.key("issuer.priv.json", 7);
    let holder = place.key("holder.priv.json", 8);
    place.write("subject.json", json!({ "id": holder, "name": "Example Ltd" }).to_string());
    let until = ["--valid-until", "2099-01-01T00:00:00Z", "--realm", "sandbox"];
    let key = ["--key", "issuer.priv.json"];
    let new = ["vc", "status", "new", "--id", LIST, "--purpose", purpose, "--out", "list.json"];
    ok(&place.mez(&[&new[..], &key, &until].concat()));
    let entry = format!("{LIST}#94");
    let place_of = if purpose == "revocation" { "--revocable" } else { "--suspendable" };
    let issue = ["vc", "issue", "--id", "urn:x:1", "--type", "LicenseCredential"];
    let more = ["--subject", "subject.json", "--out", "vc.json", place_of, &entry];
    ok(&place.mez(&[&issue[..], &more, &key, &until].concat()));
    (place, issuer)
}

#[track_caller]
fn ok(said: &Said) {
    assert_eq!(said.exit, 0, "{}", said.all());
}

/// The exit and the reasons of a judgement under the issuer's DID.
fn judged(place: &Place, issuer: &str, words: &[&str]) -> (i32, Vec<String>) {
    let said = place.mez(&[&["verify"], words, &["--trust", issuer, "--json"]].concat());
    let json: Value = serde_json::from_str(if said.out.is_empty() { &said.err } else { &said.out })
        .unwrap_or_else(|error| panic!("{error}: {}", said.all()));
    let codes = json["reasons"].as_array().into_iter().flatten();
    (said.exit, codes.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn a_credential_is_revoked_in_its_list() {
    let (place, issuer) = issued("revoked", "revocation");
    let with = |list: &str| judged(&place, &issuer, &["vc.json", "--status", list]);
    assert_eq!(judged(&place, &issuer, &["vc.json"]), (7, vec!["status-missing".into()]));
    assert_eq!(with("list.json"), (0, vec![]));
    // The list is a credential, and verified like one.
    assert_eq!(judged(&place, &issuer, &["list.json"]), (0, vec![]));
    let revoke = ["vc", "revoke", "--key", "issuer.priv.json", "--list", "list.json"];
    ok(&place.mez(&[&revoke[..], &["--index", "94", "--out", "list2.json"]].concat()));
    assert_eq!(with("list2.json"), (6, vec!["revoked".into()]));
    let shown = place.mez(&["vc", "status", "show", "list2.json", "--index", "94", "--json"]);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!((&shown["set"], &shown["place_set"]), (&json!(1), &json!(true)));
    // For good, by its issuer alone, and within its places.
    for (more, exit) in [
        (&["--list", "list2.json", "--index", "94", "--lift", "--key", "issuer.priv.json"][..], 64),
        (&["--list", "list.json", "--index", "94", "--key", "holder.priv.json"], 6),
        (&["--list", "list.json", "--index", "999999999", "--key", "issuer.priv.json"], 6),
        (&["--list", "vc.json", "--index", "1", "--key", "issuer.priv.json"], 6),
    ] {
        let said = place.mez(&[&["vc", "revoke"], more].concat());
        assert_eq!((said.exit, said.out.as_str()), (exit, ""), "{}", said.all());
    }
    // A list that somebody changed is refused before its bits are looked at.
    let mut changed: Value = serde_json::from_str(&place.read("list2.json")).unwrap();
    changed["credentialSubject"]["encodedList"] = serde_json::from_str::<Value>(
        &place.read("list.json"),
    )
    .unwrap()["credentialSubject"]["encodedList"]
        .clone();
    place.write("changed.json", changed.to_string());
    assert_eq!(with("changed.json").0, 6);
}

#[test]
fn a_suspension_is_lifted() {
    let (place, issuer) = issued("suspended", "suspension");
    let with = |list: &str| judged(&place, &issuer, &["vc.json", "--status", list]);
    let revoke = ["vc", "revoke", "--key", "issuer.priv.json", "--index", "94"];
    ok(&place.mez(&[&revoke[..], &["--list", "list.json", "--out", "on.json"]].concat()));
    assert_eq!(with("on.json"), (6, vec!["suspended".into()]));
    ok(&place.mez(&[&revoke[..], &["--list", "on.json", "--out", "off.json", "--lift"]].concat()));
    assert_eq!(with("off.json"), (0, vec![]));
}

#[test]
fn a_holder_shows_its_credential_to_who_asked() {
    let (place, issuer) = issued("shown", "revocation");
    let present = ["vc", "present", "vc.json", "--challenge", "c-1", "--domain", "bank.example"];
    let to =
        |key: &str, out: &str| place.mez(&[&present[..], &["--key", key, "--out", out]].concat());
    ok(&to("holder.priv.json", "shown.json"));
    let asked = ["--challenge", "c-1", "--domain", "bank.example", "--status", "list.json"];
    let judge = |file: &str, asked: &[&str]| judged(&place, &issuer, &[&[file], asked].concat());
    assert_eq!(judge("shown.json", &asked), (0, vec![]));
    let other = ["--challenge", "c-2", "--domain", "bank.example", "--status", "list.json"];
    assert_eq!(judge("shown.json", &other), (6, vec!["not-what-was-asked".into()]));
    assert_eq!(judge("shown.json", &asked[4..]).0, 7);
    assert_eq!(judge("shown.json", &asked[..4]), (7, vec!["status-missing".into()]));
    // Somebody else who got hold of it.
    ok(&to("issuer.priv.json", "stolen.json"));
    assert_eq!(judge("stolen.json", &asked), (6, vec!["holder-not-subject".into()]));
    let proofs = place.mez(&["verify", "shown.json", "--proof-only"]);
    assert_eq!(proofs.exit, 0, "{}", proofs.all());
}

/// A credential with a fraction in it, signed as its issuer's own library does, under did:web.
#[test]
fn a_credential_of_others_is_judged_over_its_own_bytes() {
    let place = Place::new("foreign");
    let key = proof::SecretKey::from_seed([9; 32]).unwrap();
    let did = "did:web:issuer.example";
    let mut document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", "WeatherCredential"],
        "issuer": did,
        "validFrom": "2026-11-01T00:00:00Z",
        "validUntil": "2099-11-01T00:00:00Z",
        "credentialSubject": { "id": "did:x:1", "degrees": 21.5 },
    });
    let mut options = json!({
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2026-11-01T00:00:00Z",
        "verificationMethod": format!("{did}#key-1"),
        "proofPurpose": "assertionMethod",
    });
    let sha = |value: &Value| proof::foreign::digest(value).unwrap().as_bytes().to_vec();
    let message = [sha(&options), sha(&document)].concat();
    let seed = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let signature = ed25519_dalek::Signer::sign(&seed, &message).to_bytes();
    options["proofValue"] = format!("z{}", bs58::encode(signature).into_string()).into();
    document["proof"] = options;
    place.write("vc.json", document.to_string());
    let web = json!({
        "id": did,
        "verificationMethod": [{ "id": "#key-1", "type": "Multikey", "controller": did,
            "publicKeyMultibase": proof::Signer::public(&key).to_multikey() }],
        "assertionMethod": ["#key-1"],
    });
    place.write("did.json", web.to_string());
    let with = ["vc.json", "--did-document", "did.json"];
    assert_eq!(judged(&place, did, &["vc.json"]), (7, vec!["did-document-missing".into()]));
    assert_eq!(judged(&place, did, &with), (0, vec![]));
    let said = place.mez(&[&["verify"], &with[..], &["--trust", did, "--json"]].concat());
    assert_eq!(serde_json::from_str::<Value>(&said.out).unwrap()["mcf"], false);
    place.write("vc.json", document.to_string().replace("21.5", "21.6"));
    assert_eq!(judged(&place, did, &with), (6, vec!["signature".into()]));
}

#[test]
fn a_holder_shows_one_hidden_claim_and_keeps_the_other() {
    let place = Place::new("sd-jwt");
    let issuer = place.key("issuer.priv.json", 7);
    let holder = place.key("holder.priv.json", 8);
    place.write("claims.json", r#"{"name":"Ada","birthdate":"1815-12-10","country":"GB"}"#);
    let until = ["--valid-until", "2099-01-01T00:00:00Z", "--realm", "sandbox"];
    let issue = ["vc", "sd", "issue", "--key", "issuer.priv.json", "--type", "urn:x:identity"];
    let more = ["--claims", "claims.json", "--hide", "name", "--hide", "birthdate"];
    let held = ["--holder", &holder, "--out", "id.sd"];
    ok(&place.mez(&[&issue[..], &more, &held, &until].concat()));
    assert_eq!(judged(&place, &issuer, &["id.sd"]), (0, vec![]));
    let present =
        ["vc", "sd", "present", "id.sd", "--key", "holder.priv.json", "--out", "shown.sd"];
    let asked = ["--challenge", "n-1", "--domain", "bank.example"];
    ok(&place.mez(&[&present[..], &asked, &["--reveal", "birthdate"]].concat()));
    let said =
        place.mez(&[&["verify", "shown.sd", "--trust", &issuer, "--json"], &asked[..]].concat());
    ok(&said);
    let claims = &serde_json::from_str::<Value>(&said.out).unwrap()["claims"];
    assert_eq!((&claims["birthdate"], &claims["name"]), (&json!("1815-12-10"), &Value::Null));
    let stale = ["shown.sd", "--challenge", "n-2", "--domain", "bank.example"];
    assert_eq!(judged(&place, &issuer, &stale), (6, vec!["not-what-was-asked".into()]));
    assert_eq!(judged(&place, &holder, &[&["shown.sd"], &asked[..]].concat()).0, 7);
    place.write("cut.sd", place.read("shown.sd").replacen('~', "~~", 1));
    assert_eq!(judged(&place, &issuer, &[&["cut.sd"], &asked[..]].concat()).0, 6);
}
