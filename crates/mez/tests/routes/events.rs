//! `/v1/events`, `/v1/events/stream` and `/v1/webhooks` against a real process, with a receiver that is a real server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use proof::webhook::{SECRET_BYTES, Secret};
use serde_json::{Value, json};

use crate::home::Home;
use crate::server::Server;

const PREFIX: &str = "org.momentum.mez.";

fn company(home: &Home, server: &Server, name: &str) -> String {
    let kinds = ["beneficial_ownership", "source_of_funds"];
    let formed = server.post("/v1/entities", &home.company(name, "sg", &kinds));
    assert_eq!(formed.status, 201, "{}", formed.text);
    formed.body["result"]["entity_id"].as_str().unwrap().to_owned()
}

fn items(server: &Server, path: &str) -> Vec<Value> {
    let told = server.get(path);
    assert_eq!(told.status, 200, "{}", told.text);
    told.body["items"].as_array().unwrap().clone()
}

#[test]
fn what_happened_is_told_in_order_by_position_and_by_type_and_names_nobody() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let entity = company(&home, &server, "Harbour Tea");
    let opened = json!({ "entity_id": entity, "currency": "SGD" });
    let opened = server.post("/v1/fiscal/accounts", &opened);
    assert_eq!(opened.status, 201, "{}", opened.text);

    let all = items(&server, "/v1/events");
    let decided = items(&server, "/v1/decisions");
    assert_eq!(all.len(), decided.len(), "every entry of the journal has its event");
    for (event, decision) in all.iter().zip(&decided) {
        assert_eq!(event["data"]["sequence"], decision["sequence"]);
        assert_eq!(event["id"], decision["sequence"].to_string());
        assert_eq!(event["data"]["root"], decision["root"]);
        assert_eq!(event["specversion"], "1.0");
        assert!(event["type"].as_str().unwrap().starts_with(PREFIX), "{event}");
        assert!(!event.to_string().contains("Harbour"), "{event}");
    }
    let formed =
        all.iter().find(|event| event["type"] == "org.momentum.mez.entity.formed").unwrap();
    assert_eq!(formed["subject"], format!("entity:{entity}"));
    assert_eq!(formed["source"], "urn:mez:zone:org.momentum.mez.zone.sg");
    let digest = formed["data"]["decision_sha256"].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/decisions/{digest}")).status, 200);

    let behind = format!("/v1/events?after={}", formed["id"].as_str().unwrap());
    assert!(items(&server, &behind).iter().all(|event| event["id"] != formed["id"]));
    let only = items(&server, "/v1/events?types=org.momentum.mez.account.*");
    assert_eq!(only.len(), 1, "{only:?}");
    let page = server.get("/v1/events?limit=1").body;
    assert_eq!(page["next"], page["items"][0]["id"]);
    assert_eq!(server.get("/v1/events?types=account.opened").code(), (422, "bad-event-types"));
    assert_eq!(server.get("/v1/events?after=x").code(), (422, "invalid-fields"));
    assert_eq!(items(&server, "/v1/events?after=99999999"), Vec::<Value>::new());
}

#[test]
fn what_law_refused_is_told_to_those_who_may_read_decisions() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let refused = server.post("/v1/entities", &home.company("Harbour Tea", "sg", &[]));
    assert_eq!(refused.status, 403, "{}", refused.text);
    let made = json!({ "principal": "ana", "scopes": ["reader"] });
    let reader = server.post("/v1/tokens", &made).body["token"].as_str().unwrap().to_owned();
    let refusals = "/v1/events?types=org.momentum.mez.entity.refused";
    assert_eq!(items(&server, refusals).len(), 1);
    assert_eq!(server.ask_as(refusals, Some(&reader)).body["items"], json!([]));
    let all = server.ask_as("/v1/events", Some(&reader)).text;
    assert!(all.contains("org.momentum.mez.token.made") && !all.contains("ana"), "{all}");
}

/// A stream of server-sent events, read line by line.
struct Listener(BufReader<TcpStream>);

impl Listener {
    fn open(server: &Server, query: &str, headers: &str) -> Self {
        let address = server.url.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let token = &server.token;
        write!(
            socket,
            "GET /v1/events/stream{query} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{headers}\r\n"
        )
        .unwrap();
        let mut listener = Self(BufReader::new(socket));
        assert!(listener.line().starts_with("HTTP/1.1 200"), "a stream");
        while !listener.line().is_empty() {}
        listener
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The next event; the words between (chunk sizes, comments, `retry`) are passed over.
    fn next(&mut self) -> (String, Value) {
        let mut named = String::new();
        loop {
            let line = self.line();
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut named);
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return (named, serde_json::from_str(data).unwrap());
            }
        }
    }
}

