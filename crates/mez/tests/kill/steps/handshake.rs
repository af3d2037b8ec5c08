//! The handshake: propose, accept, activate.

use serde_json::{Value, json};

use super::group::Group;
use super::{Journey, Step};
use crate::place::Base;

pub(super) const JOURNEY: Journey = Journey {
    name: "handshake",
    base: Base::apart,
    before: |_| {},
    steps: &[
        Step { name: "propose", ask: propose, done: |group| states(group).1 != "none" },
        Step { name: "accept", ask: accept, done: |_| true },
        Step { name: "activate", ask: |_| {}, done: |group| states(group) == both("ACTIVE") },
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

fn state(group: &mut Group, zone: usize) -> String {
    let page = group.get(zone, "/v1/corridors");
    let items = page["items"].as_array().unwrap();
    group.assert(items.len() <= 1, &format!("more than one corridor: {page}"));
    items.first().map_or("none", |item| item["state"].as_str().unwrap()).to_owned()
}

/// Both at one moment: the first did not change while the other was asked.
fn states(group: &mut Group) -> (String, String) {
    loop {
        let before = state(group, 0);
        let there = state(group, 1);
        if state(group, 0) == before {
            return (before, there);
        }
    }
}

fn legal(group: &mut Group) {
    let (here, there) = states(group);
    let legal = LEGAL.contains(&(here.as_str(), there.as_str()));
    group.assert(legal, &format!("{here} here and {there} there"));
}

fn propose(group: &mut Group) {
    let body = json!({ "url": group.url(1), "did": group.dids[1] });
    let proposed = group.ask(0, "propose", "/v1/corridors", &body);
    group.corridor = Some(proposed["corridor_id"].as_str().unwrap().to_owned());
}

fn path(group: &Group, rest: &str) -> String {
    format!("/v1/corridors/{}{rest}", group.corridor.as_deref().unwrap())
}

fn accept(group: &mut Group) {
    let body = json!({ "peer_did": group.dids[0] });
    let path = path(group, "/accept");
    group.ask(1, "accept", &path, &body);
}

/// Both hold the same corridor from the same beginning: a receipt each way, and a cut both sign.
fn business(group: &mut Group) {
    let (one, receipts, cuts) = (path(group, ""), path(group, "/receipts"), path(group, "/cuts"));
    let known = [group.get(0, &one), group.get(1, &one)];
    group.assert(known[0]["genesis_root"].is_string(), "no genesis");
    group.assert(known[0]["genesis_root"] == known[1]["genesis_root"], "two beginnings");
    for zone in [0, 1] {
        group.ask(zone, "noop", &receipts, &json!({}));
    }
    group.wait("a receipt each way", |group| {
        let one = path(group, "");
        let (here, there) = (group.get(0, &one), group.get(1, &one));
        let same = |a: &Value, b: &Value| a["size"] == b["size"] && a["root"] == b["root"];
        let decided = |a: &Value| a["acknowledged"].as_u64() >= Some(1);
        same(&here["lane_here"], &there["lane_there"])
            && same(&here["lane_there"], &there["lane_here"])
            && decided(&here["lane_here"])
            && decided(&there["lane_here"])
    });
    let cut = group.ask(0, "cut", &cuts, &json!({}));
    group.assert(cut.is_object(), "no cut");
    let active = states(group) == both("ACTIVE");
    group.assert(active, "not active at the end");
}
