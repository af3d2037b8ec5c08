//! What a reader is told of the council's proposals.

use canon::RecordId;
use registry::Consent;
use serde_json::Value;

use super::KIND;
use crate::consent::{brief, shown};
use crate::refused::Refused;
use crate::zone::{Page, Zone};

impl Zone {
    /// One proposal of the council: what it is about, what members sign, and how it stands now.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn council_proposal(&self, id: &RecordId) -> Result<Value, Refused> {
        let consent: Consent = self.need(KIND, id.as_str())?.value;
        Ok(shown(&consent, self.now()))
    }

    /// A page of proposals of the council.
    ///
    /// # Errors
    /// The store.
    pub fn council_proposals(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let (now, page) = (self.now(), self.list(KIND, after, limit)?);
        let show = |item: Value| {
            let consent: Consent = serde_json::from_value(item).map_err(Refused::host)?;
            Ok::<_, Refused>(brief(&consent, now))
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }
}
