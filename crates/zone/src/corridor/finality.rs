//! How final a receipt is, from what this zone holds.

use canon::{CorridorId, Digest, ZoneId};
use corridor::Cut;
use corridor::finality::{Evidence, Finality, Known};
use proof::Checkpoint;
use proof::integrity::payload_digest;
use serde_json::Value;

use super::context::Open;
use super::cut::CutRecord;
use super::record::stream_here;
use super::verdict::Verdict;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

impl Zone {
    /// How final a receipt is: of the lane written here, unless another is named; the last one,
    /// unless a sequence is given.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for a lane or receipt that is not there, or the store.
    pub fn finality(
        &self,
        id: &CorridorId,
        lane: Option<&ZoneId>,
        sequence: Option<u64>,
    ) -> Result<Value, Refused> {
        let open = self.open_corridor(id)?;
        let finality = self.finality_in(&open, &self.cut_records(id)?, lane, sequence)?;
        serde_json::to_value(&finality).map_err(Refused::host)
    }

    pub(crate) fn finality_in(
        &self,
        open: &Open,
        cuts: &[CutRecord],
        lane: Option<&ZoneId>,
        sequence: Option<u64>,
    ) -> Result<Finality, Refused> {
        let id = &open.terms.corridor_id;
        let stream = self.stream_of(open, lane)?;
        let ours = stream == stream_here(id);
        let lane = if ours { &open.lane_here.value } else { &open.lane_there.value };
        let absent = || Refused::absent("receipt", sequence.unwrap_or(0));
        let last = lane.size().checked_sub(1).ok_or_else(absent)?;
        let sequence = sequence.unwrap_or(last);
        let item = self.items(&stream, sequence, 1)?.into_iter().next().ok_or_else(absent)?;
        let receipt = item.read().map_err(Refused::host)?;
        let next_root = receipt.next_root;
        let quorate = self.quorate(open, lane.owner(), sequence)?;
        let known = Known {
            receipt: Evidence::Receipt { next_root },
            accepted: match ours {
                // A pure ack asks for nothing that could be accepted.
                _ if !receipt.transition.kind.is_owed_ack() => Ok(Evidence::Receipt { next_root }),
                true => self.accepted_there(id, sequence)?,
                false => self.accepted_here(open, sequence)?,
            },
            cut: first_cut(open, cuts, lane.owner(), sequence)?,
            anchor: self.anchor_of(id, quorate.as_ref().map(|found| found.cut_sha256))?,
            quorum: match quorate {
                Some(found) => Ok(Evidence::Attestations {
                    cut_sha256: found.cut_sha256,
                    set_sha256: found.set_sha256,
                    quorum: found.tally,
                }),
                None => self.confirmed(id, &stream, sequence)?,
            },
        };
        Ok(Finality::of(known, (id.clone(), lane.owner().clone(), sequence), self.now()))
    }

    /// What the other zone decided of our receipt.
    fn accepted_there(
        &self,
        id: &CorridorId,
        sequence: u64,
    ) -> Result<Result<Evidence, String>, Refused> {
        let verdict: Option<Loaded<Verdict>> = self.load("verdict", &Verdict::id(id, sequence))?;
        Ok(match verdict.map(|verdict| verdict.value) {
            None => Err("the other zone's acknowledgement".to_owned()),
            Some(Verdict { refusal: Some(refusal), .. }) => {
                Err(format!("nothing can: the other zone refused it ({})", refusal.reason_code))
            }
            Some(Verdict { ack, .. }) => Ok(Evidence::Ack {
                lane: ack.carried_by.lane,
                sequence: ack.carried_by.sequence,
                size: ack.size,
            }),
        })
    }

    /// What this zone decided of a receipt from there: said by the first ack of ours that covers it.
    fn accepted_here(
        &self,
        open: &Open,
        sequence: u64,
    ) -> Result<Result<Evidence, String>, Refused> {
        if open.lane_here.value.acked() <= sequence {
            return Ok(Err("this zone's acknowledgement".to_owned()));
        }
        let stream = stream_here(&open.terms.corridor_id);
        let mut at = self.first_that_saw(&stream, open.lane_here.value.size(), sequence)?;
        // An ack is written soon after its lane has seen what it covers.
        while let Some(item) = self.items(&stream, at, 1)?.into_iter().next() {
            let receipt = item.read().map_err(Refused::host)?;
            let covering = receipt.ack.as_ref().filter(|ack| ack.size > sequence);
            if let Some(ack) = covering {
                let refused = ack.refused.iter().find(|refused| refused.sequence == sequence);
                return Ok(match refused {
                    Some(refused) => {
                        Err(format!("nothing can: this zone refused it ({})", refused.reason_code))
                    }
                    None => Ok(Evidence::Ack {
                        lane: receipt.lane.clone(),
                        sequence: receipt.sequence,
                        size: ack.size,
                    }),
                });
            }
            at = at.saturating_add(1);
        }
        Err(Refused::host("the lane here acknowledges more than its receipts say"))
    }

    /// The first receipt of the lane here that had seen more than `sequence` of the other:
    /// what a lane has seen never shrinks, so it is found by halving.
    fn first_that_saw(&self, stream: &str, size: u64, sequence: u64) -> Result<u64, Refused> {
        let (mut low, mut high) = (0, size);
        while low < high {
            let middle = low + (high - low) / 2;
            let item = self.items(stream, middle, 1)?.into_iter().next();
            let item = item.ok_or_else(|| Refused::host("a lane ends before its size"))?;
            let seen = item.read().map_err(Refused::host)?.seen.map_or(0, |seen| seen.size);
            if seen > sequence { high = middle } else { low = middle + 1 }
        }
        Ok(low)
    }

    /// A checkpoint over the receipt that a quorum of the witnesses this zone chose cosigned.
    fn confirmed(
        &self,
        id: &CorridorId,
        stream: &str,
        sequence: u64,
    ) -> Result<Result<Evidence, String>, Refused> {
        let watchers = match self.set_now(id)? {
            Some(_) => "attestations of a cut over it by more than two thirds of the watchers",
            None => "a set of watchers",
        };
        if self.watched.policy().is_none() {
            return Ok(Err(format!("{watchers}, or witnesses: this zone has chosen none")));
        }
        let note = self.watched.cosigned(stream, self.now());
        let found = note.and_then(|note| {
            let size = Checkpoint::claimed_size(&note).filter(|size| *size > sequence)?;
            Some(Evidence::Note { note_sha256: Digest::of_blob(&note), size })
        });
        let note = "a checkpoint over it, cosigned by a quorum and not stale";
        Ok(found.ok_or_else(|| format!("{watchers}, or {note}")))
    }
}

/// The first cut over a receipt. Each cut covers those before it, so the last ones are looked at first.
fn first_cut(
    open: &Open,
    cuts: &[CutRecord],
    lane: &ZoneId,
    sequence: u64,
) -> Result<Option<Evidence>, Refused> {
    let mut first = None;
    for record in cuts.iter().rev() {
        let cut = Cut::read(&record.cut, &open.terms).map_err(Refused::host)?;
        let covered = cut.lanes.iter().find(|l| l.zone_id == *lane && l.size > sequence);
        let Some(covered) = covered else { break };
        first = Some((record, covered.size));
    }
    let evidence = |(record, size): (&CutRecord, u64)| {
        let cut_sha256 = payload_digest(&record.cut).map_err(Refused::host)?;
        Ok(Evidence::Cut { cut_sha256, size })
    };
    first.map(evidence).transpose()
}
