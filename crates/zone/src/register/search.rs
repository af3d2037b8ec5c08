//! Searching the register: by words of a name, by status, by an identifier of an owner or officer.
//!
//! Entities are looked at in order of their ids, at most so many for one answer; `next` says where to go on, also
//! where nothing was found yet. What is asked for is compared with what is so now.

use registry::{Entity, Identifier};
use serde_json::Value;
use store::PAGE_MAX as STORE_PAGE_MAX;

use crate::limits::{ENTITIES_SEARCHED_MAX, PAGE_MAX};
use crate::refused::Refused;
use crate::zone::{Page, Zone, parse};

/// What is looked for; every field given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityQuery {
    /// Beginnings of words of the name, in any order; case does not count.
    pub name: Option<String>,
    /// A status in capitals, such as `ACTIVE`.
    pub status: Option<String>,
    /// An identifier of an owner or officer.
    pub identifier: Option<String>,
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

impl EntityQuery {
    /// Whether anything is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn fits(&self, entity: &Entity, wanted: &[String]) -> bool {
        let named = || {
            let known = words(entity.formation().legal_name());
            wanted.iter().all(|word| known.iter().any(|known| known.starts_with(word.as_str())))
        };
        let status = self.status.as_deref();
        status.is_none_or(|status| entity.status().name() == status)
            && (self.name.is_none() || !wanted.is_empty() && named())
            && self.identifier.as_deref().is_none_or(|wanted| identified(entity, wanted))
    }
}

/// Whether somebody behind the entity carries an identifier; spaces and dashes do not count.
fn identified(entity: &Entity, wanted: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(wanted);
    let is = |known: &Identifier| plain(known.value.as_str()) == wanted;
    let owners = entity.formation().owners().iter().flat_map(|owner| &owner.identifiers);
    let officers = entity.in_office().flat_map(|officer| &officer.identifiers);
    !wanted.is_empty() && owners.chain(officers).any(is)
}

impl Zone {
    /// A page of the entities that fit, by id.
    ///
    /// # Errors
    /// The store.
    pub fn search_entities(
        &self,
        query: &EntityQuery,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Refused> {
        if query.is_empty() {
            return self.entities(after, limit);
        }
        let wanted = query.name.as_deref().map(words).unwrap_or_default();
        let limit = limit.clamp(1, PAGE_MAX);
        let (mut items, mut seen): (Vec<Value>, usize) = (Vec::new(), 0);
        let mut at = after.map(str::to_owned);
        while seen < ENTITIES_SEARCHED_MAX {
            let rows = self.store.records("entity", at.as_deref(), STORE_PAGE_MAX)?;
            if rows.is_empty() {
                return Ok(Page { items, next: None });
            }
            for (id, record) in rows {
                seen += 1;
                let body = self.body_of(("entity", &id), record.body)?;
                let entity: Entity = parse(("entity", &id), &body)?;
                at = Some(id);
                if query.fits(&entity, &wanted) {
                    items.push(crate::entity::shown(&entity));
                    if items.len() == limit {
                        return Ok(Page { items, next: at });
                    }
                }
            }
        }
        Ok(Page { items, next: at })
    }
}
