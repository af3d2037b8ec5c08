//! Payments over chains of corridors: invoiced at one end, paid at the other, all of it or none.

use std::collections::BTreeMap;

use canon::{AccountId, CorridorId, PaymentId};
use serde_json::Value;
use zone::{Ask, BridgeAsk, Envelope, InvoiceAsk, Refused, Zone};

use crate::check;
use crate::failure::{Failure, broken, rig};
use crate::host::Host;
use crate::ops::{self, Op, decimal};
use crate::world::World;

/// What is asked of a zone.
#[derive(Clone, Debug)]
pub enum BridgeOp {
    /// Ask to be paid by somebody elsewhere.
    Invoice {
        /// Who is paid.
        to: AccountId,
        /// How much.
        minor: u64,
        /// How long it may be paid.
        valid_secs: i64,
        /// Host and account of whoever is to pay.
        payer: (usize, AccountId),
    },
    /// Pay an invoice.
    Pay {
        /// Who pays.
        from: AccountId,
        /// Host and account of whoever is paid.
        payee: (usize, AccountId),
        /// How much.
        minor: u64,
        /// The invoice.
        invoice: Value,
        /// The corridors to cross, unless the zone is to find them.
        route: Option<Vec<CorridorId>>,
    },
    /// Ask the zones beside again.
    Repair(PaymentId),
}

/// A payment over a bridge that somebody was told of.
#[derive(Clone, Debug)]
pub struct Bridged {
    /// Host and account of the payer.
    pub(crate) payer: (usize, AccountId),
    /// Host and account of the payee.
    pub(crate) payee: (usize, AccountId),
    /// Its id.
    pub(crate) id: PaymentId,
    /// Minor units.
    pub(crate) minor: u64,
}

impl BridgeOp {
    /// The word for it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Invoice { .. } => "bridge invoice",
            Self::Pay { route: None, .. } => "bridge pay found",
            Self::Pay { .. } => "bridge pay",
            Self::Repair(_) => "bridge repair",
        }
    }

    pub(crate) fn say(&self, zone: &Zone, ask: &Ask) -> Result<Envelope, Refused> {
        match self {
            Self::Invoice { to, minor, valid_secs, .. } => {
                let wanted = InvoiceAsk {
                    account_id: to.clone(),
                    amount: decimal(*minor),
                    currency: ops::usd()?,
                    purpose: "goods".to_owned(),
                    reference: None,
                    valid_secs: Some(*valid_secs),
                };
                zone.issue_invoice(ask, &wanted)
            }
            Self::Pay { from, invoice, route, .. } => {
                let sent = BridgeAsk {
                    from_account_id: from.clone(),
                    invoice: invoice.clone(),
                    route: route.clone(),
                    travel_rule: false,
                };
                zone.pay_bridged(ask, &sent)
            }
            Self::Repair(id) => zone.repair_bridged(ask, id),
        }
    }
}

impl World {
    /// Somebody at `at` wants to be paid from elsewhere; or somebody looks after a payment.
    pub(crate) fn wish_bridge(&mut self, at: usize) {
        let known = self.book.bridged.iter().filter(|bridged| bridged.payer.0 == at);
        let known: Vec<PaymentId> = known.map(|bridged| bridged.id.clone()).collect();
        if let Some(id) = known.last().filter(|_| self.dice.per_mille(100)) {
            self.want(at, Op::Bridge(BridgeOp::Repair(id.clone())));
            return;
        }
        let there = self.dice.place(self.hosts.len());
        let (Some(to), Some(from)) = (self.account(at), self.account(there)) else { return };
        if there == at {
            return;
        }
        let minor = self.dice.between(1, (from.about / 8).max(1));
        let short = self.dice.per_mille(100);
        let valid_secs = if short { 2 } else { 3_600 };
        let payer = (there, from.id);
        self.want(at, Op::Bridge(BridgeOp::Invoice { to: to.id, minor, valid_secs, payer }));
    }

