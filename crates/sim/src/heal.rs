//! The end of all faults: everybody is let finish what was begun.

use crate::failure::{Failure, broken};
use crate::ops::Op;
use crate::world::World;

/// Looks without anything to do before the world is called quiet; between them the longest pause passes.
const QUIET_LOOKS: u32 = 3;
/// Looks at most, until it is called restless.
const LOOKS_MAX: u32 = 3_000;
/// Longer than any pause of the outbox.
const PAUSE_MS: i64 = 61_000;
/// Longer than law waits before it is asked about a refund again.
const LAW_PAUSE_MS: i64 = 3_700_000;
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
        self.settle_down()?;
        self.time.pass(LAW_PAUSE_MS);
        self.settle_down()?;
        for round in 0..RESUMES_MAX {
            if !self.resume_from(round) {
                break;
            }
            self.settle_down()?;
        }
        let took = self.time.now_ms().saturating_sub(began) / 1_000;
        self.tell(&format!("quiet after {took} s"));
        Ok(())
    }

    /// Whether a corridor is stopped that could go on; one of its ends asks for it.
    fn resume_from(&mut self, round: usize) -> bool {
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

    pub(crate) fn settle_down(&mut self) -> Result<(), Failure> {
        let mut quiet = 0;
        for _ in 0..LOOKS_MAX {
            let busy = self.step()?;
            let waiting = self.pending.iter().any(|pending| !pending.is_empty());
            if busy == 0 && !waiting {
                quiet += 1;
                if quiet == QUIET_LOOKS {
                    return Ok(());
                }
                self.time.pass(PAUSE_MS);
            } else {
                quiet = 0;
                self.time.pass(if waiting { 5_000 } else { 300 });
            }
        }
        let mut waiting: Vec<String> =
            self.pending.iter().flatten().map(|p| format!("{p:?}")).collect();
        for host in &self.hosts {
            let Some(zone) = host.zone() else { continue };
            waiting.extend(zone.corridors_health().map(|health| format!("{} {health}", host.name)));
            let said = zone.decisions(&zone::DecisionQuery::default(), 2);
            waiting.extend(said.map(|said| format!("{:?}", said.items)));
        }
        Err(broken("what was begun ends", waiting.join("; ")))
    }
}
