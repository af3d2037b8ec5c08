//! A return that arrives: it must undo a transfer this zone refused, of the same asset and crossing.

use corridor::asset::{AssetReturn, AssetTransfer};
use corridor::messages::Item;
use serde_json::Value;

use crate::corridor::{Decided, Open};
use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// Check a return against our own refusal. It moves nothing here; refusing one is how this zone says that
    /// the other gave back what was accepted.
    pub(crate) fn decide_asset_return(&self, open: &Open, item: &Item) -> Result<Decided, Refused> {
        let outright = |reason| Ok(Decided::RefusedOutright { reason });
        let Some(payload) = &item.payload else { return outright("payload-withheld") };
        let Ok(undone) = AssetReturn::read(&payload.payload) else {
            return outright("payload-malformed");
        };
        let at = (undone.refused_sequence, undone.ack_sequence);
        let id = &open.terms.corridor_id;
        let same = |sent: &Value| {
            AssetTransfer::read(sent).is_ok_and(|sent| {
                sent.asset_id == undone.asset_id && sent.crossing == undone.crossing
            })
        };
        if !self.was_refused(id, at, same)? {
            return outright("return-unfounded");
        }
        match self.return_noted(id, undone.refused_sequence)? {
            Some(decided) => Ok(decided),
            None => outright("return-known"),
        }
    }
}
