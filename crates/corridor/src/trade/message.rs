//! What travels: the terms of a flow, and one step with its place in it.

use canon::{Canonical, CorridorId, Date, Digest, RecordId, Timestamp, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{Checked, Rule, TradeError, ensure, refused};
use super::invoice::digest;
use super::limits::{HOLIDAYS_MAX, STEPS_MAX};
use super::order::{Archetype, Side, Step};
use super::parts::{TradeEnd, at_most};
use super::steps::Act;

/// The terms of a flow: they never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TradeOpening")]
pub struct Opening {
    /// Always `MEZTradeFlow`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZTradeFlow"))]
    pub type_: String,
    /// The flow, named by the zone that opened it.
    pub flow_id: RecordId,
    /// What kind of trade.
    pub flow_type: Archetype,
    /// Who sells.
    pub seller: TradeEnd,
    /// Who buys.
    pub buyer: TradeEnd,
    /// The corridor between their zones; none where both are in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corridor_id: Option<CorridorId>,
    /// Days from Monday to Friday on which banks are closed, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bank_holidays: Vec<Date>,
    /// When it was opened.
    pub opened_at: Timestamp,
}

impl Opening {
    /// The document type.
    pub const TYPE: &'static str = "MEZTradeFlow";

    /// The terms must hold together.
    ///
    /// # Errors
    /// By field.
    pub fn check(&self) -> Checked {
        let typed = self.type_ == Self::TYPE;
        ensure(typed, "type", Rule::Malformed, || format!("`{}` is no flow", self.type_))?;
        for (field, end) in [("seller", &self.seller), ("buyer", &self.buyer)] {
            end.party.check(field)?;
            let named = end.party.name.is_some();
            ensure(named, &format!("{field}.name"), Rule::Malformed, || "is missing".to_owned())?;
        }
        let two = self.seller.party.party_id != self.buyer.party.party_id;
        ensure(two, "buyer.party_id", Rule::Parties, || "nobody trades with itself".to_owned())?;
        let across = self.seller.zone_id != self.buyer.zone_id;
        ensure(across == self.corridor_id.is_some(), "corridor_id", Rule::Malformed, || {
            "goes with two zones, and only with two".to_owned()
        })?;
        at_most("bank_holidays", self.bank_holidays.len(), HOLIDAYS_MAX)?;
        let ascending = self.bank_holidays.is_sorted_by(|a, b| a < b);
        ensure(ascending, "bank_holidays", Rule::Malformed, || "are not ascending".to_owned())
    }

    /// The digest the first step names.
    ///
    /// # Errors
    /// A text that no canonical form has.
    pub fn digest(&self) -> Result<Digest, TradeError> {
        digest("opening", self)
    }

    /// A side of it.
    #[must_use]
    pub const fn end(&self, side: Side) -> &TradeEnd {
        match side {
            Side::Seller => &self.seller,
            Side::Buyer => &self.buyer,
        }
    }

    /// The side a zone answers for; nothing for a zone that answers for both, or for none.
    #[must_use]
    pub fn side_of(&self, zone: &ZoneId) -> Option<Side> {
        match (self.seller.zone_id == *zone, self.buyer.zone_id == *zone) {
            (true, false) => Some(Side::Seller),
            (false, true) => Some(Side::Buyer),
            _ => None,
        }
    }

    /// Whether a zone answers for a side.
    #[must_use]
    pub fn answers_for(&self, zone: &ZoneId, side: Side) -> bool {
        self.end(side).zone_id == *zone
    }
}

/// One step: the payload of its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TradeTransition {
    /// Always `MEZTradeTransition`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "MEZTradeTransition"))]
    pub type_: String,
    /// The flow.
    pub flow_id: RecordId,
    /// How many steps stand before it.
    pub index: u64,
    /// Digest of the step before; of the terms for the first.
    pub previous: Digest,
    /// When it was taken; not before the step before.
    pub at: Timestamp,
    /// The terms, with the first step and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Box<Opening>>,
    /// What is done.
    pub transition: Act,
}

impl TradeTransition {
    /// The message type.
    pub const TYPE: &'static str = "MEZTradeTransition";

    /// Read a step, as far as it can be judged without the flow.
    ///
    /// # Errors
    /// By field.
    pub fn read(payload: &Value) -> Result<Self, TradeError> {
        let malformed = |e: canon::Refusal| refused("payload", Rule::Malformed, e);
        let read: Self =
            Canonical::of_value(payload).and_then(|payload| payload.read()).map_err(malformed)?;
        // One step, one text: neither `null` for what is absent nor a list for an object.
        let same = serde_json::to_value(&read).is_ok_and(|again| again == *payload);
        ensure(same, "payload", Rule::Malformed, || "is not written as it is read".to_owned())?;
        let typed = read.type_ == Self::TYPE;
        ensure(typed, "type", Rule::Malformed, || format!("`{}` is no step", read.type_))?;
        let begins = (read.index == 0) == read.opening.is_some();
        ensure(begins, "opening", Rule::Malformed, || {
            "goes with the first step, and only with it".to_owned()
        })?;
        ensure(read.index < STEPS_MAX as u64, "index", Rule::Malformed, || {
            format!("a flow has at most {STEPS_MAX} steps")
        })?;
        Ok(read)
    }

    /// Which step it is.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.transition.step()
    }

    /// The digest the next step names.
    ///
    /// # Errors
    /// A text that no canonical form has.
    pub fn digest(&self) -> Result<Digest, TradeError> {
        digest("transition", self)
    }
}
