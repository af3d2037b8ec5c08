//! Settlement: both consent to a plan over their cut, the leg is instructed, confirmed and booked.

use serde_json::{Value, json};

use super::pair::Pair;
use super::{Journey, Step};
use crate::draw::Moment;
use crate::evidence;
use crate::place::{Base, NAMES};

pub(super) const JOURNEY: Journey = Journey {
    name: "settlement",
    base: owed,
    before: told_where,
    steps: &[
        Step { name: "consent", ask: consent, done: |pair| state(pair, 1) == "proposed" },
        Step {
            name: "agree",
            ask: agree,
            done: |pair| [0, 1].map(|at| state(pair, at)) == ["in_force"; 2],
        },
        Step { name: "instruct", ask: instruct, done: |pair| stage(pair, 1) == "instructed" },
        Step {
            name: "confirm",
            ask: confirm,
            done: |pair| [0, 1].map(|at| stage(pair, at)) == ["confirmed"; 2],
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
    let mut pair = Pair::of(base.begun(), base.ports, &Moment::Never, label, |_| {});
    let mut accounts = Vec::new();
    for (zone, name) in NAMES.into_iter().enumerate() {
        let sent = evidence::company(&base.begun(), &format!("Tidewater Lantern {zone} Ltd"), name);
        let formed = pair.ask(zone, "form", "/v1/entities", &sent);
        let sent = json!({ "entity_id": formed["result"]["entity_id"], "currency": CURRENCY });
        let opened = pair.ask(zone, "open", "/v1/fiscal/accounts", &sent);
        accounts.push(opened["result"]["account_id"].as_str().unwrap().to_owned());
    }
    let fund = json!({ "amount": "100.00", "currency": CURRENCY, "purpose": "capital" });
    pair.ask(0, "fund", &format!("/v1/fiscal/accounts/{}/fund", accounts[0]), &fund);
    let there = pair.get(1, "/health/readiness");
    let id = corridor(&mut pair);
    let sent = json!({
        "from_account_id": accounts[0], "amount": "30.00", "currency": CURRENCY,
        "purpose": "services",
        "to": {
            "account_id": accounts[1], "zone_id": there["zone_id"], "corridor_id": id,
            "name": "Tidewater Lantern 1 Ltd",
        },
    });
    pair.ask(0, "pay", "/v1/fiscal/payments", &sent);
    pair.wait("the payment", |pair| {
        let path = format!("/v1/corridors/{}", corridor(pair));
        let (here, there) = (pair.get(0, &path), pair.get(1, &path));
        here["lane_there"]["acknowledged"].as_u64() >= Some(1)
            && here["lane_there"]["size"] == there["lane_here"]["size"]
    });
    pair.ask(0, "cut", &format!("/v1/corridors/{id}/cuts"), &json!({}));
    pair.stop();
    base
}

fn corridor(pair: &mut Pair) -> String {
    let page = pair.get(0, "/v1/corridors");
    page["items"][0]["corridor_id"].as_str().unwrap().to_owned()
}

/// Each round has ports of its own.
fn told_where(pair: &mut Pair) {
    let body = json!({ "url": pair.url(1), "did": pair.dids[1] });
    pair.ask(0, "where", "/v1/corridors", &body);
    pair.wait("the address", |pair| {
        let path = format!("/v1/corridors/{}", corridor(pair));
        pair.get(1, &path)["peer"]["url"] == pair.url(0)
    });
}

/// The plan as a zone knows it; null before it has heard of one.
fn plan(pair: &mut Pair, zone: usize) -> Value {
    let page = pair.get(zone, PLANS);
    let items = page["items"].as_array().unwrap();
    pair.assert(items.len() <= 1, &format!("more than one plan: {page}"));
    items.first().cloned().unwrap_or_default()
}

fn state(pair: &mut Pair, zone: usize) -> String {
    plan(pair, zone)["state"].as_str().unwrap_or("none").to_owned()
}

fn stage(pair: &mut Pair, zone: usize) -> String {
    plan(pair, zone)["legs"][0]["stage"].as_str().unwrap_or("none").to_owned()
}

/// In the order in which they are said: a zone never knows more than was said.
const SAID: [&str; 4] = ["none", "planned", "instructed", "confirmed"];

fn legal(pair: &mut Pair) {
    // The zone that is told is asked first: meanwhile the other may have said more, never less.
    let rank = |stage: &str| SAID.iter().position(|said| *said == stage);
    let (heard, said) = (stage(pair, 1), stage(pair, 0));
    if heard != "confirmed" {
        let fits = rank(&heard).is_some() && rank(&heard) <= rank(&said);
        pair.assert(fits, &format!("the payee heard `{heard}`, the payer said `{said}`"));
    }
    let (heard, said) = (stage(pair, 0), stage(pair, 1));
    if heard == "confirmed" {
        pair.assert(said == "confirmed", &format!("the payer heard more than `{said}`"));
    }
    for zone in [0, 1] {
        let state = state(pair, zone);
        let known = ["none", "proposed", "in_force"].contains(&state.as_str());
        pair.assert(known, &format!("the plan is {state} in {}", NAMES[zone]));
    }
}

fn consent(pair: &mut Pair) {
    let drawn = pair.ask(0, "compute", "/v1/settlement/compute", &json!({}));
    pair.ask(0, "consent", PLANS, &json!({ "plan": drawn["plan"] }));
}

fn path(pair: &mut Pair, rest: &str) -> String {
    let plan = plan(pair, 0);
    format!("{PLANS}/{}{rest}", plan["plan_sha256"].as_str().unwrap())
}

fn agree(pair: &mut Pair) {
    let path = path(pair, "/consent");
    pair.ask(1, "agree", &path, &json!({}));
}

fn instruct(pair: &mut Pair) {
    let path = path(pair, "/legs/0/instruct");
    let banks = json!({ "instructing_bic": "MEZZSGK0", "instructed_bic": "MEZZPKK0" });
    pair.ask(0, "instruct", &path, &banks);
}

fn confirm(pair: &mut Pair) {
    let path = path(pair, "/legs/0/confirm");
    let leg = plan(pair, 1)["legs"][0].clone();
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
    pair.ask(1, "confirm", &path, &json!({ "notification": message.write().unwrap() }));
}

/// Booked once in both, and nothing is owed any more.
fn even(pair: &mut Pair) {
    let corridor = corridor(pair);
    for zone in [0, 1] {
        let account = format!("/v1/fiscal/accounts/corridor:{corridor}:{CURRENCY}");
        let held = pair.get(zone, &account);
        pair.assert(held["balance"] == "0.00", &format!("{} still owes: {held}", NAMES[zone]));
        let plan = plan(pair, zone);
        let paid = &plan["totals"][0]["paid"];
        pair.assert(paid == "30.00", &format!("{} was paid {paid}", NAMES[zone]));
    }
}
