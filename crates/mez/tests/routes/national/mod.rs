//! National systems over real sockets: a zone, and the simulator as a process of its own.

mod asked;
mod raast;
mod registers;
mod returns;
mod secured;
mod wrong;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::home::{Home, folder};
use crate::layout::write_atomic;
use crate::server::{Server, Told, agent, told};

const CNIC: &str = "/v1/identity/cnic/verify";
const NTN: &str = "/v1/identity/ntn/verify";
const FBR: &str = "pk.fbr";
const NADRA: &str = "pk.nadra";
const RAAST: &str = "pk.raast";
const SECP: &str = "pk.secp";
/// The zone's own account at its bank.
const OWN_IBAN: &str = "PK36SCBL0000001123456702";

/// A running `mez-sandbox pakistan`.
struct Sandbox {
    child: Child,
    place: PathBuf,
    url: String,
    key: String,
}

/// `mez-sandbox`, built beside `mez`.
fn program() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_mez")).with_file_name("mez-sandbox");
    assert!(path.exists(), "`mez-sandbox` is not built: cargo build -p mez-sandbox");
    path
}

impl Sandbox {
    fn start(extra: &[&str]) -> Self {
        Self::at(folder("pakistan"), extra)
    }

    fn at(place: PathBuf, extra: &[&str]) -> Self {
        let mut command = Command::new(program());
        command.args(["pakistan", "--exit-with-parent", "--listen", "127.0.0.1:0"]);
        command.arg("--state").arg(place.join("state")).arg("--key").arg(place.join("key"));
        let mut child =
            command.args(extra).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = line.strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {line}"));
        let ready: Value = serde_json::from_str(ready).unwrap();
        assert_eq!((&ready["realm"], &ready["simulated"]), (&json!("sandbox"), &json!(true)));
        let of = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self { child, place, url: of("url"), key: of("key") }
    }

    fn order(&self, system: &str, fault: Option<&str>, times: Option<u64>) {
        let order = json!({ "system": system, "fault": fault, "times": times });
        self.control("/control/faults", &order);
    }

    fn person(&self, cnic: &str, name: &str) {
        let row = json!({ "full_name": name, "cnic_status": "Active" });
        let row = json!({ "register": "people", "number": cnic, "row": row });
        self.control("/control/registers", &row);
    }

    fn taxpayer(&self, ntn: &str, name: &str, status: &str) {
        let row = json!({ "registered_name": name, "filer_status": status });
        let row = json!({ "register": "taxpayers", "number": ntn, "row": row });
        self.control("/control/registers", &row);
    }

    fn control(&self, path: &str, body: &Value) {
        let answer = agent().post(format!("{}{path}", self.url)).send(body.to_string().as_bytes());
        assert_eq!(answer.unwrap().status(), 200, "{body}");
    }

    fn state(&self) -> Value {
        told(agent().get(format!("{}/control/state", self.url)).call().unwrap()).body
    }

    /// What it wrote down of the requests it was sent.
    fn requests(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.place.join("state/requests.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.place);
    }
}

/// The rows of a zone's `adapters.json` for a simulator.
fn rows(sandbox: &Sandbox) -> Vec<Value> {
    let row = |(adapter, path): (&str, &str)| {
        json!({
            "adapter": adapter,
            "url": format!("{}{path}", sandbox.url),
            "key": sandbox.key,
            "call_ms": 1_500,
            "failures_max": 50,
            "pause_secs": 1,
        })
    };
    let all = [(FBR, "/fbr"), (NADRA, "/nadra"), (RAAST, "/raast"), (SECP, "/secp")];
    let mut rows = all.map(row).to_vec();
    rows[2]["account"] = json!({ "iban": OWN_IBAN, "bic": "SCBLPKKX" });
    rows
}

fn lay(home: &Home, realm: &str, rows: &[Value]) {
    let file = json!({ "type": "MEZAdapters", "realm": realm, "adapters": rows });
    write_atomic(&home.dir.adapters(), file.to_string().as_bytes()).unwrap();
}

fn zone() -> Home {
    Home::of("pk-sifc", Some("digital-financial-center"))
}

/// A zone that asks a simulator.
fn asking(sandbox: &Sandbox) -> (Home, Server) {
    let home = zone();
    lay(&home, "sandbox", &rows(sandbox));
    let server = Server::start(&home);
    (home, server)
}

fn company(home: &Home, server: &Server, name: &str) -> String {
    let mut wanted = home.company(name, "pk-sifc", crate::home::EVIDENCE);
    wanted["entity_type"] = json!("single-member-company");
    let formed = server.post("/v1/entities", &wanted);
    assert_eq!(formed.status, 201, "{}", formed.text);
    formed.body["result"]["entity_id"].as_str().unwrap().to_owned()
}

/// Status of the verification and code of the reason.
fn came(told: &Told) -> (&str, &str) {
    assert_eq!(told.status, 200, "{}", told.text);
    let result = &told.body["result"];
    assert_eq!(result["verified"], json!(result["status"] == "verified"), "{}", told.text);
    (result["status"].as_str().unwrap(), result["reason"]["code"].as_str().unwrap_or_default())
}

fn indus() -> Value {
    json!({ "ntn": "1234567", "entity_name": "Indus Textile Trading (Private) Limited" })
}
