//! What goes wrong, when, and for how long.
//!
//! Invariant: every fault ends; what a disk loses is put back from a copy that has it, because an operator does.

use std::collections::BTreeMap;

use store::cell::Last;
use store::sim::{Moment, Snapshot};

use crate::failure::Failure;
use crate::net::Weather;
use crate::world::World;

/// Where hosts stand between faults and repairs.
#[derive(Debug)]
pub struct Faults {
    pub(crate) hosts: Vec<Standing>,
    undo: Vec<(i64, Undo)>,
    /// Furthest any clock was ahead, in milliseconds.
    pub(crate) ahead_max: i64,
}

/// How one host stands.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// Opened again then.
    pub(crate) restart_at: Option<i64>,
    /// A copy that was made of good data.
    pub(crate) backup: Option<Copy>,
    /// The whole data, while an older copy lies in their place.
    pub(crate) good: Option<Snapshot>,
    /// The signer's cell is gone.
    pub(crate) cell_lost: bool,
}

/// Data, and the cell beside them.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) data: Snapshot,
    pub(crate) cell: BTreeMap<String, Last>,
}

#[derive(Debug)]
enum Undo {
    Line(String, String),
    Slow(String),
    Clock(usize),
    Disk(usize),
    Weather,
    /// The disk is found out: power goes, and with it what was not synced.
    Lie(usize),
}

impl Faults {
    pub(crate) fn new(hosts: usize) -> Self {
        let hosts = (0..hosts).map(|_| Standing::default()).collect();
        Self { hosts, undo: Vec::new(), ahead_max: 0 }
    }
}

const MOMENTS: [(Moment, &str); 4] = [
    (Moment::BeforeFsync, "power cut before the commit"),
    (Moment::AfterFsync, "power cut after the commit"),
    (Moment::BeforeCell, "power cut before the cell"),
    (Moment::AfterCell, "power cut after the cell"),
];

