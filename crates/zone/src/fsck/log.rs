//! The zone log: each document hashed, the tree grown from nothing, and what the documents say of
//! the other streams compared with those.

use std::collections::BTreeMap;

use canon::{Canonical, Digest};
use proof::merkle::Peaks;
use serde::Deserialize;
use serde_json::Value;
use store::cell::Cell;
use store::{Head, StoreError};

use super::{Seen, Walk};
use crate::log::{LOG, Row};

/// The parts of a document that say something of another stream.
#[derive(Deserialize)]
struct Stated {
    stream: String,
    sequence: u64,
    root: Digest,
}

impl Walk<'_> {
    /// Root of the tree.
    pub(super) fn log(
        &mut self,
        heads: &BTreeMap<String, Head>,
        cell: Option<&Cell>,
    ) -> Result<Option<Digest>, StoreError> {
        let signed = cell.and_then(|cell| cell.last(LOG));
        let (mut peaks, mut doubt, mut whole) = (Peaks::new(), false, true);
        let mut last: BTreeMap<String, Head> = BTreeMap::new();
        self.entries(LOG, |walk, seen| {
            let entry = match seen {
                Seen::Whole(entry) => entry,
                // What it names is not known; the tree over it goes on.
                Seen::Kept(kept) => {
                    (whole, _) = (false, peaks.push(kept.root));
                    return kept.root;
                }
            };
            let at = (LOG, entry.seq);
            let row: Result<Row, _> = Canonical::exact(&entry.body).and_then(|c| c.read());
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    walk.fault(at, "body", error);
                    (doubt, _) = (true, peaks.push(entry.root));
                    return entry.root;
                }
            };
            let digest = Canonical::of_value(&row.entry).map_or(entry.root, |c| c.digest());
            if digest != entry.root {
                walk.fault(at, "root", "the document is not the one of the root kept beside it");
                doubt = true;
            } else if let Some(wrong) = walk.states(&row.entry, &mut last) {
                walk.fault(at, "document", wrong);
            }
            let _ = peaks.push(entry.root);
            match &row.peaks {
                Some(kept) if *kept == peaks => doubt = false,
                // After a damaged row the peaks kept next, of the right size, show the way on.
                Some(kept) if doubt && kept.size() == peaks.size() => {
                    (doubt, peaks) = (false, kept.clone());
                }
                Some(_) => walk.fault(at, "peaks", "the peaks kept are not those of the tree"),
                None => {}
            }
            let here = signed.filter(|signed| signed.sequence == entry.seq);
            if here.is_some_and(|signed| signed.next_root != peaks.root()) {
                walk.fault(at, "cell", "the signer's cell holds another root of this size");
            }
            entry.root
        })?;
        for (stream, head) in heads.iter().filter(|(stream, _)| *stream != LOG) {
            let named = last.get(stream);
            // One that is not named may be in what could not be read.
            if named != Some(head) && (whole || named.is_some()) {
                let detail = "the zone log does not end in its head".to_owned();
                self.report.fault(("unlogged", stream), None, detail);
            }
        }
        Ok((peaks.size() > 0).then(|| peaks.root()))
    }

    /// What is wrong with a document; heads it names are noted.
    fn states(&self, document: &Value, last: &mut BTreeMap<String, Head>) -> Option<&'static str> {
        let stated: Result<Stated, _> = Stated::deserialize(document);
        let Ok(Stated { stream, sequence, root }) = stated else {
            return Some("it names no stream, sequence and root");
        };
        // Streams without entries, such as the law in force, have heads alone.
        let roots = self.roots.get(&stream);
        let known = roots.map(|roots| usize::try_from(sequence).ok().and_then(|at| roots.get(at)));
        last.insert(stream, Head { seq: sequence, root });
        match known {
            Some(found) if found != Some(&root) => {
                Some("the stream it names has another root there")
            }
            _ => None,
        }
    }
}
