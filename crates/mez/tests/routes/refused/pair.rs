//! Two zones with a corridor, and what one of them would say if it were not honest: messages under its own keys that
//! its program never sends.

use std::sync::atomic::{AtomicU64, Ordering};

use proof::{Purpose, SecretKey, Signer as _};
use serde_json::{Value, json};

use crate::forks::{again, joined};
use crate::home::{EVIDENCE, Home, now};
use crate::server::{Server, Told};
use crate::signature::sign;

const NAMES: [&str; 2] = ["sg", "us-wy"];

pub struct Pair {
    pub homes: [Home; 2],
    pub a: Server,
    pub b: Server,
    pub path: String,
}

pub fn homes() -> [Home; 2] {
    NAMES.map(|name| Home::of(name, Some("digital-financial-center")))
}

/// A running key of a zone, from the file its signer has.
pub fn key(home: &Home, purpose: Purpose) -> SecretKey {
    let file = std::fs::read(home.dir.key(purpose)).unwrap();
    proof::jwk::KeyFile::parse(&file).unwrap().secret
}

/// A message of a zone to another, signed as the wire asks.
pub fn say(from: &Home, to: &Server, call: &str, body: &Value) -> Told {
    static SAID: AtomicU64 = AtomicU64::new(0);
    let path = format!("/v1/corridors/peers/{call}");
    let nonce = format!("{:032x}", SAID.fetch_add(1, Ordering::Relaxed));
    let body = body.to_string().into_bytes();
    let target = format!("{}{path}", to.url);
    let signed = sign(&target, &body, now(), &nonce, &key(from, Purpose::Http)).unwrap();
    let headers = [
        ("authorization", ""),
        ("content-digest", signed.content_digest.as_str()),
        ("signature-input", signed.signature_input.as_str()),
        ("signature", signed.signature.as_str()),
    ];
    to.send(&path, &body, &headers)
}

impl Pair {
    pub fn new() -> Self {
        let homes = homes();
        let [a, b] = homes.each_ref().map(Server::start);
        let path = joined(&a, &b, [&homes[0], &homes[1]]);
        Self { homes, a, b, path }
    }

    pub fn id(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }

    /// The second zone says something to the first.
    pub fn says(&self, call: &str, type_: &str, more: &Value) -> Told {
        let to = self.a.ready["did"].clone();
        let mut body = json!({ "type": type_, "to": to, "corridor_id": self.id() });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        say(&self.homes[1], &self.a, call, &body)
    }

    /// A company with a dollar account in one of the zones.
    pub fn account(&self, at: usize, name: &str, funds: &str) -> (String, String) {
        let server = [&self.a, &self.b][at];
        let wanted = self.homes[at].company(name, NAMES[at], EVIDENCE);
        let entity = super::made(&server.post("/v1/entities", &wanted), "entity_id");
        let account = super::account(server, &entity, "USD", Some(funds));
        (entity, account)
    }

    /// A payment from the first zone to the second.
    pub fn pay(&self, from: &str, (to, name): (&str, &str), amount: &str) -> Told {
        let body = json!({
            "from_account_id": from, "amount": amount, "currency": "USD", "purpose": "goods",
            "to": {
                "account_id": to, "name": name, "corridor_id": self.id(),
                "zone_id": self.b.ready["zone_id"],
            },
        });
        self.a.post("/v1/fiscal/payments", &body)
    }

    /// The first zone, started again where it was.
    pub fn again(&mut self, change: impl FnOnce(&Home)) {
        let url = self.a.url.clone();
        self.a.signal("-TERM");
        change(&self.homes[0]);
        self.a = again(&self.homes[0], &url);
    }
}
