//! What this zone's corridors owe over their last cuts, and the plan that settles it.

use std::collections::BTreeMap;

use canon::{Canonical, CorridorId, Digest};
use corridor::Cut;
use corridor::netting::{
    AcceptedError, Allowance, Book, Channel, Obligation, Plan, Reach, accepted_over,
};
use corridor::settlement::Settlement;
use corridor::verify::{LaneHistory, LaneItem};
use proof::integrity::payload_digest;
use serde_json::{Value, json};

use super::consent::have_corridors;
use super::refused;
use crate::corridor::{CutRecord, Open, stream_here, stream_there};
use crate::limits::{CORRIDORS_SHOWN_MAX, PRIORITY_DEFAULT};
use crate::refused::Refused;
use crate::zone::Zone;

/// What is to be settled, and how.
#[derive(Clone, Debug, Default)]
pub struct PlanAsk {
    /// Which corridors; every one that has a cut, when none is named.
    pub corridor_ids: Vec<CorridorId>,
    /// Where legs may go.
    pub reach: Option<Reach>,
    /// Bounds, by corridor and payer.
    pub allowances: Vec<Allowance>,
}

/// What one corridor owes up to one cut.
pub(super) struct Owed {
    pub(super) obligations: Vec<Obligation>,
    pub(super) cut_sha256: Digest,
}

/// The corridor as a channel.
pub(super) fn channel(open: &Open) -> Result<Channel, Refused> {
    let [a, b] = open.terms.lanes.as_slice() else {
        return Err(Refused::host("a corridor has two lanes"));
    };
    Ok(Channel { corridor_id: open.terms.corridor_id.clone(), zones: [a.clone(), b.clone()] })
}

impl Zone {
    /// Draw up the plan over the last cuts of this zone's own corridors. Nothing is written.
    ///
    /// # Errors
    /// `no-cut`, `nothing-owed`, `plan-has-strangers` where peers that owe or are owed have no corridor with each other in it, or
    /// obligations that cannot be netted.
    pub fn draw_settlement(&self, ask: &PlanAsk) -> Result<Value, Refused> {
        let ids = match ask.corridor_ids.is_empty() {
            true => self.corridors_with_cuts()?,
            false => ask.corridor_ids.clone(),
        };
        let (mut obligations, mut channels, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
        for id in &ids {
            let open = self.open_corridor(id)?;
            channels.push(channel(&open)?);
            let last = self.cut_records(id)?.pop();
            let last = last.ok_or_else(|| {
                Refused::conflict("no-cut", format!("corridor `{id}` has no cut signed by both"))
            })?;
            let owed = self.owed(&open, &last)?;
            obligations.extend(owed.obligations);
            cuts.push(owed.cut_sha256);
        }
        let reach = ask.reach.unwrap_or(Reach::Debts);
        let drawn = Book::of(obligations, &channels)
            .and_then(|book| Plan::draw(&book, &ask.allowances, reach, &cuts));
        let plan = drawn.map_err(|error| match error {
            corridor::netting::NettingError::Nothing => Refused::conflict("nothing-owed", error),
            other => Refused::invalid("not-nettable", other),
        })?;
        let drawn = Settlement::of(plan).map_err(refused)?;
        have_corridors(&drawn)?;
        Ok(json!({ "plan": drawn.plan(), "plan_sha256": drawn.plan_sha256() }))
    }

    fn corridors_with_cuts(&self) -> Result<Vec<CorridorId>, Refused> {
        let rows = self.store.records("corridor", None, CORRIDORS_SHOWN_MAX)?;
        let mut ids = Vec::new();
        for (id, _) in rows {
            let id = CorridorId::parse(&id).map_err(Refused::host)?;
            if !self.cut_records(&id)?.is_empty() {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// What a corridor owes over `last`: accepted since the cut of the last plan, and carried from plans.
    pub(super) fn owed(&self, open: &Open, last: &CutRecord) -> Result<Owed, Refused> {
        let id = &open.terms.corridor_id;
        let settled = self.settled_record(id)?.value;
        let read = |document: &Value| Cut::read(document, &open.terms).map_err(Refused::host);
        let cut_sha256 = payload_digest(&last.cut).map_err(Refused::host)?;
        if settled.cut_sha256 == Some(cut_sha256) {
            return Ok(Owed { obligations: settled.carried, cut_sha256 });
        }
        let before = settled.cut_sha256.map(|digest| self.cut_of(open, &digest)).transpose()?;
        let before = before.map(|record| read(&record.cut)).transpose()?;
        let here = self.history(self.zone_id(), &stream_here(id))?;
        let there = self.history(open.there.zone(), &stream_there(id))?;
        let owed = accepted_over(&read(&last.cut)?, before.as_ref(), [&here, &there], |_| {
            PRIORITY_DEFAULT
        });
        let mut obligations = owed.map_err(|error| match error {
            AcceptedError::NotBefore => Refused::conflict("plan-outdated", error),
            other => Refused::conflict("cut-not-nettable", other),
        })?;
        obligations.extend(settled.carried);
        Ok(Owed { obligations, cut_sha256 })
    }

    /// The cut of this digest.
    pub(super) fn cut_of(&self, open: &Open, digest: &Digest) -> Result<CutRecord, Refused> {
        let is = |record: &CutRecord| payload_digest(&record.cut).is_ok_and(|one| one == *digest);
        let found = self.cut_records(&open.terms.corridor_id)?.into_iter().find(is);
        found.ok_or_else(|| Refused::host(format!("no cut `{digest}` is held")))
    }

    /// Own cuts among those of a plan, by corridor.
    pub(super) fn cuts_of(
        &self,
        opens: &[Open],
        cuts: &[Digest],
    ) -> Result<BTreeMap<CorridorId, CutRecord>, Refused> {
        let mut found = BTreeMap::new();
        for open in opens {
            let id = &open.terms.corridor_id;
            for record in self.cut_records(id)? {
                let digest = payload_digest(&record.cut).map_err(Refused::host)?;
                if cuts.contains(&digest) && found.insert(id.clone(), record).is_some() {
                    let detail = format!("the plan is over two cuts of `{id}`");
                    return Err(Refused::invalid("bad-settlement", detail));
                }
            }
        }
        Ok(found)
    }

    fn history(&self, zone: &canon::ZoneId, stream: &str) -> Result<LaneHistory, Refused> {
        let item = |item: corridor::messages::Item| {
            let receipt = Canonical::of_value(&item.receipt).map_err(Refused::host)?;
            let checkpoint = item.checkpoint.into_bytes();
            Ok(LaneItem { receipt: receipt.bytes().to_vec(), payload: item.payload, checkpoint })
        };
        let items = self.all_items(stream)?.into_iter().map(item);
        let items = items.collect::<Result<Vec<_>, Refused>>()?;
        Ok(LaneHistory { zone_id: zone.clone(), items })
    }
}
