//! What must hold: always, and when all is quiet again. Judged from outside, by what zones show to anybody.

use std::collections::{BTreeMap, BTreeSet};

use canon::{CorridorId, ZoneId};
use serde_json::Value;
use zone::Zone;

use crate::deals::{bridges, plans, trades};
use crate::failure::{Failure, broken, rig};
use crate::halts;
use crate::ops::minor;
use crate::watch::promises;
use crate::world::{Line, World};

/// Receipts read at once.
pub(crate) const PAGE: usize = 100;

/// After every look of everybody.
pub(crate) fn always(world: &mut World) -> Result<(), Failure> {
    world.net.released(|released| match released.forks().next() {
        Some((place, roots)) => {
            Err(broken("no two histories", format!("{place:?} has {} and {}", roots.0, roots.1)))
        }
        None => Ok(()),
    })
}

/// Counts how things stand, for nobody to believe in a state that no seed reaches.
pub(crate) fn look(world: &mut World) -> Result<(), Failure> {
    world.look_at_bridges();
    world.look_at_bills()?;
    let mut seen = Vec::new();
    for line in &world.lines {
        seen.extend([line.a, line.b].into_iter().filter_map(|at| world.state_of(at, &line.id)));
    }
    seen.iter().for_each(|state| world.counts.one("state", state));
    let Some(paid) = world.book.payments.last() else { return Ok(()) };
    let zone = world.hosts.get(paid.host).and_then(crate::host::Host::zone);
    let shown = zone.and_then(|zone| zone.payment(&paid.id).ok());
    let state = shown.as_ref().and_then(|shown| shown.get("state")?.as_str());
    state.into_iter().for_each(|state| world.counts.one("payment", state));
    Ok(())
}

/// When everything is mended and nobody has anything to do.
pub(crate) fn at_the_end(world: &mut World) -> Result<(), Failure> {
    let mut lanes = BTreeMap::new();
    for line in world.lines.clone() {
        let one = lane_of(world, &line, line.a)?;
        let other = lane_of(world, &line, line.b)?;
        agree(world, &line)?;
        halts::respected([&one, &other])?;
        for (at, lane) in [(line.a, one), (line.b, other)] {
            for receipt in &lane {
                let kind = receipt.pointer("/transition/kind").and_then(Value::as_str);
                world.counts.one("receipt", kind.unwrap_or("none"));
            }
            let zone = world.hosts.get(at).map(|host| host.zone_id.to_string());
            lanes.insert((line.id.to_string(), zone.unwrap_or_default()), lane);
        }
    }
    nothing_lost(world, &lanes)?;
    nobody_accused(world)?;
    promises::nobody_accused(world)?;
    trades::agree(world)?;
    plans::agree(world)?;
    money(world)
}

/// A zone that must run and sign now.
pub(crate) fn zone(world: &World, at: usize) -> Result<&Zone, Failure> {
    let host = world.hosts.get(at).ok_or_else(|| rig("no such host"))?;
    let zone = host.zone().ok_or_else(|| broken("a mended zone runs", host.name))?;
    match zone.stopped() {
        Some(why) => Err(broken("a mended zone signs", format!("{}: {why}", host.name))),
        None => Ok(zone),
    }
}

fn shown(world: &World, at: usize, id: &CorridorId) -> Result<Value, Failure> {
    zone(world, at)?.corridor(id).map_err(|refused| {
        let name = world.hosts.get(at).map(|host| host.name).unwrap_or_default();
        broken("a proposed corridor is there", format!("{id} at {name}: {refused}"))
    })
}

