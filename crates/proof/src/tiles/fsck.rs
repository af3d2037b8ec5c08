//! Deriving a whole log again from its raw entries, and saying which byte is wrong.
//!
//! Two accounts of every node are at hand: what its file says, and what the entries below give. Where
//! they differ, the checkpoint's root decides from the top down which is right: a node leads to it or
//! does not. A flipped byte of a hash tile is named exactly; a flipped byte of an entry names the
//! entry, since no hash says which of its bytes was another.
//!
//! Invariant: a log with no faults is, byte for byte, the one the checkpoint was signed over.

use std::fmt;

use canon::Digest;

use super::read::{fetched, subtree};
use super::{Fetch, Level, ReadError, TILE_HEIGHT, TILE_WIDTH, TileId};
use crate::checkpoint::Checkpoint;
use crate::merkle::{Nodes, leaf_hash, root};
use crate::verified::Verified;

/// Most faults told; beyond, [`Report::more`] is set.
pub const FAULTS_MAX: usize = 1_000;
/// Most differing nodes of one tile of which every mixture of the two accounts is tried.
const MIXED_MAX: usize = 8;

type Node = [u8; 32];

/// One thing wrong with a log's files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A file is not there.
    Missing(TileId),
    /// A file has a length no such file has.
    Length(TileId),
    /// One byte is another than the log's.
    Byte {
        /// The file.
        tile: TileId,
        /// Where in it, from 0.
        offset: u64,
        /// The byte there.
        found: u8,
        /// The byte of the log.
        expected: u8,
    },
    /// An entry is not the one the log commits to.
    Entry {
        /// The file.
        tile: TileId,
        /// Which entry of the log, from 0.
        sequence: u64,
        /// Where the entry begins in the file, from 0.
        offset: u64,
    },
    /// Neither what the files hold here nor what the entries give leads to the checkpoint.
    Nodes {
        /// The file.
        tile: TileId,
        /// First entry of the log under it.
        first: u64,
        /// The entry after the last.
        end: u64,
    },
}

impl Fault {
    /// The file.
    #[must_use]
    pub fn tile(&self) -> TileId {
        match self {
            Self::Missing(tile) | Self::Length(tile) => *tile,
            Self::Byte { tile, .. } | Self::Entry { tile, .. } | Self::Nodes { tile, .. } => *tile,
        }
    }

    /// Where in the file, from 0, as far as it can be told.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        match self {
            Self::Byte { offset, .. } | Self::Entry { offset, .. } => Some(*offset),
            _ => None,
        }
    }

    /// Stable code in kebab case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Length(_) => "length",
            Self::Byte { .. } => "byte",
            Self::Entry { .. } => "entry",
            Self::Nodes { .. } => "nodes",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(tile) => write!(f, "`{tile}` is missing"),
            Self::Length(tile) => write!(f, "`{tile}` does not have {} bytes", tile.length()),
            Self::Byte { tile, offset, found, expected } => {
                write!(f, "byte {offset} of `{tile}` is {found:#04x}, not {expected:#04x}")
            }
            Self::Entry { tile, sequence, offset } => {
                write!(f, "entry {sequence}, from byte {offset} of `{tile}`, is not the log's")
            }
            Self::Nodes { tile, first, end } => {
                write!(f, "`{tile}` and the entries from {first} below {end} are not the log's")
            }
        }
    }
}

/// What was derived, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries the checkpoint counts.
    pub entries: u64,
    /// Files looked at, the checkpoint apart.
    pub files: u64,
    /// What is wrong, from the top of the tree down; empty when all is well.
    pub faults: Vec<Fault>,
    /// Whether there is more than [`FAULTS_MAX`].
    pub more: bool,
}

impl Report {
    fn add(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        } else {
            self.more = true;
        }
    }
}

/// Derives the log under `head` from the entries in `place` and compares every file.
///
/// Entries are read once, from the first to the last; one hash per 256 of them is kept.
///
/// # Errors
/// When the place does not answer. Everything wrong with the files is in the report.
pub fn check<S: Fetch>(
    head: &Verified<Checkpoint>,
    place: &mut S,
) -> Result<Report, ReadError<S::Fault>> {
    let size = head.size();
    let mut check = Check { size, report: Report { entries: size, ..Report::default() } };
    let levels = check.gather(place)?;
    check.settle(head, levels);
    Ok(check.report)
}

/// Two accounts of the nodes of one tile, of equal length.
struct Tile {
    id: TileId,
    stored: Vec<Node>,
    derived: Vec<Node>,
}

impl Tile {
    fn differing(&self) -> Vec<usize> {
        let pairs = self.stored.iter().zip(&self.derived).enumerate();
        pairs.filter(|(_, (stored, derived))| stored != derived).map(|(at, _)| at).collect()
    }

