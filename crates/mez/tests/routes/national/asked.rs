//! What a zone does with answers: verified, not verified, kept, and known of an entity from then on.

use super::*;

#[test]
fn a_cnic_and_an_ntn_are_verified_from_signed_answers_that_are_kept() {
    let sandbox = Sandbox::start(&[]);
    let (_home, server) = asking(&sandbox);
    let told = server.post(NTN, &indus());
    assert_eq!(came(&told), ("verified", ""));
    let result = &told.body["result"];
    assert_eq!(result["tax_status"], "filer");
    assert_eq!((&result["issuer"], &result["simulated"]), (&json!("FBR_IRIS"), &json!(true)));
    assert_eq!(told.body["compliance"]["kind"], "identity.transition");

    let body = json!({ "cnic": "42101-1234567-1", "full_name": "Ayesha Siddiqui", "date_of_birth": "1980-05-17" });
    let person = server.post(CNIC, &body);
    assert_eq!(came(&person), ("verified", ""));
    assert_eq!(person.body["result"]["cnic"], "*****-*******-1");
    assert!(!person.text.contains("1234567"), "{}", person.text);

    // What is kept of a company opens; of a person nothing does.
    let evidence = |told: &Told| {
        let id = told.body["result"]["attestation_id"].as_str().unwrap().to_owned();
        server.get(&format!("/v1/adapters/evidence/{id}"))
    };
    let kept = evidence(&told);
    assert_eq!(kept.status, 200, "{}", kept.text);
    let answer = &kept.body["answer"];
    let text = answer["text"].as_str().unwrap();
    assert_eq!(
        canon::Digest::of_blob(text.as_bytes()).to_string(),
        answer["sha256"].as_str().unwrap()
    );
    assert_eq!((&answer["key"], &kept.body["realm"]), (&json!(sandbox.key), &json!("sandbox")));
    let key = proof::PublicKey::from_did_key(&sandbox.key).unwrap();
    let signature = proof::base64::decode(answer["signature"].as_str().unwrap()).unwrap();
    let signature = proof::keys::Signature::from_slice(&signature).unwrap();
    let base = answer["signature_base"].as_str().unwrap();
    key.verify(&proof::Message::http_base(base), &signature).unwrap();
    let kept = evidence(&person);
    assert!(!kept.text.contains("42101") && !kept.text.contains("Ayesha"), "{}", kept.text);
    assert_eq!(kept.body["outcome"], "verified");

    for (number, name, status) in [
        ("61101-5555555-5", "Bilal Ahmed Qureshi", "Expired"),
        ("17301-4444444-7", "Hamid Raza Khan", "Blocked"),
        ("42101-1234567-1", "Somebody Else", "Active"),
        ("42101-9999999-9", "Nobody At All", "NotFound"),
    ] {
        let told = server.post(CNIC, &json!({ "cnic": number, "full_name": name }));
        assert_eq!(came(&told), ("not_verified", ""), "{}", told.text);
        assert_eq!(told.body["result"]["cnic_status"], status);
    }
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 6);
    assert!(requests.iter().all(|request| request["idempotency_key"].is_string()), "{requests:?}");
}

#[test]
fn one_key_asks_once_and_the_answer_is_replayed() {
    let sandbox = Sandbox::start(&[]);
    let (_home, server) = asking(&sandbox);
    let body = indus().to_string();
    let key = [("idempotency-key", "ntn-1")];
    let first = server.send(NTN, body.as_bytes(), &key);
    assert_eq!((came(&first), first.replayed), (("verified", ""), false));
    let again = server.send(NTN, body.as_bytes(), &key);
    assert_eq!((again.status, again.replayed, &again.body), (200, true, &first.body));
    assert_eq!(sandbox.requests().len(), 1);
    let told = server.send(CNIC, body.as_bytes(), &key);
    assert_eq!(told.code().0, 422);
}

