//! Conditions on a record, at every route of the document that takes one: tags of reads, stale writes, two at once.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::council::{PROPOSALS, council};
use crate::forks::joined;
use crate::home::{EVIDENCE, Home};
use crate::isolation::{Holder, NOBODYS, made, path_of};
use crate::ownership::later;
use crate::server::contract::DOCUMENT;
use crate::server::{Server, Told, agent, told};
use crate::two_persons::{LIMITS, governed, limits};

/// Records that take a bank, a simulator or three zones to make: no answer about one, in the tests that make them, is
/// without a tag ([`crate::server::contract`]).
const ELSEWHERE: [&str; 6] = [
    "/v1/adapters/evidence/{id}",
    "/v1/bridge/transfers/{id}",
    "/v1/corridors/{id}/evidence/{sha256}",
    "/v1/fiscal/raast/payments/{id}",
    "/v1/settlement/plans/{plan}",
    "/v1/tax/returns/{id}",
];
/// A tag that nothing has.
const STALE: &str = "\"0000000000000000000000000000000000000000000000000000000000000000\"";

/// A zone with a record of nearly every kind.
struct Stand {
    home: Home,
    server: Server,
    /// Reads, and rules as a supervisor does.
    regulator: String,
    /// Templates of reads with the path of a record.
    known: Vec<(&'static str, String)>,
}

impl Stand {
    fn new() -> Self {
        let access = json!({ "two_persons": true, "council": council(&[(1, 1)]) });
        let homes = [governed(&access), Home::of("ae-abudhabi-adgm", None)];
        let [server, peer] = [Server::start(&homes[0]), Server::start(&homes[1])];
        let corridor = joined(&server, &peer, [&homes[0], &homes[1]]);
        let [home, _] = homes;
        let holder = Holder::of(&home, &server, "Harbour Tea");
        let watcher = watcher(&home, &server, corridor.rsplit('/').next().unwrap());
        let asked = server.post(LIMITS, &limits("10.00"));
        assert_eq!(asked.status, 202, "{}", asked.text);
        let approval = asked.body["approval_id"].as_str().unwrap().to_owned();
        let webhook = made(
            &server,
            "/v1/webhooks",
            &json!({ "url": "http://127.0.0.1:1/" }),
            "/result/webhook_id",
        );
        let table = format!("/v1/ownership/cap-tables/{}", holder.entity);
        dividend(&server, &table);
        let cafes = home.company("Quay Cafes", "sg", EVIDENCE);
        let cafes = made(&server, "/v1/entities", &cafes, "/result/entity_id");
        let [one, other] = [&holder.entity, &cafes].map(|party| json!({ "party_id": party }));
        let flow = json!({ "flow_type": "OpenAccount", "seller": one, "buyer": other });
        let flow = server.post("/v1/trade/flows", &flow);
        let halt = json!({ "operation": "halt_corridor",
            "corridor_id": corridor.rsplit('/').next().unwrap() });
        let halt = json!({ "operation": halt, "title": "An inquiry", "expires": later() });
        let proposal = made(&server, PROPOSALS, &halt, "/consent_id");
        let mut known = vec![
            ("/v1/council/proposals/{id}", format!("{PROPOSALS}/{proposal}")),
            ("/v1/approvals/{id}", format!("/v1/approvals/{approval}")),
            ("/v1/corridors/{id}", corridor),
            (
                "/v1/ownership/cap-tables/{entity_id}/dividends/{dividend_id}",
                format!("{table}/dividends/q1"),
            ),
            ("/v1/tax/rules/{jurisdiction_id}", "/v1/tax/rules/sg".to_owned()),
            ("/v1/watchers/{did}", format!("/v1/watchers/{watcher}")),
            ("/v1/webhooks/{id}", format!("/v1/webhooks/{webhook}")),
        ];
        assert_eq!(flow.status, 201, "{}", flow.text);
        let id = flow.body["result"]["flow"]["flow_id"].as_str().unwrap();
        known.push(("/v1/trade/flows/{id}", format!("/v1/trade/flows/{id}")));
        for template in reads().filter(|read| !ELSEWHERE.contains(read)) {
            if !known.iter().any(|(known, _)| *known == template) {
                known.push((template, path_of(template, &holder.named(template).0)));
            }
        }
        drop(peer);
        let body = json!({ "principal": "rule", "scopes": ["regulator", "reader"] });
        let regulator = made(&server, "/v1/tokens", &body, "/token");
        let stand = Self { home, server, regulator, known };
        stand.quiet();
        stand
    }

