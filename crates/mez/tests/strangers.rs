//! Cases for the strangers: what a live deployment signed, rooted and canonicalised, as a file that
//! programs by other people check (`tests/strangers`, whose `cases.mjs` states the format).
//!
//! Credentials come from the API's answers, documents and lanes from the witness bundle. The deployment
//! is the folder `MEZ_DEPLOYMENT`, made there by `mez deploy --smoke` if it is empty, or one of this
//! test's own; the file is `cases.json` in it. With `MEZ_STRANGERS=1` the verifiers run here too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

#[path = "deployed/evidence.rs"]
mod evidence;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use canon::{Did, Digest, ZoneId};
use data_encoding::{BASE64, HEXLOWER};
use proof::artifact::Bundle;
use proof::merkle::{Proof, Tree};
use proof::{Inception, Purpose};
use serde_json::{Value, json};

const ZONES: [&str; 2] = ["sg", "pk-sifc"];
/// Receipts of each lane whose signature is checked change by change; all of them are in the logs.
const RECEIPTS: usize = 2;

fn mez(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    command.args(args);
    command
}

/// The folder of a deployment that has played its scenario.
fn deployment() -> PathBuf {
    let own = format!("strangers-{}", std::process::id());
    let dir = std::env::var_os("MEZ_DEPLOYMENT")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join(own), PathBuf::from);
    if !dir.join("issuer").is_dir() {
        let words = ["deploy", "--smoke", "--jurisdiction", ZONES[0], "--corridors", ZONES[1]];
        let said = mez(&words).arg("--dir").arg(&dir).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }
    dir
}

/// Folders of the zones of a deployment.
fn zones(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut zones: Vec<_> = entries.filter(|path| path.join("inception.json").exists()).collect();
    zones.sort();
    zones
}

/// A zone served for as long as this lives.
struct Serving {
    child: Child,
    url: String,
    token: String,
}

