//! The end of all faults: everybody is let finish what was begun.

use store::Store;

use crate::check;
use crate::failure::{Failure, broken};
use crate::net::Weather;
use crate::ops::Op;
use crate::world::World;

/// Looks without anything to do before the world is called quiet; between them the longest pause passes.
const QUIET_LOOKS: u32 = 3;
/// Looks at most while corridors are stopped.
const LOOKS_STOPPED_MAX: u32 = 150;
/// Looks at most, until it is called restless.
const LOOKS_MAX: u32 = 3_000;
/// Longer than any pause of the outbox.
const PAUSE_MS: i64 = 61_000;
/// Longer than law waits before it is asked about a refund again.
const LAW_PAUSE_MS: i64 = 3_700_000;
/// Looks in the weather of last words, and between them a pause as the outbox makes at first.
const LAST_LOOKS: u32 = 5;
const LAST_PAUSE_MS: i64 = 1_500;
/// Decisions told of a zone that finds no rest.
const LAST_TOLD: u64 = 4;
/// Rounds of resuming every stopped corridor from alternating ends.
const RESUMES_MAX: usize = 8;

impl World {
    /// Mends everything and waits until nobody has anything to do.
    pub(crate) fn heal(&mut self) -> Result<(), Failure> {
        self.mend_all()?;
        self.healed = true;
        self.tell("healed");
        let began = self.time.now_ms();
        // Who was ahead dated its receipts so; its peers take them when that time has come.
        self.time.pass(self.faults.ahead_max);
        self.calm_down(LOOKS_STOPPED_MAX)?;
        self.time.pass(LAW_PAUSE_MS);
        self.calm_down(LOOKS_STOPPED_MAX)?;
        for round in 0..RESUMES_MAX {
            if !self.resume_from(round) {
                break;
            }
            self.calm_down(LOOKS_STOPPED_MAX)?;
        }
        self.settle_down()?;
        let took = self.time.now_ms().saturating_sub(began) / 1_000;
        self.tell(&format!("quiet after {took} s"));
        Ok(())
    }

    /// Everybody says one thing more in bad weather, and nothing after it: what was lost then is told again because it
    /// was lost, and not because something else is told.
    pub(crate) fn last_words(&mut self) -> Result<(), Failure> {
        let weather = Weather { loss: 350, answer_loss: 350, twice: 300, late: 200 };
        for line in self.lines.clone().into_iter().filter(|line| !line.ended) {
            self.net.weather(weather);
            for at in [line.a, line.b] {
                self.want(at, Op::Noop(line.id.clone()));
            }
            for _ in 0..LAST_LOOKS {
                self.step()?;
                self.time.pass(LAST_PAUSE_MS);
            }
            self.net.heal();
            self.settle_down()?;
            check::agree(self, &line)?;
        }
        check::nothing_waits(self)
    }

    /// Whether a corridor is stopped that could go on; one of its ends asks for it.
    pub(crate) fn resume_from(&mut self, round: usize) -> bool {
        let mut any = false;
        for line in self.lines.clone() {
            let (one, other) =
                if round.is_multiple_of(2) { (line.a, line.b) } else { (line.b, line.a) };
            let states = [one, other].map(|at| self.state_of(at, &line.id));
            let stopped =
                |state: &Option<String>| matches!(state.as_deref(), Some("HALTED" | "SUSPENDED"));
            if states.iter().any(stopped) {
                any = true;
                self.want(one, Op::Resume(line.id));
            }
        }
        any
    }

    /// Until nobody has anything to do, which must come.
    pub(crate) fn settle_down(&mut self) -> Result<(), Failure> {
        match self.calm_down(LOOKS_MAX)? {
            true => Ok(()),
            false => Err(self.restless()),
        }
    }

    /// Whether nobody has anything to do within so many looks. What waits for a corridor to go on is tried all along.
    fn calm_down(&mut self, looks_max: u32) -> Result<bool, Failure> {
        let mut quiet = 0;
        for _ in 0..looks_max {
            let busy = self.step()?;
            let waiting = self.pending.iter().any(|pending| !pending.is_empty());
            if busy == 0 && !waiting {
                quiet += 1;
                if quiet == QUIET_LOOKS {
                    return Ok(true);
                }
                self.time.pass(PAUSE_MS);
            } else {
                quiet = 0;
                self.time.pass(if waiting { 5_000 } else { 300 });
            }
        }
        Ok(false)
    }

    fn restless(&self) -> Failure {
        let mut waiting: Vec<String> =
            self.pending.iter().flatten().map(|p| format!("{p:?}")).collect();
        for host in &self.hosts {
            let Some(zone) = host.zone() else { continue };
            waiting.extend(zone.corridors_health().map(|health| format!("{} {health}", host.name)));
            // The last things it did, over and over.
            let last = host.store.head("decisions").ok().flatten().map_or(0, |head| head.seq);
            let after = last.checked_sub(LAST_TOLD);
            let asked = zone::DecisionQuery { after, ..Default::default() };
            let said = zone.decisions(&asked, 10).map(|said| said.items).unwrap_or_default();
            let subjects = said.iter().filter_map(|one| one.get("subject")?.as_str());
            waiting.push(subjects.collect::<Vec<_>>().join(", "));
        }
        broken("what was begun ends", waiting.join("; "))
    }
}
