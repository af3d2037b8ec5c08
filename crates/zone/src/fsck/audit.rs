//! The audit log: each entry's digest chained to the one before, and the root it states of that one.

use canon::{Canonical, Digest};
use store::StoreError;

use super::{Seen, Walk};
use crate::audit::{AUDIT, AuditEntry, chained};

impl Walk<'_> {
    /// The end of the chain, if there is an entry.
    pub(super) fn audit(&mut self) -> Result<Option<Digest>, StoreError> {
        let mut before: Option<Digest> = None;
        self.entries(AUDIT, |walk, seen| {
            let entry = match seen {
                Seen::Whole(entry) => entry,
                Seen::Kept(kept) => {
                    if chained(before, kept.body) != kept.root {
                        let why = "the digest kept of it does not lead to the root beside it";
                        walk.fault((AUDIT, kept.seq), "chain", why);
                    }
                    before = Some(kept.root);
                    return kept.root;
                }
            };
            let at = (AUDIT, entry.seq);
            let read = Canonical::exact(&entry.body).and_then(|body| {
                let read: AuditEntry = body.read()?;
                Ok((body.digest(), read))
            });
            match read {
                Ok((digest, read)) => {
                    if read.previous != before || read.sequence != entry.seq {
                        walk.fault(at, "document", "it says it follows another entry");
                    }
                    if chained(before, digest) != entry.root {
                        walk.fault(
                            at,
                            "chain",
                            "the body does not lead to the root kept beside it",
                        );
                    }
                }
                Err(error) => walk.fault(at, "body", error),
            }
            // What comes next follows the root that was kept.
            before = Some(entry.root);
            entry.root
        })?;
        Ok(before)
    }
}
