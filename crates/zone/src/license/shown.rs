//! What a reader is told of licenses.

use canon::{Date, EntityId, RecordId};
use registry::License;
use serde_json::{Value, json};

use super::KIND;
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::zone::{Page, Zone};

/// A license as it reads on a day.
pub(super) fn shown(license: &License, today: Date) -> Value {
    let mut told = serde_json::to_value(license).unwrap_or(Value::Null);
    if let Value::Object(members) = &mut told {
        let overdue: Vec<&str> = license
            .obligations()
            .iter()
            .filter(|owed| owed.is_overdue(today))
            .map(|owed| owed.obligation_id.as_str())
            .collect();
        members.insert("state".to_owned(), json!(license.state_on(today)));
        members.insert("in_force".to_owned(), json!(license.is_in_force(today)));
        members.insert("overdue".to_owned(), json!(overdue));
    }
    told
}

impl Zone {
    /// One license.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn license(&self, id: &RecordId) -> Result<Value, Refused> {
        let license: License = self.need(KIND, id.as_str())?.value;
        let mut told = shown(&license, self.now().date());
        if let Value::Object(members) = &mut told {
            members.insert("license_type".to_owned(), json!(self.license_type(license.type_id())));
        }
        Ok(told)
    }

    /// A page of licenses by id, of one holder where one is named.
    ///
    /// # Errors
    /// The store.
    pub fn licenses(
        &self,
        holder: Option<&EntityId>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Refused> {
        let today = self.now().date();
        let Some(holder) = holder else {
            let page = self.list(KIND, after, limit)?;
            let show = |item: Value| {
                let license: License = serde_json::from_value(item).map_err(Refused::host)?;
                Ok::<_, Refused>(shown(&license, today))
            };
            let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
            return Ok(Page { items, next: page.next });
        };
        let limit = limit.clamp(1, PAGE_MAX);
        let ids = self.store.find(KIND, "holder", holder.as_str(), after, limit + 1)?;
        let next = ids.get(limit).and(ids.get(limit - 1)).cloned();
        let show = |id: &String| {
            let license: License = self.need(KIND, id)?.value;
            Ok::<_, Refused>(shown(&license, today))
        };
        let items = ids.iter().take(limit).map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// The licenses an entity held on a day, as they read on it; what was suspended or revoked since reads as it is.
    pub(crate) fn licenses_on(&self, holder: &EntityId, day: Date) -> Result<Vec<Value>, Refused> {
        let held = self.licenses_held(holder)?;
        let begun = |license: &&License| license.term().is_some_and(|term| term.from <= day);
        Ok(held.iter().filter(begun).map(|license| shown(license, day)).collect())
    }
}
