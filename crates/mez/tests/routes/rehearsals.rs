//! `?dry_run=true` of what puts money at stake or sends it over several corridors: the decision the write gets, and nothing
//! written.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bridge::{account, lay};
use crate::forks::{again, joined};
use crate::home::Home;
use crate::server::{Server, Told};
use crate::watchers::sponsor;

const TRANSFERS: &str = "/v1/bridge/transfers";

/// The log of every head of a zone, once it moves no more, and what is kept under these paths.
fn kept(server: &Server, paths: &[&str]) -> Vec<String> {
    let log = || server.ask_as("/tlog/zone/checkpoint", None).text;
    let (began, mut before) = (Instant::now(), String::new());
    loop {
        let now = log();
        if now == before {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the log of the zone moves on");
        before = now;
        // A checkpoint is signed about once a second.
        std::thread::sleep(Duration::from_millis(2_500));
    }
    let own = ["/v1/decisions?limit=200", "/v1/audit?limit=200", "/v1/fiscal/totals"];
    let read = |path: &&str| {
        let told = server.get(path);
        assert_eq!(told.status, 200, "{path}: {}", told.text);
        told.text
    };
    std::iter::once(before).chain(own.iter().chain(paths).map(read)).collect()
}

/// What law said, without what is of the moment.
fn decision(told: &Told) -> Value {
    let mut said = told.body["compliance"].clone();
    for of_the_moment in ["known_at", "decision_sha256"] {
        assert!(said.as_object_mut().unwrap().remove(of_the_moment).is_some(), "{}", told.text);
    }
    said
}

/// Nothing but the decision.
fn rehearsed(told: &Told, kind: &str) -> Value {
    assert_eq!((told.status, told.replayed), (200, false), "{}", told.text);
    assert_eq!(told.body["dry_run"], true, "{}", told.text);
    assert!(["result", "credential", "receipt"].iter().all(|part| told.body[*part].is_null()));
    assert_eq!(
        (&told.body["compliance"]["outcome"], &told.body["compliance"]["kind"]),
        (&json!("allow"), &json!(kind)),
        "{}",
        told.text
    );
    decision(told)
}

/// A watcher of a corridor, registered and without a bond: its DID.
fn watcher(server: &Server, home: &Home, corridor: &str) -> String {
    let dir = home.dir.root().display().to_string();
    let mez = |args: &[&str]| -> Value {
        let out =
            Command::new(env!("CARGO_BIN_EXE_mez")).arg("--json").args(args).output().unwrap();
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap_or_default()
    };
    let made = mez(&["watcher", "keygen", "--output", &dir, "--prefix", "stake"]);
    let key = made["private_key"].as_str().unwrap();
    let register = ["watcher", "register", "--key", key, "--corridor", corridor];
    mez(&[&register[..], &["--url", &server.url, "--dir", &dir]].concat());
    made["did"].as_str().unwrap().to_owned()
}

#[test]
fn a_bond_is_rehearsed_and_no_money_is_at_stake() {
    let homes = ["sg", "pk-sifc"].map(|name| Home::of(name, None));
    let [mut a, b] = homes.each_ref().map(Server::start);
    let path = joined(&a, &b, [&homes[0], &homes[1]]);
    let did = watcher(&a, &homes[0], path.rsplit('/').next().unwrap());
    let payer = sponsor(&a, &homes[0]);
    let stake =
        |amount: &str| json!({ "from_account_id": payer, "amount": amount, "currency": "SGD" });
    let bond = format!("/v1/watchers/{did}/bond");
    let dry = format!("{bond}?dry_run=true");
    let paths = [format!("/v1/watchers/{did}"), format!("/v1/fiscal/accounts/{payer}"), path];
    let paths = paths.each_ref().map(String::as_str);

    let before = kept(&a, &paths);
    let said = rehearsed(&a.post(&dry, &stake("2000.00")), "payment.internal");
    // No key is looked at: the write under it is a write.
    let body = stake("2000.00").to_string();
    let key = [("idempotency-key", "bond-1")];
    assert_eq!(rehearsed(&a.send(&dry, body.as_bytes(), &key), "payment.internal"), said);
    // What the write is refused with, the rehearsal is.
    for wrong in ["0.00", "9000.01"] {
        let told = [&bond, &dry].map(|path| a.post(path, &stake(wrong)));
        assert_eq!(told[0].code(), told[1].code(), "{}", told[1].text);
        assert!(told[1].status >= 400, "{}", told[1].text);
    }
    let nobody = format!("/v1/watchers/{}/bond?dry_run=true", did.replace("z6Mk", "z6Mj"));
    assert!(a.post(&nobody, &stake("2000.00")).status >= 400);
    let withdraw = format!("/v1/watchers/{did}/withdraw");
    let told = [withdraw.clone(), format!("{withdraw}?dry_run=true")];
    let told = told.each_ref().map(|path| a.post(path, &json!({})));
    assert_eq!((told[0].code(), told[1].code()), ((409, "watcher-state"), (409, "watcher-state")));
    let after = kept(&a, &paths);
    // The writes that were refused stand in the audit log where they are an operator's; no other head has moved.
    assert_eq!(after[3..], before[3..]);
    assert_eq!(after[1], before[1]);
    let unmoved = kept(&a, &paths);
    rehearsed(&a.post(&dry, &stake("2000.00")), "payment.internal");
    assert_eq!(kept(&a, &paths), unmoved);

    let done = a.send(&bond, body.as_bytes(), &key);
    assert_eq!((done.status, done.replayed), (200, false), "{}", done.text);
    assert_eq!(decision(&done), said);
    assert_ne!(kept(&a, &paths), unmoved);

    // Whoever pays is on a list by now: law refuses it, and that a rehearsal was refused is not on record.
    let url = a.url.clone();
    a.signal("-TERM");
    lay(&homes[0], "HARBOUR TEA");
    let a = again(&homes[0], &url);
    let before = kept(&a, &paths);
    let refused = a.post(&dry, &stake("10.00"));
    assert_eq!(refused.code(), (403, "sanctions-hard-block"), "{}", refused.text);
    assert!(refused.body.get("decision_sha256").is_none());
    assert_eq!(kept(&a, &paths), before);
    let denied = a.post(&bond, &stake("10.00"));
    assert_eq!(denied.body["blocking"], refused.body["blocking"], "{}", denied.text);
    assert!(denied.body["decision_sha256"].is_string(), "{}", denied.text);
}

#[test]
fn a_bridged_payment_is_rehearsed_and_no_other_zone_is_asked() {
    let names = ["us-wy", "sg", "ae-dubai-difc"];
    let homes = names.map(|name| Home::of(name, Some("digital-financial-center")));
    let zones = homes.each_ref().map(Server::start);
    let [a, b, c] = &zones;
    let payer = account(a, &homes[0], "Bighorn Ledger", names[0], "20000.00");
    let payee = account(c, &homes[2], "Indus Weaving", names[2], "0");
    let ways = [joined(a, b, [&homes[0], &homes[1]]), joined(b, c, [&homes[1], &homes[2]])];
    let route = ways.each_ref().map(|path| path.rsplit('/').next().unwrap().to_owned());
    let invoice = |amount: &str| {
        let asked =
            json!({ "account_id": payee, "amount": amount, "currency": "USD", "purpose": "goods" });
        c.post("/v1/bridge/invoices", &asked).body["result"]["invoice"].clone()
    };
    let (small, large) = (invoice("10.00"), invoice("3000.00"));
    let pay =
        |invoice: &Value| json!({ "from_account_id": payer, "invoice": invoice, "route": route });
    let dry = format!("{TRANSFERS}?dry_run=true");
    let account = format!("/v1/fiscal/accounts/{payer}");
    let paths = [TRANSFERS, account.as_str(), ways[0].as_str()];

    let before = [kept(a, &paths), kept(b, &[TRANSFERS]), kept(c, &[TRANSFERS])];
    let told = a.post(&dry, &pay(&small));
    let said = rehearsed(&told, "payment.send");
    // What the zones on the way will say, nobody asked them.
    let open = told.body["not_asked"].as_array().unwrap();
    let over: Vec<&str> = open.iter().map(|one| one["corridor_id"].as_str().unwrap()).collect();
    assert_eq!(over, route, "{}", told.text);
    assert!(open.iter().all(|one| one["about"].as_str().unwrap().starts_with("whether ")));
    // Law of the payer's zone refuses it, and that is not on record.
    let refused = a.post(&dry, &pay(&large));
    assert_eq!(refused.code(), (403, "refused-by-law"), "{}", refused.text);
    assert!(refused.text.contains("us.payments.particulars-travel"), "{}", refused.text);
    assert!(refused.body.get("decision_sha256").is_none());
    // A way is not looked for among peers.
    let unnamed = json!({ "from_account_id": payer, "invoice": small });
    let told = a.post(&dry, &unnamed);
    assert_eq!(told.code(), (422, "bridge-route-needed"), "{}", told.text);
    assert!(told.text.contains("a rehearsal asks no peer"), "{}", told.text);
    let mut astray = pay(&small);
    astray["route"][0] = json!("org.momentum.mez.corridor.hk--sg");
    assert_eq!(a.post(&dry, &astray).code(), (404, "not-found"));
    assert_eq!([kept(a, &paths), kept(b, &[TRANSFERS]), kept(c, &[TRANSFERS])], before);

    let paid = a.post(TRANSFERS, &pay(&small));
    assert_eq!(paid.status, 201, "{}", paid.text);
    assert_eq!(decision(&paid), said);
    assert!(paid.body.get("not_asked").is_none(), "{}", paid.text);
    let denied = a.post(TRANSFERS, &pay(&large));
    assert_eq!(denied.body["blocking"], refused.body["blocking"], "{}", denied.text);
    assert_ne!(kept(a, &paths), before[0]);
    assert_eq!(a.post(&dry, &pay(&small)).code(), (409, "bridge-transfer-known"));
}
