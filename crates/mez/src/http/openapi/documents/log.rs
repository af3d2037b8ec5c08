//! The zone log.

use canon::Digest;
use schemars::JsonSchema;

/// Documents of entries of the zone log, as far as it is signed.
#[derive(JsonSchema)]
pub(crate) struct LogEntries {
    /// Of the log (C2SP checkpoint).
    origin: String,
    /// Number of the first.
    from: u64,
    /// Of the signed log.
    size: u64,
    entries: Vec<LogEntry>,
}

/// A head of one of the zone's journals, or of a lane.
#[derive(JsonSchema)]
#[schemars(rename = "ZoneLogEntry")]
struct LogEntry {
    #[serde(rename = "type")]
    type_: String,
    /// `journal`, `audit`, `law` or `lane`.
    kind: String,
    /// `decisions`, `audit`, `law`, or a lane.
    stream: String,
    sequence: u64,
    root: Digest,
}