#[test]
fn a_stream_tells_what_happens_goes_on_where_it_ended_and_ends_with_the_process() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let mut server = Server::start(&home);
    let mut listener = Listener::open(&server, "?types=org.momentum.mez.entity.*", "");
    let first = company(&home, &server, "Harbour Tea");
    let (_, event) = listener.next();
    assert_eq!(event["subject"], format!("entity:{first}"));
    let second = company(&home, &server, "Straits Tea");
    assert_eq!(listener.next().1["subject"], format!("entity:{second}"));
    drop(listener);
    let last = format!("last-event-id: {}\r\n", event["id"].as_str().unwrap());
    let mut again = Listener::open(&server, "", &last);
    let (_, next) = again.next();
    assert!(next["data"]["sequence"].as_u64() > event["data"]["sequence"].as_u64());
    let ended = server.signal("-TERM");
    assert!(ended < Duration::from_secs(2), "{ended:?}");
    let end = std::iter::repeat_with(|| again.next()).find(|(named, _)| named == "end").unwrap();
    assert_eq!(end.1["code"], "shutting-down");
}

#[test]
fn a_principal_has_so_many_streams_and_gets_a_place_back() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let mut open: Vec<Listener> = (0..4).map(|_| Listener::open(&server, "", "")).collect();
    assert_eq!(server.get("/v1/events/stream").code(), (429, "too-many-streams"));
    assert_eq!(server.get("/v1/events").status, 200, "streams hold no place of requests");
    drop(open.pop());
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["reader"] }));
        let address = server.url.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        let token = &server.token;
        write!(
            socket,
            "GET /v1/events/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
        )
        .unwrap();
        let mut begins = [0; 12];
        socket.read_exact(&mut begins).unwrap();
        if &begins == b"HTTP/1.1 200" {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the place of a stream that ended is not given back");
}

/// What a receiver got: headers and body.
struct Got {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(known, _)| known == name).unwrap().1
    }

    fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether it is signed with a secret, as Standard Webhooks says.
    fn is_signed_with(&self, secret: &str) -> bool {
        let text = secret.strip_prefix("whsec_").unwrap();
        let mut bytes: [u8; SECRET_BYTES] =
            BASE64.decode(text.as_bytes()).unwrap().try_into().unwrap();
        let at = self.header("webhook-timestamp").parse().unwrap();
        let signed = Secret::from_bytes(&mut bytes).sign(self.header("webhook-id"), at, &self.body);
        self.header("webhook-signature").split(' ').any(|one| one == signed)
    }
}

/// A server that answers with the status it is told, and keeps what it got.
struct Hook {
    url: String,
    status: Arc<Mutex<u16>>,
    got: Receiver<Got>,
}

fn read_request(stream: &mut TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(Got { headers, body })
}

fn answer(mut stream: TcpStream, status: &Mutex<u16>, told: &Sender<Got>) {
    while let Some(got) = read_request(&mut stream) {
        let status = *status.lock().unwrap();
        if told.send(got).is_err() || status == 0 {
            // A receiver that never answers.
            std::thread::sleep(Duration::from_secs(60));
            return;
        }
        let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
    }
}

impl Hook {
    fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?key=1", listener.local_addr().unwrap());
        let status = Arc::new(Mutex::new(status));
        let (told, got) = channel();
        let answers = Arc::clone(&status);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answers, told) = (Arc::clone(&answers), told.clone());
                std::thread::spawn(move || answer(stream.unwrap(), &answers, &told));
            }
        });
        Self { url, status, got }
    }

    fn next(&self) -> Got {
        self.got.recv_timeout(Duration::from_secs(15)).expect("something is sent")
    }

    fn quiet(&self, ms: u64) -> bool {
        self.got.recv_timeout(Duration::from_millis(ms)).is_err()
    }
}

fn hook(server: &Server, body: &Value) -> (String, String) {
    let made = server.post("/v1/webhooks", body);
    assert_eq!(made.status, 201, "{}", made.text);
    let text = |at: &str| made.body.pointer(at).unwrap().as_str().unwrap().to_owned();
    (format!("/v1/webhooks/{}", text("/result/webhook_id")), text("/secret"))
}

