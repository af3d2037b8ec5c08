//! A lane judged in blocks, beside the judge of one receipt after the other.

use canon::Digest;
use corridor::AppendError;
use corridor::lane::{AckError, LaneReceipt, ReceiptError, TransitionKind};
use corridor::verify::chain::{Chain, Check, check_block};
use proof::PublicKey;
use proof::keys::batch::Mode;
use proptest::prelude::*;
use serde_json::json;

use crate::zones::{Side, World, at, draft, key, resealed};

fn receipts(side: &Side) -> Vec<&[u8]> {
    side.here.items.iter().map(|item| item.receipt.as_slice()).collect()
}

fn checks(key: &PublicKey) -> [Check<'_>; 3] {
    let signatures = |mode| Check::Signatures { key, mode };
    [signatures(Mode::Strict), signatures(Mode::History), Check::Committed]
}

/// How many receipts of a lane hold, and why the next one does not.
fn judged(receipts: &[&[u8]], size: usize, check: Check<'_>) -> (u64, Option<String>) {
    let mut chain = Chain::default();
    for part in receipts.chunks(size) {
        let block = check_block(part, check);
        for entry in &block.entries {
            if let Err(refused) = chain.push(entry) {
                return (chain.size(), Some(refused.to_string()));
            }
        }
        if let Some(refused) = block.refused {
            return (chain.size(), Some(refused.to_string()));
        }
    }
    (chain.size(), None)
}

#[test]
fn a_lived_lane_holds_in_blocks_of_every_size() {
    let world = World::lived();
    for side in &world.sides {
        let (all, lane) = (receipts(side), side.here.lane());
        for check in checks(side.log_key()) {
            for size in 1..=all.len() {
                assert_eq!(judged(&all, size, check), (lane.size(), None));
            }
        }
        let mut chain = Chain::default();
        for entry in check_block(&all, Check::Committed).entries {
            chain.push(&entry).unwrap();
        }
        assert_eq!((chain.root(), chain.last_root()), (lane.root(), Some(lane.last_root())));
        assert_eq!(chain.genesis(), Some(world.terms.lane_genesis(side.party.zone()).unwrap()));
        assert_eq!((chain.epoch(), chain.acked()), (lane.epoch(), lane.acked()));
        assert_eq!(chain.header().unwrap().lane, *side.party.zone());
    }
}

#[test]
fn the_first_bad_receipt_is_named_at_every_place() {
    let world = World::lived();
    let side = &world.sides[0];
    let all = receipts(side);
    for bad in 0..all.len() {
        let receipt = LaneReceipt::read(all[bad]).unwrap();
        let stranger = resealed(receipt, &key(99)).canonical().unwrap();
        let mut changed = all.clone();
        changed[bad] = stranger.bytes();
        for size in 1..=all.len() {
            for check in &checks(side.log_key())[..2] {
                let (held, why) = judged(&changed, size, *check);
                assert_eq!(held, bad as u64);
                assert_eq!(why, Some(ReceiptError::OtherKey.to_string()));
            }
        }
    }
}

/// The slow model: one receipt by itself.
fn model(bytes: &[u8], key: Option<&PublicKey>) -> Result<LaneReceipt, ReceiptError> {
    let receipt = LaneReceipt::read(bytes)?;
    key.map_or(Ok(()), |key| receipt.verify_signature(key))?;
    Ok(receipt)
}

fn agrees(bytes: &[u8], log: &PublicKey) -> Result<(), TestCaseError> {
    for (check, key) in checks(log).into_iter().zip([Some(log), Some(log), None]) {
        let block = check_block(&[bytes], check);
        match model(bytes, key) {
            Ok(receipt) => {
                prop_assert_eq!(block.entries.len(), 1);
                let entry = &block.entries[0];
                prop_assert_eq!(entry.sequence(), receipt.sequence);
                prop_assert_eq!(entry.next_root(), receipt.next_root);
            }
            Err(refused) => {
                prop_assert!(block.entries.is_empty());
                let found = block.refused.map(|found| found.to_string());
                prop_assert_eq!(found, Some(refused.to_string()));
            }
        }
    }
    Ok(())
}

#[test]
fn every_byte_of_a_receipt_counts_as_it_does_alone() {
    let world = World::lived();
    let side = &world.sides[1];
    for receipt in receipts(side).into_iter().step_by(2) {
        agrees(receipt, side.log_key()).unwrap();
        for place in 0..receipt.len() {
            for change in [b'0', b'"', b'\\', receipt[place] ^ 1] {
                let mut bytes = receipt.to_vec();
                bytes[place] = change;
                agrees(&bytes, side.log_key()).unwrap();
            }
        }
    }
}

