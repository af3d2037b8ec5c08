//! Writing the tiles of a log.

use canon::Digest;

use super::{Level, TILE_HEIGHT, TILE_WIDTH, TileId};
use crate::merkle::Tree;

/// The hash tiles of a log in memory.
#[derive(Clone, Copy, Debug)]
pub struct Tiles<'a> {
    tree: &'a Tree,
}

impl<'a> Tiles<'a> {
    /// The tiles of this log.
    #[must_use]
    pub fn of(tree: &'a Tree) -> Self {
        Self { tree }
    }

    /// The bytes of a hash tile: its nodes, 32 bytes each. Nothing for an entry bundle (see
    /// [`entry_bundle`]) or for a tile the log does not reach.
    #[must_use]
    pub fn bytes(&self, tile: TileId) -> Option<Vec<u8>> {
        let Level::Hashes(level) = tile.level() else { return None };
        if !tile.is_within(self.tree.size()) {
            return None;
        }
        let height = u32::from(level) * TILE_HEIGHT;
        let mut bytes = Vec::with_capacity(usize::try_from(tile.length()).ok()?);
        for index in tile.first()..tile.first() + tile.width() {
            bytes.extend_from_slice(self.tree.complete(height, index)?.as_bytes());
        }
        Some(bytes)
    }
}

/// The bytes of an entry bundle: each entry behind its length, 16 bits big-endian.
#[must_use]
pub fn entry_bundle(entries: &[Digest]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 34);
    for entry in entries {
        bytes.extend_from_slice(&[0, 32]);
        bytes.extend_from_slice(entry.as_bytes());
    }
    bytes
}

/// Reads an entry bundle of 32-byte entries; nothing if a length is another or bytes are left.
#[must_use]
pub fn read_bundle(bytes: &[u8]) -> Option<Vec<Digest>> {
    let (items, rest) = bytes.as_chunks::<34>();
    let entry = |item: &[u8; 34]| {
        let entry = item.strip_prefix(&[0, 32])?;
        Some(Digest::from_bytes(entry.try_into().ok()?))
    };
    rest.is_empty().then(|| items.iter().map(entry).collect())?
}

/// Every file of a log of `size` entries beside its checkpoint: entry bundles first, then hash
/// tiles from the leaves up, in each level left to right, the last perhaps partial.
pub fn contents(size: u64) -> impl Iterator<Item = TileId> {
    let hashes = (0u8..7).map(Level::Hashes);
    std::iter::once(Level::Entries).chain(hashes).flat_map(move |level| {
        (0..=size / TILE_WIDTH).map_while(move |index| TileId::at(level, index, size))
    })
}
