//! A return that arrives: it must undo a transfer this zone refused, as it was sent, and once.

use canon::CorridorId;
use corridor::messages::Item;
use corridor::payment::{Return, Transfer};
use serde_json::{Value, json};

use super::context::Open;
use super::effect::{Decided, Effect};
use super::record::{stream_here, stream_there};
use super::verdict::Verdict;
use crate::refused::Refused;
use crate::writes::{OnDuty, Writes};
use crate::zone::{Loaded, Zone};

const KIND: &str = "return";

impl Zone {
    /// Check a return against our own refusal. It books nothing here; refusing one is how this
    /// zone says that the other credited money which is not its own.
    pub(super) fn decide_return(&self, open: &Open, item: &Item) -> Result<Decided, Refused> {
        let outright = |reason| Ok(Decided::RefusedOutright { reason });
        let Some(payload) = &item.payload else { return outright("payload-withheld") };
        let Ok(undone) = Return::read(&payload.payload) else {
            return outright("payload-malformed");
        };
        let id = &open.terms.corridor_id;
        let at = (undone.refused_sequence, undone.ack_sequence);
        let same = |sent: &Value| {
            Transfer::read(sent).is_ok_and(|sent| {
                sent.payment_id == undone.payment_id && sent.amount == undone.amount
            })
        };
        if !self.was_refused(id, at, same)? {
            return outright("return-unfounded");
        }
        match self.return_noted(id, undone.refused_sequence)? {
            Some(decided) => Ok(decided),
            None => outright("return-known"),
        }
    }

    /// Whether our receipt `ack` refused receipt `sequence` of the peer's, and that was `same`.
    pub(crate) fn was_refused(
        &self,
        id: &CorridorId,
        (sequence, ack): (u64, u64),
        same: impl Fn(&Value) -> bool,
    ) -> Result<bool, Refused> {
        let refusal = self.item_at(&stream_here(id), ack)?;
        let ack = refusal
            .map(|item| item.read())
            .transpose()
            .map_err(Refused::host)?
            .and_then(|receipt| receipt.ack);
        let refused = ack.is_some_and(|a| a.refused.iter().any(|r| r.sequence == sequence));
        let sent = self.item_at(&stream_there(id), sequence)?.and_then(|item| item.payload);
        Ok(refused && sent.is_some_and(|sent| same(&sent.payload)))
    }

    /// Note that receipt `sequence` of the peer's was undone; `None` where that is known.
    pub(crate) fn return_noted(
        &self,
        id: &CorridorId,
        sequence: u64,
    ) -> Result<Option<Decided>, Refused> {
        let known: Option<Loaded<Value>> = self.load(KIND, &Verdict::id(id, sequence))?;
        let returned = Returned { corridor_id: id.clone(), sequence };
        Ok(known.is_none().then(|| Decided::OnDuty(Box::new(returned))))
    }

    fn item_at(&self, stream: &str, sequence: u64) -> Result<Option<Item>, Refused> {
        let found = self.items(stream, sequence, 1)?.into_iter().next();
        let at = |item: &Item| item.receipt.get("sequence").and_then(Value::as_u64);
        Ok(found.filter(|item| at(item) == Some(sequence)))
    }
}

/// A refused transfer was undone.
struct Returned {
    corridor_id: CorridorId,
    sequence: u64,
}

impl Effect<OnDuty> for Returned {
    fn write(&self, writes: &mut Writes<'_, OnDuty>) -> Result<(), Refused> {
        let Self { corridor_id, sequence } = self;
        let record =
            json!({ "type": "MEZReturned", "corridor_id": corridor_id, "sequence": sequence });
        writes.state(KIND, &Verdict::id(corridor_id, *sequence), None, &record)
    }
}
