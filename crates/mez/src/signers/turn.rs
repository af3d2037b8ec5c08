//! A signer that makes its own keys, brought to where the zone's keys stand.
//!
//! Invariant: `keys.json` decides; a signer passes to a key only after it names that key, so that what
//! was cut short between the two is finished by the next start, or by asking again.

use link::{Link, RemoteError, RemoteKeys};
use proof::Purpose;
use serde_json::Value;

use crate::founding::Known;

/// The signer's keys once they are those of `known`, and the purposes that had to pass.
///
/// # Errors
/// See [`RemoteError`]; it may be asked again.
pub(crate) fn turned(
    link: &Link,
    known: &Known,
) -> Result<(RemoteKeys, Vec<Purpose>), RemoteError> {
    let mut keys = link::connect(link)?;
    let mut passed = Vec::new();
    for purpose in Purpose::RUNNING {
        let named = known.history.key(purpose);
        // Any other key that differs is for whoever opens the zone to refuse.
        if keys.public.get(&purpose) == Some(named) || keys.next.get(&purpose) != Some(named) {
            continue;
        }
        let key = Value::from(named.to_multikey());
        let Some(rotation) = known.rotations.iter().rfind(|r| r.get("new_key") == Some(&key))
        else {
            continue;
        };
        keys.rotating.turn(rotation)?;
        passed.push(purpose);
    }
    if !passed.is_empty() {
        keys = link::connect(link)?;
    }
    Ok((keys, passed))
}