    /// The nodes, taking the stored account at the positions given and the derived elsewhere.
    fn mixed(&self, stored: &[usize]) -> Vec<Node> {
        let mut nodes = self.derived.clone();
        for at in stored {
            if let (Some(node), Some(own)) = (nodes.get_mut(*at), self.stored.get(*at)) {
                *node = *own;
            }
        }
        nodes
    }
}

/// One level: its tiles where the accounts differ or the right edge passes, and what each full
/// tile gives by the derived account.
#[derive(Default)]
struct Row {
    tiles: Vec<Tile>,
    above: Vec<Node>,
}

struct Check {
    size: u64,
    report: Report,
}

impl Check {
    fn gather<S: Fetch>(&mut self, place: &mut S) -> Result<Vec<Row>, ReadError<S::Fault>> {
        let mut rows = Vec::new();
        let mut below: Vec<Node> = Vec::new();
        for level in 0u8..7 {
            let mut row = Row::default();
            for index in 0.. {
                let Some(id) = TileId::at(Level::Hashes(level), index, self.size) else { break };
                let derived = match level {
                    0 => self.leaves(place, index)?,
                    _ => below
                        .chunks(256)
                        .nth(usize::try_from(index).unwrap_or(usize::MAX))
                        .map(<[Node]>::to_vec),
                };
                let stored = self.fetched(place, id)?.map(|bytes| bytes.as_chunks().0.to_vec());
                let (stored, derived) = match (stored, derived) {
                    (Some(stored), Some(derived)) => (stored, derived),
                    (Some(one), None) | (None, Some(one)) => (one.clone(), one),
                    (None, None) => {
                        let unknown = vec![[0; 32]; usize::from(u8::MAX) + 1];
                        (unknown.clone(), unknown)
                    }
                };
                if id.is_full() {
                    row.above.push(*subtree(&derived).as_bytes());
                }
                if !id.is_full() || stored != derived || level > 0 {
                    row.tiles.push(Tile { id, stored, derived });
                }
            }
            if row.tiles.is_empty() && row.above.is_empty() {
                break;
            }
            below.clone_from(&row.above);
            rows.push(row);
        }
        Ok(rows)
    }

    /// Leaf hashes of a bundle's entries.
    fn leaves<S: Fetch>(
        &mut self,
        place: &mut S,
        index: u64,
    ) -> Result<Option<Vec<Node>>, ReadError<S::Fault>> {
        let Some(tile) = TileId::at(Level::Entries, index, self.size) else { return Ok(None) };
        let Some(bytes) = self.fetched(place, tile)? else { return Ok(None) };
        let mut leaves = Vec::with_capacity(256);
        for (at, item) in (0u64..).zip(bytes.as_chunks::<34>().0) {
            let [high, low, entry @ ..] = item;
            for (place, (found, expected)) in (0u64..).zip([(*high, 0), (*low, 32)]) {
                if found != expected {
                    let offset = at * tile.item_bytes() + place;
                    self.report.add(Fault::Byte { tile, offset, found, expected });
                }
            }
            leaves.push(*leaf_hash(&Digest::from_bytes(*entry)).as_bytes());
        }
        Ok(Some(leaves))
    }

