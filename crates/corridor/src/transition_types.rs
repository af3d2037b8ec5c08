//! The registry of transition types: which kinds there are, and of which class; its digest is what a corridor agrees to.
//!
//! A corridor agrees by carrying the digest in its `ruleset_digest_set`, so every receipt repeats it and a judge of one
//! lane alone knows what was agreed. What a kind's payload is never changes under its name: another shape is another
//! kind, and another kind is another registry. Invariant: a registry once agreed to keeps its digest.

use std::sync::OnceLock;

use canon::{Canonical, Digest};
use serde::Serialize;

use crate::lane::{Class, TransitionKind};

/// The tag of a snapshot.
const TAG: &str = "mez.transition-types.registry.snapshot.v1";
/// Counts registries: what a corridor drawn up now agrees to. Each keeps the one it agreed to.
pub const VERSION: u64 = 2;

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
    snapshot_of(VERSION)
}

/// An earlier registry: the kinds there were.
#[must_use]
pub fn snapshot_of(version: u64) -> Snapshot {
    let entry =
        |kind: TransitionKind| Entry { class: kind.class(), decided: kind.is_decided(), kind };
    let then = TransitionKind::ALL.into_iter().filter(|kind| kind.since() <= version);
    let mut transition_types: Vec<Entry> = then.map(entry).collect();
    transition_types.sort_by_key(|entry| entry.kind.as_str());
    Snapshot { registry_version: version, tag: TAG, transition_types }
}

/// Digests of all registries there were, the first one first.
fn digests() -> &'static [Digest] {
    static DIGESTS: OnceLock<Vec<Digest>> = OnceLock::new();
    let derive = |version| {
        Canonical::of(&snapshot_of(version)).map_or_else(|_| Digest::of_blob(&[]), |c| c.digest())
    };
    DIGESTS.get_or_init(|| (1..=VERSION).map(derive).collect())
}

/// The digest of the registry of this version.
#[must_use]
pub fn digest() -> Digest {
    digests().last().copied().unwrap_or_else(|| Digest::of_blob(&[]))
}

/// Whether a digest is that of a registry this version knows.
#[must_use]
pub fn is_registry(digest: &Digest) -> bool {
    digests().contains(digest)
}

/// Whether receipts of `kind` have a place where these rulesets were agreed.
#[must_use]
pub fn admit(rulesets: &[Digest], kind: TransitionKind) -> bool {
    let mut versions = (1..).zip(digests()).filter(|(version, _)| kind.since() <= *version);
    kind.is_always_agreed() || versions.any(|(_, digest)| rulesets.contains(digest))
}
