//! Data and cells that are lost or put back older, hosts that start again, and the operator who looks after both.
//!
//! Invariant: whole data are put back in the end, from a copy that has every commit, because an operator keeps one.

use std::collections::BTreeMap;

use store::Store;
use store::cell::LastSigned;
use store::sim::Remains;
use zone::Zone;

use crate::failure::{Failure, broken};
use crate::faults::Copy;
use crate::host::Host;
use crate::world::World;

/// The journal that every commit moves.
const DECISIONS: &str = "decisions";
/// Its lane in the signer's cell.
const DECISIONS_LANE: &str = "journal/decisions";

/// How far the decisions of a host go.
fn decided(host: &Host) -> Option<u64> {
    host.store.head(DECISIONS).ok().flatten().map(|head| head.seq)
}

impl World {
    /// Whether the zone of a host runs and signs, on whole data.
    pub(crate) fn runs_well(&self, at: usize) -> bool {
        let host = self.hosts.get(at);
        let signs = host.and_then(Host::zone).is_some_and(|zone| zone.stopped().is_none());
        let doomed = host.is_none_or(|host| host.power.is_doomed());
        let whole = self.faults.hosts.get(at);
        signs && !doomed && whole.is_some_and(|standing| standing.good.is_none())
    }

    pub(crate) fn copy_of(&self, at: usize) -> Option<Copy> {
        let host = self.hosts.get(at)?;
        let (data, cell) = (host.store.snapshot(), host.cell.lanes());
        Some(Copy { data, cell })
    }

    /// Somebody makes a backup of the data.
    pub(crate) fn back_up(&mut self, at: usize) {
        let copy = self.runs_well(at).then(|| self.copy_of(at)).flatten();
        let standing = self.faults.hosts.get_mut(at);
        let (Some(copy), Some(standing)) = (copy, standing) else { return };
        standing.backup = Some(copy);
    }

    /// Somebody puts an older copy in place of the data, and starts the zone on it.
    pub(crate) fn restore(&mut self, at: usize) -> Result<(), Failure> {
        if !self.runs_well(at) {
            return Ok(());
        }
        let backup = self.faults.hosts.get_mut(at).and_then(|standing| standing.backup.take());
        let Some(backup) = backup else { return Ok(()) };
        let Some(host) = self.hosts.get(at) else { return Ok(()) };
        let good = (host.store.replica(), decided(host));
        host.store.rollback_to(&backup.data);
        self.starts_on_less(at, good, "backup restored")
    }

    /// Power goes under a disk that lied, and comes back without the last commits.
    pub(crate) fn find_out(&mut self, at: usize) -> Result<(), Failure> {
        let kept = self.dice.place(4);
        let Some(host) = self.hosts.get(at) else { return Ok(()) };
        host.store.lie_about_fsync(false);
        if self.faults.hosts.get(at).is_none_or(|standing| standing.good.is_some()) {
            return Ok(());
        }
        let good = (host.store.replica(), decided(host));
        host.store.crash_keeping(kept);
        host.power.switch_on();
        self.starts_on_less(at, good, "disk lied")
    }

    /// A zone that is started on data older than what it signed signs nothing.
    fn starts_on_less(
        &mut self,
        at: usize,
        (good, had): (store::sim::Snapshot, Option<u64>),
        name: &'static str,
    ) -> Result<(), Failure> {
        let ms = i64::try_from(self.dice.between(500, 20_000)).unwrap_or(1_000);
        let now = self.time.now_ms();
        let (Some(host), Some(standing)) = (self.hosts.get_mut(at), self.faults.hosts.get_mut(at))
        else {
            return Ok(());
        };
        // Whoever puts data back has the disk again.
        host.store.take_away(false);
        let short = decided(host);
        // What was lost before the cell knew of it was answered to nobody; without a cell nobody can tell.
        let signed = host.cell.last(DECISIONS_LANE).map(|last| last.sequence).or(had);
        host.open()?;
        let signs = host.zone().is_some_and(|zone| zone.stopped().is_none());
        let less = short < signed;
        let told =
            format!("{}: {name}, decisions {short:?} of {signed:?}, signs: {signs}", host.name);
        // What goes on from whole data must not be put back to where it was.
        if less {
            standing.good = Some(good);
            standing.restart_at = Some(now.saturating_add(ms));
        }
        if signs && less {
            return Err(broken("a zone on older data signs nothing", told));
        }
        self.counts.many("fault", name, u64::from(less));
        self.tell(&told);
        Ok(())
    }

