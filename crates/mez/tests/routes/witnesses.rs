//! A zone whose logs a witness cosigns: a real `mez witness serve`, asked by a real zone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use canon::Canonical;
use proof::Purpose;
use proof::merkle::Tree;
use proof::witness::{CosignerKey, Policy};
use serde_json::Value;

use crate::forks::{again, copy, heads, joined, noop};
use crate::home::{Home, folder, now};
use crate::server::Server;

struct Witness {
    dir: PathBuf,
    url: String,
    key: String,
    child: Option<Child>,
}

fn mez(args: &[&str], dir: &Path) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    let out = command.args(["--json"]).args(args).arg("--dir").arg(dir).output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_str(&said).unwrap()
}

impl Witness {
    /// Made, not running; its port is free now.
    fn new() -> Self {
        Self::named("w1")
    }

    fn named(name: &str) -> Self {
        let dir = folder(&format!("witness-{name}")).join("w");
        let key = mez(&["witness", "init", "--name", &format!("witness.example/{name}")], &dir);
        let port = crate::ports::free(1);
        let key = key["verifier_key"].as_str().unwrap().to_owned();
        Self { dir, url: format!("http://127.0.0.1:{port}"), key, child: None }
    }

    /// Add the log of a checkpoint, under the log key of a zone.
    fn know(&self, note: &str, home: &Home) {
        let origin = note.lines().next().unwrap();
        let key = proof::note::verifier_key(origin, home.founded.inception.key(Purpose::Log));
        mez(&["witness", "add-log", "--origin", origin, "--key", &key], &self.dir);
    }

