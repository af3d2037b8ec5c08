//! Proofs from tiles, for one verified checkpoint.

use std::collections::BTreeMap;

use canon::Digest;

use super::{Level, TILE_HEIGHT, TILE_WIDTH, TileId, read_bundle};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::merkle::{self, MerkleError, Nodes, Proof, leaf_hash, node_hash, verify_leaf};
use crate::verified::Verified;

/// Most tiles a reader keeps; beyond, it forgets them all.
const KEPT_MAX: usize = 1_024;

/// Where tiles are fetched from: a directory, a web server, a map.
pub trait Fetch {
    /// Why nothing can be said of a tile.
    type Fault;

    /// The bytes of a tile, or nothing if there is no such file. No more than
    /// [`TileId::length`] + 1 bytes need to be read.
    ///
    /// # Errors
    /// When the place does not answer.
    fn fetch(&mut self, tile: TileId) -> Result<Option<Vec<u8>>, Self::Fault>;
}

/// Why a proof cannot be had from tiles.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError<F> {
    /// The place did not answer.
    #[error("`{tile}` cannot be fetched")]
    Fetch {
        /// The tile asked for.
        tile: TileId,
        /// Why.
        fault: F,
    },
    /// There is no such file, nor the full tile in its place.
    #[error("`{0}` is missing")]
    Missing(TileId),
    /// The file has a length no such tile has, or a bundle's lengths are not 32.
    #[error("`{0}` is not a tile of that width")]
    Malformed(TileId),
    /// What the tiles say does not lead to the checkpoint's root.
    #[error(transparent)]
    Proof(#[from] CheckpointError),
}

impl<F> From<MerkleError> for ReadError<F> {
    fn from(error: MerkleError) -> Self {
        Self::Proof(error.into())
    }
}

/// Reads one log from its tiles. Nothing leaves it that does not lead to the checkpoint's root.
#[derive(Debug)]
pub struct Reader<'a, S> {
    head: &'a Verified<Checkpoint>,
    place: S,
    kept: BTreeMap<TileId, Vec<u8>>,
}

impl<'a, S: Fetch> Reader<'a, S> {
    /// A reader of the log under this checkpoint.
    pub fn new(head: &'a Verified<Checkpoint>, place: S) -> Self {
        Self { head, place, kept: BTreeMap::new() }
    }

