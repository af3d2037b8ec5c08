//! What is owed to authorities, from tax events.

use std::collections::BTreeMap;

use registry::tax::{Liability, LiabilityKey, Month, TaxEvent};
use store::StoreError;

use super::Walk;
use crate::tax::{EVENT, LIABILITY};

impl Walk<'_> {
    pub(super) fn taxes(&mut self) -> Result<(), StoreError> {
        let mut held: BTreeMap<String, i128> = BTreeMap::new();
        self.each(EVENT, |_, _, event: TaxEvent| {
            if let Some((terms, withheld)) = event.held() {
                let (authority, currency) = (terms.authority.clone(), withheld.currency());
                let key = LiabilityKey { authority, currency, month: Month::of(event.occurred()) };
                let sum = held.entry(key.id()).or_default();
                *sum = sum.saturating_add(withheld.minor());
            }
            Ok(())
        })?;
        self.each(LIABILITY, |walk, id, kept: Liability| {
            walk.one();
            let derived = held.remove(id).unwrap_or_default();
            let (withheld, reversed) = (kept.withheld().minor(), kept.reversed().minor());
            let kept = withheld.saturating_sub(reversed);
            walk.compare((LIABILITY, id, "withheld less reversed"), &kept, &derived);
            Ok(())
        })?;
        for (id, derived) in held {
            self.differs((LIABILITY, &id, "record"), &"nothing", &derived);
        }
        self.done(LIABILITY, EVENT);
        Ok(())
    }
}
