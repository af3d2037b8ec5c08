//! The simulator as a process, asked by a client that shares no code with it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use canon::Digest;
use proof::keys::Signature;
use proof::{Message, PublicKey, base64};
use serde_json::{Value, json};
use ureq::http::Response;

static COUNT: AtomicU32 = AtomicU32::new(0);

const TRANSFER: &str = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08\"><MsgId>M-1</MsgId>\
    <EndToEndId>E-1</EndToEndId><UETR>eb6305c9-1f7f-49de-aed0-16487c27b42d</UETR>\
    <InstgAgt><FinInstnId><BICFI>SCBLPKKX</BICFI></FinInstnId></InstgAgt>\
    <InstdAgt><FinInstnId><BICFI>HABBPKKA</BICFI></FinInstnId></InstdAgt>\
    <DbtrAcct><Id><IBAN>PK36SCBL0000001123456702</IBAN></Id></DbtrAcct>\
    <CdtrAcct><Id><IBAN>PK24HABB0000001123450001</IBAN></Id></CdtrAcct></Document>";

fn place() -> PathBuf {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("sandbox-{}-{count}", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

struct Sandbox {
    child: Child,
    url: String,
    key: String,
}

impl Sandbox {
    fn at(place: &Path, extra: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mez-sandbox"));
        command.args(["pakistan", "--exit-with-parent", "--listen", "127.0.0.1:0", "--state"]);
        command.arg(place.join("state")).arg("--key").arg(place.join("key")).args(extra);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(line.strip_prefix("ready ").unwrap()).unwrap();
        let of = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self { child, url: of("url"), key: of("key") }
    }

    fn post(&self, path: &str, key: &str, body: &str) -> Told {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let request = agent.post(format!("{}{path}", self.url)).header("idempotency-key", key);
        told(request.send(body.as_bytes()).unwrap())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    text: String,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

fn told(mut response: Response<ureq::Body>) -> Told {
    let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = response.headers().iter().map(|(k, v)| (k.to_string(), text(v))).collect();
    let status = response.status().as_u16();
    Told { status, headers, text: response.body_mut().read_to_string().unwrap() }
}

/// The base of RFC 9421, put together from what is written in `docs/adapters.md`.
fn base(path: &str, key: &str, body: &str, told: &Told) -> String {
    let digest =
        |bytes: &[u8]| format!("sha-256=:{}:", base64::encode(Digest::of_blob(bytes).as_bytes()));
    let params = told.header("signature-input").strip_prefix("mez=").unwrap();
    [
        format!("\"@status\": {}", told.status),
        format!("\"content-digest\": {}", digest(told.text.as_bytes())),
        format!("\"mez-realm\": {}", told.header("mez-realm")),
        "\"@method\";req: POST".to_owned(),
        format!("\"@path\";req: {path}"),
        format!("\"content-digest\";req: {}", digest(body.as_bytes())),
        format!("\"idempotency-key\";req: {key}"),
        format!("\"@signature-params\": {params}"),
    ]
    .join("\n")
}

fn verifies(sandbox: &Sandbox, base: &str, told: &Told) -> bool {
    let sent = told.header("signature").strip_prefix("mez=:").and_then(|s| s.strip_suffix(':'));
    let signature = Signature::from_slice(&base64::decode(sent.unwrap()).unwrap()).unwrap();
    let key = PublicKey::from_did_key(&sandbox.key).unwrap();
    key.verify(&Message::http_base(base), &signature).is_ok()
}

#[test]
fn every_answer_is_signed_for_the_sandbox_and_marked() {
    let place = place();
    let sandbox = Sandbox::at(&place, &[]);
    let body = json!({ "ntn": "9234567", "name": "ravi  cotton mills limited" }).to_string();
    let said = sandbox.post("/fbr/ntn/verify", "k-1", &body);
    assert_eq!((said.status, said.header("mez-realm")), (200, "sandbox"));
    assert_eq!(said.body()["filer_status"], "late_filer");
    assert_eq!((&said.body()["simulated"], &said.body()["verified"]), (&json!(true), &json!(true)));
    let good = base("/fbr/ntn/verify", "k-1", &body, &said);
    assert!(verifies(&sandbox, &good, &said));
    for (from, to) in [("k-1", "k-2"), ("sandbox", "production"), ("200", "201"), ("/fbr", "/x")] {
        assert!(!verifies(&sandbox, &good.replacen(from, to, 1), &said), "{from}");
    }
}

#[test]
fn a_payment_is_taken_once_and_is_still_taken_after_a_restart() {
    let place = place();
    let sandbox = Sandbox::at(&place, &[]);
    let first = sandbox.post("/raast/payments", "p-1", TRANSFER);
    assert_eq!(first.status, 200, "{}", first.text);
    assert!(first.text.contains("<TxSts>ACSC</TxSts>") && first.text.contains("pacs.002.001.10"));
    assert!(verifies(&sandbox, &base("/raast/payments", "p-1", TRANSFER, &first), &first));
    let key = sandbox.key.clone();
    drop(sandbox);
    let sandbox = Sandbox::at(&place, &[]);
    assert_eq!(sandbox.key, key);
    assert_eq!(sandbox.post("/raast/payments", "p-1", TRANSFER).status, 200);
    let other = TRANSFER.replace("E-1", "E-2");
    assert_eq!(sandbox.post("/raast/payments", "p-1", &other).status, 409);
    let inactive = TRANSFER.replace("1123450001", "1123450000");
    let refused = sandbox.post("/raast/payments", "p-2", &inactive);
    assert!(refused.text.contains("<TxSts>RJCT</TxSts>") && refused.text.contains("AC04"));
    let taken = std::fs::read_to_string(place.join("state/records.jsonl")).unwrap();
    assert_eq!(taken.lines().count(), 2);
    let asked = std::fs::read_to_string(place.join("state/requests.jsonl")).unwrap();
    assert_eq!(asked.lines().count(), 4);
}

#[test]
fn companies_licenses_and_tax_events_are_told() {
    let place = place();
    let sandbox = Sandbox::at(&place, &[]);
    let license = |reference: &str, kind: &str| {
        let body = json!({ "license_ref": reference, "license_type": kind }).to_string();
        sandbox.post("/secp/licenses/verify", "l", &body).body()["valid"].clone()
    };
    assert_eq!(license("NBFC-2024-001", "nbfc"), true);
    assert_eq!(license("NBFC-2024-001", "modaraba"), false);
    assert_eq!(license("NBFC-2019-007", "nbfc"), false);
    assert_eq!(license("none", "nbfc"), false);
    let company = ureq::get(format!("{}/secp/companies/0000001", sandbox.url)).call().unwrap();
    assert_eq!(told(company).body()["status"], "Active");
    let event = json!({ "ntn": "1234567", "idempotency_key": "t-1" }).to_string();
    assert_eq!(sandbox.post("/fbr/tax-events", "t-1", &event).body()["accepted"], true);
    assert_eq!(sandbox.post("/fbr/tax-events", "t-2", &event).status, 422);
}

#[test]
fn what_is_no_request_ends_with_400_and_a_fault_comes_as_often_as_ordered() {
    let place = place();
    let sandbox = Sandbox::at(&place, &["--fault", "pk.fbr=error"]);
    let address = sandbox.url.strip_prefix("http://").unwrap();
    let long = &b"POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n"[..];
    for bytes in [&b"\r\n\r\n"[..], &b"GET\r\n\r\n"[..], long] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    assert_eq!(sandbox.post("/fbr/ntn/verify", "k", "{}").status, 500);
    assert_eq!(sandbox.post("/fbr/ntn/verify", "k", "{}").status, 500);
    let order = json!({ "system": "pk.fbr", "fault": "error", "times": 1 }).to_string();
    assert_eq!(sandbox.post("/control/faults", "", &order).status, 200);
    assert_eq!(sandbox.post("/fbr/ntn/verify", "k", "{}").status, 500);
    assert_eq!(sandbox.post("/fbr/ntn/verify", "k", "{}").status, 200);
    assert_eq!(sandbox.post("/control/faults", "", "{\"system\":1}").status, 422);
    assert_eq!(sandbox.post("/elsewhere/x", "", "{}").status, 404);
}
