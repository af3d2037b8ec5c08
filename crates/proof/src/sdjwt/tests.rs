//! Selective disclosure: what is shown, what is kept back, and what is forged.

use canon::{Did, Realm, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::*;
use crate::credential::{Anchors, Asked, TrustList, Verdict};
use crate::keys::SecretKey;

const ASKED: Asked<'_> = Asked { challenge: Some("n-1"), domain: Some("https://bank.example") };

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn noon() -> Timestamp {
    time("2026-11-20T12:00:00Z")
}

fn unsigned() -> Unsigned {
    let claims = json!({ "given_name": "Ada", "birthdate": "1815-12-10", "country": "GB" });
    Unsigned {
        issuer: secret(1).public().did(),
        vct: "https://issuer.example/identity".to_owned(),
        realm: Realm::Sandbox,
        holder: Some(secret(2).public()),
        valid_from: time("2026-11-01T00:00:00Z"),
        valid_until: time("2026-12-01T00:00:00Z"),
        claims: claims.as_object().unwrap().clone(),
        hidden: vec![("given_name".to_owned(), [1; 16]), ("birthdate".to_owned(), [2; 16])],
    }
}

fn issued() -> String {
    let key = secret(1);
    issue(&unsigned(), &key, &key.public().verification_method()).unwrap()
}

fn shown(reveal: &[&str]) -> String {
    let reveal: Vec<String> = reveal.iter().map(|name| (*name).to_owned()).collect();
    present(&issued(), &reveal, ASKED, noon(), &secret(2)).unwrap()
}

fn anchors() -> Anchors {
    Anchors::pinned(&TrustList(vec![secret(1).public().did()]), Realm::Sandbox)
}

fn judged(text: &str, asked: Asked<'_>) -> (Verdict, Vec<&'static str>) {
    let answer = verify(text, &anchors(), asked, noon());
    assert_eq!(answer.claims.is_some(), answer.verdict == Verdict::Valid);
    (answer.verdict, answer.reasons.iter().map(|reason| reason.code).collect())
}

#[test]
fn the_holder_shows_one_claim_and_keeps_the_other_back() {
    assert_eq!(judged(&issued(), Asked::default()), (Verdict::Valid, vec![]));
    let answer = verify(&shown(&["birthdate"]), &anchors(), ASKED, noon());
    assert_eq!(answer.verdict, Verdict::Valid, "{:?}", answer.reasons);
    let claims = answer.claims.unwrap();
    assert_eq!(claims["birthdate"], "1815-12-10");
    assert_eq!(claims["country"], "GB");
    assert!(!claims.contains_key("given_name") && !claims.contains_key("_sd"));
    assert_eq!(answer.holder, Some(secret(2).public()));
    assert!(!shown(&[]).contains(&BASE64URL_NOPAD.encode(b"Ada")));
}

#[test]
fn no_byte_may_change() {
    for text in [issued(), shown(&["birthdate"])] {
        let asked = if text.ends_with('~') { Asked::default() } else { ASKED };
        assert_eq!(judged(&text, asked).0, Verdict::Valid);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_ne!(judged(&changed, asked).0, Verdict::Valid, "byte {at}");
        }
    }
}

#[test]
fn what_was_not_asked_or_is_another_s_is_refused() {
    let text = shown(&["birthdate"]);
    let other = |challenge, domain| judged(&text, Asked { challenge, domain });
    let (nonce, aud) = (ASKED.challenge, ASKED.domain);
    assert_eq!(other(Some("n-2"), aud), (Verdict::Invalid, vec!["not-what-was-asked"]));
    assert_eq!(other(nonce, Some("x")), (Verdict::Invalid, vec!["not-what-was-asked"]));
    assert_eq!(other(None, aud), (Verdict::Unknown, vec!["not-checked"]));
    assert_eq!(judged(&issued(), ASKED), (Verdict::Invalid, vec!["not-what-was-asked"]));
    // Another holder, who cannot sign for the first.
    let stolen = present(&issued(), &[], ASKED, noon(), &secret(3));
    assert_eq!(stolen, Err(PresentError::Holder));
    // The holder's signature under other disclosures.
    let (head, kb) = text.rsplit_once('~').unwrap();
    let jwt = head.split('~').next().unwrap();
    let (less, more) = (format!("{jwt}~{kb}"), format!("{}{kb}", issued()));
    assert_eq!(judged(&less, ASKED), (Verdict::Invalid, vec!["disclosure"]));
    assert_eq!(judged(&more, ASKED), (Verdict::Invalid, vec!["disclosure"]));
}

