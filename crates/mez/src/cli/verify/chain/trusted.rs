//! A checkpoint that is believed: what it commits to needs no signature of its own.

use std::path::PathBuf;

use canon::{CorridorId, Timestamp};
use corridor::verify::Known;
use proof::witness::{CosignerKey, Policy};
use proof::{Checkpoint, Verified};

use crate::cli::{Exit, Failure, file};

/// How old a cosignature may be unless said otherwise: a year.
const STALE_SECS: u64 = 366 * 24 * 3600;

/// The checkpoint, and who must have cosigned it.
#[derive(clap::Args)]
pub(super) struct TrustedCheckpoint {
    /// A checkpoint note of the lane: receipts below it are hashed, and their signatures left to it
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// A witness that must have cosigned it, <name>+<hex id>+<base64>; may be repeated
    #[arg(long = "witness", value_name = "VKEY", requires = "checkpoint")]
    witnesses: Vec<String>,
    /// How many of the witnesses; all, unless given
    #[arg(long, value_name = "K", requires = "witnesses")]
    quorum: Option<usize>,
    /// Oldest cosignature that counts, in seconds; a year, unless given
    #[arg(long, value_name = "SECONDS", requires = "witnesses")]
    stale: Option<u64>,
}

/// A head that the lane must pass through.
pub(super) struct Head {
    pub checkpoint: Verified<Checkpoint>,
    /// Who cosigned it, of those asked for.
    pub witnesses: Vec<String>,
}

impl TrustedCheckpoint {
    /// The head of the lane of `known` in this corridor; nothing where none is given.
    pub(super) fn head(
        &self,
        known: &Known,
        corridor: &CorridorId,
        now: Timestamp,
    ) -> Result<Option<Head>, Failure> {
        let Some(path) = &self.checkpoint else { return Ok(None) };
        let note = file::read_document(path)?;
        let origin = known.party.lane_origin(corridor);
        let refused = |error: &dyn std::error::Error| {
            let what = format!("`{}` is not a believable checkpoint of `{origin}`", path.display());
            let remedy = "fetch it anew; --witness and --quorum say who must have cosigned it";
            Failure::new(Exit::Invalid, "checkpoint-refused", what, remedy).because(error)
        };
        if self.witnesses.is_empty() {
            let checkpoint = known.party.checkpoint(&note, &origin);
            let checkpoint = checkpoint.map_err(|error| refused(&error))?;
            return Ok(Some(Head { checkpoint, witnesses: Vec::new() }));
        }
        let policy = self.policy()?;
        let log = known.party.note_key(&origin, Checkpoint::claimed_size(&note).unwrap_or(0));
        let cosigned = policy.verify(&note, &origin, log, now).map_err(|error| refused(&error))?;
        let witnesses = cosigned.seen().iter().map(|seen| seen.name.clone()).collect();
        Ok(Some(Head { checkpoint: cosigned.checkpoint(), witnesses }))
    }

    fn policy(&self) -> Result<Policy, Failure> {
        let wrong = |error: &dyn std::error::Error| {
            let remedy = "give --witness as `mez witness init` prints it, and a quorum among them";
            Failure::usage("the witnesses are no policy", remedy).because(error)
        };
        let keys: Result<Vec<_>, _> =
            self.witnesses.iter().map(|text| CosignerKey::parse(text)).collect();
        let keys = keys.map_err(|error| wrong(&error))?;
        let quorum = self.quorum.unwrap_or(keys.len());
        let stale = self.stale.unwrap_or(STALE_SECS);
        Policy::new(keys, quorum, stale).map_err(|error| wrong(&error))
    }
}
