//! The simulator of national systems: a program of its own, ended when it is dropped.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::astray;
use crate::cli::Failure;
use crate::deploy::json::text;

/// A running simulator.
pub(super) struct Simulator {
    child: Child,
    url: String,
    key: String,
}

impl Simulator {
    pub(super) fn start(folder: &Path) -> Result<Self, Failure> {
        let step = "the simulator";
        let own = std::env::current_exe().map_err(|e| astray(step, &e))?;
        let program = own.with_file_name("mez-sandbox");
        if !program.exists() {
            let what = format!("`{}` is not there", program.display());
            return Err(Failure::usage(what, "build it: cargo build -p mez-sandbox"));
        }
        let mut command = Command::new(program);
        command.args(["pakistan", "--exit-with-parent", "--listen", "127.0.0.1:0", "--state"]);
        command.arg(folder.join("state")).arg("--key").arg(folder.join("key"));
        std::fs::create_dir_all(folder).map_err(|e| Failure::io("create", folder, &e))?;
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| astray(step, &e))?;
        let mut line = String::new();
        let output = child.stdout.take().ok_or_else(|| astray(step, &"it says nothing"))?;
        BufReader::new(output).read_line(&mut line).map_err(|e| astray(step, &e))?;
        let ready = line.strip_prefix("ready ").unwrap_or_default();
        let ready: Value = serde_json::from_str(ready).map_err(|e| astray(step, &e))?;
        Ok(Self { child, url: text(&ready, "url"), key: text(&ready, "key") })
    }

    /// Put a row into one of its registers.
    pub(super) fn row(&self, register: &str, number: &str, row: &Value) -> Result<(), Failure> {
        let body = json!({ "register": register, "number": number, "row": row }).to_string();
        let sent = ureq::post(format!("{}/control/registers", self.url)).send(body.as_bytes());
        sent.map(|_| ()).map_err(|e| astray("a register of the simulator", &e))
    }

    /// `adapters.json` of a zone that asks it.
    pub(super) fn adapters(&self, realm: &str, (iban, bic): (&str, &str)) -> Vec<u8> {
        let row = |system: &str, path: &str| {
            let url = format!("{}{path}", self.url);
            json!({ "adapter": system, "url": url, "key": self.key, "call_ms": 2_000 })
        };
        let mut raast = row("pk.raast", "/raast");
        if let Value::Object(members) = &mut raast {
            members.insert("account".to_owned(), json!({ "iban": iban, "bic": bic }));
        }
        let rows =
            [row("pk.fbr", "/fbr"), row("pk.nadra", "/nadra"), row("pk.secp", "/secp"), raast];
        json!({ "type": "MEZAdapters", "realm": realm, "adapters": rows }).to_string().into_bytes()
    }

    pub(super) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop();
    }
}
