//! Exporting a corridor's whole history as a witness bundle.

use canon::CorridorId;
use corridor::verify::{CutItem, History, LaneHistory, assemble};

use super::document::Document;
use super::record::{stream_here, stream_there};
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// A witness bundle of the corridor; payments are withheld unless `disclose` is set.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn export_bundle(
        &self,
        ask: &Ask,
        id: &CorridorId,
        disclose: bool,
    ) -> Result<Vec<u8>, Refused> {
        // What a watcher mirrors is what lanes commit to, not what was paid.
        ask.caller.demand(match disclose {
            true => &[Scope::Operator, Scope::Regulator],
            false => &[Scope::Operator, Scope::Regulator, Scope::Watcher],
        })?;
        let _writing = self.writing();
        let open = self.open_corridor(id)?;
        let known = &open.record.value;
        let (zone_here, zone_there) = (self.zone_id().clone(), open.there.zone().clone());
        let missing = || Refused::host("a document of the handshake is missing");
        let kept = |document: &Option<Document>| {
            document.as_ref().map(Document::value).ok_or_else(missing)
        };
        let agreement_here = kept(&known.agreement_here)?;
        let agreement_there = kept(&known.agreement_there)?;
        let lane = |zone_id, stream: String| -> Result<LaneHistory, Refused> {
            let items = self.all_items(&stream)?;
            let items = items
                .iter()
                .map(|item| item.history().map_err(Refused::host))
                .collect::<Result<_, _>>()?;
            Ok(LaneHistory { zone_id, items })
        };
        let history = History {
            inceptions: vec![
                (zone_here.clone(), self.inception_document.clone()),
                (zone_there.clone(), known.inception_there.value()),
            ],
            rotations: vec![
                (zone_here.clone(), self.rotations.clone()),
                (zone_there.clone(), Document::values(&known.rotations_there)),
            ],
            definition: known.definition.value(),
            agreements: vec![
                (zone_here.clone(), agreement_here),
                (zone_there.clone(), agreement_there),
            ],
            activation: kept(&known.activation)?,
            lanes: vec![lane(zone_here, stream_here(id))?, lane(zone_there, stream_there(id))?],
            cuts: self
                .cut_records(id)?
                .into_iter()
                .map(|record| CutItem { document: record.cut })
                .collect(),
        };
        let signed = (self.now(), self.keys.assertion.as_ref());
        assemble(id, &history, disclose, &self.here, signed).map_err(Refused::unsigned_here)
    }
}
