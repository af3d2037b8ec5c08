//! One event on its way to one receiver, and what came of it.

use canon::Timestamp;
use serde::{Deserialize, Serialize};

use super::told::Event;
use crate::limits::ATTEMPT_REASON_BYTES_MAX;

/// What is sent: a CloudEvent in structured mode, signed as Standard Webhooks says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Where to; `http` only for this machine.
    pub url: String,
    /// `webhook-id`: the same for each attempt and each replay, so that a receiver knows what it has had.
    pub id: String,
    /// `webhook-timestamp`: when this attempt was made, in seconds since 1970 UTC.
    pub timestamp: i64,
    /// `webhook-signature`: one signature for each secret in force.
    pub signature: String,
    /// The event.
    pub body: Vec<u8>,
}

/// What a receiver made of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answered.
    Answered {
        /// HTTP status.
        status: u16,
        /// `Retry-After`, in seconds, if it gave one.
        after_secs: Option<i64>,
    },
    /// Nobody answered in time, or not where it may be asked.
    Failed(String),
}

/// The receiver is gone, and says so (RFC 9110 §15.5.11).
const GONE: u16 = 410;

impl Outcome {
    pub(super) fn arrived(&self) -> bool {
        matches!(self, Self::Answered { status: 200..=299, .. })
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Answered { status: GONE, .. })
    }

    pub(super) fn asked_secs(&self) -> Option<i64> {
        match self {
            Self::Answered { after_secs, .. } => *after_secs,
            Self::Failed(_) => None,
        }
    }
}

/// An attempt as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attempt {
    /// `webhook-id`.
    webhook_message_id: String,
    event_id: String,
    event_type: String,
    at: Timestamp,
    /// Which attempt in a row, from 1.
    number: u32,
    arrived: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Attempt {
    pub(super) fn of(event: &Event, at: Timestamp, number: u32, outcome: &Outcome) -> Self {
        let (status, reason) = match outcome {
            Outcome::Answered { status, .. } => (Some(*status), None),
            Outcome::Failed(reason) => (None, Some(shortened(reason))),
        };
        Self {
            webhook_message_id: event.message_id(),
            event_id: event.id().to_owned(),
            event_type: event.type_.clone(),
            at,
            number,
            arrived: outcome.arrived(),
            status,
            reason,
        }
    }
}

fn shortened(reason: &str) -> String {
    let mut end = reason.len().min(ATTEMPT_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    reason.get(..end).unwrap_or_default().to_owned()
}
