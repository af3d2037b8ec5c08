//! Checkpoints of other chains in the lanes of a bundle, judged again.
//!
//! Whoever wrote or took one judged it once; a stranger does not rest on that. One that does not hold and was accepted all
//! the same makes the bundle INVALID: both zones then acted on what is not so. One that was refused, or that nobody
//! decided, moved nothing. What each rests on is told; whether that is trusted is for the caller.

use canon::ZoneId;
use serde::Serialize;

use super::container::Opened;
use super::judge::{Fault, Judged};
use super::lanes::ReadLane;
use crate::attachment::{About, Attachment, Relation, Rests};
use crate::limits::ATTACHMENTS_TOLD_MAX;
use crate::party::Party;

/// A checkpoint attached to a receipt, that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttachmentSummary {
    /// Whose lane carries it.
    pub lane: ZoneId,
    /// Where.
    pub sequence: u64,
    /// What the other chain has to do with it.
    pub relation: Relation,
    /// The receipt of this corridor it belongs to, if to any but its own.
    pub about: Option<About>,
    /// What it rests on.
    pub rests: Rests,
    /// Whether the other zone accepted it; unset while it did not decide.
    pub accepted: Option<bool>,
}

/// What a bundle's attachments come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachments {
    /// Those that hold, as many as are told.
    pub told: Vec<AttachmentSummary>,
    /// How many hold.
    pub sound: u64,
    /// How many do not; none of them was accepted.
    pub unsound: u64,
    /// How many are withheld.
    pub withheld: u64,
}

/// Judges every attachment of both lanes.
pub(super) fn judge<'s>(
    bundle: &Opened<'s>,
    parties: [&Party; 2],
    lanes: &mut [ReadLane<'s>; 2],
) -> Judged<Attachments> {
    let mut all = Attachments::default();
    for (at, party) in parties.into_iter().enumerate() {
        let sequences = lanes.get(at).map(|lane| lane.attached().to_vec()).unwrap_or_default();
        for sequence in sequences {
            let found = one(bundle, (parties, lanes), (at, sequence))?;
            let accepted = decided(lanes, at, sequence);
            match found {
                None => all.withheld += 1,
                Some(Ok((attachment, rests))) => {
                    all.sound += 1;
                    if all.told.len() < ATTACHMENTS_TOLD_MAX {
                        let Attachment { about, relation, .. } = attachment;
                        let lane = party.zone().clone();
                        let told =
                            AttachmentSummary { lane, sequence, relation, about, rests, accepted };
                        all.told.push(told);
                    }
                }
                Some(Err(why)) if accepted == Some(true) => {
                    let lane = party.zone();
                    let detail = format!("lane {lane} sequence {sequence} was accepted: {why}");
                    return Err(Fault::Found("attachment", detail));
                }
                Some(Err(_)) => all.unsound += 1,
            }
        }
    }
    Ok(all)
}

/// What the other lane says of a receipt: accepted, refused, or nothing yet.
fn decided(lanes: &[ReadLane<'_>; 2], at: usize, sequence: u64) -> Option<bool> {
    let [a, b] = lanes;
    let other = if at == 0 { b } else { a };
    let refused = other.refuses(sequence);
    (refused || sequence < other.lane().acked()).then_some(!refused)
}

type Held = Result<(Attachment, Rests), String>;

/// One attachment: nothing where its payload is withheld.
fn one<'s>(
    bundle: &Opened<'s>,
    (parties, lanes): ([&Party; 2], &mut [ReadLane<'s>; 2]),
    (at, sequence): (usize, u64),
) -> Judged<Option<Held>> {
    let Some(lane) = lanes.get_mut(at) else { return Ok(None) };
    let corridor = lane.lane().corridor_id().clone();
    let Some(payload) = lane.payload(bundle, sequence)? else { return Ok(None) };
    let judged = Attachment::read(&payload).and_then(|attachment| {
        let rests = attachment.verify(&corridor)?;
        Ok((attachment, rests))
    });
    let (attachment, rests) = match judged {
        Ok(held) => held,
        Err(error) => return Ok(Some(Err(error.to_string()))),
    };
    if let Some(About { lane, next_root, sequence }) = &attachment.about {
        let place = parties.iter().position(|party| party.zone() == lane);
        let size = sequence.saturating_add(1);
        let named = match place.and_then(|place| lanes.get_mut(place)) {
            Some(lane) => lane.at(bundle, size)?.map(|(point, _)| point.last_root),
            None => None,
        };
        if named != Some(*next_root) {
            return Ok(Some(Err("`about` names no receipt of this corridor".to_owned())));
        }
    }
    Ok(Some(Ok((attachment, rests))))
}