proptest! {
    /// Members changed, added, removed, in receipts that are signed again as they then stand.
    #[test]
    fn any_edited_receipt_is_judged_as_it_is_alone(
        which in 0usize..6,
        name in "ack|seen|epoch|sequence|timestamp|type|lane|corridor_id|transition|more|\
            lawpack_digest_set|decision_commitment|next_root|prev_root|proof",
        value in prop_oneof![
            Just(json!(null)), Just(json!(3)), Just(json!("x")), Just(json!([])), Just(json!({})),
            Just(json!(Digest::of_blob(b"x"))), Just(json!("2026-11-20T12:00:00Z")),
            Just(json!({ "kind": "noop", "type": "MEZTransitionEnvelope" })),
        ],
        remove in any::<bool>(),
        sign in any::<bool>(),
    ) {
        let world = World::lived();
        let side = &world.sides[0];
        let all = receipts(side);
        let receipt = LaneReceipt::read(all[which % all.len()]).unwrap();
        let mut document = receipt.canonical().unwrap().value();
        match remove {
            true => drop(document.as_object_mut().unwrap().remove(&name)),
            false => document[&name] = value,
        }
        // Where it is still a receipt by its shape, it is sealed again.
        if let Ok(receipt) = serde_json::from_value::<LaneReceipt>(document.clone())
            && sign
        {
            document = resealed(receipt, &side.log).canonical().unwrap().value();
        }
        let bytes = canon::Canonical::of_value(&document).unwrap();
        agrees(bytes.bytes(), side.log_key())?;
    }
}

/// Every rule of the lane that one's own receipts can break, signed by the lane's own key.
#[test]
fn the_rules_of_the_lane_are_those_of_appending() {
    let mut world = World::new();
    world.sides[0].write(draft(TransitionKind::Noop, json!({}))).unwrap();
    world.settle();
    world.sides[1].ack(1, &[]).unwrap();
    let side = &world.sides[1];
    let edited = |edit: &dyn Fn(&mut LaneReceipt)| {
        let receipt = side.forged(draft(TransitionKind::Noop, json!({})), edit);
        let bytes = receipt.canonical().unwrap();
        let all = [receipts(side), vec![bytes.bytes()]].concat();
        let mut chain = Chain::default();
        let block = check_block(&all, checks(side.log_key())[0]);
        assert!(block.refused.is_none(), "{:?}", block.refused);
        let (last, before) = block.entries.split_last().unwrap();
        before.iter().for_each(|entry| chain.push(entry).unwrap());
        let held = chain.clone();
        let refused = chain.push(last).unwrap_err();
        assert_eq!(format!("{held:?}"), format!("{chain:?}"));
        refused
    };
    macro_rules! refused {
        ($edit:expr, $name:pat) => {
            let refused = edited(&$edit);
            assert!(matches!(refused, $name), "{refused:?}");
        };
    }
    refused!(|r| r.sequence = 0, AppendError::Sequence { expected: 1, found: 0 });
    refused!(|r| r.prev_root = Digest::of_blob(b"x"), AppendError::Link { .. });
    refused!(|r| r.timestamp = at(0), AppendError::Time { .. });
    refused!(|r| r.epoch = 1, AppendError::Epoch { expected: 0, found: 1 });
    refused!(
        |r| r.transition.kind = TransitionKind::Resume,
        AppendError::Epoch { expected: 1, .. }
    );
    refused!(|r| r.transition.kind = TransitionKind::Ack, AppendError::AckMissing);
    refused!(|r| r.transition.kind = TransitionKind::PaymentTransfer, AppendError::Decision(_));
    refused!(|r| r.seen = None, AppendError::Seen);
    refused!(|r| r.seen.as_mut().unwrap().size = 0, AppendError::Seen);
    refused!(|r| r.seen.as_mut().unwrap().lane = r.lane.clone(), AppendError::Seen);
    refused!(|r| r.lane = world.sides[0].party.zone().clone(), AppendError::Owner(_));
    let other = canon::CorridorId::parse("org.momentum.mez.corridor.aa--bb").unwrap();
    refused!(|r| r.corridor_id = other.clone(), AppendError::Corridor(_));
    refused!(|r| r.lawpack_digest_set.clear(), AppendError::Terms("lawpack_digest_set"));
    let retracts = |r: &mut LaneReceipt| {
        let seen = r.seen.clone().unwrap();
        r.ack = Some(corridor::Ack { lane: seen.lane, refused: vec![], root: seen.root, size: 0 });
    };
    refused!(retracts, AppendError::Ack(AckError::Retracts { previous: 1, found: 0 }));
}
