//! A bridged payment: invoiced at one end, locked over two corridors, claimed and passed back; and one that the
//! payee's zone refuses, let go hop by hop until the payer has the money again. All of it or none of it.

use serde_json::{Value, json};

use super::group::Group;
use super::{Journey, Step};
use crate::draw::Moment;
use crate::evidence;
use crate::place::{Base, NAMES};

pub(super) const PAID: Journey = Journey {
    name: "bridge",
    base: || funded("bridge"),
    before: told_where,
    steps: &[
        Step { name: "invoice", ask: |group| drop(invoice(group)), done: |_| true },
        Step { name: "pay", ask: pay, done: |group| phase(group, PAYER) != "none" },
        Step { name: "carry", ask: |_| {}, done: |group| ended(group, "completed", 3) },
    ],
    legal,
    after: |group| stands(group, "70.00", "30.00"),
};

pub(super) const LET_GO: Journey = Journey {
    name: "bridge let go",
    base: || funded("let-go"),
    before: nobody_to_pay,
    steps: &[
        Step { name: "pay", ask: pay, done: |group| phase(group, PAYER) != "none" },
        Step { name: "let go", ask: |_| {}, done: |group| ended(group, "released", 2) },
    ],
    legal,
    after: |group| stands(group, "100.00", "0.00"),
};

const CURRENCY: &str = "USD";
/// The zone on the way has the corridors.
const RELAY: usize = 0;
const PAYER: usize = 2;
/// Its law lets a company be suspended, which is what a payment may fail of.
const PAYEE: usize = 1;
const TRANSFERS: &str = "/v1/bridge/transfers";

/// A company with an account in both zones at the ends; the payer's holds 100.00.
fn funded(test: &str) -> Base {
    let base = Base::lay_many(test, NAMES.len());
    let label = "what comes before bridges".to_owned();
    let mut group = Group::of(base.begun(), &base.ports, &Moment::Never, label, |_| {});
    for zone in [PAYER, PAYEE] {
        let mut sent = evidence::company(&base.begun(), &company(zone), NAMES[zone]);
        if NAMES[zone].starts_with("ae-") {
            // Its law asks since when, of whoever states a residence; nobody has to state one.
            let stated = sent["evidence"].as_array_mut().unwrap();
            stated.retain(|one| !one["type"].to_string().contains("TaxResidency"));
        }
        let formed = group.ask(zone, "form", "/v1/entities", &sent);
        let sent = json!({ "entity_id": formed["result"]["entity_id"], "currency": CURRENCY });
        group.ask(zone, "open", "/v1/fiscal/accounts", &sent);
    }
    let fund = json!({ "amount": "100.00", "currency": CURRENCY, "purpose": "capital" });
    let account = account(&mut group, PAYER);
    let path = format!("/v1/fiscal/accounts/{}/fund", account["account_id"].as_str().unwrap());
    group.ask(PAYER, "fund", &path, &fund);
    group.stop();
    base
}

fn company(zone: usize) -> String {
    format!("Tidewater Lantern {zone} Ltd")
}

fn entity(group: &mut Group, zone: usize) -> String {
    let page = group.get(zone, "/v1/entities");
    page["items"][0]["entity_id"].as_str().unwrap().to_owned()
}

/// The one account of the one company.
fn account(group: &mut Group, zone: usize) -> Value {
    let entity = entity(group, zone);
    let page = group.get(zone, &format!("/v1/fiscal/accounts?entity_id={entity}"));
    page["items"][0].clone()
}

/// The corridor between the zone on the way and one at an end.
fn corridor(group: &mut Group, end: usize) -> String {
    let page = group.get(end, "/v1/corridors");
    page["items"][0]["corridor_id"].as_str().unwrap().to_owned()
}

/// Each round has ports of its own.
fn told_where(group: &mut Group) {
    for end in [PAYER, PAYEE] {
        let body = json!({ "url": group.url(end), "did": group.dids[end] });
        group.ask(RELAY, &format!("where-{end}"), "/v1/corridors", &body);
    }
    group.wait("the addresses", |group| {
        [PAYER, PAYEE].into_iter().all(|end| {
            let path = format!("/v1/corridors/{}", corridor(group, end));
            group.get(end, &path)["peer"]["url"] == group.url(RELAY)
        })
    });
}

/// The invoice is out, and then its payee may not be paid.
fn nobody_to_pay(group: &mut Group) {
    told_where(group);
    invoice(group);
    let path = format!("/v1/entities/{}/events", entity(group, PAYEE));
    let suspend = json!({ "event": "suspend", "reason": "an inquiry" });
    group.ask(PAYEE, "suspend", &path, &suspend);
}

