//! Companies, licenses and taxpayers, asked about at their registers.

use super::*;

const COMPANY: &str = "/v1/identity/companies/verify";
const LICENSE: &str = "/v1/identity/licenses/verify";
const PROFILE: &str = "/v1/tax/taxpayers/profile";
const INDUS: &str = "Indus Textile Trading (Private) Limited";

#[test]
fn a_company_and_its_license_are_checked_at_secp() {
    let sandbox = Sandbox::start(&[]);
    let (_home, server) = asking(&sandbox);
    let company = |number: &str, name: &str| {
        server.post(COMPANY, &json!({ "registration_no": number, "entity_name": name }))
    };
    let told = company("0000001", &INDUS.to_uppercase());
    assert_eq!(came(&told), ("verified", ""));
    let result = &told.body["result"];
    assert_eq!((&result["issuer"], &result["company_type"]), (&json!("SECP"), &json!("Private")));
    assert_eq!(told.body["compliance"]["kind"], "identity.transition");
    assert_eq!(came(&company("0000001", "Somebody Else")), ("not_verified", ""));
    // In the register, and without business.
    let dormant = company("0000003", "Karakoram Software (SMC-Private) Limited");
    assert_eq!(came(&dormant), ("not_verified", ""));
    assert_eq!(dormant.body["result"]["company_status"], "Dormant");
    assert_eq!(came(&company("9999999", INDUS)), ("pending", "adapter-status"));
    assert_eq!(company("12-3", INDUS).code(), (422, "invalid-fields"));

    let license = |reference: &str, kind: &str, name: &str| {
        let body = json!({ "license_ref": reference, "license_type": kind, "entity_name": name });
        server.post(LICENSE, &body)
    };
    let told = license("NBFC-2024-001", "nbfc", INDUS);
    assert_eq!(came(&told), ("verified", ""));
    assert_eq!(told.body["result"]["expiry_date"], "2030-12-31");
    // In force, and another's.
    let other = license("NBFC-2024-001", "nbfc", "Ravi Cotton Mills Limited");
    assert_eq!(came(&other), ("not_verified", ""));
    assert_eq!(other.body["result"]["in_force"], true);
    let ended = license("NBFC-2019-007", "nbfc", "Ravi Cotton Mills Limited");
    assert_eq!(came(&ended), ("not_verified", ""));
    assert_eq!(came(&license("NBFC-2024-001", "modaraba", INDUS)), ("not_verified", ""));

    for (fault, code) in [
        ("garbage", "adapter-answer-unreadable"),
        ("drift", "adapter-answer-unreadable"),
        ("wrong-subject", "adapter-answer-of-another"),
        ("unsigned", "adapter-answer-not-signed"),
    ] {
        sandbox.order(SECP, Some(fault), None);
        assert_eq!(came(&company("0000001", INDUS)), ("pending", code), "{fault}");
        assert_eq!(came(&license("NBFC-2024-001", "nbfc", INDUS)), ("pending", code), "{fault}");
    }
}

#[test]
fn a_taxpayers_standing_is_told_and_no_status_follows_from_it() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let profile =
        |ntn: &str, name: &str| server.post(PROFILE, &json!({ "ntn": ntn, "entity_name": name }));
    let told = profile("9234567", "Ravi Cotton Mills Limited");
    assert_eq!(came(&told), ("verified", ""));
    let result = &told.body["result"];
    assert_eq!(result["compliance_status"], "NonCompliant");
    assert_eq!(
        (&result["tax_status"], &result["active_since"]),
        (&json!("late_filer"), &json!("2009-07-01"))
    );
    assert_eq!(came(&profile("9234567", INDUS)), ("not_verified", ""));
    assert_eq!(came(&profile("5555555", INDUS)), ("pending", "adapter-status"));
    let id = company(&home, &server, "Indus Lamps Ltd");
    let body = json!({ "ntn": "1234567", "entity_name": INDUS, "entity_id": id });
    assert_eq!(server.post(PROFILE, &body).code(), (409, "adapter-name-not-of-entity"));
}

/// What is kept under an idempotency key, and what the journal says, names nobody.
#[test]
fn nothing_of_a_person_lies_in_the_data_after_a_verification() {
    let sandbox = Sandbox::start(&[]);
    let (home, server) = asking(&sandbox);
    let body = json!({ "cnic": "42101-1234567-1", "full_name": "Ayesha Siddiqui" }).to_string();
    let key = [("idempotency-key", "cnic-1")];
    let first = server.send(CNIC, body.as_bytes(), &key);
    assert_eq!(came(&first), ("verified", ""));
    assert!(!first.text.contains("Ayesha"), "{}", first.text);
    let again = server.send(CNIC, body.as_bytes(), &key);
    assert_eq!((again.replayed, &again.body), (true, &first.body));
    let other = body.replace("Ayesha", "Amina");
    assert_eq!(server.send(CNIC, other.as_bytes(), &key).code(), (409, "idempotency-key-reused"));
    drop(server);
    let data = asked::journal(&home);
    assert!(data.contains("cnic.verify"), "the evidence is there");
    for clear in ["Ayesha", "4210112345671", "42101-1234567-1"] {
        assert!(!data.contains(clear), "{clear} lies in the clear");
    }
}
