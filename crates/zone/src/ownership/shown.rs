//! What a reader is told of a register of members: as on a day, entry by entry, and who is paid what.

use canon::{Amount, Date, EntityId, RecordId};
use registry::{CapTable, DividendPart};
use serde_json::{Value, json};

use super::TABLE;
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::zone::{Page, Zone};

/// A table as on a day.
pub(super) fn shown(table: &CapTable, on: Date) -> Result<Value, Refused> {
    serde_json::to_value(table.shown(on)).map_err(Refused::host)
}

impl Zone {
    /// The cap table of an entity as an entry into it is answered.
    pub(crate) fn cap_table_told(&self, id: &str) -> Result<Value, Refused> {
        let id = EntityId::parse(id).map_err(Refused::host)?;
        let table = self.cap_table_kept(&id)?.value;
        let mut told = shown(&table, self.now().date())?;
        let before = table.entries().saturating_sub(1);
        if let (1.., Value::Object(members)) = (before, &mut told) {
            let entry = self.entries_after(&id, before, 1)?.into_iter().next();
            members.insert("entry".to_owned(), json!(entry));
        }
        Ok(told)
    }

    /// The cap table of an entity on a day, today unless given.
    ///
    /// # Errors
    /// [`Refused::NotFound`] where there is none on that day; a day that is still to come.
    pub fn cap_table(&self, id: &EntityId, as_of: Option<Date>) -> Result<Value, Refused> {
        let today = self.now().date();
        let on = super::open::effective(as_of, today)?;
        let table = self.cap_table_on(id, on)?.ok_or_else(|| Refused::absent(TABLE, id))?;
        shown(&table, on)
    }

    /// A page of the registers there are, without their holdings.
    ///
    /// # Errors
    /// The store.
    pub fn cap_tables(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list(TABLE, after, limit)?;
        let brief = |item: Value| {
            let table: CapTable = serde_json::from_value(item).map_err(Refused::host)?;
            let classes: Vec<&str> = table.classes().keys().map(registry::Slug::as_str).collect();
            Ok::<_, Refused>(json!({
                "entity_id": table.entity(),
                "entries": table.entries(),
                "effective": table.effective(),
                "classes": classes,
            }))
        };
        let items = page.items.into_iter().map(brief).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// A page of the entries of a register, in their order; `after` is the number of the last one seen.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn cap_table_entries(
        &self,
        id: &EntityId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page, Refused> {
        let table = self.cap_table_kept(id)?.value;
        let limit = limit.clamp(1, PAGE_MAX);
        let entries = self.entries_after(id, after.unwrap_or_default(), limit)?;
        let more = entries.last().filter(|last| last.entry < table.entries());
        let next = more.map(|last| last.entry.to_string());
        let items = entries.iter().map(serde_json::to_value).collect::<Result<_, _>>();
        Ok(Page { items: items.map_err(Refused::host)?, next })
    }

    /// A dividend with what each holder is paid of it, and by which payment where that was done.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn dividend(&self, id: &EntityId, dividend: &RecordId) -> Result<Value, Refused> {
        let table = self.cap_table_kept(id)?.value;
        let declared = table.dividends().get(dividend);
        let declared = declared.ok_or_else(|| Refused::absent("dividend", dividend))?;
        let day = declared.record_date;
        let row = |(holder_id, amount): (RecordId, Amount)| {
            let mut row = json!({ "holder_id": holder_id, "amount": amount.to_decimal(day) });
            let part = DividendPart { dividend_id: dividend.clone(), holder_id };
            if let (Some(by), Value::Object(members)) = (self.dividend_paid(id, &part)?, &mut row) {
                members.insert("payment_id".to_owned(), json!(by.id()));
            }
            Ok::<_, Refused>(row)
        };
        let parts = self.dividend_parts(id, (dividend, declared))?;
        let parts = parts.into_iter().map(row).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({
            "dividend_id": dividend,
            "class_id": declared.class_id,
            "currency": declared.total.currency(),
            "per_share": declared.per_share,
            "record_date": day,
            "shares": declared.shares,
            "total": declared.total.to_decimal(day),
            "parts": parts,
        }))
    }
}
