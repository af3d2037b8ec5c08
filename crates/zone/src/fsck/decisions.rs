//! The decision journal and the log of views: each entry's digest chained to the one before.

use canon::{Canonical, Digest};
use proof::chain::step;
use store::StoreError;

use super::{Seen, Walk};

impl Walk<'_> {
    /// The end of the chain of a stream, whose steps are made under a tag.
    pub(super) fn chain(&mut self, stream: &str, tag: &[u8]) -> Result<Option<Digest>, StoreError> {
        // Two ends after a damaged row: as stored and as derived; the next row shows which is right.
        let mut before: [Option<Digest>; 2] = [None, None];
        self.entries(stream, |walk, seen| {
            let (seq, root, digest) = match seen {
                Seen::Whole(entry) => {
                    let digest = Canonical::exact(&entry.body).map(|body| body.digest());
                    (entry.seq, entry.root, digest)
                }
                // Its digest leads as far as its body would.
                Seen::Kept(kept) => (kept.seq, kept.root, Ok(kept.body)),
            };
            let at = (stream, seq);
            let digest = match digest {
                Ok(digest) => digest,
                Err(error) => {
                    walk.fault(at, "body", error);
                    before = [Some(root); 2];
                    return root;
                }
            };
            let [stored, derived] = before.map(|before| step(tag, before.as_ref(), &digest));
            if root != stored && root != derived {
                walk.fault(at, "chain", "the body does not lead to the root kept beside it");
                before = [Some(root), Some(derived)];
                return root;
            }
            before = [Some(root); 2];
            root
        })?;
        Ok(before[0])
    }
}
