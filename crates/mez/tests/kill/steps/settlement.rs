//! Settlement: both consent to a plan over their cut, the leg is instructed, confirmed and booked.

use serde_json::{Value, json};

use super::group::Group;
use super::{Journey, Step};
use crate::draw::{Moment, ZONES};
use crate::evidence;
use crate::place::{Base, NAMES};

pub(super) const JOURNEY: Journey = Journey {
    name: "settlement",
    base: owed,
    before: told_where,
    steps: &[
        Step { name: "consent", ask: consent, done: |group| state(group, 1) == "proposed" },
        Step {
            name: "agree",
            ask: agree,
            done: |group| [0, 1].map(|at| state(group, at)) == ["in_force"; 2],
        },
        Step { name: "instruct", ask: instruct, done: |group| stage(group, 1) == "instructed" },
        Step {
            name: "confirm",
            ask: confirm,
            done: |group| [0, 1].map(|at| stage(group, at)) == ["confirmed"; 2],
        },
    ],
    legal,
    after: even,
};

const CURRENCY: &str = "USD";
const PLANS: &str = "/v1/settlement/plans";

/// The first zone has paid the other 30.00 over their corridor, and both signed a cut over it.
fn owed() -> Base {
    let base = Base::lay("settlement");
    let label = "what comes before settlements".to_owned();
    let mut group = Group::of(base.begun(), &base.ports, &Moment::Never, label, |_| {});
    let mut accounts = Vec::new();
    for (zone, name) in NAMES.into_iter().enumerate().take(ZONES) {
        let sent = evidence::company(&base.begun(), &format!("Tidewater Lantern {zone} Ltd"), name);
        let formed = group.ask(zone, "form", "/v1/entities", &sent);
        let sent = json!({ "entity_id": formed["result"]["entity_id"], "currency": CURRENCY });
        let opened = group.ask(zone, "open", "/v1/fiscal/accounts", &sent);
        accounts.push(opened["result"]["account_id"].as_str().unwrap().to_owned());
    }
    let fund = json!({ "amount": "100.00", "currency": CURRENCY, "purpose": "capital" });
    group.ask(0, "fund", &format!("/v1/fiscal/accounts/{}/fund", accounts[0]), &fund);
    let there = group.get(1, "/health/readiness");
    let id = corridor(&mut group);
    let sent = json!({
        "from_account_id": accounts[0], "amount": "30.00", "currency": CURRENCY,
        "purpose": "services",
        "to": {
            "account_id": accounts[1], "zone_id": there["zone_id"], "corridor_id": id,
            "name": "Tidewater Lantern 1 Ltd",
        },
    });
    group.ask(0, "pay", "/v1/fiscal/payments", &sent);
    group.wait("the payment", |group| {
        let path = format!("/v1/corridors/{}", corridor(group));
        let (here, there) = (group.get(0, &path), group.get(1, &path));
        here["lane_there"]["acknowledged"].as_u64() >= Some(1)
            && here["lane_there"]["size"] == there["lane_here"]["size"]
    });
    group.ask(0, "cut", &format!("/v1/corridors/{id}/cuts"), &json!({}));
    group.stop();
    base
}

fn corridor(group: &mut Group) -> String {
    let page = group.get(0, "/v1/corridors");
    page["items"][0]["corridor_id"].as_str().unwrap().to_owned()
}

/// Each round has ports of its own.
fn told_where(group: &mut Group) {
    let body = json!({ "url": group.url(1), "did": group.dids[1] });
    group.ask(0, "where", "/v1/corridors", &body);
    group.wait("the address", |group| {
        let path = format!("/v1/corridors/{}", corridor(group));
        group.get(1, &path)["peer"]["url"] == group.url(0)
    });
}

/// The plan as a zone knows it; null before it has heard of one.
fn plan(group: &mut Group, zone: usize) -> Value {
    let page = group.get(zone, PLANS);
    let items = page["items"].as_array().unwrap();
    group.assert(items.len() <= 1, &format!("more than one plan: {page}"));
    items.first().cloned().unwrap_or_default()
}

