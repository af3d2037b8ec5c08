//! After a second history was proven: what stands is recorded in both lanes, and the corridor goes on.

use canon::Digest;
use corridor::fork::Fork;
use serde_json::Value;
use zone::{Ask, ResolveAsk};

use crate::check;
use crate::failure::{Failure, broken, rig};
use crate::world::{Line, World};

/// Rounds of resolving and resuming from alternating ends.
const ROUNDS_MAX: usize = 8;

impl World {
    /// Every fork of a corridor is resolved by whoever may, and both zones resume.
    pub(crate) fn resolve(&mut self, line: &Line) -> Result<(), Failure> {
        self.settle_down()?;
        for _ in 0..ROUNDS_MAX {
            let mut open = false;
            for at in [line.a, line.b] {
                open |= self.resolve_at(line, at)?;
            }
            self.settle_down()?;
            if !open {
                break;
            }
        }
        for round in 0..ROUNDS_MAX {
            if !self.resume_from(round) {
                break;
            }
            self.settle_down()?;
        }
        for at in [line.a, line.b] {
            let state = self.state_of(at, &line.id);
            if state.as_deref() != Some("ACTIVE") {
                let forks = check::zone(self, at)?.corridor_forks(&line.id).map_err(rig)?;
                let detail = format!("{} is {state:?} at {at}: {forks}", line.id);
                return Err(broken("a resolved fork lets the corridor go on", detail));
            }
        }
        check::agree(self, line)?;
        self.counts.one("after", "fork resolved");
        Ok(())
    }

    /// Whether a fork is open at a zone; what it may resolve is resolved.
    fn resolve_at(&mut self, line: &Line, at: usize) -> Result<bool, Failure> {
        let zone = check::zone(self, at)?;
        let own = zone.zone_id().to_string();
        let told = zone.corridor_forks(&line.id).map_err(rig)?;
        let forks = told.get("forks").and_then(Value::as_array).cloned().unwrap_or_default();
        let is = |fork: &Value, name: &str| fork.get(name) == Some(&Value::Bool(true));
        let mut open = false;
        for shown in forks {
            if is(&shown, "resolved_here") && is(&shown, "resolved_there") {
                continue;
            }
            open = true;
            let ours = shown.get("resolver").and_then(Value::as_str) == Some(own.as_str());
            if !ours || is(&shown, "resolved_here") {
                continue;
            }
            let text = |name: &str| shown.get(name).and_then(Value::as_str).unwrap_or_default();
            let fork = Fork::parse(text("fork")).ok_or_else(|| rig("a fork without a name"))?;
            let choice = text("ground") == "choice";
            let held = Digest::from_hex(text("held_next_root")).ok().filter(|_| choice);
            let ground = text("ground").to_owned();
            self.counts.one("fork", &ground);
            self.resolve_one(line, at, &fork, held)?;
        }
        Ok(open)
    }

    fn resolve_one(
        &mut self,
        line: &Line,
        at: usize,
        fork: &Fork,
        chosen_next_root: Option<Digest>,
    ) -> Result<(), Failure> {
        let asked = ResolveAsk {
            reason: "a thief had its keys".to_owned(),
            chosen_next_root,
            credential: None,
        };
        let Some(host) = self.hosts.get_mut(at) else { return Ok(()) };
        let ask = Ask::once(host.caller().map_err(rig)?);
        let done = host.running().map_err(rig)?.resolve_fork(&ask, &line.id, fork, &asked);
        let told = format!("{} {fork} resolved at {at}: {:?}", line.id, done.as_ref().err());
        self.tell(&told);
        done.map(|_| ())
            .map_err(|refused| broken("a fork can be resolved", format!("{fork}: {refused}")))
    }
}
