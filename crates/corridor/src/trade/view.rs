//! A flow as one zone sees it: the steps that stand, and the one of its own that waits for the other
//! zone's word.
//!
//! Each zone writes its own lane, so two steps can cross. Both name the place they mean to take, and at
//! one place one step stands: of two that cross that of the zone whose id comes first. Its writer refuses
//! the other; the other's writer gives its own up when the first arrives, and finds it refused.

use canon::{RecordId, Timestamp, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{Rule, TradeError, ensure, refused};
use super::flow::Flow;
use super::message::{Opening, TradeTransition};
use super::steps::Act;

/// A receipt that carries a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// Whose lane.
    pub lane: ZoneId,
    /// Its sequence there.
    pub sequence: u64,
}

/// A step and who took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// The zone that took it.
    pub by: ZoneId,
    /// The receipt it travelled in; none inside one zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Carried>,
    /// The step.
    pub message: TradeTransition,
}

/// A step of this zone that does not stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnedDown {
    /// The step.
    pub taken: Taken,
    /// Why: the reason code of the refusal.
    pub reason_code: String,
    /// When that was learned.
    pub at: Timestamp,
}

/// The flow as one zone sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The terms.
    pub opening: Opening,
    /// The steps that stand, first to last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stood: Vec<Taken>,
    /// A step of this zone that waits for the other's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Taken>,
    /// The last step of this zone that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<TurnedDown>,
}

impl View {
    /// A flow with nothing done.
    ///
    /// # Errors
    /// Terms that do not hold together.
    pub fn open(opening: Opening) -> Result<Self, TradeError> {
        opening.check()?;
        Ok(Self { opening, stood: Vec::new(), pending: None, refused: None })
    }

    /// Where it stands.
    ///
    /// # Errors
    /// Steps that do not follow each other: never for a view that was made here.
    pub fn flow(&self) -> Result<Flow, TradeError> {
        let steps = self.stood.iter().map(|taken| (&taken.by, &taken.message));
        Flow::replay(self.opening.clone(), steps)
    }

    /// The next step, taken by `here`: what it would say, and the flow with it; not yet kept.
    ///
    /// # Errors
    /// A step of this zone still waits, or the rule it breaks.
    pub fn draft(
        &self,
        here: &ZoneId,
        act: Act,
        now: Timestamp,
    ) -> Result<(TradeTransition, Flow), TradeError> {
        ensure(self.pending.is_none(), "flow_id", Rule::Pending, || {
            "the other zone has not answered the last step yet".to_owned()
        })?;
        let flow = self.flow()?;
        let message = flow.next(act, now);
        let after = flow.apply(here, &message)?;
        Ok((message, after))
    }

    /// Keep a drafted step: it waits for the other zone, or stands at once inside one.
    pub fn took(&mut self, taken: Taken) {
        self.refused = None;
        if taken.receipt.is_some() {
            self.pending = Some(taken);
        } else {
            self.stood.push(taken);
        }
    }

    /// A step of the other zone, as it arrives at `here`: the view with it, unless it is refused.
    ///
    /// # Errors
    /// The rule it breaks. The view is as before.
    pub fn receive(&self, here: &ZoneId, taken: Taken, now: Timestamp) -> Result<Self, TradeError> {
        let mut next = self.clone();
        self.flow()?.apply(&taken.by, &taken.message)?;
        if let Some(own) = next.pending.take() {
            if *here < taken.by {
                let detail = format!("it crossed with `{}` of {here}", own.message.step());
                return Err(refused("previous", Rule::Crossed, detail));
            }
            let reason_code = Rule::Crossed.code().to_owned();
            next.refused = Some(TurnedDown { taken: own, reason_code, at: now });
        }
        next.stood.push(taken);
        Ok(next)
    }

    /// The other zone accepted the step that waits.
    pub fn accepted(&mut self) {
        self.stood.extend(self.pending.take());
    }

    /// The other zone refused it.
    pub fn turned_down(&mut self, reason_code: String, at: Timestamp) {
        if let Some(taken) = self.pending.take() {
            self.refused = Some(TurnedDown { taken, reason_code, at });
        }
    }

    /// Who holds the bill of lading, as far as this zone knows. Who passed it on has let go, whatever the
    /// other zone answers: until then nobody holds it here.
    ///
    /// # Errors
    /// As [`View::flow`].
    pub fn holder(&self) -> Result<Option<RecordId>, TradeError> {
        let flow = self.flow()?;
        let passing = self.pending.as_ref().map(|own| flow.apply(&own.by, &own.message));
        let passing = passing.transpose()?;
        let keeps = passing.is_none_or(|after| after.holder() == flow.holder());
        Ok(flow.holder().filter(|_| keeps).cloned())
    }

    /// The same, where it is a party of the zone `here`.
    ///
    /// # Errors
    /// As [`View::flow`].
    pub fn holder_at(&self, here: &ZoneId) -> Result<Option<RecordId>, TradeError> {
        let ends = [&self.opening.seller, &self.opening.buyer];
        let ours = |id: &RecordId| {
            ends.iter().any(|end| end.zone_id == *here && end.party.party_id == *id)
        };
        Ok(self.holder()?.filter(ours))
    }
}
