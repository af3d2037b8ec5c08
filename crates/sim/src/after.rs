//! After the end: what is tried on zones that came through well. Which of the five is the seed's affair.
//!
//! The dishonest zone is the production one, twice under one key: what a thief of its keys and an old copy has. It asks
//! nobody what it signed before, as a zone does that means to be honest.

use std::collections::BTreeMap;

use canon::{CorridorId, Did, Digest};
use corridor::Stop;
use corridor::watcher::Told;
use proof::credential::Verdict;
use serde_json::Value;
use zone::{Ask, Zone};

use crate::failure::{Failure, broken, rig};
use crate::host::Host;
use crate::net::{TWIN, Weather};
use crate::ops::{Op, Pending};
use crate::world::{Line, World};

/// Looks at most until a second history has been seen, through bad weather.
const LOOKS_MAX: usize = 60;

impl World {
    /// One more thing, by seed.
    pub(crate) fn after(&mut self) -> Result<(), Failure> {
        match self.seed % 5 {
            0 => self.second_history(),
            1 => self.signer_restored_too(),
            2 => self.bundle(),
            3 => self.liar(),
            _ => self.intact(),
        }
    }

    /// How long the lanes are that a zone writes.
    fn sizes(&self, zone: &Zone) -> BTreeMap<CorridorId, u64> {
        let size = |line: &Line| {
            let shown = zone.corridor(&line.id).ok()?;
            Some((line.id.clone(), shown.pointer("/lane_here/size")?.as_u64()?))
        };
        self.lines.iter().filter(|line| !line.ended).filter_map(size).collect()
    }

    /// A line on which a host has written since a copy of it was made.
    fn gone_on(
        &self,
        then: &BTreeMap<CorridorId, u64>,
        now: &BTreeMap<CorridorId, u64>,
    ) -> Option<Line> {
        let grown =
            |line: &&Line| then.get(&line.id).is_some_and(|then| Some(then) < now.get(&line.id));
        self.lines.iter().find(grown).cloned()
    }

    /// Two histories under one key are proven at the first exchange, through whatever weather.
    fn second_history(&mut self) -> Result<(), Failure> {
        let Some((at, copy)) = self.early.take() else { return Ok(()) };
        let Some(named) = self.hosts.get(at).map(|host| host.named) else { return Ok(()) };
        let mut twin = Host::new(named, !self.seed, &self.time, &self.net)?;
        twin.store.rollback_to(&copy.data);
        twin.cell.put_back(copy.cell);
        twin.url = TWIN.to_owned();
        twin.open_silently()?;
        let now = self.hosts.get(at).and_then(Host::zone).map(|zone| self.sizes(zone));
        let then = twin.zone().map(|zone| self.sizes(zone));
        let line = then.zip(now).and_then(|(then, now)| self.gone_on(&then, &now));
        let Some(line) = line else { return Ok(()) };
        let there = if line.a == at { line.b } else { line.a };
        let before = self.lane_there(there, &line)?;
        let mut said = false;
        for op in [Op::Noop(line.id.clone()), Op::Stop(line.id.clone(), Stop::Halt)] {
            let ask = Pending { key: "twin".to_owned(), op, not_before: 0, tries: 0 };
            said |= ask.ask(&mut twin).is_ok();
        }
        if !said {
            return Ok(());
        }
        // It speaks to nobody else, who would tell it what it signed there.
        let seen = self.seed.is_multiple_of(2) && self.shown_to_a_watcher(&twin, &line, at)?;
        for (number, host) in (0..).zip(&self.hosts) {
            self.net.cut(&twin.url, &host.url, seen || number != there);
        }
        self.net.weather(Weather { loss: 300, answer_loss: 200, twice: 300, late: 0 });
        for _ in 0..LOOKS_MAX {
            self.time.pass(61_000);
            twin.running().and_then(Zone::run_jobs).ok();
            self.net.deliver_due();
            self.hear();
            if self.proven(there, &line, &twin.did)? {
                break;
            }
        }
        self.net.heal();
        let unproven = || broken("two histories are proven", format!("{} at {there}", line.id));
        if !self.proven(there, &line, &twin.did)? {
            return Err(unproven());
        }
        let state = self.state_of(there, &line.id);
        if state.as_deref() != Some("HALTED") {
            return Err(broken("a proven fork halts", format!("{}: {state:?}", line.id)));
        }
        if self.lane_there(there, &line)? != before {
            return Err(broken("what is held is never replaced", line.id.to_string()));
        }
        self.fault("second history");
        self.tell(&format!("{}: a second history is proven", line.id));
        // The thief is gone, and both zones say what stands.
        twin.close();
        self.net.leave(&twin.url);
        self.resolve(&line)
    }

