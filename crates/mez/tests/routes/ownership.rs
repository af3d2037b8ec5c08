//! `/v1/ownership` and `/v1/consent`: shares beyond those authorized are issued by the holders' signed votes, once.

use std::process::Command;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use canon::{Did, Digest, RecordId, Timestamp};
use proof::integrity::{ProofOptions, sign_document};
use proof::{SecretKey, Signer as _};
use registry::consent::{Ballot, Choice, Delegation};
use serde_json::{Value, json};

use crate::home::{Home, folder};
use crate::server::{Server, Told};

const TABLES: &str = "/v1/ownership/cap-tables";
/// A month from now.
static LATER: LazyLock<String> = LazyLock::new(|| {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_unix(i64::try_from(since).unwrap() + 30 * 86_400).unwrap().to_string()
});

pub fn later() -> &'static str {
    &LATER
}

pub fn company(home: &Home, server: &Server, name: &str) -> String {
    let kinds = ["beneficial_ownership", "source_of_funds"];
    let formed = server.post("/v1/entities", &home.company(name, "sg", &kinds));
    assert_eq!(formed.status, 201, "{}", formed.text);
    formed.body["result"]["entity_id"].as_str().unwrap().to_owned()
}

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32]).unwrap()
}

pub fn did(n: u8) -> Did {
    key(n).public().did()
}

pub fn common(entity: &str) -> Value {
    json!({ "entity_id": entity, "classes": [{ "class_id": "common", "name": "Common",
        "authorized": 1_000, "votes_per_share": 1,
        "par_value": { "currency": "SGD", "value": "0.0001" } }] })
}

pub fn issue(to: &[(&str, u64)]) -> Value {
    let allot = |(holder, shares): &(&str, u64)| json!({ "holder_id": holder, "shares": shares });
    let allotments: Vec<Value> = to.iter().map(allot).collect();
    json!({ "event": "issue", "class_id": "common", "allotments": allotments })
}

/// The register of a company, seen through the door.
pub struct Register<'a> {
    pub server: &'a Server,
    pub entity: String,
}

impl Register<'_> {
    fn path(&self) -> String {
        format!("{TABLES}/{}", self.entity)
    }

    pub fn enter(&self, entry: &Value, consent: Option<&str>) -> Told {
        let mut body = json!({ "entry": entry });
        if let Some(id) = consent {
            body["consent_id"] = json!(id);
        }
        self.server.post(&format!("{}/events", self.path()), &body)
    }

    pub fn holder(&self, id: &str, voter: u8) {
        let holder = json!({ "holder_id": id, "name": format!("Holder {id}"), "kind": "person",
            "voter": did(voter) });
        let told = self.enter(&json!({ "event": "enter", "holder": holder }), None);
        assert_eq!(told.status, 200, "{}", told.text);
    }

    fn propose(&self, operation: &Value) -> (String, Digest) {
        let body = json!({ "entity_id": self.entity, "operation": operation, "title": "More shares",
            "rule": { "quorum_bp": 5_000, "threshold": { "threshold": "majority", "of": "cast" } },
            "expires": *LATER });
        let told = self.server.post("/v1/consent", &body);
        assert_eq!(told.status, 201, "{}", told.text);
        opened(&told)
    }
}

/// The name of a proposal that was opened, and what is signed of it.
pub fn opened(told: &Told) -> (String, Digest) {
    let result = &told.body["result"];
    let digest = result["proposal_sha256"].as_str().unwrap();
    (result["consent_id"].as_str().unwrap().to_owned(), Digest::from_hex(digest).unwrap())
}

pub fn signed(document: Value, by: u8) -> Value {
    let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let key = key(by);
    sign_document(document, &ProofOptions::assertion(at, &key), &key).unwrap()
}

pub fn ballot((id, digest): &(String, Digest), by: u8, choice: Choice) -> Value {
    let ballot = Ballot::of(RecordId::parse(id).unwrap(), *digest, did(by), choice);
    json!({ "ballot": signed(serde_json::to_value(ballot).unwrap(), by) })
}

