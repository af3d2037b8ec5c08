//! Mass beside a zone: a running `mez-sandbox mass`, and the file that leads a zone to it.
//!
//! `MEZ_TEST_PRIMITIVES=mass` has every sandbox zone of these tests laid in proxy mode, each with a simulator of its own
//! that ends with it. Zones of realm production stay sovereign: none starts on the way to a simulator.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// Where a run of these tests says in which mode zones are laid.
const MODE: &str = "MEZ_TEST_PRIMITIVES";

/// Whether zones are laid in proxy mode.
pub fn wanted() -> bool {
    match std::env::var(MODE).as_deref() {
        Err(_) | Ok("" | "sovereign") => false,
        Ok("mass") => true,
        Ok(other) => panic!("{MODE}: `{other}` is neither `sovereign` nor `mass`"),
    }
}

/// A running simulator over a folder.
pub struct Simulator {
    child: Child,
    place: PathBuf,
    pub url: String,
}

impl Simulator {
    pub fn start(place: &Path) -> Self {
        Self::with(place, &[])
    }

    pub fn with(place: &Path, extra: &[&str]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_mez")).with_file_name("mez-sandbox");
        assert!(program.exists(), "`mez-sandbox` is not built: cargo build -p mez-sandbox");
        std::fs::create_dir_all(place).unwrap();
        let mut command = Command::new(program);
        command.args(["mass", "--exit-with-parent", "--listen", "127.0.0.1:0"]);
        command.args(["--slow-ms", "2500"]).args(extra);
        command.arg("--state").arg(place.join("state")).arg("--token").arg(place.join("token"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = line.strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {line}"));
        let ready: Value = serde_json::from_str(ready).unwrap();
        assert_eq!((&ready["realm"], &ready["simulated"]), (&json!("sandbox"), &json!(true)));
        let url = ready["url"].as_str().unwrap().to_owned();
        Self { child, place: place.to_owned(), url }
    }

    /// Where its token lies.
    pub fn token(&self) -> PathBuf {
        self.place.join("token")
    }

    /// Where it keeps what it was asked.
    pub fn requests(&self) -> PathBuf {
        self.place.join("state/requests.jsonl")
    }

    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// `primitives.json` of a zone that keeps its records here.
    pub fn way(&self, realm: &str) -> Value {
        json!({
            "type": "MEZPrimitives",
            "realm": realm,
            "primitives": "mass",
            "mass": {
                "url": self.url,
                "token_file": self.token(),
                "funding": { "SGD": "house-sgd", "PKR": "house-pkr", "USD": "house-usd", "JPY": "house-jpy" },
                "house": "house-treasury",
                "call_ms": 1_000,
                "failures_max": 50,
                "pause_secs": 1,
            },
        })
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop();
    }
}