impl Serving {
    fn start(dir: &Path) -> Self {
        let mut child = mez(&["serve", "--listen", "127.0.0.1:0", "--exit-with-parent", "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(line.strip_prefix("ready ").unwrap()).unwrap();
        assert_eq!(told["ready"], true, "{line}");
        let token = std::fs::read_to_string(dir.join("operator.token")).unwrap();
        let url = told["url"].as_str().unwrap().to_owned();
        Self { child, url, token: token.trim().to_owned() }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.url);
        let request = ureq::post(&url).header("authorization", format!("Bearer {}", self.token));
        let request = request.header("content-type", "application/json");
        let mut answer = request.send(body.to_string().as_bytes()).unwrap();
        serde_json::from_slice(&answer.body_mut().read_to_vec().unwrap()).unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What the zone answers when a company is formed and gets an account, and the evidence it took.
fn answers(dir: &Path, zone: &Path) -> Vec<Value> {
    let serving = Serving::start(zone);
    let place = zone.file_name().unwrap().to_str().unwrap();
    let name = format!("Quill and Compass {} Ltd", std::process::id());
    let asked = evidence::company(dir, &name, place);
    let formed = serving.post("/v1/entities", &asked);
    let account = json!({ "entity_id": formed["result"]["entity_id"], "currency": "USD" });
    let opened = serving.post("/v1/fiscal/accounts", &account);
    vec![asked["evidence"][0].clone(), formed, opened]
}

/// Every signed document inside an answer, outermost first.
fn signed_in(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            if members.contains_key("proof") {
                found.push(value.clone());
                return;
            }
            members.values().for_each(|member| signed_in(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| signed_in(item, found)),
        _ => {}
    }
}

/// The controller document of a zone: its assertion key speaks for its DID.
fn controller(inception: &Value, did: &Did) -> Value {
    let inception = Inception::verify(inception, did).unwrap();
    let key = inception.key(Purpose::Assertion);
    let method = key.verification_method();
    json!({
        "@context": "https://www.w3.org/ns/did/v1",
        "id": did,
        "verificationMethod": [{
            "id": method,
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": key.to_multikey(),
        }],
        "assertionMethod": [method],
    })
}

fn path(proof: &Proof) -> Vec<String> {
    proof.hashes().iter().map(|hash| HEXLOWER.encode(hash.as_bytes())).collect()
}

/// A lane as a log: entries from its receipts, root as the zone signed it in its last note.
fn log(bundle: &Bundle, zone: &ZoneId, receipts: &[Value]) -> Value {
    let size = receipts.len() as u64;
    let mut tree = Tree::new();
    let roots: Vec<Digest> = receipts
        .iter()
        .map(|receipt| Digest::from_hex(receipt["next_root"].as_str().unwrap()).unwrap())
        .collect();
    for root in &roots {
        tree.push(*root).unwrap();
    }
    let note = bundle.entry(&format!("lanes/{zone}/{size:08}.checkpoint")).unwrap();
    let note = std::str::from_utf8(note).unwrap();
    let signed = BASE64.decode(note.lines().nth(2).unwrap().as_bytes()).unwrap();
    assert_eq!(signed, tree.root().as_bytes(), "the root of {zone} is not the signed one");
    let inclusion: Vec<Value> = (0..size)
        .map(|index| json!({ "index": index, "path_hex": path(&tree.inclusion(index, size).unwrap()) }))
        .collect();
    let consistency: Vec<Value> = (1..size)
        .map(|old| {
            json!({
                "old": old, "new": size,
                "old_root": tree.root_at(old).unwrap(), "new_root": tree.root(),
                "path_hex": path(&tree.consistency(old, size).unwrap()),
            })
        })
        .collect();
    json!({
        "name": format!("lane of {zone}"),
        "entries_hex": roots,
        "size": size,
        "root_hex": tree.root(),
        "inclusion": inclusion,
        "consistency": consistency,
    })
}

/// Signed documents and logs of a bundle.
fn of_bundle(bytes: &[u8], signed: &mut Vec<Value>, logs: &mut Vec<Value>) {
    let bundle = Bundle::read(bytes).unwrap();
    let mut lanes: BTreeMap<ZoneId, Vec<Value>> = BTreeMap::new();
    for (name, bytes) in bundle.entries() {
        let receipt = name.strip_prefix("lanes/").and_then(|rest| rest.split_once('/'));
        if let Some((zone, file)) = receipt {
            if file.ends_with(".receipt.json") {
                let receipts = lanes.entry(ZoneId::parse(zone).unwrap()).or_default();
                receipts.push(canon::parse_value(bytes).unwrap());
            }
        } else if let Ok(document) = canon::parse_value(bytes)
            && document.get("proof").is_some()
        {
            signed.push(document);
        }
    }
    for (zone, receipts) in lanes {
        logs.push(log(&bundle, &zone, &receipts));
        signed.extend(receipts.into_iter().take(RECEIPTS));
    }
}

/// A text of the document that is not canonical, and what `mez canon` makes of it.
fn canonical(document: &Value) -> Value {
    let input = serde_json::to_string_pretty(document).unwrap();
    let mut canon = mez(&["canon", "-"]);
    let mut canon = canon.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    canon.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = canon.wait_with_output().unwrap();
    assert!(output.status.success());
    json!({ "input": input, "bytes_base64": BASE64.encode(&output.stdout) })
}

fn verified_by_others(cases: &Path) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/strangers");
    let said = Command::new("node")
        .arg("run.mjs")
        .arg(cases)
        .env("MEZ_BIN", env!("CARGO_BIN_EXE_mez"))
        .current_dir(folder)
        .status()
        .expect("node; and `npm ci --ignore-scripts` in tests/strangers");
    assert!(said.success(), "a stranger disagrees");
}

#[test]
fn what_a_deployment_made_is_written_down_for_strangers() {
    let dir = deployment();
    let (mut credentials, mut signed, mut documents) = (Vec::new(), Vec::new(), Vec::new());
    for zone in zones(&dir) {
        let inception = canon::parse_value(&std::fs::read(zone.join("inception.json")).unwrap());
        let inception = inception.unwrap();
        let did =
            Did::parse(&format!("did:key:{}", inception["root_key"].as_str().unwrap())).unwrap();
        documents.push(controller(&inception, &did));
        for answer in answers(&dir, &zone) {
            signed_in(&answer, &mut credentials);
        }
    }
    let mut logs = Vec::new();
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".bundle.zip") {
            of_bundle(&std::fs::read(path).unwrap(), &mut signed, &mut logs);
        }
    }
    assert!(credentials.len() >= 2 * documents.len(), "{} credentials", credentials.len());
    assert!(logs.len() >= 2 && signed.len() >= 8, "{} logs, {} signed", logs.len(), signed.len());
    let all: Vec<Value> = credentials.iter().chain(&signed).map(canonical).collect();
    let cases = json!({
        "canonical": all,
        "credentials": credentials,
        "signed": signed,
        "documents": documents,
        "logs": logs,
    });
    let file = dir.join("cases.json");
    std::fs::write(&file, serde_json::to_string_pretty(&cases).unwrap()).unwrap();
    println!(
        "{}: {} credentials, {} signed documents, {} lanes",
        file.display(),
        credentials.len(),
        signed.len(),
        logs.len()
    );
    if std::env::var("MEZ_STRANGERS").as_deref() == Ok("1") {
        verified_by_others(&file);
    }
    if std::env::var_os("MEZ_DEPLOYMENT").is_none() {
        std::fs::remove_dir_all(dir).unwrap();
    }
}