#[test]
fn shares_beyond_those_authorized_are_issued_by_signed_votes_once() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let entity = company(&home, &server, "Harbour Tea");
    let opened = server.post(TABLES, &common(&entity));
    assert_eq!(opened.status, 201, "{}", opened.text);
    assert_eq!(opened.body["compliance"]["kind"], "ownership.transition");
    assert_eq!(server.post(TABLES, &common(&entity)).code(), (409, "cap-table-state"));
    let register = Register { server: &server, entity };
    for (id, voter) in [("ann", 1), ("ben", 2), ("cho", 3)] {
        register.holder(id, voter);
    }
    let told = register.enter(&issue(&[("ann", 500), ("ben", 300), ("cho", 200)]), None);
    assert_eq!(told.status, 200, "{}", told.text);
    let more = issue(&[("ann", 500)]);
    assert_eq!(register.enter(&more, None).code(), (409, "consent-required"));
    assert_eq!(register.enter(&more, Some("nothing")).code(), (404, "not-found"));

    let wanted = json!({ "operation": "issue_shares", "class_id": "common", "shares": 500 });
    let consent = register.propose(&wanted);
    let path = format!("/v1/consent/{}", consent.0);
    let votes = format!("{path}/votes");
    assert_eq!(register.enter(&more, Some(&consent.0)).code(), (409, "consent-required"));
    let cast = |body: &Value| {
        let told = server.post(&votes, body);
        (told.status, told.code().1.to_owned())
    };
    let code = |status, code: &str| (status, code.to_owned());
    assert_eq!(cast(&ballot(&consent, 9, Choice::Approve)), code(409, "not-in-electorate"));
    let mut forged = ballot(&consent, 1, Choice::Reject);
    forged["ballot"]["choice"] = json!("approve");
    assert_eq!(cast(&forged), code(422, "bad-ballot"));
    let other = (consent.0.clone(), Digest::of_blob(b"another"));
    assert_eq!(cast(&ballot(&other, 1, Choice::Approve)), code(422, "bad-ballot"));
    // Cho lets Ann vote: 700 of 1000 are for it, and nothing can change that.
    let given = Delegation::of(RecordId::parse(&consent.0).unwrap(), consent.1, (did(3), did(1)));
    let given = json!({ "delegation": signed(serde_json::to_value(given).unwrap(), 3) });
    let told = server.post(&format!("{path}/delegations"), &given);
    assert_eq!(told.status, 200, "{}", told.text);
    let body = ballot(&consent, 1, Choice::Approve).to_string();
    let key = [("idempotency-key", "vote-1")];
    let voted = server.send(&votes, body.as_bytes(), &key);
    assert_eq!((voted.status, voted.replayed), (200, false), "{}", voted.text);
    assert_eq!(voted.body["compliance"]["kind"], "consent.transition");
    let again = server.send(&votes, body.as_bytes(), &key);
    assert_eq!((again.status, again.replayed, &again.body), (200, true, &voted.body));
    let known = server.get(&path).body;
    assert_eq!((&known["status"], &known["tally"]["approve"]), (&json!("APPROVED"), &json!(700)));
    assert_eq!(cast(&ballot(&consent, 2, Choice::Reject)), code(409, "consent-closed"));

    // Good for exactly what was voted on, once.
    let told = register.enter(&issue(&[("ann", 501)]), Some(&consent.0));
    assert_eq!(told.code(), (409, "consent-required"), "{}", told.text);
    let told = register.enter(&more, Some(&consent.0));
    assert_eq!(told.status, 200, "{}", told.text);
    let class = &told.body["result"]["classes"][0];
    assert_eq!((&class["issued"], &class["terms"]["authorized"]), (&json!(1_500), &json!(1_500)));
    assert_eq!(server.get(&path).body["status"], "COMPLETED");
    assert_eq!(register.enter(&more, Some(&consent.0)).code(), (409, "consent-required"));
    let listed = server.get(&format!("/v1/consent?entity_id={}", register.entity)).body;
    assert_eq!(listed["items"][0]["status"], "COMPLETED");
}

