//! What a corridor owes over a cut: transfers and claims of bridged payments accepted in it and not yet in the
//! cut before. A transfer's writer owes its reader; a claim's reader owes its writer.

use std::collections::BTreeSet;

use canon::{Refusal, ZoneId};
use proof::merkle::Tree;
use serde_json::Value;

use super::obligation::{Obligation, Source};
use crate::bridge::{BridgeError, Commit};
use crate::cut::{Cut, CutLane};
use crate::lane::{LaneReceipt, ReceiptError, TransitionKind};
use crate::payment::{PaymentError, Transfer};
use crate::verify::LaneHistory;

/// A cut that cannot be netted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptedError {
    /// The cut before is of another corridor, or not before.
    #[error("the earlier cut is not one this cut covers")]
    NotBefore,
    /// A lane of the cut was not given, or not all of it.
    #[error("lane `{0}` is not here up to the size the cut states")]
    Missing(ZoneId),
    /// Not receipts.
    #[error("receipt {1} of lane `{0}`: {2}")]
    Receipt(ZoneId, u64, #[source] ReceiptError),
    /// Receipts that the parties did not sign.
    #[error("the receipts of lane `{0}` are not those the cut was signed over")]
    Root(ZoneId),
    /// An accepted payment whose amount is hidden here.
    #[error("the payload of accepted receipt {1} of lane `{0}` is withheld")]
    Withheld(ZoneId, u64),
    /// A payload the receipt does not commit to.
    #[error("the payload of receipt {1} of lane `{0}` is not the one committed to")]
    Payload(ZoneId, u64),
    /// Without canonical form.
    #[error("a payload without canonical form: {0}")]
    Shape(#[from] Refusal),
    /// A payload that is no transfer.
    #[error("receipt {1} of lane `{0}`: {2}")]
    Payment(ZoneId, u64, #[source] PaymentError),
    /// A payload that is no claim.
    #[error("receipt {1} of lane `{0}`: {2}")]
    Claim(ZoneId, u64, #[source] BridgeError),
}

/// What makes one zone owe the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owing {
    /// A payment, in the debtor's lane.
    Transfer(Box<Transfer>),
    /// The claim of a bridged payment, in the creditor's lane.
    Commit(Commit),
}

/// A lane up to a cut, as the cut's root vouches for it.
struct Held<'a> {
    lane: &'a LaneHistory,
    receipts: Vec<LaneReceipt>,
}

/// The obligations of a corridor: what each lane's transfers and claims move that the other lane accepted within
/// `cut` and not within `before`. `priority` says how urgent each is.
///
/// Receipts are believed because they hash to the roots in the cut; that both parties signed the cut is
/// for the caller to have verified ([`Cut::verify_signers`], or a judged bundle).
///
/// # Errors
/// Receipts missing, or others than the cut states; a payload hidden or wrong.
pub fn accepted_over(
    cut: &Cut,
    before: Option<&Cut>,
    lanes: [&LaneHistory; 2],
    priority: impl Fn(&Owing) -> u8,
) -> Result<Vec<Obligation>, AcceptedError> {
    let covered = |before: &Cut| before.corridor_id == cut.corridor_id && cut.dominates(before);
    if before.is_some_and(|before| !covered(before)) {
        return Err(AcceptedError::NotBefore);
    }
    let [one, other] = lanes;
    let (one, other) = (held(cut, one)?, held(cut, other)?);
    let mut all = Vec::new();
    for (ours, theirs) in [(&one, &other), (&other, &one)] {
        let writer = &ours.lane.zone_id;
        let reader = &theirs.lane.zone_id;
        let settled = before.map_or(0, |before| decided(theirs, size(before, reader)).0);
        let (decided, refused) = decided(theirs, size(cut, reader));
        for receipt in &ours.receipts {
            let sequence = receipt.sequence;
            let accepted = (settled..decided).contains(&sequence) && !refused.contains(&sequence);
            let owing = accepted.then(|| owing(ours, receipt)).flatten().transpose()?;
            let Some(owing) = owing else { continue };
            let (amount, debtor, creditor, source) = match &owing {
                Owing::Transfer(sent) => (sent.amount, writer, reader, Source::Receipt(sequence)),
                Owing::Commit(claim) => (claim.amount, reader, writer, Source::Commit(sequence)),
            };
            all.push(Obligation {
                priority: priority(&owing),
                amount,
                corridor_id: cut.corridor_id.clone(),
                creditor: creditor.clone(),
                debtor: debtor.clone(),
                source,
            });
        }
    }
    Ok(all)
}

fn size(cut: &Cut, zone: &ZoneId) -> u64 {
    cut.lanes.iter().find(|lane| lane.zone_id == *zone).map_or(0, |lane| lane.size)
}

/// How much of the other lane the first `size` receipts of this one decided, and what they refused.
fn decided(lane: &Held<'_>, size: u64) -> (u64, BTreeSet<u64>) {
    let acks = lane.receipts.iter().filter(|receipt| receipt.sequence < size);
    let acks = acks.filter_map(|receipt| receipt.ack.as_ref());
    acks.fold((0, BTreeSet::new()), |(_, mut refused), ack| {
        refused.extend(ack.refused.iter().map(|one| one.sequence));
        (ack.size, refused)
    })
}

fn held<'a>(cut: &Cut, lane: &'a LaneHistory) -> Result<Held<'a>, AcceptedError> {
    let zone = || lane.zone_id.clone();
    let stated: Option<&CutLane> = cut.lanes.iter().find(|one| one.zone_id == lane.zone_id);
    let stated = stated.ok_or_else(|| AcceptedError::Missing(zone()))?;
    let count = usize::try_from(stated.size).ok().filter(|count| *count <= lane.items.len());
    let count = count.ok_or_else(|| AcceptedError::Missing(zone()))?;
    let mut receipts = Vec::new();
    for (sequence, item) in (0..).zip(lane.items.iter().take(count)) {
        let receipt = LaneReceipt::read(&item.receipt);
        receipts.push(receipt.map_err(|e| AcceptedError::Receipt(zone(), sequence, e))?);
    }
    let mut tree = Tree::new();
    let roots: Vec<_> = receipts.iter().map(|receipt| receipt.next_root).collect();
    tree.extend(&roots).map_err(|_| AcceptedError::Root(zone()))?;
    let numbered = receipts.iter().zip(0..).all(|(receipt, sequence)| receipt.sequence == sequence);
    let ours = receipts.iter().all(|r| r.lane == lane.zone_id && r.corridor_id == cut.corridor_id);
    if tree.root() != stated.root || !numbered || !ours {
        return Err(AcceptedError::Root(zone()));
    }
    Ok(Held { lane, receipts })
}

