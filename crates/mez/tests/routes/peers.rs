//! `/v1/corridors/peers`: what another zone's message must be.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use canon::Timestamp;
use proof::SecretKey;
use serde_json::{Value, json};

use crate::home::{Home, now};
use crate::server::{Server, Told};
use crate::signature::{Headers, sign};

const PATH: &str = "/v1/corridors/peers/propose";
const NONCE: &str = "00112233445566778899aabbccddeeff";

fn key() -> SecretKey {
    SecretKey::from_seed([7; 32]).unwrap()
}

fn message(server: &Server) -> Vec<u8> {
    json!({ "type": "MEZCorridorProposal", "to": server.ready["did"] }).to_string().into_bytes()
}

fn signed(server: &Server, body: &[u8], created: Timestamp) -> Headers {
    sign(&format!("{}{PATH}", server.url), body, created, NONCE, &key()).unwrap()
}

fn send(server: &Server, body: &[u8], headers: &Headers) -> Told {
    let headers = [
        ("authorization", ""),
        ("content-digest", headers.content_digest.as_str()),
        ("signature-input", headers.signature_input.as_str()),
        ("signature", headers.signature.as_str()),
    ];
    server.send(PATH, body, &headers)
}

#[test]
fn a_message_unsigned_changed_or_for_another_target_is_401() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let body = message(&server);
    let good = signed(&server, &body, now());
    let missing = Headers { signature: String::new(), ..good.clone() };
    assert_eq!(send(&server, &body, &missing).code(), (401, "peer-signature"));
    let mut other = body.clone();
    other.push(b' ');
    assert_eq!(send(&server, &other, &good).code(), (401, "peer-signature"));
    let elsewhere = sign("http://127.0.0.1:1/v1", &body, now(), NONCE, &key()).unwrap();
    assert_eq!(send(&server, &body, &elsewhere).code(), (401, "peer-signature"));
    // A token is no signature.
    let told = server.send(PATH, &body, &[]);
    assert_eq!(told.code(), (401, "peer-signature"));
}

#[test]
fn a_stale_or_misaddressed_message_is_401() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let body = message(&server);
    for secs in [-301, 302] {
        let created = now().plus_secs(secs).unwrap();
        let told = send(&server, &body, &signed(&server, &body, created));
        assert_eq!(told.code(), (401, "peer-stale"), "{secs}");
    }
    let body = json!({ "to": key().public().did() }).to_string().into_bytes();
    let told = send(&server, &body, &signed(&server, &body, now()));
    assert_eq!(told.code(), (401, "peer-misaddressed"));
    // Fresh and for us, but not a proposal.
    let body = message(&server);
    let told = send(&server, &body, &signed(&server, &body, now()));
    assert_eq!(told.code(), (422, "peer-malformed"), "{}", told.text);
}

#[test]
fn a_replayed_message_is_409() {
    let (here, there) = (Home::of("sg", None), Home::of("pk-sifc", None));
    let proposer = Server::start(&there);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let public = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::with(&here, &["--listen", "127.0.0.1:0", "--public-url", &public]);
    let port = listening_port(server.pid());
    let seen: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let kept = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            relay(stream, port, &kept);
        }
    });
    let proposal = json!({ "url": public, "did": here.founded.inception.did() });
    let told = proposer.post("/v1/corridors", &proposal);
    assert_eq!(told.status, 201, "{}", told.text);
    let began = std::time::Instant::now();
    let recorded = loop {
        let posted = seen.lock().unwrap().iter().find(|r| r.starts_with(b"POST")).cloned();
        if let Some(request) = posted {
            break request;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "no proposal came");
        std::thread::sleep(Duration::from_millis(20));
    };
    let (status, body) = raw(port, &recorded);
    assert_eq!((status, &body["code"]), (409, &"peer-replayed".into()), "{body}");
}

/// Pass one request on and its answer back, keeping the request.
fn relay(mut from: TcpStream, port: u16, kept: &Mutex<Vec<Vec<u8>>>) {
    let request = one(&mut from);
    if request.is_empty() {
        return;
    }
    let request = closing(&request);
    let mut to = TcpStream::connect(("127.0.0.1", port)).unwrap();
    to.write_all(&request).unwrap();
    let mut answer = Vec::new();
    to.read_to_end(&mut answer).unwrap();
    let _ = from.write_all(&answer);
    kept.lock().unwrap().push(request);
}

/// The same request, asking for the connection to be closed; that header is not signed.
pub fn closing(request: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(request.to_vec()).unwrap();
    text.replacen("\r\n", "\r\nconnection: close\r\n", 1).into_bytes()
}

/// One HTTP request with its body.
pub fn one(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0u8; 65_536];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |l| l.trim().parse().unwrap());
            if bytes.len() >= head.len() + 4 + length {
                return bytes;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return Vec::new(),
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn raw(port: u16, request: &[u8]) -> (u16, Value) {
    let mut to = TcpStream::connect(("127.0.0.1", port)).unwrap();
    to.write_all(request).unwrap();
    let mut answer = String::new();
    to.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// The port a process listens on, as the kernel tells it.
pub fn listening_port(pid: u32) -> u16 {
    let mut inodes = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten() {
        let target = std::fs::read_link(entry.path()).unwrap_or_default();
        let target = target.to_string_lossy().into_owned();
        if let Some(inode) = target.strip_prefix("socket:[").and_then(|t| t.strip_suffix(']')) {
            inodes.push(inode.to_owned());
        }
    }
    let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap();
    for line in table.lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[3] == "0A" && inodes.iter().any(|inode| inode == words[9]) {
            let (_, port) = words[1].split_once(':').unwrap();
            return u16::from_str_radix(port, 16).unwrap();
        }
    }
    panic!("it listens nowhere")
}