impl World {
    /// Ends what has lasted long enough, and may begin something new.
    pub(crate) fn break_something(&mut self) -> Result<(), Failure> {
        let now = self.time.now_ms();
        let undo = std::mem::take(&mut self.faults.undo);
        let (over, left): (Vec<_>, Vec<_>) = undo.into_iter().partition(|(at, _)| *at <= now);
        self.faults.undo = left;
        for (_, undo) in over {
            self.mend(&undo)?;
        }
        let at = self.dice.place(self.hosts.len());
        match self.dice.below(600) {
            0..12 => self.cut_power(at),
            12..18 => self.fail_disk(at),
            18..24 => self.cut_line(at),
            24..27 => self.slow_down(at),
            27..34 => self.change_weather(),
            34..39 => self.confuse_clock(at),
            39..44 => self.back_up(at),
            44..47 => self.restore(at)?,
            47..49 => self.lie(at),
            49..51 => self.lose_cell(at)?,
            51..65 => self.say_again(at),
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn fault(&mut self, name: &str) {
        self.counts.one("fault", name);
    }

    fn for_a_while(&mut self, undo: Undo, low: u64, high: u64) {
        let ms = i64::try_from(self.dice.between(low, high)).unwrap_or(1_000);
        self.faults.undo.push((self.time.now_ms().saturating_add(ms), undo));
    }

    fn mend(&mut self, undo: &Undo) -> Result<(), Failure> {
        match undo {
            Undo::Line(from, to) => self.net.cut(from, to, false),
            Undo::Slow(url) => self.net.slow(url, false),
            Undo::Clock(at) => {
                self.hosts.get(*at).iter().for_each(|host| host.clock.right());
            }
            Undo::Disk(at) => self.hosts.get(*at).iter().for_each(|host| {
                host.store.fill(false);
                host.store.take_away(false);
            }),
            Undo::Weather => self.net.weather(Weather::default()),
            Undo::Lie(at) => self.find_out(*at)?,
        }
        Ok(())
    }

    /// Ends whatever lasts.
    pub(crate) fn mend_lasting(&mut self) -> Result<(), Failure> {
        for (_, undo) in std::mem::take(&mut self.faults.undo) {
            self.mend(&undo)?;
        }
        Ok(())
    }

    /// The disk says that it wrote, and did not; for a while, until power goes.
    fn lie(&mut self, at: usize) {
        let running = self.runs_well(at);
        let Some(host) = self.hosts.get(at).filter(|_| running) else { return };
        host.store.lie_about_fsync(true);
        let told = format!("{}: the disk lies about fsync", host.name);
        self.tell(&told);
        self.for_a_while(Undo::Lie(at), 1_000, 10_000);
    }

    fn cut_power(&mut self, at: usize) {
        let (moment, name) =
            MOMENTS.get(self.dice.place(4)).copied().unwrap_or((Moment::BeforeFsync, "power cut"));
        let n = self.dice.between(1, 4);
        let Some(host) = self.hosts.get(at) else { return };
        if host.power.is_doomed() {
            return;
        }
        host.power.fail_at(moment, n);
        let told = format!("{} will lose power: {name}, {n}", host.name);
        self.fault(name);
        self.tell(&told);
    }

    fn fail_disk(&mut self, at: usize) {
        let choice = self.dice.below(6);
        let n = self.dice.between(1, 3);
        let Some(host) = self.hosts.get(at) else { return };
        let name = match choice {
            0..2 => {
                host.store.fail_fsync(n);
                "fsync failed"
            }
            2 | 3 => {
                host.cell.fail_next(choice == 2);
                "fsync of the cell failed"
            }
            4 => {
                host.store.fill(true);
                "disk full"
            }
            _ => {
                host.store.take_away(true);
                "store away"
            }
        };
        let told = format!("{} disk: {name}", host.name);
        if choice >= 4 {
            self.for_a_while(Undo::Disk(at), 500, 20_000);
        }
        self.fault(name);
        self.tell(&told);
    }

    fn cut_line(&mut self, at: usize) {
        let Some(line) = self.lines.get(self.dice.place(self.lines.len())) else { return };
        let other = if line.a == at { line.b } else { line.a };
        let url = |at: usize| self.hosts.get(at).map(|host| host.url.clone()).unwrap_or_default();
        let (one, other) = (url(at), url(other));
        let both = self.dice.per_mille(600);
        self.net.cut(&one, &other, true);
        self.for_a_while(Undo::Line(one.clone(), other.clone()), 1_000, 60_000);
        if both {
            self.net.cut(&other, &one, true);
            self.for_a_while(Undo::Line(other.clone(), one.clone()), 1_000, 60_000);
        }
        self.fault(if both { "partition" } else { "one-way partition" });
        self.tell(&format!("line {one} to {other} cut, both ways: {both}"));
    }

    fn slow_down(&mut self, at: usize) {
        let Some(url) = self.hosts.get(at).map(|host| host.url.clone()) else { return };
        self.net.slow(&url, true);
        self.tell(&format!("{url} answers after ten seconds"));
        self.fault("slow peer");
        self.for_a_while(Undo::Slow(url), 5_000, 60_000);
    }

    fn change_weather(&mut self) {
        let weather = Weather {
            loss: self.dice.below(300),
            answer_loss: self.dice.below(200),
            twice: self.dice.below(500),
            late: self.dice.below(200),
        };
        self.net.weather(weather);
        self.tell(&format!("{weather:?}"));
        self.for_a_while(Undo::Weather, 10_000, 120_000);
    }

    fn confuse_clock(&mut self, at: usize) {
        let choice = self.dice.below(10);
        let within = i64::try_from(self.dice.between(1, 600_000)).unwrap_or(1_000) - 300_000;
        let Some(host) = self.hosts.get(at) else { return };
        let day = 86_400_000;
        let (name, ahead) = match choice {
            0 => ("clock a day ahead", day),
            1 => ("clock a day behind", -day),
            2 | 3 => ("clock backward", 0),
            4 | 5 => ("clock frozen", 0),
            _ => ("clock skewed", within),
        };
        match choice {
            2 | 3 => host.clock.run_backward(),
            4 | 5 => host.clock.freeze(),
            _ => host.clock.set_ahead(ahead),
        }
        let told = format!("{}: {name}, {ahead} ms", host.name);
        self.faults.ahead_max = self.faults.ahead_max.max(ahead);
        self.fault(name);
        self.tell(&told);
        self.for_a_while(Undo::Clock(at), 2_000, 40_000);
    }

    fn say_again(&mut self, at: usize) {
        let Some(url) = self.hosts.get(at).map(|host| host.url.clone()) else { return };
        match self.dice.below(3) {
            0 => self.net.garble(&mut self.dice),
            choice => self.net.replay(&mut self.dice, &url, choice == 1),
        }
    }
}
