//! `/v1/bridge` between three real processes: paid, refused, wrong, late, twice, and killed at every turn.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::corridors::wait;
use crate::forks::{again, joined};
use crate::home::{Home, now};
use crate::server::{Server, Told, agent, told};

const EVIDENCE: &[&str] = &["beneficial_ownership", "source_of_funds"];
const NAMES: [&str; 3] = ["ae-abudhabi-adgm", "sg", "ae-dubai-difc"];
const PAYER: &str = "Marsa Teas";
/// Listed in the payee's zone, and there only.
const LISTED: &str = "Nameless Coal";
const PAYEE: &str = "Indus Weaving";

/// A list with one name, in the published form of the OFAC files.
pub fn lay(home: &Home, name: &str) {
    let folder = home.dir.root().join("sanctions");
    std::fs::create_dir_all(&folder).unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let none = "-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ";
    put("published.json", &json!({ "ofac-sdn": now().date().to_string() }).to_string());
    put("alt.csv", "7,1,\"aka\",\"ROE, J\",-0- \n");
    put("add.csv", "7,1,\"1 High Street\",\"Nowhere\",\"Utopia\",-0- \n");
    put("sdn.csv", &format!("7,\"{name}\",\"individual\",\"X\",{none}\n"));
}

/// A company with an account: the account.
pub fn account(
    server: &Server,
    home: &Home,
    name: &str,
    jurisdiction: &str,
    amount: &str,
) -> String {
    let formed = server.post("/v1/entities", &home.company(name, jurisdiction, EVIDENCE));
    assert_eq!(formed.status, 201, "{}", formed.text);
    let id = &formed.body["result"]["entity_id"];
    let opened = server.post("/v1/fiscal/accounts", &json!({ "entity_id": id, "currency": "USD" }));
    assert_eq!(opened.status, 201, "{name}: {}", opened.text);
    let account = opened.body["result"]["account_id"].as_str().unwrap().to_owned();
    if amount != "0" {
        let fund = json!({ "amount": amount, "currency": "USD", "purpose": "capital" });
        let path = format!("/v1/fiscal/accounts/{account}/fund");
        assert_eq!(server.post(&path, &fund).status, 200);
    }
    account
}

struct Chain {
    homes: [Home; 3],
    /// The payer's zone, one on the way, the payee's.
    zones: [Server; 3],
    payer: String,
    listed: String,
    payee: String,
    route: [String; 2],
}

impl Chain {
    fn new() -> Self {
        let homes = NAMES.map(|name| Home::of(name, Some("digital-financial-center")));
        lay(&homes[2], &LISTED.to_uppercase());
        let zones = homes.each_ref().map(Server::start);
        let [a, b, c] = &zones;
        let payer = account(a, &homes[0], PAYER, NAMES[0], "1000.00");
        let listed = account(a, &homes[0], LISTED, NAMES[0], "100.00");
        let payee = account(c, &homes[2], PAYEE, NAMES[2], "0");
        let path = [joined(a, b, [&homes[0], &homes[1]]), joined(b, c, [&homes[1], &homes[2]])];
        let route = path.map(|path| path.rsplit('/').next().unwrap().to_owned());
        Self { homes, zones, payer, listed, payee, route }
    }

