//! Canonical bytes and their digest, of a receipt as it travels and as a typed value.

use canon::{Canonical, Digest, Exact};
use corridor::LaneReceipt;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::harness::{Bench, Reach, Row};

/// The whole corridor with fixed keys that a second implementation verifies against.
pub(crate) const VECTORS: &str = include_str!("../../vectors/corridor.json");

/// The golden receipt that is longest and carries a payment: about 930 bytes.
pub(crate) fn receipt() -> Vec<u8> {
    let vectors: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let lanes = vectors["lanes"].as_array().expect("lanes").iter();
    let receipts = lanes.flat_map(|lane| lane["receipts"].as_array().expect("receipts"));
    let bytes = receipts.map(|row| serde_jcs::to_vec(&row["receipt"]).expect("canonical"));
    bytes.min_by_key(|bytes| bytes.len().abs_diff(930)).expect("at least one receipt")
}

/// What everybody does: parse, serialise canonically, hash.
pub(crate) fn naive(bytes: &[u8]) -> Digest {
    let value: Value = serde_json::from_slice(bytes).expect("JSON");
    hashed(&serde_jcs::to_vec(&value).expect("canonical"))
}

fn naive_typed<T: Serialize>(value: &T) -> Digest {
    let value = serde_json::to_value(value).expect("a tree");
    hashed(&serde_jcs::to_vec(&value).expect("canonical"))
}

fn hashed(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

/// Receipts of one block, as a chain or a bundle of them is read.
const TOGETHER: usize = 128;

/// Receipts that differ in their sequence numbers.
fn block(bytes: &[u8]) -> Vec<Vec<u8>> {
    let receipt: Value = serde_json::from_slice(bytes).expect("JSON");
    let numbered = |sequence: usize| {
        let mut receipt = receipt.clone();
        receipt["sequence"] = sequence.into();
        serde_jcs::to_vec(&receipt).expect("canonical")
    };
    (0..TOGETHER).map(numbered).collect()
}

fn together(block: &[Vec<u8>]) -> Vec<Digest> {
    let exact: Vec<Exact<'_>> =
        block.iter().map(|bytes| Exact::of(bytes).expect("canonical")).collect();
    Exact::digest_each(&exact)
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let bytes = receipt();
    let typed: LaneReceipt = serde_json::from_slice(&bytes).expect("a receipt");
    assert_eq!(Exact::of(&bytes).expect("canonical").digest(), naive(&bytes));
    assert_eq!(Canonical::of(&typed).expect("canonical").digest(), naive(&bytes));
    assert_eq!(naive_typed(&typed), naive(&bytes));
    let block = block(&bytes);
    let apart = || block.iter().map(|bytes| naive(bytes)).collect::<Vec<_>>();
    assert_eq!(together(&block), apart());
    let length = bytes.len();
    vec![
        bench.short(
            &format!("canonicalise + digest {length} bytes"),
            1,
            Reach::Faster(8.0),
            || Exact::of(&bytes).map(Exact::digest),
            || naive(&bytes),
        ),
        bench.short(
            &format!("the same in blocks of {TOGETHER}"),
            TOGETHER,
            Reach::Faster(8.0),
            || together(&block),
            apart,
        ),
        bench.short(
            "the same from a typed value",
            1,
            Reach::Faster(12.0),
            || Canonical::of(&typed).map(|canonical| canonical.digest()),
            || naive_typed(&typed),
        ),
        bench.short(
            "SHA-256 alone, the floor of both",
            1,
            Reach::Within(1.0),
            || Digest::of_blob(&bytes),
            || naive(&bytes),
        ),
    ]
}
