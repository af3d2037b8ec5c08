//! What a reader is told of a flow.

use canon::RecordId;
use corridor::trade::{Taken, View};
use serde_json::{Value, json};

use super::kept::{KIND, Kept};
use crate::refused::Refused;
use crate::zone::{Page, Zone};

/// A flow: its terms, where it stands, and what may come next.
pub(super) fn shown(view: &View) -> Result<Value, Refused> {
    let flow = view.flow().map_err(Refused::host)?;
    let opening = &view.opening;
    let next: Vec<Value> = opening
        .flow_type
        .after(flow.state())
        .into_iter()
        .map(|step| {
            let side = step.side();
            json!({ "kind": step, "side": side, "zone_id": opening.end(side).zone_id })
        })
        .collect();
    let refused = view.refused.as_ref().map(|turned| {
        json!({
            "kind": turned.taken.message.step(),
            "index": turned.taken.message.index,
            "reason_code": turned.reason_code,
            "at": turned.at,
        })
    });
    Ok(json!({
        "flow_id": opening.flow_id,
        "flow_type": opening.flow_type,
        "seller": opening.seller,
        "buyer": opening.buyer,
        "corridor_id": opening.corridor_id,
        "bank_holidays": opening.bank_holidays,
        "state": flow.state(),
        "transition_count": flow.index(),
        "last_sha256": flow.last(),
        "amount": flow.amount(),
        "honored": flow.honored(),
        "holder": view.holder().map_err(Refused::host)?,
        "endorsements": flow.endorsements(),
        "pending": view.pending.as_ref().map(|taken| taken.message.step()),
        "refused": refused,
        "next": next,
        "opened_at": opening.opened_at,
        "updated_at": flow.at(),
    }))
}

fn step(taken: &Taken, status: &str, reason: Option<&str>) -> Result<Value, Refused> {
    let message = &taken.message;
    Ok(json!({
        "index": message.index,
        "kind": message.step(),
        "side": message.step().side(),
        "by": taken.by,
        "at": message.at,
        "status": status,
        "reason_code": reason,
        "receipt": taken.receipt,
        "sha256": message.digest().map_err(Refused::host)?,
        "transition": message.transition,
    }))
}

impl Zone {
    /// One trade flow.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn flow(&self, id: &RecordId) -> Result<Value, Refused> {
        shown(&self.flow_kept(id)?.value.view)
    }

    /// A page of trade flows by id.
    ///
    /// # Errors
    /// The store.
    pub fn flows(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list(KIND, after, limit)?;
        let show = |item: Value| {
            let mut kept: Kept = serde_json::from_value(item).map_err(Refused::host)?;
            self.settled_view(&mut kept.view, None)?;
            shown(&kept.view)
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// The steps of a trade flow, those that stand first, then the one that waits or was refused.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn flow_transitions(&self, id: &RecordId) -> Result<Value, Refused> {
        let view = self.flow_kept(id)?.value.view;
        let mut steps = Vec::new();
        for taken in &view.stood {
            steps.push(step(taken, "accepted", None)?);
        }
        if let Some(taken) = &view.pending {
            steps.push(step(taken, "pending", None)?);
        }
        if let Some(turned) = &view.refused {
            steps.push(step(&turned.taken, "refused", Some(&turned.reason_code))?);
        }
        Ok(json!({ "flow_id": id, "transitions": steps, "total": steps.len() }))
    }
}
