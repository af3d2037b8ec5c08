//! Part of a log of what regulators were shown, as it is exported: entries in the open, those of other
//! principals as digests, and the roots before and after.
//!
//! Each entry carries 32 unpredictable bytes, so that the digest of one that is withheld tells nothing. The parts
//! of several exports are put together where the root after one is the root before the next.

use canon::{Canonical, Digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chain::{VIEWS_TAG, step};

/// Type of the credential that carries a part.
pub const VIEWS_CREDENTIAL: &str = "MEZRegulatorLogCredential";
/// Most entries of one part.
pub const VIEWS_PART_MAX: usize = 1_000;

/// One place of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shown {
    /// An entry of whoever asked for the export.
    Entry(Value),
    /// An entry of somebody else: its digest.
    EntrySha256(Digest),
}

/// Consecutive entries of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Whom it is about: the log of the zone.
    pub id: String,
    /// Sequence of the first entry.
    pub from: u64,
    /// The root before it; absent at the beginning of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_root: Option<Digest>,
    /// The entries.
    pub entries: Vec<Shown>,
    /// The root after the last of them; absent for an empty part at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Digest>,
}

/// Why a part is not one of a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadPart {
    /// More than [`VIEWS_PART_MAX`] entries.
    #[error("a part has at most {VIEWS_PART_MAX} entries")]
    TooLong,
    /// An entry that is not in canonical form.
    #[error("entry {0} is not in canonical form")]
    Form(u64),
    /// An entry that states another sequence.
    #[error("entry {at} says that it is entry {found}")]
    Sequence {
        /// Where it stands.
        at: u64,
        /// What it says.
        found: String,
    },
    /// The entries do not lead to the root.
    #[error("the entries from {from} lead to another root than the one stated")]
    Root {
        /// The first of them.
        from: u64,
    },
    /// A beginning with a root before it, or a later part without one.
    #[error("the part from {0} does not say rightly what comes before it")]
    Beginning(u64),
    /// Parts that do not follow each other.
    #[error("the part from {found} does not follow: entry {expected} after that root is next")]
    Gap {
        /// The entry that is next.
        expected: u64,
        /// The one given.
        found: u64,
    },
}

impl Part {
    /// The sequence after the last entry.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.from.saturating_add(self.entries.len() as u64)
    }

    /// Checks that the entries lead from the root before to the root after.
    ///
    /// # Errors
    /// See [`BadPart`].
    pub fn check(&self) -> Result<(), BadPart> {
        if self.entries.len() > VIEWS_PART_MAX {
            return Err(BadPart::TooLong);
        }
        if (self.from == 0) == self.previous_root.is_some() {
            return Err(BadPart::Beginning(self.from));
        }
        let mut root = self.previous_root;
        for (at, shown) in (self.from..).zip(&self.entries) {
            root = Some(step(VIEWS_TAG, root.as_ref(), &digest(at, shown)?));
        }
        if root != self.root {
            return Err(BadPart::Root { from: self.from });
        }
        Ok(())
    }

    /// Checks that this part follows directly on another.
    ///
    /// # Errors
    /// [`BadPart::Gap`].
    pub fn follows(&self, before: &Self) -> Result<(), BadPart> {
        if self.from == before.next() && self.previous_root == before.root {
            return Ok(());
        }
        Err(BadPart::Gap { expected: before.next(), found: self.from })
    }
}

fn digest(at: u64, shown: &Shown) -> Result<Digest, BadPart> {
    let entry = match shown {
        Shown::EntrySha256(digest) => return Ok(*digest),
        Shown::Entry(entry) => entry,
    };
    if entry.get("sequence").and_then(Value::as_u64) != Some(at) {
        let found = entry.get("sequence").map_or_else(|| "none".to_owned(), Value::to_string);
        return Err(BadPart::Sequence { at, found });
    }
    Ok(Canonical::of_value(entry).map_err(|_| BadPart::Form(at))?.digest())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(at: u64) -> Value {
        json!({ "type": "MEZRegulatorView", "sequence": at, "path": format!("/v1/{at}") })
    }

    /// Entries `from..to` of a log whose odd entries are somebody else's.
    fn part(from: u64, to: u64) -> Part {
        let (mut root, mut previous_root, mut entries) = (None, None, Vec::new());
        for at in 0..to {
            if at == from {
                previous_root = root;
            }
            let digest = Canonical::of_value(&entry(at)).unwrap().digest();
            root = Some(step(VIEWS_TAG, root.as_ref(), &digest));
            if at >= from {
                let withheld = at % 2 == 1;
                entries.push(match withheld {
                    true => Shown::EntrySha256(digest),
                    false => Shown::Entry(entry(at)),
                });
            }
        }
        Part { id: "urn:mez:regulator-log:z".to_owned(), from, previous_root, entries, root }
    }

    #[test]
    fn parts_are_checked_alone_and_together() {
        let (first, second) = (part(0, 4), part(4, 9));
        assert_eq!((first.check(), second.check()), (Ok(()), Ok(())));
        assert_eq!(second.follows(&first), Ok(()));
        assert_eq!(part(5, 9).follows(&first), Err(BadPart::Gap { expected: 4, found: 5 }));
        let written = serde_json::to_value(&second).unwrap();
        assert_eq!(serde_json::from_value::<Part>(written).unwrap(), second);
    }

    #[test]
    fn every_change_of_an_entry_is_found() {
        for at in 0..5 {
            let mut bad = part(4, 9);
            match &mut bad.entries[at] {
                Shown::Entry(entry) => entry["path"] = json!("/v1/other"),
                Shown::EntrySha256(digest) => *digest = Digest::of_blob(b"other"),
            }
            assert_eq!(bad.check(), Err(BadPart::Root { from: 4 }), "{at}");
            let mut short = part(4, 9);
            short.entries.remove(at);
            assert!(short.check().is_err(), "{at}");
        }
        let mut moved = part(4, 9);
        moved.from = 6;
        assert!(matches!(moved.check(), Err(BadPart::Sequence { at: 6, .. })));
        let mut begun = part(4, 9);
        begun.previous_root = None;
        assert_eq!(begun.check(), Err(BadPart::Beginning(4)));
    }
}
