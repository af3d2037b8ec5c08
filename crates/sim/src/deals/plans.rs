//! Settlement: plans over signed cuts, consent on both sides, legs instructed, confirmed and failed.

use std::collections::BTreeMap;

use canon::{CorridorId, Digest};
use serde_json::{Value, json};
use zone::{Ask, Envelope, InstructAsk, PlanAsk, Refused, Zone};

use crate::check;
use crate::failure::{Failure, broken};
use crate::host::Host;
use crate::ops::{Op, host_fault};
use crate::world::World;

/// Plans looked at, of a zone.
const LOOKED_AT: usize = 50;

/// What is asked of a zone.
#[derive(Clone, Debug)]
pub enum PlanOp {
    /// Draw up a plan over one corridor, or over all there are, and consent to it.
    Draw(Option<CorridorId>),
    /// Consent to a plan told of by a peer.
    Agree(Digest),
    /// Refuse it.
    Refuse(Digest),
    /// Have a leg paid.
    Instruct(Digest, u64),
    /// The money of a leg is there.
    Confirm(Digest, u64),
    /// A leg is not paid.
    Fail(Digest, u64),
}

impl PlanOp {
    /// The word for it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Draw(_) => "plan draw",
            Self::Agree(_) => "plan agree",
            Self::Refuse(_) => "plan refuse",
            Self::Instruct(..) => "leg instruct",
            Self::Confirm(..) => "leg confirm",
            Self::Fail(..) => "leg fail",
        }
    }

    pub(crate) fn say(&self, zone: &Zone, ask: &Ask) -> Result<Envelope, Refused> {
        match self {
            Self::Draw(over) => {
                let corridor_ids = over.iter().cloned().collect();
                let drawn =
                    zone.draw_settlement(&PlanAsk { corridor_ids, ..PlanAsk::default() })?;
                zone.consent_to_plan(ask, drawn.get("plan").unwrap_or(&Value::Null))
            }
            Self::Agree(plan) => zone.consent_to_known(ask, plan),
            Self::Refuse(plan) => zone.refuse_plan(ask, plan, "the cut is disputed"),
            Self::Instruct(plan, leg) => {
                let banks = InstructAsk {
                    instructing_bic: "MEZZAEK0".to_owned(),
                    instructed_bic: "MEZZSGK0".to_owned(),
                };
                zone.instruct_leg(ask, (plan, *leg), &banks)
            }
            Self::Confirm(plan, leg) => {
                let shown = zone.settlement(plan)?;
                let told = notification(leg_of(&shown, *leg).unwrap_or(&Value::Null))?;
                zone.confirm_leg(ask, (plan, *leg), &told)
            }
            Self::Fail(plan, leg) => zone.fail_leg(ask, (plan, *leg), "the bank refused it"),
        }
    }
}

fn leg_of(plan: &Value, number: u64) -> Option<&Value> {
    plan.get("legs")?.as_array()?.get(usize::try_from(number).ok()?)
}

/// What the payee's bank writes of a leg.
fn notification(leg: &Value) -> Result<String, Refused> {
    let currency = leg.pointer("/amount/currency");
    let message = json!({ "message": "notification", "content": {
        "report": {
            "message_id": "BANK-1", "created": "2026-07-01T12:00:00Z", "report_id": "R-1",
            "account": { "other": "NOSTRO" }, "currency": currency,
        },
        "entries": [{
            "reference": "E-1", "amount": leg.get("amount"), "direction": "CRDT",
            "status": "BOOK", "booked": "2026-07-01", "value": "2026-07-01",
            "kind": "SETTLEMENT", "end_to_end_id": "LEG", "uetr": leg.get("uetr"),
        }],
    }});
    let message: corridor::iso20022::Message =
        serde_json::from_value(message).map_err(host_fault)?;
    message.write().map_err(host_fault)
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or("none")
}

fn digest(plan: &Value) -> Option<Digest> {
    Digest::from_hex(text(plan, "plan_sha256")).ok()
}

