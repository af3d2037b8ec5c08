//! A segment derived again from its bodies: each entry leads from the root before it to its own.

use canon::{Canonical, Digest, Timestamp};
use corridor::LaneReceipt;
use corridor::messages::Item;
use proof::chain::{DECISIONS_TAG, VIEWS_TAG, step};
use serde_json::Value;
use store::Entry;
use store::archive::SegmentFile;

use super::NotSound;
use crate::audit::{AUDIT, chained};
use crate::journal::{DECISIONS, VIEWS};
use crate::log::{LOG, Row};

/// Where an entry leads to from the root before it, by the rule of its stream; the error says why nowhere.
type Rule = fn(Option<Digest>, &Entry) -> Result<Digest, String>;

fn rule(stream: &str) -> Rule {
    match stream {
        DECISIONS => |before, entry| Ok(step(DECISIONS_TAG, before.as_ref(), &digest(entry)?)),
        VIEWS => |before, entry| Ok(step(VIEWS_TAG, before.as_ref(), &digest(entry)?)),
        AUDIT => |before, entry| Ok(chained(before, digest(entry)?)),
        LOG => |_, entry| row(entry).map(|(digest, _)| digest),
        _ => receipt,
    }
}

pub(super) fn sound(file: &SegmentFile) -> Result<(), NotSound> {
    let (leads_to, mut before) = (rule(&file.stream), file.before);
    for entry in &file.entries {
        let wrong = match leads_to(before, entry) {
            Ok(root) if root == entry.root => None,
            Ok(_) => Some("the body does not lead to the root kept beside it".to_owned()),
            Err(why) => Some(why),
        };
        if let Some(why) = wrong {
            return Err(NotSound::Damaged { stream: file.stream.clone(), seq: entry.seq, why });
        }
        before = Some(entry.root);
    }
    Ok(())
}

fn digest(entry: &Entry) -> Result<Digest, String> {
    Canonical::exact(&entry.body).map(|body| body.digest()).map_err(|error| error.to_string())
}

/// Digest and document of an entry of the zone log.
fn row(entry: &Entry) -> Result<(Digest, Value), String> {
    let row: Row = Canonical::exact(&entry.body)
        .and_then(|body| body.read())
        .map_err(|error| error.to_string())?;
    let canonical = Canonical::of_value(&row.entry).map_err(|error| error.to_string())?;
    Ok((canonical.digest(), row.entry))
}

fn receipt(before: Option<Digest>, entry: &Entry) -> Result<Digest, String> {
    let read = receipt_of(entry)?;
    match read.sequence == entry.seq && before.is_none_or(|before| before == read.prev_root) {
        true => Ok(read.next_root),
        false => Err("the receipt does not follow the one before".to_owned()),
    }
}

fn receipt_of(entry: &Entry) -> Result<LaneReceipt, String> {
    let item: Item = Canonical::exact(&entry.body)
        .and_then(|body| body.read())
        .map_err(|error| error.to_string())?;
    let receipt = Canonical::of_value(&item.receipt).map_err(|error| error.to_string())?;
    LaneReceipt::read(receipt.bytes()).map_err(|error| error.to_string())
}

/// When an entry was made, where it says so.
pub(super) fn moment(entry: &Entry) -> Option<Timestamp> {
    let document = canon::parse_value(&entry.body).ok()?;
    let at = document.get("at").or_else(|| document.pointer("/receipt/timestamp"));
    at.and_then(Value::as_str).and_then(|at| Timestamp::parse(at).ok())
}

/// The sequence at which an entry of the zone log names a stream, if it does.
pub(super) fn names(entry: &Entry, stream: &str) -> Option<u64> {
    let (_, document) = row(entry).ok()?;
    let named = document.get("stream").and_then(Value::as_str) == Some(stream);
    document.get("sequence").and_then(Value::as_u64).filter(|_| named)
}

/// The stream an entry of the zone log names.
pub(super) fn named(entry: &Entry) -> Option<String> {
    let (_, document) = row(entry).ok()?;
    document.get("stream").and_then(Value::as_str).map(str::to_owned)
}
