//! What the simulator of Mass keeps: rows by kind and identifier, what was taken under a key, and what it was asked.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Said, refusal};
use crate::clock;
use crate::faults::Fault;
use crate::http::Request;

const ROWS: &str = "mass.json";
const REQUESTS: &str = "requests.jsonl";

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShelfError {
    /// The file system.
    #[error("the folder of state")]
    File(#[from] std::io::Error),
    /// Not as it was written.
    #[error("`mass.json` of the folder of state is not as it was written")]
    Malformed,
}

/// All there is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Rows {
    pub(super) organizations: BTreeMap<String, Value>,
    pub(super) treasuries: BTreeMap<String, Value>,
    pub(super) accounts: BTreeMap<String, Value>,
    pub(super) transactions: BTreeMap<String, Value>,
    /// Identifier of what was made under a key, and the digest of what was asked.
    pub(super) taken: BTreeMap<String, (String, String)>,
    made: u64,
}

impl Rows {
    /// An identifier that was not given before.
    pub(super) fn fresh(&mut self) -> String {
        self.made += 1;
        format!("0a55a000-0000-4000-8000-{:012x}", self.made)
    }
}

impl Rows {
    /// Rows of a kind.
    fn of(&mut self, kind: &str) -> &mut BTreeMap<String, Value> {
        match kind {
            "organizations" => &mut self.organizations,
            "accounts" => &mut self.accounts,
            _ => &mut self.transactions,
        }
    }
}

struct Inner {
    rows: Rows,
    requests: File,
    asked: u64,
}

/// The state of one simulator.
pub(super) struct Shelf {
    folder: PathBuf,
    inner: Mutex<Inner>,
}

impl Shelf {
    /// Open a folder; one that is new is empty.
    ///
    /// # Errors
    /// See [`ShelfError`].
    pub(super) fn open(folder: &Path) -> Result<Self, ShelfError> {
        std::fs::create_dir_all(folder)?;
        let rows = match std::fs::read(folder.join(ROWS)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| ShelfError::Malformed)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Rows::default(),
            Err(error) => return Err(error.into()),
        };
        let requests = OpenOptions::new().create(true).append(true).open(folder.join(REQUESTS))?;
        let inner = Mutex::new(Inner { rows, requests, asked: 0 });
        Ok(Self { folder: folder.to_owned(), inner })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Look at what there is.
    pub(super) fn read<T>(&self, look: impl FnOnce(&Rows) -> T) -> T {
        look(&self.inner().rows)
    }

    /// Change what there is; durable before it is told.
    pub(super) fn change(&self, act: impl FnOnce(&mut Rows) -> Said) -> Said {
        let mut inner = self.inner();
        let mut rows = inner.rows.clone();
        let told = act(&mut rows);
        let text = serde_json::to_vec(&rows).unwrap_or_default();
        let kept = File::create(self.folder.join(ROWS))
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_data()));
        if kept.is_err() {
            return refusal(500, "the state cannot be written");
        }
        inner.rows = rows;
        told
    }

    /// Write a request down, whole, with what is answered.
    pub(super) fn log(&self, service: &str, request: &Request, fault: Option<Fault>, told: &Said) {
        let mut inner = self.inner();
        inner.asked += 1;
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let line = json!({
            "at": clock::text(),
            "number": inner.asked,
            "service": service,
            "method": request.method,
            "path": request.path,
            "body": body,
            "fault": fault,
            "status": told.0,
            "answer": told.1,
        });
        let _ = writeln!(inner.requests, "{line}");
    }

    /// Put rows among those that are there: `{kind, rows: {id: row}}`; an identifier that is taken is refused, and all
    /// with it. Or a member of a row in the place of what is there: `{kind, id, member, value}`.
    pub(super) fn overwrite(&self, order: &Value) -> Said {
        match order.get("rows").and_then(Value::as_object) {
            Some(more) => self.change(|rows| {
                let of = rows.of(order.get("kind").and_then(Value::as_str).unwrap_or_default());
                if more.keys().any(|id| of.contains_key(id)) {
                    return refusal(409, "there is such a row");
                }
                of.extend(more.iter().map(|(id, row)| (id.clone(), row.clone())));
                (200, json!({ "kept": true }))
            }),
            None => self.put(order),
        }
    }

    fn put(&self, order: &Value) -> Said {
        let text = |name: &str| order.get(name).and_then(Value::as_str).unwrap_or_default();
        let (kind, id, member) = (text("kind"), text("id"), text("member"));
        let value = order.get("value").cloned().unwrap_or(Value::Null);
        self.change(|rows| match rows.of(kind).get_mut(id).and_then(Value::as_object_mut) {
            Some(members) => {
                members.insert(member.to_owned(), value);
                (200, json!({ "kept": true }))
            }
            None => refusal(404, "no such row"),
        })
    }

    /// All there is, for its operator.
    pub(super) fn shown(&self) -> Value {
        let inner = self.inner();
        json!({ "realm": "sandbox", "simulated": true, "asked": inner.asked, "rows": inner.rows })
    }
}
