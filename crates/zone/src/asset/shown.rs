//! What a reader is told of an asset.

use canon::Digest;
use registry::Whereabouts;
use serde_json::{Value, json};

use super::KIND;
use super::kept::Kept;
use crate::corridor::Verdict;
use crate::refused::Refused;
use crate::zone::{Page, Zone};

/// An asset: its genesis, where it is, who holds it, and what law last said of it here.
pub(super) fn shown(kept: &Kept, refused: Option<&Verdict>) -> Value {
    let asset = &kept.asset;
    let refusal = refused.and_then(|verdict| verdict.refusal.as_ref());
    let state = if refusal.is_some() { "refused" } else { asset.state() };
    let (crossing, origin, returned) = match asset.whereabouts() {
        Whereabouts::Held { origin, refused, .. } => (None, origin.as_ref(), refused.as_ref()),
        Whereabouts::Sent { crossing } | Whereabouts::Gone { crossing, .. } => {
            (Some(crossing), None, None)
        }
    };
    json!({
        "asset_id": asset.id(),
        "genesis": asset.genesis(),
        "state": state,
        "holder": asset.is_held().then(|| asset.holder()),
        "last_holder": asset.holder(),
        "crossings": asset.crossings(),
        "crossing": crossing,
        "origin": origin,
        "refusal": refusal.or(returned),
        "compliance": kept.compliance,
    })
}

impl Zone {
    fn asset_shown(&self, mut kept: Kept) -> Result<Value, Refused> {
        let refused = self.asset_heard(&mut kept)?;
        Ok(shown(&kept, refused.as_ref()))
    }

    /// One asset.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn asset(&self, id: &Digest) -> Result<Value, Refused> {
        self.asset_shown(self.need::<Kept>(KIND, &id.to_string())?.value)
    }

    /// A page of assets by name.
    ///
    /// # Errors
    /// The store.
    pub fn assets(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list(KIND, after, limit)?;
        let show =
            |item: Value| self.asset_shown(serde_json::from_value(item).map_err(Refused::host)?);
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }
}
