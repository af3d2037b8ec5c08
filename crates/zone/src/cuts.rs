//! Where the logs of a stopped zone stand, for a rotation of its keys to name.
//!
//! Invariant: a place is named only of data that are whole and newest, and in which every rotation
//! before is stated; so no sequence is left to a key that is gone.

use canon::CorridorId;
use corridor::Party;
use proof::rotation::CutOver;
use store::StoreError;

use crate::config::Config;
use crate::startup::{self, LANES, StartError};

/// A zone whose keys cannot be rotated as it stands.
#[derive(Debug, thiserror::Error)]
pub enum CutsError {
    /// The zone would not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The zone would sign nothing.
    #[error("the zone signs nothing: {0}")]
    NotSigning(String),
    /// The rotation before is not stated yet.
    #[error("the rotation before is not yet stated in `{0}`")]
    Unstated(String),
}

impl From<StoreError> for CutsError {
    fn from(error: StoreError) -> Self {
        Self::Start(error.into())
    }
}

/// The next sequence of every log of a stopped zone, by origin: every lane with a receipt, and the
/// zone log.
///
/// # Errors
/// Anything that keeps the zone from signing now.
pub fn cuts(config: &Config) -> Result<Vec<CutOver>, CutsError> {
    startup::check_identity(config)?;
    startup::log_begun(config)?;
    startup::keys_head(config)?;
    if let Some(why) = startup::reconcile(config)? {
        return Err(CutsError::NotSigning(why));
    }
    let store = config.store.as_ref();
    let party = Party::with(config.history.clone());
    let mut cuts = Vec::new();
    for (stream, head) in store.heads(LANES)? {
        let id = stream.strip_prefix(LANES).map(CorridorId::parse);
        let Some(Ok(id)) = id else { return Err(CutsError::NotSigning(format!("`{stream}`"))) };
        let from_sequence = head.seq.saturating_add(1);
        if party.stated_at(&id, from_sequence).is_some() {
            return Err(CutsError::Unstated(stream));
        }
        cuts.push(CutOver { log: party.lane_origin(&id), from_sequence });
    }
    if let Some((head, _)) = crate::log::standing(store)? {
        let from_sequence = head.seq.saturating_add(1);
        cuts.push(CutOver { log: crate::log_origin(&party), from_sequence });
    }
    cuts.sort();
    Ok(cuts)
}
