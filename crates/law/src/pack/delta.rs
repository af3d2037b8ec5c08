//! The difference between two packs as a document: applied to the older one it gives the newer one,
//! byte for byte, or it is refused.
//!
//! A pack is a tree of JSON whose records are the members of lists, each with an id. The delta names
//! every record that came, went or changed, and holds what it is now. A lawpack is the tree of its
//! files; a text that changed is told as the stretch of bytes that did.
//!
//! Invariant: both ends are named by digest. What is not the older end is refused before anything is
//! done to it, and what does not come out as the newer end is refused after.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Canonical, Digest, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The type of the document.
pub const DELTA_TYPE: &str = "MEZPackDelta";
/// Deepest nesting followed record by record; what is deeper changes as a whole.
const LEVELS_MAX: usize = 24;
/// From how many bytes on a text changes by a stretch.
const SPLICE_BYTES_MIN: usize = 1_024;

/// One change of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// `added`, `removed` or `changed`.
    pub change: How,
    /// JSON pointer (RFC 6901) to what changed, or to the list the record is in.
    pub at: String,
    /// The record's id in that list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Where in the list it stands now, from 0; for records that came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// What it is now; absent for what went, and for a long text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The stretch of a long text that is another now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub splice: Option<Splice>,
}

/// One stretch of a text, in bytes, and what stands there now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Splice {
    /// Where it begins, from 0.
    pub start: u64,
    /// How many bytes go.
    pub drop: u64,
    /// What comes.
    pub text: String,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another content.
    Changed,
}

/// The difference between two packs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    #[serde(rename = "type")]
    kind: String,
    /// The digest of the older pack.
    pub from_sha256: Digest,
    /// The digest of the newer pack.
    pub to_sha256: Digest,
    /// Every record that differs, in the order in which it is applied.
    pub changes: Vec<Change>,
}

/// Why a delta does not lead from one pack to another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDelta {
    /// Its own form.
    #[error("not a delta")]
    Form(#[from] Refusal),
    /// Of another type.
    #[error("not a delta: `{0}`")]
    Type(String),
    /// Made for another pack.
    #[error("it leads from {wanted}, this pack is {found}")]
    From {
        /// As written.
        wanted: Digest,
        /// Of the pack at hand.
        found: Digest,
    },
    /// It names a record that is not there, or is there already.
    #[error("`{0}` is not as the delta says")]
    Record(String),
    /// What comes out is something else.
    #[error("it leads to {found}, not to {wanted}")]
    To {
        /// As written.
        wanted: Digest,
        /// As computed.
        found: Digest,
    },
}

impl Delta {
    /// The difference between two trees, whose digests are given.
    #[must_use]
    pub fn between((from, older): (Digest, &Value), (to, newer): (Digest, &Value)) -> Self {
        let mut changes = Vec::new();
        compare("", older, newer, &mut changes, 0);
        Self { kind: DELTA_TYPE.to_owned(), from_sha256: from, to_sha256: to, changes }
    }

    /// Read a delta.
    ///
    /// # Errors
    /// Bytes that are not canonical, or of another shape.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadDelta> {
        let delta: Self = Canonical::exact(bytes)?.read()?;
        if delta.kind == DELTA_TYPE { Ok(delta) } else { Err(BadDelta::Type(delta.kind)) }
    }

    /// The bytes of the document.
    ///
    /// # Errors
    /// A delta over the limits of the canonical form.
    pub fn record(&self) -> Result<Canonical, Refusal> {
        Canonical::of(self)
    }

    /// The newer tree, from the older one. Its digest is the caller's to compute and to pass to
    /// [`Delta::arrived`].
    ///
    /// # Errors
    /// Another older pack, or a record that is not as the delta says.
    pub fn applied(&self, found: Digest, older: &Value) -> Result<Value, BadDelta> {
        if found != self.from_sha256 {
            return Err(BadDelta::From { wanted: self.from_sha256, found });
        }
        let mut tree = older.clone();
        for change in &self.changes {
            let place = match &change.record {
                Some(record) => format!("{}#{record}", change.at),
                None => change.at.clone(),
            };
            apply(&mut tree, change).ok_or(BadDelta::Record(place))?;
        }
        Ok(tree)
    }

    /// Whether what came out is what the delta leads to.
    ///
    /// # Errors
    /// Another digest.
    pub fn arrived(&self, found: Digest) -> Result<(), BadDelta> {
        let wanted = self.to_sha256;
        if found == wanted { Ok(()) } else { Err(BadDelta::To { wanted, found }) }
    }

    /// How many records came, went and changed.
    #[must_use]
    pub fn counts(&self) -> [(How, usize); 3] {
        [How::Added, How::Removed, How::Changed]
            .map(|how| (how, self.changes.iter().filter(|one| one.change == how).count()))
    }
}

/// A record's id; parameters are named, and dated when they change.
pub(super) fn named(row: &Value) -> Option<String> {
    let text = |key: &str| row.get(key).and_then(Value::as_str);
    let name = text("id").map(str::to_owned);
    name.or_else(|| Some(format!("{}@{}", text("name")?, text("from")?)))
}

