//! The decision journal: each entry's digest chained to the one before.

use canon::{Canonical, Digest};
use store::StoreError;

use super::Walk;
use crate::journal::{DECISIONS, chained};

impl Walk<'_> {
    /// The end of the chain.
    pub(super) fn decisions(&mut self) -> Result<Option<Digest>, StoreError> {
        // Two ends after a damaged row: as stored and as derived; the next row shows which is right.
        let mut before: [Option<Digest>; 2] = [None, None];
        self.entries(DECISIONS, |walk, entry| {
            let at = (DECISIONS, entry.seq);
            let digest = match Canonical::exact(&entry.body) {
                Ok(body) => body.digest(),
                Err(error) => {
                    walk.fault(at, "body", error);
                    before = [Some(entry.root); 2];
                    return entry.root;
                }
            };
            let [stored, derived] = before.map(|before| chained(before, digest));
            if entry.root != stored && entry.root != derived {
                walk.fault(at, "chain", "the body does not lead to the root kept beside it");
                before = [Some(entry.root), Some(derived)];
                return entry.root;
            }
            before = [Some(entry.root); 2];
            entry.root
        })?;
        Ok(before[0])
    }
}
