//! Chains of registries: each way in which a link may fail is named with its place.

use canon::{Did, Realm, Timestamp};
use serde_json::{Value, json};

use super::{
    Anchor, Anchors, Judgement, REGISTRIES_MAX, REGISTRY_TYPE, Unsigned, Verdict, issue, verify,
};
use crate::keys::SecretKey;
use crate::status::{AGE_SECS_MAX, Bits, Entry, Purpose, StatusList, Statuses, subject};

const LIST: &str = "https://treaty.example/status/1";

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

fn unsigned(issuer: u8, kind: &str, subject: Value) -> Unsigned {
    Unsigned {
        id: format!("urn:mez:vc:test:{issuer}"),
        types: vec![kind.to_owned()],
        issuer: did(issuer),
        realm: Realm::Sandbox,
        subject,
        valid_from: time("2026-11-01T00:00:00Z"),
        valid_until: time("2026-12-01T00:00:00Z"),
        evidence: Vec::new(),
        status: Vec::new(),
    }
}

fn signed(unsigned: Unsigned, by: u8) -> Value {
    let key = secret(by);
    issue(unsigned, &key, &key.public().verification_method()).unwrap()
}

/// An entry: `{did, allowed_attestations}` and more.
fn entry(who: u8, kinds: &[&str], more: Value) -> Value {
    let mut entry = json!({ "did": did(who), "allowed_attestations": kinds });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

fn listing(id: &str, authorities: &[Value]) -> Value {
    json!({ "registry_id": id, "registry_level": "national", "authorities": authorities })
}

fn registry(issuer: u8, id: &str, authorities: &[Value]) -> Value {
    signed(unsigned(issuer, REGISTRY_TYPE, listing(id, authorities)), issuer)
}

fn license(issuer: u8) -> Value {
    let subject = json!({ "id": "did:x:1", "jurisdiction_id": "ae-dubai", "domain": "licensing" });
    signed(unsigned(issuer, "MEZLicenseCredential", subject), issuer)
}

/// Key 1 is anchored, for registries alone.
fn anchored() -> Anchors {
    let anchor = Anchor {
        anchor_id: "treaty".to_owned(),
        kind: "did".to_owned(),
        identifier: did(1),
        allowed_attestations: vec!["authority_registry".to_owned()],
        realm: Realm::Sandbox,
    };
    Anchors::of(Realm::Sandbox, vec![anchor]).unwrap()
}

fn under(registries: &[Value]) -> Anchors {
    registries.iter().fold(anchored(), |anchors, next| anchors.with_registry(next, noon()))
}

#[track_caller]
fn found(judgement: &Judgement, verdict: Verdict, code: &str, place: &str) {
    assert_eq!(judgement.verdict(), verdict, "{:?}", judgement.reasons());
    let said = judgement.reasons().iter().find(|reason| reason.code == code);
    let said = said.unwrap_or_else(|| panic!("no `{code}`: {:?}", judgement.reasons()));
    assert!(said.detail.starts_with(place), "`{}` names no `{place}`", said.detail);
    assert!(judgement.credential().is_none());
}

#[track_caller]
fn refused(registries: &[Value], code: &str, place: &str) {
    let judgement = verify(&license(3), &under(registries), noon());
    found(&judgement, Verdict::Invalid, code, place);
}

/// 1 lets 2 list, 2 lets 3 license.
fn two(scope: Value, kinds: &[&str], more: Value) -> [Value; 2] {
    let top = registry(1, "treaty", &[entry(2, &["authority_registry"], scope)]);
    [top, registry(2, "zone", &[entry(3, kinds, more)])]
}

fn good() -> [Value; 2] {
    two(json!({}), &["license"], json!({}))
}

#[test]
fn what_the_last_registry_lists_is_valid() {
    let judgement = verify(&license(3), &under(&good()), noon());
    assert_eq!(judgement.verdict(), Verdict::Valid, "{:?}", judgement.reasons());
    let anchors = under(&good());
    let ids: Vec<_> = anchors.registries().iter().map(|link| &*link.registry.registry_id).collect();
    assert_eq!(ids, ["treaty", "zone"]);
    for scope in [
        json!({ "jurisdictions": ["ae"] }),
        json!({ "jurisdictions": ["sg", "ae-dubai"], "domains": ["licensing"] }),
        json!({ "attestations": ["license"], "domains": ["*"] }),
    ] {
        let chain = two(json!({ "scope": scope }), &["*"], json!({ "scope": scope }));
        let judgement = verify(&license(3), &under(&chain), noon());
        assert_eq!(judgement.verdict(), Verdict::Valid, "{scope}: {:?}", judgement.reasons());
    }
}

/// The anchor itself, and whoever a registry above lists, attest nothing that the last does not list.
#[test]
fn nobody_above_is_let_in() {
    for who in [1, 2, 4] {
        let judgement = verify(&license(who), &under(&good()), noon());
        found(&judgement, Verdict::Invalid, "authority-not-listed", "registry 2 `zone`");
    }
}

#[test]
fn the_first_is_issued_by_somebody_anchored() {
    let stray = registry(9, "treaty", &[entry(3, &["*"], json!({}))]);
    let judgement = verify(&license(3), &under(&[stray]), noon());
    found(&judgement, Verdict::Unknown, "issuer-not-trusted", "registry 1: ");
    assert_eq!(judgement.needs(), [did(9)]);
    // Anchored, but not for registries.
    let other = Anchor {
        allowed_attestations: vec!["license".to_owned()],
        ..anchored().anchors()[0].clone()
    };
    let anchors = Anchors::of(Realm::Sandbox, vec![other]).unwrap();
    let judgement = verify(&license(3), &anchors.with_registry(&good()[0], noon()), noon());
    found(&judgement, Verdict::Invalid, "attestation-not-allowed", "registry 1: ");
}

#[test]
fn a_link_is_issued_by_somebody_the_one_before_lets_list() {
    let [top, _] = good();
    let stray = registry(4, "zone", &[entry(3, &["*"], json!({}))]);
    refused(&[top.clone(), stray], "authority-not-listed", "registry 2: registry 1 `treaty`");
    // Listed for something else.
    let top = registry(1, "treaty", &[entry(2, &["license"], json!({}))]);
    refused(
        &[top, good()[1].clone()],
        "attestation-not-allowed",
        "registry 2: registry 1 `treaty`",
    );
    // In another order than from the top down.
    let [top, below] = good();
    let judgement = verify(&license(3), &under(&[below, top]), noon());
    found(&judgement, Verdict::Unknown, "issuer-not-trusted", "registry 1: ");
}

#[test]
fn kinds_and_scopes_bound_what_is_attested() {
    refused(
        &two(json!({}), &["office_lease"], json!({})),
        "attestation-not-allowed",
        "registry 2 `zone`",
    );
    for scope in [
        json!({ "jurisdictions": ["sg"] }),
        json!({ "jurisdictions": ["ae-dub"] }),
        json!({ "jurisdictions": ["ae-dubai-difc"] }),
        json!({ "jurisdictions": [] }),
        json!({ "domains": ["tax"] }),
        json!({ "attestations": ["office_lease"] }),
    ] {
        let scope = json!({ "scope": scope });
        let narrow = two(json!({}), &["*"], scope.clone());
        refused(&narrow, "authority-out-of-scope", "registry 2 `zone`");
        // A registry cannot give what its issuer was not given.
        let wide = two(scope, &["*"], json!({}));
        refused(&wide, "authority-out-of-scope", "registry 1 `treaty`");
    }
    // What states no jurisdiction lies in none.
    let bare = signed(unsigned(3, "MEZLicenseCredential", json!({ "id": "did:x:1" })), 3);
    let chain = two(json!({}), &["*"], json!({ "scope": { "jurisdictions": ["ae"] } }));
    let judgement = verify(&bare, &under(&chain), noon());
    found(&judgement, Verdict::Invalid, "authority-out-of-scope", "registry 2 `zone`");
}

#[test]
fn entries_and_registries_have_their_time() {
    for period in [
        json!({ "valid_until": "2026-11-20T12:00:00Z" }),
        json!({ "valid_from": "2026-11-20T12:00:01Z" }),
    ] {
        let late = two(json!({}), &["license"], period.clone());
        refused(&late, "authority-not-in-force", "registry 2 `zone`");
        let above = two(period, &["license"], json!({}));
        refused(&above, "authority-not-in-force", "registry 2: registry 1 `treaty`");
    }
    let mut old = unsigned(2, REGISTRY_TYPE, listing("zone", &[entry(3, &["*"], json!({}))]));
    old.valid_until = time("2026-11-20T00:00:00Z");
    refused(&[good()[0].clone(), signed(old, 2)], "expired", "registry 2: ");
}

#[test]
fn a_registry_taken_back_breaks_the_chain() {
    let (from, until) = (time("2026-11-01T00:00:00Z"), time("2026-12-01T00:00:00Z"));
    let list = |set: bool| {
        let mut bits = Bits::clear(131_072).unwrap();
        if set {
            bits.set(7, true).unwrap();
        }
        let mut list =
            unsigned(1, crate::status::LIST_TYPE, subject(LIST, Purpose::Revocation, &bits));
        (list.id, list.valid_from, list.valid_until) = (LIST.to_owned(), from, until);
        let pinned = Anchors::pinned(&super::TrustList(vec![did(1)]), Realm::Sandbox);
        StatusList::of(verify(&signed(list, 1), &pinned, noon()).credential().unwrap()).unwrap()
    };
    let mut top = unsigned(
        1,
        REGISTRY_TYPE,
        listing("treaty", &[entry(2, &["authority_registry"], json!({}))]),
    );
    let place = Entry { purpose: Purpose::Revocation, index: 7, list: LIST.to_owned() };
    top.status = vec![place];
    let chain = [signed(top, 1), good()[1].clone()];
    let judged = |lists: Vec<StatusList>| {
        let age = AGE_SECS_MAX * 30;
        let anchors = anchored().with_statuses(Statuses::of(lists, age));
        let anchors =
            chain.iter().fold(anchors, |anchors, next| anchors.with_registry(next, noon()));
        verify(&license(3), &anchors, noon())
    };
    assert_eq!(judged(vec![list(false)]).verdict(), Verdict::Valid);
    found(&judged(vec![list(true)]), Verdict::Invalid, "revoked", "registry 1: ");
    found(&judged(vec![]), Verdict::Unknown, "status-missing", "registry 1: ");
}

#[test]
fn a_chain_is_short_and_never_comes_back() {
    let [top, below] = good();
    refused(&[top.clone(), top.clone()], "authority-not-listed", "registry 2: ");
    // Two who list each other.
    let again = registry(1, "treaty", &[entry(2, &["*"], json!({}))]);
    let back = registry(2, "zone", &[entry(1, &["*"], json!({})), entry(3, &["*"], json!({}))]);
    refused(&[top.clone(), back.clone(), again], "registry-cycle", "registry 3: `treaty`");
    let same = registry(2, "treaty", &[entry(3, &["*"], json!({}))]);
    refused(&[top, same], "registry-cycle", "registry 2: `treaty`");
    let all = [entry(1, &["*"], json!({})), entry(3, &["*"], json!({}))];
    let chain: Vec<Value> =
        (0..=REGISTRIES_MAX).map(|at| registry(1, &format!("level {at}"), &all)).collect();
    let most = verify(&license(3), &under(&chain[..REGISTRIES_MAX]), noon());
    assert_eq!(most.verdict(), Verdict::Valid, "{:?}", most.reasons());
    refused(&chain, "registry-depth", "registry 9: ");
    let _ = below;
}

#[test]
fn a_named_parent_is_the_one_before() {
    let [top, _] = good();
    let digest = crate::integrity::payload_digest(&top).unwrap();
    let child = |digest: String| {
        let mut subject = listing("zone", &[entry(3, &["*"], json!({}))]);
        subject["parent_registry_ref"] = json!({ "artifact_type": "vc", "digest_sha256": digest });
        signed(unsigned(2, REGISTRY_TYPE, subject), 2)
    };
    let judgement = verify(&license(3), &under(&[top.clone(), child(digest.to_string())]), noon());
    assert_eq!(judgement.verdict(), Verdict::Valid, "{:?}", judgement.reasons());
    refused(&[top, child("0".repeat(64))], "registry-parent", "registry 2: ");
}

#[test]
fn what_is_no_registry_is_refused_and_no_byte_may_change() {
    let [top, below] = good();
    let other = signed(unsigned(2, "MEZLicenseCredential", listing("zone", &[])), 2);
    let top_any = registry(1, "treaty", &[entry(2, &["*"], json!({}))]);
    refused(&[top_any.clone(), other], "registry-malformed", "registry 2: ");
    let mut subject = listing("zone", &[entry(3, &["*"], json!({}))]);
    subject["surplus"] = json!(true);
    refused(
        &[top_any, signed(unsigned(2, REGISTRY_TYPE, subject), 2)],
        "registry-malformed",
        "registry 2: ",
    );
    let mut forged = below.clone();
    forged["credentialSubject"]["authorities"][0]["allowed_attestations"] = json!(["*"]);
    refused(&[top.clone(), forged], "signature", "registry 2: ");
    let mut foreign = unsigned(2, REGISTRY_TYPE, listing("zone", &[entry(3, &["*"], json!({}))]));
    foreign.realm = Realm::Production;
    refused(&[top, signed(foreign, 2)], "realm", "registry 2: ");
}
