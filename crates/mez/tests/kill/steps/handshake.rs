//! The handshake: propose, accept, activate.

use serde_json::{Value, json};

use super::pair::Pair;
use super::{Journey, Step};
use crate::place::Base;

pub(super) const JOURNEY: Journey = Journey {
    name: "handshake",
    base: Base::apart,
    before: |_| {},
    steps: &[
        Step { name: "propose", ask: propose, done: |pair| states(pair).1 != "none" },
        Step { name: "accept", ask: accept, done: |_| true },
        Step { name: "activate", ask: |_| {}, done: |pair| states(pair) == both("ACTIVE") },
    ],
    legal,
    after: business,
};

/// The proposer's state and the other's, which may be seen together; the proposer is first.
const LEGAL: [(&str, &str); 6] = [
    ("none", "none"),
    ("DRAFT", "none"),
    ("DRAFT", "PENDING"),
    ("PENDING", "PENDING"),
    // The other countersigned, and its answer is on its way.
    ("PENDING", "ACTIVE"),
    ("ACTIVE", "ACTIVE"),
];

fn both(state: &str) -> (String, String) {
    (state.to_owned(), state.to_owned())
}

fn state(pair: &mut Pair, zone: usize) -> String {
    let page = pair.get(zone, "/v1/corridors");
    let items = page["items"].as_array().unwrap();
    pair.assert(items.len() <= 1, &format!("more than one corridor: {page}"));
    items.first().map_or("none", |item| item["state"].as_str().unwrap()).to_owned()
}

/// Both at one moment: the first did not change while the other was asked.
fn states(pair: &mut Pair) -> (String, String) {
    loop {
        let before = state(pair, 0);
        let there = state(pair, 1);
        if state(pair, 0) == before {
            return (before, there);
        }
    }
}

fn legal(pair: &mut Pair) {
    let (here, there) = states(pair);
    let legal = LEGAL.contains(&(here.as_str(), there.as_str()));
    pair.assert(legal, &format!("{here} here and {there} there"));
}

fn propose(pair: &mut Pair) {
    let body = json!({ "url": pair.url(1), "did": pair.dids[1] });
    let proposed = pair.ask(0, "propose", "/v1/corridors", &body);
    pair.corridor = Some(proposed["corridor_id"].as_str().unwrap().to_owned());
}

fn path(pair: &Pair, rest: &str) -> String {
    format!("/v1/corridors/{}{rest}", pair.corridor.as_deref().unwrap())
}

fn accept(pair: &mut Pair) {
    let body = json!({ "peer_did": pair.dids[0] });
    let path = path(pair, "/accept");
    pair.ask(1, "accept", &path, &body);
}

/// Both hold the same corridor from the same beginning: a receipt each way, and a cut both sign.
fn business(pair: &mut Pair) {
    let (one, receipts, cuts) = (path(pair, ""), path(pair, "/receipts"), path(pair, "/cuts"));
    let known = [pair.get(0, &one), pair.get(1, &one)];
    pair.assert(known[0]["genesis_root"].is_string(), "no genesis");
    pair.assert(known[0]["genesis_root"] == known[1]["genesis_root"], "two beginnings");
    for zone in [0, 1] {
        pair.ask(zone, "noop", &receipts, &json!({}));
    }
    pair.wait("a receipt each way", |pair| {
        let one = path(pair, "");
        let (here, there) = (pair.get(0, &one), pair.get(1, &one));
        let same = |a: &Value, b: &Value| a["size"] == b["size"] && a["root"] == b["root"];
        let decided = |a: &Value| a["acknowledged"].as_u64() >= Some(1);
        same(&here["lane_here"], &there["lane_there"])
            && same(&here["lane_there"], &there["lane_here"])
            && decided(&here["lane_here"])
            && decided(&there["lane_here"])
    });
    let cut = pair.ask(0, "cut", &cuts, &json!({}));
    pair.assert(cut.is_object(), "no cut");
    let active = states(pair) == both("ACTIVE");
    pair.assert(active, "not active at the end");
}
