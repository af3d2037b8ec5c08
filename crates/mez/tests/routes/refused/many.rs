//! Bounds of what waits: approvals, decisions about hits, endorsements.

use serde_json::{Value, json};

use super::is;
use super::pair::homes;
use super::rows::Rows;
use crate::corridors::{did, wait};
use crate::forks::again;
use crate::home::{Home, folder, now};
use crate::screening::{form, lay};
use crate::server::Server;
use crate::thresholds::mez;
use crate::two_persons::{LIMITS, governed, limits};

#[test]
fn a_hundred_requests_wait_for_a_second_person_and_no_more() {
    let home = governed(&json!({ "two_persons": true }));
    let server = Server::start(&home);
    for tier in 1..=100 {
        let told = server.post(LIMITS, &limits(&format!("{tier}.00")));
        assert_eq!(told.status, 202, "{}", told.text);
    }
    is(&server.post(LIMITS, &limits("101.00")), 409, "too-many-approvals");
}

#[test]
fn so_many_decisions_are_kept_of_one_subject() {
    let home = Home::of("sg", None);
    lay(&home, "STRAITS LEDGER", &now().date().to_string());
    let server = Server::start(&home);
    assert_eq!(form(&home, &server, "Straits Ledger").status, 403);
    let denied = server.get("/v1/decisions?outcome=deny").body;
    let screening = &denied["items"][0]["screenings"][0];
    let wanted = json!({
        "subject_sha256": screening["subject_sha256"],
        "list": screening["hits"][0]["list"], "entry": screening["hits"][0]["entry"],
        "verdict": "not_this_subject", "ground": "kind_differs",
        "note": "the listed one is a person",
        "until": now().plus_secs(86_400).unwrap().date(),
    });
    let propose = |server: &Server, body: &Value| server.post("/v1/screening/dispositions", body);
    assert_eq!(propose(&server, &wanted).status, 201);
    let mut stranger = wanted.clone();
    stranger["entry"] = json!("nobody");
    is(&propose(&server, &stranger), 422, "no-such-entry");
    drop(server);
    let rows = Rows::of(&home);
    let (id, kept) = rows.first("disposition", None);
    rows.sow("disposition", (1..200u32).map(|n| (format!("{id}x{n:03}"), kept.clone())));
    drop(rows);
    let server = Server::start(&home);
    is(&propose(&server, &wanted), 409, "too-many-dispositions");
}

#[test]
fn so_many_endorsements_are_held_for_a_corridor() {
    let homes = homes();
    let [mut a, b] = homes.each_ref().map(Server::start);
    let dir = folder("endorsed");
    let (code, made) = mez(&dir, None, &["watcher", "keygen", "--prefix", "watcher"]);
    assert_eq!(code, 0, "{made}");
    let proposal = json!({
        "url": b.url, "did": did(&homes[1]),
        "thresholds": [{ "class": "business", "role": "watcher", "required": 1, "of": 1 }],
        "holders": [{ "role": "watcher", "holders": [made["did"]] }],
    });
    let proposed = a.post("/v1/corridors", &proposal);
    assert_eq!(proposed.status, 201, "{}", proposed.text);
    let id = proposed.body["corridor_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/corridors/{id}");
    wait(&b, &path, |told| told["state"] == "PENDING");
    let accept = json!({ "peer_did": did(&homes[0]) });
    assert_eq!(b.post(&format!("{path}/accept"), &accept).status, 200);
    wait(&a, &path, |told| told["state"] == "ACTIVE");
    let signed = |days: i64| -> Value {
        let until = now().plus_secs(days * 86_400).unwrap().to_string();
        let name = format!("stands-{days}.json");
        let lane = "org.momentum.mez.zone.sg";
        let sign = format!(
            "corridor sign-endorsement {id} --lane {lane} --role watcher --class business --until {until} \
             --key watcher.priv.json --out {name}"
        );
        let sign: Vec<&str> = sign.split(' ').collect();
        assert_eq!(mez(&dir, None, &sign).0, 0);
        serde_json::from_slice(&std::fs::read(dir.join(name)).unwrap()).unwrap()
    };
    let give = |server: &Server, endorsement: &Value| {
        server.post(&format!("{path}/endorsements"), &json!({ "endorsement": endorsement }))
    };
    let told = give(&a, &signed(1));
    assert!(told.status < 300, "{}", told.text);
    let url = a.url.clone();
    a.signal("-TERM");
    let rows = Rows::of(&homes[0]);
    let mut kept = rows.read("endorsement", &id);
    let one = kept["documents"][0].clone();
    kept["documents"] = json!(vec![one; 256]);
    rows.change("endorsement", &id, &kept);
    drop(rows);
    let a = again(&homes[0], &url);
    is(&give(&a, &signed(2)), 409, "too-many-endorsements");
}
