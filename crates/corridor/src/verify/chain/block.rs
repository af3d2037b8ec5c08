//! A block of receipts judged by themselves: no receipt needs another, so blocks can be judged anywhere.

use canon::{Pieces, sha256_each};
use proof::PublicKey;
use proof::keys::batch::{self, BATCH_MAX, Item, Mode};

use super::entry::{Entry, Read, Reader, Signed};
use crate::lane::{LaneReceipt, ReceiptError};

/// Most receipts of one block: as many as one equation takes.
pub const BLOCK_MAX: usize = BATCH_MAX;
/// Receipts read before they are hashed side by side; they stay in the nearer caches until then.
const TOGETHER: usize = 128;

/// What of a receipt's signature is judged.
#[derive(Clone, Copy, Debug)]
pub enum Check<'a> {
    /// That exactly this key signed it, under this rule.
    Signatures {
        /// The lane key.
        key: &'a PublicKey,
        /// The rule.
        mode: Mode,
    },
    /// Nothing: a checkpoint that is trusted commits to the receipt.
    Committed,
}

/// The receipts before the first one refused, and why that one was.
#[derive(Debug)]
pub struct Block {
    /// What remains of the good ones, in order.
    pub entries: Vec<Entry>,
    /// Of the receipt that would be next.
    pub refused: Option<ReceiptError>,
}

/// Judges each receipt by itself: normal form, `next_root`, signature.
#[must_use]
pub fn check_block(receipts: &[&[u8]], check: Check<'_>) -> Block {
    let mut block = Block { entries: Vec::with_capacity(receipts.len()), refused: None };
    let method = match check {
        Check::Signatures { key, .. } => Some(key.verification_method()),
        Check::Committed => None,
    };
    let mut reader = Reader::default();
    let mut signed: Vec<(usize, Signed)> = Vec::new();
    'block: for part in receipts.chunks(TOGETHER) {
        let read = part.iter().map(|bytes| reader.read(bytes, method.as_deref())).collect();
        for (bytes, judged) in part.iter().zip(hashed(read)) {
            let entry = match judged {
                Some((entry, claim)) => {
                    signed.extend(claim.map(|claim| (block.entries.len(), claim)));
                    Ok(entry)
                }
                None => read_slowly(bytes, check),
            };
            match entry {
                Ok(entry) => block.entries.push(entry),
                Err(refused) => {
                    block.refused = Some(refused);
                    break 'block;
                }
            }
        }
    }
    if let Check::Signatures { key, mode } = check {
        judge(&mut block, &signed, receipts, key, mode);
    }
    block
}

/// Hashes what was read side by side; nothing for what has to be read slowly.
fn hashed(read: Vec<Option<Read<'_>>>) -> impl Iterator<Item = Option<(Entry, Option<Signed>)>> {
    let messages: Vec<Pieces<'_>> = read.iter().flatten().flat_map(Read::messages).collect();
    let mut digests = sha256_each(&messages).into_iter();
    read.into_iter().map(move |read| read?.judged(&mut digests))
}

/// Cuts the block at the first signature that fails.
fn judge(
    block: &mut Block,
    signed: &[(usize, Signed)],
    receipts: &[&[u8]],
    key: &PublicKey,
    mode: Mode,
) {
    let item = |(_, claim)| item(claim, key);
    let items: Vec<Item<'_>> = signed.iter().map(|(at, claim)| (at, claim)).map(item).collect();
    let Err(culprit) = batch::verify_all(&items, mode) else { return };
    let Some((at, _)) = signed.get(culprit.index) else { return };
    block.entries.truncate(*at);
    // The slow reader names the fault as everywhere else; history mode accepts nothing it judges here.
    let slow = receipts.get(*at).map(|bytes| read_slowly(bytes, Check::Signatures { key, mode }));
    block.refused = slow.and_then(Result::err).or(Some(ReceiptError::OtherKey));
}

fn item<'a>(claim: &'a Signed, key: &'a PublicKey) -> Item<'a> {
    Item { key, message: &claim.message, signature: &claim.signature }
}

/// Reads and judges a receipt as it is anywhere else.
fn read_slowly(bytes: &[u8], check: Check<'_>) -> Result<Entry, ReceiptError> {
    let receipt = LaneReceipt::read(bytes)?;
    if let Check::Signatures { key, .. } = check {
        receipt.verify_signature(key)?;
    }
    Ok(Entry::of(receipt))
}
