//! `/v1/screening`: lists that change under a running zone, lists that are too old, decisions about
//! hits.

use std::io::Write as _;
use std::time::{Duration, Instant};

use canon::Realm;
use serde_json::{Value, json};

use crate::home::{EVIDENCE, Home, folder, now};
use crate::server::{Server, Told};

/// One record in the published form of the OFAC files.
pub fn lay(home: &Home, name: &str, published: &str) {
    let folder = home.dir.root().join("sanctions");
    std::fs::create_dir_all(&folder).unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let none = "-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ";
    put("published.json", &json!({ "ofac-sdn": published }).to_string());
    put("alt.csv", "7,1,\"aka\",\"ROE, J\",-0- \n");
    put("add.csv", "7,1,\"1 High Street\",\"Nowhere\",\"Utopia\",-0- \n");
    put("sdn.csv", &format!("7,\"{name}\",\"individual\",\"X\",{none}\n"));
}

pub fn form(home: &Home, server: &Server, name: &str) -> Told {
    server.post("/v1/entities", &home.company(name, "sg", EVIDENCE))
}

/// Ask until the answer fits; a sweep and a look at the folder take a moment.
fn until(server: &Server, fits: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let told = server.get("/v1/screening").body;
        if fits(&told) {
            return told;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{told}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn lists_laid_while_the_zone_runs_come_into_force_and_everybody_is_screened_again() {
    let home = Home::of("sg", None);
    let today = now().date().to_string();
    lay(&home, "DOE, J", &today);
    let server = Server::start(&home);
    let formed = form(&home, &server, "Straits Ledger");
    assert_eq!(formed.status, 201, "{}", formed.text);
    let id = formed.body["result"]["entity_id"].as_str().unwrap().to_owned();
    let told = server.get("/v1/screening").body;
    assert_eq!(
        (&told["coverage"]["screened"], &told["coverage"]["should"]),
        (&1.into(), &1.into())
    );
    let before = told["lists_sha256"].clone();

    // A broken file: named in readiness, and nothing changes.
    std::fs::write(home.dir.root().join("sanctions/alt.csv"), "7,1\n").unwrap();
    let told = until(&server, |told| !told["refused"].is_null());
    assert!(told["refused"].as_str().unwrap().contains("`alt.csv` at line 1"), "{told}");
    assert_eq!(told["lists_sha256"], before);
    let ready = server.ask_as("/health/readiness", None);
    assert!(ready.text.contains("newer lists were refused"), "{}", ready.text);

    lay(&home, "STRAITS LEDGER", &today);
    let told = until(&server, |told| {
        told["lists_sha256"] != before
            && told["coverage"]["screened"] == 1
            && told["sweep"]["finished"].is_string()
    });
    assert!(told["refused"].is_null(), "{told}");
    assert_eq!(told["sweep"]["changed"], 1);
    let known = server.get(&format!("/v1/screening/entities/{id}")).body;
    assert_eq!(known["finding"]["outcome"], "hit", "{known}");
    let path = format!("/v1/decisions?subject=entity:{id}&kind=duty");
    let decided = server.get(&path).body;
    assert_eq!(decided["items"][0]["said"]["after"]["outcome"], "hit", "{decided}");

    // After a restart the same is known, and nobody is screened once more.
    drop(server);
    let server = Server::start(&home);
    let again = until(&server, |told| {
        told["coverage"]["screened"] == 1 && told["sweep"]["finished"].is_string()
    });
    assert_eq!(again["sweep"], told["sweep"]);
    assert_eq!(server.get(&path).body["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_registered_person_whom_a_list_names_is_found_and_nobody_is_paid_through_them() {
    let home = Home::of("sg", None);
    let today = now().date().to_string();
    lay(&home, "DOE, J", &today);
    let server = Server::start(&home);
    let id = |told: &Told, member: &str| {
        assert_eq!(told.status, 201, "{}", told.text);
        told.body["result"][member].as_str().unwrap().to_owned()
    };
    let entity = |name: &str| id(&form(&home, &server, name), "entity_id");
    let account = |entity: &str| {
        let open = json!({ "entity_id": entity, "currency": "SGD" });
        id(&server.post("/v1/fiscal/accounts", &open), "account_id")
    };
    let entities = [entity("Straits Ledger"), entity("Quay Works")];
    let accounts = entities.each_ref().map(|entity| account(entity));
    for account in &accounts {
        let fund = json!({ "amount": "100.00", "currency": "SGD", "purpose": "capital" });
        let funded = server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund);
        assert_eq!(funded.status, 200, "{}", funded.text);
    }
    let person = |name: &str| {
        let particulars = json!({ "kind": "person", "full_name": name });
        let body = json!({ "particulars": particulars, "entity_id": entities[0] });
        id(&server.post("/v1/identity", &body), "identity_id")
    };
    let (listed, erased) = (person("Quill Feather"), person("Ada Brook"));
    let pay = |from: usize| {
        server.post(
            "/v1/fiscal/payments",
            &json!({
                "from_account_id": accounts[from], "to": { "account_id": accounts[1 - from] },
                "amount": "1.00", "currency": "SGD", "purpose": "services",
            }),
        )
    };
    assert_eq!((pay(0).status, pay(1).status), (201, 201));
    assert_eq!(server.post(&format!("/v1/identity/{erased}/erase"), &json!({})).status, 200);

    lay(&home, "FEATHER, QUILL", &today);
    let told = until(&server, |told| told["persons"]["sweep"]["finished"].is_string());
    let persons = &told["persons"];
    assert_eq!(
        (&persons["coverage"]["should"], &persons["coverage"]["screened"]),
        (&json!(1), &json!(1)),
        "{told}"
    );
    assert_eq!(persons["sweep"]["changed"], 1, "{told}");
    let seen = server.get(&format!("/v1/identity/{listed}")).body;
    assert_eq!(seen["screening"]["outcome"], "hit", "{seen}");
    assert_eq!(seen["screening"]["hits"], json!([["ofac-sdn", "7"]]), "{seen}");
    let decided = server.get(&format!("/v1/decisions?subject=identity:{listed}&kind=duty"));
    assert_eq!(decided.body["items"][0]["said"]["after"], "hit", "{}", decided.text);
    assert!(!decided.text.contains("Quill") && !decided.text.contains("ofac"), "{}", decided.text);
    // It neither pays nor is paid; the list says nothing of anybody else.
    for from in [0, 1] {
        assert_eq!(pay(from).code(), (403, "sanctions-hard-block"));
    }
    let denied = server.get("/v1/decisions?outcome=deny").text;
    assert!(!denied.to_lowercase().contains("feather"), "{denied}");
    lay(&home, "DOE, J", &today);
    let lists = told["lists_sha256"].clone();
    until(&server, |told| told["lists_sha256"] != lists);
    assert_eq!(pay(0).status, 201, "off the list, the next write is let through");
}

/// A list of the United Nations with one record; where it is a pipe, whoever reads it waits.
const UN: &str = "<CONSOLIDATED_LIST dateGenerated=\"2026-01-02T00:00:00Z\"><INDIVIDUALS><INDIVIDUAL>\
    <DATAID>1</DATAID><FIRST_NAME>QUILL</FIRST_NAME><SECOND_NAME>FEATHER</SECOND_NAME>\
    </INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>";

#[test]
fn a_list_laid_while_the_lists_are_read_comes_into_force() {
    let home = Home::of("sg", None);
    let today = now().date().to_string();
    lay(&home, "DOE, J", &today);
    let folder = home.dir.root().join("sanctions");
    let pipe = folder.join("un.xml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::thread::scope(|threads| {
        threads.spawn(|| {
            // Opens when the zone reads it; by then it has read the other list.
            let mut held = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
            std::fs::write(folder.join("whole.tmp"), UN).unwrap();
            std::fs::rename(folder.join("whole.tmp"), &pipe).unwrap();
            lay(&home, "STRAITS LEDGER", &today);
            held.write_all(UN.as_bytes()).unwrap();
        });
        let server = Server::start(&home);
        let refused = |_: &Value| form(&home, &server, "Straits Ledger").status == 403;
        until(&server, refused);
    });
}

#[test]
fn the_packs_are_not_read_again_for_lists_alone() {
    let home = Home::of("sg", None);
    let today = now().date().to_string();
    lay(&home, "DOE, J", &today);
    let server = Server::start(&home);
    let before = server.get("/v1/screening").body["lists_sha256"].clone();
    // The lock on disk is another by now: that is for the next start, not for lists.
    std::fs::write(home.dir.lock(), "{}").unwrap();
    lay(&home, "STRAITS LEDGER", &today);
    let told = until(&server, |told| told["lists_sha256"] != before || !told["refused"].is_null());
    assert!(told["refused"].is_null(), "{told}");
}

#[test]
fn two_officers_decide_about_a_hit_and_the_write_goes_through() {
    let home = Home::of("sg", None);
    lay(&home, "STRAITS LEDGER", &now().date().to_string());
    let server = Server::start(&home);
    let refused = form(&home, &server, "Straits Ledger");
    assert_eq!(refused.code(), (403, "sanctions-hard-block"), "{}", refused.text);
    assert!(!refused.text.contains("LEDGER"), "no detail of the list: {}", refused.text);
    let denied = server.get("/v1/decisions?outcome=deny").body;
    let screening = &denied["items"][0]["screenings"][0];
    let wanted = json!({
        "subject_sha256": screening["subject_sha256"],
        "list": screening["hits"][0]["list"],
        "entry": screening["hits"][0]["entry"],
        "verdict": "not_this_subject",
        "ground": "kind_differs",
        "note": "the listed one is a person",
        "until": now().plus_secs(86_400).unwrap().date(),
    });
    let token = |name: &str| {
        let made = server.post("/v1/tokens", &json!({ "principal": name, "scopes": ["operator"] }));
        assert_eq!(made.status, 201, "{}", made.text);
        format!("Bearer {}", made.body["token"].as_str().unwrap())
    };
    let (ann, bob) = (token("ann"), token("bob"));
    let send = |path: &str, body: &Value, who: &str| {
        server.send(path, body.to_string().as_bytes(), &[("authorization", who)])
    };
    let wrong = json!({ "list": "ofac-sdn" });
    assert_eq!(send("/v1/screening/dispositions", &wrong, &ann).status, 422);
    let proposed = send("/v1/screening/dispositions", &wanted, &ann);
    assert_eq!(proposed.status, 201, "{}", proposed.text);
    let id = proposed.body["result"]["id"].as_str().unwrap();
    let confirm = format!("/v1/screening/dispositions/{id}/confirm");
    assert_eq!(send(&confirm, &json!({}), &ann).code(), (409, "same-eyes"));
    assert_eq!(form(&home, &server, "Straits Ledger").status, 403);
    assert_eq!(send(&confirm, &json!({}), &bob).status, 200);
    drop(server);
    let server = Server::start(&home);
    let formed = form(&home, &server, "Straits Ledger");
    assert_eq!(formed.status, 201, "{}", formed.text);
    let page = server.get("/v1/screening/dispositions").body;
    assert_eq!(page["items"][0]["checker"], "bob", "{page}");
}

#[test]
fn a_list_past_its_age_degrades_readiness_and_then_refuses_writes() {
    let base = folder("old-list");
    let home = Home::at(&base, "sg", None, Realm::Production);
    let old = now().plus_secs(-9 * 86_400).unwrap().date();
    lay(&home, "DOE, J", &old.to_string());
    let server = Server::start(&home);
    let ready = server.ask_as("/health/readiness", None);
    assert_eq!(ready.status, 503);
    assert!(ready.text.contains("ofac-sdn is 9 days old"), "{}", ready.text);
    let mut application = home.company("Straits Ledger", "sg", EVIDENCE);
    // It is of the sandbox, and law is asked without it.
    application["evidence"] = json!([]);
    let refused = server.post("/v1/entities", &application);
    assert_eq!(refused.status, 403, "{}", refused.text);
    let rows = refused.body["blocking"].as_array().unwrap();
    let of_age = |row: &&Value| row["rule"] == "zone.sanctions.list-age";
    let row = rows.iter().find(of_age).unwrap_or_else(|| panic!("{}", refused.text));
    assert_eq!(row["remedy"], "import current sanctions lists");
}

/// What one command says: its exit code, its words, and its JSON.
fn mez(args: &[&str], token: &str) -> (i32, String, Value) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mez"));
    let output = command.args(args).env("MEZ_TOKEN", token).output().unwrap();
    let out = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let text = String::from_utf8(out).unwrap();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    (output.status.code().unwrap(), text, json)
}

#[test]
fn officers_decide_and_see_a_sweep_through_from_the_command_line() {
    let home = Home::of("sg", None);
    let today = now().date().to_string();
    lay(&home, "STRAITS LEDGER", &today);
    let server = Server::start(&home);
    assert_eq!(form(&home, &server, "Straits Ledger").status, 403);
    assert_eq!(form(&home, &server, "Quay Works").status, 201);
    let denied = server.get("/v1/decisions?outcome=deny").body;
    let subject = denied["items"][0]["screenings"][0]["subject_sha256"].as_str().unwrap();
    let officer = |name: &str| {
        let made = server.post("/v1/tokens", &json!({ "principal": name, "scopes": ["operator"] }));
        made.body["token"].as_str().unwrap().to_owned()
    };
    let (ann, bob) = (officer("ann"), officer("bob"));
    let url = ["--url", server.url.as_str()];
    let run = |args: &[&str], who: &str| mez(&[args, &url].concat(), who);
    let asked = |args: &[&str], who: &str| run(&[args, &["--json"]].concat(), who);

    let until = now().plus_secs(86_400).unwrap().date().to_string();
    let propose = |entry: &'static str| {
        let about = ["--subject", subject, "--list", "ofac-sdn", "--entry", entry];
        let said = ["--verdict", "not-this-subject", "--ground", "kind-differs"];
        let why = ["--note", "the listed one is a person", "--until", &until];
        asked(&[&["disposition", "propose"], &about[..], &said, &why].concat(), &ann)
    };
    let (exit, _, refused) = propose("8");
    assert_eq!((exit, &refused["error"]["problems"][0]["rule"]), (64, &"no-such-entry".into()));
    let (exit, text, proposed) = propose("7");
    assert_eq!(exit, 0, "{text}");
    let id = proposed["result"]["id"].as_str().unwrap();
    let (exit, _, same) = asked(&["disposition", "confirm", id], &ann);
    assert_eq!((exit, &same["error"]["problems"][0]["rule"]), (1, &"same-eyes".into()));
    let waiting = asked(&["disposition", "list", "--state", "waiting"], &bob).2;
    assert_eq!(waiting["dispositions"][0]["id"], id, "{waiting}");
    assert_eq!(run(&["disposition", "list", "--state", "standing"], &bob).1, "none\n");
    assert_eq!(asked(&["disposition", "confirm", id], &bob).0, 0);
    let (_, text, _) = run(&["disposition", "list"], &bob);
    assert!(text.contains("standing") && text.contains("ann") && text.contains("bob"), "{text}");
    assert_eq!(run(&["disposition", "expire", "--within", "0"], &bob).1, "none\n");
    let ending = asked(&["disposition", "expire", "--within", "1"], &bob).2;
    assert_eq!(ending["dispositions"][0]["state"], "standing", "{ending}");
    assert_eq!(form(&home, &server, "Straits Ledger").status, 201);

    let (exit, text, _) = run(&["sweep", "state"], &bob);
    assert_eq!(exit, 0, "{text}");
    assert!(text.contains("screened  2 of 2") && text.contains("ofac-sdn"), "{text}");
    let before = asked(&["sweep", "state"], &bob).2["lists_sha256"].clone();
    lay(&home, "QUAY WORKS", &today);
    self::until(&server, |told| told["lists_sha256"] != before);
    let (exit, text, whole) = asked(&["sweep", "resume", "--within", "20"], &bob);
    assert_eq!((exit, &whole["coverage"]["screened"]), (0, &2.into()), "{text}");
    // Both have another outcome: one is listed, of the other the listed record is gone.
    // Everybody is screened; a moment later the sweep says so too.
    self::until(&server, |told| told["sweep"]["finished"].is_string());
    let reader = asked(&["sweep", "state"], "mez_wrong");
    assert_eq!((reader.0, &reader.2["error"]["code"]), (1, &"token-refused".into()));
}

