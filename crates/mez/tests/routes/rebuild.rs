//! `mez rebuild --check` on a zone that was lived in: it agrees, and each thing changed behind its back is named.

use std::process::Command;

use serde_json::{Value, json};

use crate::home::{Home, at_mass};
use crate::ownership::{did, later};
use crate::refused::rows::Rows;
use crate::server::Server;
use crate::tax::{company, status};

fn rebuild(home: &Home) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    command.args(["--json", "rebuild", "--check", "--dir"]).arg(home.dir.root());
    let out = command.output().unwrap();
    let text = if out.stdout.is_empty() { &out.stderr } else { &out.stdout };
    (out.status.code(), serde_json::from_slice(text).unwrap())
}

/// Two companies: one pays the other, which is taxed, promises it more, and has a register of members.
fn lived(home: &Home) {
    let server = Server::start(home);
    let (payer, from) = company(home, &server, "Indus Lantern", Some("500000.00"));
    let (payee, to) = company(home, &server, "Ravi Services", None);
    let made = |path: &str, body: &Value| {
        let told = server.post(path, body);
        assert!(matches!(told.status, 200 | 201), "{path}: {}", told.text);
    };
    let stated = status("Ravi Services", "filer", "2026-07-01");
    made("/v1/tax/status", &json!({ "entity_id": payee, "credential": stated }));
    let amount = |amount: &str| {
        json!({ "from_account_id": from, "to": { "account_id": to },
        "amount": amount, "currency": "PKR", "purpose": "services" })
    };
    made("/v1/fiscal/payments", &amount("100000.00"));
    let leg = json!({ "from_account_id": from, "to_account_id": to, "amount": "2.00", "currency": "PKR" });
    made(
        "/v1/fiscal/transfers",
        &json!({ "transfers": [leg], "purpose": "settlement",
        "pending_until": later() }),
    );
    let class = json!({ "class_id": "common", "name": "Common", "authorized": 1_000,
        "votes_per_share": 1, "par_value": { "currency": "PKR", "value": "1" } });
    made("/v1/ownership/cap-tables", &json!({ "entity_id": payer, "classes": [class] }));
    let holder = json!({ "holder_id": "ann", "name": "Ann", "kind": "person", "voter": did(1) });
    let entry = json!({ "entry": { "event": "enter", "holder": holder } });
    made(&format!("/v1/ownership/cap-tables/{payer}/events"), &entry);
}

#[test]
fn what_follows_from_other_records_is_derived_again_and_what_differs_is_named() {
    let home = Home::of("pk-sifc", None);
    lived(&home);
    let (exit, told) = rebuild(&home);
    if at_mass::wanted() {
        assert_eq!((exit, &told["error"]["code"]), (Some(3), &json!("not-at-mass")), "{told}");
        return;
    }
    assert_eq!(
        (exit, &told["agrees"], &told["found"]),
        (Some(0), &json!(true), &json!(0)),
        "{told}"
    );
    let derived = told["derived"].as_array().unwrap();
    let kinds: Vec<&str> = derived.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ledger-entry", "account", "cap-table", "tax-liability", "keys"]);
    assert!(derived.iter().all(|one| one["records"].as_u64().unwrap() > 0), "{told}");

    for (kind, pointer, to, member) in [
        ("account", "/balance/posted", json!("999999999"), "posted"),
        ("account", "/balance/posted", json!("-1"), "record"),
        ("account", "/balance/reserved_out", json!("1"), "reserved_out"),
        ("ledger-entry", "/change", json!("1"), "change"),
        ("ledger-entry", "/balance", json!("1"), "balance before it"),
        ("ledger-entry", "/posting_id", json!("another"), "posting_id"),
        ("posting", "/legs/0/amount/minor", json!("1"), "posted"),
        ("transfer", "/postings/0/legs/0/amount/minor", json!("1"), "reserved_out"),
        ("cap-table", "/holders/ann/name", json!("Bob"), "table, by its digest"),
        ("cap-table-entry", "/dated/event/event", json!("none"), "table"),
        ("tax-liability", "/withheld/minor", json!("1"), "withheld less reversed"),
        ("tax-event", "/withholding/withheld/minor", json!("1"), "withheld less reversed"),
    ] {
        let rows = Rows::of(&home);
        let (id, before) = rows.first(kind, None);
        let mut after = before.clone();
        *after.pointer_mut(pointer).unwrap_or_else(|| panic!("{kind} {pointer}: {before}")) = to;
        rows.change(kind, &id, &after);
        drop(rows);
        let (exit, told) = rebuild(&home);
        let found = told["differences"].as_array().unwrap();
        assert_eq!(exit, Some(6), "{kind} {pointer}: {told}");
        assert!(found.iter().any(|one| one["member"] == member), "{kind} {pointer}: {told}");
        Rows::of(&home).change(kind, &id, &before);
    }
    assert_eq!(rebuild(&home).0, Some(0));
}
