//! A stream kept as a chain of digests: each entry leads from the root before it to its own.
//!
//! The same formula holds every chained stream of a zone, and its tag says which: what is no entry of one cannot
//! be taken for an entry of another. Whoever is shown a root and an entry derives the next root and compares.

use canon::{Digest, sha256_parts};

/// Tag of the decision journal (`spec/decisions.md`).
pub const DECISIONS_TAG: &[u8] = b"mez.decision.journal.v1\n";
/// Tag of the log of what regulators were shown (`spec/regulator.md`).
pub const VIEWS_TAG: &[u8] = b"mez.regulator.views.v1\n";

/// SHA-256(tag ‖ previous root ‖ entry digest); 32 zero bytes before the first.
#[must_use]
pub fn step(tag: &[u8], previous: Option<&Digest>, entry: &Digest) -> Digest {
    let previous = previous.map_or([0; 32], |root| *root.as_bytes());
    sha256_parts(&[tag, &previous, entry.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_depends_on_tag_root_and_entry() {
        let (a, b) = (Digest::of_blob(b"a"), Digest::of_blob(b"b"));
        let all = [
            step(DECISIONS_TAG, None, &a),
            step(VIEWS_TAG, None, &a),
            step(DECISIONS_TAG, Some(&b), &a),
            step(DECISIONS_TAG, None, &b),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
