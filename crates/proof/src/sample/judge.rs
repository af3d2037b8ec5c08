//! Whether a sample shows what its seed draws, and whether that is in the log.

use canon::{Canonical, Digest};
use serde::Deserialize;
use serde_json::Value;

use super::{Drawn, Opened, SAMPLE_MAX, SAMPLE_TYPE, Sample, draw};
use crate::chain::{DECISIONS_TAG, VIEWS_TAG, step};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::verified::Verified;

/// Why a sample does not show what it had to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadSample {
    /// Another type, or none at all asked for, or more than [`SAMPLE_MAX`].
    #[error("not a sample of 1 to {SAMPLE_MAX} entries")]
    Kind,
    /// Too few or too many entries.
    #[error("the seed draws {wanted} entries, {found} are shown")]
    Count {
        /// How many are drawn.
        wanted: usize,
        /// How many are shown.
        found: usize,
    },
    /// The entry shown is not at the place drawn.
    #[error("what is shown for draw {draw} is not entry {place} of the log")]
    Place {
        /// Which draw.
        draw: usize,
        /// The place it draws.
        place: u64,
        /// Why.
        #[source]
        cause: CheckpointError,
    },
    /// An entry that is no document of a zone log.
    #[error("what is shown for draw {0} is no entry of a zone log")]
    Entry(usize),
    /// What the entry names is not opened.
    #[error("the record that draw {0} names is not shown")]
    Unopened(usize),
    /// What is opened is not what the entry names.
    #[error("the record shown for draw {0} does not lead to the root its entry names")]
    Record(usize),
}

/// What a zone-log entry says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Stated {
    /// What kind of stream it is of.
    pub kind: String,
    /// The stream.
    pub stream: String,
    /// A place in it.
    pub sequence: u64,
    /// The root there.
    pub root: Digest,
}

/// One draw that was shown rightly.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// Its place in the log.
    pub place: u64,
    /// What the log says there.
    pub stated: Stated,
    /// The record it names, where it is shown.
    pub record: Option<Value>,
}

/// Judges a sample under its verified checkpoint.
///
/// # Errors
/// The first thing that is not as seed and checkpoint demand.
pub fn judge(
    sample: &Sample,
    head: &Verified<Checkpoint>,
) -> Result<Verified<Vec<Sampled>>, BadSample> {
    let within = (1..=SAMPLE_MAX as u64).contains(&sample.count);
    if sample.type_ != SAMPLE_TYPE || !within {
        return Err(BadSample::Kind);
    }
    let places = draw(&sample.seed, head.size(), sample.count);
    if places.len() != sample.drawn.len() {
        return Err(BadSample::Count { wanted: places.len(), found: sample.drawn.len() });
    }
    let each = places.iter().zip(&sample.drawn).enumerate();
    let sampled = each.map(|(at, (place, drawn))| one((at, *place), drawn, head));
    Ok(Verified::seal(sampled.collect::<Result<_, _>>()?))
}

fn one(
    (at, place): (usize, u64),
    drawn: &Drawn,
    head: &Verified<Checkpoint>,
) -> Result<Sampled, BadSample> {
    let entry = Canonical::of_value(&drawn.entry).map_err(|_| BadSample::Entry(at))?.digest();
    let included = head.includes(&entry, place, &drawn.proof);
    included.map_err(|cause| BadSample::Place { draw: at, place, cause })?;
    let stated = Stated::deserialize(&drawn.entry).map_err(|_| BadSample::Entry(at))?;
    let record = match (stated.kind.as_str(), &drawn.opened) {
        ("journal", opened) => chained(at, DECISIONS_TAG, &stated, opened.as_ref())?,
        ("views", opened) => chained(at, VIEWS_TAG, &stated, opened.as_ref())?,
        ("lane", Some(opened)) => Some(receipt(at, &stated, opened)?),
        ("lane", None) => return Err(BadSample::Unopened(at)),
        (_, None) => None,
        (_, Some(_)) => return Err(BadSample::Record(at)),
    };
    Ok(Sampled { place, stated, record })
}

/// A record of a chained stream leads from the root before to the one the log names. A view of somebody else is
/// there by its digest alone; a decision is not.
fn chained(
    at: usize,
    tag: &[u8],
    stated: &Stated,
    opened: Option<&Opened>,
) -> Result<Option<Value>, BadSample> {
    let opened = opened.ok_or(BadSample::Unopened(at))?;
    let digest = match (&opened.record, opened.record_sha256) {
        (Some(record), None) => {
            Canonical::of_value(record).map_err(|_| BadSample::Record(at))?.digest()
        }
        (None, Some(digest)) if tag == VIEWS_TAG => digest,
        _ => return Err(BadSample::Unopened(at)),
    };
    let says = |record: &Value| record.get("sequence").and_then(Value::as_u64);
    let placed = opened.record.as_ref().is_none_or(|record| says(record) == Some(stated.sequence));
    let first = (stated.sequence == 0) != opened.previous_root.is_some();
    if !placed || !first || step(tag, opened.previous_root.as_ref(), &digest) != stated.root {
        return Err(BadSample::Record(at));
    }
    Ok(opened.record.clone())
}

/// A receipt says itself what it leads to; that it does is re-derived where receipts are judged. Here its own
/// digest without proof and root must be the root the log names.
fn receipt(at: usize, stated: &Stated, opened: &Opened) -> Result<Value, BadSample> {
    let Some(record) = opened.record.clone() else { return Err(BadSample::Unopened(at)) };
    let mut body = record.clone();
    if let Value::Object(members) = &mut body {
        members.remove("proof");
        members.remove("next_root");
    }
    let digest = Canonical::of_value(&body).map_err(|_| BadSample::Record(at))?.digest();
    let bare = opened.previous_root.is_none() && opened.record_sha256.is_none();
    if digest != stated.root || !bare {
        return Err(BadSample::Record(at));
    }
    Ok(record)
}
