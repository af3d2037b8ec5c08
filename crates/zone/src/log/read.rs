//! What strangers read: checkpoints and tiles of the zone log and of lanes (C2SP `tlog-tiles`).

use canon::{CorridorId, Digest, ZoneId};
use proof::Checkpoint;
use proof::merkle::Tree;
use proof::tiles::{Level, TileId, Tiles, entry_bundle};
use std::sync::PoisonError;
use store::cell::Advance;

use super::{LOG, standing};
use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// Origin of the zone log: `<zone-host>/zone/<zone_id>`.
    #[must_use]
    pub fn log_origin(&self) -> String {
        format!("{}/zone/{}", self.here.participant.zone_host, self.zone_id())
    }

    /// Signed C2SP checkpoint of the zone log, signed at most once for each size.
    ///
    /// # Errors
    /// [`Refused::NotFound`] of an empty log, [`Refused::NotSigning`], or the store.
    pub fn log_checkpoint(&self) -> Result<Vec<u8>, Refused> {
        let _writing = self.writing();
        self.may_sign()?;
        self.settle()?;
        let held = standing(self.store.as_ref())?;
        let (head, peaks) = held.ok_or_else(|| Refused::absent("checkpoint", LOG))?;
        let (size, root) = (peaks.size(), peaks.root());
        let mut note = self.log.note.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., signed)) = note.as_ref().filter(|(s, r, _)| (*s, *r) == (size, root)) {
            return Ok(signed.clone());
        }
        // The cell first: what it has passed is never signed again with another root.
        let step = Advance { lane: LOG.to_owned(), sequence: head.seq, next_root: root };
        self.advance_cell(&[step])?;
        let checkpoint = Checkpoint::new(&self.log_origin(), size, root).map_err(Refused::host)?;
        let signed = checkpoint.sign(self.keys.log.as_ref()).map_err(Refused::host)?;
        let signed = signed.to_bytes();
        *note = Some((size, root, signed.clone()));
        Ok(signed)
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
        let size = self.store.head(stream)?.map_or(0, |head| head.seq.saturating_add(1));
        // Nothing is shown before the cell holds it.
        self.released();
        let absent = || Refused::absent("tile", tile);
        if !tile.is_within(size) {
            return Err(absent());
        }
        if tile.level() == Level::Entries {
            let end = tile.first().saturating_add(tile.width());
            return Ok(entry_bundle(&self.roots(stream, tile.first(), end)?));
        }
        let mut trees = self.log.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let tree = trees.entry(stream.to_owned()).or_default();
        if tree.size() > size {
            *tree = Tree::new();
        }
        for root in self.roots(stream, tree.size(), size)? {
            tree.push(root).map_err(Refused::host)?;
        }
        Tiles::of(tree).bytes(tile).ok_or_else(absent)
    }

    /// Entries `from..end` of a stream.
    fn roots(&self, stream: &str, from: u64, end: u64) -> Result<Vec<Digest>, Refused> {
        let (mut roots, mut next) = (Vec::new(), from);
        while next < end {
            let page = self.store.journal(stream, next, store::PAGE_MAX)?;
            if page.first().is_none_or(|entry| entry.seq != next) {
                return Err(Refused::host(format!("`{stream}` has no entry {next}")));
            }
            for entry in page.into_iter().take_while(|entry| entry.seq < end) {
                roots.push(entry.root);
                next = entry.seq.saturating_add(1);
            }
        }
        Ok(roots)
    }
}
