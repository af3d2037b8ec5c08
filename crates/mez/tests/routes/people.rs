//! `/v1/entities/{id}/…`, `/v1/licenses` and `/v1/identity` against a real zone.

use std::process::Command;

use serde_json::{Value, json};

use crate::home::EVIDENCE;
use crate::home::Home;
use crate::server::Server;

fn company(home: &Home, server: &Server, name: &str) -> String {
    let formed = server.post("/v1/entities", &home.company(name, "sg", EVIDENCE));
    assert_eq!(formed.status, 201, "{}", formed.text);
    formed.body["result"]["entity_id"].as_str().unwrap().to_owned()
}

fn code(server: &Server, path: &str, body: &Value) -> (u16, String) {
    let told = server.post(path, body);
    (told.status, told.code().1.to_owned())
}

#[test]
fn a_register_keeps_what_was_and_answers_as_of_a_day() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let id = company(&home, &server, "Harbour Tea");
    let at = |rest: &str| format!("/v1/entities/{id}/{rest}");
    let office = json!({ "registered_office": { "address": "2 Quay", "jurisdiction_id": "sg" } });
    let moved = server.post(&at("offices"), &office);
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert_eq!(moved.body["compliance"]["kind"], "entity.lifecycle");
    assert_eq!(code(&server, &at("offices"), &office), (409, "register-unchanged".to_owned()));
    let officer =
        json!({ "officer": { "name": "Dara Field", "kind": "person", "office": "director" } });
    let appointed =
        server.send(&at("officers"), officer.to_string().as_bytes(), &[("idempotency-key", "k1")]);
    assert_eq!(appointed.status, 200, "{}", appointed.text);
    let again =
        server.send(&at("officers"), officer.to_string().as_bytes(), &[("idempotency-key", "k1")]);
    assert_eq!((again.status, again.replayed, &again.body), (200, true, &appointed.body));
    let register = server.get(&at("register")).body;
    assert_eq!(register["registered_office"]["address"], "2 Quay");
    assert_eq!(register["officers"][0]["officer"]["office"], "director");
    let old = server.get(&at("register?as_of=2020-01-01")).body;
    assert_eq!((&old["legal_name"], &old["owners"]), (&Value::Null, &json!([])));
    let ended = server.post(&at("officers/0/end"), &json!({}));
    assert_eq!(ended.status, 200, "{}", ended.text);
    assert_eq!(code(&server, &at("officers/0/end"), &json!({})), (409, "not-in-office".to_owned()));
    let future = json!({ "legal_name": "Harbour Coffee", "from": "2999-01-01" });
    assert_eq!(code(&server, &at("names"), &future), (422, "effective-in-future".to_owned()));
    let bad = json!({ "officer": { "name": "", "kind": "person", "office": "director" } });
    let told = server.post(&at("officers"), &bad);
    assert_eq!(
        (told.code(), &told.body["errors"][0]["pointer"]),
        ((422, "invalid-fields"), &json!("/officer/name"))
    );
    assert_eq!(code(&server, "/v1/entities/nobody/officers", &officer).0, 404);
    assert_eq!(server.ask_as(&at("register"), None).status, 401);
    let found = server.get("/v1/entities?name=harb%20te&status=ACTIVE").body;
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(server.get("/v1/entities?name=coffee").body["items"], json!([]));
    let bods = server.get(&at("bods")).body;
    for statement in bods.as_array().unwrap() {
        for member in
            ["statementId", "declarationSubject", "recordId", "recordType", "recordDetails"]
        {
            assert!(!statement[member].is_null(), "{member}: {statement}");
        }
        assert_eq!(statement["publicationDetails"]["bodsVersion"], "0.4");
        assert_eq!(statement["recordDetails"]["isComponent"], false);
    }
    assert_eq!(bods.as_array().unwrap().len(), 3, "{bods}");
}