    /// The record that a write is about, and where it is written to: the longest read whose path it begins with.
    fn of_write(&self, template: &str) -> Option<(&str, String)> {
        let begins = |read: &str| {
            template.strip_prefix(read).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fitting = self.known.iter().filter(|(read, _)| begins(read));
        let (read, path) = fitting.max_by_key(|(read, _)| read.len())?;
        let rest = template.strip_prefix(read).unwrap();
        Some((path, format!("{path}{}", path_of(rest, "0"))))
    }

    /// Ask as whoever may.
    fn write(&self, (method, template): (&str, &str), path: &str, tags: &str) -> Told {
        let scopes = &DOCUMENT["paths"][template][method]["x-mez-scopes-any-of"];
        let operates = scopes.as_array().unwrap().contains(&json!("operator"));
        let token = if operates { &self.server.token } else { &self.regulator };
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("if-match", tags)];
        match method {
            "delete" => self.server.delete(path, &headers),
            _ => self.server.send(path, b"{}", &headers),
        }
    }

    fn decided(&self) -> usize {
        let (mut all, mut after) = (0, String::new());
        loop {
            let page = self.server.get(&format!("/v1/decisions?limit=200{after}")).body;
            all += page["items"].as_array().unwrap().len();
            let Some(next) = page["next"].as_str() else { return all };
            after = format!("&after={next}");
        }
    }

    /// What the zone does by itself is done.
    fn quiet(&self) {
        let mut before = self.decided();
        for _ in 0..40 {
            std::thread::sleep(Duration::from_millis(400));
            let now = self.decided();
            if std::mem::replace(&mut before, now) == now {
                return;
            }
        }
        panic!("the zone writes on");
    }
}

fn dividend(server: &Server, table: &str) {
    let holder = json!({ "holder_id": "ann", "name": "Ann", "kind": "person" });
    let allotted = json!([{ "holder_id": "ann", "shares": 10 }]);
    for entry in [
        json!({ "event": "enter", "holder": holder }),
        json!({ "event": "issue", "class_id": "common", "allotments": allotted }),
        json!({ "event": "declare_dividend", "dividend_id": "q1", "class_id": "common",
            "per_share": { "currency": "SGD", "value": "1" } }),
    ] {
        let told = server.post(&format!("{table}/events"), &json!({ "entry": entry }));
        assert_eq!(told.status, 200, "{}", told.text);
    }
}

/// A registered watcher.
fn watcher(home: &Home, server: &Server, corridor: &str) -> String {
    let root = home.dir.root().display().to_string();
    let mez = |args: &[&str]| {
        let out =
            Command::new(env!("CARGO_BIN_EXE_mez")).arg("--json").args(args).output().unwrap();
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice::<Value>(&out.stdout).unwrap()
    };
    let key = mez(&["watcher", "keygen", "--output", &root, "--prefix", "w"]);
    let file = key["private_key"].as_str().unwrap();
    let at = ["--url", &server.url, "--dir", &root];
    mez(&[&["watcher", "register", "--key", file, "--corridor", corridor], &at[..]].concat());
    key["did"].as_str().unwrap().to_owned()
}

/// Operations that may answer a status: method, template, operation.
fn that_answer(
    status: &'static str,
) -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let all = DOCUMENT["paths"].as_object().unwrap().iter();
    let each = all.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    });
    each.filter(move |(.., operation)| operation["responses"][status].is_object())
}

fn reads() -> impl Iterator<Item = &'static str> {
    that_answer("304").map(|(_, path, _)| path)
}

fn tag(server: &Server, path: &str) -> String {
    let told = server.get(path);
    told.etag.unwrap_or_else(|| panic!("{path}: {} {}", told.status, told.text))
}

fn failed(told: &Told) -> bool {
    told.code() == (412, "precondition-failed")
}

