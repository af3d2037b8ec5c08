//! `/v1/council`: what is the zone's own is put to the vote of its council, and an approval stops a corridor once.

use canon::{Digest, RecordId, Timestamp};
use registry::consent::{Choice, Delegation};
use serde_json::{Value, json};

use crate::corridors::wait;
use crate::forks::{again, joined};
use crate::home::{EVIDENCE, Home, folder, now};
use crate::ownership::{ballot, did, later, mez, signed};
use crate::server::{Server, Told};
use crate::two_persons::governed;

pub const PROPOSALS: &str = "/v1/council/proposals";

/// Members with a key each and so many votes, of whom more than half decide where half took part.
pub fn council(members: &[(u8, u64)]) -> Value {
    let voter = |(n, weight): &(u8, u64)| json!({ "voter_id": format!("m{n}"), "did": did(*n), "weight": weight });
    let voters: Vec<Value> = members.iter().map(voter).collect();
    let threshold = json!({ "threshold": "majority", "of": "cast" });
    json!({ "voters": voters, "rule": { "quorum_bp": 5_000, "threshold": threshold } })
}

fn ruled() -> Home {
    governed(&json!({ "two_persons": true, "council": council(&[(1, 1), (2, 1), (3, 1)]) }))
}

/// A zone with a council, and a corridor to another.
struct Ground {
    homes: [Home; 2],
    zones: [Server; 2],
    path: String,
}

impl Ground {
    fn new() -> Self {
        let homes = [ruled(), Home::of("pk-sifc", None)];
        let zones = homes.each_ref().map(Server::start);
        let path = joined(&zones[0], &zones[1], [&homes[0], &homes[1]]);
        Self { homes, zones, path }
    }

    fn corridor(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }

    fn to(&self, operation: &str, expires: &str) -> Value {
        let operation = json!({ "operation": operation, "corridor_id": self.corridor() });
        json!({ "operation": operation, "title": "An inquiry", "expires": expires })
    }

    /// Id and digest of a proposal that was opened.
    fn opened(&self, operation: &str, expires: &str) -> (String, Digest) {
        let told = self.zones[0].post(PROPOSALS, &self.to(operation, expires));
        assert_eq!(told.status, 201, "{}", told.text);
        let text = |name: &str| told.body[name].as_str().unwrap().to_owned();
        (text("consent_id"), Digest::from_hex(&text("proposal_sha256")).unwrap())
    }

    fn vote(&self, on: &(String, Digest), by: u8, choice: Choice) -> Told {
        self.zones[0].post(&format!("{PROPOSALS}/{}/votes", on.0), &ballot(on, by, choice))
    }

    fn carried(&self, operation: &str) -> (String, Digest) {
        let on = self.opened(operation, later());
        for by in [1, 2] {
            let told = self.vote(&on, by, Choice::Approve);
            assert_eq!(told.status, 200, "{}", told.text);
        }
        assert_eq!(self.status(&on), "APPROVED");
        on
    }

    fn status(&self, on: &(String, Digest)) -> String {
        let told = self.zones[0].get(&format!("{PROPOSALS}/{}", on.0));
        told.body["status"].as_str().unwrap_or_else(|| panic!("{}", told.text)).to_owned()
    }

    fn stop(&self, verb: &str, vote: &str, key: &str) -> Told {
        let body =
            json!({ "reason": "an inquiry", "authority": "the council", "consent_id": vote });
        let keyed = [("idempotency-key", key)];
        self.zones[0].send(&format!("{}/{verb}", self.path), body.to_string().as_bytes(), &keyed)
    }

    fn state(&self) -> String {
        self.zones[0].get(&self.path).body["state"].as_str().unwrap().to_owned()
    }
}

/// Refused for the reason named, and the corridor goes on.
fn not_authorised(it: &Ground, (verb, vote): (&str, &str), why: &str) {
    let told = it.stop(verb, vote, "");
    assert_eq!(told.code(), (409, "consent-required"), "{why}: {}", told.text);
    assert!(told.text.contains(why), "{why}: {}", told.text);
    assert_eq!(it.state(), "ACTIVE", "{why}");
}