/// In quiet a zone waits for nobody: it knows that its peers hold what it wrote, and nothing is left to be sent.
pub(crate) fn nothing_waits(world: &World) -> Result<(), Failure> {
    for at in 0..world.hosts.len() {
        let health = zone(world, at)?.corridors_health().map_err(rig)?;
        for one in health.get("items").and_then(Value::as_array).into_iter().flatten() {
            let waits = ["/lanes/undelivered", "/outbox/messages"];
            let waits =
                waits.iter().find(|of| one.pointer(of).is_some_and(|n| n.as_u64() > Some(0)));
            if let Some(what) = waits {
                let detail = format!("host {at}: {what} in {one}");
                return Err(broken("in quiet nothing waits", detail));
            }
        }
    }
    Ok(())
}

/// Both zones hold the same of both lanes, and agree how the corridor stands.
pub(crate) fn agree(world: &World, line: &Line) -> Result<(), Failure> {
    let (one, other) = (shown(world, line.a, &line.id)?, shown(world, line.b, &line.id)?);
    let of = |shown: &Value, lane: &str| {
        let at = |name: &str| shown.pointer(&format!("/{lane}/{name}")).cloned();
        (at("size"), at("root"), at("epoch"))
    };
    for (here, there) in [(&one, &other), (&other, &one)] {
        let (written, mirrored) = (of(here, "lane_here"), of(there, "lane_there"));
        if written != mirrored {
            let detail = format!("{}: {written:?} is mirrored as {mirrored:?}", line.id);
            return Err(broken("healed zones hold the same lanes", detail));
        }
    }
    let states = (one.get("state"), other.get("state"));
    let expected = if line.ended { "DEPRECATED" } else { "ACTIVE" };
    if states.0 != states.1 || states.0.and_then(Value::as_str) != Some(expected) {
        return Err(broken("healed zones agree on the state", format!("{}: {states:?}", line.id)));
    }
    Ok(())
}

/// Every receipt of the lane that `at` writes, in order.
pub(crate) fn lane_of(world: &World, line: &Line, at: usize) -> Result<Vec<Value>, Failure> {
    let zone = zone(world, at)?;
    let owner: ZoneId = zone.zone_id().clone();
    let mut lane = Vec::new();
    loop {
        let page = zone.corridor_receipts(&line.id, Some(&owner), lane.len() as u64, PAGE);
        let page = page.map_err(|refused| broken("a lane can be read", refused.to_string()))?;
        let receipts = page.get("receipts").and_then(Value::as_array).cloned().unwrap_or_default();
        if receipts.is_empty() {
            return Ok(lane);
        }
        lane.extend(receipts);
    }
}

type Lanes = BTreeMap<(String, String), Vec<Value>>;

/// Every receipt that anybody was shown is in the journal of the zone that showed it.
fn nothing_lost(world: &World, lanes: &Lanes) -> Result<(), Failure> {
    world.net.released(|released| {
        for ((corridor, lane, sequence), root) in released.receipts() {
            let held = lanes.get(&(corridor.clone(), lane.clone()));
            let receipt = held.and_then(|lane| lane.get(usize::try_from(*sequence).ok()?));
            let stands = receipt.and_then(|receipt| receipt.get("next_root")?.as_str());
            if stands != Some(root) {
                let detail =
                    format!("{corridor} {lane} {sequence}: {root} was shown, {stands:?} stands");
                return Err(broken("no shown receipt is lost", detail));
            }
        }
        Ok(())
    })
}

/// No zone keeps evidence against a zone that did nothing.
fn nobody_accused(world: &World) -> Result<(), Failure> {
    for line in &world.lines {
        for at in [line.a, line.b] {
            let shown = shown(world, at, &line.id)?;
            let files = shown.get("evidence_sha256").and_then(Value::as_array).map_or(0, Vec::len);
            if files > 0 {
                return Err(broken("no honest zone is accused", format!("{} at {at}", line.id)));
            }
        }
    }
    Ok(())
}

