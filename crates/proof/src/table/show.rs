//! Showing a row, chosen columns of it, or that there is none; and judging what is shown.

use canon::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{BadTableProof, COLUMNS_MAX, Head, Place, Row, Table, column};
use crate::Verified;
use crate::merkle::{empty_root, verify_inclusion};

/// A column opened: what it was committed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// Its position in the row.
    pub column: usize,
    /// What it says.
    pub payload: Value,
    /// The 32 bytes that hid it.
    pub salt: Digest,
}

/// A row with some of its columns opened, as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowShown {
    /// The table.
    pub head: Head,
    /// The row's key.
    pub key: Digest,
    /// Where it stands.
    pub place: Place,
    /// All its columns, as commitments.
    pub columns: Vec<Digest>,
    /// Those shown.
    pub opened: Vec<Opened>,
}

/// A row that stands next to the place of a key that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// Its key.
    pub key: Digest,
    /// The digest of its columns; nothing of it is opened.
    pub cells: Digest,
    /// Where it stands.
    pub place: Place,
}

/// That a key has no row, as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// The table.
    pub head: Head,
    /// The key that is not there.
    pub key: Digest,
    /// The last row before it; absent when it would come first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Neighbour>,
    /// The first row behind it; absent when it would come last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Neighbour>,
}

/// What a verified row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The row's key.
    pub key: Digest,
    /// How many columns it has.
    pub columns: usize,
    /// Position and payload of those opened, ascending.
    pub opened: Vec<(usize, Value)>,
}

/// A key that verifiably has no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The key.
    pub key: Digest,
}

impl Table {
    /// Shows the row under a key with these columns opened; `None` when the key has no row or the
    /// columns are not those it was set with.
    #[must_use]
    pub fn show(&self, key: &Digest, columns: &[Digest], opened: Vec<Opened>) -> Option<RowShown> {
        let (held, place) = self.at(self.seek(key).ok()?)?;
        let (key, columns) = (*key, columns.to_vec());
        let same = Row::of(key, &columns) == held;
        same.then(|| RowShown { head: self.head(), key, place, columns, opened })
    }

    /// Shows that a key has no row; `None` when it has one.
    #[must_use]
    pub fn show_absence(&self, key: &Digest) -> Option<Absence> {
        let (before, after) = self.seek(key).err()?;
        let neighbour = |at: usize| {
            let (Row { key, cells, .. }, place) = self.at(at)?;
            Some(Neighbour { key, cells, place })
        };
        let (before, after) = (before.and_then(neighbour), after.and_then(neighbour));
        Some(Absence { head: self.head(), key: *key, before, after })
    }
}

/// Judges a row shown under a head whose digest the caller trusts.
///
/// # Errors
/// See [`BadTableProof`].
pub fn verify_row(
    shown: &RowShown,
    head_sha256: &Digest,
) -> Result<Verified<Shown>, BadTableProof> {
    trusted(&shown.head, head_sha256)?;
    if !(1..=COLUMNS_MAX).contains(&shown.columns.len()) {
        return Err(BadTableProof::Columns(shown.columns.len()));
    }
    held(&shown.head, &Row::of(shown.key, &shown.columns), &shown.place)?;
    let mut opened: Vec<(usize, Value)> = Vec::with_capacity(shown.opened.len());
    for open in &shown.opened {
        let at = open.column;
        // Ascending, so that none comes twice.
        if opened.last().is_some_and(|(last, _)| *last >= at) {
            return Err(BadTableProof::Column(at));
        }
        let committed = shown.columns.get(at).ok_or(BadTableProof::Column(at))?;
        let found = column(&open.payload, open.salt.as_bytes()).map_err(BadTableProof::Form)?;
        if found != *committed {
            return Err(BadTableProof::Opening(at));
        }
        opened.push((at, open.payload.clone()));
    }
    Ok(Verified::seal(Shown { key: shown.key, columns: shown.columns.len(), opened }))
}

/// Judges that a key has no row, under a head whose digest the caller trusts.
///
/// # Errors
/// See [`BadTableProof`].
pub fn verify_absence(
    absence: &Absence,
    head_sha256: &Digest,
) -> Result<Verified<Absent>, BadTableProof> {
    let Absence { head, key, before, after } = absence;
    trusted(head, head_sha256)?;
    let positions =
        (before.as_ref().map(|row| row.place.index), after.as_ref().map(|row| row.place.index));
    let adjacent = match positions {
        (None, None) => head.size == 0 && head.root == empty_root(),
        (None, Some(first)) => first == 0,
        (Some(last), None) => last.checked_add(1) == Some(head.size),
        (Some(one), Some(next)) => one.checked_add(1) == Some(next),
    };
    let around = before.as_ref().is_none_or(|row| row.key < *key)
        && after.as_ref().is_none_or(|row| *key < row.key);
    if !(adjacent && around) {
        return Err(BadTableProof::Neighbours);
    }
    for row in before.iter().chain(after) {
        held(head, &Row::of_cells(row.key, row.cells), &row.place)?;
    }
    Ok(Verified::seal(Absent { key: *key }))
}

fn trusted(head: &Head, head_sha256: &Digest) -> Result<(), BadTableProof> {
    let found = head.digest().map_err(BadTableProof::Form)?;
    if found == *head_sha256 { Ok(()) } else { Err(BadTableProof::OtherHead(found)) }
}

fn held(head: &Head, row: &Row, place: &Place) -> Result<(), BadTableProof> {
    let Place { index, path } = place;
    verify_inclusion(&row.digest, *index, head.size, path, &head.root).map_err(BadTableProof::Path)
}
