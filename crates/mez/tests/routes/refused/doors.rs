//! What the doors themselves refuse, before anybody is asked: headers, paths, bodies, lists and streams.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::rows::Rows;
use super::{account, company, is, made, payment};
use crate::home::Home;
use crate::server::{Server, Told};

const ENTITIES: &str = "/v1/entities";

/// What the zone answers to bytes, of which no more come.
fn raw(server: &Server, head: &[u8], after: impl FnOnce(&TcpStream)) -> (u16, Value) {
    let at = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    stream.write_all(head).unwrap();
    after(&stream);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default();
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[track_caller]
fn told((status, body): &(u16, Value), wanted: (u16, &str)) {
    assert_eq!((*status, body["code"].as_str().unwrap_or_default()), wanted, "{body}");
    let said = |member: &str| body[member].as_str().is_some_and(|text| !text.is_empty());
    assert!(said("detail") && said("remedy"), "{body}");
    assert!(body["instance"].as_str().is_some_and(|path| path.starts_with('/')), "{body}");
}

fn head(server: &Server, more: &str) -> String {
    let host = server.url.strip_prefix("http://").unwrap();
    format!(
        "POST {ENTITIES} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nconnection: close\r\n{more}\r\n",
        server.token
    )
}

#[test]
fn a_header_twice_a_broken_path_and_a_body_that_ends_early_are_told_apart() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let twice = "idempotency-key: a\r\nidempotency-key: b\r\ncontent-length: 2\r\n";
    let twice = format!("{}{{}}", head(&server, twice));
    told(&raw(&server, twice.as_bytes(), |_| ()), (400, "bad-header"));
    let mut bytes = head(&server, "idempotency-key: ?\r\ncontent-length: 2\r\n").into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[at] = 0xff;
    bytes.extend(b"{}");
    told(&raw(&server, &bytes, |_| ()), (400, "bad-header"));
    let position = server.send_get("/v1/events/stream", &[("last-event-id", "yesterday")]);
    is(&position, 400, "bad-header");
    is(&server.get("/v1/entities/%ff"), 400, "bad-path");
    let cut = head(&server, "transfer-encoding: chunked\r\n");
    let cut = format!("{cut}5\r\n{{\"a\"");
    let ended = |stream: &TcpStream| stream.shutdown(Shutdown::Write).unwrap();
    told(&raw(&server, cut.as_bytes(), ended), (400, "body-broken"));
    assert_eq!(server.get(ENTITIES).body["items"], json!([]));
}

#[test]
fn a_body_that_does_not_come_is_waited_for_twenty_seconds() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let began = std::time::Instant::now();
    let slow = head(&server, "content-length: 2\r\n");
    told(&raw(&server, slow.as_bytes(), |_| ()), (408, "too-slow"));
    assert!(began.elapsed() >= Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn who_comes_when_all_places_are_taken_waits_a_moment_and_is_told_to_come_again() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let at = server.url.strip_prefix("http://").unwrap();
    let slow = head(&server, "content-length: 2\r\n");
    let mut under_way: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = TcpStream::connect(at).unwrap();
            stream.write_all(slow.as_bytes()).unwrap();
            stream
        })
        .collect();
    let began = std::time::Instant::now();
    let full = loop {
        let told = server.get(ENTITIES);
        if told.status != 200 || began.elapsed() > Duration::from_secs(10) {
            break told;
        }
    };
    is(&full, 503, "busy");
    assert!(full.retry_after);
    assert_eq!(server.get("/health/liveness").status, 200, "nobody waits to hear that it lives");
    // A place that becomes free while somebody waits is given to them.
    let freed = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.get(ENTITIES));
        std::thread::sleep(Duration::from_millis(20));
        under_way.clear();
        waiting.join().unwrap()
    });
    assert_eq!(freed.status, 200, "{}", freed.text);
}

fn token(server: &Server, body: &Value) -> String {
    let made = server.post("/v1/tokens", body);
    assert_eq!(made.status, 201, "{}", made.text);
    made.body["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_regulator_reads_events_page_by_page_and_is_shown_no_stream() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let reader = json!({ "principal": "supervisor", "scopes": ["reader", "regulator"] });
    let reader = token(&server, &reader);
    let told: Told = server.ask_as("/v1/events/stream", Some(&reader));
    is(&told, 403, "view-not-logged");
    assert_eq!(server.ask_as("/v1/events", Some(&reader)).status, 200);
}

#[test]
fn a_list_is_not_cut_short_for_who_may_see_little_of_it() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let one = company(&home, &server, "Harbour Tea", "sg");
    let other = company(&home, &server, "Quay Cafes", "sg");
    let third = company(&home, &server, "Straits Ledger", "sg");
    let from = account(&server, &one, "SGD", Some("10.00"));
    let to = account(&server, &other, "SGD", None);
    let paid = payment((&from, &to), ("1.00", "SGD"), "gift");
    let paid = made(&server.post("/v1/fiscal/payments", &paid), "payment_id");
    let bound = json!({ "principal": "clerk", "scopes": ["reader"], "entity_id": third });
    let bound = token(&server, &bound);
    let list = |server: &Server| server.ask_as("/v1/fiscal/payments", Some(&bound));
    assert_eq!(list(&server).body["items"], json!([]));
    drop(server);
    let rows = Rows::of(&home);
    let kept = rows.read("payment", &paid);
    // As many as are looked through, and one page more.
    rows.sow(
        "payment",
        (0..13_000u64).map(|n| {
            let id = format!("payment-{n:06}");
            let mut payment = kept.clone();
            payment["payment_id"] = json!(id);
            (id, payment)
        }),
    );
    drop(rows);
    let server = Server::start(&home);
    is(&list(&server), 409, "list-too-long");
}