/// Sums are conserved, and every acknowledged payment is booked exactly once.
fn money(world: &mut World) -> Result<(), Failure> {
    let mut corridors = 0;
    for at in 0..world.hosts.len() {
        let totals = zone(world, at)?.ledger_totals().map_err(rig)?;
        for row in totals.get("totals").and_then(Value::as_array).into_iter().flatten() {
            let sum = |name: &str| row.get(name).and_then(Value::as_str).and_then(minor);
            if sum("sum") != Some(0) {
                return Err(broken("a ledger sums to zero", format!("host {at}: {row}")));
            }
            corridors += sum("corridor_accounts").unwrap_or(i128::MAX / 2);
        }
    }
    if corridors != 0 {
        return Err(broken("corridor accounts sum to zero", corridors.to_string()));
    }
    let mut expected: BTreeMap<(usize, String), i128> = BTreeMap::new();
    for account in &world.book.accounts {
        let key = (account.host, account.id.to_string());
        expected.insert(key, i128::from(account.funded));
    }
    let mut known: Vec<BTreeSet<String>> = world.hosts.iter().map(|_| BTreeSet::new()).collect();
    for paid in world.book.payments.clone() {
        let shown = zone(world, paid.host)?.payment(&paid.id);
        let shown = shown.map_err(|refused| {
            broken("an acknowledged payment is there", format!("{}: {refused}", paid.id))
        })?;
        let state = shown.get("state").and_then(Value::as_str).unwrap_or("none").to_owned();
        world.counts.one("payment", &state);
        let minor = i128::from(paid.minor);
        let mut book = |host: usize, id: String, by: i128| {
            expected.entry((host, id)).and_modify(|sum| *sum += by);
        };
        match state.as_str() {
            "settled" => {
                book(paid.host, paid.from.to_string(), -minor);
                book(paid.to_host, paid.to.to_string(), minor);
            }
            "held" => book(paid.host, paid.from.to_string(), -minor),
            "returned" => {}
            _ => {
                return Err(broken("every payment ends", format!("{} is {state}", paid.id)));
            }
        }
        let new = known.get_mut(paid.host).is_some_and(|known| known.insert(paid.id.to_string()));
        if !new {
            return Err(broken("a payment is acknowledged once", paid.id.to_string()));
        }
    }
    bridges::booked(world, &mut expected)?;
    if let (Some(line), Some(sponsor)) = (world.watched(), world.watch.sponsor.clone()) {
        let bonded = i128::from(world.watch.bonded());
        let entry = expected.entry((line.a, sponsor.to_string()));
        entry.and_modify(|sum| *sum -= bonded);
    }
    for ((host, id), sum) in expected {
        let id = canon::AccountId::parse(&id).map_err(rig)?;
        let shown = zone(world, host)?.account(&id).map_err(rig)?;
        let stands = shown.get("balance").and_then(Value::as_str).and_then(minor);
        if stands != Some(sum) {
            let detail = format!("{id} at {host} holds {stands:?}, acknowledged is {sum}");
            return Err(broken("every acknowledged payment is booked once", detail));
        }
    }
    nothing_unasked(world, &known)
}

/// A zone holds no payment out of it that nobody was told of.
fn nothing_unasked(world: &World, known: &[BTreeSet<String>]) -> Result<(), Failure> {
    for (at, known) in known.iter().enumerate() {
        let zone = zone(world, at)?;
        let all = pages(|after| zone.payments(after, PAGE))?;
        let inbound =
            |payment: &&Value| payment.get("route").and_then(Value::as_str) == Some("inbound");
        let found = all.len() - all.iter().filter(inbound).count();
        if found != known.len() {
            let detail = format!("host {at} holds {found}, {} were acknowledged", known.len());
            return Err(broken("no payment is made unasked", detail));
        }
    }
    Ok(())
}

/// Every item of a listing.
pub(crate) fn pages(
    list: impl Fn(Option<&str>) -> Result<zone::Page, zone::Refused>,
) -> Result<Vec<Value>, Failure> {
    let (mut after, mut all): (Option<String>, _) = (None, Vec::new());
    loop {
        let page = list(after.as_deref()).map_err(rig)?;
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}