#[test]
fn every_read_of_one_record_has_a_tag_and_who_knows_it_is_sent_nothing() {
    let stand = Stand::new();
    let server = &stand.server;
    for (template, path) in &stand.known {
        let (first, second) = (server.get(path), server.get(path));
        assert_eq!(first.status, 200, "{template}: {}", first.text);
        assert_eq!((&first.etag, &first.text), (&second.etag, &second.text), "{template}");
        let tag = first.etag.unwrap();
        assert!(tag.len() == 66 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        for known in [tag.clone(), format!("W/{tag}"), format!("{STALE}, {tag}"), "*".to_owned()] {
            let told = server.send_get(path, &[("if-none-match", &known)]);
            assert_eq!((told.status, told.etag.as_ref()), (304, Some(&tag)), "{template} {known}");
        }
        let told = server.send_get(path, &[("if-none-match", STALE)]);
        assert_eq!((told.status, &told.text), (200, &first.text), "{template}");
        let told = server.send_get(path, &[("if-none-match", "0000")]);
        assert_eq!(told.code(), (400, "bad-entity-tag"), "{template}");
    }
    let absent = server.send_get(&format!("/v1/entities/{NOBODYS}"), &[("if-none-match", "*")]);
    assert_eq!(absent.code(), (404, "not-found"));
    assert!(stand.known.len() > 20, "{}", stand.known.len());
}

#[test]
fn a_write_about_what_the_record_is_not_any_more_writes_nothing_at_any_route() {
    let stand = Stand::new();
    let server = &stand.server;
    let (before, mut refused, mut absent) = (stand.decided(), 0, 0);
    for (method, template, operation) in that_answer("412") {
        let at = format!("{method} {template}");
        let ask = |path: &str, tags: &str| stand.write((method, template), path, tags);
        let Some((record, path)) = stand.of_write(template) else {
            let read = ELSEWHERE.iter().find(|read| template.starts_with(*read)).unwrap();
            assert_eq!(ask(&path_of(template, nobodys(read)), STALE).status, 404, "{at}");
            absent += 1;
            continue;
        };
        let stale = ask(&path, STALE);
        assert!(failed(&stale), "{at}: {}", stale.text);
        assert_eq!(stale.body["errors"][0]["pointer"], "/header/if-match", "{at}");
        assert!(stale.body["remedy"].as_str().unwrap().contains("again"), "{}", stale.text);
        let weak = ask(&path, &format!("W/{}", tag(server, record)));
        assert!(failed(&weak), "{at}: {}", weak.text);
        assert_eq!(ask(&path, "everything").code(), (400, "bad-entity-tag"), "{at}");
        let parameters = operation["parameters"].as_array().unwrap();
        if parameters.iter().any(|parameter| parameter["name"] == "dry_run") {
            let rehearsed = ask(&format!("{path}?dry_run=true"), STALE);
            assert!(failed(&rehearsed), "{at}: {}", rehearsed.text);
        }
        refused += 1;
    }
    assert_eq!(stand.decided(), before, "nothing was written");
    // Who may use a power over the zone, and was refused it, is told of in the audit log.
    let told = server.get("/v1/audit?limit=200").body;
    let code = |item: &Value| item["entry"]["code"] == "precondition-failed";
    assert!(told["items"].as_array().unwrap().iter().any(code), "{told}");
    assert!(refused > 50 && absent < 8, "{refused} {absent}");
}

#[test]
fn a_regulator_who_is_told_that_it_is_as_they_know_it_has_seen_it() {
    let stand = Stand::new();
    let (_, path) = stand.known.iter().find(|(read, _)| read.starts_with("/v1/decisions")).unwrap();
    let ask = |tags: &str| {
        let request = agent().get(format!("{}{path}", stand.server.url));
        let bearer = format!("Bearer {}", stand.regulator);
        let request = request.header("authorization", bearer).header("if-none-match", tags);
        told(request.call().unwrap())
    };
    let whole = ask(STALE);
    let tag = whole.etag.unwrap();
    assert_eq!((whole.status, ask(&tag).status), (200, 304));
    let log = stand.server.ask_as("/v1/regulator/log", Some(&stand.regulator)).body;
    let last = log["items"].as_array().unwrap().last().unwrap();
    let entry = last.get("entry").unwrap_or(last);
    assert_eq!((&entry["status"], &entry["records"]), (&json!(304), &json!(1)), "{last}");
    assert_eq!(entry["answer_sha256"].as_str(), Some(tag.trim_matches('"')));
}

/// An id of the form that a read takes.
fn nobodys(read: &str) -> &'static str {
    const DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    if read.ends_with("{plan}") { DIGEST } else { NOBODYS }
}

#[test]
fn a_write_about_what_the_record_is_goes_on_under_the_lock_as_without_a_condition() {
    let stand = Stand::new();
    let server = &stand.server;
    let mut done = 0;
    for (method, template, _) in that_answer("412") {
        let Some((record, path)) = stand.of_write(template) else { continue };
        // A webhook that is gone is read no more, and taken back last.
        let told = server.get(record);
        let Some(tag) = told.etag else { continue };
        let told = stand.write((method, template), &path, &tag);
        assert!(
            !failed(&told) && !matches!(told.status, 500 | 503),
            "{method} {path}: {}",
            told.text
        );
        done += usize::from(told.status < 300);
    }
    assert!(done > 10, "{done}");
}
