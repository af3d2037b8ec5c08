//! `mez export` against a running zone: what is written is what the zone tells, whole, and nothing is overwritten.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::home::{Home, at_mass};
use crate::refused::rows::Rows;
use crate::server::Server;
use crate::tax::company;

const MORE: u64 = 450;

fn export(home: &Home, what: &[&str], out: &Path) -> i32 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    command.args(["--json", "export"]).args(what).arg("--out").arg(out);
    command.arg("--dir").arg(home.dir.root()).output().unwrap().status.code().unwrap()
}

#[test]
fn books_statements_and_owners_are_written_to_files_whole() {
    let home = Home::of("pk-sifc", None);
    let server = Server::start(&home);
    let (entity, account) = company(&home, &server, "Indus Lantern", Some("500000.00"));
    drop(server);
    let many = if at_mass::wanted() { 0 } else { MORE };
    let rows = Rows::of(&home);
    let (_, entry) = rows.first("ledger-entry", Some(&format!("{account}/")));
    let more = (0..many).map(|n| (format!("{account}/{:016}", 1_000_000 + n), entry.clone()));
    rows.sow("ledger-entry", more);
    drop(rows);

    let server = Server::start(&home);
    let out = |name: &str| home.dir.root().join(name);
    let written = |what: &[&str], name: &str| {
        assert_eq!(export(&home, what, &out(name)), 0, "{what:?}");
        let bytes = std::fs::read(out(name)).unwrap();
        assert_ne!(export(&home, what, &out(name)), 0, "{what:?} wrote over a file");
        assert_eq!(std::fs::read(out(name)).unwrap(), bytes);
        String::from_utf8(bytes).unwrap()
    };
    let books = written(&["books"], "books.journal");
    assert_eq!(books, server.get("/v1/fiscal/journal?format=hledger").text);
    let day = ["books", "--from", "2020-01-01", "--to", "2020-01-02"];
    assert!(!written(&day, "day.journal").contains("500000"), "a journal of other days");
    let owners = written(&["ownership", &entity], "owners.json");
    assert_eq!(owners, server.get(&format!("/v1/entities/{entity}/bods")).text);

    let told = written(&["statement", &account], "statement.json");
    let told: Value = serde_json::from_str(&told).unwrap();
    let items = told["items"].as_array().unwrap();
    assert_eq!(items.len() as u64, 1 + many);
    assert_eq!((&told["opening"], &told["closing"]), (&json!("0.00"), &json!("500000.00")));
    assert_eq!(told.get("next"), None);
    let places = || items.iter().map(|item| item["entry"].as_str().unwrap());
    assert!(
        places().is_sorted()
            && places().collect::<std::collections::BTreeSet<_>>().len() == items.len()
    );
    let day = told["to"].as_str().unwrap();
    let today = ["statement", &account, "--by", "effective", "--from", day, "--to", day];
    let today: Value = serde_json::from_str(&written(&today, "today.json")).unwrap();
    assert_eq!(
        (&today["by"], &today["from"], &today["to"]),
        (&json!("effective"), &json!(day), &json!(day))
    );
    assert_ne!(export(&home, &["statement", "nobody"], &out("nobody.json")), 0);
    assert!(!out("nobody.json").exists());
}
