//! What a board decides, by whom the register of officers says sits on it.

use canon::Digest;
use registry::consent::Choice;
use serde_json::{Value, json};

use crate::home::Home;
use crate::ownership::{Register, ballot, common, company, did, issue, later, opened};
use crate::server::{Server, Told};

/// A company whose members may transfer shares with the approval of its board.
struct Company<'a>(Register<'a>);

const MOVED: &str = r#"{ "class_id": "common", "from": "ann", "to": "ben", "shares": 1 }"#;

fn moved(tag: &str, name: &str) -> Value {
    let mut moved: Value = serde_json::from_str(MOVED).unwrap();
    moved[tag] = json!(name);
    moved
}

impl<'a> Company<'a> {
    fn new(home: &Home, server: &'a Server) -> Self {
        let entity = company(home, server, "Harbour Tea");
        let mut open = common(&entity);
        open["classes"][0]["transfer"] = json!({ "approval": true });
        assert_eq!(server.post("/v1/ownership/cap-tables", &open).status, 201);
        let register = Register { server, entity };
        for (id, voter) in [("ann", 1), ("ben", 2)] {
            register.holder(id, voter);
        }
        assert_eq!(register.enter(&issue(&[("ann", 10)]), None).status, 200);
        Self(register)
    }

    fn appoint(&self, name: &str, office: &str, voter: Option<&str>) -> Told {
        let officer = json!({ "name": name, "kind": "person", "office": office, "voter": voter });
        let path = format!("/v1/entities/{}/officers", self.0.entity);
        self.0.server.post(&path, &json!({ "officer": officer }))
    }

    /// A proposal to approve the transfer, by voters who are stated or by the register.
    fn propose(&self, voters: Option<Value>) -> Told {
        let ask = json!({ "entity_id": self.0.entity, "title": "A sale", "voters": voters,
            "operation": moved("operation", "transfer_shares"), "expires": later(),
            "rule": { "quorum_bp": 5_000, "threshold": { "threshold": "majority", "of": "all" } } });
        self.0.server.post("/v1/consent", &ask)
    }

    fn approve(&self, consent: &(String, Digest), by: u8) -> Told {
        let votes = format!("/v1/consent/{}/votes", consent.0);
        self.0.server.post(&votes, &ballot(consent, by, Choice::Approve))
    }

    fn transfer(&self, consent: &(String, Digest)) -> Told {
        self.0.enter(&moved("event", "transfer"), Some(&consent.0))
    }
}

fn friend() -> Option<Value> {
    Some(json!([{ "voter_id": "friend", "did": did(9), "weight": 1 }]))
}

#[test]
fn a_board_with_keys_decides_and_nobody_else() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let company = Company::new(&home, &server);
    // Before the register names a board with keys, the proposal does.
    assert_eq!(company.appoint("Dara Field", "director", None).status, 200);
    assert_eq!(company.propose(None).code(), (422, "bad-electorate"));
    let stated = opened(&company.propose(friend()));
    assert_eq!(company.approve(&stated, 9).body["result"]["status"], "APPROVED");

    for (name, office, key) in [("Ada Mole", "chairperson", 5), ("Dara Field", "director", 4)] {
        let told = company.appoint(name, office, Some(did(key).as_str()));
        assert_eq!(told.status, 200, "{}", told.text);
    }
    assert_eq!(company.propose(friend()).code(), (422, "bad-electorate"));
    let told = company.transfer(&stated);
    assert_eq!(told.code(), (409, "consent-required"), "others voted: {}", told.text);
    let consent = opened(&company.propose(None));
    assert_eq!(company.approve(&consent, 5).body["result"]["status"], "PENDING");
    assert_eq!(company.approve(&consent, 4).body["result"]["status"], "APPROVED");
    let told = company.transfer(&consent);
    assert_eq!(told.status, 200, "{}", told.text);
}

#[test]
fn who_sits_on_a_board_is_told_with_the_proposal() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let company = Company::new(&home, &server);
    let told = company.appoint("Ada Mole", "chairperson", Some("did:key:z6Mk"));
    assert_eq!(told.code(), (422, "invalid-fields"));
    assert_eq!(told.body["errors"][0]["pointer"], "/officer/voter");
    assert_eq!(company.appoint("Dara Field", "director", None).status, 200);
    for (name, office, key) in [("Ada Mole", "chairperson", 5), ("Edo Reed", "secretary", 6)] {
        assert_eq!(company.appoint(name, office, Some(did(key).as_str())).status, 200);
    }
    let consent = opened(&company.propose(None));
    let known = server.get(&format!("/v1/consent/{}", consent.0)).body;
    let electorate = &known["proposal"]["electorate"];
    assert_eq!(electorate["basis"]["basis"], "officers", "{known}");
    assert_eq!(
        electorate["voters"],
        json!([{ "voter_id": "officer-0", "weight": 1 },
            { "voter_id": "officer-1", "did": did(5), "weight": 1 }])
    );
    let told = company.approve(&consent, 6);
    assert_eq!(told.code(), (409, "not-in-electorate"), "a secretary has no vote");
    let told = company.approve(&consent, 5).body["result"]["status"].clone();
    assert_eq!(told, "REJECTED", "one of two is no majority, and the other cannot vote");
}