#[test]
fn entries_are_read_back_as_on_any_day_and_dividends_add_up() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let entity = company(&home, &server, "Harbour Tea");
    let mut open = common(&entity);
    open["effective"] = json!("2026-01-01");
    assert_eq!(server.post(TABLES, &open).status, 201);
    let register = Register { server: &server, entity };
    let on = |day: &str, entry: Value| {
        let body = json!({ "entry": entry, "effective": day });
        server.post(&format!("{}/events", register.path()), &body)
    };
    for (id, voter) in [("ann", 1), ("ben", 2), ("cho", 3)] {
        let holder = json!({ "holder_id": id, "name": format!("Holder {id}"), "kind": "person",
            "voter": did(voter) });
        assert_eq!(on("2026-01-01", json!({ "event": "enter", "holder": holder })).status, 200);
    }
    let told = on("2026-01-02", issue(&[("ann", 334), ("ben", 333), ("cho", 333)]));
    assert_eq!(told.status, 200, "{}", told.text);
    let moved = json!({ "event": "transfer", "class_id": "common", "from": "cho", "to": "ben",
        "shares": 333 });
    assert_eq!(on("2026-02-01", moved.clone()).status, 200);
    assert_eq!(on("2026-03-01", moved.clone()).code(), (409, "shares-insufficient"));
    assert_eq!(on("2026-01-15", moved).code(), (409, "effective-before-last"));
    assert_eq!(on("9999-01-01", issue(&[("ann", 1)])).code(), (422, "effective-in-future"));
    let declared = json!({ "event": "declare_dividend", "dividend_id": "2026-q1",
        "class_id": "common", "per_share": { "currency": "SGD", "value": "0.01005" } });
    let told = on("2026-03-31", declared);
    assert_eq!(told.status, 200, "{}", told.text);
    let strange = json!({ "event": "repurchase", "class_id": "common", "holder_id": "nobody",
        "shares": 1 });
    assert_eq!(on("2026-03-31", strange).code(), (409, "ownership-unknown"));

    let held = |day: &str| {
        let table = server.get(&format!("{}?as_of={day}", register.path())).body;
        let holdings = table["classes"][0]["holdings"].as_array().unwrap().clone();
        holdings.iter().map(|row| row["shares"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(held("2026-01-01"), Vec::<u64>::new());
    assert_eq!(held("2026-01-31"), [334, 333, 333]);
    assert_eq!(held("2026-02-01"), [334, 666]);
    let before = server.get(&format!("{}?as_of=2025-12-31", register.path()));
    assert_eq!(before.code(), (404, "not-found"));
    let paid = server.get(&format!("{}/dividends/2026-q1", register.path())).body;
    assert_eq!((&paid["total"], &paid["shares"]), (&json!("10.05"), &json!(1_000)));
    assert_eq!(
        paid["parts"],
        json!([{ "holder_id": "ann", "amount": "3.36" },
        { "holder_id": "ben", "amount": "6.69" }])
    );
    let page = server.get(&format!("{}/events?limit=2", register.path())).body;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (2, &json!("2")));
    let rest = server.get(&format!("{}/events?after=2", register.path())).body;
    assert_eq!(rest["items"][0]["entry"], 3);
    assert_eq!(server.get(TABLES).body["items"][0]["entity_id"], json!(register.entity));
}

#[test]
fn members_over_the_threshold_of_law_are_told_beside_the_declared_owners() {
    let home = Home::of("pk-sifc", None);
    let server = Server::start(&home);
    let (entity, _) = crate::tax::company(&home, &server, "Indus Lantern", None);
    let path = format!("/v1/entities/{entity}/register");
    let declared = server.get(&path).body["owners"][0]["owner"]["name"].clone();
    assert_eq!(server.get(&path).body["members_over_threshold"], Value::Null, "no register yet");
    assert_eq!(server.post(TABLES, &common(&entity)).status, 201);
    let register = Register { server: &server, entity };
    let holder = json!({ "holder_id": "first", "name": declared, "kind": "person" });
    let told = register.enter(&json!({ "event": "enter", "holder": holder }), None);
    assert_eq!(told.status, 200, "{}", told.text);
    register.holder("ann", 1);
    register.holder("ben", 2);
    let told = register.enter(&issue(&[("first", 500), ("ann", 251), ("ben", 249)]), None);
    assert_eq!(told.status, 200, "{}", told.text);
    let read = server.get(&path).body;
    let over = read["members_over_threshold"].as_array().unwrap();
    let brief =
        |row: &Value| (row["holder_id"].clone(), row["shares_bp"].clone(), row["declared"].clone());
    assert_eq!(read["threshold"]["share_bp"], 2_500);
    assert_eq!(
        over.iter().map(brief).collect::<Vec<_>>(),
        [(json!("ann"), json!(2_510), json!(false)), (json!("first"), json!(5_000), json!(true))]
    );
    let before = server.get(&format!("{path}?known_at=2026-01-01T00:00:00Z")).body;
    assert_eq!(before["members_over_threshold"], json!(null), "{before}");
}

#[test]
fn what_is_wrong_with_a_register_or_a_proposal_is_told() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let entity = company(&home, &server, "Harbour Tea");
    let code = |path: &str, body: &Value| {
        let told = server.post(path, body);
        (told.status, told.code().1.to_owned())
    };
    let wrong = |status, code: &str| (status, code.to_owned());
    let mut body = common(&entity);
    body["colour"] = json!("red");
    assert_eq!(code(TABLES, &body), wrong(422, "invalid-fields"));
    for (field, value) in [("authorized", json!(0)), ("authorized", json!(-1)), ("name", json!(""))]
    {
        let mut body = common(&entity);
        body["classes"][0][field] = value;
        assert_eq!(code(TABLES, &body), wrong(422, "invalid-fields"), "{field}");
    }
    assert_eq!(code(TABLES, &common("nobody")), wrong(404, "not-found"));
    let path = format!("{TABLES}/{entity}");
    let enter = json!({ "entry": issue(&[("ann", 1)]) });
    assert_eq!(code(&format!("{path}/events"), &enter), wrong(404, "not-found"));
    assert_eq!(server.get(&path).code(), (404, "not-found"));
    assert_eq!(server.ask_as(&path, None).status, 401);
    let mut ask = json!({ "entity_id": entity, "title": "Wind up",
        "operation": { "operation": "dissolve" }, "expires": *LATER,
        "rule": { "quorum_bp": 0, "threshold": { "threshold": "majority", "of": "cast" } } });
    assert_eq!(code("/v1/consent", &ask), wrong(422, "bad-electorate"));
    ask["voters"] = json!([{ "voter_id": "ann", "did": did(1), "weight": 1 }]);
    assert_eq!(code("/v1/consent", &ask), wrong(422, "bad-proposal"));
    ask["rule"]["threshold"] = json!({ "threshold": "share", "of": "all", "basis_points": 7_500 });
    let told = server.post("/v1/consent", &ask);
    assert_eq!(told.status, 201, "{}", told.text);
    let (id, digest) =
        (&told.body["result"]["consent_id"], &told.body["result"]["proposal_sha256"]);
    let consent =
        (id.as_str().unwrap().to_owned(), Digest::from_hex(digest.as_str().unwrap()).unwrap());
    let votes = format!("/v1/consent/{}/votes", consent.0);
    let told = server.post(&votes, &ballot(&consent, 1, Choice::Approve));
    assert_eq!(told.body["result"]["status"], "APPROVED", "{}", told.text);
    // Others than the members voted, before there was a register.
    assert_eq!(server.post(TABLES, &common(&entity)).status, 201);
    let begin = json!({ "event": "initiate_dissolution", "consent_id": consent.0 });
    let events = format!("/v1/entities/{entity}/events");
    assert_eq!(code(&events, &begin), wrong(409, "consent-required"));
    assert_eq!(code("/v1/consent", &ask), wrong(422, "bad-electorate"));
    ask["operation"] = json!({ "operation": "resolve", "text_sha256": digest });
    ask["expires"] = json!("2020-01-01T00:00:00Z");
    assert_eq!(code("/v1/consent", &ask), wrong(422, "bad-proposal"));
}

