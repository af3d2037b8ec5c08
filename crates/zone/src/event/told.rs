//! An entry of the journal as a CloudEvent (1.0.2, JSON format).

use canon::{Canonical, Digest, Timestamp, ZoneId};
use serde::Serialize;
use serde_json::Value;
use store::Entry;

use super::types;
use crate::refused::Refused;

/// The subject of whatever is about a token: its holder's name is told to nobody.
const TOKEN: &str = "token";

/// What happened, for whoever may know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Event {
    specversion: &'static str,
    /// The position in the journal: the same for ever.
    id: String,
    /// The zone, as a URN.
    source: String,
    #[serde(rename = "type")]
    pub(super) type_: String,
    subject: String,
    time: Timestamp,
    datacontenttype: &'static str,
    pub(super) data: Data,
}

/// Where to look, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Data {
    /// Of the journal.
    pub(super) sequence: u64,
    /// The journal's root with this entry.
    pub(super) root: Digest,
    kind: String,
    pub(super) outcome: String,
    /// Digest of the decision record, where law decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_sha256: Option<Digest>,
    /// The duty, where one was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    /// What it did, of those that say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
}

impl Event {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The same for each attempt; different for each event of every zone. It holds no full stop.
    pub(super) fn message_id(&self) -> String {
        format!("evt_{}", self.data.root)
    }
}

/// Whether an event is of something law refused: those who read records are not told of what was not written.
pub(super) const DENIED: [&str; 2] = ["deny", "error"];

/// Only ids and digests leave: a subject ends at the first space, and names nobody.
fn subject(told: &str) -> String {
    let first = told.split_whitespace().next().unwrap_or_default();
    let kind = first.split(':').next().unwrap_or_default();
    if kind == TOKEN { TOKEN.to_owned() } else { first.to_owned() }
}

/// The event of an entry; none where it is none.
pub(super) fn of(zone: &ZoneId, entry: &Entry) -> Result<Option<Event>, Refused> {
    let document = canon::parse_value(&entry.body).map_err(Refused::host)?;
    let Some(type_) = types::of(&document) else { return Ok(None) };
    let text = |at: &str| document.pointer(at).and_then(Value::as_str);
    let need =
        |at: &str| text(at).ok_or_else(|| Refused::host(format!("a journal entry has no `{at}`")));
    let task = text("/body/task").map(str::to_owned);
    let decided = document.get("body").filter(|_| task.is_none());
    let digest = decided.map(Canonical::of_value).transpose().map_err(Refused::host)?;
    let data = Data {
        sequence: entry.seq,
        root: entry.root,
        kind: need("/kind")?.to_owned(),
        outcome: text("/body/outcome").unwrap_or("duty").to_owned(),
        decision_sha256: digest.map(|record| record.digest()),
        what: task.as_ref().and(text("/body/said/what")).map(str::to_owned),
        task,
    };
    Ok(Some(Event {
        specversion: "1.0",
        id: entry.seq.to_string(),
        source: format!("urn:mez:zone:{zone}"),
        type_,
        subject: subject(need("/subject")?),
        time: Timestamp::parse(need("/at")?).map_err(Refused::host)?,
        datacontenttype: "application/json",
        data,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_an_id_and_no_name() {
        for (told, is) in [
            ("entity:7", "entity:7"),
            (
                "corridor:org.momentum.mez.corridor.a--b put off: peer-unreachable",
                "corridor:org.momentum.mez.corridor.a--b",
            ),
            ("token:ana.schmidt", "token"),
            ("", ""),
        ] {
            assert_eq!(subject(told), is);
        }
    }
}
