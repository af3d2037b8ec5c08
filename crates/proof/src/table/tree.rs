//! The maker's side: rows in the order of their keys, and every level of the tree above them.

use canon::{Digest, Pieces, sha256_each};

use super::{Head, Place, Row};
use crate::merkle::{Proof, empty_root, leaf_hash, node_hash};

/// What a leaf and an inner node begin with (RFC 9162, 2.1.1).
const LEAF: &[u8] = &[0x00];
const NODE: &[u8] = &[0x01];
/// So many nodes of a level are hashed one by one, in place: gathering them costs more than it saves.
const FEW_MAX: usize = 3;

/// Guesses at the place of a key, each from where the last one led.
const GUESSES: usize = 2;
/// Rows by which bounds around a guess are first moved.
const NEAR: usize = 8;

/// A table and its tree. Level 0 holds the leaves; the odd last node of a level is carried up as it
/// is, which gives the tree of RFC 9162.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Ascending by key.
    rows: Vec<Row>,
    levels: Vec<Vec<Digest>>,
}

impl Table {
    /// No rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many rows.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Size and root.
    #[must_use]
    pub fn head(&self) -> Head {
        let root = self.levels.last().and_then(|top| top.first()).copied();
        Head { size: self.size(), root: root.unwrap_or_else(empty_root) }
    }

    /// The row under a key.
    #[must_use]
    pub fn row(&self, key: &Digest) -> Option<&Row> {
        self.rows.get(self.find(key).ok()?)
    }

    fn find(&self, key: &Digest) -> Result<usize, usize> {
        let (first, end) = self.around(key);
        let near = self.rows.get(first..end).unwrap_or_default();
        let found = near.binary_search_by(|held| held.key.cmp(key));
        found.map(|at| first + at).map_err(|at| first + at)
    }

    /// Bounds of the place of a key. Keys are digests, so where one stands follows nearly from what it
    /// is; where they are not spread evenly the bounds are wider, and hold all the same.
    fn around(&self, key: &Digest) -> (usize, usize) {
        let len = self.rows.len();
        let head =
            |key: &Digest| key.as_bytes().first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
        let places = |apart: u64| {
            usize::try_from((u128::from(apart) * len as u128) >> u64::BITS).unwrap_or(0)
        };
        let held = |at: usize| self.rows.get(at).map(|row| row.key);
        let wanted = head(key);
        let mut at = places(wanted);
        for _ in 0..GUESSES {
            let Some(here) = held(at).map(|key| head(&key)) else { break };
            at = match wanted.checked_sub(here) {
                Some(apart) => (at + places(apart)).min(len - 1),
                None => at.saturating_sub(places(here - wanted)),
            };
        }
        let (mut first, mut end, mut step) = (at, at, NEAR);
        while first > 0 && held(first).is_none_or(|held| held > *key) {
            (first, step) = (first.saturating_sub(step), step * 2);
        }
        step = NEAR;
        while end < len && held(end).is_none_or(|held| held <= *key) {
            (end, step) = ((end + step).min(len), step * 2);
        }
        (first, end)
    }

    /// Sets these rows; of two under one key the later. Each inner node above a change is hashed once;
    /// a new key moves all that follow it, so the nodes above those as well. Returns how many inner
    /// nodes were hashed.
    pub fn set(&mut self, rows: impl IntoIterator<Item = Row>) -> usize {
        let (mut dirty, mut fresh): (Vec<usize>, Vec<Row>) = (Vec::new(), Vec::new());
        let mut moved = self.rows.len();
        for row in ascending(rows) {
            match self.find(&row.key) {
                Ok(at) => {
                    if let Some(held) = self.rows.get_mut(at).filter(|held| **held != row) {
                        *held = row;
                        dirty.push(at);
                    }
                }
                Err(at) => {
                    moved = moved.min(at);
                    fresh.push(row);
                }
            }
        }
        if !fresh.is_empty() {
            let tail = self.rows.split_off(moved);
            if tail.is_empty() {
                self.rows.append(&mut fresh);
            } else {
                self.rows.extend(ascending(tail.into_iter().chain(fresh)));
            }
        }
        // Everything from the first new key on; only single rows before it.
        dirty.retain(|at| *at < moved);
        dirty.extend(moved..self.rows.len());
        self.leaves(&dirty);
        self.climb(dirty)
    }

