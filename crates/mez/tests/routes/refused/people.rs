//! `/v1/entities`, `/v1/licenses` and `/v1/identity`: registers, terms and evidence.

use proof::integrity::{ProofOptions, sign_document};
use proof::{SecretKey, Signer as _};
use serde_json::{Value, json};

use super::rows::Rows;
use super::{KINDS, company, is, made};
use crate::home::{Home, now};
use crate::server::{Server, Told};

#[test]
fn an_entity_is_formed_under_the_zones_own_law_with_no_more_evidence_than_is_taken() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let form = |wanted: &Value| server.post("/v1/entities", wanted);
    is(&form(&home.company("Harbour Tea", "ae", &KINDS)), 422, "jurisdiction-not-of-zone");
    is(&form(&home.company("Harbour Tea", "sg", &["license"; 33])), 422, "too-much-evidence");
    let told = server.get("/v1/entities");
    assert_eq!(told.body["items"], json!([]), "{}", told.text);
}

#[test]
fn a_register_takes_no_change_before_its_beginning_and_none_beyond_its_bound() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let id = company(&home, &server, "Harbour Tea", "sg");
    let names = format!("/v1/entities/{id}/names");
    let early = json!({ "legal_name": "Harbour Coffee", "from": "2000-01-01" });
    is(&server.post(&names, &early), 409, "effective-too-early");
    let renamed = server.post(&names, &json!({ "legal_name": "Harbour Coffee" }));
    assert_eq!(renamed.status, 200, "{}", renamed.text);
    drop(server);
    let rows = Rows::of(&home);
    let mut entity = rows.read("entity", &id);
    let last = entity["register"]["names"].as_array().unwrap().last().unwrap().clone();
    entity["register"]["names"] = json!(vec![last; 200]);
    rows.change("entity", &id, &entity);
    drop(rows);
    let server = Server::start(&home);
    let more = json!({ "legal_name": "Harbour Cocoa" });
    is(&server.post(&names, &more), 409, "register-full");
}

#[test]
fn a_license_owes_each_obligation_once_and_is_not_renewed_after_its_term() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let id = company(&home, &server, "Harbour Tea", "sg");
    let wanted = json!({
        "entity_id": id, "license_type_id": "sg-mas.cms-dealing", "activities": ["dealing"],
    });
    let license = made(&server.post("/v1/licenses", &wanted), "license_id");
    let events = format!("/v1/licenses/{license}/events");
    let act = |event: &Value| server.post(&events, event);
    assert_eq!(act(&json!({ "event": "review" })).status, 200);
    let owed = json!({
        "obligation_id": "return", "statement": "files", "every": "year", "due": "2026-02-01",
    });
    let until = now().date().plus_days(30).unwrap();
    let issue = |owed: &[&Value]| {
        act(&json!({
            "event": "issue", "number": "CMS1", "from": "2026-01-01", "until": until,
            "obligations": owed,
        }))
    };
    is(&issue(&[&owed, &owed]), 422, "bad-obligations");
    let issued = issue(&[&owed]);
    assert_eq!(issued.status, 200, "{}", issued.text);
    let meet = json!({
        "event": "meet", "obligation_id": "tribute", "evidence_sha256": "ab".repeat(32),
    });
    is(&act(&meet), 409, "obligation-not-owed");
    drop(server);
    // A month later.
    let rows = Rows::of(&home);
    let mut kept = rows.read("license", &license);
    kept["term"]["until"] = json!(now().date());
    rows.change("license", &license, &kept);
    drop(rows);
    let server = Server::start(&home);
    let renew = json!({ "event": "renew", "until": "2999-01-01" });
    is(&server.post(&events, &renew), 409, "license-expired");
}

/// The holder of a key says that a DID is a person's.
fn bound(server: &Server, id: &str, key: u8) -> Told {
    let key = SecretKey::from_seed([key; 32]).unwrap();
    let zone = server.ready["zone_id"].as_str().unwrap();
    let document = json!({
        "type": "MEZDidBinding", "did": key.public().did(), "identity_id": id, "zone_id": zone,
    });
    let signed = sign_document(document, &ProofOptions::assertion(now(), &key), &key).unwrap();
    server.post(&format!("/v1/identity/{id}/dids"), &json!({ "binding": signed }))
}

#[test]
fn a_person_is_told_of_by_evidence_and_bound_to_so_many_dids() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let person = json!({ "particulars": {
        "kind": "person", "full_name": "Asha Verma Lindqvist", "birth_date": "1980-02-29",
        "nationality": "pk", "identifiers": [],
    } });
    let id = made(&server.post("/v1/identity", &person), "identity_id");
    let evidence = format!("/v1/identity/{id}/evidence");
    is(&server.post(&evidence, &json!({ "evidence": [] })), 422, "no-evidence");
    is(&bound(&server, "somebody", 1), 404, "not-found");
    for key in 1..=16 {
        let told = bound(&server, &id, key);
        assert_eq!(told.status, 200, "{}", told.text);
    }
    is(&bound(&server, &id, 16), 409, "did-bound");
    is(&bound(&server, &id, 17), 409, "too-many-dids");
    let stranger = json!({ "binding": { "type": "MEZDidBinding" } });
    is(&server.post(&format!("/v1/identity/{id}/dids"), &stranger), 422, "did-not-bound");
}