    fn start(&mut self) {
        self.stop();
        let listen = self.url.strip_prefix("http://").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
        command.args(["witness", "serve", "--exit-with-parent", "--listen", listen, "--dir"]);
        command.arg(&self.dir).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready "), "{line}");
        self.child = Some(child);
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn row(server: &Server) -> Value {
    let ready = server.get("/health/readiness");
    let checks = ready.body["checks"].as_array().unwrap().clone();
    checks.into_iter().find(|check| check["name"] == "witnesses").unwrap()
}

fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whoever answers in a witness's place that it holds more than there is.
struct Liar {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Liar {
    fn at(url: &str) -> Self {
        let listener = TcpListener::bind(url.strip_prefix("http://").unwrap()).unwrap();
        listener.set_nonblocking(true).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::SeqCst) {
                let Ok((mut asked, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                };
                asked.set_nonblocking(false).unwrap();
                let _ = asked.read(&mut [0; 65_536]);
                let body = "HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\n\
                    content-length: 8\r\nconnection: close\r\n\r\n9000000\n";
                let _ = asked.write_all(body.as_bytes());
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// Size of a checkpoint, once it is cosigned as the policy wants.
fn cosigned(server: &Server, path: &str, (home, witness): (&Home, &Witness)) -> Option<u64> {
    let note = server.ask_as(path, None).text;
    let policy = Policy::new(vec![CosignerKey::parse(&witness.key).unwrap()], 1, 60).unwrap();
    let origin = note.lines().next().unwrap_or_default();
    let log = home.founded.inception.key(Purpose::Log);
    let cosigned = policy.verify(note.as_bytes(), origin, log, now()).ok()?;
    Some(cosigned.checkpoint().size())
}

/// The lane's head against the cosigned log, entry by entry, with no token.
fn a_stranger_checks(a: &Server, path: &str, held: (&Home, &Witness)) {
    let (zone, id) = ("/tlog/zone/checkpoint", path.rsplit('/').next().unwrap());
    let size = cosigned(a, zone, held).unwrap();
    let mut documents: Vec<Value> = Vec::new();
    while (documents.len() as u64) < size {
        let page = a.ask_as(&format!("/tlog/zone/entries?limit=7&from={}", documents.len()), None);
        documents.extend(page.body["entries"].as_array().unwrap().clone());
    }
    let digest = |document: &Value| Canonical::of_value(document).unwrap().digest();
    let tree: Tree = documents.iter().map(digest).collect();
    // Size and root of one note: the next one served may be of another size.
    let mut stated = None;
    wait("the documents to reach the note", || {
        let note = a.ask_as(zone, None).text;
        let (origin, log) =
            (note.lines().next().unwrap(), held.0.founded.inception.key(Purpose::Log));
        let head = proof::Checkpoint::verify(note.as_bytes(), origin, log).unwrap();
        stated = Some((head.size(), head.root()));
        head.size() <= tree.size()
    });
    let (at, root) = stated.unwrap();
    assert_eq!(tree.root_at(at).unwrap(), root, "the documents are the entries");
    let stream = format!("lane/here/{id}");
    let head = documents.iter().rfind(|document| document["stream"] == stream.as_str()).unwrap();
    let receipts = a.get(&format!("{path}/receipts?from={}&limit=1", head["sequence"]));
    assert_eq!(head["root"], receipts.body["receipts"][0]["next_root"]);
}

#[test]
fn a_witness_cosigns_zone_log_and_lanes_and_knows_a_zone_put_back() {
    let mut witness = Witness::new();
    let home = Home::watched("sg", &format!("{}#{}", witness.url, witness.key));
    let peer = Home::of("pk-sifc", None);
    let (mut a, mut b) = (Server::start(&home), Server::start(&peer));
    let seen = (row(&a), a.get("/health/readiness").status);
    assert_eq!((&seen.0["ok"], seen.1), (&Value::Bool(false), 200), "watched by nobody, in use");
    let path = joined(&a, &b, [&home, &peer]);
    let id = path.rsplit('/').next().unwrap();
    let zone = "/tlog/zone/checkpoint";
    let lane = format!("/tlog/corridor/{id}/lane/org.momentum.mez.zone.sg/checkpoint");

    // A log it does not know is refused, and asked about again.
    witness.know(&a.ask_as(zone, None).text, &home);
    witness.start();
    wait("the zone log", || cosigned(&a, zone, (&home, &witness)).is_some());
    assert_eq!(cosigned(&a, &lane, (&home, &witness)), None);
    wait("its row", || row(&a)["ok"] == true);
    let detail = row(&a)["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("1 of 1 needed: witness.example/w1 at "), "{detail}");
    // Read again while it serves.
    witness.know(&a.ask_as(&lane, None).text, &home);
    witness.signal("-HUP");
    wait("the lane", || cosigned(&a, &lane, (&home, &witness)) == Some(1));
    noop(&a, &b, &path);
    wait("the lane grown", || cosigned(&a, &lane, (&home, &witness)) == Some(2));

    a_stranger_checks(&a, &path, (&home, &witness));

    // What was cosigned is served right after a restart, though the witness be away.
    let url = a.url.clone();
    std::thread::sleep(Duration::from_millis(600));
    a.signal("-TERM");
    let (root, kept) = (home.dir.root(), home.dir.root().with_extension("kept"));
    witness.stop();
    let mut a = again(&home, &url);
    assert_eq!(cosigned(&a, &lane, (&home, &witness)), Some(2));
    a.signal("-TERM");

    // Put back whole while the peer is away: the witness knows better.
    copy(root, &kept);
    witness.start();
    let mut a = again(&home, &url);
    noop(&a, &b, &path);
    wait("the lane again", || cosigned(&a, &lane, (&home, &witness)) == Some(3));
    a.signal("-TERM");
    b.signal("-TERM");
    copy(&kept, root);
    let a = again(&home, &url);
    let why = heads(&a);
    assert!(why.contains("witness `witness.example/w1` claims size"), "{why}");
    assert_eq!(a.send(&format!("{path}/receipts"), b"", &[]).code(), (503, "not-signing"));
}

/// The witnesses of a note that count under 2 of 3.
fn counted(server: &Server, home: &Home, three: &[Witness]) -> usize {
    let note = server.ask_as("/tlog/zone/checkpoint", None).text;
    let keys = three.iter().map(|one| CosignerKey::parse(&one.key).unwrap()).collect();
    let policy = Policy::new(keys, 1, STALE_SECS.unsigned_abs()).unwrap();
    let origin = note.lines().next().unwrap_or_default();
    let log = home.founded.inception.key(Purpose::Log);
    policy.verify(note.as_bytes(), origin, log, now()).map_or(0, |cosigned| cosigned.seen().len())
}

const STALE_SECS: i64 = 4;

/// Three real witnesses under 2 of 3: one dead, then one more, which goes stale; then one that lies.
#[test]
fn two_of_three_are_enough_and_one_that_lies_is_not_believed() {
    let mut three = ["w1", "w2", "w3"].map(Witness::named);
    let at = three.iter().map(|one| format!("{}#{}", one.url, one.key)).collect();
    let home = Home::watched_by("sg", at, (2, STALE_SECS));
    let a = Server::start(&home);
    let zone = a.ask_as("/tlog/zone/checkpoint", None).text;
    three.iter().for_each(|one| one.know(&zone, &home));
    three[0].start();
    three[1].start();
    wait("two of three", || counted(&a, &home, &three) == 2);
    wait("its row", || row(&a)["ok"] == true);
    assert!(row(&a)["detail"].as_str().unwrap().contains("w3 never"), "{}", row(&a));

    // One is not enough, and what the other signed is stale soon: what is served says no more.
    three[1].stop();
    wait("one of three", || row(&a)["ok"] == false && counted(&a, &home, &three) < 2);
    assert!(row(&a)["detail"].as_str().unwrap().starts_with("1 of 2 needed"), "{}", row(&a));

    // The third makes two again; the second's place is taken by one who lies.
    three[2].start();
    let liar = Liar::at(&three[1].url);
    wait("two again", || counted(&a, &home, &three) == 2);
    wait("the claim", || row(&a)["detail"].as_str().unwrap().contains("w2` claims size 9000000"));
    assert_eq!((&row(&a)["ok"], a.get("/health/readiness").status), (&Value::Bool(false), 200));
    let token = br#"{"principal":"ops","scopes":["reader"]}"#;
    assert_eq!(a.send("/v1/tokens", token, &[]).status, 201, "one witness stops nothing");

    // Two who lie are believed, for as long as they do.
    three[2].stop();
    let other = Liar::at(&three[2].url);
    wait("a quorum", || a.send("/v1/tokens", token, &[]).code() == (503, "not-signing"));
    assert!(heads(&a).contains("claims size 9000000"), "{}", heads(&a));
    drop((liar, other));
    three[1].start();
    wait("one who lies", || a.send("/v1/tokens", token, &[]).status == 201);
    three[2].start();
    wait("the truth", || row(&a)["ok"] == true);
}