#[test]
fn an_entity_with_a_register_is_wound_up_by_its_members_alone() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let entity = company(&home, &server, "Harbour Tea");
    assert_eq!(server.post(TABLES, &common(&entity)).status, 201);
    let register = Register { server: &server, entity };
    register.holder("ann", 1);
    assert_eq!(register.enter(&issue(&[("ann", 1)]), None).status, 200);
    let events = format!("/v1/entities/{}/events", register.entity);
    let mut begin = json!({ "event": "initiate_dissolution" });
    assert_eq!(server.post(&events, &begin).code(), (409, "consent-required"));
    let body = json!({ "entity_id": register.entity, "title": "Wind up", "expires": *LATER,
        "operation": { "operation": "dissolve" }, "rule": { "quorum_bp": 5_000,
        "threshold": { "threshold": "share", "of": "all", "basis_points": 7_500 } } });
    let told = server.post("/v1/consent", &body);
    assert_eq!(told.status, 201, "{}", told.text);
    let result = &told.body["result"];
    let id = result["consent_id"].as_str().unwrap().to_owned();
    let digest = Digest::from_hex(result["proposal_sha256"].as_str().unwrap()).unwrap();
    begin["consent_id"] = json!(id);
    assert_eq!(server.post(&events, &begin).code(), (409, "consent-required"));
    let consent = (id, digest);
    let votes = format!("/v1/consent/{}/votes", consent.0);
    assert_eq!(server.post(&votes, &ballot(&consent, 1, Choice::Approve)).status, 200);
    let told = server.post(&events, &begin);
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(register.enter(&issue(&[("ann", 1)]), None).code(), (409, "entity-not-active"));
}

