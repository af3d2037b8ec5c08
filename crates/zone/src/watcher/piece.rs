//! What this zone shows a watcher beyond what the watcher holds.

use canon::CorridorId;
use corridor::limits::DELIVERY_RECEIPTS_MAX;
use corridor::messages::Item;
use corridor::watcher::{PIECE_CUTS_MAX, Piece, PieceLane};
use serde_json::Value;

use crate::corridor::{stream_here, stream_there};
use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// Receipts of both lanes from where a watcher holds them, in the order of their zones, and the cuts after those it
    /// holds. Payloads are shown where they are public.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn corridor_piece(
        &self,
        id: &CorridorId,
        from: [u64; 2],
        cuts: usize,
    ) -> Result<Value, Refused> {
        let open = self.open_corridor(id)?;
        self.released();
        let mut both =
            [(&open.lane_here.value, stream_here(id)), (&open.lane_there.value, stream_there(id))];
        both.sort_by_key(|(lane, _)| lane.owner().clone());
        let mut lanes = Vec::new();
        for ((lane, stream), from) in both.into_iter().zip(from) {
            let shown = |item: Item| -> Result<Item, Refused> {
                let public = item.read().map_err(Refused::host)?.transition.kind;
                let payload = item.payload.filter(|_| public.payload_is_public());
                Ok(Item { payload, ..item })
            };
            // What was committed since the lane was read comes with the next piece.
            let most = lane.size().saturating_sub(from).min(DELIVERY_RECEIPTS_MAX as u64);
            let most = usize::try_from(most).map_err(Refused::host)?;
            let items = match most {
                0 => Vec::new(),
                most => self.items(&stream, from, most)?,
            };
            let root = self.with_tree(&stream, |tree| tree.root_at(from).ok())?;
            lanes.push(PieceLane {
                from,
                items: items.into_iter().map(shown).collect::<Result<_, _>>()?,
                root: root.filter(|_| from <= lane.size()),
                size: lane.size(),
                zone_id: lane.owner().clone(),
            });
        }
        let zones = self.zones_of(&open)?;
        let cuts = self.cut_records(id)?.into_iter().skip(cuts).take(PIECE_CUTS_MAX);
        let cuts = cuts.map(|record| record.cut).collect();
        let type_ = Piece::TYPE.to_owned();
        let piece = Piece { corridor_id: id.clone(), cuts, lanes, type_, zones };
        serde_json::to_value(&piece).map_err(Refused::host)
    }
}
