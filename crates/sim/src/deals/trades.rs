//! Trade flows: a sale step by step, its bill of lading in one hand at a time.

use std::path::Path;
use std::sync::OnceLock;

use canon::{Digest, RecordId};
use corridor::trade::{Act, Archetype, BILL, BillOfLading, INVOICE, Invoice, Side};
use serde_json::{Value, json};
use zone::{Ask, Envelope, OpenFlow, Refused, Zone};

use crate::book::Account;
use crate::check;
use crate::failure::{Failure, broken, rig};
use crate::host::Host;
use crate::ops::{Op, host_fault};
use crate::world::World;

/// A golden flow of every archetype, whose steps are taken by other parties.
const VECTORS: &str = "vectors/trade.json";
/// Seller and buyer there: id and name.
const GOLDEN_PARTIES: [(&str, &str); 2] =
    [("weaver", "Indus Weave"), ("tailor", "Straits Tailors")];
/// A moment before any run begins, for what is said to have happened.
const BEFORE: &str = "2026-11-18T08:59:00Z";

/// What is asked of a zone.
#[derive(Clone, Debug)]
pub enum TradeOp {
    /// Open a flow between parties by host, seller first.
    Open {
        /// What is asked for.
        wanted: Value,
        /// Hosts of seller and buyer.
        hosts: [usize; 2],
        /// The steps to come.
        acts: Vec<Value>,
    },
    /// Take a step.
    Act(RecordId, Value),
}

/// A flow that somebody was told of.
#[derive(Clone, Debug)]
pub struct Flow {
    id: RecordId,
    hosts: [usize; 2],
    acts: Vec<Value>,
}

impl TradeOp {
    /// The word for it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Open { .. } => "trade open",
            Self::Act(..) => "trade act",
        }
    }

    pub(crate) fn say(&self, zone: &Zone, ask: &Ask) -> Result<Envelope, Refused> {
        match self {
            Self::Open { wanted, .. } => {
                let wanted: OpenFlow =
                    serde_json::from_value(wanted.clone()).map_err(host_fault)?;
                zone.open_flow(ask, wanted)
            }
            Self::Act(id, act) => {
                let act: Act = serde_json::from_value(act.clone()).map_err(host_fault)?;
                zone.act_in_flow(ask, id, act)
            }
        }
    }
}

fn golden() -> Result<&'static Value, Failure> {
    static GOLDEN: OnceLock<Result<Value, String>> = OnceLock::new();
    let read = || {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(VECTORS);
        let bytes = std::fs::read(&path).map_err(|e| format!("{VECTORS}: {e}"))?;
        serde_json::from_slice(&bytes).map_err(|e| format!("{VECTORS}: {e}"))
    };
    GOLDEN.get_or_init(read).as_ref().map_err(rig)
}

/// The steps of an archetype as the golden flow takes them, for other parties.
fn acts(flow_type: Archetype, parties: [&Account; 2]) -> Result<Vec<Value>, Failure> {
    let flows = golden()?.get("flows").and_then(Value::as_array).into_iter().flatten();
    let of = |flow: &&Value| flow.pointer("/opening/flow_type") == Some(&json!(flow_type));
    let flow = flows.into_iter().find(of).ok_or_else(|| rig(format!("no flow of {flow_type}")))?;
    let steps = flow.get("steps").and_then(Value::as_array).into_iter().flatten();
    let steps: Vec<_> = steps.map(|step| step.pointer("/message/transition")).collect();
    let mut text = json!(steps).to_string();
    for ((id, name), party) in GOLDEN_PARTIES.into_iter().zip(parties) {
        text = text.replace(&json!(id).to_string(), &json!(party.entity).to_string());
        text = text.replace(&json!(name).to_string(), &json!(party.name).to_string());
    }
    let mut acts: Vec<Value> = serde_json::from_str(&text).map_err(rig)?;
    let bill = acts.iter().find_map(|act| act.get("bol").cloned());
    let bill: Option<BillOfLading> = bill.map(serde_json::from_value).transpose().map_err(rig)?;
    for act in &mut acts {
        for moment in ["settled_at", "released_at", "decision_at"] {
            act.get_mut(moment).into_iter().for_each(|at| *at = json!(BEFORE));
        }
        let invoice = act.get("invoice").filter(|_| act.get("document_refs").is_some()).cloned();
        let invoice: Option<Invoice> =
            invoice.map(serde_json::from_value).transpose().map_err(rig)?;
        let refs = act.get_mut("document_refs").and_then(Value::as_array_mut);
        for reference in refs.into_iter().flatten() {
            let digest: Option<Digest> =
                match reference.get("artifact_type").and_then(Value::as_str) {
                    Some(INVOICE) => invoice.as_ref().and_then(|invoice| invoice.digest().ok()),
                    Some(BILL) => bill.as_ref().and_then(|bill| bill.digest().ok()),
                    _ => None,
                };
            if let (Some(digest), Some(members)) = (digest, reference.as_object_mut()) {
                members.insert("digest_sha256".to_owned(), json!(digest));
            }
        }
    }
    Ok(acts)
}

fn side(act: &Value) -> Option<usize> {
    let act: Act = serde_json::from_value(act.clone()).ok()?;
    Some(match act.step().side() {
        Side::Seller => 0,
        Side::Buyer => 1,
    })
}

