//! What a simulator keeps: its registers, what it took, and what it was asked. Nothing of it comes from a zone's store.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock;
use crate::http::Request;

const REGISTERS: &str = "registers.json";
const RECORDS: &str = "records.jsonl";
const REQUESTS: &str = "requests.jsonl";
/// What is in the registers at first.
const EXAMPLES: &str = include_str!("pakistan/examples.json");

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    /// The file system.
    #[error("the folder of state")]
    File(#[from] std::io::Error),
    /// A file of it.
    #[error("`{0}` of the folder of state is not as it was written")]
    Malformed(&'static str),
}

/// Register by name: rows by their number.
pub(crate) type Registers = BTreeMap<String, BTreeMap<String, Value>>;

/// What was taken under an idempotency key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// System and key.
    pub(crate) key: String,
    /// Of which body.
    pub(crate) request_sha256: Digest,
    /// What is known of it.
    pub(crate) record: Value,
}

struct Inner {
    registers: Registers,
    taken: BTreeMap<String, Taken>,
    records: File,
    requests: File,
    asked: u64,
}

/// The state of one simulator.
pub(crate) struct State {
    folder: PathBuf,
    inner: Mutex<Inner>,
}

impl State {
    /// Open a folder, with examples where it is new.
    ///
    /// # Errors
    /// See [`StateError`].
    pub(crate) fn open(folder: &Path) -> Result<Self, StateError> {
        std::fs::create_dir_all(folder)?;
        let registers = folder.join(REGISTERS);
        if !registers.exists() {
            std::fs::write(&registers, EXAMPLES)?;
        }
        let text = std::fs::read_to_string(&registers)?;
        let registers =
            serde_json::from_str(&text).map_err(|_| StateError::Malformed(REGISTERS))?;
        let append =
            |name: &str| OpenOptions::new().create(true).append(true).open(folder.join(name));
        let (records, requests) = (append(RECORDS)?, append(REQUESTS)?);
        let mut taken = BTreeMap::new();
        for line in std::fs::read_to_string(folder.join(RECORDS))?.lines() {
            let row: Taken =
                serde_json::from_str(line).map_err(|_| StateError::Malformed(RECORDS))?;
            taken.insert(row.key.clone(), row);
        }
        let inner = Mutex::new(Inner { registers, taken, records, requests, asked: 0 });
        Ok(Self { folder: folder.to_owned(), inner })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A row of a register.
    pub(crate) fn row(&self, register: &str, number: &str) -> Option<Value> {
        self.inner().registers.get(register)?.get(number).cloned()
    }

    /// Put a row into a register.
    pub(crate) fn put(&self, register: &str, number: &str, row: Value) -> std::io::Result<()> {
        let mut inner = self.inner();
        let rows = inner.registers.entry(register.to_owned()).or_default();
        rows.insert(number.to_owned(), row);
        let text = serde_json::to_string_pretty(&inner.registers).unwrap_or_default();
        std::fs::write(self.folder.join(REGISTERS), text)
    }

    /// Write down a request before it is answered.
    pub(crate) fn log(&self, system: &str, request: &Request) {
        let mut inner = self.inner();
        inner.asked += 1;
        let line = json!({
            "at": clock::text(),
            "number": inner.asked,
            "system": system,
            "method": request.method,
            "path": request.path,
            "idempotency_key": request.header("idempotency-key"),
            "bytes": request.body.len(),
            "body_sha256": Digest::of_blob(&request.body),
        });
        let _ = writeln!(inner.requests, "{line}");
    }

    /// How many requests it was sent since it started.
    pub(crate) fn asked(&self) -> u64 {
        self.inner().asked
    }

    /// Take something once: the record of the first time for the same body, an error for another.
    pub(crate) fn take(
        &self,
        key: String,
        body: &[u8],
        record: impl FnOnce() -> Value,
    ) -> Result<Value, ()> {
        let request_sha256 = Digest::of_blob(body);
        let mut inner = self.inner();
        if let Some(known) = inner.taken.get(&key) {
            return if known.request_sha256 == request_sha256 {
                Ok(known.record.clone())
            } else {
                Err(())
            };
        }
        let taken = Taken { key: key.clone(), request_sha256, record: record() };
        let line = serde_json::to_string(&taken).unwrap_or_default();
        let _ = writeln!(inner.records, "{line}").and_then(|()| inner.records.sync_data());
        let record = taken.record.clone();
        inner.taken.insert(key, taken);
        Ok(record)
    }

    /// What was taken under a system's name, in order of key.
    pub(crate) fn taken(&self, system: &str) -> Vec<Value> {
        let prefix = format!("{system}:");
        let inner = self.inner();
        let of = inner.taken.iter().filter(|(key, _)| key.starts_with(&prefix));
        of.map(|(_, taken)| taken.record.clone()).collect()
    }
}