#[test]
fn a_vote_of_the_council_halts_a_corridor_once_and_nobody_else_is_asked() {
    let it = Ground::new();
    let [a, b] = &it.zones;
    // Without a vote it takes two persons, as before.
    let alone = json!({ "reason": "an inquiry", "authority": "the desk" });
    let told = a.post(&format!("{}/halt", it.path), &alone);
    assert_eq!((told.status, &told.body["state"]), (202, &json!("pending")), "{}", told.text);

    let on = it.opened("halt_corridor", later());
    let shown = a.get(&format!("{PROPOSALS}/{}", on.0)).body;
    assert_eq!(shown["proposal"]["zone_id"], a.ready["zone_id"], "{shown}");
    assert_eq!(shown["tally"]["total"], 3, "{shown}");
    let code = |told: Told| (told.status, told.code().1.to_owned());
    let refused = |status, code: &str| (status, code.to_owned());
    assert_eq!(code(it.vote(&on, 9, Choice::Approve)), refused(409, "not-in-electorate"));
    let mut forged = ballot(&on, 1, Choice::Reject);
    forged["ballot"]["choice"] = json!("approve");
    let votes = format!("{PROPOSALS}/{}/votes", on.0);
    assert_eq!(code(a.post(&votes, &forged)), refused(422, "bad-ballot"));
    not_authorised(&it, ("halt", &on.0), "PENDING");
    // Two of three: one by themselves, one by whom they let vote.
    let given = Delegation::of(RecordId::parse(&on.0).unwrap(), on.1, (did(3), did(1)));
    let given = json!({ "delegation": signed(serde_json::to_value(given).unwrap(), 3) });
    let told = a.post(&format!("{PROPOSALS}/{}/delegations", on.0), &given);
    assert_eq!(told.status, 200, "{}", told.text);
    let told = it.vote(&on, 1, Choice::Approve);
    assert_eq!(told.body["status"], "APPROVED", "{}", told.text);
    assert_eq!(code(it.vote(&on, 2, Choice::Reject)), refused(409, "consent-closed"));

    // Good for exactly what was voted on.
    not_authorised(&it, ("suspend", &on.0), "another operation");
    let done = it.stop("halt", &on.0, "halt-1");
    assert_eq!((done.status, &done.body["state"]), (200, &json!("HALTED")), "{}", done.text);
    let twice = it.stop("halt", &on.0, "halt-1");
    assert_eq!((twice.status, twice.replayed, &twice.body), (200, true, &done.body));
    wait(b, &it.path, |told| told["state"] == "HALTED");
    assert_eq!(it.status(&on), "COMPLETED");

    // Both go on, as ever; the vote was for one halt.
    let why = json!({ "reason": "the inquiry is over" });
    assert_eq!(a.post(&format!("{}/resume", it.path), &why).status, 200);
    wait(b, &it.path, |told| told["resume_offered"] == true);
    assert_eq!(b.post(&format!("{}/resume", it.path), &why).status, 200);
    wait(a, &it.path, |told| told["state"] == "ACTIVE");
    not_authorised(&it, ("halt", &on.0), "COMPLETED");
    by_hand(&it);
}

/// The same by the commands people give, for a pause.
fn by_hand(it: &Ground) {
    let place = folder("council");
    let at = |name: &str| place.join(name).display().to_string();
    let a = &it.zones[0];
    let on = ["--council", "--url", &a.url, "--token", &a.token];
    std::fs::write(at("pause.json"), it.to("suspend_corridor", later()).to_string()).unwrap();
    let opened = mez(&[&["consent", "propose", &at("pause.json")], &on[..]].concat());
    let id = opened["consent_id"].as_str().unwrap();
    let digest = Digest::from_hex(opened["proposal_sha256"].as_str().unwrap()).unwrap();
    for by in [1, 2] {
        let signed = ballot(&(id.to_owned(), digest), by, Choice::Approve)["ballot"].to_string();
        let file = at(&format!("vote-{by}.json"));
        std::fs::write(&file, signed).unwrap();
        mez(&[&["consent", "vote", id, &file], &on[..]].concat());
    }
    let shown = mez(&[&["consent", "show", id], &on[..]].concat());
    assert_eq!(shown["status"], "APPROVED", "{shown}");
    let why = ["--reason", "an inquiry", "--authority", "the council", "--consent", id];
    let halt = ["corridor", "suspend", it.corridor()];
    let done = mez(&[&halt[..], &why[..], &on[1..]].concat());
    assert_eq!(done["state"], "SUSPENDED", "{done}");
    let listed = a.get(PROPOSALS).body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
}

