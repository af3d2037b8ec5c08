//! `/v1/regulator`: what is shown, what is logged of it, and what can be proven of both.

use canon::Digest;
use serde_json::{Value, json};

use crate::home::Home;
use crate::server::{Server, Told};

/// A token of one scope, for somebody.
fn token(server: &Server, principal: &str, scope: &str) -> String {
    let made = server.post("/v1/tokens", &json!({ "principal": principal, "scopes": [scope] }));
    made.body["token"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned()
}

fn log(server: &Server, token: &str) -> Vec<Value> {
    let told = server.ask_as("/v1/regulator/log?limit=200", Some(token));
    assert_eq!(told.status, 200, "{}", told.text);
    told.body["items"].as_array().unwrap().clone()
}

fn sha256(told: &Told) -> String {
    Digest::of_blob(told.text.as_bytes()).to_string()
}

#[test]
fn every_answer_to_a_regulator_is_logged_and_nobody_elses() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let (ana, bo) = (token(&server, "ana", "regulator"), token(&server, "bo", "regulator"));
    let journal = server.get("/v1/decisions").body["items"].as_array().unwrap().len();
    let decisions = server.ask_as("/v1/decisions?limit=3", Some(&ana));
    let absent = server.ask_as("/v1/compliance/nobody", Some(&ana));
    assert_eq!((decisions.status, absent.status), (200, 404));
    assert_eq!(server.ask_as("/v1/decisions", Some(&bo)).status, 200);
    // Who reads the decision journal does not read there what a regulator looks at.
    assert_eq!(server.get("/v1/decisions").body["items"].as_array().unwrap().len(), journal);

    let seen = log(&server, &ana);
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(seen[0]["by"], "ana");
    assert_eq!((&seen[0]["path"], &seen[0]["status"]), (&json!("/v1/decisions"), &json!(200)));
    assert_eq!(seen[0]["query"], json!({ "limit": "3" }));
    assert_eq!(seen[0]["answer_sha256"], json!(sha256(&decisions)));
    let shown = decisions.body["items"].as_array().unwrap().len();
    assert_eq!(seen[0]["records"], json!(shown));
    assert_eq!((&seen[1]["status"], &seen[1]["records"]), (&json!(404), &json!(0)));
    assert_eq!(seen[1]["answer_sha256"], json!(sha256(&absent)));
    // Looking at the log is looking.
    let again = log(&server, &ana);
    assert_eq!((again.len(), &again[2]["path"]), (3, &json!("/v1/regulator/log")));
    assert_eq!(log(&server, &bo).len(), 1);
    assert_eq!(server.get("/v1/regulator/log").code(), (403, "forbidden"));
    let reader = token(&server, "cy", "reader");
    assert_eq!(server.ask_as("/v1/regulator/log", Some(&reader)).code(), (403, "forbidden"));
    // It outlives a restart.
    drop(server);
    let server = Server::start(&home);
    assert_eq!(log(&server, &ana).len(), 4);
}

/// On data that are older than what was signed nothing is written; so its regulator sees nothing, others read on.
#[test]
fn what_cannot_be_logged_is_not_shown() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let ana = token(&server, "ana", "regulator");
    drop(server);
    let data = home.dir.root().join("data");
    let kept = crate::home::folder("kept").join("data");
    crate::forks::copy(&data, &kept);
    let server = Server::start(&home);
    assert_eq!(server.ask_as("/v1/decisions", Some(&ana)).status, 200);
    token(&server, "bo", "reader");
    drop(server);
    crate::forks::copy(&kept, &data);
    let server = Server::start(&home);
    assert_eq!(server.ask_as("/v1/decisions", Some(&ana)).code(), (503, "not-signing"));
    assert_eq!(server.get("/v1/decisions").status, 200);
}

#[test]
fn an_export_of_the_log_shows_ones_own_entries_and_commits_to_the_others() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let (ana, bo) = (token(&server, "ana", "regulator"), token(&server, "bo", "regulator"));
    for token in [&ana, &bo, &ana] {
        assert_eq!(server.ask_as("/v1/decisions", Some(token)).status, 200);
    }
    let told = server.ask_as("/v1/regulator/log/export", Some(&ana));
    assert_eq!(told.status, 200, "{}", told.text);
    let subject = &told.body["credentialSubject"];
    let part: proof::views::Part = serde_json::from_value(subject.clone()).unwrap();
    part.check().unwrap();
    let own: Vec<bool> =
        subject["entries"].as_array().unwrap().iter().map(|e| e["entry"].is_object()).collect();
    assert_eq!(own, [true, false, true]);
    let later = server.ask_as("/v1/regulator/log/export?from=3", Some(&bo)).body;
    let later: proof::views::Part =
        serde_json::from_value(later["credentialSubject"].clone()).unwrap();
    later.check().unwrap();
    later.follows(&part).unwrap();
    assert_eq!(server.ask_as("/v1/regulator/log/export?from=99", Some(&ana)).status, 404);
}

