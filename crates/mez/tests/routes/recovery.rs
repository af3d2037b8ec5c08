//! A zone whose signer's cell is lost signs nothing, until it is made anew with the root key.

use std::path::{Path, PathBuf};
use std::process::Command;

use proof::Purpose;
use proof::integrity::{resolve_did_key, verify_document};
use serde_json::Value;

use crate::home::Home;
use crate::server::Server;

/// Run `mez key`: exit code and the one JSON document.
pub fn key(args: &[&str], dir: &Path) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    let out = command.args(["--json", "key"]).args(args).arg("--dir").arg(dir).output().unwrap();
    let (said, wrong) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr));
    let wrong = wrong.unwrap();
    let text = if said.is_empty() { &wrong } else { &said };
    let told = serde_json::from_str(text).unwrap_or_else(|_| panic!("{said}{wrong}"));
    (out.status.code().unwrap(), told)
}

fn code(told: &(i32, Value)) -> (i32, &str) {
    (told.0, told.1["error"]["code"].as_str().unwrap())
}

fn cell(home: &Home) -> PathBuf {
    let log = home.founded.inception.key(Purpose::Log).to_multikey();
    home.dir.signer().join(format!("{log}.cell"))
}

#[test]
fn a_lost_cell_is_recovered_with_the_root_key_alone() {
    let home = Home::of("sg", None);
    let dir = home.dir.root().to_owned();
    let (exit, told) = key(&["status"], &dir);
    assert_eq!((exit, told["cell"]["state"].as_str()), (1, Some("missing")));
    assert_eq!(code(&key(&["recover"], &dir)), (1, "nothing-signed"));

    let server = Server::start(&home);
    let (exit, told) = key(&["status"], &dir);
    assert_eq!((exit, told["cell"]["state"].as_str()), (0, Some("in use")));
    assert_eq!(code(&key(&["recover"], &dir)), (69, "zone-in-use"));
    drop(server);
    let (exit, told) = key(&["status"], &dir);
    assert_eq!((exit, told["cell"]["state"].as_str()), (0, Some("intact")), "{told}");
    assert_eq!(told["keys"].as_array().unwrap().len(), 4);
    assert!(!told.to_string().contains("\"d\""), "no private member");
    assert_eq!(code(&key(&["recover"], &dir)), (1, "cell-present"));

    let kept = std::fs::read(cell(&home)).unwrap();
    std::fs::remove_file(cell(&home)).unwrap();
    let server = Server::start(&home);
    assert_eq!(server.get("/health/readiness").status, 503);
    drop(server);

    // Without the root key, or with another's, nothing is made.
    let roots = dir.with_file_name("root-keys");
    let root = roots.join("sg.root.priv.json");
    let away = roots.join("away");
    std::fs::rename(&root, &away).unwrap();
    assert_eq!(code(&key(&["recover"], &dir)), (1, "root-key"));
    std::fs::copy(home.dir.key(Purpose::Http), &root).unwrap();
    assert_eq!(code(&key(&["recover"], &dir)), (1, "root-key"));
    assert!(!cell(&home).exists());
    std::fs::rename(&away, &root).unwrap();
    let unknown = key(&["recover", "--held", "nowhere=3"], &dir);
    assert_eq!(code(&unknown), (1, "journal-behind"));

    let (exit, told) = key(&["recover"], &dir);
    assert_eq!(exit, 0, "{told}");
    assert_eq!(std::fs::read(cell(&home)).unwrap(), kept);
    let record = std::fs::read(told["record"].as_str().unwrap()).unwrap();
    let record = canon::parse_value(&record).unwrap();
    let signers = verify_document(&record, &resolve_did_key).unwrap();
    assert_eq!(signers[0].key, *home.founded.inception.key(Purpose::Root));
    let server = Server::start(&home);
    assert_eq!(server.get("/health/readiness").status, 200);
}