#[test]
fn what_the_council_did_not_carry_itself_stops_nothing() {
    let mut it = Ground::new();
    let third = Home::of("ae-abudhabi-adgm", None);
    let c = Server::start(&third);
    let other = joined(&it.zones[0], &c, [&it.homes[0], &third]);

    // About another corridor.
    let on = it.carried("halt_corridor");
    let body = json!({ "reason": "an inquiry", "authority": "the council", "consent_id": on.0 });
    let told = it.zones[0].post(&format!("{other}/halt"), &body);
    assert_eq!(told.code(), (409, "consent-required"), "{}", told.text);
    assert!(told.text.contains("another operation"), "{}", told.text);
    // Rejected; without a quorum in time; called off; of nobody.
    let lost = it.opened("halt_corridor", later());
    for by in [1, 2] {
        assert_eq!(it.vote(&lost, by, Choice::Reject).status, 200);
    }
    not_authorised(&it, ("halt", &lost.0), "REJECTED");
    let soon = Timestamp::from_unix(now().unix() + 3).unwrap().to_string();
    let late = it.opened("halt_corridor", &soon);
    assert_eq!(it.vote(&late, 1, Choice::Approve).status, 200);
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!(it.vote(&late, 2, Choice::Approve).code(), (409, "consent-closed"));
    not_authorised(&it, ("halt", &late.0), "EXPIRED");
    let off = it.opened("halt_corridor", later());
    let cancel = format!("{PROPOSALS}/{}/cancel", off.0);
    assert_eq!(it.zones[0].post(&cancel, &json!({ "reason": "a mistake" })).status, 200);
    let twice = it.zones[0].post(&cancel, &json!({ "reason": "a mistake" }));
    assert_eq!(twice.code(), (409, "consent-closed"), "{}", twice.text);
    not_authorised(&it, ("halt", &off.0), "CANCELED");
    assert_eq!(it.stop("halt", "nothing", "").code(), (404, "not-found"));
    cannot_be_opened(&it);

    // Another council is settled, of which two are as before: what the first one carried lets nothing through.
    it.zones[0].signal("-TERM");
    let access = json!({ "type": "MEZAccess", "realm": "sandbox", "two_persons": true,
        "council": council(&[(1, 1), (2, 1), (4, 1)]) });
    std::fs::write(it.homes[0].dir.access(), access.to_string()).unwrap();
    let url = it.zones[0].url.clone();
    it.zones[0] = again(&it.homes[0], &url);
    assert_eq!(it.status(&on), "APPROVED");
    not_authorised(&it, ("halt", &on.0), "the council is another by now");
    let anew = it.carried("halt_corridor");
    assert_eq!(it.stop("halt", &anew.0, "").status, 200);
}

/// What is not the council's, and what is nobody else's.
fn cannot_be_opened(it: &Ground) {
    let a = &it.zones[0];
    let code = |path: &str, body: &Value| {
        let told = a.post(path, body);
        (told.status, told.code().1.to_owned())
    };
    let refused = |status, code: &str| (status, code.to_owned());
    let mut wanted = it.to("halt_corridor", later());
    wanted["operation"] = json!({ "operation": "dissolve" });
    assert_eq!(code(PROPOSALS, &wanted), refused(422, "bad-proposal"));
    let mut wanted = it.to("halt_corridor", later());
    wanted["operation"]["corridor_id"] = json!("org.momentum.mez.corridor.hk--sg");
    assert_eq!(code(PROPOSALS, &wanted), refused(404, "not-found"));
    assert_eq!(
        code(PROPOSALS, &it.to("halt_corridor", "2026-01-01T00:00:00Z")),
        refused(422, "bad-proposal")
    );
    let mut wanted = it.to("halt_corridor", later());
    wanted["voters"] = json!([{ "voter_id": "me", "did": did(9), "weight": 1 }]);
    assert_eq!(code(PROPOSALS, &wanted), refused(422, "invalid-fields"));
    // An entity's members decide nothing about a corridor.
    let formed = a.post("/v1/entities", &it.homes[0].company("Harbour Tea", "sg", EVIDENCE));
    assert_eq!(formed.status, 201, "{}", formed.text);
    let mut wanted = it.to("halt_corridor", later());
    wanted["entity_id"] = formed.body["result"]["entity_id"].clone();
    wanted["voters"] = json!([{ "voter_id": "me", "did": did(9), "weight": 1 }]);
    wanted["rule"] = council(&[])["rule"].clone();
    assert_eq!(code("/v1/consent", &wanted), refused(422, "bad-electorate"));
    // Readers read.
    let made = a.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["reader"] }));
    let bearer = format!("Bearer {}", made.body["token"].as_str().unwrap());
    let body = it.to("halt_corridor", later()).to_string();
    let told = a.send(PROPOSALS, body.as_bytes(), &[("authorization", &bearer)]);
    assert_eq!(told.code(), (403, "forbidden"), "{}", told.text);
    // A zone whose council nobody settled has none.
    let told = it.zones[1].post(PROPOSALS, &it.to("halt_corridor", later()));
    assert_eq!(told.code(), (422, "bad-electorate"), "{}", told.text);
}
