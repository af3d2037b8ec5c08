//! A committed table: rows under sorted keys, each a list of salted commitments.
//!
//! Whoever holds the [`Head`] can be shown a row and any of its columns without the others, or that
//! there is no row under a key. The tree is the RFC 9162 tree of [`crate::merkle`] over row digests in
//! the order of their keys; a change hashes the path above it again and nothing else.
//!
//! Formats (`spec/tensor.md`): column = SHA-256(MCF({"payload", "salt"})), cells = SHA-256(tag ‖
//! columns), row = SHA-256(tag ‖ key ‖ cells), head digest = SHA-256(MCF({"root", "size", "type"})).
//!
//! Invariant: a verifier takes size and root from a head whose digest it already trusts, so no path
//! can be read as one of another tree. That keys ascend is the maker's word until two rows contradict
//! it: such a pair, each shown under one head, is the proof that the word was false.

mod show;
mod tree;

use canon::{Canonical, Digest, sha256_parts};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::merkle::{MerkleError, Proof};

pub use show::{Absence, Absent, Neighbour, Opened, RowShown, Shown, verify_absence, verify_row};
pub use tree::Table;

/// Most columns in one row.
pub const COLUMNS_MAX: usize = 64;

const CELLS_TAG: &[u8] = b"mez.table.cells.v1\n";
const ROW_TAG: &[u8] = b"mez.table.row.v1\n";
/// `type` of a head.
pub const HEAD_TYPE: &str = "MEZTableHead";

/// What is committed to: so many rows under this root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// How many rows.
    pub size: u64,
    /// RFC 9162 root over the row digests in the order of their keys.
    pub root: Digest,
}

impl Head {
    /// SHA-256 of the canonical head: what is signed, and what a verifier has to trust.
    ///
    /// # Errors
    /// A size that canonical JSON does not hold.
    pub fn digest(&self) -> Result<Digest, canon::Refusal> {
        let head = json!({ "type": HEAD_TYPE, "size": self.size, "root": self.root });
        Ok(Canonical::of_value(&head)?.digest())
    }
}

/// What a table proof fails on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadTableProof {
    /// The head is not the trusted one.
    #[error("the proof is of another table: its head is {0}")]
    OtherHead(Digest),
    /// Not canonical JSON.
    #[error("not in canonical form")]
    Form(#[source] canon::Refusal),
    /// The path does not lead to the root.
    #[error("the row is not in the table")]
    Path(#[source] MerkleError),
    /// No column, or more than [`COLUMNS_MAX`].
    #[error("a row has 1 to {COLUMNS_MAX} columns, not {0}")]
    Columns(usize),
    /// A column that is not there, or is opened twice.
    #[error("column {0} is not there, or opened twice")]
    Column(usize),
    /// A payload that is not what was committed to.
    #[error("column {0} does not open to this payload")]
    Opening(usize),
    /// Neighbours that do not stand around the key, or are none.
    #[error("the rows shown do not stand next to each other around the key")]
    Neighbours,
}

/// SHA-256(MCF({"payload", "salt"})): a column that shows nothing until it is opened.
///
/// # Errors
/// A payload outside the canonical form.
pub fn column(payload: &Value, salt: &[u8; 32]) -> Result<Digest, canon::Refusal> {
    let salt = Digest::from_bytes(*salt);
    Ok(Canonical::of_value(&json!({ "payload": payload, "salt": salt }))?.digest())
}

/// A row as committed to: its key, the digest of its columns, and its own digest over both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    key: Digest,
    cells: Digest,
    digest: Digest,
}

impl Row {
    /// The row of these columns under this key.
    #[must_use]
    pub fn of(key: Digest, columns: &[Digest]) -> Self {
        let columns = columns.iter().map(|column| column.as_bytes().as_slice());
        let parts: Vec<&[u8]> = std::iter::once(CELLS_TAG).chain(columns).collect();
        Self::of_cells(key, sha256_parts(&parts))
    }

    /// The row of a key and the digest of its columns.
    pub(super) fn of_cells(key: Digest, cells: Digest) -> Self {
        let digest = sha256_parts(&[ROW_TAG, key.as_bytes(), cells.as_bytes()]);
        Self { key, cells, digest }
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> Digest {
        self.key
    }

    /// Its digest: the entry in the tree.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// A row's place in the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its position.
    pub index: u64,
    /// The path to the root.
    pub path: Proof,
}

#[cfg(test)]
mod tests;
