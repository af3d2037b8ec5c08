//! What law is told of a step: who acts, with whom, about how much, and everybody its documents name.

use canon::{Amount, Canonical, Timestamp};
use corridor::trade::{Act, Opening, Side, TradeEnd};
use law::sanctions::{Identifier, Query, Scheme};
use law::{Admission, Kind, Provenance, Refusal, Source};
use serde_json::json;

use crate::corridor::Open;
use crate::facts::{Gathered, named, subjects_of};
use crate::pipeline::{Judged, Question};
use crate::refused::Refused;
use crate::zone::Zone;

/// What is called a step where a flow is only opened.
const OPENED: &str = "trade.flow.open";

/// A step about which law is asked, from the side that this zone answers for.
pub(super) struct Asked<'a> {
    pub(super) opening: &'a Opening,
    pub(super) side: Side,
    /// None where the flow is only opened.
    pub(super) act: Option<&'a Act>,
    /// What the flow is about, once a document says so.
    pub(super) amount: Option<Amount>,
}

/// The buyer pays the seller: rules of payments and of trade name them alike.
const fn role(side: Side) -> &'static str {
    match side {
        Side::Seller => "payee",
        Side::Buyer => "payer",
    }
}

fn party(end: &TradeEnd, now: Timestamp) -> Query {
    let mut query = named(end.party.name.as_deref().unwrap_or_default(), now);
    query.identifiers.extend(end.party.lei.as_ref().map(|lei| Identifier {
        scheme: Scheme::Lei,
        value: lei.as_str().into(),
        country: None,
    }));
    query
}

impl Asked<'_> {
    pub(super) fn subject(&self) -> String {
        format!("trade:{}", self.opening.flow_id)
    }

    /// `trade.*`.
    fn state(&self, gathered: &mut Gathered) -> Result<(), Refused> {
        let step = self.act.map_or(OPENED, |act| act.step().name());
        let said = json!({ "opening": self.opening, "step": self.act, "side": self.side });
        let digest = Canonical::of_value(&said).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        gathered.state("trade.flow_type", self.opening.flow_type.name(), by.clone())?;
        gathered.state("trade.step", step, by.clone())?;
        gathered.state("trade.side", self.side.name(), by.clone())?;
        let across = self.opening.corridor_id.is_some();
        gathered.state("trade.cross_border", across, by.clone())?;
        match self.amount {
            Some(amount) => gathered.state("trade.amount", amount, by),
            None => Ok(()),
        }
    }
}

impl Zone {
    /// Facts and screening of a step. Everybody is screened whom it names: both parties with their
    /// owners where they are known here, banks, carriers and vessels of its documents.
    fn gather_step(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Gathered, Refused> {
        let (here, there) = (asked.opening.end(asked.side), asked.opening.end(asked.side.other()));
        let entity = self.trader(&here.party.party_id)?;
        let mut gathered = self.gather(&entity, now)?;
        asked.state(&mut gathered)?;
        gathered.end(role(asked.side), &entity)?;
        let mut all = subjects_of(&entity, now);
        if asked.opening.corridor_id.is_none() {
            let second = self.trader(&there.party.party_id)?;
            let other = self.gather(&second, now)?;
            gathered.second(&other, role(asked.side.other()), &second)?;
            all.extend(subjects_of(&second, now));
        } else {
            let to = there.jurisdiction_id.as_str();
            gathered.far_end(role(asked.side.other()), there.party.name.as_deref(), to, true)?;
            all.push(party(there, now));
        }
        let named_in = asked.act.map(Act::named).unwrap_or_default();
        all.extend(named_in.into_iter().map(|name| named(name, now)));
        gathered.screen(self, &all)?;
        Ok(gathered)
    }

    /// Ask law about a step: ours, and that of the other end as far as it is held here.
    pub(super) fn judge_step(
        &self,
        asked: &Asked<'_>,
        open: Option<&Open>,
        (now, by, subject): (Timestamp, &str, &str),
    ) -> Result<Result<Judged<Admission>, Judged<Refusal>>, Refused> {
        let mut gathered = self.gather_step(asked, now)?;
        if let Some(open) = open {
            self.ask_there(&mut gathered, open, Kind::TradeTransition)?;
        }
        let jurisdiction = &asked.opening.end(asked.side).jurisdiction_id;
        let question = Question { kind: Kind::TradeTransition, jurisdiction, by, subject, now };
        Ok(self.decide(&question, gathered))
    }

    /// The same for a step of this zone: a refusal is recorded and told.
    pub(super) fn admit_step(
        &self,
        asked: &Asked<'_>,
        open: Option<&Open>,
        at: (Timestamp, &str, &str),
    ) -> Result<Judged<Admission>, Refused> {
        match self.judge_step(asked, open, at)? {
            Ok(admission) => Ok(admission),
            Err(refusal) => {
                self.denied(&refusal, at)?.commit()?;
                Err(crate::pipeline::told(&refusal))
            }
        }
    }
}