    fn leaves(&mut self, dirty: &[usize]) {
        if self.levels.is_empty() {
            self.levels.push(Vec::new());
        }
        let Self { rows, levels } = self;
        let Some(leaves) = levels.first_mut() else { return };
        leaves.resize(rows.len(), Digest::from_bytes([0; 32]));
        if dirty.len() <= FEW_MAX {
            for at in dirty {
                if let (Some(leaf), Some(row)) = (leaves.get_mut(*at), rows.get(*at)) {
                    *leaf = leaf_hash(&row.digest);
                }
            }
            return;
        }
        let changed: Vec<(usize, Digest)> =
            dirty.iter().filter_map(|at| Some((*at, rows.get(*at)?.digest))).collect();
        hashed(leaves, &changed, |(_, entry)| [LEAF, entry.as_bytes(), &[]]);
    }

    /// Hashes the nodes above `dirty`, level by level; ascending positions.
    fn climb(&mut self, mut dirty: Vec<usize>) -> usize {
        let (mut count, mut height) = (0, 0);
        while self.levels.get(height).is_some_and(|level| level.len() > 1) {
            if self.levels.len() == height + 1 {
                self.levels.push(Vec::new());
            }
            let (below, above) = self.levels.split_at_mut(height + 1);
            let (Some(below), Some(above)) = (below.last(), above.first_mut()) else { break };
            above.resize(below.len().div_ceil(2), Digest::from_bytes([0; 32]));
            for at in &mut dirty {
                *at /= 2;
            }
            dirty.dedup();
            count += nodes(below, above, &dirty);
            // The odd last node is carried up.
            if let (1, Some(carried), Some(last)) =
                (below.len() % 2, below.last(), above.last_mut())
            {
                *last = *carried;
            }
            height += 1;
        }
        self.levels.truncate(height + 1);
        count
    }

    /// Where a key's row stands, or the positions of the rows around the place it would have.
    pub(super) fn seek(&self, key: &Digest) -> Result<usize, (Option<usize>, Option<usize>)> {
        self.find(key).map_err(|at| (at.checked_sub(1), (at < self.rows.len()).then_some(at)))
    }

    /// The row at a position, with its place.
    pub(super) fn at(&self, index: usize) -> Option<(Row, Place)> {
        let row = *self.rows.get(index)?;
        let mut at = index;
        let mut path = Vec::with_capacity(self.levels.len());
        for level in self.levels.iter().take_while(|level| level.len() > 1) {
            path.extend(level.get(at ^ 1));
            at /= 2;
        }
        Some((row, Place { index: index as u64, path: Proof::of(path).ok()? }))
    }
}

impl FromIterator<Row> for Table {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        let mut table = Self::new();
        table.set(rows);
        table
    }
}

/// Writes the digests of these messages to their positions; many are hashed side by side.
fn hashed<T>(
    level: &mut [Digest],
    messages: &[(usize, T)],
    pieces: impl for<'a> Fn(&'a (usize, T)) -> Pieces<'a>,
) {
    let digests = sha256_each(&messages.iter().map(pieces).collect::<Vec<_>>());
    for ((at, _), digest) in messages.iter().zip(digests) {
        if let Some(slot) = level.get_mut(*at) {
            *slot = digest;
        }
    }
}

/// Hashes the nodes at these positions of a level from the level below; returns how many have two
/// children.
fn nodes(below: &[Digest], above: &mut [Digest], dirty: &[usize]) -> usize {
    let pair = |at: &usize| Some((*at, (below.get(2 * at)?, below.get(2 * at + 1)?)));
    let pairs = dirty.iter().filter_map(pair);
    if dirty.len() > FEW_MAX {
        let pairs: Vec<_> = pairs.collect();
        hashed(above, &pairs, |(_, (left, right))| [NODE, left.as_bytes(), right.as_bytes()]);
        return pairs.len();
    }
    let mut count = 0;
    for (at, (left, right)) in pairs {
        if let Some(node) = above.get_mut(at) {
            *node = node_hash(left, right);
            count += 1;
        }
    }
    count
}

/// Rows by key, of two under one key the later.
fn ascending(rows: impl IntoIterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = rows.into_iter().collect();
    // A stable sort: of two rows under one key the later stays behind.
    rows.sort_by_key(|row| row.key);
    rows.dedup_by(|later, kept| {
        let same = later.key == kept.key;
        if same {
            *kept = *later;
        }
        same
    });
    rows
}
