//! One entity through corridors: what both zones decided of the payments of its accounts, as far as the peers told.

use std::collections::{BTreeMap, BTreeSet};

use canon::{AccountId, CorridorId, EntityId, ZoneId};
use registry::{Course, Entity, Payment};
use serde_json::{Value, json};

use super::{Reading, When};
use crate::limits::{PAGE_MAX, PAYMENTS_SEARCHED_MAX};
use crate::refused::Refused;
use crate::zone::{Zone, parse};

/// A payment of the entity that crossed, and the receipt that carried it.
struct Crossed {
    payment: Payment,
    corridor_id: CorridorId,
    lane: ZoneId,
    sequence: u64,
}

impl Zone {
    /// What both zones decided of an entity's payments over corridors, as of a day, as known at a moment: the latest
    /// of them, and `complete` says whether all payments of the zone were looked at.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn compliance_across(&self, id: &EntityId, when: When) -> Result<Value, Refused> {
        let when = when.at(self.now());
        let _: Entity = self.need("entity", id.as_str())?.value;
        let owned = self.store.find("account", "owner", id.as_str(), None, store::PAGE_MAX)?;
        let owned: BTreeSet<String> = owned.into_iter().collect();
        let (mut crossed, complete) = self.crossed(&owned, when)?;
        crossed.sort_by_key(|one| std::cmp::Reverse(one.payment.initiated_at()));
        let found = crossed.len();
        crossed.truncate(PAGE_MAX);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut items = Vec::with_capacity(crossed.len());
        for one in &crossed {
            let told = self.receipt_compliance(&one.corridor_id, Some(&one.lane), one.sequence)?;
            let state = told.get("state").and_then(Value::as_str).unwrap_or("pending").to_owned();
            let count = counts.entry(state).or_default();
            *count = count.saturating_add(1);
            items.push(json!({
                "payment_id": one.payment.id(),
                "route": one.payment.route(),
                "initiated": one.payment.initiated_at(),
                "receipt": told,
            }));
        }
        Ok(json!({
            "entity_id": id,
            "as_of": when.as_of,
            "known_at": when.known_at,
            "realm": self.realm(),
            "crossings": found,
            "complete": complete && found == items.len(),
            "states": counts,
            "items": items,
        }))
    }

    /// The payments of accounts that crossed a corridor by then, and whether all were looked at.
    fn crossed(
        &self,
        owned: &BTreeSet<String>,
        when: Reading,
    ) -> Result<(Vec<Crossed>, bool), Refused> {
        let _reading = crate::mass::Reading::begin();
        let (mut found, mut after, mut seen) = (Vec::new(), None::<String>, 0usize);
        while seen < PAYMENTS_SEARCHED_MAX {
            let rows = self.store.records("payment", after.as_deref(), store::PAGE_MAX)?;
            let Some((last, _)) = rows.last() else { return Ok((found, true)) };
            after = Some(last.clone());
            seen = seen.saturating_add(rows.len());
            for part in rows.chunks(PAGE_MAX) {
                let known = part.iter().map(|(id, row)| (id.as_str(), row.body.as_slice()));
                self.ask_ahead("payment", known)?;
                for (id, record) in part {
                    let body = self.body_of(("payment", id), record.body.clone())?;
                    let payment: Payment = parse(("payment", id), &body)?;
                    let at = payment.initiated_at();
                    if at <= when.known_at && at.date() <= when.as_of {
                        found.extend(crossing(payment, owned)?);
                    }
                }
            }
        }
        Ok((found, false))
    }
}

/// Where a payment crossed, if it is of one of these accounts and has.
fn crossing(payment: Payment, owned: &BTreeSet<String>) -> Result<Option<Crossed>, Refused> {
    let is_owned = |account: &AccountId| owned.contains(account.as_str());
    let (corridor_id, carried) = match payment.course() {
        Course::Outbound { corridor_id, payer, .. } if is_owned(payer) => {
            (corridor_id.clone(), "/course/status/sending/receipt")
        }
        Course::Inbound { corridor_id, payee, .. } if is_owned(payee) => {
            (corridor_id.clone(), "/course/origin")
        }
        _ => return Ok(None),
    };
    let kept = serde_json::to_value(&payment).map_err(Refused::host)?;
    let carried = kept.pointer(carried);
    let lane = carried.and_then(|at| at.get("lane")).and_then(Value::as_str);
    let sequence = carried.and_then(|at| at.get("sequence")).and_then(Value::as_u64);
    let (Some(lane), Some(sequence)) = (lane, sequence) else { return Ok(None) };
    let lane = ZoneId::parse(lane).map_err(Refused::host)?;
    Ok(Some(Crossed { payment, corridor_id, lane, sequence }))
}