/// Runs the command line; what it printed as JSON.
pub fn mez(args: &[&str]) -> Value {
    let out = Command::new(env!("CARGO_BIN_EXE_mez")).args(args).arg("--json").output().unwrap();
    let text = String::from_utf8([out.stdout.clone(), out.stderr].concat()).unwrap();
    assert!(out.status.success(), "{args:?}: {text}");
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn a_vote_is_signed_and_handed_in_from_the_command_line() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let entity = company(&home, &server, "Harbour Tea");
    let place = folder("owning");
    let at = |name: &str| place.join(name).display().to_string();
    let file = |name: &str, document: &Value| {
        std::fs::write(place.join(name), document.to_string()).unwrap();
        at(name)
    };
    let on = ["--url", &server.url, "--token", &server.token];
    let ask = |args: &[&str]| mez(&[args, &on[..]].concat());
    mez(&["vc", "keygen", "--output", &at(""), "--prefix", "ann"]);
    let public: Value =
        serde_json::from_slice(&std::fs::read(at("ann.pub.json")).unwrap()).unwrap();
    let did = format!("did:key:{}", public["kid"].as_str().unwrap());

    ask(&["ownership", "open", &file("open.json", &common(&entity))]);
    let holder = json!({ "event": "enter", "holder": { "holder_id": "ann", "name": "Ann Tan",
        "kind": "person", "voter": did } });
    ask(&["ownership", "enter", &entity, &file("holder.json", &holder)]);
    let first = file("first.json", &issue(&[("ann", 1_000)]));
    ask(&["ownership", "enter", &entity, &first]);
    let wanted = json!({ "entity_id": entity, "title": "More", "expires": *LATER,
        "operation": { "operation": "issue_shares", "class_id": "common", "shares": 7 },
        "rule": { "quorum_bp": 0, "threshold": { "threshold": "majority", "of": "all" } } });
    let told = ask(&["consent", "propose", &file("wanted.json", &wanted)]);
    let of = |name: &str| told["result"][name].as_str().unwrap().to_owned();
    let (id, digest) = (of("consent_id"), of("proposal_sha256"));
    let (key, vote) = (at("ann.priv.json"), at("vote.json"));
    let sign = ["--proposal", &digest, "--choice", "approve", "--key", &key, "--out", &vote];
    mez(&[&["consent", "sign", &id][..], &sign].concat());
    ask(&["consent", "vote", &id, &vote]);
    assert_eq!(ask(&["consent", "show", &id])["status"], "APPROVED");
    let more = file("more.json", &issue(&[("ann", 7)]));
    ask(&["ownership", "enter", &entity, &more, "--consent", &id]);
    let table = ask(&["ownership", "show", &entity]);
    assert_eq!(table["classes"][0]["issued"], 1_007);
}
