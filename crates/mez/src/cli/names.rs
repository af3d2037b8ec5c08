//! Names of entities for commands that make decisions again, of a zone whose records lie at Mass.

use std::error::Error;
use std::sync::Arc;

use canon::Clock;
use proof::personal::ZoneKey;
use zone::Refused;
use zone::mass::Primitives;

use super::failure::Failure;
use super::{Exit, SystemClock, SystemEntropy};
use crate::founding::{personal_key_at, read_keys};
use crate::layout::ZoneDir;
use crate::mass;

/// Where a zone's records lie, and the key that what is personal is sealed under, where it is at hand. A zone that keeps
/// its records itself needs neither.
pub(super) fn way(dir: &ZoneDir) -> Result<(Primitives, Option<ZoneKey>), Failure> {
    if !dir.primitives().exists() {
        return Ok((Primitives::Sovereign, None));
    }
    let known = read_keys(dir).map_err(|error| wrong("zone-folder", &error))?;
    let realm = known.history.inception().realm();
    let clock = SystemClock::open().map_err(|error| wrong("clock", &error))?;
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let primitives =
        mass::primitives(dir, realm, clock).map_err(|error| wrong("primitives", &error))?;
    let path = dir.personal_key();
    // None is made here: under another nothing opens.
    let key = match path.exists() {
        true => Some(personal_key_at(&path, &SystemEntropy)).transpose(),
        false => Ok(None),
    };
    Ok((primitives, key.map_err(|error| wrong("zone-folder", &error))?))
}

fn wrong(code: &'static str, error: &dyn Error) -> Failure {
    let what = "the way to Mass, where this zone keeps its records, cannot be used";
    Failure::new(Exit::Error, code, what, "check primitives.json and the files it names")
        .because(error)
}

/// What became of asking there.
pub(super) fn refused(error: &Refused) -> Failure {
    let what = "the name a decision was made upon cannot be had from Mass";
    Failure::new(Exit::Unavailable, error.code(), what, "see docs/mass.md, then try again")
        .because(error)
}
