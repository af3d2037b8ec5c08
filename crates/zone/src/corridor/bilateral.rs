//! Both sides' decisions on one receipt, in one view: the writer's, which the receipt commits to, and the reader's,
//! which its acknowledgement tells. A side that has not been heard is missing, and what misses a side is pending.

use canon::{CorridorId, Digest, ZoneId};
use corridor::{LaneReceipt, Refused as RefusedThere};
use law::Decision;
use serde::Serialize;
use serde_json::{Value, json};

use super::context::Open;
use super::record::stream_here;
use super::verdict::Verdict;
use crate::pipeline::compliance;
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

/// Index of decisions by the receipt they are about.
const BY_RECEIPT: &str = "receipt-decision";

/// Where a side stands, and where both stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Stands {
    /// Not heard.
    Pending,
    /// Law admitted it there.
    Admitted,
    /// It is accepted, and law had nothing to decide.
    Accepted,
    /// It is not.
    Refused,
}

/// Both together: a refusal of either decides, then whatever is missing.
const fn together(writer: Stands, reader: Stands) -> Stands {
    use Stands::{Accepted, Admitted, Pending, Refused};
    match (writer, reader) {
        (Refused, _) | (_, Refused) => Refused,
        (Pending, _) | (_, Pending) => Pending,
        (Admitted, Admitted) => Admitted,
        (Accepted | Admitted, Accepted | Admitted) => Accepted,
    }
}

/// What one side decided, as far as it is known here.
#[derive(Debug, Serialize)]
struct Side {
    zone_id: ZoneId,
    state: Stands,
    /// The side's commitment to its decision.
    decision_sha256: Option<Digest>,
    reason_code: Option<String>,
    /// The receipt of its lane that says so.
    receipt: Option<Value>,
    /// The decision itself, where it was made here.
    decision: Option<Value>,
}

impl Side {
    fn missing(zone_id: &ZoneId) -> Self {
        Self {
            zone_id: zone_id.clone(),
            state: Stands::Pending,
            decision_sha256: None,
            reason_code: None,
            receipt: None,
            decision: None,
        }
    }
}

fn key(id: &CorridorId, lane: &ZoneId, sequence: u64) -> String {
    format!("{id}/{lane}/{sequence:012}")
}

impl<W> Writes<'_, W> {
    /// The decision of this commit is about a receipt.
    pub(super) fn decides(&mut self, receipt: &LaneReceipt) {
        let value = key(&receipt.corridor_id, &receipt.lane, receipt.sequence);
        let sequence = format!("{:012}", self.sequence);
        self.put_index(BY_RECEIPT, BY_RECEIPT, &value, &sequence);
    }
}