    /// What an answer means for what clients know.
    pub(crate) fn learn_bridge(
        &mut self,
        at: usize,
        op: &BridgeOp,
        body: &Value,
    ) -> Result<(), Failure> {
        match op {
            BridgeOp::Invoice { to, minor, payer, .. } => {
                let invoice = body.pointer("/result/invoice").cloned();
                let invoice = invoice.ok_or_else(|| rig("an invoice is not in its answer"))?;
                let found = self.dice.per_mille(400);
                let mut route = self.way(payer.0, at).filter(|_| !found);
                if self.dice.per_mille(50) {
                    // A corridor nobody has: refused at the door, or by the zone that is to go on.
                    let last = route.as_mut().and_then(|route| route.last_mut());
                    let nowhere = CorridorId::parse("org.momentum.mez.corridor.nowhere--sg");
                    last.into_iter().zip(nowhere).for_each(|(last, nowhere)| *last = nowhere);
                }
                let (from, payee) = (payer.1.clone(), (at, to.clone()));
                let pay = BridgeOp::Pay { from, payee, minor: *minor, invoice, route };
                self.want(payer.0, Op::Bridge(pay));
            }
            BridgeOp::Pay { from, payee, minor, .. } => {
                let id = body.pointer("/result/transfer_id").and_then(Value::as_str);
                let id = PaymentId::parse(id.unwrap_or_default()).map_err(rig)?;
                if let Some(account) = self.book.account(from) {
                    account.about = account.about.saturating_sub(*minor);
                }
                let payer = (at, from.clone());
                let bridged = Bridged { payer, payee: payee.clone(), id, minor: *minor };
                self.book.bridged.push(bridged);
            }
            BridgeOp::Repair(_) => {}
        }
        Ok(())
    }

    /// A phase somebody may see meanwhile.
    pub(crate) fn look_at_bridges(&mut self) {
        let Some(last) = self.book.bridged.last() else { return };
        let (at, id) = (last.payer.0, last.id.clone());
        let shown = self.hosts.get(at).and_then(Host::zone).map(|zone| zone.bridged_one(&id));
        let phase = shown.as_ref().and_then(|shown| phase(shown.as_ref().ok()?));
        phase.into_iter().for_each(|phase| self.counts.one("bridge", phase));
    }
}

fn phase(shown: &Value) -> Option<&str> {
    shown.get("phase")?.as_str()
}

/// What every acknowledged payment came to, and what that does to the accounts of both ends.
pub(crate) fn booked(
    world: &mut World,
    expected: &mut BTreeMap<(usize, String), i128>,
) -> Result<(), Failure> {
    let mut made = vec![0_usize; world.hosts.len()];
    for bridged in world.book.bridged.clone() {
        let Bridged { payer, payee, id, minor } = bridged;
        let shown = check::zone(world, payer.0)?.bridged_one(&id).map_err(|refused| {
            broken("an acknowledged bridge is there", format!("{id}: {refused}"))
        })?;
        let end = phase(&shown).unwrap_or("none").to_owned();
        let all = match end.as_str() {
            "completed" => true,
            "released" => false,
            other => {
                let missing = shown.get("missing");
                let detail = format!("{id} is {other} at {}: {missing:?}", payer.0);
                return Err(broken("every bridge ends", detail));
            }
        };
        world.counts.one("bridge", &end);
        made.iter_mut().skip(payer.0).take(1).for_each(|made| *made += 1);
        for at in 0..world.hosts.len() {
            let Ok(known) = check::zone(world, at)?.bridged_one(&id) else {
                if all && at == payee.0 {
                    return Err(broken("a bridge is paid at its end", id.to_string()));
                }
                continue;
            };
            if phase(&known) != Some(end.as_str()) {
                let detail =
                    format!("{id} is {end} at {} and {:?} at {at}", payer.0, phase(&known));
                return Err(broken("a bridge ends everywhere alike", detail));
            }
        }
        if all {
            for (key, by) in [(payer, -i128::from(minor)), (payee, i128::from(minor))] {
                let entry = expected.entry((key.0, key.1.to_string()));
                entry.and_modify(|sum| *sum += by);
            }
        }
    }
    for (at, made) in made.into_iter().enumerate() {
        nothing_over(world, at, made)?;
    }
    Ok(())
}

/// A zone holds no bridge of its own customers that nobody was told of, and holds nothing back.
fn nothing_over(world: &World, at: usize, made: usize) -> Result<(), Failure> {
    let zone = check::zone(world, at)?;
    let all = check::pages(|after| zone.bridged(after, check::PAGE))?;
    let role = |one: &&Value| one.get("role").and_then(Value::as_str) == Some("payer");
    let found = all.iter().filter(role).count();
    if found != made {
        let detail = format!("host {at} holds {found}, {made} were acknowledged");
        return Err(broken("no bridge is begun unasked", detail));
    }
    let held = AccountId::parse("held:bridge:USD").map_err(rig)?;
    let shown = zone.account(&held).ok();
    let stands = shown.as_ref().and_then(|shown| ops::minor(shown.get("balance")?.as_str()?));
    match stands {
        None | Some(0) => Ok(()),
        other => Err(broken("a bridge that ended holds nothing back", format!("{at}: {other:?}"))),
    }
}
