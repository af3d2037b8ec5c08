//! Data made by an earlier version: they open, keep what they held, and go on.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::home::folder;
use crate::layout::ZoneDir;
use crate::server::Server;

const PEER: &str = "ae-abudhabi-adgm";

fn mez(words: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    let said = command.arg("--json").args(words).output().unwrap();
    let told = if said.stdout.is_empty() { said.stderr } else { said.stdout };
    (said.status.code(), serde_json::from_slice(&told).unwrap_or_default())
}

fn names(server: &Server) -> Vec<String> {
    let page = server.get("/v1/entities?limit=200").body;
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["entity_id"].as_str().unwrap().to_owned()).collect()
}

fn served(dir: &Path) -> Server {
    Server::at(&ZoneDir::at(dir.join("sg")), &["--listen", "127.0.0.1:0"])
}

#[test]
fn what_the_main_job_left_opens_keeps_everything_and_goes_on() {
    let base = folder("older");
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/main-job.tar.gz");
    let laid = Command::new("tar").args(["-xzf", fixture, "-C"]).arg(&base).status().unwrap();
    assert!(laid.success());
    let dir = base.to_str().unwrap();
    let zone = base.join("sg");
    let of_zone = zone.to_str().unwrap();

    // Its books are sound but for the zone log, which is younger than they are; its bundle is what it was.
    let (_, told) = mez(&["fsck", "--dir", of_zone]);
    let faults = told["faults"].as_array().unwrap();
    assert!(faults.iter().all(|fault| fault["code"] == "unlogged"), "{told}");
    assert_eq!(told["cell"], true, "{told}");
    let bundle = base.join(format!("sg--{PEER}.bundle.zip"));
    let (_, judged) = mez(&["verify", bundle.to_str().unwrap()]);
    assert_eq!(judged["verdict"], "UNKNOWN", "without trust: {judged}");

    // Law of another version: it says so, and nothing but health answers, until it is deployed again.
    let before = served(&base);
    assert_eq!(before.ready["ready"], false, "{}", before.ready);
    assert_eq!(before.get("/v1/entities").code(), (503, "not-ready"));
    drop(before);
    let port = crate::ports::free(2);
    let content = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let (exit, told) = mez(&[
        "deploy",
        "--jurisdiction",
        "sg",
        "--corridors",
        PEER,
        "--smoke",
        "--dir",
        dir,
        "--port",
        &port.to_string(),
        "--content",
        content,
    ]);
    assert_eq!(exit, Some(0), "{told}");

    let after = served(&base);
    assert_eq!(after.ready["ready"], true, "{}", after.ready);
    let known = names(&after);
    // Two companies of each run of the scenario, and who was refused is none.
    assert!(known.len() >= 4, "{known:?}");
    let corridors = after.get("/v1/corridors").body;
    let corridors = corridors["items"].as_array().unwrap();
    assert_eq!((corridors.len(), &corridors[0]["state"]), (1, &"ACTIVE".into()), "{corridors:?}");
    drop(after);
    let (exit, sound) = mez(&["fsck", "--dir", of_zone]);
    assert_eq!((exit, &sound["sound"], &sound["cell"]), (Some(0), &true.into(), &true.into()));
}
