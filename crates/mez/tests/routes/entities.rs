//! `/v1/entities`.

use serde_json::json;

use crate::home::{EVIDENCE, Home};
use crate::server::Server;

#[test]
fn one_key_has_one_effect_and_another_body_under_it_is_refused() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let body = home.company("Harbour Tea", "sg", EVIDENCE).to_string();
    let key = [("idempotency-key", "formation-1")];
    let first = server.send("/v1/entities", body.as_bytes(), &key);
    assert_eq!((first.status, first.replayed), (201, false), "{}", first.text);
    let again = server.send("/v1/entities", body.as_bytes(), &key);
    assert_eq!((again.status, again.replayed), (201, true));
    assert_eq!(again.body, first.body);
    let other = home.company("Harbour Coffee", "sg", EVIDENCE).to_string();
    let told = server.send("/v1/entities", other.as_bytes(), &key);
    assert_eq!(told.code(), (409, "idempotency-key-reused"));
    let told = server.send("/v1/entities", other.as_bytes(), &[("idempotency-key", "a b")]);
    assert_eq!(told.code(), (422, "bad-idempotency-key"));
    assert_eq!(server.get("/v1/entities").body["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_dry_run_says_what_law_says_and_writes_nothing() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let key = [("idempotency-key", "formation-1")];
    let (good, bad) =
        (home.company("Harbour Tea", "sg", EVIDENCE), home.company("Harbour Tea", "sg", &[]));
    let decided = |server: &Server| server.get("/v1/decisions").body["items"].clone();
    let before = decided(&server);
    for _ in 0..2 {
        let told = server.send("/v1/entities?dry_run=true", good.to_string().as_bytes(), &key);
        assert_eq!((told.status, told.replayed), (200, false), "{}", told.text);
        assert_eq!(told.body["compliance"]["outcome"], "allow", "{}", told.text);
        assert!(told.body.get("result").is_none() && told.body.get("credential").is_none());
        let told = server.send("/v1/entities?dry_run=true", bad.to_string().as_bytes(), &key);
        assert_eq!(told.status, 403, "{}", told.text);
        assert!(told.body["blocking"].is_array() && told.body.get("decision_sha256").is_none());
    }
    assert_eq!(decided(&server), before);
    assert_eq!(server.get("/v1/entities").body["items"], json!([]));
    let made = server.send("/v1/entities?dry_run=false", good.to_string().as_bytes(), &key);
    assert_eq!((made.status, made.replayed), (201, false), "{}", made.text);
    for (path, code) in
        [("/v1/entities?dry_run=yes", "invalid-fields"), ("/v1/tokens?dry_run=true", "bad-query")]
    {
        let told = server.send(path, good.to_string().as_bytes(), &[]);
        assert_eq!(told.code(), (422, code), "{}", told.text);
    }
}

#[test]
fn what_law_refuses_names_rule_citation_and_remedy() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let told = server.post("/v1/entities", &home.company("Harbour Tea", "sg", &[]));
    assert_eq!(told.status, 403, "{}", told.text);
    let blocking = told.body["blocking"].as_array().unwrap();
    assert!(!blocking.is_empty());
    assert!(blocking.iter().all(|block| block["domain"].is_string()), "{}", told.text);
    assert_eq!(told.body["decision_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(server.get("/v1/entities").body["items"], json!([]));
    let decisions = server.get("/v1/decisions?outcome=deny").body;
    assert_eq!(decisions["items"].as_array().unwrap().len(), 1, "{decisions}");
}

#[test]
fn a_formed_entity_has_twenty_domains_an_account_and_money() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let formed = server.post("/v1/entities", &home.company("Harbour Tea", "sg", EVIDENCE));
    assert_eq!(formed.status, 201, "{}", formed.text);
    let id = formed.body["result"]["entity_id"].as_str().unwrap().to_owned();
    let told = server.get(&format!("/v1/compliance/{id}"));
    assert_eq!(told.body["total_domains"], 20, "{}", told.text);
    let open = json!({ "entity_id": id, "currency": "SGD" });
    let opened = server.post("/v1/fiscal/accounts", &open);
    assert_eq!(opened.status, 201, "{}", opened.text);
    let account = opened.body["result"]["account_id"].as_str().unwrap().to_owned();
    let fund = json!({ "amount": "1000.00", "currency": "SGD", "purpose": "capital" });
    let funded = server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund);
    assert_eq!(funded.status, 200, "{}", funded.text);
    let told = server.get(&format!("/v1/fiscal/accounts?entity_id={id}"));
    assert_eq!(told.body["items"][0]["balance"], "1000.00");
    let totals = server.get("/v1/fiscal/totals").body;
    assert_eq!(totals["totals"][0]["sum"], "0.00", "{totals}");
}

#[test]
fn a_credential_is_judged_and_the_answer_is_200_whatever_the_verdict() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let company = home.company("Harbour Tea", "sg", EVIDENCE);
    let mut credential = company["evidence"][0].clone();
    let told = server.post("/v1/credentials/verify", &json!({ "credential": credential }));
    assert_eq!((told.status, &told.body["verdict"]), (200, &"VALID".into()), "{}", told.text);
    credential["credentialSubject"]["legal_name"] = json!("Harbour Coffee");
    let told = server.post("/v1/credentials/verify", &json!({ "credential": credential }));
    assert_eq!((told.status, &told.body["verdict"]), (200, &"INVALID".into()));
}
