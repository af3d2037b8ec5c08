//! What the other zone decided of a receipt of ours that is part of a payment.

use canon::CorridorId;
use corridor::bridge::{Hop, ReceiptAt, Verdict};

use super::{HOP, subject};
use crate::corridor::{Follow, Verdict as Kept};
use crate::duty::{Duty, Task};
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// A verdict as a payment keeps it.
pub(super) fn heard(id: &CorridorId, kept: &Kept) -> Verdict {
    let by = &kept.ack.carried_by;
    let receipt =
        ReceiptAt { corridor_id: id.clone(), lane: by.lane.clone(), sequence: by.sequence };
    let refused = kept.refusal.as_ref().map(|refusal| refusal.reason_code.as_str().to_owned());
    Verdict { refused, receipt }
}

impl Zone {
    /// Our receipt `sequence` was decided: the payment it is part of moves, unless it has already.
    pub(crate) fn follow_bridge(
        &self,
        (id, sequence): (&CorridorId, u64),
        subject_of: Option<&str>,
    ) -> Result<(), Refused> {
        let _writing = self.writing();
        let now = self.now();
        let key = Kept::id(id, sequence);
        let kept: Kept = self.need("verdict", &key)?.value;
        let hop: Loaded<Hop> = self.need(HOP, &self.awaited((id, sequence), subject_of)?)?;
        let ours = ReceiptAt { corridor_id: id.clone(), lane: self.zone_id().clone(), sequence };
        let value = hop.value.clone().hear(&ours, heard(id, &kept));
        let duty = Duty::of_zone(Task::Bridge);
        let mut writes = self.on_duty(&duty, now, &subject(&hop.value.paid.transfer_id))?;
        if value != hop.value {
            writes.hop(&Loaded { rev: hop.rev, value }, now)?;
        }
        writes.followed(Follow::Bridge, id, sequence);
        writes.commit()
    }
}
