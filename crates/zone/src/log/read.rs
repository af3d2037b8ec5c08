//! What strangers read: checkpoints and tiles of the zone log and of lanes (C2SP `tlog-tiles`).

use canon::{Canonical, CorridorId, Digest, ZoneId};
use proof::Checkpoint;
use proof::merkle::{MerkleError, Proof, Tree};
use proof::tiles::{Level, TileId, Tiles, entry_bundle};
use serde_json::{Value, json};
use std::sync::PoisonError;
use store::Entry;
use store::cell::Advance;

use super::{LOG, Row, standing};
use crate::refused::Refused;
use crate::startup::LANES;
use crate::zone::Zone;

impl Zone {
    /// Origin of the zone log: `<zone-host>/zone/<zone_id>`.
    #[must_use]
    pub fn log_origin(&self) -> String {
        super::log_origin(&self.here)
    }

    /// Sign the checkpoint of the zone log where it has grown since the last one: the zone's own
    /// clockwork does this, never a reader.
    ///
    /// # Errors
    /// [`Refused::NotSigning`], or the store.
    pub fn publish_log(&self) -> Result<(), Refused> {
        let _writing = self.writing();
        self.may_sign()?;
        self.settle()?;
        let Some((head, peaks)) = standing(self.store.as_ref())? else { return Ok(()) };
        let (size, root) = (peaks.size(), peaks.root());
        if self.log.signed().is_some_and(|(signed, _)| signed == size) {
            return Ok(());
        }
        // The cell first: what it has passed is never signed again with another root.
        let step = Advance { lane: LOG.to_owned(), sequence: head.seq, next_root: root };
        self.advance_cell(&[step])?;
        let checkpoint = Checkpoint::new(&self.log_origin(), size, root).map_err(Refused::host)?;
        let signed = checkpoint.sign(self.keys.log.as_ref()).map_err(Refused::unsigned_here)?;
        *self.log.note() = Some((size, signed.to_bytes()));
        Ok(())
    }

    /// Signed C2SP checkpoint of the zone log: the newest that a quorum of the witnesses cosigned,
    /// or, without witnesses or when that is stale, the newest signed. Nothing is signed for it.
    ///
    /// # Errors
    /// [`Refused::NotFound`] before the first, [`Refused::NotSigning`] if there will be none.
    pub fn log_checkpoint(&self) -> Result<Vec<u8>, Refused> {
        if let Some(note) = self.watched.cosigned(LOG, self.now()) {
            return Ok(note);
        }
        if let Some((_, note)) = self.log.signed() {
            return Ok(note);
        }
        self.may_sign()?;
        Err(Refused::absent("checkpoint", LOG))
    }

    /// The documents of entries of the zone log from a sequence on, as far as it is signed.
    ///
    /// # Errors
    /// The store.
    pub fn log_entries(&self, from: u64, limit: usize) -> Result<Value, Refused> {
        let size = self.shown_size(LOG)?;
        let rows = self.store.journal(LOG, from, limit.clamp(1, store::PAGE_MAX))?;
        let signed = rows.iter().take_while(|row| row.seq < size);
        let document = |row: &Entry| {
            let row: Row = Canonical::exact(&row.body).and_then(|c| c.read())?;
            Ok::<Value, canon::Refusal>(row.entry)
        };
        let entries: Vec<Value> =
            signed.map(document).collect::<Result<_, _>>().map_err(Refused::host)?;
        Ok(json!({ "origin": self.log_origin(), "from": from, "size": size, "entries": entries }))
    }

    /// A tile of the zone log.
    ///
    /// # Errors
    /// [`Refused::NotFound`] beyond the log, or the store.
    pub fn log_tile(&self, tile: TileId) -> Result<Vec<u8>, Refused> {
        self.tile_of(LOG, tile)
    }

    /// A tile of a lane of a corridor; entries are the receipts' `next_root`s.
    ///
    /// # Errors
    /// [`Refused::NotFound`] beyond the lane, or the store.
    pub fn lane_tile(
        &self,
        id: &CorridorId,
        lane: &ZoneId,
        tile: TileId,
    ) -> Result<Vec<u8>, Refused> {
        let open = self.open_corridor(id)?;
        self.tile_of(&self.stream_of(&open, Some(lane))?, tile)
    }

    fn tile_of(&self, stream: &str, tile: TileId) -> Result<Vec<u8>, Refused> {
        let size = self.shown_size(stream)?;
        let absent = || Refused::absent("tile", tile);
        if !tile.is_within(size) {
            return Err(absent());
        }
        if tile.level() == Level::Entries {
            let end = tile.first().saturating_add(tile.width());
            return Ok(entry_bundle(&self.roots(stream, tile.first(), end)?));
        }
        self.on_tree(stream, size, |tree| Tiles::of(tree).bytes(tile))?.ok_or_else(absent)
    }

    /// Proofs that entries are in the first `size` of a stream.
    pub(crate) fn proofs_of(
        &self,
        stream: &str,
        size: u64,
        places: &[u64],
    ) -> Result<Vec<Proof>, Refused> {
        let shown = self.shown_size(stream)?;
        self.on_tree(stream, shown, |tree| {
            let at = tree.at(size)?;
            places.iter().map(|place| at.inclusion(*place)).collect::<Result<_, MerkleError>>()
        })?
        .map_err(Refused::host)
    }

    /// Does something with the tree of a stream, grown to what may be shown.
    fn on_tree<T>(
        &self,
        stream: &str,
        size: u64,
        doing: impl FnOnce(&Tree) -> T,
    ) -> Result<T, Refused> {
        let mut trees = self.log.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let tree = trees.entry(stream.to_owned()).or_default();
        if tree.size() > size {
            *tree = Tree::new();
        }
        for root in self.roots(stream, tree.size(), size)? {
            tree.push(root).map_err(Refused::host)?;
        }
        Ok(doing(tree))
    }

    /// How much of a stream may be shown: of what is signed here, as much as the signer's cell
    /// holds. While nothing is signed nothing is in flight either.
    pub(crate) fn shown_size(&self, stream: &str) -> Result<u64, Refused> {
        let size = self.store.head(stream)?.map_or(0, |head| head.seq.saturating_add(1));
        let ours = stream == LOG || stream.starts_with(LANES);
        if !ours || self.in_doubt().is_some() {
            return Ok(size);
        }
        let signed = self.keys.cell.last(stream);
        Ok(size.min(signed.map_or(0, |last| last.sequence.saturating_add(1))))
    }

    /// Entries `from..end` of a stream, wherever the documents they are of lie.
    fn roots(&self, stream: &str, from: u64, end: u64) -> Result<Vec<Digest>, Refused> {
        let (mut roots, mut next) = (Vec::new(), from);
        while next < end {
            let page = self.store.roots(stream, next, store::PAGE_MAX)?;
            if page.first().is_none_or(|(seq, _)| *seq != next) {
                return Err(Refused::host(format!("`{stream}` has no entry {next}")));
            }
            for (seq, root) in page.into_iter().take_while(|(seq, _)| *seq < end) {
                roots.push(root);
                next = seq.saturating_add(1);
            }
        }
        Ok(roots)
    }
}
