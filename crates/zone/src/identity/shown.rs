//! What a reader is told of somebody: masked, unless the reader registers persons.

use canon::{EntityId, RecordId, Timestamp};
use serde_json::{Value, json};

use super::KIND;
use super::kept::{Kept, Standing};
use crate::caller::{Caller, Scope};
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::zone::{Page, Zone, parse};

/// What may be told to anybody who may read, and remembered with the answer to a write.
pub(super) fn told(kept: &Kept, now: Timestamp) -> Value {
    let (tier, until) = kept.tier(now);
    let evidence: Vec<Value> = kept
        .evidence
        .iter()
        .map(|held| json!({ "kind": held.kind, "until": held.until, "ended": held.until <= now }))
        .collect();
    json!({
        "identity_id": kept.identity_id,
        "kind": kept.kind,
        "standing": kept.standing,
        "entity_id": kept.entity_id,
        "tier": tier,
        "tier_until": until,
        "next_tier_takes": tier.lacking(&kept.lasting(), now),
        "evidence": evidence,
        "commitment_sha256": kept.commitment_sha256,
    })
}

impl Zone {
    /// Somebody, as the caller may see them.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn identity(&self, caller: &Caller, id: &RecordId) -> Result<Value, Refused> {
        self.identity_as(id, caller.demand(&[Scope::Registrar, Scope::Operator]).is_ok())
    }

    /// Somebody, masked whoever asks.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub(crate) fn identity_masked(&self, id: &RecordId) -> Result<Value, Refused> {
        self.identity_as(id, false)
    }

    fn identity_as(&self, id: &RecordId, full: bool) -> Result<Value, Refused> {
        let now = self.now();
        let kept = self.person(id)?.value;
        let mut shown = told(&kept, now);
        if matches!(kept.standing, Standing::Erased { .. }) {
            return Ok(shown);
        }
        let opened = self.person_opened(id)?;
        let particulars = &opened.secret.particulars;
        if let Value::Object(members) = &mut shown {
            let value = if full {
                serde_json::to_value(particulars).map_err(Refused::host)?
            } else {
                particulars.masked()
            };
            members.insert("particulars".to_owned(), value);
            members.insert("masked".to_owned(), json!(!full));
            if full {
                members.insert("dids".to_owned(), json!(opened.secret.dids));
                members.insert("screening".to_owned(), self.person_screening_shown(&opened)?);
            }
        }
        Ok(shown)
    }

    /// A page of persons by id, of one entity where one is named; nothing personal is told.
    ///
    /// # Errors
    /// The store.
    pub fn identities(
        &self,
        entity: Option<&EntityId>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Refused> {
        let (now, limit) = (self.now(), limit.clamp(1, PAGE_MAX));
        let Some(entity) = entity else {
            let rows = self.store.records(KIND, after, limit + 1)?;
            let next = rows.get(limit).and(rows.get(limit - 1)).map(|(id, _)| id.clone());
            let show = |(id, record): &(String, store::Record)| {
                let kept: Kept = parse((KIND, id), &record.body)?;
                Ok::<_, Refused>(told(&kept, now))
            };
            let items = rows.iter().take(limit).map(show).collect::<Result<_, _>>()?;
            return Ok(Page { items, next });
        };
        let ids = self.store.find(KIND, "entity", entity.as_str(), after, limit + 1)?;
        let next = ids.get(limit).and(ids.get(limit - 1)).cloned();
        let show = |id: &String| {
            let kept: Kept = self.need(KIND, id)?.value;
            Ok::<_, Refused>(told(&kept, now))
        };
        let items = ids.iter().take(limit).map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }
}
