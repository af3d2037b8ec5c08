//! Corridors a payment may go on over, as zones tell each other of them.
//!
//! What is told binds nobody and is signed by nobody: a way that is not there is refused by the zone it ends at.

use canon::{Canonical, CorridorId, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::messages::BridgeError;
use crate::limits::{KNOWN_CORRIDORS_MAX, TOLD_MAX};

/// The corridors a zone knows of: its own, and those its peers have told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownCorridors {
    /// Always `MEZKnownCorridors`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZKnownCorridors"))]
    pub type_: String,
    /// Who tells.
    pub zone_id: ZoneId,
    /// Open to payments over bridges; no corridor twice.
    #[schemars(length(max = 1000))]
    pub corridors: Vec<KnownCorridor>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownCorridor {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// How often it was told on: 0 for a corridor of whoever tells.
    #[schemars(range(max = 3))]
    pub told: u8,
    /// Both ends, ascending.
    #[schemars(length(min = 2, max = 2))]
    pub zones: Vec<ZoneId>,
}

impl KnownCorridor {
    /// A corridor of one's own.
    #[must_use]
    pub fn own(corridor_id: CorridorId, here: ZoneId, there: ZoneId) -> Self {
        let mut zones = vec![here, there];
        zones.sort();
        Self { corridor_id, told: 0, zones }
    }
}

impl KnownCorridors {
    /// The type of the document.
    pub const TYPE: &'static str = "MEZKnownCorridors";

    /// One's own, and what was told by others and may be told on.
    #[must_use]
    pub fn of(zone_id: ZoneId, own: Vec<KnownCorridor>, told: &[KnownCorridor]) -> Self {
        let mut corridors = own;
        for known in told.iter().filter(|known| known.told <= TOLD_MAX) {
            let is_new = corridors.iter().all(|one| one.corridor_id != known.corridor_id);
            if is_new && corridors.len() < KNOWN_CORRIDORS_MAX {
                corridors.push(known.clone());
            }
        }
        corridors.truncate(KNOWN_CORRIDORS_MAX);
        Self { type_: Self::TYPE.to_owned(), zone_id, corridors }
    }

    /// What `teller` tells, each once more told on: a corridor it calls its own has it for an end.
    ///
    /// # Errors
    /// [`BridgeError`] of a document that is not one, or of another zone.
    pub fn heard(document: &Value, teller: &ZoneId) -> Result<Vec<KnownCorridor>, BridgeError> {
        let read: Self = Canonical::of_value(document).and_then(|one| one.read())?;
        if read.type_ != Self::TYPE {
            return Err(BridgeError::Type(read.type_));
        }
        if read.zone_id != *teller || read.corridors.len() > KNOWN_CORRIDORS_MAX {
            return Err(BridgeError::Route);
        }
        let mut heard = read.corridors;
        for known in &mut heard {
            let [one, other] = known.zones.as_slice() else {
                return Err(BridgeError::Route);
            };
            let own = known.told > 0 || known.zones.contains(teller);
            if one >= other || known.told > TOLD_MAX || !own {
                return Err(BridgeError::Route);
            }
            known.told = known.told.saturating_add(1);
        }
        Ok(heard)
    }
}
