//! A hundred logs ask a witness at the same time, beside one after another.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use canon::Digest;
use proof::merkle::{Proof, Tree};
use proof::note::verifier_key;
use proof::witness::client::add_checkpoint;
use proof::{Checkpoint, SecretKey};
use serde_json::{Value, json};

use crate::harness::{Bench, Reach, Row};

use crate::rig::{Client, folder, mez};

const ORIGINS: usize = 100;
const ROUNDS: u64 = 15;

struct Log {
    origin: String,
    key: SecretKey,
    tree: Tree,
}

impl Log {
    fn new(n: usize) -> Self {
        let origin = format!("log{n}.example/lane");
        let seed = Digest::of_blob(origin.as_bytes());
        let key = SecretKey::from_seed(*seed.as_bytes()).expect("a key");
        Self { origin, key, tree: Tree::new() }
    }

    /// One entry more, and the whole request that asks for its cosignature.
    fn grown(&mut self, port: u16) -> Vec<u8> {
        let old = self.tree.size();
        self.tree.push(Digest::of_blob(&old.to_be_bytes())).expect("room");
        let proof = match old {
            0 => Proof::default(),
            old => self.tree.consistency(old, old + 1).expect("a proof"),
        };
        let head = Checkpoint::new(&self.origin, self.tree.size(), self.tree.root());
        let note = head.expect("a head").sign(&self.key).expect("signed").to_bytes();
        let body = add_checkpoint(old, &proof, &note).expect("a body");
        let head = format!(
            "POST /add-checkpoint HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        [head.into_bytes(), body].concat()
    }
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let dir = folder("witness");
    let mut logs: Vec<Log> = (0..ORIGINS).map(Log::new).collect();
    let (mut child, _input, port) = start(&dir.join("w"), &logs);
    let mut clients: Vec<Client> = (0..ORIGINS).map(|_| Client::new(port, "")).collect();
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let asks: Vec<Vec<u8>> = logs.iter_mut().map(|log| log.grown(port)).collect();
        ours.push(together(&mut clients, &asks));
        let asks: Vec<Vec<u8>> = logs.iter_mut().map(|log| log.grown(port)).collect();
        peer.push(in_turn(&mut clients, &asks));
    }
    let _ = child.kill();
    let _ = child.wait();
    let _ = fs::remove_dir_all(&dir);
    let unit = "100 origins cosigned at the same time, beside one after another";
    vec![bench.sides(unit, Reach::Faster(20.0), ours, peer)]
}

fn together(clients: &mut [Client], asks: &[Vec<u8>]) -> Duration {
    let began = Instant::now();
    clients.iter_mut().zip(asks).for_each(|(client, ask)| client.write(ask));
    clients.iter_mut().for_each(cosigned);
    began.elapsed()
}

fn in_turn(clients: &mut [Client], asks: &[Vec<u8>]) -> Duration {
    let began = Instant::now();
    for (client, ask) in clients.iter_mut().zip(asks) {
        client.write(ask);
        cosigned(client);
    }
    began.elapsed()
}

fn cosigned(client: &mut Client) {
    let (status, body) = client.read();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
}

fn start(dir: &Path, logs: &[Log]) -> (Child, ChildStdin, u16) {
    let mut init = Command::new(mez());
    init.args(["--json", "witness", "init", "--name", "w.example/1", "--dir"]).arg(dir);
    assert!(init.stdout(Stdio::null()).status().expect("run").success());
    let row = |log: &Log| {
        let key = verifier_key(&log.origin, &log.key.public());
        json!({ "origin": log.origin, "keys": [key] })
    };
    let rows: Vec<Value> = logs.iter().map(row).collect();
    fs::write(dir.join("logs.json"), json!({ "logs": rows }).to_string()).expect("written");
    let mut serve = Command::new(mez());
    serve
        .args(["witness", "serve", "--exit-with-parent", "--listen", "127.0.0.1:0", "--dir"])
        .arg(dir);
    let mut child = serve.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    let input = child.stdin.take().expect("piped");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let ready: Value = serde_json::from_str(line.trim_start_matches("ready ")).expect("ready");
    let url = ready["url"].as_str().expect("a url");
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    (child, input, port)
}