    fn ask(&self, more: &Value) -> Told {
        let mut body = json!({
            "account_id": self.payee, "amount": "10.00", "currency": "USD", "purpose": "goods",
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.zones[2].post("/v1/bridge/invoices", &body)
    }

    /// Transfer id and invoice.
    fn invoice(&self) -> (String, Value) {
        let told = self.ask(&json!({}));
        assert_eq!(told.status, 201, "{}", told.text);
        let id = told.body["result"]["transfer_id"].as_str().unwrap().to_owned();
        (id, told.body["result"]["invoice"].clone())
    }

    fn body(&self, from: &str, invoice: &Value) -> Value {
        json!({ "from_account_id": from, "invoice": invoice, "route": self.route })
    }

    fn pay(&self, from: &str, invoice: &Value) -> Told {
        self.zones[0].post("/v1/bridge/transfers", &self.body(from, invoice))
    }

    fn until(&self, at: usize, id: &str, phases: &[&str]) -> Value {
        let path = format!("/v1/bridge/transfers/{id}");
        wait(&self.zones[at], &path, |told| phases.contains(&told["phase"].as_str().unwrap()))
    }

    fn balance(&self, at: usize, account: &str) -> String {
        let told = self.zones[at].get(&format!("/v1/fiscal/accounts/{account}"));
        told.body["balance"].as_str().unwrap_or_else(|| panic!("{}", told.text)).to_owned()
    }
}

#[test]
fn a_payment_crosses_three_processes_or_comes_back_whole() {
    let it = Chain::new();
    let a = &it.zones[0];
    let (id, invoice) = it.invoice();
    let body = it.body(&it.payer, &invoice);
    let text = body.to_string();
    let key = [("idempotency-key", "bridge-1")];
    let first = a.send("/v1/bridge/transfers", text.as_bytes(), &key);
    assert_eq!((first.status, first.replayed), (201, false), "{}", first.text);
    for (at, role) in [(0, "payer"), (1, "relay"), (2, "payee")] {
        let known = it.until(at, &id, &["completed"]);
        assert_eq!(known["role"], role, "{known}");
        assert!(known["evidence"].as_array().unwrap().iter().all(|e| e["receipt"].is_object()));
        let page = it.zones[at].get("/v1/bridge/transfers?limit=10");
        assert_eq!(page.body["items"].as_array().unwrap().len(), 1, "{}", page.text);
    }
    assert_eq!([it.balance(0, &it.payer), it.balance(2, &it.payee)], ["990.00", "10.00"]);
    // The same key is the same payment; the same invoice under another is none.
    let again = a.send("/v1/bridge/transfers", text.as_bytes(), &key);
    assert_eq!((again.status, again.replayed), (201, true), "{}", again.text);
    assert_eq!(again.body, first.body);
    let (_, other) = it.invoice();
    let other = it.body(&it.payer, &other).to_string();
    let told = a.send("/v1/bridge/transfers", other.as_bytes(), &key);
    assert_eq!(told.code(), (409, "idempotency-key-reused"), "{}", told.text);
    assert_eq!(it.pay(&it.payer, &invoice).code(), (409, "bridge-transfer-known"));

    comes_back(&it);
    is_refused_at_the_door(&it);
    assert_eq!([it.balance(0, &it.payer), it.balance(2, &it.payee)], ["990.00", "10.00"]);
    by_hand(&it);
}

/// Refused by law at the far end, or without a way there: the payer has it again.
fn comes_back(it: &Chain) {
    let [a, _, c] = &it.zones;
    let (id, invoice) = it.invoice();
    assert_eq!(it.pay(&it.listed, &invoice).status, 201);
    let known = it.until(0, &id, &["released"]);
    let why = &known["after"]["outcome"]["said"]["release"];
    assert_eq!(why, "refused-by-law", "{known}");
    assert_eq!(it.balance(0, &it.listed), "100.00");
    assert_eq!(c.get(&format!("/v1/bridge/transfers/{id}")).status, 404);
    let denied = c.get("/v1/decisions?kind=payment.receive&outcome=deny");
    assert_eq!(denied.body["items"].as_array().unwrap().len(), 1, "{}", denied.text);

    // Over a corridor that the zone on the way does not have.
    let (id, invoice) = it.invoice();
    let mut body = it.body(&it.payer, &invoice);
    body["route"][1] = json!("org.momentum.mez.corridor.hk--sg");
    assert_eq!(a.post("/v1/bridge/transfers", &body).status, 201);
    let known = it.until(0, &id, &["released"]);
    let why = &known["after"]["outcome"]["said"]["release"];
    assert_eq!(why, "bridge-corridor-unknown", "{known}");
}

fn is_refused_at_the_door(it: &Chain) {
    let a = &it.zones[0];
    let (_, invoice) = it.invoice();
    let mut body = it.body(&it.payer, &invoice);
    body["route"][0] = json!("org.momentum.mez.corridor.hk--sg");
    assert_eq!(a.post("/v1/bridge/transfers", &body).code(), (404, "not-found"));
    // Told by the zone on the way; a zone nobody knows a way to is refused.
    let told = it.zones[1].get("/.well-known/mez/corridors.json");
    assert_eq!(told.body["corridors"].as_array().unwrap().len(), 2, "{}", told.text);
    let (found, other) = it.invoice();
    let unnamed = json!({ "from_account_id": it.listed, "invoice": other });
    let told = a.post("/v1/bridge/transfers", &unnamed);
    assert_eq!(
        (told.status, &told.body["result"]["route"]),
        (201, &json!(it.route)),
        "{}",
        told.text
    );
    it.until(0, &found, &["released"]);

    // Past its time, changed, malformed; without a token, without the scope.
    let told = it.ask(&json!({ "valid_secs": 1 }));
    std::thread::sleep(Duration::from_millis(2_100));
    let late = it.pay(&it.payer, &told.body["result"]["invoice"]);
    assert_eq!(late.code(), (409, "bridge-invoice-expired"), "{}", late.text);
    assert_eq!(it.ask(&json!({ "valid_secs": 0 })).code(), (422, "bridge-invoice-refused"));
    let (_, mut invoice) = it.invoice();
    invoice["credentialSubject"]["amount"]["minor"] = json!("1");
    assert_eq!(it.pay(&it.payer, &invoice).code(), (422, "bridge-invoice-refused"));
    let unknown = it.ask(&json!({ "more": 1 }));
    assert_eq!(unknown.status, 422, "{}", unknown.text);
    let body = body.to_string();
    for path in ["/v1/bridge/transfers", "/v1/bridge/invoices"] {
        let told = a.send(path, body.as_bytes(), &[("authorization", "")]);
        assert_eq!(told.code(), (401, "unauthenticated"), "{}", told.text);
    }
    let made = a.post("/v1/tokens", &json!({ "principal": "reader", "scopes": ["reader"] }));
    let bearer = format!("Bearer {}", made.body["token"].as_str().unwrap());
    let told = a.send("/v1/bridge/transfers", body.as_bytes(), &[("authorization", &bearer)]);
    assert_eq!(told.code(), (403, "forbidden"), "{}", told.text);
}

fn mez(home: &Home, args: &[&str]) -> Value {
    let dir = home.dir.root().display().to_string();
    let out = Command::new(env!("CARGO_BIN_EXE_mez"))
        .arg("--json")
        .args(args)
        .args(["--dir", &dir])
        .output()
        .unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The same by the commands people give.
fn by_hand(it: &Chain) {
    let file = it.homes[0].dir.root().join("invoice.json").display().to_string();
    let asked = ["--amount", "5.00", "--currency", "USD", "--purpose", "goods", "--out", &file];
    let told =
        mez(&it.homes[2], &[&["bridge", "invoice", "--account", &it.payee], &asked[..]].concat());
    let id = told["result"]["transfer_id"].as_str().unwrap();
    let over = ["--over", &it.route[0], "--over", &it.route[1]];
    mez(&it.homes[0], &[&["bridge", "pay", &file, "--from", &it.payer], &over[..]].concat());
    it.until(0, id, &["completed"]);
    let told = mez(&it.homes[0], &["bridge", "status", id]);
    assert_eq!(told["phase"], "completed", "{told}");
    assert!(mez(&it.homes[1], &["bridge", "status"])["items"].as_array().unwrap().len() > 2);
    let told = mez(&it.homes[1], &["bridge", "repair", id]);
    assert_eq!(told["asked"].as_array().unwrap().len(), 2, "{told}");
    assert!(told["asked"].as_array().unwrap().iter().all(|one| one["answered"] == true), "{told}");
}

/// Ask a zone that may die while it answers.
fn try_post(server: &Server, path: &str, body: &Value, key: &str) -> Option<Told> {
    let request = agent()
        .post(format!("{}{path}", server.url))
        .header("authorization", format!("Bearer {}", server.token))
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    request.send(body.to_string().as_bytes()).ok().map(told)
}

#[test]
fn killed_inside_any_commit_of_any_zone_a_payment_is_made_or_not() {
    let mut it = Chain::new();
    let mut deaths = 0;
    let mut made = 0;
    let rounds = (0..3).flat_map(|zone| (1..=3).map(move |n| (zone, n)));
    for (round, (zone, n)) in rounds.enumerate() {
        let point = ["before-fsync", "after-fsync", "before-cell"][(round + n) % 3];
        let (id, invoice) = it.invoice();
        let address = it.zones[zone].url.strip_prefix("http://").unwrap().to_owned();
        it.zones[zone].signal("-TERM");
        let arm = format!("{point}:{n}");
        let armed = ["--listen", address.as_str(), "--kill-at", arm.as_str()];
        it.zones[zone] = Server::with(&it.homes[zone], &armed);
        let body = it.body(&it.payer, &invoice);
        let key = format!("killed-{round}");
        let mut paid = try_post(&it.zones[0], "/v1/bridge/transfers", &body, &key);
        let began = Instant::now();
        while !it.zones[zone].is_dead() && began.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(5));
        }
        if it.zones[zone].is_dead() {
            deaths += 1;
        } else {
            it.zones[zone].signal("-KILL");
        }
        it.zones[zone] = again(&it.homes[zone], &it.zones[zone].url.clone());
        for _ in 0..20 {
            if paid.as_ref().is_some_and(|told| told.status == 201) {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
            paid = try_post(&it.zones[0], "/v1/bridge/transfers", &body, &key);
        }
        let told = paid.unwrap();
        assert_eq!(told.status, 201, "zone {zone} {arm}: {}", told.text);
        let ended = it.until(0, &id, &["completed", "released"]);
        let completed = ended["phase"] == "completed";
        made += u32::from(completed);
        it.until(1, &id, &[if completed { "completed" } else { "released" }]);
        if completed {
            it.until(2, &id, &["completed"]);
        }
        let wanted = [format!("{}.00", 1_000 - 10 * made), format!("{}.00", 10 * made)];
        let found = [it.balance(0, &it.payer), it.balance(2, &it.payee)];
        assert_eq!(found, wanted, "zone {zone} {arm}: {ended}");
        assert_eq!(it.balance(0, "held:bridge:USD"), "0.00");
    }
    assert!(deaths >= 7, "{deaths} of 9 died");
    assert_eq!(made, 9, "nothing but a crash was in the way");
}