impl World {
    /// Somebody at `at` takes a step of a flow, mostly the one that is due, or opens a flow.
    pub(crate) fn wish_trade(&mut self, at: usize) -> Result<(), Failure> {
        let own = self.book.flows.iter().filter(|flow| flow.hosts.contains(&at)).cloned();
        let own: Vec<Flow> = own.collect();
        if own.is_empty() || self.dice.per_mille(250) {
            return self.wish_flow(at);
        }
        let Some(flow) = own.get(self.dice.place(own.len())) else { return Ok(()) };
        let shown = self.hosts.get(at).and_then(Host::zone).map(|zone| zone.flow(&flow.id));
        let Some(Ok(shown)) = shown else { return Ok(()) };
        let taken = shown.get("transition_count").and_then(Value::as_u64).unwrap_or(0);
        let mut next = usize::try_from(taken).unwrap_or(0);
        // A step that is not due yet, or of the other side: refused.
        let hasty = self.dice.per_mille(80);
        if hasty {
            next += 1;
        }
        let Some(act) = flow.acts.get(next) else { return Ok(()) };
        let ours = side(act).is_some_and(|side| flow.hosts.get(side) == Some(&at));
        if ours || hasty {
            self.want(at, Op::Trade(TradeOp::Act(flow.id.clone(), act.clone())));
        }
        Ok(())
    }

    fn wish_flow(&mut self, at: usize) -> Result<(), Failure> {
        let lines = self.lines.iter().filter(|line| line.a == at || line.b == at);
        let lines: Vec<_> = lines.cloned().collect();
        let Some(line) = lines.get(self.dice.place(lines.len())) else { return Ok(()) };
        let there = if line.a == at { line.b } else { line.a };
        let all = Archetype::ALL;
        let Some(flow_type) = all.get(self.dice.place(all.len())).copied() else { return Ok(()) };
        let first = usize::from(flow_type.begins() == Side::Buyer);
        let hosts = if first == 0 { [at, there] } else { [there, at] };
        let [Some(seller), Some(buyer)] = hosts.map(|host| self.account(host)) else {
            return Ok(());
        };
        let acts = acts(flow_type, [&seller, &buyer])?;
        let parties = [seller.entity.clone(), buyer.entity.clone()];
        let zone = self.hosts.get(there).map(|host| host.zone_id.to_string());
        let (other, name) = if first == 0 { (1, buyer.name) } else { (0, seller.name) };
        let party = |side: usize| {
            let id = parties.get(side);
            match side == other {
                true => json!({ "party_id": id, "zone_id": zone, "name": name }),
                false => json!({ "party_id": id }),
            }
        };
        let wanted = json!({
            "flow_type": flow_type, "seller": party(0), "buyer": party(1),
            "corridor_id": line.id,
        });
        self.want(at, Op::Trade(TradeOp::Open { wanted, hosts, acts }));
        Ok(())
    }

    /// What an answer means for what clients know.
    pub(crate) fn learn_trade(&mut self, op: &TradeOp, body: &Value) -> Result<(), Failure> {
        if let TradeOp::Open { hosts, acts, .. } = op {
            let id = body.pointer("/result/flow/flow_id").and_then(Value::as_str);
            let id = RecordId::parse(id.unwrap_or_default()).map_err(rig)?;
            self.book.flows.push(Flow { id, hosts: *hosts, acts: acts.clone() });
        }
        Ok(())
    }

    /// Nobody else holds a bill that somebody holds; what a zone waits to hear of, it does not claim.
    pub(crate) fn look_at_bills(&mut self) -> Result<(), Failure> {
        for number in 0..self.book.flows.len() {
            let Some(flow) = self.book.flows.get(number).cloned() else { continue };
            let mut claims = 0;
            for at in flow.hosts {
                let zone = self.hosts.get(at).and_then(Host::zone);
                let Some(Ok(shown)) = zone.map(|zone| zone.flow(&flow.id)) else { continue };
                let state = shown.get("state").and_then(Value::as_str).unwrap_or("none");
                self.counts.one("flow", state);
                let own = self.hosts.get(at).map(|host| host.zone_id.to_string());
                claims += usize::from(claims_bill(&shown, own.as_deref()));
            }
            if claims > 1 {
                return Err(broken("a bill has one holder", format!("{}", flow.id)));
            }
        }
        Ok(())
    }
}

/// Whether a zone says that the bill is in the hands of its own side, and waits for nobody's word.
fn claims_bill(shown: &Value, zone: Option<&str>) -> bool {
    let holder = shown.get("holder").filter(|holder| !holder.is_null());
    let (Some(holder), Some(Value::Null)) = (holder, shown.get("pending")) else { return false };
    ["seller", "buyer"].into_iter().any(|side| {
        let party = shown.pointer(&format!("/{side}/party/party_id"));
        let of = shown.pointer(&format!("/{side}/zone_id")).and_then(Value::as_str);
        of == zone && (holder.get("party_id") == party || Some(holder) == party)
    })
}

/// Both zones show the same of every flow, and nothing waits.
pub(crate) fn agree(world: &mut World) -> Result<(), Failure> {
    for flow in world.book.flows.clone() {
        let mut known = Vec::new();
        for at in flow.hosts {
            known.extend(check::zone(world, at)?.flow(&flow.id).ok());
        }
        let told =
            |what: &str| broken("a flow is the same on both sides", format!("{}: {what}", flow.id));
        match known.as_slice() {
            [one, other] => {
                for name in ["state", "transition_count", "last_sha256", "holder", "endorsements"] {
                    if one.get(name) != other.get(name) {
                        return Err(told(&format!("{name}: {one} and {other}")));
                    }
                }
            }
            [one] if one.get("transition_count") == Some(&json!(0)) => {}
            _ => return Err(told(&format!("known to {} zones", known.len()))),
        }
        let waits = known.iter().find(|shown| !shown.get("pending").is_some_and(Value::is_null));
        if let Some(waits) = waits {
            return Err(told(&format!("it waits: {waits}")));
        }
        let state = known.first().and_then(|shown| shown.get("state")?.as_str());
        world.counts.one("flow", state.unwrap_or("none"));
    }
    Ok(())
}
