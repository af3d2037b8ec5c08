//! C2SP tiles (`c2sp.org/tlog-tiles`): a log as a finite set of files any web server can hand out.
//!
//! `tile/<L>/<N>` holds 256 consecutive nodes of height 8·L, `tile/entries/<N>` the 256 entries
//! below a tile of level 0; `.p/<W>` is the first W of one not yet full. [`Tiles`] writes them from a
//! [`Tree`](crate::merkle::Tree); [`Reader`] makes proofs of them for one verified checkpoint;
//! [`fsck`] derives all of them again from the entries.
//!
//! Invariant: what comes from tiles is believed only as far as it leads to the root of a verified
//! checkpoint. Every file has one possible length; another length is refused.

mod encode;
pub mod fsck;
mod path;
mod read;

pub use encode::{Tiles, contents, entry_bundle, read_bundle};
pub use path::{Level, NotATile, TileId};
pub use read::{Fetch, ReadError, Reader};

/// Nodes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Levels of the tree inside one tile.
pub const TILE_HEIGHT: u32 = 8;
/// Highest level a path can name.
pub const LEVEL_MAX: u8 = 63;
/// Bytes of one of our entries in a bundle: two of length, 32 of digest.
pub const ENTRY_BYTES: u64 = 34;
/// Bytes of one node in a tile.
pub const NODE_BYTES: u64 = 32;

#[cfg(test)]
mod tests;
