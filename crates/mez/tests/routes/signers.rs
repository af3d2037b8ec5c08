//! A zone whose keys live in another process: reached, mistaken, slow, and started again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use canon::Entropy;
use proof::{Purpose, SecretKey};
use serde_json::{Value, json};

use crate::home::{Home, Random};
use crate::layout::write_secret;
use crate::server::{Server, Told, refused};

const ANY: [&str; 2] = ["--listen", "127.0.0.1:0"];
/// Long enough for an answer on a busy machine, short enough to wait for.
const WAIT_MS: &str = "1500";

/// A `mez signer serve`.
pub struct Keeper(Child);

impl Keeper {
    pub fn start(dir: &Path, address: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
        command.args(["signer", "serve", "--exit-with-parent", "--listen", address, "--dir"]);
        command.arg(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready "), "{line}");
        Self(child)
    }

    fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn free_address() -> String {
    format!("127.0.0.1:{}", crate::ports::free(1))
}

/// `mez signer move`: exit code and the one JSON document.
pub fn moved(home: &Home, address: &str) -> (i32, Value, PathBuf) {
    let to = home.dir.root().with_file_name("signer");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    command.args(["--json", "signer", "move", "--wait-ms", WAIT_MS, "--address", address]);
    let out = command.arg("--dir").arg(home.dir.root()).arg("--to").arg(&to).output().unwrap();
    let text = if out.stdout.is_empty() { out.stderr } else { out.stdout };
    (out.status.code().unwrap(), serde_json::from_slice(&text).unwrap(), to)
}

/// A company to be formed: one key and one body, however often it is asked for.
struct Company(String, String);

impl Company {
    fn of(home: &Home, name: &str) -> Self {
        let evidence = [
            "beneficial_ownership",
            "source_of_funds",
            "tax_residency",
            "license",
            "data_protection_registration",
            "office_lease",
        ];
        Self(name.replace(' ', "-"), home.company(name, "sg", &evidence).to_string())
    }

    fn ask(&self, server: &Server) -> Told {
        server.send("/v1/entities", self.1.as_bytes(), &[("idempotency-key", &self.0)])
    }
}

fn apply(server: &Server, home: &Home, name: &str) -> Told {
    Company::of(home, name).ask(server)
}

fn another_key(path: &Path) -> SecretKey {
    let mut seed = [0; 32];
    Random.fill(&mut seed).unwrap();
    let key = SecretKey::from_seed(seed).unwrap();
    std::fs::remove_file(path).unwrap();
    write_secret(path, proof::jwk::KeyFile::print(&key).as_bytes()).unwrap();
    key
}

#[test]
fn a_zone_signs_through_another_process_and_outlives_its_restart() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    assert_eq!(apply(&server, &home, "Before").status, 201);
    assert_eq!(moved(&home, "127.0.0.1:1").1["error"]["code"], "zone-in-use");
    drop(server);

    let address = free_address();
    let (exit, told, to) = moved(&home, &address);
    assert_eq!(exit, 0, "{told}");
    assert_eq!(moved(&home, &address).0, 0, "a move may be asked for again");
    for purpose in Purpose::RUNNING {
        assert!(!home.dir.key(purpose).exists(), "{purpose}");
    }
    let status = crate::recovery::key(&["status"], home.dir.root());
    assert_eq!((status.0, &status.1["cell"]["state"]), (0, &json!("elsewhere")));
    assert_eq!(refused(home.dir.root(), &ANY), (69, "signer-unavailable".to_owned()));

    let signer = Keeper::start(&to, &address);
    let server = Server::start(&home);
    assert_eq!(server.get("/health/readiness").status, 200);
    assert_eq!(apply(&server, &home, "First").status, 201);
    drop(signer);
    let second = Company::of(&home, "Second");
    let away = second.ask(&server);
    assert_eq!(away.code(), (503, "signer-unavailable"), "{}", away.text);
    assert!(away.retry_after);
    assert_eq!(server.get("/health/readiness").status, 503);
    let _signer = Keeper::start(&to, &address);
    assert_eq!(server.get("/health/readiness").status, 200);
    assert_eq!(second.ask(&server).status, 201);
    drop(server);
    assert_eq!(Server::start(&home).get("/health/readiness").status, 200);
}

#[test]
fn the_cell_of_the_signer_refuses_a_restored_zone() {
    let home = Home::of("sg", None);
    let address = free_address();
    let (_, _, to) = moved(&home, &address);
    let _signer = Keeper::start(&to, &address);
    let server = Server::start(&home);
    assert_eq!(apply(&server, &home, "First").status, 201);
    drop(server);
    let (data, kept) = (home.dir.data(), home.dir.root().join("kept"));
    let copy = |from: &Path, to: &Path| {
        let done = Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap();
        assert!(done.success());
    };
    copy(&data, &kept);
    let server = Server::start(&home);
    assert_eq!(apply(&server, &home, "Second").status, 201);
    drop(server);
    std::fs::remove_dir_all(&data).unwrap();
    copy(&kept, &data);
    let server = Server::start(&home);
    assert_eq!(server.get("/health/readiness").status, 503);
    assert_eq!(apply(&server, &home, "Third").code(), (503, "not-signing"));
}

#[test]
fn another_key_at_either_end_is_refused_by_name() {
    let home = Home::of("sg", None);
    let address = free_address();
    let (_, told, to) = moved(&home, &address);
    let pinned = told["signer_key"].as_str().unwrap().to_owned();

    // Somebody else answers at the address.
    let link = to.join("link.priv.json");
    let kept = std::fs::read(&link).unwrap();
    let found = another_key(&link).public().to_multikey();
    let signer = Keeper::start(&to, &address);
    let text = start_refused(&home, "signer-other-key");
    assert!(text.contains(&found) && text.contains(&pinned), "{text}");
    drop(signer);
    std::fs::write(&link, &kept).unwrap();

    // Somebody else calls.
    let signer = Keeper::start(&to, &address);
    let own = home.dir.signer().join("link.priv.json");
    let kept = std::fs::read(&own).unwrap();
    another_key(&own);
    start_refused(&home, "signer-other-key");
    std::fs::write(&own, &kept).unwrap();
    drop(Server::start(&home));
    drop(signer);

    // The right process with a key that is not the zone's.
    another_key(&to.join("assertion.priv.json"));
    let _signer = Keeper::start(&to, &address);
    start_refused(&home, "other-keys");
}

fn start_refused(home: &Home, code: &str) -> String {
    let out = crate::server::command(home.dir.root(), &ANY).spawn().unwrap();
    let out = out.wait_with_output().unwrap();
    let text = String::from_utf8(out.stderr).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    assert_eq!((out.status.code(), &told["error"]["code"]), (Some(1), &json!(code)), "{text}");
    text
}

/// Passes bytes on, until it has passed so many of the signer's answers.
struct Gate {
    left: Arc<AtomicI64>,
}

impl Gate {
    fn before(signer: String) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let gate = Self { left: Arc::clone(&left) };
        thread::spawn(move || {
            for caller in listener.incoming() {
                let Ok(caller) = caller else { return };
                let Ok(signer) = TcpStream::connect(&signer) else { continue };
                let halves = (caller.try_clone().unwrap(), signer.try_clone().unwrap());
                thread::spawn(move || pass(halves.0, halves.1, None));
                let left = Arc::clone(&left);
                thread::spawn(move || pass(signer, caller, Some(left)));
            }
        });
        (gate, address)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, left: Option<Arc<AtomicI64>>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let open = left.as_ref().is_none_or(|left| left.fetch_sub(1, Ordering::SeqCst) > 0);
        if open && to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

/// The answers that a write waits for are lost one by one, the last of them that of the cell, after
/// the journal is written; the same request then has its one effect.
#[test]
fn an_answer_that_does_not_come_in_time_leaves_nothing_half_written() {
    let home = Home::of("sg", None);
    let address = free_address();
    let (gate, shown) = Gate::before(address.clone());
    let (_, _, to) = moved(&home, &shown);
    let signer = Keeper::start(&to, &address);
    let server = Server::start(&home);
    assert_eq!(apply(&server, &home, "None lost").status, 201);
    let mut formed = 1;
    for answers in 0.. {
        let company = Company::of(&home, &format!("Lost after {answers}"));
        gate.left.store(answers, Ordering::SeqCst);
        let told = company.ask(&server);
        gate.left.store(i64::MAX, Ordering::SeqCst);
        formed += 1;
        if told.status == 201 {
            assert!(answers >= 2, "a signature and a step of the cell, at least");
            break;
        }
        assert_eq!(told.code(), (503, "signer-unavailable"), "{}", told.text);
        assert_eq!(server.get("/health/readiness").status, 200);
        assert_eq!(company.ask(&server).status, 201);
        let listed = server.get("/v1/entities?limit=100");
        assert_eq!(listed.body["items"].as_array().unwrap().len(), formed, "{}", listed.text);
    }
    // A process that is there and says nothing.
    signer.signal("-STOP");
    let stopped = Company::of(&home, "Stopped");
    assert_eq!(stopped.ask(&server).code(), (503, "signer-unavailable"));
    signer.signal("-CONT");
    assert_eq!(stopped.ask(&server).status, 201);
    drop(server);
    assert_eq!(Server::start(&home).get("/health/readiness").status, 200);
}
