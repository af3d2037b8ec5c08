//! A register at rest: the table, and its entries one record each.

use canon::{Date, Digest, EntityId, Timestamp};
use registry::{CapTable, Dated, Day, IllegalOwnership};
use serde::{Deserialize, Serialize};

use super::{ENTRY, TABLE};
use crate::limits::PAGE_MAX;
use crate::mass::Reading;
use crate::refused::Refused;
use crate::writes::{MovesMoney, Writes};
use crate::zone::{Loaded, Zone};

/// An entry as this zone keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    #[serde(rename = "type")]
    type_: String,
    pub(super) entity_id: EntityId,
    /// Its number, from 1.
    pub(crate) entry: u64,
    /// When it was made here.
    pub(super) recorded: Timestamp,
    pub(crate) dated: Dated,
    /// The decision it was made under.
    pub(super) decision_sha256: Digest,
}

impl Entry {
    pub(super) fn of(
        (entity_id, entry): (EntityId, u64),
        dated: Dated,
        (recorded, decision_sha256): (Timestamp, Digest),
    ) -> Self {
        let type_ = "MEZCapTableEntry".to_owned();
        Self { type_, entity_id, entry, recorded, dated, decision_sha256 }
    }
}

/// Names of entries sort as the entries do.
pub(crate) fn entry_id(entity: &EntityId, entry: u64) -> String {
    format!("{entity}:{entry:08}")
}

/// The register after an entry; its first one opens it.
pub(crate) fn entered(
    table: Option<CapTable>,
    entity: &EntityId,
    entry: &Dated,
) -> Result<CapTable, IllegalOwnership> {
    match table {
        None => CapTable::open(entity.clone(), entry),
        Some(table) => table.apply(entry),
    }
}

/// What a caller is told who asked for an entry that cannot be made.
pub(super) fn refused(illegal: &IllegalOwnership) -> Refused {
    match illegal {
        IllegalOwnership::Senseless(_) => Refused::invalid(illegal.code(), illegal),
        _ => Refused::conflict(illegal.code(), illegal),
    }
}

impl Zone {
    /// The register of an entity that must have one.
    pub(crate) fn cap_table_kept(&self, entity: &EntityId) -> Result<Loaded<CapTable>, Refused> {
        self.need(TABLE, entity.as_str())
    }

    /// The register of an entity, where it has one.
    pub(crate) fn cap_table_known(
        &self,
        entity: &EntityId,
    ) -> Result<Option<Loaded<CapTable>>, Refused> {
        self.load(TABLE, entity.as_str())
    }

    /// A page of entries after one, in their order.
    pub(super) fn entries_after(
        &self,
        entity: &EntityId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Refused> {
        let _reading = Reading::begin();
        let rows = self.store.records(ENTRY, Some(&entry_id(entity, after)), limit)?;
        let prefix = format!("{entity}:");
        let own = rows.into_iter().take_while(|(id, _)| id.starts_with(&prefix));
        own.map(|(id, record)| {
            let body = self.body_of((ENTRY, &id), record.body)?;
            serde_json::from_slice(&body).map_err(Refused::host)
        })
        .collect()
    }

    /// The register as its entries make it, up to those that `counts` takes.
    pub(super) fn cap_table_folded(
        &self,
        entity: &EntityId,
        counts: impl Fn(&Entry) -> bool,
    ) -> Result<Option<CapTable>, Refused> {
        let (mut table, mut after): (Option<CapTable>, u64) = (None, 0);
        loop {
            let page = self.entries_after(entity, after, PAGE_MAX)?;
            let Some(last) = page.last() else { return Ok(table) };
            after = last.entry;
            for entry in &page {
                if !counts(entry) {
                    return Ok(table);
                }
                table = Some(entered(table, entity, &entry.dated).map_err(Refused::host)?);
            }
        }
    }

    /// The register as on a day; none before its first entry.
    pub(super) fn cap_table_on(
        &self,
        entity: &EntityId,
        on: Date,
    ) -> Result<Option<CapTable>, Refused> {
        let now = self.cap_table_kept(entity)?.value;
        if on >= now.effective() {
            return Ok(Some(now));
        }
        self.cap_table_folded(entity, |entry| entry.dated.effective <= on)
    }

    /// The same by what was known at a moment; none where there is no register.
    pub(crate) fn cap_table_as_known(
        &self,
        entity: &EntityId,
        day: Day,
    ) -> Result<Option<CapTable>, Refused> {
        let Some(now) = self.cap_table_known(entity)? else { return Ok(None) };
        let now = now.value;
        let last = self.entries_after(entity, now.entries().saturating_sub(1), 1)?;
        let counts =
            |entry: &Entry| entry.dated.effective <= day.as_of && entry.recorded <= day.known_at;
        if last.iter().all(counts) {
            return Ok(Some(now));
        }
        self.cap_table_folded(entity, counts)
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write a register and the entry that changed it.
    pub(super) fn cap_table(
        &mut self,
        kept: &Loaded<CapTable>,
        entry: &Entry,
    ) -> Result<(), Refused> {
        let entity = kept.value.entity();
        self.record(TABLE, entity.as_str(), kept.rev, &kept.value)?;
        self.record(ENTRY, &entry_id(entity, entry.entry), None, entry)
    }
}
