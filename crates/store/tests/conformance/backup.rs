//! A backup holds everything, is the same bytes from every backend, and nothing of a damaged one is kept.

use store::backup::{BackupError, Copied, back_up, restore};
use store::{Batch, BlobPut, Store};

use super::{answer, job, step, whole_prefix};

pub const STEPS: u64 = 40;

/// Something in every table.
pub fn fill(store: &dyn Store) {
    store.set_meta_once("zone", "did:key:z").unwrap();
    for seq in 1..=STEPS {
        store.commit(step("s", seq)).unwrap();
    }
    let body = vec![7; 70_000];
    let blob = BlobPut { digest: canon::Digest::of_blob(&body), body };
    store
        .commit(Batch {
            blobs: vec![blob],
            jobs: vec![job("j", -5)],
            idempotency: Some(answer("k", 1)),
            ..Batch::default()
        })
        .unwrap();
}

pub fn taken(url: &str) -> (Vec<u8>, Copied) {
    let mut bytes = Vec::new();
    let copied = back_up(url, &mut bytes).unwrap();
    (bytes, copied)
}

/// From one store into an empty one, and out of that again.
pub fn comes_back(from: &str, into: &str) {
    let (bytes, copied) = taken(from);
    assert_eq!(restore(into, bytes.as_slice()).unwrap(), copied);
    assert_eq!(taken(into).0, bytes);
    let store = store::open(into).unwrap();
    assert_eq!(whole_prefix(&*store, "s"), STEPS);
    assert_eq!(store.meta("zone").unwrap().as_deref(), Some("did:key:z"));
    assert_eq!(store.jobs("out", 0, 10).unwrap(), vec![job("j", -5)]);
    assert!(store.idempotency("alice", "k").unwrap().is_some());
    // It goes on from there.
    store.commit(step("s", STEPS + 1)).unwrap();
    drop(store);
    assert!(matches!(restore(into, bytes.as_slice()), Err(BackupError::NotEmpty)));
}

/// Cut anywhere, or with any byte changed, it leaves the store empty.
pub fn damaged_is_refused(bytes: &[u8], into: &str, each: usize) {
    let refused = |bytes: &[u8], what: &str| {
        let told = restore(into, bytes);
        assert!(told.is_err(), "{what}: {told:?}");
        let store = store::open(into).unwrap();
        assert!(store.heads("").unwrap().is_empty() && store.meta("zone").unwrap().is_none());
    };
    for at in (0..bytes.len()).step_by(each) {
        refused(&bytes[..at], &format!("cut at {at}"));
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        refused(&changed, &format!("changed at {at}"));
    }
    refused(&[bytes, b"more"].concat(), "with something after its end");
}