    /// The checkpoint.
    pub fn head(&self) -> &'a Verified<Checkpoint> {
        self.head
    }

    /// The root the tiles give.
    ///
    /// # Errors
    /// When tiles are missing or malformed; [`MerkleError::RootMismatch`] when the root is not
    /// the checkpoint's.
    pub fn root(&mut self) -> Result<Digest, ReadError<S::Fault>> {
        let size = self.head.size();
        let root = merkle::root(self, size)?;
        if root != self.head.root() {
            return Err(MerkleError::RootMismatch.into());
        }
        Ok(root)
    }

    /// The leaf hash of a sequence with its inclusion proof, verified against the checkpoint.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn leaf(&mut self, sequence: u64) -> Result<(Digest, Proof), ReadError<S::Fault>> {
        let (head, size) = (self.head, self.head.size());
        if sequence >= size {
            return Err(MerkleError::IndexOutside { index: sequence, size }.into());
        }
        let leaf = self.node(0, sequence)?;
        let proof = merkle::inclusion(self, sequence, size)?;
        verify_leaf(&leaf, sequence, size, &proof, &head.root())?;
        Ok((leaf, proof))
    }

    /// The entry of a sequence with its inclusion proof, verified against the checkpoint.
    ///
    /// # Errors
    /// See [`ReadError`]; [`MerkleError::RootMismatch`] also when entry and leaf hash differ.
    pub fn entry(&mut self, sequence: u64) -> Result<(Digest, Proof), ReadError<S::Fault>> {
        let (leaf, proof) = self.leaf(sequence)?;
        let tile = self.tile(Level::Entries, sequence / TILE_WIDTH)?;
        let entries = read_bundle(self.bytes(tile)?).ok_or(ReadError::Malformed(tile))?;
        let at = usize::try_from(sequence % TILE_WIDTH).unwrap_or(usize::MAX);
        let entry = *entries.get(at).ok_or(ReadError::Malformed(tile))?;
        if leaf_hash(&entry) != leaf {
            return Err(MerkleError::RootMismatch.into());
        }
        Ok((entry, proof))
    }

    /// Proof that the checkpoint extends an older one of the same log, verified.
    ///
    /// # Errors
    /// See [`ReadError`]; [`MerkleError::OldRootMismatch`] is a rewritten log.
    pub fn extends(&mut self, older: &Verified<Checkpoint>) -> Result<Proof, ReadError<S::Fault>> {
        let (head, old, new) = (self.head, older.size(), self.head.size());
        let proof = match old {
            0 => Proof::default(),
            _ if old > new => return Err(MerkleError::SizeOutside { old, new }.into()),
            _ => merkle::consistency(self, old, new)?,
        };
        head.extends(older, &proof)?;
        Ok(proof)
    }

    fn tile(&self, level: Level, index: u64) -> Result<TileId, ReadError<S::Fault>> {
        let size = self.head.size();
        let outside = MerkleError::IndexOutside { index, size };
        TileId::at(level, index, size).ok_or_else(|| outside.into())
    }

    /// The bytes of a tile as wide as the checkpoint says, fetched once.
    fn bytes(&mut self, tile: TileId) -> Result<&[u8], ReadError<S::Fault>> {
        if !self.kept.contains_key(&tile) {
            let bytes = fetched(&mut self.place, tile)?.ok_or(ReadError::Missing(tile))?;
            if self.kept.len() >= KEPT_MAX {
                self.kept.clear();
            }
            self.kept.insert(tile, bytes);
        }
        self.kept.get(&tile).map(Vec::as_slice).ok_or(ReadError::Missing(tile))
    }
}

/// A tile, or as much of the full one as it would hold: a log may drop a partial tile once the full
/// one is there.
pub(super) fn fetched<S: Fetch>(
    place: &mut S,
    tile: TileId,
) -> Result<Option<Vec<u8>>, ReadError<S::Fault>> {
    for candidate in [tile, tile.full()] {
        let fetch = place.fetch(candidate);
        let fetch = fetch.map_err(|fault| ReadError::Fetch { tile: candidate, fault })?;
        let Some(mut bytes) = fetch else { continue };
        if u64::try_from(bytes.len()) != Ok(candidate.length()) {
            return Err(ReadError::Malformed(candidate));
        }
        bytes.truncate(usize::try_from(tile.length()).unwrap_or(usize::MAX));
        return Ok(Some(bytes));
    }
    Ok(None)
}

impl<S: Fetch> Nodes for Reader<'_, S> {
    type Fault = ReadError<S::Fault>;

    fn node(&mut self, height: u32, index: u64) -> Result<Digest, Self::Fault> {
        let (level, above) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let first = index << above;
        let level = Level::Hashes(u8::try_from(level).unwrap_or(u8::MAX));
        let tile = self.tile(level, first / TILE_WIDTH)?;
        let at = usize::try_from(first % TILE_WIDTH).unwrap_or(usize::MAX);
        let (nodes, _) = self.bytes(tile)?.as_chunks::<32>();
        let nodes = nodes.get(at..at + (1 << above)).ok_or(ReadError::Malformed(tile))?;
        Ok(subtree(nodes))
    }
}

/// The root over a power of two of nodes.
pub(super) fn subtree(nodes: &[[u8; 32]]) -> Digest {
    let mut level: Vec<Digest> = nodes.iter().map(|node| Digest::from_bytes(*node)).collect();
    while level.len() > 1 {
        let (pairs, _) = level.as_chunks::<2>();
        level = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    level.first().copied().unwrap_or_else(merkle::empty_root)
}