    /// A file's bytes; what is missing or of a wrong length is told and taken as not there.
    fn fetched<S: Fetch>(
        &mut self,
        place: &mut S,
        tile: TileId,
    ) -> Result<Option<Vec<u8>>, ReadError<S::Fault>> {
        self.report.files += 1;
        match fetched(place, tile) {
            Ok(Some(bytes)) => Ok(Some(bytes)),
            Ok(None) => {
                self.report.add(Fault::Missing(tile));
                Ok(None)
            }
            Err(ReadError::Malformed(tile)) => {
                self.report.add(Fault::Length(tile));
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Decides from the root down which account is the log's.
    fn settle(&mut self, head: &Verified<Checkpoint>, rows: Vec<Row>) {
        let edge = self.edge(head, &rows);
        // What the level above commits to, by index; `None` where nothing above could be settled.
        let mut committed: Vec<Option<Node>> = Vec::new();
        for (level, row) in rows.iter().enumerate().rev() {
            let mut settled = Vec::new();
            let mut looked = vec![false; row.above.len()];
            for tile in &row.tiles {
                let at = usize::try_from(tile.id.index()).unwrap_or(usize::MAX);
                let nodes = if tile.id.is_full() {
                    if let Some(seen) = looked.get_mut(at) {
                        *seen = true;
                    }
                    let expected = committed.get(at).copied().flatten();
                    expected.and_then(|expected| {
                        mixture(tile, |nodes| *subtree(nodes).as_bytes() == expected)
                    })
                } else {
                    edge.as_ref().and_then(|edge| edge.get(level).cloned().flatten())
                };
                self.tell(tile, nodes.as_deref());
                let width = tile.derived.len();
                settled
                    .extend((0..width).map(|n| nodes.as_ref().and_then(|all| all.get(n).copied())));
            }
            // Entries and tile agree with each other here, and were not kept: do they lead up?
            for (at, _) in looked.iter().enumerate().filter(|(_, looked)| !**looked) {
                let expected = committed.get(at).copied().flatten();
                if expected.is_some() && expected != row.above.get(at).copied() {
                    let index = u64::try_from(at).unwrap_or(u64::MAX);
                    if let Some(id) = TileId::at(Level::Hashes(0), index, self.size) {
                        self.beyond(id);
                    }
                }
            }
            committed = settled;
        }
    }

    /// The nodes of the partial tiles, by level, that together give the checkpoint's root.
    fn edge(&self, head: &Verified<Checkpoint>, rows: &[Row]) -> Option<Vec<Option<Vec<Node>>>> {
        let partial = |row: &Row| row.tiles.iter().position(|tile| !tile.id.is_full());
        let tiles: Vec<Option<&Tile>> =
            rows.iter().map(|row| partial(row).and_then(|at| row.tiles.get(at))).collect();
        let differing: Vec<(usize, usize)> = tiles
            .iter()
            .enumerate()
            .flat_map(|(level, tile)| {
                let differing = tile.map(Tile::differing).unwrap_or_default();
                differing.into_iter().map(move |at| (level, at))
            })
            .collect();
        choices(&differing).find_map(|stored| {
            let of = |level: usize, tile: &Tile| {
                let stored = stored.iter().filter(|(of, _)| *of == level);
                tile.mixed(&stored.map(|(_, at)| *at).collect::<Vec<_>>())
            };
            let nodes: Vec<Option<Vec<Node>>> = (tiles.iter().enumerate())
                .map(|(level, tile)| tile.map(|tile| of(level, tile)))
                .collect();
            let found = root(&mut Edge(&nodes), self.size);
            (found == Ok(head.root())).then_some(nodes)
        })
    }

    /// Tells what of a tile is not the log's.
    fn tell(&mut self, tile: &Tile, nodes: Option<&[Node]>) {
        let differing = tile.differing();
        let Some(nodes) = nodes else {
            self.beyond(tile.id);
            return;
        };
        for at in differing {
            let (Some(right), Some(stored)) = (nodes.get(at), tile.stored.get(at)) else {
                continue;
            };
            let place = u64::try_from(at).unwrap_or(u64::MAX);
            if right == stored {
                self.entry(tile.id, place);
                continue;
            }
            let bytes = (0u64..).zip(stored.iter().zip(right));
            for (byte, (found, expected)) in bytes.filter(|(_, (found, right))| found != right) {
                let offset = place * tile.id.item_bytes() + byte;
                let (found, expected) = (*found, *expected);
                self.report.add(Fault::Byte { tile: tile.id, offset, found, expected });
            }
        }
    }

    /// The stored leaf is the log's, so the entry is not. Higher up, the entry is told below.
    fn entry(&mut self, id: TileId, place: u64) {
        if id.level() != Level::Hashes(0) {
            return;
        }
        if let Some(tile) = TileId::at(Level::Entries, id.index(), self.size) {
            let offset = place * tile.item_bytes();
            self.report.add(Fault::Entry { tile, sequence: id.first() + place, offset });
        }
    }

    fn beyond(&mut self, tile: TileId) {
        let height = match tile.level() {
            Level::Entries => 0,
            Level::Hashes(level) => u32::from(level) * TILE_HEIGHT,
        };
        let (first, end) = (tile.first() << height, (tile.first() + tile.width()) << height);
        self.report.add(Fault::Nodes { tile, first, end });
    }
}

/// The mixture of both accounts of a tile that fits.
fn mixture(tile: &Tile, fits: impl Fn(&[Node]) -> bool) -> Option<Vec<Node>> {
    choices(&tile.differing()).map(|stored| tile.mixed(&stored)).find(|nodes| fits(nodes))
}

/// Which of the differing places to take from the stored account: none, all, and every mixture
/// where there are few.
fn choices<T: Copy>(differing: &[T]) -> impl Iterator<Item = Vec<T>> {
    let few = differing.len() <= MIXED_MAX;
    let mixtures = if few { 1usize << differing.len() } else { 2 };
    (0..mixtures).map(move |chosen| {
        let taken = |at: usize| if few { chosen >> at & 1 == 1 } else { chosen == 1 };
        differing.iter().enumerate().filter(|(at, _)| taken(*at)).map(|(_, place)| *place).collect()
    })
}

/// The peaks of a log, which all lie in its partial tiles.
struct Edge<'a>(&'a [Option<Vec<Node>>]);

impl Nodes for Edge<'_> {
    type Fault = ();

    fn node(&mut self, height: u32, index: u64) -> Result<Digest, ()> {
        let (level, above) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let tile = self.0.get(level as usize).and_then(Option::as_ref).ok_or(())?;
        let at = usize::try_from((index << above) % TILE_WIDTH).map_err(|_| ())?;
        tile.get(at..at + (1 << above)).map(subtree).ok_or(())
    }
}
