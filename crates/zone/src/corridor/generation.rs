//! Which corridor of two zones it is: after one was deprecated, the next has an id of its own.
//!
//! What ended stays as it is, readable and verifiable under its id; the next one names its activation.

use canon::{CorridorId, Digest};
use corridor::handshake::{Definition, corridor_id, id_of_generation};
use corridor::limits::GENERATIONS_MAX;
use corridor::{Party, State};
use proof::integrity::payload_digest;

use super::demands::code;
use super::record::CorridorRecord;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// Where a proposal to a peer has its place.
pub(super) struct Place {
    pub(super) id: CorridorId,
    /// What is held there, unless it has ended.
    pub(super) known: Option<Loaded<CorridorRecord>>,
    /// The generation and the activation of the one before, from the second on.
    pub(super) after: Option<(u64, Digest)>,
}

impl Zone {
    /// The corridor with a peer that goes on, or the place of the next.
    pub(super) fn place(&self, there: &Party) -> Result<Place, Refused> {
        let refused = |error| Refused::conflict(code(&error), error);
        let first = corridor_id(&self.here.participant, &there.participant).map_err(refused)?;
        let mut after = None;
        for generation in 1..=GENERATIONS_MAX {
            let id = id_of_generation(&first, generation).map_err(refused)?;
            let known: Option<Loaded<CorridorRecord>> = self.load("corridor", id.as_str())?;
            match known.as_ref().and_then(ended).transpose()? {
                Some(activation) => after = Some((generation + 1, activation)),
                None => return Ok(Place { id, known, after }),
            }
        }
        Err(Refused::conflict("generation-refused", "the two zones have begun anew too often"))
    }

    /// Whether a peer's definition has its place: the first, or the one after that which ended here as well.
    pub(super) fn follows(&self, there: &Party, definition: &Definition) -> Result<(), Refused> {
        let place = self.place(there)?;
        let stated = definition.generation.zip(definition.previous_activation_sha256);
        if place.id == definition.corridor_id && stated == place.after {
            return Ok(());
        }
        let detail = format!(
            "between these zones it is the turn of `{}`; deprecate what goes on, or propose that one",
            place.id
        );
        Err(Refused::conflict("generation-refused", detail))
    }
}

/// The activation of a corridor that was ended.
fn ended(known: &Loaded<CorridorRecord>) -> Option<Result<Digest, Refused>> {
    let known = &known.value;
    let activation = known.activation.as_ref().filter(|_| known.state == State::Deprecated)?;
    Some(payload_digest(&activation.value()).map_err(Refused::host))
}
