//! Registers of members, from their entries.

use canon::{Canonical, Digest};
use registry::CapTable;
use store::{PAGE_MAX, StoreError};

use super::Walk;
use crate::ownership::{ENTRY, KeptEntry, TABLE, entered, entry_id};

impl Walk<'_> {
    pub(super) fn shares(&mut self) -> Result<(), StoreError> {
        self.each(TABLE, |walk, id, kept: CapTable| {
            walk.one();
            match walk.folded(&kept)? {
                Ok(Some(derived)) if derived == kept => {}
                Ok(derived) => {
                    let derived = derived.map_or_else(|| "no entries".to_owned(), |it| digest(&it));
                    walk.differs((TABLE, id, "table, by its digest"), &digest(&kept), &derived);
                }
                Err(why) => walk.differs((TABLE, id, "table"), &digest(&kept), &why),
            }
            Ok(())
        })?;
        self.done(TABLE, ENTRY);
        Ok(())
    }

    /// The register as its entries make it, or which of them cannot follow.
    fn folded(&self, kept: &CapTable) -> Result<Result<Option<CapTable>, String>, StoreError> {
        let (entity, mut table, mut after) = (kept.entity(), None, 0);
        let prefix = format!("{entity}:");
        loop {
            let rows = self.store.records(ENTRY, Some(&entry_id(entity, after)), PAGE_MAX)?;
            let own = rows.into_iter().take_while(|(id, _)| id.starts_with(&prefix));
            let before = after;
            for (id, row) in own {
                let entry = Canonical::exact(&row.body).and_then(|body| body.read::<KeptEntry>());
                let next = entry.map_err(|e| e.to_string()).and_then(|entry| {
                    after = entry.entry;
                    entered(table.take(), entity, &entry.dated).map_err(|e| e.to_string())
                });
                match next {
                    Ok(next) => table = Some(next),
                    Err(why) => return Ok(Err(format!("{id}: {why}"))),
                }
            }
            if after == before {
                return Ok(Ok(table));
            }
        }
    }
}

fn digest(table: &CapTable) -> String {
    Canonical::of(table).map_or_else(|e| e.to_string(), |it| Digest::to_string(&it.digest()))
}