impl Zone {
    /// What both zones decided of a receipt of either lane.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn receipt_compliance(
        &self,
        id: &CorridorId,
        lane: Option<&ZoneId>,
        sequence: u64,
    ) -> Result<Value, Refused> {
        let open = self.open_corridor(id)?;
        let stream = self.stream_of(&open, lane)?;
        let item = self.items(&stream, sequence, 1)?.pop();
        self.released();
        let item = item.ok_or_else(|| Refused::absent("receipt", sequence))?;
        let receipt = item.read().map_err(Refused::host)?;
        let kind = receipt.transition.kind;
        let decision = self.decided_here(&receipt)?;
        let ours = receipt.lane == *self.zone_id();
        let mut writer = self.writer(&receipt);
        let mut reader = match ours {
            true => self.reader_there(&open, sequence)?,
            false => self.reader_here(&open, sequence)?,
        };
        let side = if ours { &mut writer } else { &mut reader };
        side.decision = decision.map(|(decision, digest)| {
            if ours && decision.outcome() != law::Outcome::Allow {
                side.state = Stands::Refused;
            }
            compliance(&decision, digest)
        });
        let state = together(writer.state, reader.state);
        Ok(json!({
            "corridor_id": id,
            "lane": receipt.lane,
            "sequence": sequence,
            "kind": kind,
            "state": state,
            "writer": writer,
            "reader": reader,
        }))
    }

    /// The decision made here about a receipt, while its entry of the journal is known.
    pub(crate) fn decided_here(
        &self,
        receipt: &LaneReceipt,
    ) -> Result<Option<(Decision, Digest)>, Refused> {
        let value = key(&receipt.corridor_id, &receipt.lane, receipt.sequence);
        let found = self.store.find(BY_RECEIPT, BY_RECEIPT, &value, None, 1)?;
        let Some(sequence) = found.first().and_then(|id| id.parse::<u64>().ok()) else {
            return Ok(None);
        };
        let record = canon::Canonical::of_value(&self.decision_at(sequence)?);
        let record = record.map_err(Refused::host)?;
        // Refused before law was asked, or taken up again: the entry is a duty.
        Ok(Decision::parse(&record).ok().map(|decision| (decision, record.digest())))
    }

    /// The writer's side: the receipt is its word.
    fn writer(&self, receipt: &LaneReceipt) -> Side {
        let decided = receipt.transition.kind.is_decided();
        let state = if decided { Stands::Admitted } else { Stands::Accepted };
        Side {
            state,
            decision_sha256: receipt.decision_commitment,
            receipt: Some(json!({ "lane": receipt.lane, "sequence": receipt.sequence })),
            ..Side::missing(&receipt.lane)
        }
    }

    /// The peer's verdict on a receipt of ours.
    fn reader_there(&self, open: &Open, sequence: u64) -> Result<Side, Refused> {
        let missing = Side::missing(open.there.zone());
        let id = Verdict::id(&open.terms.corridor_id, sequence);
        let verdict: Option<Loaded<Verdict>> = self.load("verdict", &id)?;
        let Some(Loaded { value: verdict, .. }) = verdict else { return Ok(missing) };
        let by = &verdict.ack.carried_by;
        let refusal = verdict.refusal.as_ref();
        let stream = super::record::stream_there(&open.terms.corridor_id);
        let item = self.items(&stream, by.sequence, 1)?.pop();
        let told = item.map(|item| item.read()).transpose().map_err(Refused::host)?;
        let commitment = told.and_then(|told| decision_on(&told, sequence));
        Ok(Side {
            state: read_as(refusal.is_some(), commitment),
            decision_sha256: refusal.map(|refusal| refusal.decision_sha256).or(commitment),
            reason_code: refusal.map(|refusal| refusal.reason_code.as_str().to_owned()),
            receipt: Some(json!({ "lane": by.lane, "sequence": by.sequence })),
            ..missing
        })
    }

    /// Our verdict on a receipt of the peer's, as our lane tells it.
    fn reader_here(&self, open: &Open, sequence: u64) -> Result<Side, Refused> {
        let missing = Side::missing(self.zone_id());
        let lane = &open.lane_here.value;
        if lane.acked() <= sequence {
            return Ok(missing);
        }
        let stream = stream_here(&open.terms.corridor_id);
        let read = |at: u64| -> Result<LaneReceipt, Refused> {
            let item = self.items(&stream, at, 1)?.pop();
            let item = item.ok_or_else(|| Refused::host("a lane ends before its size"))?;
            item.read().map_err(Refused::host)
        };
        // What a receipt has seen never shrinks, and nothing is acknowledged unseen.
        let (mut low, mut high) = (0, lane.size());
        while low < high {
            let middle = low + (high - low) / 2;
            match read(middle)?.seen.is_some_and(|seen| seen.size > sequence) {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        for at in low..lane.size() {
            let told = read(at)?;
            let Some(ack) = told.ack.as_ref().filter(|ack| ack.size > sequence) else { continue };
            let refusal = ack.refused.iter().find(|refused| refused.sequence == sequence);
            let commitment = decision_on(&told, sequence);
            return Ok(Side {
                state: read_as(refusal.is_some(), commitment),
                decision_sha256: refusal.map(decision_of).or(commitment),
                reason_code: refusal.map(|refused| refused.reason_code.clone()),
                receipt: Some(json!({ "lane": told.lane, "sequence": told.sequence })),
                ..missing
            });
        }
        Ok(missing)
    }
}

/// What an acknowledgement commits to of the receipt it is about: the last of those it decides.
fn decision_on(told: &LaneReceipt, sequence: u64) -> Option<Digest> {
    let about = told.ack.as_ref().is_some_and(|ack| ack.size.checked_sub(1) == Some(sequence));
    told.decision_commitment.filter(|_| about)
}

/// A reader that law asked commits to what it said.
const fn read_as(refused: bool, commitment: Option<Digest>) -> Stands {
    match (refused, commitment) {
        (true, _) => Stands::Refused,
        (false, Some(_)) => Stands::Admitted,
        (false, None) => Stands::Accepted,
    }
}

fn decision_of(refused: &RefusedThere) -> Digest {
    refused.decision_sha256
}

#[cfg(test)]
mod tests {
    use super::Stands::{Accepted, Admitted, Pending, Refused};
    use super::together;

    #[test]
    fn a_missing_side_is_pending_and_a_refusal_decides() {
        let all = [Pending, Admitted, Accepted, Refused];
        for one in all {
            for other in all {
                let both = together(one, other);
                assert_eq!(both, together(other, one));
                assert_eq!(both == Refused, one == Refused || other == Refused);
                let waits = both != Refused && [one, other].contains(&Pending);
                assert_eq!(both == Pending, waits);
                assert_eq!(both == Admitted, one == Admitted && other == Admitted);
            }
        }
    }
}
