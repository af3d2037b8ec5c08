//! `/v1/corridors`: generations, amendments, endorsements, keys of payloads, anchors, and peers that answer otherwise.

use canon::Realm;
use proof::Purpose;
use serde_json::{Value, json};

use super::is;
use super::pair::{Pair, homes, key};
use super::rows::Rows;
use crate::corridors::{did, wait};
use crate::forks::noop;
use crate::home::{Home, now};
use crate::server::{Server, Told};

/// What a zone says next in a handshake that is carried by hand.
fn file(server: &Server, path: &str) -> Value {
    let told = server.post(&format!("{path}/handshake"), &json!({}));
    assert_eq!(told.status, 200, "{}", told.text);
    told.body
}

fn take(server: &Server, file: &Value) -> Told {
    server.post("/v1/corridors/handshake", &json!({ "file": file }))
}

/// A proposal to a zone that cannot be reached: where it stands, and the file to be carried.
fn proposed(from: &Server, to: &Server, to_home: &Home) -> (String, Value) {
    let inception = to.get("/.well-known/mez/inception.json").body;
    let wanted = json!({ "did": did(to_home), "inception": inception });
    let told = from.post("/v1/corridors", &wanted);
    assert_eq!(told.status, 201, "{}", told.text);
    let path = format!("/v1/corridors/{}", told.body["corridor_id"].as_str().unwrap());
    let file = file(from, &path);
    (path, file)
}

#[test]
fn a_second_generation_waits_for_the_end_of_the_first_at_both_ends() {
    let homes = homes();
    let [a, b] = homes.each_ref().map(Server::start);
    let (path, first) = proposed(&b, &a, &homes[0]);
    assert_eq!(take(&a, &first).status, 200);
    let accept = json!({ "peer_did": did(&homes[1]) });
    assert_eq!(a.post(&format!("{path}/accept"), &accept).status, 200);
    for (from, to) in [(&a, &b), (&b, &a), (&a, &b)] {
        let told = take(to, &file(from, &path));
        assert_eq!(told.status, 200, "{}", told.text);
    }
    // The second zone ends it, and the first is not told.
    let end = json!({ "reason": "moved", "authority": "the board" });
    let told = b.post(&format!("{path}/deprecate"), &end);
    assert_eq!(told.body["state"], "DEPRECATED", "{}", told.text);
    let (_, next) = proposed(&b, &a, &homes[0]);
    is(&take(&a, &next), 409, "generation-refused");
    assert_eq!(a.get(&path).body["state"], "ACTIVE");
}

#[test]
fn a_zone_keeps_so_many_proposals_of_peers_it_has_not_answered() {
    let homes = homes();
    let [mut a, b] = homes.each_ref().map(Server::start);
    let (path, first) = proposed(&b, &a, &homes[0]);
    assert_eq!(take(&a, &first).status, 200);
    let url = a.url.clone();
    a.signal("-TERM");
    let rows = Rows::of(&homes[0]);
    let kept = rows.read("corridor", path.rsplit('/').next().unwrap());
    rows.sow(
        "corridor",
        (1..64u32).map(|n| {
            let id = format!("org.momentum.mez.corridor.sg--z{n:02}");
            let mut row = kept.clone();
            row["corridor_id"] = json!(id);
            (id, row)
        }),
    );
    drop(rows);
    let a = crate::forks::again(&homes[0], &url);
    let other = Home::of("pk-sifc", None);
    let c = Server::start(&other);
    let (_, second) = proposed(&c, &a, &homes[0]);
    is(&take(&a, &second), 409, "too-many-proposals");
}

#[test]
fn a_corridor_is_amended_a_hundred_times_and_no_more() {
    let mut pair = Pair::new();
    let path = pair.path.clone();
    let offer = |pair: &Pair| {
        let wanted = json!({ "reason": "a year more" });
        pair.b.post(&format!("{}/amendments", pair.path), &wanted)
    };
    let agreed = path.clone() + "/amendments";
    let offered = |pair: &Pair| {
        assert_eq!(offer(pair).status, 200);
        let told = wait(&pair.a, &path, |told| told["agreed"]["amendment_offered"].is_string());
        told["agreed"]["amendment_offered"].clone()
    };
    let first = json!({ "amendment_sha256": offered(&pair) });
    let told = pair.a.post(&format!("{agreed}/accept"), &first);
    assert_eq!(told.status, 200, "{}", told.text);
    wait(&pair.b, &agreed, |told| told["amendments"][0].is_object());
    let digest = offered(&pair);
    let id = pair.id().to_owned();
    pair.again(|home| {
        let rows = Rows::of(home);
        let mut kept = rows.read("corridor", &id);
        let one = kept["amendments"][0].clone();
        kept["amendments"] = json!(vec![one; 100]);
        rows.change("corridor", &id, &kept);
    });
    let accept = json!({ "amendment_sha256": digest });
    is(&pair.a.post(&format!("{path}/amendments/accept"), &accept), 409, "too-many-amendments");
    let wanted = json!({ "reason": "and another" });
    is(&pair.a.post(&format!("{path}/amendments"), &wanted), 409, "too-many-amendments");
}

#[test]
fn a_cut_is_anchored_where_the_proof_says_and_not_where_it_is_named() {
    let pair = Pair::new();
    noop(&pair.b, &pair.a, &pair.path);
    let cut = pair.a.send(&format!("{}/cuts", pair.path), b"", &[]);
    assert_eq!(cut.status, 201, "{}", cut.text);
    let digest = corridor::Cut::digest(&cut.body["cut"]).unwrap();
    let anchor = json!({
        "cut_sha256": digest, "root": "log:nowhere",
        "anchor": { "chain": "c2sp-log", "key": "nobody", "proof": "nothing" },
    });
    is(&pair.a.post(&format!("{}/anchors", pair.path), &anchor), 422, "anchor-refused");
}
