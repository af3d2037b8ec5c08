//! Plans as they are shown: gross, net and settled, and where each leg stands.

use std::collections::BTreeMap;

use canon::{Amount, Currency, Digest};
use corridor::settlement::Stage;
use serde_json::{Value, json};

use super::Kept;
use crate::refused::Refused;
use crate::zone::{Page, Zone};

impl Zone {
    /// One plan with its legs.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn settlement(&self, plan_sha256: &Digest) -> Result<Value, Refused> {
        Ok(self.plan_shown(&self.plan_record(plan_sha256)?.value))
    }

    /// A page of plans by digest.
    ///
    /// # Errors
    /// The store.
    pub fn settlements(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list(super::PLAN, after, limit)?;
        let show = |item: Value| {
            let kept: Kept = serde_json::from_value(item).map_err(Refused::host)?;
            Ok::<_, Refused>(self.plan_shown(&kept))
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    pub(super) fn plan_shown(&self, kept: &Kept) -> Value {
        let settlement = &kept.settlement;
        let plan = settlement.plan();
        let date = self.now().date();
        let mut paid: BTreeMap<Currency, i128> = BTreeMap::new();
        let mut legs = Vec::new();
        for (leg, number) in plan.legs.iter().zip(0..) {
            let stage = settlement.leg(number).map_or(Stage::Planned, |(_, leg)| leg.stage());
            if stage == Stage::Confirmed {
                *paid.entry(leg.amount.currency()).or_default() += leg.amount.minor();
            }
            let mut shown = json!(leg);
            if let Some(members) = shown.as_object_mut() {
                members.insert("stage".to_owned(), json!(stage));
                let uetr = settlement.leg(number).ok().and_then(|(_, leg)| leg.uetr().cloned());
                if let Some(uetr) = uetr {
                    members.insert("uetr".to_owned(), json!(uetr));
                }
            }
            legs.push(shown);
        }
        let totals = plan.currencies.iter().map(|one| {
            let paid = paid.get(&one.currency).copied().unwrap_or(0);
            json!({
                "currency": one.currency,
                "gross": one.gross.to_decimal(date),
                "net": one.net.to_decimal(date),
                "settled": one.settled.to_decimal(date),
                "deferred": one.deferred.to_decimal(date),
                "paid": Amount::of_minor(paid, one.currency).to_decimal(date),
                "reduction_bps": one.reduction_bps,
            })
        });
        let zones = settlement.zones();
        let consents = zones.iter().filter(|zone| settlement.has_consented(zone));
        let waits = zones.iter().filter(|zone| !settlement.has_consented(zone));
        json!({
            "plan_sha256": settlement.plan_sha256(),
            "state": match () {
                () if settlement.is_refused() => "refused",
                () if settlement.is_agreed() => "in_force",
                () => "proposed",
            },
            "consented": consents.collect::<Vec<_>>(),
            "consent_missing": waits.collect::<Vec<_>>(),
            "cuts": plan.cuts,
            "totals": totals.collect::<Vec<_>>(),
            "legs": legs,
            "deferred": plan.deferred,
        })
    }
}