    /// The signer's cell is gone, and the zone is started without.
    pub(crate) fn lose_cell(&mut self, at: usize) -> Result<(), Failure> {
        if !self.runs_well(at) {
            return Ok(());
        }
        let (Some(host), Some(standing)) = (self.hosts.get_mut(at), self.faults.hosts.get_mut(at))
        else {
            return Ok(());
        };
        if host.store.head(DECISIONS).ok().flatten().is_none() {
            return Ok(());
        }
        host.close();
        host.cell.put_back(BTreeMap::new());
        standing.cell_lost = true;
        host.open()?;
        let name = host.name;
        if host.zone().is_some_and(|zone| zone.stopped().is_none()) {
            return Err(broken("a zone without its cell signs nothing", name));
        }
        self.fault("cell lost");
        self.tell(&format!("{name}: the signer's cell is lost"));
        Ok(())
    }

    /// The operator asks each peer what it holds, and makes the cell anew. False: try again later.
    fn recover(&mut self, at: usize) -> Result<bool, Failure> {
        let mut held = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.a == at || line.b == at) {
            let there = if line.a == at { line.b } else { line.a };
            let Some(zone) = self.hosts.get(there).and_then(Host::zone) else { return Ok(false) };
            let shown = zone.corridor(&line.id).ok();
            let size = shown.as_ref().and_then(|shown| shown.pointer("/lane_there/size")?.as_u64());
            held.insert(line.id.to_string(), size.unwrap_or(0));
        }
        let Some(host) = self.hosts.get_mut(at) else { return Ok(false) };
        let recovered = zone::recover_cell(&host.config()?, &held);
        let told = format!("{}: recovery of the cell: {:?}", host.name, recovered.as_ref().err());
        self.tell(&told);
        Ok(recovered.is_ok())
    }

    /// Somebody looks after a host: opens again what went dark or stopped.
    pub(crate) fn tend(&mut self, at: usize) -> Result<(), Failure> {
        if self.runs_well(at) || self.is_doomed_and_well(at) {
            return Ok(());
        }
        let now = self.time.now_ms();
        let ms = i64::try_from(self.dice.between(100, 15_000)).unwrap_or(1_000);
        let remains = if self.dice.per_mille(500) { Remains::Nothing } else { Remains::Everything };
        let (Some(host), Some(standing)) = (self.hosts.get_mut(at), self.faults.hosts.get_mut(at))
        else {
            return Ok(());
        };
        if !host.power.is_on() {
            host.close();
        }
        let due = *standing.restart_at.get_or_insert(now.saturating_add(ms));
        if due > now {
            return Ok(());
        }
        standing.restart_at = None;
        host.close();
        host.power.switch_on();
        host.store.take_away(false);
        host.store.fill(false);
        match standing.good.take() {
            Some(good) => host.store.rollback_to(&good),
            // A lie that was not found out yet: what is in the cache is written before the process ends.
            None if host.store.unsynced() > 0 => host.store.rollback_to(&host.store.replica()),
            None => host.store.crash_leaving(remains),
        }
        if standing.cell_lost && self.recover(at)? {
            self.faults.hosts.iter_mut().skip(at).take(1).for_each(|host| host.cell_lost = false);
        }
        let Some(host) = self.hosts.get_mut(at) else { return Ok(()) };
        let opened = host.open()?;
        let stopped = host.zone().and_then(Zone::stopped);
        let told = format!("{} starts again: {opened} {stopped:?}", host.name);
        self.fault("restart");
        self.tell(&told);
        Ok(())
    }

    fn is_doomed_and_well(&self, at: usize) -> bool {
        let whole = self.faults.hosts.get(at).is_some_and(|standing| standing.good.is_none());
        let zone = self.hosts.get(at).and_then(Host::zone);
        whole && zone.is_some_and(|zone| zone.stopped().is_none())
    }

    /// Everything that was broken is whole, at once.
    pub(crate) fn mend_all(&mut self) -> Result<(), Failure> {
        self.mend_lasting()?;
        self.net.heal();
        let now = self.time.now_ms();
        for (host, standing) in self.hosts.iter_mut().zip(&mut self.faults.hosts) {
            host.clock.right();
            host.power.switch_off();
            host.close();
            standing.restart_at = Some(now);
        }
        // Twice: who lost its cell needs its peers.
        for at in (0..self.hosts.len()).chain(0..self.hosts.len()) {
            if self.faults.hosts.get(at).is_some_and(|standing| standing.cell_lost) {
                self.faults
                    .hosts
                    .iter_mut()
                    .skip(at)
                    .take(1)
                    .for_each(|s| s.restart_at = Some(now));
            }
            self.tend(at)?;
        }
        Ok(())
    }
}
