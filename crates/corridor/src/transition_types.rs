//! The registry of transition types: which kinds there are, and of which class; its digest is what a corridor agrees to.
//!
//! A corridor agrees by carrying the digest in its `ruleset_digest_set`, so every receipt repeats it and a judge of one
//! lane alone knows what was agreed. What a kind's payload is never changes under its name: another shape is another
//! kind, and another kind is another registry.

use std::sync::OnceLock;

use canon::{Canonical, Digest};
use serde::Serialize;

use crate::lane::{Class, TransitionKind};

/// The tag of a snapshot.
const TAG: &str = "mez.transition-types.registry.snapshot.v1";
/// Counts registries; a corridor keeps the one it agreed to.
const VERSION: u64 = 1;

/// One kind as a corridor agrees to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    class: Class,
    /// Whether the receipt commits to a decision of law.
    decided: bool,
    kind: TransitionKind,
}

/// What the digest is made over.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    registry_version: u64,
    tag: &'static str,
    /// By kind.
    transition_types: Vec<Entry>,
}

/// The registry of this version.
#[must_use]
pub fn snapshot() -> Snapshot {
    let entry =
        |kind: TransitionKind| Entry { class: kind.class(), decided: kind.is_decided(), kind };
    let mut transition_types: Vec<Entry> = TransitionKind::ALL.map(entry).to_vec();
    transition_types.sort_by_key(|entry| entry.kind.as_str());
    Snapshot { registry_version: VERSION, tag: TAG, transition_types }
}

/// Its digest.
#[must_use]
pub fn digest() -> Digest {
    static DIGEST: OnceLock<Digest> = OnceLock::new();
    let derive =
        || Canonical::of(&snapshot()).map_or_else(|_| Digest::of_blob(&[]), |c| c.digest());
    *DIGEST.get_or_init(derive)
}

/// Whether receipts of `kind` have a place where these rulesets were agreed.
#[must_use]
pub fn admit(rulesets: &[Digest], kind: TransitionKind) -> bool {
    kind.is_always_agreed() || rulesets.contains(&digest())
}
