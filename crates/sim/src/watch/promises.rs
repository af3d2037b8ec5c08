//! What watchers are there for: an honest quorum makes a cut final, a liar loses its bond, and nobody else does.

use canon::{AccountId, Amount, Digest, Realm};
use corridor::Cut;
use corridor::watcher::{Attestation, Case, Pair, accuse};
use serde_json::{Value, json};
use zone::Ask;

use super::{ALL, BOND, HONEST, did, pen};
use crate::check;
use crate::failure::{Failure, broken, rig};
use crate::ops::{self, Op};
use crate::world::{Line, World};

/// The challenge window, and a day.
const WINDOW_MS: i64 = 8 * 86_400_000;

impl World {
    /// Everything is mended: a cut is signed, the honest attest it, and it is final by their word.
    pub(crate) fn watch_to_the_end(&mut self) -> Result<(), Failure> {
        let Some(line) = self.watched().filter(|line| !line.ended) else { return Ok(()) };
        if self.book.of(line.a).is_empty() {
            // Law let nobody have an account there: nobody can pay a bond.
            return Ok(());
        }
        if !self.watch.all_count() {
            self.stand_to_the_end(&line)?;
        }
        self.want(line.a, Op::Noop(line.id.clone()));
        self.settle_down()?;
        let lane = check::lane_of(self, &line, line.a)?;
        let is_noop = |one: &&Value| one.pointer("/transition/kind") == Some(&json!("noop"));
        let noop = lane.iter().rfind(is_noop).and_then(|one| one.get("sequence")?.as_u64());
        self.want(line.a, Op::Cut(line.id.clone()));
        self.settle_down()?;
        self.last_rounds(&line)?;
        let shown = check::zone(self, line.a)?.finality(&line.id, None, noop).map_err(rig)?;
        let level = shown.get("finality_level").and_then(Value::as_str).unwrap_or("none");
        self.counts.one("finality", level);
        if level != "watcher_quorum" {
            let detail = format!("{}: {level}, {:?}", line.id, shown.get("missing"));
            return Err(broken("a quorum of the honest makes a cut final", detail));
        }
        Ok(())
    }

    fn stand_to_the_end(&mut self, line: &Line) -> Result<(), Failure> {
        for _ in 0..8 {
            self.tend_watchers()?;
            self.settle_down()?;
        }
        match self.watch.all_count() {
            true => Ok(()),
            false => Err(broken("watchers come to count", line.id.to_string())),
        }
    }

    /// A forged accusation is refused; a liar's bond is lost after the window and not before, and no other.
    pub(crate) fn liar(&mut self) -> Result<(), Failure> {
        let Some(line) = self.watched().filter(|line| !line.ended) else { return Ok(()) };
        if !self.watch.all_count() {
            return Ok(());
        }
        let cut = self.newest_cut(&line)?;
        let Some(cut) = cut else { return Ok(()) };
        let zone = check::zone(self, line.a)?;
        let set = zone.corridor_watchers(&line.id).map_err(rig)?;
        let set = set.get("set_sha256").and_then(Value::as_str).unwrap_or_default();
        let set = Digest::from_hex(set).map_err(rig)?;
        let lie = |n: usize, cut: &Value| -> Result<Value, Failure> {
            let one = Amount::of_minor(1, ops::usd().map_err(rig)?);
            let ledger = (Realm::Sandbox, zone.zone_id().clone(), set);
            Attestation::sign(cut, ledger, one, zone.now(), pen(n)?).map_err(rig)
        };
        let mut other = cut.clone();
        other
            .pointer_mut("/lanes/0/root")
            .into_iter()
            .for_each(|root| *root = json!("7".repeat(64)));
        other.as_object_mut().into_iter().for_each(|members| drop(members.remove("proof")));
        let liar = HONEST;
        let pair = Pair { first: lie(liar, &cut)?, second: lie(liar, &other)? };
        let file = accuse(Case::Equivocation(pair));
        let file = file.map_err(|judged| rig(format!("{judged:?}")))?.value();
        let (honest, liar) = (did(0)?, did(liar)?);
        let Some(host) = self.hosts.get_mut(line.a) else { return Ok(()) };
        let caller = host.caller().map_err(rig)?;
        let zone = host.running().map_err(rig)?;
        // The proof is against one, whoever is named.
        if zone.slash_watcher(&Ask::once(caller.clone()), &honest, &file).is_ok() {
            return Err(broken("no honest watcher is accused", honest.to_string()));
        }
        let filed = zone.slash_watcher(&Ask::once(caller), &liar, &file);
        filed.map_err(|refused| broken("a liar is accused", refused.to_string()))?;
        self.settle_down()?;
        self.bonds(&line, BOND)?;
        self.time.pass(WINDOW_MS);
        self.settle_down()?;
        self.fault("watcher lied");
        self.bonds(&line, 0)
    }

    fn newest_cut(&self, line: &Line) -> Result<Option<Value>, Failure> {
        let cuts = check::zone(self, line.a)?.cuts(&line.id).map_err(rig)?;
        let of = |cuts: &Value| cuts.get("cuts")?.as_array()?.last().cloned();
        let last = of(&cuts).map(|last| last.get("cut").cloned().unwrap_or(last));
        Ok(last.filter(|cut| Cut::digest(cut).is_ok()))
    }

    /// Every honest bond is whole, and the liar's is `left`.
    fn bonds(&self, line: &Line, left: u64) -> Result<(), Failure> {
        for n in 0..ALL {
            let expected = if n < HONEST { BOND } else { left };
            let held = bond(self, line.a, n)?;
            if held != Some(i128::from(expected)) {
                let detail = format!("watcher {n} has {held:?} of {expected}");
                return Err(broken("a bond is lost upon evidence alone", detail));
            }
        }
        Ok(())
    }
}

fn bond(world: &World, at: usize, n: usize) -> Result<Option<i128>, Failure> {
    let id = AccountId::parse(&format!("bond:{}:USD", did(n)?)).map_err(rig)?;
    let shown = check::zone(world, at)?.account(&id).ok();
    Ok(shown.and_then(|shown| ops::minor(shown.get("balance")?.as_str()?)))
}

/// No claim stands against an honest watcher, in any zone.
pub(crate) fn nobody_accused(world: &World) -> Result<(), Failure> {
    for at in 0..world.hosts.len() {
        let zone = check::zone(world, at)?;
        for claim in check::pages(|after| zone.claims(after, check::PAGE))? {
            for n in 0..HONEST {
                if claim.to_string().contains(did(n)?.as_str()) {
                    return Err(broken("no honest watcher is accused", claim.to_string()));
                }
            }
        }
    }
    Ok(())
}
