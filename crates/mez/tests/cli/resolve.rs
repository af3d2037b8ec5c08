//! `--resolve`: the one way in which a socket is opened, and what it does not reach.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proof::SecretKey;
use proof::credential::{Unsigned, issue};
use proof::status::{Bits, Entry, LIST_TYPE, Purpose, subject};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::place::{Place, Said};

const AT: &str = "2026-11-20T12:00:00Z";

/// What a path answers: status and body, or a place to go instead.
type Answers = Arc<dyn Fn(&str) -> (u16, String) + Send + Sync>;

/// A web server for `localhost` with a certificate of its own.
struct Web {
    port: u16,
    calls: Arc<AtomicUsize>,
    pem: String,
}

impl Web {
    fn serve(answers: impl FnOnce(u16) -> Answers) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = Arc::new(AtomicUsize::new(0));
        let (answers, config, count) = (answers(port), Arc::new(config), Arc::clone(&calls));
        thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                // A client that does not trust the certificate goes away; that is its right.
                let _ = one(StreamOwned::new(connection, stream.unwrap()), &answers);
            }
        });
        Self { port, calls, pem: made.cert.pem() }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

fn one(
    mut stream: StreamOwned<ServerConnection, std::net::TcpStream>,
    answers: &Answers,
) -> std::io::Result<()> {
    let mut asked = Vec::new();
    let mut byte = [0];
    while !asked.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        asked.push(byte[0]);
    }
    let asked = String::from_utf8_lossy(&asked).into_owned();
    let (status, body) = answers(asked.split(' ').nth(1).unwrap_or_default());
    let head = if status == 302 {
        format!("HTTP/1.1 302 x\r\nlocation: {body}\r\ncontent-length: 0\r\n\r\n")
    } else {
        let length = body.len();
        format!(
            "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    };
    stream.write_all(head.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn secret() -> SecretKey {
    SecretKey::from_seed([9; 32]).unwrap()
}

fn web_did(port: u16) -> String {
    format!("did:web:localhost%3A{port}")
}

fn did_document(did: &str) -> String {
    json!({
        "id": did,
        "verificationMethod": [{ "id": "#key-1", "type": "Multikey", "controller": did,
            "publicKeyMultibase": secret().public().to_multikey() }],
        "assertionMethod": ["#key-1"],
    })
    .to_string()
}

fn issued(did: &str, kind: &str, subject: Value, id: &str, status: Vec<Entry>) -> Value {
    let unsigned = Unsigned {
        id: id.to_owned(),
        types: vec![kind.to_owned()],
        issuer: canon::Did::parse(did).unwrap(),
        realm: canon::Realm::Sandbox,
        subject,
        valid_from: canon::Timestamp::parse("2026-11-20T00:00:00Z").unwrap(),
        valid_until: canon::Timestamp::parse("2026-12-01T00:00:00Z").unwrap(),
        evidence: Vec::new(),
        status,
    };
    issue(unsigned, &secret(), &format!("{did}#key-1")).unwrap()
}

/// A credential of a did:web at a port, whose status stands in a list at that port.
fn credential(port: u16) -> Value {
    let entry = Entry {
        purpose: Purpose::Revocation,
        index: 7,
        list: format!("https://localhost:{port}/status/1"),
    };
    issued(
        &web_did(port),
        "MEZLicenseCredential",
        json!({ "id": "urn:x:1" }),
        "urn:x:2",
        vec![entry],
    )
}

fn list(port: u16, set: bool) -> String {
    let id = format!("https://localhost:{port}/status/1");
    let mut bits = Bits::clear(131_072).unwrap();
    bits.set(7, set).unwrap();
    let about = subject(&id, Purpose::Revocation, &bits);
    issued(&web_did(port), LIST_TYPE, about, &id, Vec::new()).to_string()
}

/// A server with a DID document, and a status list that says so.
fn web(set: bool) -> Web {
    Web::serve(|port| {
        Arc::new(move |path| match path {
            "/.well-known/did.json" => (200, did_document(&web_did(port))),
            "/status/1" => (200, list(port, set)),
            _ => (404, String::new()),
        })
    })
}

fn run(place: &Place, port: u16, more: &[&str]) -> (Said, Value) {
    place.write("vc.json", credential(port).to_string());
    let did = web_did(port);
    let words = ["verify", "vc.json", "--json", "--as-of", AT, "--trust", &did];
    let said = place.mez(&[&words[..], more].concat());
    let json = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.all()));
    (said, json)
}

fn codes(json: &Value) -> Vec<&str> {
    let reasons = json["reasons"].as_array().unwrap().iter();
    reasons.map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[test]
fn what_is_named_is_fetched_and_told() {
    let place = Place::new("resolve");
    let web = web(false);
    place.write("ca.pem", &web.pem);
    let all = ["--resolve", "--ca", "ca.pem", "--allow-private"];
    let (said, json) = run(&place, web.port, &all);
    assert_eq!((said.exit, web.calls()), (0, 2), "{}", said.all());
    let sources = json["resolved"].as_array().unwrap();
    assert_eq!(sources.len(), 2);
    for (source, path) in sources.iter().zip(["/.well-known/did.json", "/status/1"]) {
        let url = source["url"].as_str().unwrap();
        assert!(url.ends_with(path) && source["sha256"].as_str().unwrap().len() == 64, "{source}");
    }
    let people = place.mez(
        &[
            &["vc", "verify", "vc.json", "--as-of", AT, "--trust"],
            &[web_did(web.port).as_str()][..],
            &all,
        ]
        .concat(),
    );
    assert!(people.out.contains("fetched") && people.exit == 0, "{}", people.all());
}

#[test]
fn a_fetched_list_revokes() {
    let place = Place::new("resolve-revoked");
    let web = web(true);
    place.write("ca.pem", &web.pem);
    let (said, json) = run(&place, web.port, &["--resolve", "--ca", "ca.pem", "--allow-private"]);
    assert_eq!((said.exit, codes(&json)), (6, vec!["revoked"]), "{}", said.all());
}

#[test]
fn without_the_flag_or_for_private_addresses_nobody_is_asked() {
    let place = Place::new("resolve-not");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for more in [&[][..], &["--resolve"]] {
        let (said, json) = run(&place, port, more);
        assert_eq!(said.exit, 7, "{}", said.all());
        assert!(codes(&json).contains(&"did-document-missing"), "{}", said.all());
        let sources = json["resolved"].as_array().unwrap();
        assert_eq!(sources.len(), if more.is_empty() { 0 } else { 2 });
        for source in sources {
            assert!(source["error"].as_str().unwrap().contains("private address"), "{source}");
        }
        // Nobody knocked.
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
    let said = place.mez(&["verify", "vc.json", "--allow-private"]);
    assert_eq!(said.exit, 64, "{}", said.all());
}

#[test]
fn a_server_that_cannot_be_believed_changes_nothing() {
    let place = Place::new("resolve-hostile");
    let good = web(false);
    place.write("ca.pem", &good.pem);
    let all = ["--resolve", "--ca", "ca.pem", "--allow-private"];
    // A certificate that nobody vouches for.
    let (said, json) = run(&place, good.port, &["--resolve", "--allow-private"]);
    assert_eq!(said.exit, 7, "{}", said.all());
    assert!(json["resolved"][0]["error"].is_string());
    // A redirect is not followed, not even to a server that would answer.
    let goal = format!("https://localhost:{}/.well-known/did.json", good.port);
    let before = good.calls();
    type Hostile = fn(&str, u16, &str) -> (u16, String);
    let rows: [(Hostile, &str); 4] = [
        (|_, _, goal| (302, goal.to_owned()), "status 302"),
        (|_, _, _| (500, "no".to_owned()), "status 500"),
        (|_, _, _| (200, "x".repeat(2 * 1024 * 1024)), ""),
        (|_, _, _| (200, did_document("did:web:other.example")), "did:web:other.example"),
    ];
    for (hostile, why) in rows {
        let goal = goal.clone();
        let web = Web::serve(|port| Arc::new(move |path| hostile(path, port, &goal)));
        place.write("ca.pem", &web.pem);
        let (said, json) = run(&place, web.port, &all);
        assert_eq!(said.exit, 7, "{}", said.all());
        let error = json["resolved"][0]["error"].as_str().unwrap();
        assert!(error.contains(why), "{error}");
        assert!(codes(&json).contains(&"did-document-missing"));
    }
    assert_eq!(good.calls(), before);
}

/// A document that names the same thing often, or a great many things, is asked about a bounded number of times.
#[test]
fn calls_are_bounded() {
    let place = Place::new("resolve-many");
    let web = web(false);
    place.write("ca.pem", &web.pem);
    let mut document = credential(web.port);
    let entry =
        |n: usize| json!({ "statusListCredential": format!("https://localhost:{}/{n}", web.port) });
    document["credentialStatus"] = (0..64).map(entry).collect();
    place.write("vc.json", document.to_string());
    let trust = web_did(web.port);
    let words = ["verify", "vc.json", "--json", "--as-of", AT, "--trust", &trust];
    let said =
        place.mez(&[&words[..], &["--resolve", "--ca", "ca.pem", "--allow-private"]].concat());
    assert_eq!(said.exit, 6, "{}", said.all());
    assert_eq!(web.calls(), 16);
}