/// The same key is the same invoice, however often.
fn invoice(group: &mut Group) -> Value {
    let sent = json!({
        "account_id": account(group, PAYEE)["account_id"], "amount": "30.00",
        "currency": CURRENCY, "purpose": "goods",
    });
    group.ask(PAYEE, "invoice", "/v1/bridge/invoices", &sent)["result"].clone()
}

fn pay(group: &mut Group) {
    let route = [PAYER, PAYEE].map(|end| corridor(group, end));
    let sent = json!({
        "from_account_id": account(group, PAYER)["account_id"],
        "invoice": invoice(group)["invoice"], "route": route,
    });
    group.ask(PAYER, "pay", TRANSFERS, &sent);
}

/// The payment as a zone knows it; null before it has heard of one.
fn transfer(group: &mut Group, zone: usize) -> Value {
    let page = group.get(zone, TRANSFERS);
    let items = page["items"].as_array().unwrap();
    group.assert(items.len() <= 1, &format!("one payment made twice: {page}"));
    items.first().cloned().unwrap_or_default()
}

fn phase(group: &mut Group, zone: usize) -> String {
    transfer(group, zone)["phase"].as_str().unwrap_or("none").to_owned()
}

/// So many zones from the payer's on know how it ended, and every receipt is held and decided on both sides.
fn ended(group: &mut Group, phase_at_end: &str, zones: usize) -> bool {
    let known = [PAYER, RELAY, PAYEE].into_iter().take(zones);
    known.into_iter().all(|zone| phase(group, zone) == phase_at_end)
        && [PAYER, PAYEE].into_iter().all(|end| {
            let path = format!("/v1/corridors/{}", corridor(group, end));
            let (here, there) = (group.get(end, &path), group.get(RELAY, &path));
            let same = |a: &Value, b: &Value| a["size"] == b["size"] && a["root"] == b["root"];
            same(&here["lane_here"], &there["lane_there"])
                && same(&here["lane_there"], &there["lane_here"])
        })
}

fn balance(group: &mut Group, zone: usize, id: &str) -> String {
    let known = group.get(zone, &format!("/v1/fiscal/accounts/{id}"));
    known["balance"].as_str().unwrap_or("0.00").to_owned()
}

/// Never paid without having been locked, never given back and paid, and every ledger sums to zero.
fn legal(group: &mut Group) {
    // The end that hears last is asked first: what it knows the ends before it knew already.
    let paid = account(group, PAYEE)["balance"].clone();
    let after = [PAYEE, RELAY, PAYER].map(|zone| phase(group, zone));
    let left = account(group, PAYER)["balance"].clone();
    group.assert(paid == "0.00" || paid == "30.00", &format!("the payee has {paid}"));
    if paid == "30.00" {
        group.assert(left == "70.00", &format!("the payee is paid, the payer has {left}"));
        let released = after.iter().any(|phase| phase.starts_with("releas"));
        group.assert(!released, &format!("paid and let go: {after:?}"));
    }
    for zone in [RELAY, PAYER, PAYEE] {
        let told = group.get(zone, "/v1/fiscal/totals");
        let even = told["totals"].as_array().unwrap().iter().all(|row| row["sum"] == "0.00");
        group.assert(even, &format!("{}: {told}", NAMES[zone]));
    }
}

/// The ends have what they must have, nothing is held back, and nothing stays with the zone on the way.
fn stands(group: &mut Group, payer: &str, payee: &str) {
    for (zone, wanted) in [(PAYER, payer), (PAYEE, payee)] {
        let known = account(group, zone);
        let stands = known["balance"] == wanted && known["available"] == wanted;
        group.assert(stands, &format!("{} holds {known}, not {wanted}", NAMES[zone]));
    }
    let held = balance(group, PAYER, &format!("held:bridge:{CURRENCY}"));
    group.assert(held == "0.00", &format!("{held} is held back"));
    let mut across = 0;
    for end in [PAYER, PAYEE] {
        let id = format!("corridor:{}:{CURRENCY}", corridor(group, end));
        let minor = |text: String| -> i64 { text.replace('.', "").parse().unwrap() };
        let sides = [balance(group, end, &id), balance(group, RELAY, &id)].map(minor);
        group.assert(sides[0] + sides[1] == 0, &format!("{id}: {sides:?}"));
        across += sides[1];
    }
    group.assert(across == 0, &format!("{across} stay on the way"));
}
