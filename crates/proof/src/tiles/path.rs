//! Names of tiles: level, index, width, and their one spelling as a path.

use std::fmt;
use std::str::FromStr;

use super::{ENTRY_BYTES, LEVEL_MAX, NODE_BYTES, TILE_HEIGHT, TILE_WIDTH};
use crate::merkle::SIZE_MAX;

/// What a tile holds. Ordered: entries, then hashes from the leaves up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Entries themselves.
    Entries,
    /// Nodes of height 8·L, for L from 0 to [`LEVEL_MAX`].
    Hashes(u8),
}

impl Level {
    /// How many leaves one item of this level stands for, as a power of two.
    fn height(self) -> u32 {
        match self {
            Self::Entries => 0,
            Self::Hashes(level) => u32::from(level) * TILE_HEIGHT,
        }
    }
}

/// One tile or entry bundle: the items [256·index, 256·index + width) of its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileId {
    level: Level,
    index: u64,
    width: u16,
}

/// Text that is not the path of a tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the path of a tile")]
pub struct NotATile(String);

impl TileId {
    /// The widest tile of this level and index in a log of `size` entries; none if it is empty.
    #[must_use]
    pub fn at(level: Level, index: u64, size: u64) -> Option<Self> {
        if size > SIZE_MAX {
            return None;
        }
        let items = size.checked_shr(level.height()).unwrap_or(0);
        let items = items.checked_sub(index.checked_mul(TILE_WIDTH)?)?;
        let width = u16::try_from(items.min(TILE_WIDTH)).ok().filter(|width| *width > 0)?;
        Some(Self { level, index, width })
    }

    /// What it holds.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Its place in the level, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many items it holds, 1 to 256.
    #[must_use]
    pub fn width(&self) -> u64 {
        u64::from(self.width)
    }

    /// The tile of the same level and index when it is full.
    #[must_use]
    pub fn full(self) -> Self {
        Self { width: 256, ..self }
    }

    /// Whether it holds all 256 items.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.width() == TILE_WIDTH
    }

    /// Position in its level of its first item.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.index.saturating_mul(TILE_WIDTH)
    }

    /// The one length such a file can have, in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.width() * self.item_bytes()
    }

    /// Bytes of one item.
    #[must_use]
    pub fn item_bytes(&self) -> u64 {
        match self.level {
            Level::Entries => ENTRY_BYTES,
            Level::Hashes(_) => NODE_BYTES,
        }
    }

    /// Whether a log of `size` entries has all its items.
    #[must_use]
    pub fn is_within(&self, size: u64) -> bool {
        Self::at(self.level, self.index, size).is_some_and(|widest| widest.width >= self.width)
    }
}

impl fmt::Display for TileId {
    /// The path below the log's prefix, such as `tile/0/x001/x234/067.p/5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Entries => f.write_str("tile/entries/")?,
            Level::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (left, group) in groups.iter().enumerate().rev() {
            let mark = if left > 0 { "x" } else { "" };
            let slash = if left > 0 { "/" } else { "" };
            write!(f, "{mark}{group:03}{slash}")?;
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for TileId {
    type Err = NotATile;

    /// Reads a path; any other spelling of the same tile is refused.
    fn from_str(path: &str) -> Result<Self, NotATile> {
        let found = parse(path).filter(|tile| tile.to_string() == path);
        found.ok_or_else(|| NotATile(path.chars().take(160).collect()))
    }
}

fn parse(path: &str) -> Option<TileId> {
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let level = match level {
        "entries" => Level::Entries,
        number => Level::Hashes(number.parse().ok().filter(|level| *level <= LEVEL_MAX)?),
    };
    let (groups, width) = match rest.split_once(".p/") {
        Some((groups, width)) => (groups, width.parse().ok().filter(|w| (1..256).contains(w))?),
        None => (rest, 256),
    };
    let mut index = 0u64;
    for group in groups.split('/') {
        let group = group.strip_prefix('x').unwrap_or(group);
        let digits: u64 = group.parse().ok().filter(|_| group.len() == 3)?;
        index = index.checked_mul(1000)?.checked_add(digits)?;
    }
    (index <= SIZE_MAX / TILE_WIDTH).then_some(TileId { level, index, width })
}