/// What a receipt makes its zones owe; most make them owe nothing.
fn owing(held: &Held<'_>, receipt: &LaneReceipt) -> Option<Result<Owing, AcceptedError>> {
    let (zone, sequence) = (held.lane.zone_id.clone(), receipt.sequence);
    let transfer = |payload: Value| match Transfer::read(&payload) {
        Ok(transfer) => Ok(Owing::Transfer(Box::new(transfer))),
        Err(error) => Err(AcceptedError::Payment(zone.clone(), sequence, error)),
    };
    let commit = |payload: Value| match Commit::read(&payload) {
        Ok(commit) => Ok(Owing::Commit(commit)),
        Err(error) => Err(AcceptedError::Claim(zone.clone(), sequence, error)),
    };
    match receipt.transition.kind {
        TransitionKind::PaymentTransfer => Some(opened(held, receipt).and_then(transfer)),
        TransitionKind::BridgeCommit => Some(opened(held, receipt).and_then(commit)),
        _ => None,
    }
}

fn opened(held: &Held<'_>, receipt: &LaneReceipt) -> Result<Value, AcceptedError> {
    let (zone, sequence) = (held.lane.zone_id.clone(), receipt.sequence);
    let item = usize::try_from(sequence).ok().and_then(|at| held.lane.items.get(at));
    let Some(payload) = item.and_then(|item| item.payload.as_ref()) else {
        return Err(AcceptedError::Withheld(zone, sequence));
    };
    if payload.commitment()? != receipt.transition.payload_commitment {
        return Err(AcceptedError::Payload(zone, sequence));
    }
    Ok(payload.payload.clone())
}