/// `mez` with the zone's address and a token.
fn mez(server: &Server, token: &str, args: &[&str]) -> (i32, Value, String) {
    let run = |json: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mez"));
        command.args(json).args(args);
        let out = command.args(["--url", &server.url, "--token", token]).output().unwrap();
        let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
        (out.status.code().unwrap(), text)
    };
    let (code, text) = run(&["--json"]);
    (code, serde_json::from_str(&text).unwrap_or(Value::Null), text)
}

fn verify(args: &[&str]) -> (i32, String) {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_mez")).args(args).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8([out.stdout, out.stderr].concat()).unwrap())
}

fn company(home: &Home, server: &Server, name: &str) -> String {
    let kinds = ["beneficial_ownership", "source_of_funds"];
    let formed = server.post("/v1/entities", &home.company(name, "sg", &kinds));
    assert_eq!(formed.status, 201, "{}", formed.text);
    formed.body["result"]["entity_id"].as_str().unwrap().to_owned()
}

/// Some companies, one that law refused, and a regulator.
fn populated() -> (Home, Server, String, Vec<String>) {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let names = ["Harbour Tea", "Harbour Rice", "Harbour Silk"];
    let formed = names.map(|name| company(&home, &server, name)).to_vec();
    let refused = server.post("/v1/entities", &home.company("Harbour Ghost", "sg", &[]));
    assert_eq!(refused.status, 403, "{}", refused.text);
    let ana = token(&server, "ana", "regulator");
    (home, server, ana, formed)
}