    /// The second history is shown to nobody but a watcher, who mirrors the peer as well and hands the proof in.
    fn shown_to_a_watcher(&mut self, twin: &Host, line: &Line, at: usize) -> Result<bool, Failure> {
        let Some(zone) = twin.shared() else { return Ok(false) };
        self.net.join(&twin.url, zone, &twin.power);
        let told = self.round_with(line, at, &twin.url)?;
        let seen = told.iter().any(|one| matches!(one, Told::Equivocation { .. }));
        if seen {
            self.fault("second history shown to a watcher");
        }
        Ok(seen)
    }

    fn lane_there(&self, at: usize, line: &Line) -> Result<Option<Value>, Failure> {
        let zone = self.hosts.get(at).and_then(Host::zone).ok_or_else(|| rig("a peer is away"))?;
        let shown = zone.corridor(&line.id).map_err(rig)?;
        let of = |name: &str| shown.pointer(&format!("/lane_there/{name}")).cloned();
        Ok(of("size").zip(of("root")).map(|(size, root)| Value::Array(vec![size, root])))
    }

    /// Whether the host keeps a file that proves, to whoever trusts the DID alone, who signed twice.
    fn proven(&self, at: usize, line: &Line, who: &Did) -> Result<bool, Failure> {
        let zone = self.hosts.get(at).and_then(Host::zone).ok_or_else(|| rig("a peer is away"))?;
        let shown = zone.corridor(&line.id).map_err(rig)?;
        let files = shown.get("evidence_sha256").and_then(Value::as_array).cloned();
        let files = files.unwrap_or_default();
        for digest in &files {
            let digest = Digest::from_hex(digest.as_str().unwrap_or_default()).map_err(rig)?;
            let file = zone.evidence_file(&line.id, &digest).map_err(rig)?;
            let judged = corridor::evidence::judge(&file, std::slice::from_ref(who));
            if judged.verdict != Verdict::Valid || judged.who.as_ref() != Some(who) {
                return Err(broken("evidence proves by itself", format!("{judged:?}")));
            }
        }
        Ok(!files.is_empty())
    }

    /// Data and signer put back together are known for old by what a peer holds.
    fn signer_restored_too(&mut self) -> Result<(), Failure> {
        let Some((at, copy)) = self.early.take() else { return Ok(()) };
        let now = self.hosts.get(at).and_then(Host::zone).map(|zone| self.sizes(zone));
        let Some(host) = self.hosts.get_mut(at) else { return Ok(()) };
        host.close();
        host.store.rollback_to(&copy.data);
        host.cell.put_back(copy.cell);
        host.open_silently()?;
        let then = self.hosts.get(at).and_then(Host::zone).map(|zone| self.sizes(zone));
        let line = then.zip(now).and_then(|(then, now)| self.gone_on(&then, &now));
        let (Some(line), Some(host)) = (line, self.hosts.get_mut(at)) else { return Ok(()) };
        host.open()?;
        let stopped = host.zone().and_then(Zone::stopped);
        if stopped.is_none() {
            let detail = format!("{} of {}", line.id, host.name);
            return Err(broken("a peer tells of newer receipts", detail));
        }
        self.fault("signer restored too");
        self.tell(&format!("data and signer restored: {stopped:?}"));
        Ok(())
    }

    /// A bundle of a corridor is VALID to a stranger who trusts both zones.
    fn bundle(&mut self) -> Result<(), Failure> {
        let Some(line) = self.lines.iter().find(|line| !line.ended).cloned() else { return Ok(()) };
        let mut trust = Vec::new();
        for at in [line.a, line.b] {
            trust.extend(self.hosts.get(at).map(|host| host.did.clone()));
        }
        let Some(host) = self.hosts.get_mut(line.a) else { return Ok(()) };
        let ask = Ask::once(host.caller().map_err(rig)?);
        let bundle = host.running().and_then(|zone| zone.export_bundle(&ask, &line.id, true));
        let bundle =
            bundle.map_err(|refused| broken("a corridor is exported", refused.to_string()))?;
        let report = corridor::verify::judge(&bundle, &trust);
        if report.verdict != Verdict::Valid {
            return Err(broken("a bundle is valid to a stranger", format!("{:?}", report.reasons)));
        }
        self.counts.one("after", "bundle judged");
        Ok(())
    }

    /// The data of every zone are whole, entry by entry.
    fn intact(&mut self) -> Result<(), Failure> {
        for host in &mut self.hosts {
            host.close();
            let report = zone::fsck(host.store.as_ref(), host.keys(), None).map_err(rig)?;
            if report.found > 0 {
                return Err(broken("data are whole", format!("{}: {report:?}", host.name)));
            }
        }
        self.counts.one("after", "data checked");
        Ok(())
    }
}