/// The ids of a list of records, each of which has one of its own; none for another list.
fn ids(items: &[Value]) -> Option<Vec<String>> {
    let ids: Vec<String> = items.iter().map(named).collect::<Option<_>>()?;
    let distinct: BTreeSet<&String> = ids.iter().collect();
    (distinct.len() == ids.len()).then_some(ids)
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn change(at: &str, change: How, value: Option<&Value>) -> Change {
    let (at, value) = (at.to_owned(), value.cloned());
    Change { change, at, record: None, index: None, value, splice: None }
}

fn compare(at: &str, older: &Value, newer: &Value, out: &mut Vec<Change>, level: usize) {
    match (older, newer) {
        _ if older == newer => {}
        (Value::Object(was), Value::Object(is)) if level < LEVELS_MAX => {
            let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            for key in keys {
                let below = format!("{at}/{}", escaped(key));
                match (was.get(key), is.get(key)) {
                    (Some(was), Some(is)) => compare(&below, was, is, out, level + 1),
                    (Some(_), None) => out.push(change(&below, How::Removed, None)),
                    (None, is) => out.push(change(&below, How::Added, is)),
                }
            }
        }
        (Value::Array(was), Value::Array(is)) => match ids(was).zip(ids(is)) {
            Some(ids) => records(at, (&ids.0, was), (&ids.1, is), out),
            None => out.push(change(at, How::Changed, Some(newer))),
        },
        (Value::String(was), Value::String(is)) if was.len().min(is.len()) >= SPLICE_BYTES_MIN => {
            out.push(Change { splice: Splice::between(was, is), ..change(at, How::Changed, None) });
        }
        _ => out.push(change(at, How::Changed, Some(newer))),
    }
}

impl Splice {
    /// What stands between the beginning and the end that two texts share.
    fn between(was: &str, is: &str) -> Option<Self> {
        let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
            pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
        };
        let start = same(&mut was.chars().zip(is.chars()));
        let (was, is) = (was.get(start..)?, is.get(start..)?);
        let end = same(&mut was.chars().rev().zip(is.chars().rev()));
        let text = is.get(..is.len() - end)?.to_owned();
        let number = |size: usize| u64::try_from(size).ok();
        Some(Self { start: number(start)?, drop: number(was.len() - end)?, text })
    }

    fn applied(&self, was: &str) -> Option<String> {
        let start = usize::try_from(self.start).ok()?;
        let end = start.checked_add(usize::try_from(self.drop).ok()?)?;
        Some([was.get(..start)?, &self.text, was.get(end..)?].concat())
    }
}

/// Two lists of records. What stays in both stays in order: a record that moved went and came.
fn records(
    at: &str,
    (was_ids, was): (&[String], &[Value]),
    (is_ids, is): (&[String], &[Value]),
    out: &mut Vec<Change>,
) {
    let place: BTreeMap<&String, usize> = is_ids.iter().zip(0..).collect();
    let one = |how, id: &String, index: Option<usize>, value: Option<&Value>| Change {
        record: Some(id.clone()),
        index: index.and_then(|index| u64::try_from(index).ok()),
        ..change(at, how, value)
    };
    let mut kept: BTreeMap<&String, &Value> = BTreeMap::new();
    let mut last = None;
    for (id, row) in was_ids.iter().zip(was) {
        match place.get(id) {
            Some(index) if last.is_none_or(|last| last < *index) => {
                last = Some(*index);
                kept.insert(id, row);
            }
            _ => out.push(one(How::Removed, id, None, None)),
        }
    }
    for (index, (id, row)) in is_ids.iter().zip(is).enumerate() {
        match kept.get(id) {
            Some(before) if *before == row => {}
            Some(_) => out.push(one(How::Changed, id, None, Some(row))),
            None => out.push(one(How::Added, id, Some(index), Some(row))),
        }
    }
}

/// The member a pointer names, in the object above it.
fn member<'t>(tree: &'t mut Value, at: &str) -> Option<(&'t mut Map<String, Value>, String)> {
    let (above, key) = at.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    Some((tree.pointer_mut(above)?.as_object_mut()?, key))
}

fn apply(tree: &mut Value, change: &Change) -> Option<()> {
    let Change { change: how, at, record, index, value, splice } = change;
    let Some(record) = record else {
        if *how == How::Changed {
            let there = tree.pointer_mut(at)?;
            *there = match splice {
                Some(splice) => Value::String(splice.applied(there.as_str()?)?),
                None => value.clone()?,
            };
            return Some(());
        }
        let (above, key) = member(tree, at)?;
        let before = match value {
            Some(value) => above.insert(key, value.clone()),
            None => above.remove(&key),
        };
        return (before.is_some() == (*how == How::Removed)).then_some(());
    };
    let rows = tree.pointer_mut(at)?.as_array_mut()?;
    let found = rows.iter().position(|row| named(row).as_ref() == Some(record));
    match (how, found, value) {
        (How::Removed, Some(index), None) => drop(rows.remove(index)),
        (How::Changed, Some(index), Some(value)) => *rows.get_mut(index)? = value.clone(),
        (How::Added, None, Some(value)) => {
            let index = usize::try_from((*index)?).ok().filter(|index| *index <= rows.len())?;
            rows.insert(index, value.clone());
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests;