#[test]
fn a_figure_leads_to_records_and_a_record_to_facts_and_law() {
    let (_home, server, ana, formed) = populated();
    let asked = |path: &str| {
        let told = server.ask_as(path, Some(&ana));
        assert_eq!(told.status, 200, "{path}: {}", told.text);
        told.body
    };
    let figure = asked("/v1/regulator/population?of=entities&split=state,jurisdiction");
    assert_eq!((&figure["total"], &figure["groups"][0]["count"]), (&json!(3), &json!(3)));
    assert_eq!(figure["groups"][0]["key"]["jurisdiction"], "sg");
    let decisions = asked("/v1/regulator/population?of=decisions&split=outcome");
    let count = |outcome: &str| {
        let groups = decisions["groups"].as_array().unwrap();
        groups.iter().find(|group| group["key"]["outcome"] == outcome).unwrap()["count"].clone()
    };
    assert_eq!(count("deny"), json!(1));
    // Each group's own way leads to as many records as it counts.
    for split in
        ["state", "domain", "jurisdiction", "kind", "outcome", "sort", "event", "month", "day"]
    {
        for of in ["entities", "decisions"] {
            let figure = asked(&format!("/v1/regulator/population?of={of}&split={split}"));
            for group in figure["groups"].as_array().unwrap() {
                if group["key"].as_object().unwrap().values().any(|value| value == "-") {
                    continue;
                }
                let way = format!("{}&limit=200", group["records"].as_str().unwrap());
                let found = asked(&way)["items"].as_array().unwrap().len();
                assert_eq!(json!(found), group["count"], "{way}");
            }
        }
    }
    let page = asked("/v1/regulator/records?of=entities&limit=2");
    let rest = asked(&format!(
        "/v1/regulator/records?of=entities&after={}",
        page["next"].as_str().unwrap()
    ));
    assert_eq!(
        (page["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()),
        (2, 1)
    );
    assert!(rest["next"].is_null());
    let row = &page["items"][0];
    assert_eq!(row["subject"], json!(format!("entity:{}", formed[0])));
    let record = asked(row["record"].as_str().unwrap());
    assert_eq!(record["record"]["entity_id"], json!(formed[0]));
    assert_eq!(record["evidence"].as_array().unwrap().len(), 2);
    let decision = asked(row["decision"].as_str().unwrap());
    assert_eq!(decision["facts"]["owner.identified"]["provenance"]["source"], "credential");
    let by: Vec<&Value> = decision["rests_on"].as_array().unwrap().iter().collect();
    assert!(by.iter().any(|by| by["source"] == "screening"), "{by:?}");
    let rows = decision["decision"]["cells"][0]["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["cited"]["citation"].is_object()), "{rows:?}");
    // As of a moment before, nothing was known.
    let before = "/v1/regulator/population?of=entities&known_at=2020-01-01T00:00:00Z";
    assert_eq!(asked(before)["total"], json!(0));
    let yesterday = asked("/v1/regulator/population?of=entities&as_of=2020-01-01");
    assert_eq!(yesterday["total"], json!(0));
    for wrong in
        ["of=ships", "split=colour", "state=fine", "split=state,kind,month,day", "colour=red"]
    {
        let told = server.ask_as(&format!("/v1/regulator/population?{wrong}"), Some(&ana));
        assert_eq!(told.status, 422, "{wrong}");
    }
    assert_eq!(server.ask_as("/v1/regulator/records/entity:nobody", Some(&ana)).status, 404);
    assert_eq!(server.ask_as("/v1/regulator/decisions/999999", Some(&ana)).status, 404);
    assert_eq!(server.get("/v1/regulator/overview").code(), (403, "forbidden"));
}

#[test]
fn alerts_stand_until_they_end_and_are_acknowledged_in_the_log() {
    let (home, server, ana, _formed) = populated();
    for _ in 0..12 {
        assert_eq!(
            server.post("/v1/entities", &home.company("Harbour Ghost", "sg", &[])).status,
            403
        );
    }
    let alerts =
        || server.ask_as("/v1/regulator/alerts?rule=refused-writes-spike", Some(&ana)).body;
    let found = alerts();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    let id = found["items"][0]["alert_id"].as_str().unwrap().to_owned();
    assert!(found["items"][0]["acknowledged"].is_null());
    let path = format!("/v1/regulator/alerts/{id}/acknowledge");
    let bearer = format!("Bearer {ana}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "a-1")];
    let body = json!({ "note": "asked the registrar" }).to_string();
    let told = server.send(&path, body.as_bytes(), &headers);
    assert_eq!((told.status, told.replayed), (201, false), "{}", told.text);
    let again = server.send(&path, body.as_bytes(), &headers);
    assert_eq!((again.status, again.replayed, &again.body), (201, true, &told.body));
    let other = json!({ "note": "another" }).to_string();
    assert_eq!(
        server.send(&path, other.as_bytes(), &headers).code(),
        (409, "idempotency-key-reused")
    );
    let wrong = json!({ "note": "" }).to_string();
    assert_eq!(server.send(&path, wrong.as_bytes(), &headers[..1]).code(), (422, "invalid-fields"));
    let nothing = format!("/v1/regulator/alerts/{}/acknowledge", "0".repeat(64));
    assert_eq!(server.send(&nothing, body.as_bytes(), &headers[..1]).status, 404);
    assert_eq!(alerts()["items"][0]["acknowledged"]["note"], "asked the registrar");
    let kept = log(&server, &ana);
    let own = kept.iter().filter(|entry| entry["type"] == "MEZRegulatorAcknowledgement").count();
    assert_eq!(own, 1);
    // Another regulator's acknowledgement is theirs.
    let bo = token(&server, "bo", "regulator");
    let seen = server.ask_as("/v1/regulator/alerts", Some(&bo)).body;
    assert!(seen["items"].as_array().unwrap().iter().all(|alert| alert["acknowledged"].is_null()));
}

/// What the commands fetch and judge, as it is answered: a sample, a report, chosen domains.
fn asked_directly(server: &Server, ana: &str, entity: &str, today: &str) {
    let few = format!("/v1/regulator/sample?seed={}&size=4&count=4", "ab".repeat(32));
    let drawn = server.ask_as(&few, Some(ana));
    assert_eq!((drawn.status, drawn.body["drawn"].as_array().map(Vec::len)), (200, Some(4)));
    let report = format!("/v1/regulator/report?from_day={today}&to_day={today}");
    let told = server.ask_as(&report, Some(ana));
    assert_eq!(told.body["credentialSubject"]["period"]["from"], json!(today), "{}", told.text);
    let shown = server.get(&format!("/v1/compliance/{entity}/disclosure?domains=aml,tax"));
    assert_eq!(shown.body["disclosures"][0]["row"]["opened"].as_array().map(Vec::len), Some(2));
}

#[test]
fn samples_reports_and_logs_are_judged_offline() {
    let (home, server, ana, formed) = populated();
    let place = crate::home::folder("regulator");
    let file = |name: &str| place.join(name).to_str().unwrap().to_owned();
    let did = server.ready["did"].as_str().unwrap().to_owned();
    let keys = file("keys.json");
    std::fs::write(&keys, server.get("/.well-known/mez/keys.json").text).unwrap();
    let sample = file("sample.json");
    // The clockwork signs about once a second.
    let size =
        || server.get("/tlog/zone/checkpoint").text.lines().nth(1).and_then(|n| n.parse().ok());
    for _ in 0..100 {
        if size().unwrap_or(0) >= 5u64 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let asked = ["regulator", "sample", "--count", "4", "--out", &sample, "--trust", &did];
    let (code, told, text) = mez(&server, &ana, &asked);
    assert_eq!((code, &told["verdict"]), (0, &json!("VALID")), "{text}");
    assert_eq!(told["places"].as_array().unwrap().len(), 4);
    let (code, text) = verify(&["verify", &sample, "--trust", &did]);
    assert!(code == 0 && text.contains("drawn    4 of ") && text.contains("each shown"), "{text}");
    let (code, text) = verify(&["verify", &sample]);
    assert!(code == 7 && text.contains(&did), "{text}");
    let mut other: Value =
        serde_json::from_str(&std::fs::read_to_string(&sample).unwrap()).unwrap();
    other["seed"] = json!(Digest::of_blob(b"another").to_string());
    std::fs::write(&sample, other.to_string()).unwrap();
    assert_eq!(verify(&["verify", &sample, "--trust", &did]).0, 6);
    let beyond = format!("/v1/regulator/sample?seed={}&size=999999", "ab".repeat(32));
    assert_eq!(server.ask_as(&beyond, Some(&ana)).code(), (422, "bad-sample"));

    let today = crate::home::now().date().to_string();
    asked_directly(&server, &ana, &formed[0], &today);
    let report = file("report.json");
    let (code, _, text) = mez(
        &server,
        &ana,
        &["regulator", "report", "--from", &today, "--to", &today, "--out", &report],
    );
    assert_eq!(code, 0, "{text}");
    let trusted = ["--inception", keys.as_str(), "--trust", did.as_str()];
    let (code, text) = verify(&[&["verify", report.as_str()], trusted.as_slice()].concat());
    assert_eq!(code, 0, "{text}");
    let text = std::fs::read_to_string(&report).unwrap().replace("\"total\": 3", "\"total\": 4");
    std::fs::write(&report, text).unwrap();
    let (code, _) = verify(&[&["verify", report.as_str()], trusted.as_slice()].concat());
    assert_eq!(code, 6);

    let parts = [file("a.json"), file("b.json")];
    let export = |from: &str, out: &str| {
        mez(&server, &ana, &["regulator", "log", "export", "--from", from, "--out", out]).1
    };
    let next = export("0", &parts[0])["next"].to_string();
    assert_eq!(mez(&server, &ana, &["regulator", "overview"]).0, 0);
    export(&next, &parts[1]);
    let all = ["regulator", "log", "verify", parts[0].as_str(), parts[1].as_str()];
    let (code, text) = verify(&[all.as_slice(), trusted.as_slice()].concat());
    assert_eq!(code, 0, "{text}");
    let swapped = ["regulator", "log", "verify", parts[1].as_str(), parts[0].as_str()];
    assert_eq!(verify(&[swapped.as_slice(), trusted.as_slice()].concat()).0, 6);

    let export = server.get(&format!("/v1/compliance/{}/export", formed[0]));
    let answer = file("answer.json");
    std::fs::write(&answer, &export.text).unwrap();
    let (code, text) = verify(&[&["verify", answer.as_str()], trusted.as_slice()].concat());
    assert_eq!(code, 0, "{text}");
    drop(home);
}

#[test]
fn people_see_tables() {
    let (_home, server, ana, formed) = populated();
    let told = |args: &[&str]| {
        let (url, ana) = (server.url.as_str(), ana.as_str());
        let (code, text) =
            verify(&[&["regulator"], args, &["--url", url, "--token", ana]].concat());
        assert_eq!(code, 0, "{args:?}: {text}");
        text
    };
    assert!(told(&["overview"]).contains("entities by state: 3"));
    assert!(told(&["population", "--split", "state"]).contains("count"));
    let subject = format!("entity:{}", formed[0]);
    let list = told(&["population", "--list"]);
    assert!(list.contains(&subject), "{list}");
    assert!(told(&["show", &subject]).contains("beneficial_ownership"));
    let line = list.lines().find(|line| line.contains(&subject)).unwrap();
    let decision = line.split_whitespace().last().unwrap();
    assert!(told(&["show", decision]).contains("owner.identified"));
    told(&["alerts"]);
    assert!(told(&["log", "show"]).contains("/v1/regulator/overview"));
}