#[test]
fn a_license_lives_from_application_to_its_end() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let id = company(&home, &server, "Harbour Tea");
    let types = server.get("/v1/license-types").body;
    assert!(types["items"].as_array().unwrap().iter().any(|row| row["id"] == "sg-mas.cms-dealing"));
    let strange = json!({ "entity_id": id, "license_type_id": "sg-mas.dreams" });
    assert_eq!(code(&server, "/v1/licenses", &strange), (422, "license-type-unknown".to_owned()));
    let body = json!({ "entity_id": id, "license_type_id": "sg-mas.cms-dealing", "activities": ["dealing"] });
    let told = server.post("/v1/licenses", &body);
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(told.body["compliance"]["kind"], "license.transition");
    assert!(told.body["credential"]["proof"].is_object());
    let license = told.body["result"]["license_id"].as_str().unwrap().to_owned();
    let events = format!("/v1/licenses/{license}/events");
    assert_eq!(
        code(&server, &events, &json!({ "event": "expire" })),
        (409, "illegal-transition".to_owned())
    );
    assert_eq!(server.post(&events, &json!({ "event": "review" })).status, 200);
    let issue = json!({ "event": "issue", "number": "CMS1", "from": "2026-01-01", "until": "2999-01-01",
        "obligations": [{ "obligation_id": "return", "statement": "files", "every": "year", "due": "2026-02-01" }] });
    let issued = server.post(&events, &issue);
    assert_eq!(issued.status, 200, "{}", issued.text);
    assert_eq!(
        (&issued.body["result"]["in_force"], &issued.body["result"]["overdue"]),
        (&json!(true), &json!(["return"]))
    );
    let meet =
        json!({ "event": "meet", "obligation_id": "return", "evidence_sha256": "ab".repeat(32) });
    assert_eq!(server.post(&events, &meet).status, 200);
    assert_eq!(
        code(&server, &events, &json!({ "event": "expire" })),
        (409, "license-not-expired".to_owned())
    );
    assert_eq!(
        code(&server, &events, &json!({ "event": "renew", "until": "2020-01-01" })),
        (422, "bad-license-term".to_owned())
    );
    let revoked = server.post(&events, &json!({ "event": "revoke", "reason": "capital" }));
    assert_eq!(revoked.body["result"]["state"], "REVOKED", "{}", revoked.text);
    let listed = server.get(&format!("/v1/licenses?entity_id={id}")).body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        server.get(&format!("/v1/licenses/{license}")).body["license_type"]["regulator"],
        "sg-mas"
    );
    assert_eq!(server.get("/v1/licenses/nothing").code(), (404, "not-found"));
}

fn person() -> Value {
    json!({ "particulars": { "kind": "person", "full_name": "Asha Verma Lindqvist",
        "birth_date": "1980-02-29", "nationality": "pk",
        "identifiers": [{ "scheme": "cnic", "value": "61101-1234567-1" }] } })
}

/// Whether any file of the zone's data holds a text.
fn lies(home: &Home, text: &str) -> bool {
    let files = std::fs::read_dir(home.dir.data()).unwrap();
    files.flatten().filter(|entry| entry.path().is_file()).any(|entry| {
        let bytes = std::fs::read(entry.path()).unwrap();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    })
}

#[test]
fn a_person_is_masked_for_readers_sealed_on_disk_and_forgotten_when_asked() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let mut bad = person();
    bad["particulars"]["identifiers"][0]["value"] = json!("01101-1234567-1");
    let told = server.post("/v1/identity", &bad);
    assert_eq!(told.code(), (422, "invalid-fields"), "{}", told.text);
    assert!(!told.text.contains("01101"), "{}", told.text);
    let key = [("idempotency-key", "person-1")];
    let body = person().to_string();
    let told = server.send("/v1/identity", body.as_bytes(), &key);
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(told.body["compliance"]["kind"], "identity.transition");
    let again = server.send("/v1/identity", body.as_bytes(), &key);
    assert_eq!((again.replayed, &again.body), (true, &told.body));
    assert_eq!(code(&server, "/v1/identity", &person()), (409, "identity-known".to_owned()));
    let id = told.body["result"]["identity_id"].as_str().unwrap().to_owned();
    let at = format!("/v1/identity/{id}");
    assert_eq!(server.get(&at).body["particulars"]["full_name"], "Asha Verma Lindqvist");
    let reader = json!({ "principal": "reader", "scopes": ["reader"] });
    let reader = server.post("/v1/tokens", &reader).body["token"].as_str().unwrap().to_owned();
    let seen = server.ask_as(&at, Some(&reader));
    assert_eq!(seen.body["masked"], true, "{}", seen.text);
    assert!(!seen.text.contains("Lindqvist") && !seen.text.contains("1234567"), "{}", seen.text);
    assert!(home.dir.personal_key().is_file(), "the key lies beside the signer");
    for text in ["Lindqvist", "6110112345671", "61101-1234567-1"] {
        assert!(!lies(&home, text), "`{text}` lies on the disk in the clear");
    }
    let erase = format!("{at}/erase");
    let as_reader = [("authorization", &*format!("Bearer {reader}"))];
    assert_eq!(server.send(&erase, b"{}", &as_reader).status, 403);
    let out = Command::new(env!("CARGO_BIN_EXE_mez"))
        .args(["identity", "erase", &id, "--yes", "--url", &server.url, "--token", &server.token])
        .output()
        .unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    assert!(out.status.success(), "{text}");
    let seen = server.get(&at).body;
    assert_eq!((&seen["standing"]["state"], seen.get("particulars")), (&json!("erased"), None));
    assert_eq!(code(&server, &erase, &json!({})), (409, "identity-erased".to_owned()));
    assert_eq!(server.get("/v1/identity").body["items"].as_array().unwrap().len(), 1);
}