impl World {
    /// Somebody at `at` goes on with a plan, or draws one up.
    pub(crate) fn wish_plan(&mut self, at: usize) {
        let zone = self.hosts.get(at).and_then(Host::zone);
        let Some(Ok(page)) = zone.map(|zone| zone.settlements(None, LOOKED_AT)) else { return };
        let own = self.hosts.get(at).map(|host| host.zone_id.to_string()).unwrap_or_default();
        let mut due: Vec<PlanOp> = Vec::new();
        for plan in &page.items {
            let Some(id) = digest(plan) else { continue };
            let missing = plan.get("consent_missing").and_then(Value::as_array);
            let waits = missing.is_some_and(|zones| zones.contains(&json!(own)));
            match text(plan, "state") {
                "proposed" if waits && self.dice.per_mille(150) => due.push(PlanOp::Refuse(id)),
                "proposed" if waits => due.push(PlanOp::Agree(id)),
                "in_force" => due.extend(self.due_of_legs(plan, id, &own)),
                _ => {}
            }
        }
        if !due.is_empty() && !self.dice.per_mille(100) {
            let place = self.dice.place(due.len());
            due.into_iter().skip(place).take(1).for_each(|op| self.want(at, Op::Plan(op)));
            return;
        }
        let lines: Vec<_> =
            self.lines.iter().filter(|line| line.a == at || line.b == at).cloned().collect();
        let line = lines.get(self.dice.place(lines.len())).map(|line| line.id.clone());
        let over = line.filter(|_| !self.dice.per_mille(300));
        self.want(at, Op::Plan(PlanOp::Draw(over)));
    }

    fn due_of_legs(&mut self, plan: &Value, id: Digest, own: &str) -> Option<PlanOp> {
        let legs = plan.get("legs")?.as_array()?;
        let leg = legs.get(self.dice.place(legs.len()))?;
        let number = leg.get("number")?.as_u64()?;
        let fails = self.dice.per_mille(150);
        match (text(leg, "stage"), text(leg, "payer") == own, text(leg, "payee") == own) {
            ("planned" | "instructed", true, _) if fails => Some(PlanOp::Fail(id, number)),
            ("planned", true, _) => Some(PlanOp::Instruct(id, number)),
            ("instructed", _, true) if fails => Some(PlanOp::Fail(id, number)),
            ("instructed", _, true) => Some(PlanOp::Confirm(id, number)),
            _ => None,
        }
    }
}

/// Every zone of a plan is bound by it or none, and both ends of a leg know of it the same.
pub(crate) fn agree(world: &mut World) -> Result<(), Failure> {
    let mut known: BTreeMap<String, Vec<(String, Value)>> = BTreeMap::new();
    for at in 0..world.hosts.len() {
        let zone = check::zone(world, at)?;
        let own = zone.zone_id().to_string();
        for plan in check::pages(|after| zone.settlements(after, check::PAGE))? {
            let id = text(&plan, "plan_sha256").to_owned();
            known.entry(id).or_default().push((own.clone(), plan));
        }
    }
    for (id, sides) in &known {
        let Some((_, first)) = sides.first() else { continue };
        let state = text(first, "state");
        world.counts.one("plan", state);
        let differs = sides.iter().find(|(_, plan)| text(plan, "state") != state);
        if let Some((zone, other)) = differs {
            let detail = format!("{id}: {state}, and {} in {zone}", text(other, "state"));
            return Err(broken("a plan binds all or nobody", detail));
        }
        for leg in first.get("legs").and_then(Value::as_array).into_iter().flatten() {
            let number = leg.get("number").and_then(Value::as_u64).unwrap_or(0);
            let ends = [text(leg, "payer"), text(leg, "payee")];
            let at_ends = sides.iter().filter(|(zone, _)| ends.contains(&zone.as_str()));
            let stages = at_ends.filter_map(|(_, plan)| Some(text(leg_of(plan, number)?, "stage")));
            let stages: Vec<&str> = stages.collect();
            let Some(stage) = stages.first() else { continue };
            world.counts.one("leg", stage);
            if stages.iter().any(|other| other != stage) {
                let detail = format!("{id} leg {number}: {stages:?}");
                return Err(broken("both ends of a leg know the same", detail));
            }
        }
    }
    Ok(())
}
