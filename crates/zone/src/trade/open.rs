//! Opening a flow, in the zone whose step is the first.

use canon::{AccountId, CorridorId, Date, Did, EntityId, Lei, RecordId, Timestamp, ZoneId};
use corridor::trade::{Address, Archetype, Opening, Side, TradeEnd, TradeParty, View};
use registry::Entity;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::gather::Asked;
use super::kept::{Kept, told};
use super::shown::shown;
use crate::account::acting;
use crate::caller::Scope;
use crate::corridor::Open;
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A party as a caller names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowParty {
    /// An entity of this zone, or a party's name in its own.
    pub party_id: RecordId,
    /// Its zone, where it is another.
    #[serde(default)]
    pub zone_id: Option<ZoneId>,
    /// Its legal name; needed for a party elsewhere.
    #[serde(default)]
    pub name: Option<String>,
    /// ISO 17442.
    #[serde(default)]
    pub lei: Option<Lei>,
    /// Its DID.
    #[serde(default)]
    pub did: Option<Did>,
    /// Its account.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Who acts for it.
    #[serde(default)]
    pub agent_id: Option<RecordId>,
    /// Where it is.
    #[serde(default)]
    pub address: Option<Address>,
}

/// A request to open a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenFlow {
    /// What kind of trade.
    pub flow_type: Archetype,
    /// Who sells.
    pub seller: FlowParty,
    /// Who buys.
    pub buyer: FlowParty,
    /// The corridor to the other party's zone, where it is another.
    #[serde(default)]
    pub corridor_id: Option<CorridorId>,
    /// Days from Monday to Friday on which banks are closed, ascending.
    #[serde(default)]
    pub bank_holidays: Vec<Date>,
}

impl FlowParty {
    fn party(self, name: Option<String>) -> TradeParty {
        let Self { party_id, lei, did, account_id, agent_id, address, .. } = self;
        TradeParty { party_id, name, lei, did, account_id, agent_id, address }
    }
}

impl Zone {
    /// Open a trade flow.
    ///
    /// # Errors
    /// See [`Refused`]; a refusal by law leaves its decision record.
    pub fn open_flow(&self, ask: &Ask, wanted: OpenFlow) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let open = wanted.corridor_id.as_ref().map(|id| self.for_trade(id, now)).transpose()?;
        let opening = self.opening(wanted, open.as_ref(), now)?;
        let side = opening.flow_type.begins();
        if !opening.answers_for(self.zone_id(), side) {
            let (of, whose) = (opening.flow_type, side.name());
            let detail = format!("a flow of type {of} is opened in the zone of the {whose}");
            return Err(Refused::conflict("trade-other-side", detail));
        }
        let view = View::open(opening).map_err(|e| told(&e))?;
        let asked = Asked { opening: &view.opening, side, act: None, amount: None };
        let (by, subject) = (ask.caller.principal().as_str(), asked.subject());
        let admission = self.admit_step(&asked, open.as_ref(), (now, by, &subject))?;
        let credential = self.attest(&admission, &subject, now)?;
        let kept = Loaded { rev: None, value: Kept::of(view) };
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.flow(&kept)?;
        let result = json!({ "flow": shown(&kept.value.view)? });
        writes.answer_and_let_go(building, ask, 201, &admission, (result, credential))
    }

    /// A corridor on which trade may go on now.
    pub(super) fn for_trade(&self, id: &CorridorId, now: Timestamp) -> Result<Open, Refused> {
        let open = self.open_corridor(id)?;
        open.for_business(now)?;
        Ok(open)
    }

    fn opening(
        &self,
        wanted: OpenFlow,
        open: Option<&Open>,
        now: Timestamp,
    ) -> Result<Opening, Refused> {
        let OpenFlow { flow_type, seller, buyer, corridor_id, bank_holidays } = wanted;
        let flow_id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        Ok(Opening {
            type_: Opening::TYPE.to_owned(),
            flow_id,
            flow_type,
            seller: self.end(Side::Seller, seller, open)?,
            buyer: self.end(Side::Buyer, buyer, open)?,
            corridor_id,
            bank_holidays,
            opened_at: now,
        })
    }

    /// One side: an entity of this register, or a party at the other end of the corridor.
    fn end(&self, side: Side, of: FlowParty, open: Option<&Open>) -> Result<TradeEnd, Refused> {
        let here = self.zone_id().clone();
        let zone_id = of.zone_id.clone().unwrap_or_else(|| here.clone());
        if zone_id == here {
            let entity = self.trader(&of.party_id)?;
            let formation = entity.formation();
            let name = formation.legal_name().to_owned();
            let given = of.clone().party(of.name.clone());
            let party = of.party(Some(name));
            if !given.is(&party) {
                let detail = format!("/{}/name is not that of the entity", side.name());
                return Err(Refused::invalid("trade-parties-differ", detail));
            }
            let jurisdiction_id = formation.jurisdiction_id().clone();
            return Ok(TradeEnd { party, zone_id, jurisdiction_id });
        }
        let open = open.filter(|open| *open.there.zone() == zone_id).ok_or_else(|| {
            let detail = format!("no corridor is named that leads to `{zone_id}`");
            Refused::conflict("wrong-corridor", detail)
        })?;
        let name = of.name.clone();
        let jurisdiction_id = open.there.participant.jurisdiction_id.clone();
        Ok(TradeEnd { party: of.party(name), zone_id, jurisdiction_id })
    }

    /// The entity of this zone that a party is, if it may act.
    pub(super) fn trader(&self, party: &RecordId) -> Result<Entity, Refused> {
        let id = EntityId::parse(party.as_str()).map_err(Refused::host)?;
        let entity: Entity = self.need("entity", id.as_str())?.value;
        acting(&entity)?;
        Ok(entity)
    }
}
