//! What reads answer, as schemas. Members that are not always there are optional; an answer may have more than is
//! described here, and a client passes over what it does not know. Tests hold every answer they get against these.

#![allow(dead_code, reason = "read by their schemas alone")]

mod corridors;
mod events;
mod law;
mod records;

pub(crate) use corridors::{Corridor, Receipts};
pub(crate) use events::{Attempts, Event, Webhook, WebhookChanged, WebhookSecret};
pub(crate) use law::{ComplianceSlice, DecisionEntry, DecisionExplained};
pub(crate) use records::{Account, CapTable, Entity, License, Payment};
