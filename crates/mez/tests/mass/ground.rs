//! A zone in a mode, with Mass beside it in either: what it was asked shows which mode it was.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::home::at_mass::Simulator;
use crate::home::{EVIDENCE, Home, folder};
use crate::layout::write_atomic;
use crate::server::{Server, Told, agent, told};

/// Where a zone keeps its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Sovereign,
    Mass,
}

pub const MODES: [Mode; 2] = [Mode::Sovereign, Mode::Mass];

pub const ORGANIZATION: &str = "mass.organization";
pub const TREASURY: &str = "mass.treasury";

/// A running `mez-sandbox mass`.
pub struct Sandbox {
    simulator: Simulator,
    place: PathBuf,
    pub url: String,
}

impl Sandbox {
    pub fn start() -> Self {
        Self::behind(&[])
    }

    /// With words of its own for its door.
    pub fn behind(extra: &[&str]) -> Self {
        let place = folder("mass");
        let simulator = Simulator::with(&place, extra);
        Self { url: simulator.url.clone(), simulator, place }
    }

    /// Where its token lies.
    pub fn token(&self) -> PathBuf {
        self.simulator.token()
    }

    pub fn order(&self, service: &str, fault: Option<&str>, times: u64) {
        let order = json!({ "system": service, "fault": fault, "times": times });
        self.control("/control/faults", &order);
    }

    /// A fault once so many requests went well.
    pub fn order_after(&self, service: &str, fault: &str, after: u64, times: u64) {
        let order = json!({ "system": service, "fault": fault, "after": after, "times": times });
        self.control("/control/faults", &order);
    }

    /// A fault once so many requests went well, and then another without end.
    pub fn order_then(&self, service: &str, (fault, after): (&str, u64), then: &str) {
        let order =
            json!({ "system": service, "fault": fault, "after": after, "times": 1, "then": then });
        self.control("/control/faults", &order);
    }

    pub fn overwrite(&self, kind: &str, id: &str, member: &str, value: Value) {
        let order = json!({ "kind": kind, "id": id, "member": member, "value": value });
        self.control("/control/rows", &order);
    }

    fn control(&self, path: &str, body: &Value) {
        let answer = agent().post(format!("{}{path}", self.url)).send(body.to_string().as_bytes());
        assert_eq!(answer.unwrap().status(), 200, "{body}");
    }

    /// All rows of a kind.
    pub fn rows(&self, kind: &str) -> Vec<Value> {
        let state = told(agent().get(format!("{}/control/state", self.url)).call().unwrap()).body;
        state["rows"][kind].as_object().unwrap().values().cloned().collect()
    }

    /// What it wrote down of the requests it was sent, in order.
    pub fn requests(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.simulator.requests()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn stop(&mut self) {
        self.simulator.stop();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.place);
    }
}

/// `primitives.json` of a zone that keeps its records at a simulator.
pub fn way(sandbox: &Sandbox, realm: &str) -> Value {
    sandbox.simulator.way(realm)
}

pub fn lay(home: &Home, file: &Value) {
    write_atomic(&home.dir.root().join("primitives.json"), file.to_string().as_bytes()).unwrap();
}

/// A zone, and Mass.
pub struct Ground {
    pub mode: Mode,
    pub sandbox: Sandbox,
    pub home: Home,
    pub server: Server,
}

impl Ground {
    pub fn of(mode: Mode) -> Self {
        let (sandbox, home) = (Sandbox::start(), Home::of("sg", None));
        match mode {
            Mode::Sovereign => {}
            Mode::Mass => lay(&home, &way(&sandbox, "sandbox")),
        }
        let server = Server::start(&home);
        Self { mode, sandbox, home, server }
    }

    pub fn wanted(&self, name: &str) -> Value {
        self.home.company(name, "sg", EVIDENCE)
    }

    pub fn company(&self, name: &str) -> String {
        let formed = self.server.post("/v1/entities", &self.wanted(name));
        assert_eq!(formed.status, 201, "{}", formed.text);
        formed.body["result"]["entity_id"].as_str().unwrap().to_owned()
    }

    pub fn account(&self, entity: &str) -> String {
        let open = json!({ "entity_id": entity, "currency": "SGD" });
        let opened = self.server.post("/v1/fiscal/accounts", &open);
        assert_eq!(opened.status, 201, "{}", opened.text);
        opened.body["result"]["account_id"].as_str().unwrap().to_owned()
    }

    pub fn fund(&self, account: &str, amount: &str) -> Told {
        let fund = json!({ "amount": amount, "currency": "SGD", "purpose": "capital" });
        self.server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund)
    }

    pub fn balance(&self, account: &str) -> String {
        let told = self.server.get(&format!("/v1/fiscal/accounts/{account}"));
        assert_eq!(told.status, 200, "{}", told.text);
        told.body["balance"].as_str().unwrap().to_owned()
    }

    pub fn keyed(&self, path: &str, body: &Value, key: &str) -> Told {
        self.server.send(path, body.to_string().as_bytes(), &[("idempotency-key", key)])
    }

    /// What waits in a queue of a zone that stands still waits no longer.
    pub fn due_now(&self, queue: &str) {
        let store = store::open(&self.home.dir.database()).unwrap();
        let jobs = store.jobs(queue, i64::MAX, 100).unwrap();
        assert!(!jobs.is_empty(), "nothing waits in `{queue}`");
        let due = |job: store::Job| store::JobPut {
            id: job.id,
            queue: queue.to_owned(),
            not_before: 0,
            body: job.body,
        };
        let jobs = jobs.into_iter().map(due).collect();
        store.commit(store::Batch { jobs, ..store::Batch::default() }).unwrap();
    }

    /// Everything the zone keeps, bodies whole.
    pub fn disk(&self) -> Vec<u8> {
        let file = self.home.dir.data().join("zone.sqlite");
        let mut bytes = Vec::new();
        store::backup::back_up(&format!("sqlite:{}", file.display()), &mut bytes).unwrap();
        bytes
    }
}

/// How often a text lies in bytes.
pub fn found(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).filter(|part| *part == text.as_bytes()).count()
}

/// Two companies with an account each, the first with money.
pub fn partners(ground: &Ground) -> (String, String) {
    let (one, other) = (ground.company("Harbour Tea"), ground.company("Jade Lamps"));
    let (payer, payee) = (ground.account(&one), ground.account(&other));
    let funded = ground.fund(&payer, "1000.00");
    assert_eq!(funded.status, 200, "{}", funded.text);
    assert_eq!(funded.body["result"]["balance"], "1000.00");
    (payer, payee)
}

pub fn payment(payer: &str, payee: &str, amount: &str) -> Value {
    json!({
        "from_account_id": payer, "to": { "account_id": payee },
        "amount": amount, "currency": "SGD", "purpose": "services",
    })
}