fn state(group: &mut Group, zone: usize) -> String {
    plan(group, zone)["state"].as_str().unwrap_or("none").to_owned()
}

fn stage(group: &mut Group, zone: usize) -> String {
    plan(group, zone)["legs"][0]["stage"].as_str().unwrap_or("none").to_owned()
}

/// In the order in which they are said: a zone never knows more than was said.
const SAID: [&str; 4] = ["none", "planned", "instructed", "confirmed"];

fn legal(group: &mut Group) {
    // The zone that is told is asked first: meanwhile the other may have said more, never less.
    let rank = |stage: &str| SAID.iter().position(|said| *said == stage);
    let (heard, said) = (stage(group, 1), stage(group, 0));
    if heard != "confirmed" {
        let fits = rank(&heard).is_some() && rank(&heard) <= rank(&said);
        group.assert(fits, &format!("the payee heard `{heard}`, the payer said `{said}`"));
    }
    let (heard, said) = (stage(group, 0), stage(group, 1));
    if heard == "confirmed" {
        group.assert(said == "confirmed", &format!("the payer heard more than `{said}`"));
    }
    for zone in [0, 1] {
        let state = state(group, zone);
        let known = ["none", "proposed", "in_force"].contains(&state.as_str());
        group.assert(known, &format!("the plan is {state} in {}", NAMES[zone]));
    }
}

fn consent(group: &mut Group) {
    let drawn = group.ask(0, "compute", "/v1/settlement/compute", &json!({}));
    group.ask(0, "consent", PLANS, &json!({ "plan": drawn["plan"] }));
}

fn path(group: &mut Group, rest: &str) -> String {
    let plan = plan(group, 0);
    format!("{PLANS}/{}{rest}", plan["plan_sha256"].as_str().unwrap())
}

fn agree(group: &mut Group) {
    let path = path(group, "/consent");
    group.ask(1, "agree", &path, &json!({}));
}

fn instruct(group: &mut Group) {
    let path = path(group, "/legs/0/instruct");
    let banks = json!({ "instructing_bic": "MEZZSGK0", "instructed_bic": "MEZZPKK0" });
    group.ask(0, "instruct", &path, &banks);
}

fn confirm(group: &mut Group) {
    let path = path(group, "/legs/0/confirm");
    let leg = plan(group, 1)["legs"][0].clone();
    let entry = json!({
        "reference": "E-1", "amount": leg["amount"], "direction": "CRDT", "status": "BOOK",
        "booked": "2026-07-01", "value": "2026-07-01", "kind": "SETTLEMENT",
        "end_to_end_id": "LEG", "uetr": leg["uetr"],
    });
    let report = json!({
        "message_id": "BANK-1", "created": "2026-07-01T12:00:00Z", "report_id": "R-1",
        "account": { "other": "NOSTRO" }, "currency": CURRENCY,
    });
    let content = json!({ "report": report, "entries": [entry] });
    let message = json!({ "message": "notification", "content": content });
    let message: corridor::iso20022::Message = serde_json::from_value(message).unwrap();
    group.ask(1, "confirm", &path, &json!({ "notification": message.write().unwrap() }));
}

/// Booked once in both, and nothing is owed any more.
fn even(group: &mut Group) {
    let corridor = corridor(group);
    for zone in [0, 1] {
        let account = format!("/v1/fiscal/accounts/corridor:{corridor}:{CURRENCY}");
        let held = group.get(zone, &account);
        group.assert(held["balance"] == "0.00", &format!("{} still owes: {held}", NAMES[zone]));
        let plan = plan(group, zone);
        let paid = &plan["totals"][0]["paid"];
        group.assert(paid == "30.00", &format!("{} was paid {paid}", NAMES[zone]));
    }
}
