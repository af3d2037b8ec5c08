//! What the other zone decided of a receipt written here: kept per receipt, never changed.

use canon::{CorridorId, Timestamp};
use corridor::{LaneReceipt, Refused as RefusedThere};
use registry::{AckRef, LaneRef, RefusalRef, Slug};
use serde::{Deserialize, Serialize};

use crate::refused::Refused;

/// The verdict on one of our receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verdict {
    #[serde(rename = "type")]
    type_: String,
    pub(crate) ack: AckRef,
    /// When it was learned.
    pub(crate) at: Timestamp,
    /// Absent: accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refusal: Option<RefusalRef>,
}

impl Verdict {
    /// Record id of the verdict on our receipt `sequence`.
    pub(crate) fn id(corridor: &CorridorId, sequence: u64) -> String {
        format!("{corridor}/{sequence:012}")
    }

    /// The verdict that `receipt` (of the other lane) gives on our `sequence`.
    pub(crate) fn of(
        receipt: &LaneReceipt,
        size: u64,
        sequence: u64,
        refused: Option<&RefusedThere>,
        at: Timestamp,
    ) -> Result<Self, Refused> {
        let carried_by = LaneRef {
            lane: receipt.lane.clone(),
            sequence: receipt.sequence,
            next_root: receipt.next_root,
        };
        let ack = AckRef { carried_by, size };
        let refusal = refused.map(|refused| {
            let reason_code = Slug::parse(&refused.reason_code)
                .map_err(|e| Refused::peer("receipt-refused", format!("reason code {e}")))?;
            Ok::<_, Refused>(RefusalRef {
                ack: ack.clone(),
                sequence,
                reason_code,
                decision_sha256: refused.decision_sha256,
            })
        });
        let refusal = refusal.transpose()?;
        Ok(Self { type_: "MEZVerdict".to_owned(), ack, at, refusal })
    }
}