#[test]
fn a_disclosure_must_be_signed_once_and_for() {
    let text = issued();
    let first = text.split('~').nth(1).unwrap();
    let mine = BASE64URL_NOPAD.encode(br#"["c2FsdA","vip",true]"#);
    for forged in [format!("{text}{mine}~"), format!("{text}{first}~")] {
        assert_eq!(judged(&forged, Asked::default()), (Verdict::Invalid, vec!["disclosure"]));
    }
    assert_eq!(
        judged(&format!("{text}~"), Asked::default()),
        (Verdict::Invalid, vec!["malformed"])
    );
    let many = format!("{text}{}", format!("{mine}~").repeat(DISCLOSURES_MAX));
    assert_eq!(judged(&many, Asked::default()), (Verdict::Invalid, vec!["malformed"]));
    let long = text + &"A".repeat(SDJWT_MAX);
    assert_eq!(judged(&long, Asked::default()), (Verdict::Invalid, vec!["malformed"]));
}

/// Signs any header and payload, as an issuer that keeps no rule might.
fn loose(header: &Value, payload: &Value, disclosures: &[Value]) -> String {
    let jwt = super::issue::sign(header, payload, &secret(1)).unwrap();
    let parts = disclosures.iter().map(|one| BASE64URL_NOPAD.encode(one.to_string().as_bytes()));
    parts.fold(format!("{jwt}~"), |text, part| text + &part + "~")
}

fn payload(more: Value) -> Value {
    let did: Did = secret(1).public().did();
    let mut all = json!({ "iss": did, "vct": "x", "nbf": 1_793_000_000, "exp": 1_796_000_000 });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn digest(disclosure: &Value) -> String {
    super::read::digest(&BASE64URL_NOPAD.encode(disclosure.to_string().as_bytes()))
}

#[test]
fn nested_claims_and_elements_of_arrays_are_put_in_their_places() {
    let header =
        json!({ "alg": "EdDSA", "typ": TYP, "kid": secret(1).public().verification_method() });
    let inner = json!(["s1", "street", "Main"]);
    let outer = json!(["s2", "address", { "_sd": [digest(&inner)], "city": "X" }]);
    let item = json!(["s3", "DE"]);
    let body = payload(json!({
        "_sd": [digest(&outer), digest(&json!("decoy"))],
        "nationalities": [{ "...": digest(&item) }, { "...": digest(&json!("gone")) }, "FR"],
    }));
    let text = loose(&header, &body, &[inner.clone(), outer.clone(), item]);
    let answer = verify(&text, &anchors(), Asked::default(), noon());
    let claims = Value::Object(answer.claims.expect("valid"));
    assert_eq!(claims["address"], json!({ "city": "X", "street": "Main" }));
    assert_eq!(claims["nationalities"], json!(["DE", "FR"]));
    // The inner one without the outer one is of nothing that is shown.
    let alone = json!(["s3", "DE"]);
    let text = loose(&header, &body, &[inner, alone]);
    assert_eq!(judged(&text, Asked::default()), (Verdict::Invalid, vec!["disclosure"]));
}

#[test]
fn an_issuer_that_breaks_the_rules_is_not_believed() {
    let kid = secret(1).public().verification_method();
    let header = json!({ "alg": "EdDSA", "typ": TYP, "kid": kid });
    let claim = json!(["s", "exp", 1_900_000_000]);
    let shadow = json!(["s", "vct", "y"]);
    let digests = json!([digest(&claim)]);
    let mut endless = payload(json!({ "_sd": digests }));
    endless.as_object_mut().unwrap().remove("exp");
    let rows = [
        (header.clone(), payload(json!({})), vec![], Verdict::Valid),
        // A hidden end, a claim that covers one in the open, one digest twice.
        (header.clone(), endless, vec![claim.clone()], Verdict::Invalid),
        (
            header.clone(),
            payload(json!({ "_sd": [digest(&shadow)] })),
            vec![shadow],
            Verdict::Invalid,
        ),
        (header.clone(), payload(json!({ "_sd": ["d", "d"] })), vec![], Verdict::Invalid),
        (header.clone(), payload(json!({ "_sd": "d" })), vec![], Verdict::Invalid),
        (header.clone(), payload(json!({ "_sd_alg": "md5" })), vec![], Verdict::Unknown),
        (header.clone(), payload(json!({ "status": {} })), vec![], Verdict::Unknown),
        (header.clone(), payload(json!({ "realm": "production" })), vec![], Verdict::Invalid),
        (header, payload(json!({ "exp": 1_794_000_000 })), vec![], Verdict::Invalid),
        (
            json!({ "alg": "none", "typ": TYP, "kid": kid }),
            payload(json!({})),
            vec![],
            Verdict::Unknown,
        ),
        (
            json!({ "alg": "EdDSA", "typ": "JWT", "kid": kid }),
            payload(json!({})),
            vec![],
            Verdict::Unknown,
        ),
        (
            json!({ "alg": "EdDSA", "typ": TYP, "kid": kid, "crit": ["x"] }),
            payload(json!({})),
            vec![],
            Verdict::Unknown,
        ),
        (json!({ "alg": "EdDSA", "typ": TYP }), payload(json!({})), vec![], Verdict::Unknown),
    ];
    for (n, (header, payload, disclosures, verdict)) in rows.into_iter().enumerate() {
        let text = loose(&header, &payload, &disclosures);
        assert_eq!(judged(&text, Asked::default()).0, verdict, "row {n}");
    }
}
