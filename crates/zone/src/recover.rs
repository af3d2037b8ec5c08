//! Making a lost signer's cell anew from the journal and from what peers say they hold.
//!
//! The cell is what keeps a key from signing a position twice. When its file is gone, the journal
//! alone cannot tell whether it is the newest one; each peer can, for the lane it mirrors.
//!
//! Invariant: a cell is made only where there is none, for entries that are chained and signed by
//! this zone, and only when no peer holds more of a lane than the journal does.

use std::collections::BTreeMap;

use canon::Digest;
use store::cell::{Advance, CellError};
use store::{Head, StoreError};

use crate::config::Config;
use crate::journal::{DECISIONS, DECISIONS_LANE};
use crate::startup::{self, INCEPTION_LANE, LANES, StartError};

/// One stream the new cell stands at the end of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The stream of the journal.
    pub stream: String,
    /// Sequence of its last entry.
    pub sequence: u64,
    /// Root of its last entry.
    pub root: Digest,
    /// How many of its receipts the peer holds; none for the decision journal, which has no peer.
    pub held: Option<u64>,
}

/// A cell that is not made.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// There is one; nothing is lost.
    #[error("the signer's cell is there: nothing is recovered beside it")]
    CellPresent,
    /// The journal is empty: the start makes the first cell.
    #[error("nothing was signed yet: the zone makes its cell when it starts")]
    NothingSigned,
    /// Nobody said how much the peer of a lane holds.
    #[error("corridor `{corridor}` has {size} receipts here; how many its peer holds is not told")]
    NotTold {
        /// The corridor.
        corridor: String,
        /// Receipts of its lane in the journal.
        size: u64,
    },
    /// The journal has no lane of that corridor, though a peer holds receipts of it.
    #[error("corridor `{0}` has no lane in this journal")]
    UnknownCorridor(String),
    /// The journal is older than what a peer holds.
    #[error("corridor `{corridor}` has {size} receipts here, and its peer holds {held}")]
    Behind {
        /// The corridor.
        corridor: String,
        /// Receipts of its lane in the journal.
        size: u64,
        /// What the peer holds.
        held: u64,
    },
    /// The journal is not this zone's own.
    #[error("the journal is refused: {0}")]
    NotOurs(String),
    /// The zone does not fit its data.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The cell.
    #[error(transparent)]
    Cell(#[from] CellError),
}

impl From<StoreError> for RecoverError {
    fn from(error: StoreError) -> Self {
        Self::Start(error.into())
    }
}

/// Make the missing cell of a stopped zone. `held` gives, by corridor, how many receipts of this
/// zone's lane the peer says it holds; whoever calls has shown the root key.
///
/// # Errors
/// Any doubt; nothing is written then.
pub fn recover_cell(
    config: &Config,
    held: &BTreeMap<String, u64>,
) -> Result<Vec<Recovered>, RecoverError> {
    startup::check_identity(config)?;
    let cell = config.keys.cell.as_ref();
    if cell.existed() || !cell.lanes().is_empty() {
        return Err(RecoverError::CellPresent);
    }
    let store = config.store.as_ref();
    let lanes = store.heads(LANES)?;
    let known = |corridor: &String| {
        lanes.iter().any(|(stream, _)| stream.strip_prefix(LANES) == Some(corridor))
    };
    if let Some((corridor, _)) = held.iter().find(|(name, held)| **held > 0 && !known(name)) {
        return Err(RecoverError::UnknownCorridor(corridor.clone()));
    }
    let mut found = Vec::new();
    if let Some(head) = store.head(DECISIONS)? {
        found.push(checked(config, head, (DECISIONS, None))?);
    }
    for (stream, head) in &lanes {
        let corridor = stream.strip_prefix(LANES).unwrap_or_default();
        let told = count(corridor, *head, held.get(corridor).copied())?;
        found.push(checked(config, *head, (stream, Some(told)))?);
    }
    if found.is_empty() {
        return Err(RecoverError::NothingSigned);
    }
    let begun = Advance {
        lane: INCEPTION_LANE.to_owned(),
        sequence: 0,
        next_root: config.inception().digest(),
    };
    let step = |stream: &Recovered| {
        let lane = if stream.stream == DECISIONS { DECISIONS_LANE } else { stream.stream.as_str() };
        Advance { lane: lane.to_owned(), sequence: stream.sequence, next_root: stream.root }
    };
    let mut steps: Vec<Advance> = std::iter::once(begun).chain(found.iter().map(step)).collect();
    // The log is made of those streams; what it says at their ends was or may be signed.
    if let Some((head, peaks)) = crate::log::standing(store)? {
        let (lane, sequence) = (crate::log::LOG.to_owned(), head.seq);
        steps.push(Advance { lane, sequence, next_root: peaks.root() });
    }
    cell.advance_all(&steps)?;
    Ok(found)
}

fn count(corridor: &str, head: Head, held: Option<u64>) -> Result<u64, RecoverError> {
    let (corridor, size) = (corridor.to_owned(), head.seq.saturating_add(1));
    match held {
        None => Err(RecoverError::NotTold { corridor, size }),
        Some(held) if held > size => Err(RecoverError::Behind { corridor, size, held }),
        Some(held) => Ok(held),
    }
}

fn checked(
    config: &Config,
    head: Head,
    (stream, held): (&str, Option<u64>),
) -> Result<Recovered, RecoverError> {
    match startup::not_ours(config, head, None, stream)? {
        Some(why) => Err(RecoverError::NotOurs(why)),
        None => {
            let stream = stream.to_owned();
            Ok(Recovered { stream, sequence: head.seq, root: head.root, held })
        }
    }
}
