//! The outside client: asks until it is answered, and writes each acknowledgement down.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(15);

/// An acknowledgement, as the oracle keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Ack {
    pub(crate) zone: usize,
    pub(crate) key: String,
    pub(crate) path: String,
    pub(crate) sent: Value,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// The oracle's own file: one line per acknowledgement, on disk before the next request is sent.
pub(crate) struct Oracle {
    path: PathBuf,
    file: File,
}

impl Oracle {
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), file: File::create_new(path).unwrap() }
    }

    pub(crate) fn note(&mut self, ack: &Ack) {
        let line = json!({
            "zone": ack.zone, "key": ack.key, "path": ack.path,
            "sent": ack.sent, "status": ack.status, "body": ack.body,
        });
        writeln!(self.file, "{line}").unwrap();
        self.file.sync_data().unwrap();
    }

    /// Everything acknowledged, read back.
    pub(crate) fn all(&self) -> Vec<Ack> {
        let lines = BufReader::new(File::open(&self.path).unwrap()).lines();
        let read = |line: std::io::Result<String>| {
            let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            Ack {
                zone: usize::try_from(row["zone"].as_u64().unwrap()).unwrap(),
                key: text("key"),
                path: text("path"),
                sent: row["sent"].clone(),
                status: u16::try_from(row["status"].as_u64().unwrap()).unwrap(),
                body: row["body"].clone(),
            }
        };
        lines.map(read).collect()
    }
}

/// A connection of its own for every request: none survives the process it led to.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_idle_connections(0)
        .build()
        .into()
}

fn read(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(u16, bool, Vec<u8>), String> {
    let mut answer = answer.map_err(|e| e.to_string())?;
    let status = answer.status().as_u16();
    let replayed = answer.headers().contains_key("idempotency-replayed");
    let body = answer.body_mut().with_config().limit(64 << 20).read_to_vec();
    Ok((status, replayed, body.map_err(|e| e.to_string())?))
}

/// GET a JSON document.
pub(crate) fn get(url: &str, token: &str) -> Result<(u16, Value), String> {
    let (status, bytes) = fetch_bytes(url, token)?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
}

/// GET any bytes.
pub(crate) fn fetch_bytes(url: &str, token: &str) -> Result<(u16, Vec<u8>), String> {
    let mut request = agent().get(url);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    read(request.call()).map(|(status, _, bytes)| (status, bytes))
}

/// POST a JSON document under a key: status, whether it is a replay, body.
pub(crate) fn post(
    url: &str,
    token: &str,
    key: &str,
    body: &Value,
) -> Result<(u16, bool, Value), String> {
    let request = agent()
        .post(url)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    let (status, replayed, bytes) = read(request.send(body.to_string().as_bytes()))?;
    // An answer cut short by a death is no answer.
    let body = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
    Ok((status, replayed, body))
}