#[test]
fn what_is_known_of_an_entity_is_a_fact_of_what_it_does_next() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    sandbox.taxpayer("7654321", "Indus Lamps Ltd", "late_filer");
    sandbox.person("3520198765433", "Asha Verma Lindqvist");
    let id = company(&home, &server, "Indus Lamps Ltd");
    let wanted = json!({ "ntn": "7654321", "entity_name": "Indus Lamps Ltd", "entity_id": id });
    let told = server.post(NTN, &wanted);
    assert_eq!(came(&told), ("verified", ""));
    assert_eq!(told.body["result"]["tax_status"], "late_filer");
    let wanted = json!({
        "cnic": "3520198765433", "full_name": "Asha Verma Lindqvist", "entity_id": id,
    });
    assert_eq!(came(&server.post(CNIC, &wanted)), ("verified", ""));
    // What is decided of it from now on is said upon both.
    for wanted in
        [json!({ "event": "suspend", "reason": "a test" }), json!({ "event": "reinstate" })]
    {
        let told = server.post(&format!("/v1/entities/{id}/events"), &wanted);
        assert_eq!(told.status, 200, "{}", told.text);
    }
    let upon = journal(&home);
    let (_, said) = upon.split_once("\"lifecycle.event\":").expect("a decision about its life");
    for fact in ["subject.ntn_verified", "subject.filer_status", "subject.cnic_verified"] {
        assert!(said.contains(fact), "{fact}");
    }
    assert!(said.contains("\"source\":\"adapter\"") && said.contains("late_filer"));
}

/// What the zone wrote, as it lies on the disk: facts of decisions are told to nobody.
pub(super) fn journal(home: &Home) -> String {
    let (url, mut bytes) =
        (format!("sqlite:{}", home.dir.data().join("zone.sqlite").display()), Vec::new());
    store::backup::back_up(&url, &mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn what_cannot_be_asked_is_refused_before_anybody_is() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let id = company(&home, &server, "Indus Lamps Ltd");
    let code = |path: &str, body: Value| {
        let told = server.post(path, &body);
        (told.status, told.code().1.to_owned())
    };
    let invalid = (422, "invalid-fields".to_owned());
    assert_eq!(code(NTN, json!({ "ntn": "123", "entity_name": "A" })), invalid);
    assert_eq!(code(NTN, json!({ "ntn": "1234567", "entity_name": " " })), invalid);
    assert_eq!(code(NTN, json!({ "ntn": "1234567", "entity_name": "A", "x": 1 })), invalid);
    assert_eq!(code(CNIC, json!({ "cnic": "421011234567", "full_name": "A" })), invalid);
    assert_eq!(code(CNIC, json!({ "cnic": 4210112345671u64, "full_name": "A" })), invalid);
    let named = server.post(CNIC, &json!({ "cnic": "4210112345671x", "full_name": "A" }));
    assert!(!named.text.contains("42101"), "{}", named.text);
    let away = json!({ "ntn": "1234567", "entity_name": "A", "jurisdiction_id": "sg" });
    assert_eq!(code(NTN, away), (422, "adapter-no-client".to_owned()));
    let other = json!({ "ntn": "1234567", "entity_name": "Another Ltd", "entity_id": id });
    assert_eq!(code(NTN, other), (409, "adapter-name-not-of-entity".to_owned()));
    let other = json!({ "cnic": "4210112345671", "full_name": "Ayesha Siddiqui", "entity_id": id });
    assert_eq!(code(CNIC, other), (409, "adapter-person-not-of-entity".to_owned()));
    let mut gone = indus();
    gone["entity_id"] = json!("0b9bd1f1-9d3e-4a55-8d80-000000000001");
    assert_eq!(code(NTN, gone).0, 404);
    assert_eq!(
        server.send(NTN, indus().to_string().as_bytes(), &[("authorization", "")]).status,
        401
    );
    assert_eq!(server.get("/v1/adapters/evidence/none").status, 404);
    assert!(sandbox.requests().is_empty());
}
