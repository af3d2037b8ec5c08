//! A flow at rest, and what became of the step that waits.

use canon::{CorridorId, RecordId};
use corridor::LaneReceipt;
use corridor::trade::{Rule, TradeEnd, TradeError, View};
use serde::{Deserialize, Serialize};

use crate::corridor::Verdict;
use crate::refused::Refused;
use crate::writes::{MovesMoney, Writes};
use crate::zone::{Loaded, Zone};

/// The kind of record.
pub(super) const KIND: &str = "trade-flow";

/// The flow as this zone sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    #[serde(rename = "type")]
    type_: String,
    pub(super) view: View,
}

impl Kept {
    pub(super) fn of(view: View) -> Self {
        Self { type_: "MEZTradeView".to_owned(), view }
    }
}

/// A rule that a caller's step breaks.
pub(super) fn told(error: &TradeError) -> Refused {
    let code = error.rule.code();
    if error.rule.is_of_the_moment() {
        Refused::conflict(code, error)
    } else {
        Refused::invalid(code, error)
    }
}

impl Zone {
    /// Seller and buyer of a flow, if there is one.
    pub(crate) fn flow_ends(&self, id: &str) -> Result<Option<[TradeEnd; 2]>, Refused> {
        let found: Option<Loaded<Kept>> = self.load(KIND, id)?;
        Ok(found.map(|kept| {
            let opening = kept.value.view.opening;
            [opening.seller, opening.buyer]
        }))
    }

    /// A flow, with the step that waits decided if the other zone has answered.
    pub(super) fn flow_kept(&self, id: &RecordId) -> Result<Loaded<Kept>, Refused> {
        self.flow_known(id, None)?.ok_or_else(|| Refused::absent(KIND, id))
    }

    /// The same for one that need not be there. `telling` is a receipt whose own acknowledgement is not
    /// on record yet.
    pub(super) fn flow_known(
        &self,
        id: &RecordId,
        telling: Option<&LaneReceipt>,
    ) -> Result<Option<Loaded<Kept>>, Refused> {
        let found: Option<Loaded<Kept>> = self.load(KIND, id.as_str())?;
        let Some(mut kept) = found else { return Ok(None) };
        self.settled_view(&mut kept.value.view, telling)?;
        Ok(Some(kept))
    }

    /// The other zone's word on the step that waits, if it has been heard.
    pub(super) fn settled_view(
        &self,
        view: &mut View,
        telling: Option<&LaneReceipt>,
    ) -> Result<(), Refused> {
        let waits = view.pending.as_ref().and_then(|taken| taken.receipt.as_ref());
        let (Some(carried), Some(id)) = (waits, &view.opening.corridor_id) else { return Ok(()) };
        match self.verdict_on(id, carried.sequence, telling)? {
            None => {}
            Some(Verdict { refusal: None, .. }) => view.accepted(),
            Some(Verdict { refusal: Some(refusal), at, .. }) => {
                view.turned_down(refusal.reason_code.as_str().to_owned(), at);
            }
        }
        Ok(())
    }

    fn verdict_on(
        &self,
        id: &CorridorId,
        sequence: u64,
        telling: Option<&LaneReceipt>,
    ) -> Result<Option<Verdict>, Refused> {
        let known: Option<Loaded<Verdict>> = self.load("verdict", &Verdict::id(id, sequence))?;
        if known.is_some() {
            return Ok(known.map(|verdict| verdict.value));
        }
        let Some(receipt) = telling else { return Ok(None) };
        let Some(ack) = receipt.ack.as_ref().filter(|ack| ack.size > sequence) else {
            return Ok(None);
        };
        let refused = ack.refused.iter().find(|refused| refused.sequence == sequence);
        Verdict::of(receipt, ack.size, sequence, refused, self.now()).map(Some)
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write a flow.
    pub(super) fn flow(&mut self, kept: &Loaded<Kept>) -> Result<(), Refused> {
        let id = kept.value.view.opening.flow_id.as_str();
        self.record(KIND, id, kept.rev, &kept.value)
    }
}

/// Why an arriving step is refused before law is asked.
pub(super) const fn reason(rule: Rule) -> &'static str {
    rule.code()
}
