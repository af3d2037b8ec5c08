//! Mass, simulated: organizations, treasuries, accounts and payments, as `tests/mass/*.openapi.json` describe them.
//!
//! It takes an idempotency key where those documents have one, and none where they have none: an organization that is
//! asked for twice is made twice.

mod books;
mod organizations;
mod shelf;
mod treasury;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::faults::{Fault, Faults, Order};
use crate::http::{Answering, Reply, Request};
use shelf::Shelf;

pub(crate) use shelf::ShelfError;

/// Bytes of an answer that is too large.
const TOO_LARGE_BYTES: usize = 2 * 1024 * 1024;
/// Each service: its prefix, its name.
const SERVICES: [(&str, &str); 3] = [
    ("/organization-info/api/v1", "mass.organization"),
    ("/treasury-info/api/v1", "mass.treasury"),
    ("/consent-info/api/v1", "mass.consent"),
];

/// What a service says.
pub(crate) type Said = (u16, Value);

/// The simulator of Mass.
pub(crate) struct Mass {
    token: String,
    shelf: Shelf,
    faults: Faults,
    /// The answer before, by service.
    before: Mutex<BTreeMap<String, Value>>,
}

impl Mass {
    /// Over a folder; whoever asks must show the token.
    pub(crate) fn open(
        folder: &std::path::Path,
        token: String,
        faults: Faults,
    ) -> Result<Self, ShelfError> {
        Ok(Self { token, shelf: Shelf::open(folder)?, faults, before: Mutex::default() })
    }

    fn of(&self, service: &str, request: &Request, path: &str) -> Option<Reply> {
        let fault = self.faults.next(service);
        let refused = match fault {
            Some(Fault::Error) => Some(500),
            Some(Fault::Decline) => Some(422),
            _ => None,
        };
        if let Some(status) = refused {
            let told = (status, json!({ "error": "simulated" }));
            self.shelf.log(service, request, fault, &told);
            return Some(Reply::json(told.0, &told.1));
        }
        let allowed = request.header("authorization") == Some(&format!("Bearer {}", self.token));
        let told = match service {
            _ if !allowed => refusal(401, "no valid token"),
            "mass.organization" => organizations::say(&self.shelf, request, path),
            "mass.treasury" => treasury::say(&self.shelf, request, path),
            _ => refusal(404, "not simulated"),
        };
        // What was asked is done from here on, whatever becomes of the answer.
        self.shelf.log(service, request, fault, &told);
        match fault {
            Some(Fault::Slow) => std::thread::sleep(self.faults.slow),
            Some(Fault::Drop) => return None,
            _ => {}
        }
        Some(self.spoilt(service, fault, told))
    }

    fn spoilt(&self, service: &str, fault: Option<Fault>, (status, mut body): Said) -> Reply {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = before.insert(service.to_owned(), body.clone());
        match fault {
            Some(Fault::Duplicate) => body = earlier.unwrap_or(body),
            Some(Fault::Drift) => renamed(&mut body),
            Some(Fault::WrongSubject) => other(&mut body),
            _ => {}
        }
        let mut reply = Reply::json(status, &body);
        match fault {
            Some(Fault::Garbage) => reply.body = b"{\"id\":\"tru".to_vec(),
            Some(Fault::TooLarge) => reply.body = vec![b' '; TOO_LARGE_BYTES],
            _ => {}
        }
        reply
    }

    /// What its operator tells it.
    fn control(&self, request: &Request, path: &str) -> Reply {
        let (status, body) = match (request.method.as_str(), path) {
            ("GET", "/state") => (200, self.shelf.shown()),
            ("POST", "/faults") => match serde_json::from_slice::<Order>(&request.body) {
                Ok(order) => {
                    self.faults.order(order);
                    (200, json!({ "ordered": true }))
                }
                Err(error) => refusal(422, &error.to_string()),
            },
            // Somebody else changes what is there.
            ("POST", "/rows") => self.shelf.overwrite(&crate::pakistan::body(request)),
            _ => refusal(404, "no such route"),
        };
        Reply::json(status, &body)
    }
}

impl Answering for Mass {
    fn answer(&self, request: &Request) -> Option<Reply> {
        if let Some(path) = request.path.strip_prefix("/control") {
            return Some(self.control(request, path));
        }
        let service = SERVICES.iter().find_map(|(prefix, name)| {
            let path = request.path.strip_prefix(prefix)?;
            path.starts_with('/').then_some((*name, path))
        });
        match service {
            Some((name, path)) => self.of(name, request, path),
            None => Some(Reply::json(404, &json!({ "error": "no such service" }))),
        }
    }
}

pub(crate) fn refusal(status: u16, why: &str) -> Said {
    (status, json!({ "error": why }))
}

/// Members that another version calls otherwise.
fn renamed(body: &mut Value) {
    let Some(members) = body.as_object_mut() else { return };
    for name in ["name", "entityId", "balance", "amount", "content"] {
        if let Some(value) = members.remove(name) {
            members.insert(format!("{name}V2"), value);
        }
    }
}

/// The same form about something else.
fn other(body: &mut Value) {
    let Some(members) = body.as_object_mut() else { return };
    for (name, value) in [
        ("name", "Somebody Else"),
        ("amount", "0.01"),
        ("currency", "XTS"),
        ("entityId", "00000000-0000-4000-8000-000000000000"),
    ] {
        if members.contains_key(name) {
            members.insert(name.to_owned(), value.into());
        }
    }
}