/// Asks until it is so.
fn until(server: &Server, path: &str, so: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(15);
    loop {
        let told = server.get(path).body;
        if so(&told) {
            return told;
        }
        assert!(Instant::now() < end, "{path}: {told}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_receiver_gets_what_it_wants_signed_once_each_and_again_when_it_is_replayed() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let receiver = Hook::start(204);
    let wanted = json!({ "url": receiver.url, "types": ["org.momentum.mez.entity.formed"] });
    let (path, secret) = hook(&server, &wanted);
    assert!(secret.starts_with("whsec_"));
    let shown = server.get(&path);
    assert!(!shown.text.contains("whsec_") && shown.body["status"] == "active", "{}", shown.text);

    let mut ids = Vec::new();
    for name in ["Harbour Tea", "Straits Tea"] {
        let entity = company(&home, &server, name);
        let got = receiver.next();
        assert_eq!(got.event()["subject"], format!("entity:{entity}"));
        assert!(got.is_signed_with(&secret), "{:?}", got.headers);
        assert!(!got.is_signed_with(&format!("whsec_{}", BASE64.encode(&[0; 32]))));
        assert_eq!(got.header("content-type"), "application/cloudevents+json");
        let told = items(&server, "/v1/events?types=org.momentum.mez.entity.formed");
        assert_eq!(*told.last().unwrap(), got.event(), "what is sent is what is read");
        ids.push(got.header("webhook-id").to_owned());
    }
    let far = until(&server, &path, |told| told["cursor"].as_u64() >= Some(2));
    assert!(receiver.quiet(1_500), "nothing is sent twice: {far}");
    let attempts = items(&server, &format!("{path}/attempts"));
    assert_eq!(attempts.len(), 2);
    assert_eq!((&attempts[0]["arrived"], &attempts[0]["status"]), (&json!(true), &json!(204)));

    let again = server.post(&format!("{path}/replay"), &json!({}));
    assert_eq!(again.status, 200, "{}", again.text);
    for id in &ids {
        let got = receiver.next();
        assert_eq!(got.header("webhook-id"), id, "the same event has the same id");
    }
    let told = items(&server, "/v1/events?types=org.momentum.mez.webhook.*");
    let kinds: Vec<&Value> = told.iter().map(|event| &event["data"]["what"]).collect();
    assert_eq!(kinds, ["made", "replayed"], "deliveries are no events");
    let late = server.post(&format!("{path}/replay"), &json!({ "after": 99_999 }));
    assert_eq!(late.code(), (422, "invalid-fields"));
}

#[test]
fn a_new_secret_signs_beside_the_old_one_for_a_while() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let receiver = Hook::start(200);
    let wanted = json!({ "url": receiver.url, "types": ["org.momentum.mez.entity.formed"] });
    let (path, old) = hook(&server, &wanted);
    let renew = |body: &Value| server.post(&format!("{path}/secret"), body);
    let new = renew(&json!({ "overlap_secs": 600 })).body["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    company(&home, &server, "Harbour Tea");
    let got = receiver.next();
    assert!(got.is_signed_with(&old) && got.is_signed_with(&new), "{:?}", got.headers);
    let last = renew(&json!({ "overlap_secs": 0 })).body["secret"].as_str().unwrap().to_owned();
    company(&home, &server, "Straits Tea");
    let got = receiver.next();
    assert!(got.is_signed_with(&last) && !got.is_signed_with(&new) && !got.is_signed_with(&old));
    assert_eq!(renew(&json!({ "overlap_secs": -1 })).code(), (422, "invalid-fields"));
}

#[test]
fn a_receiver_that_hangs_or_fails_slows_only_itself_and_gets_it_when_it_is_back() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let (hangs, fails, works) = (Hook::start(0), Hook::start(500), Hook::start(200));
    let wanted = |to: &Hook| json!({ "url": to.url, "types": ["org.momentum.mez.entity.formed"] });
    hook(&server, &wanted(&hangs));
    let (failing, secret) = hook(&server, &wanted(&fails));
    hook(&server, &wanted(&works));
    company(&home, &server, "Harbour Tea");
    hangs.next();
    fails.next();
    works.next();
    company(&home, &server, "Straits Tea");
    works.next();
    let told = until(&server, &failing, |told| told["failing"].is_object());
    assert_eq!(told["failing"]["attempts"], 1, "{told}");
    *fails.status.lock().unwrap() = 200;
    // After the first pause of the schedule.
    for subject in ["again", "the next"] {
        let got = fails.next();
        assert!(got.is_signed_with(&secret), "{subject}");
    }
    let told = until(&server, &failing, |told| told["failing"].is_null());
    let attempts = items(&server, &format!("{failing}/attempts"));
    let said: Vec<&Value> = attempts.iter().map(|attempt| &attempt["status"]).collect();
    assert_eq!(said, [200, 200, 500], "{told}");
    // What is kept of attempts tells nothing of where they went.
    assert!(!json!(attempts).to_string().contains("key="), "{attempts:?}");
}

#[test]
fn what_was_not_sent_before_a_restart_is_sent_after_it() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let receiver = Hook::start(500);
    let entity = {
        let server = Server::start(&home);
        let wanted = json!({ "url": receiver.url, "types": ["org.momentum.mez.entity.formed"] });
        let (path, _) = hook(&server, &wanted);
        let entity = company(&home, &server, "Harbour Tea");
        receiver.next();
        until(&server, &path, |told| told["failing"].is_object());
        entity
    };
    *receiver.status.lock().unwrap() = 200;
    let server = Server::start(&home);
    let got = receiver.next();
    assert_eq!(got.event()["subject"], format!("entity:{entity}"));
    assert_eq!(server.get("/v1/webhooks").body["items"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_wrong_with_a_webhook_is_told_and_one_that_is_gone_is_disabled() {
    let home = Home::of("sg", Some("digital-financial-center"));
    let server = Server::start(&home);
    let code = |body: &Value| {
        let told = server.post("/v1/webhooks", body);
        (told.status, told.code().1.to_owned(), told.body["errors"][0]["pointer"].clone())
    };
    for url in [
        "http://hooks.example/",
        "https://127.0.0.1/x",
        "https://[fd00::1]/",
        "ftp://x",
        "https://u@x.example/",
    ] {
        assert_eq!(
            code(&json!({ "url": url })),
            (422, "invalid-fields".to_owned(), json!("/url")),
            "{url}"
        );
    }
    let named = json!({ "url": "https://hooks.example/", "types": ["entity.formed"] });
    assert_eq!(code(&named).1, "bad-event-types");
    assert_eq!(
        code(&json!({ "url": "https://hooks.example/", "colour": "red" })).1,
        "invalid-fields"
    );
    assert_eq!(server.get("/v1/webhooks/none").code(), (404, "not-found"));

    let receiver = Hook::start(410);
    let body =
        json!({ "url": receiver.url, "types": ["org.momentum.mez.entity.formed"] }).to_string();
    let key = [("idempotency-key", "hook-1")];
    let once = server.send("/v1/webhooks", body.as_bytes(), &key);
    let again = server.send("/v1/webhooks", body.as_bytes(), &key);
    assert_eq!((once.status, again.replayed, &again.body), (201, true, &once.body));
    let path = format!("/v1/webhooks/{}", once.body["result"]["webhook_id"].as_str().unwrap());
    company(&home, &server, "Harbour Tea");
    receiver.next();
    let told = until(&server, &path, |told| told["status"] == "disabled");
    assert!(told["disabled_because"].as_str().unwrap().contains("410"), "{told}");
    let told = items(&server, "/v1/events?types=org.momentum.mez.webhook.disabled");
    assert_eq!(told.len(), 1, "{told:?}");
    *receiver.status.lock().unwrap() = 200;
    server.post(&format!("{path}/replay"), &json!({}));
    receiver.next();
    assert_eq!(server.get(&path).body["status"], "active");

    let ended = server.delete(&path, &[("idempotency-key", "end-1")]);
    assert_eq!((ended.status, &ended.body["result"]["status"]), (200, &json!("ended")));
    assert!(server.delete(&path, &[("idempotency-key", "end-1")]).replayed);
    assert_eq!(server.delete(&path, &[]).code(), (404, "not-found"));
    assert_eq!(server.get(&path).status, 404);
    assert_eq!(server.get("/v1/webhooks").body["items"], json!([]));
    company(&home, &server, "Straits Tea");
    assert!(receiver.quiet(1_000), "nothing is sent to one that was taken back");
}