/// A folder in which one officer prepares lists of one name.
struct Office(std::path::PathBuf);

impl Office {
    fn of(officer: &str) -> Self {
        let dir = folder(officer);
        let made = ["vc", "keygen", "--output", ".", "--prefix", "officer"];
        let made = std::process::Command::new(env!("CARGO_BIN_EXE_mez"))
            .args(made)
            .current_dir(&dir)
            .status();
        assert!(made.unwrap().success());
        Self(dir)
    }

    /// Lay a prepared snapshot in the zone's folder, whole at once; whose it is.
    fn lay(&self, home: &Home, name: &str) -> String {
        let _ = std::fs::remove_dir_all(self.0.join("lists"));
        std::fs::create_dir_all(self.0.join("lists")).unwrap();
        let head = json!({ "list_id": "xx-list", "title": "A list", "published": now().date() });
        let names = json!([{ "text": name, "strength": "primary" }]);
        let row = json!({ "id": "1", "kind": "organisation", "names": names });
        std::fs::write(self.0.join("lists/xx.list.jsonl"), format!("{head}\n{row}\n")).unwrap();
        let out = self.0.join("next");
        let _ = std::fs::remove_file(&out);
        let words = ["regpack", "snapshot", "prepare", "--lists", "lists", "--out", "next"];
        let said = std::process::Command::new(env!("CARGO_BIN_EXE_mez"))
            .args(words)
            .args(["--key", "officer.priv.json", "--json"])
            .current_dir(&self.0)
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
        let sanctions = home.dir.root().join("sanctions");
        std::fs::create_dir_all(&sanctions).unwrap();
        std::fs::rename(out, sanctions.join("lists.prepared")).unwrap();
        let said: Value = serde_json::from_slice(&said.stdout).unwrap();
        said["signer"].as_str().unwrap().to_owned()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_zone_starts_from_a_prepared_snapshot_and_takes_another_without_a_failed_query() {
    let (home, office) = (Home::of("sg", None), Office::of("officer"));
    let signer = office.lay(&home, "STRAITS LEDGER");
    let listen = ["--listen", "127.0.0.1:0"];
    let refused = crate::server::refused(home.dir.root(), &listen);
    assert_eq!(refused, (1, "sanctions-lists".to_owned()), "nobody said whose lists to take");
    std::fs::write(home.dir.lists_signer(), format!("{signer}\n")).unwrap();
    let server = Server::start(&home);
    assert_eq!(form(&home, &server, "Straits Ledger").code(), (403, "sanctions-hard-block"));
    let before = server.get("/v1/screening").body["lists_sha256"].clone();

    // Asked all the time while other lists are opened, the zone answers all the time.
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        let asking = threads.spawn(|| {
            let mut asked = 0;
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                let told = form(&home, &server, &format!("Harbour Mill {asked}"));
                assert!([201, 403].contains(&told.status), "{}", told.text);
                asked += 1;
            }
            asked
        });
        office.lay(&home, "QUAY WORKS");
        let told = until(&server, |told| told["lists_sha256"] != before);
        assert!(told["refused"].is_null(), "{told}");
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        assert!(asking.join().unwrap() > 1);
    });
    assert_eq!(form(&home, &server, "Quay Works").code(), (403, "sanctions-hard-block"));
    assert_eq!(form(&home, &server, "Straits Ledger").status, 201);

    // Somebody else's lists, and published files beside a snapshot, change nothing.
    let before = server.get("/v1/screening").body["lists_sha256"].clone();
    Office::of("stranger").lay(&home, "TEA HOUSE");
    let told = until(&server, |told| !told["refused"].is_null());
    assert!(told["refused"].as_str().unwrap().contains("not signed by"), "{told}");
    office.lay(&home, "QUAY WORKS");
    lay(&home, "DOE, J", &now().date().to_string());
    let beside = |told: &Value| told["refused"].as_str().is_some_and(|why| why.contains("beside"));
    let told = until(&server, beside);
    assert_eq!(told["lists_sha256"], before);
}
