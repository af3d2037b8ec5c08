//! A step of the other zone: what cannot stand is refused outright, the rest law decides.

use canon::Timestamp;
use corridor::LaneReceipt;
use corridor::limits::SKEW_SECS_MAX;
use corridor::messages::Item;
use corridor::trade::{Carried, Opening, Rule, Taken, TradeTransition, View};

use super::gather::Asked;
use super::kept::{Kept, reason};
use crate::corridor::{Decided, Effect, Open};
use crate::refused::Refused;
use crate::writes::{Admitted, MovesMoney, Writes};
use crate::zone::{Loaded, Zone};

/// A flow with the step that was accepted.
struct Moved(Loaded<Kept>);

impl Effect<Admitted> for Moved {
    fn write(&self, writes: &mut Writes<'_, Admitted>) -> Result<(), Refused> {
        self.write_to(writes)
    }
}

impl Moved {
    fn write_to<W: MovesMoney>(&self, writes: &mut Writes<'_, W>) -> Result<(), Refused> {
        writes.flow(&self.0)
    }
}

/// A step that arrived: the flow before it, and who took it.
pub(super) struct Arrived {
    pub(super) before: Loaded<Kept>,
    pub(super) taken: Taken,
}

impl Zone {
    /// Decide a step of the peer's. A peer's message never makes this fail: what cannot stand is a
    /// refusal with a reason.
    pub(crate) fn decide_trade(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Decided, Refused> {
        if open.terms.in_effect(now).is_err() {
            return Ok(Decided::RefusedOutright { reason: "corridor-not-in-effect" });
        }
        let arrived = match self.arrived(open, receipt, item)? {
            Ok(arrived) => arrived,
            Err(reason) => return Ok(Decided::RefusedOutright { reason }),
        };
        let Arrived { before, taken } = arrived;
        let side = taken.message.step().side().other();
        let after = before.value.view.receive(self.zone_id(), taken.clone(), now);
        let view = match after {
            Ok(view) => view,
            Err(error) => return Ok(Decided::RefusedOutright { reason: reason(error.rule) }),
        };
        if let Err(reason) = self.is_trader(&view.opening, side)? {
            return Ok(Decided::RefusedOutright { reason });
        }
        let amount = view.flow().map_err(Refused::host)?.amount();
        let act = Some(&taken.message.transition);
        let asked = Asked { opening: &view.opening, side, act, amount };
        let (by, subject) = (open.there.did().as_str(), asked.subject());
        let judged = self.judge_step(&asked, Some(open), (now, by, &subject))?;
        Ok(match judged {
            Ok(admission) => {
                let kept = Loaded { rev: before.rev, value: Kept::of(view) };
                Decided::Accepted { admission: Box::new(admission), effect: Box::new(Moved(kept)) }
            }
            Err(refusal) => Decided::RefusedByLaw { refusal: Box::new(refusal) },
        })
    }

    /// The step a receipt carries and the flow it is of, or why it is refused.
    pub(super) fn arrived(
        &self,
        open: &Open,
        receipt: &LaneReceipt,
        item: &Item,
    ) -> Result<Result<Arrived, &'static str>, Refused> {
        let Some(payload) = &item.payload else { return Ok(Err("payload-withheld")) };
        let Ok(message) = TradeTransition::read(&payload.payload) else {
            return Ok(Err("payload-malformed"));
        };
        if message.step().kind() != receipt.transition.kind {
            return Ok(Err("payload-malformed"));
        }
        // Periods are counted by it, so it is the receipt's own, as far as clocks agree.
        if message.at.unix().abs_diff(receipt.timestamp.unix()) > SKEW_SECS_MAX.unsigned_abs() {
            return Ok(Err(reason(Rule::Dates)));
        }
        let known = self.flow_known(&message.flow_id, Some(receipt))?;
        let before = match (known, &message.opening) {
            (Some(kept), _) => kept,
            (None, None) => return Ok(Err("trade-flow-unknown")),
            (None, Some(opening)) => match View::open((**opening).clone()) {
                Ok(view) => Loaded { rev: None, value: Kept::of(view) },
                Err(error) => return Ok(Err(reason(error.rule))),
            },
        };
        if !between(open, &before.value.view.opening) {
            return Ok(Err("trade-flow-unknown"));
        }
        let carried = Carried { lane: receipt.lane.clone(), sequence: receipt.sequence };
        let taken = Taken { by: receipt.lane.clone(), receipt: Some(carried), message };
        Ok(Ok(Arrived { before, taken }))
    }

    /// Whether our party is who the flow says, and may act.
    fn is_trader(
        &self,
        opening: &Opening,
        side: corridor::trade::Side,
    ) -> Result<Result<(), &'static str>, Refused> {
        let end = opening.end(side);
        let entity = match self.trader(&end.party.party_id) {
            Ok(entity) => entity,
            Err(Refused::NotFound { .. }) => return Ok(Err("trade-party-unknown")),
            Err(Refused::Conflict { .. }) => return Ok(Err("trade-party-not-active")),
            Err(other) => return Err(other),
        };
        let formation = entity.formation();
        let registered = corridor::trade::TradeParty::named(
            end.party.party_id.clone(),
            formation.legal_name().to_owned(),
        );
        let ours = end.jurisdiction_id == *formation.jurisdiction_id();
        Ok(if registered.is(&end.party) && ours { Ok(()) } else { Err("trade-party-differs") })
    }
}

/// Whether a flow goes between the two zones of a corridor, one side each.
fn between(open: &Open, opening: &Opening) -> bool {
    let there = &open.there.participant;
    let of_peer = |end: &corridor::trade::TradeEnd| {
        end.zone_id == *open.there.zone() && end.jurisdiction_id == there.jurisdiction_id
    };
    let here = open.lane_here.value.owner();
    opening.corridor_id.as_ref() == Some(&open.terms.corridor_id)
        && opening.side_of(here).is_some_and(|side| of_peer(opening.end(side.other())))
}
