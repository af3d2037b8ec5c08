//! What a reader is told of a proposal: what it is about, what voters sign, and how it stands now.

use canon::{EntityId, RecordId, Timestamp};
use registry::Consent;
use registry::consent::Whose;
use serde_json::{Value, json};

use super::KIND;
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::zone::{Page, Zone};

/// A proposal as it stands at a moment.
pub(crate) fn shown(consent: &Consent, now: Timestamp) -> Value {
    let standing = consent.standing_at(now);
    json!({
        "consent_id": consent.id(),
        "proposal": consent.proposal(),
        "proposal_sha256": consent.proposal_sha256(),
        "status": standing.name(),
        "standing": standing,
        "tally": consent.tally(),
        "votes": consent.votes(),
    })
}

/// The same without electorate and votes.
pub(crate) fn brief(consent: &Consent, now: Timestamp) -> Value {
    let proposal = consent.proposal();
    let (whose, id) = match &proposal.whose {
        Whose::Entity(entity) => ("entity_id", entity.as_str()),
        Whose::Zone(zone) => ("zone_id", zone.as_str()),
    };
    json!({
        "consent_id": consent.id(),
        whose: id,
        "operation": proposal.operation,
        "title": proposal.title,
        "opened": proposal.opened,
        "expires": proposal.expires,
        "status": consent.standing_at(now).name(),
        "tally": consent.tally(),
    })
}

impl Zone {
    /// One proposal.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn proposal(&self, id: &RecordId) -> Result<Value, Refused> {
        let consent: Consent = self.need(KIND, id.as_str())?.value;
        Ok(shown(&consent, self.now()))
    }

    /// A page of proposals, of one entity or all.
    ///
    /// # Errors
    /// The store.
    pub fn proposals(
        &self,
        entity: Option<&EntityId>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Refused> {
        let now = self.now();
        let Some(entity) = entity else {
            let page = self.list(KIND, after, limit)?;
            let show = |item: Value| {
                let consent: Consent = serde_json::from_value(item).map_err(Refused::host)?;
                Ok::<_, Refused>(brief(&consent, now))
            };
            let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
            return Ok(Page { items, next: page.next });
        };
        let limit = limit.clamp(1, PAGE_MAX);
        let ids = self.store.find(KIND, "entity", entity.as_str(), after, limit + 1)?;
        let next = (ids.len() > limit).then(|| ids.get(limit - 1).cloned()).flatten();
        let mut items = Vec::new();
        for id in ids.iter().take(limit) {
            items.push(brief(&self.need::<Consent>(KIND, id)?.value, now));
        }
        Ok(Page { items, next })
    }
}
