//! What accepting a receipt changes beside the lanes, and what is done here once a receipt of ours was decided there.

use canon::{CorridorId, Timestamp};
use corridor::TransitionKind;
use law::{Admission, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::verdict::Verdict;
use crate::limits::WAITING_MAX;
use crate::pipeline::Judged;
use crate::refused::Refused;
use crate::writes::{Admitted, OnDuty, Writes};
use crate::zone::{Loaded, Zone};

/// Records of receipts whose verdict something waits for, as they were kept before they were jobs.
const AWAITED: &str = "awaited";

/// Where what waits for verdicts on receipts of a corridor stands: by sequence, until the verdict is heard.
fn queue(id: &CorridorId) -> String {
    format!("{AWAITED}/{id}")
}

/// Records written in the commit that acknowledges the receipt.
pub(crate) trait Effect<W> {
    /// Write them.
    fn write(&self, writes: &mut Writes<'_, W>) -> Result<(), Refused>;

    /// What the receipt that acknowledges says, where it says more than that.
    fn reply(&self) -> Option<(TransitionKind, Value)> {
        None
    }
}

/// What this zone decided of one arriving receipt.
pub(crate) enum Decided {
    /// Nothing beside the lanes.
    Noted,
    /// The zone's own state changes.
    OnDuty(Box<dyn Effect<OnDuty>>),
    /// Accepted by law.
    Accepted { admission: Box<Judged<Admission>>, effect: Box<dyn Effect<Admitted>> },
    /// Refused by law; the record goes into the same commit as the acknowledgement.
    RefusedByLaw { refusal: Box<Judged<Refusal>> },
    /// Refused before law is asked.
    RefusedOutright { reason: &'static str },
}

/// Who goes on once a receipt of ours was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Follow {
    /// An asset on its way.
    Asset,
    /// A payment over a bridge.
    Bridge,
    /// A settlement plan.
    Settlement,
}

impl Follow {
    pub(super) const fn task(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Bridge => "bridge",
            Self::Settlement => "settlement",
        }
    }
}

/// A receipt of ours whose verdict is awaited.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Awaited {
    follow: Follow,
    /// Whose receipt it is, in the words of who follows it.
    subject: String,
}

impl<W> Writes<'_, W> {
    /// Go on with `follow` once the peer decided our receipt `sequence`.
    pub(crate) fn follow(
        &mut self,
        follow: Follow,
        (id, sequence): (&CorridorId, u64),
        subject: &str,
    ) -> Result<(), Refused> {
        let awaited = Awaited { follow, subject: subject.to_owned() };
        let body = serde_json::to_value(&awaited).map_err(Refused::host)?;
        let at = i64::try_from(sequence).map_err(Refused::host)?;
        let at = Timestamp::from_unix(at).map_err(Refused::host)?;
        self.job(format!("{AWAITED}/{}", Verdict::id(id, sequence)), &queue(id), at, &body);
        Ok(())
    }
}

impl Zone {
    /// Whose receipt of ours `sequence` is: as its job says, or as it was kept before.
    pub(crate) fn awaited(
        &self,
        (id, sequence): (&CorridorId, u64),
        subject: Option<&str>,
    ) -> Result<String, Refused> {
        if let Some(subject) = subject {
            return Ok(subject.to_owned());
        }
        let awaited: Loaded<Awaited> = self.need(AWAITED, &Verdict::id(id, sequence))?;
        Ok(awaited.value.subject)
    }

    /// The verdict on our receipt `sequence` is in this commit: whoever waits for it is called.
    pub(super) fn decided_there<W>(
        &self,
        writes: &mut Writes<'_, W>,
        (id, sequence): (&CorridorId, u64),
        now: Timestamp,
    ) -> Result<(), Refused> {
        let name = format!("{AWAITED}/{}", Verdict::id(id, sequence));
        let at = i64::try_from(sequence).map_err(Refused::host)?;
        let waiting = self.store.jobs(&queue(id), at, WAITING_MAX)?;
        if let Some(row) = waiting.into_iter().find(|row| row.id == name) {
            let awaited: Awaited = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            writes.follow_job(awaited.follow, (id, sequence), Some(&awaited.subject), now);
            writes.done(name);
            return Ok(());
        }
        let kept: Option<Loaded<Awaited>> = self.load(AWAITED, &Verdict::id(id, sequence))?;
        if let Some(kept) = kept {
            writes.follow_job(kept.value.follow, (id, sequence), Some(&kept.value.subject), now);
        }
        Ok(())
    }
}
