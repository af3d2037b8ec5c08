//! A witness process on a folder of its own, and logs that ask it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use canon::Digest;
use proof::merkle::{Proof, Tree};
use proof::note::verifier_key;
use proof::witness::CosignerKey;
use proof::witness::client::add_checkpoint;
use proof::{Checkpoint, SecretKey};
use serde_json::{Value, json};
use ureq::Agent;

/// A log whose entries are its own to choose: a fork is another history from some entry on.
pub struct Log {
    pub origin: String,
    pub key: SecretKey,
}

impl Log {
    pub fn new(origin: &str, n: usize) -> Self {
        let seed = Digest::of_blob(format!("{origin} {n}").as_bytes());
        Self { origin: origin.to_owned(), key: SecretKey::from_seed(*seed.as_bytes()).unwrap() }
    }

    pub fn vkey(&self) -> String {
        verifier_key(&self.origin, &self.key.public())
    }

    pub fn tree(&self, size: u64, fork: u64) -> Tree {
        let mut tree = Tree::new();
        for n in 0..size {
            let entry = format!("{} {n} {}", self.origin, n >= fork);
            tree.push(Digest::of_blob(entry.as_bytes())).unwrap();
        }
        tree
    }

    pub fn note(&self, tree: &Tree) -> Vec<u8> {
        let head = Checkpoint::new(&self.origin, tree.size(), tree.root()).unwrap();
        head.sign(&self.key).unwrap().to_bytes()
    }

    /// The body for `tree` after `old` entries, and its note.
    pub fn ask(&self, old: u64, tree: &Tree) -> (Vec<u8>, Vec<u8>) {
        let proof = match old {
            0 => Proof::default(),
            old if old >= tree.size() => Proof::default(),
            old => tree.consistency(old, tree.size()).unwrap(),
        };
        let note = self.note(tree);
        (add_checkpoint(old, &proof, &note).unwrap(), note)
    }
}

pub fn folder(name: &str) -> PathBuf {
    let name = format!("witness-{name}-{}", std::process::id());
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    dir
}

/// Runs a command that ends, with `--json`.
pub fn mez(args: &[&str]) -> Result<Value, (i32, Value)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    let out = command.arg("--json").args(args).output().unwrap();
    match out.status.code() {
        Some(0) => Ok(serde_json::from_slice(&out.stdout).unwrap()),
        code => {
            let text = String::from_utf8_lossy(&out.stderr);
            let told = serde_json::from_slice(&out.stderr).unwrap_or_else(|_| panic!("{text}"));
            Err((code.unwrap(), told))
        }
    }
}

/// Makes a witness that knows the logs.
pub fn init(dir: &Path, logs: &[Log]) -> CosignerKey {
    let made = mez(&["witness", "init", "--dir", dir.to_str().unwrap(), "--name", "w.example/1"]);
    let rows: Vec<_> =
        logs.iter().map(|log| json!({ "origin": log.origin, "keys": [log.vkey()] })).collect();
    std::fs::write(dir.join("logs.json"), json!({ "logs": rows }).to_string()).unwrap();
    CosignerKey::parse(made.unwrap()["verifier_key"].as_str().unwrap()).unwrap()
}

pub struct Witness {
    pub child: Child,
    pub url: String,
    agent: Agent,
    _stdin: ChildStdin,
}

pub struct Told {
    pub status: u16,
    pub media: String,
    pub body: Vec<u8>,
}

impl Witness {
    pub fn start(dir: &Path, extra: &[&str]) -> Self {
        Self::try_start(dir, extra).unwrap_or_else(|text| panic!("not ready: {text}"))
    }

    pub fn try_start(dir: &Path, extra: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
        command.args(["witness", "serve", "--exit-with-parent", "--listen", "127.0.0.1:0"]);
        command.arg("--dir").arg(dir).args(extra);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(json) = line.strip_prefix("ready ") else {
            let mut text = String::new();
            child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
            child.wait().unwrap();
            return Err(text);
        };
        let ready: Value = serde_json::from_str(json).unwrap();
        let agent = Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(std::time::Duration::from_secs(20)))
            .build()
            .new_agent();
        let url = ready["url"].as_str().unwrap().to_owned();
        Ok(Self { child, url, agent, _stdin: stdin })
    }

    /// Ask; `None` when the process died before it answered.
    pub fn post(&self, body: &[u8]) -> Option<Told> {
        let url = format!("{}/add-checkpoint", self.url);
        let mut answer = self.agent.post(url).send(body).ok()?;
        let media = answer.headers().get("content-type").and_then(|v| v.to_str().ok());
        let media = media.unwrap_or_default().to_owned();
        let status = answer.status().as_u16();
        Some(Told { status, media, body: answer.body_mut().read_to_vec().ok()? })
    }

    pub fn method(&self, method: &str, path: &str) -> u16 {
        let url = format!("{}{path}", self.url);
        let asked = match method {
            "GET" => self.agent.get(url).call(),
            "PUT" => self.agent.put(url).send("x"),
            _ => self.agent.post(url).send("x"),
        };
        asked.unwrap().status().as_u16()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
