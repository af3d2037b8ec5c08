//! The judge of an alarm that lies alone, with its evidence beside it.

use canon::{Canonical, Did};

use super::alarm::{Alarm, Raised};
use crate::documents::{self, Since};
use crate::evidence::accused;
use crate::verify::{Alone, Known};

/// Judges an alarm: that every file of evidence proves a fork of the lane, that the credential says
/// exactly that, and that the other zone of the corridor signed it, as far as `zones` has its keys.
///
/// VALID under `trust` in both: the zone accused, whose keys the evidence carries, and the one that says so.
#[must_use]
pub fn judge_alarm(bytes: &[u8], trust: &[Did], zones: &[Known]) -> Alone<Alarm> {
    let read = Canonical::exact(bytes).and_then(|canonical| canonical.read::<Raised>());
    let raised = match read {
        Ok(raised) => raised,
        Err(error) => return Alone::invalid("malformed", error),
    };
    let claimed = match documents::peek::<Alarm>(&raised.credential) {
        Ok(claimed) => claimed,
        Err(error) => return Alone::invalid("alarm", error),
    };
    let Some(by) = raised.evidence.first().and_then(accused) else {
        return Alone::invalid(
            "evidence",
            "no file of evidence names the keys of the zone accused",
        );
    };
    let alarm = claimed.subject;
    let raiser = zones.iter().find(|known| *known.party.did() == claimed.issuer);
    let Some(raiser) = raiser else {
        // The evidence needs nobody's word.
        let proven = Alarm::of(&alarm.fork(), &alarm.corridor_id, &by, &raised.evidence);
        return match proven {
            Ok(proven) if proven == alarm => {
                let detail =
                    format!("the inception document of `{}` was not given", claimed.issuer);
                Alone::unknown(alarm, claimed.issuer, ("inception-missing", detail))
            }
            Ok(_) => Alone::invalid("alarm", "it does not say what its evidence proves"),
            Err(error) => Alone::invalid("alarm", error),
        };
    };
    let trusted = trust.iter().any(|did| did.base() == *by.did());
    match raised.read(&alarm.corridor_id, Since(&raiser.party, None), &by) {
        Ok(alarm) => Alone::signed(alarm, &[raiser, &Known { party: by, trusted }]),
        Err(error) => Alone::invalid("alarm", error),
    }
}
