//! Payments as told: how far each is as known here, what that rests on, and what is missing.

use canon::{PaymentId, Timestamp};
use corridor::bridge::{Due, Hop, Phase, ReceiptAt};
use serde_json::{Value, json};

use super::HOP;
use crate::corridor::{stream_here, stream_there};
use crate::refused::Refused;
use crate::zone::{Loaded, Page, Zone};

/// What a payment waits for, if it waits for something.
fn missing(hop: &Hop, now: Timestamp) -> Option<String> {
    let decided = |at: &ReceiptAt| {
        format!("the verdict on receipt {} of our lane on `{}`", at.sequence, at.corridor_id)
    };
    match hop.due() {
        Some(Due::Answer(_)) => return Some("our own word to the zone before".to_owned()),
        Some(Due::Return) => return Some("law to let the payer have the money back".to_owned()),
        None => {}
    }
    let answer = hop.before.as_ref().and_then(|before| before.answer.as_ref());
    match (answer, &hop.after) {
        (Some(answer), _) => match &answer.verdict {
            None => Some(decided(&answer.receipt)),
            Some(verdict) => verdict.refused.as_ref().map(|reason| {
                format!(
                    "an agreement: our word on `{}` was refused as `{reason}`",
                    answer.receipt.corridor_id
                )
            }),
        },
        (None, Some(after)) if after.outcome.is_some() => None,
        (None, Some(after)) if after.accepted.is_none() => Some(decided(&after.prepare)),
        (None, Some(after)) => {
            let late = if now >= after.expires_at { ", past its expiry" } else { "" };
            let id = &after.prepare.corridor_id;
            Some(format!("the commit or release of our lock on `{id}`{late}"))
        }
        (None, None) => None,
    }
}

const fn role(hop: &Hop) -> &'static str {
    match (&hop.before, &hop.after) {
        (None, _) => "payer",
        (Some(_), Some(_)) => "relay",
        (Some(_), None) => "payee",
    }
}

/// Every receipt a payment rests on here, by what it is.
fn receipts(hop: &Hop) -> Vec<(&'static str, &ReceiptAt)> {
    let mut all = Vec::new();
    if let Some(before) = &hop.before {
        all.push(("prepare_before", &before.prepare));
        if let Some(answer) = &before.answer {
            all.push(("answer", &answer.receipt));
            all.extend(answer.verdict.iter().map(|verdict| ("answer_verdict", &verdict.receipt)));
        }
    }
    if let Some(after) = &hop.after {
        all.push(("prepare_after", &after.prepare));
        all.extend(after.accepted.iter().map(|receipt| ("accepted", receipt)));
        all.extend(after.outcome.iter().map(|outcome| ("outcome", &outcome.receipt)));
    }
    all
}

impl Zone {
    pub(super) fn hop_shown(&self, hop: &Hop, now: Timestamp) -> Value {
        let mut shown = json!(hop);
        if let Some(members) = shown.as_object_mut() {
            let phase = hop.phase(now);
            members.insert("transfer_id".to_owned(), json!(hop.paid.transfer_id));
            members.insert("phase".to_owned(), json!(phase));
            members.insert("role".to_owned(), json!(role(hop)));
            let ended = matches!(phase, Phase::Completed | Phase::Released);
            if let Some(missing) = missing(hop, now).filter(|_| !ended) {
                members.insert("missing".to_owned(), json!(missing));
            }
        }
        shown
    }

    /// A page of payments over bridges that this zone has a part in.
    ///
    /// # Errors
    /// The store.
    pub fn bridged(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list(HOP, after, limit)?;
        let now = self.now();
        let show = |item: Value| {
            let hop: Hop = serde_json::from_value(item).map_err(Refused::host)?;
            Ok::<_, Refused>(self.hop_shown(&hop, now))
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// One payment, with the receipts it rests on.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn bridged_one(&self, id: &PaymentId) -> Result<Value, Refused> {
        let hop: Loaded<Hop> = self.need(HOP, id.as_str())?;
        let mut evidence = Vec::new();
        for (what, at) in receipts(&hop.value) {
            let ours = at.lane == *self.zone_id();
            let id = &at.corridor_id;
            let stream = if ours { stream_here(id) } else { stream_there(id) };
            let item = self.items(&stream, at.sequence, 1)?.pop();
            let receipt = item.map(|item| item.receipt);
            evidence.push(json!({ "what": what, "at": at, "receipt": receipt }));
        }
        let mut shown = self.hop_shown(&hop.value, self.now());
        if let Some(members) = shown.as_object_mut() {
            members.insert("evidence".to_owned(), json!(evidence));
        }
        Ok(shown)
    }
}
