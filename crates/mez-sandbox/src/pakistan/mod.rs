//! Four systems of Pakistan behind one door, each under its own prefix, all signing with one key.

mod fbr;
mod nadra;
mod raast;
mod secp;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::{Fault, Faults, Order};
use crate::http::{Answering, Reply, Request};
use crate::key::Key;
use crate::sign::{self, signed};
use crate::state::State;

/// Bytes of an answer that is too large.
const TOO_LARGE_BYTES: usize = 2 * 1024 * 1024;
/// Each system: its prefix, its name.
const SYSTEMS: [(&str, &str); 4] =
    [("/fbr", "pk.fbr"), ("/nadra", "pk.nadra"), ("/raast", "pk.raast"), ("/secp", "pk.secp")];

/// What an authority says, before it is signed.
pub(crate) enum Said {
    /// In JSON.
    Json(Value),
    /// In XML.
    Xml(String),
    /// That it does not take this.
    Refused(u16, &'static str),
}

/// The simulator of Pakistan.
pub(crate) struct Pakistan {
    key: Key,
    state: State,
    faults: Faults,
    /// The answer before, by system.
    before: Mutex<BTreeMap<String, Reply>>,
}

impl Pakistan {
    pub(crate) fn new(key: Key, state: State, faults: Faults) -> Self {
        Self { key, state, faults, before: Mutex::default() }
    }

    fn say(&self, system: &str, request: &Request, path: &str) -> Said {
        match system {
            "pk.fbr" => fbr::say(&self.state, request, path),
            "pk.nadra" => nadra::say(&self.state, request, path),
            "pk.raast" => raast::say(&self.state, request, path),
            _ => secp::say(&self.state, request, path),
        }
    }

    fn of(&self, system: &str, request: &Request, path: &str) -> Option<Reply> {
        self.state.log(system, request);
        let fault = self.faults.next(system);
        match fault {
            Some(Fault::Slow) => std::thread::sleep(self.faults.slow),
            Some(Fault::Drop) => return None,
            Some(Fault::Error) => {
                return Some(Reply::json(500, &json!({ "error": "simulated" })));
            }
            _ => {}
        }
        let mut reply = match self.say(system, request, path) {
            Said::Json(body) => Reply::json(200, &marked(body, fault)),
            Said::Xml(text) => Reply::new(200, "application/xml", text.into_bytes()),
            Said::Refused(status, why) => {
                return Some(signed(&self.key, request, refusal(status, why)));
            }
        };
        match fault {
            Some(Fault::Garbage) => reply.body = b"{\"verified\":tru".to_vec(),
            Some(Fault::TooLarge) => reply.body = vec![b' '; TOO_LARGE_BYTES],
            Some(Fault::Unsigned) => return Some(reply),
            _ => {}
        }
        let mut answer = signed(&self.key, request, reply);
        if fault == Some(Fault::WrongSignature) {
            let other = Request { body: b"something else".to_vec(), ..request.clone() };
            let bare = Reply::new(answer.status, answer.media, answer.body.clone());
            answer = signed(&self.key, &other, bare);
        }
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = before.insert(system.to_owned(), answer.clone());
        Some(if fault == Some(Fault::Duplicate) { earlier.unwrap_or(answer) } else { answer })
    }

    /// What its operator tells it; nothing of it is signed.
    fn control(&self, request: &Request, path: &str) -> Reply {
        match (request.method.as_str(), path) {
            ("GET", "/state") => Reply::json(
                200,
                &json!({
                    "realm": sign::REALM,
                    "key": self.key.did(),
                    "asked": self.state.asked(),
                    "payments": self.state.taken("pk.raast"),
                    "tax_events": self.state.taken("pk.fbr"),
                }),
            ),
            ("POST", "/faults") => match serde_json::from_slice::<Order>(&request.body) {
                Ok(order) => {
                    self.faults.order(order);
                    Reply::json(200, &json!({ "ordered": true }))
                }
                Err(error) => refusal(422, &error.to_string()),
            },
            ("POST", "/registers") => match serde_json::from_slice::<Row>(&request.body) {
                Ok(Row { register, number, row }) => {
                    match self.state.put(&register, &number, row) {
                        Ok(()) => Reply::json(200, &json!({ "kept": true })),
                        Err(error) => refusal(500, &error.to_string()),
                    }
                }
                Err(error) => refusal(422, &error.to_string()),
            },
            _ => refusal(404, "no such route"),
        }
    }
}

/// A row its operator puts into a register.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    register: String,
    number: String,
    row: Value,
}

fn refusal(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!({ "error": why, "simulated": true }))
}

/// Marked as simulated; with what a fault changes of it.
fn marked(mut body: Value, fault: Option<Fault>) -> Value {
    let Some(members) = body.as_object_mut() else { return body };
    members.insert("simulated".to_owned(), true.into());
    let subjects = ["ntn", "cnic", "registration_no", "license_ref"];
    match fault {
        Some(Fault::WrongSubject) => {
            for name in subjects {
                if let Some(Value::String(text)) = members.get_mut(name) {
                    *text = other(text);
                }
            }
        }
        Some(Fault::Drift) => {
            for name in ["verified", "filer_status", "accepted", "valid", "status"] {
                if let Some(value) = members.remove(name) {
                    members.insert(format!("{name}V2"), value);
                }
            }
        }
        _ => {}
    }
    body
}

/// The same number with another last digit.
fn other(number: &str) -> String {
    let mut signs: Vec<char> = number.chars().collect();
    if let Some(last) = signs.last_mut() {
        *last = if *last == '3' { '4' } else { '3' };
    }
    signs.into_iter().collect()
}

impl Answering for Pakistan {
    fn answer(&self, request: &Request) -> Option<Reply> {
        if let Some(path) = request.path.strip_prefix("/control") {
            return Some(self.control(request, path));
        }
        let system = SYSTEMS.iter().find_map(|(prefix, name)| {
            let path = request.path.strip_prefix(prefix)?;
            path.starts_with('/').then_some((*name, path))
        });
        match system {
            Some((name, path)) => self.of(name, request, path),
            None => Some(refusal(404, "no such system")),
        }
    }
}

/// The members of a JSON body.
pub(crate) fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap_or(Value::Null)
}

/// A text member of a body.
pub(crate) fn text(body: &Value, name: &str) -> String {
    body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Whether two names are the same but for case and spaces.
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| {
        name.split_whitespace().map(str::to_lowercase).collect::<Vec<String>>().join(" ")
    };
    plain(one) == plain(other)
}
