//! One round: look at both zones, verify what is new, attest the newest cut, prove a fork.

use std::collections::BTreeMap;

use canon::{Amount, Canonical, Clock, CorridorId, Did, ZoneId};
use corridor::watcher::{Attestation, Difference, Mirror};
use proof::SecretKey;
use serde::Serialize;
use serde_json::Value;

use super::{Said, Source, WatcherDir, WatcherFault};

/// What a round came to; one line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Told {
    /// A history was verified whole.
    Mirrored {
        /// Who showed it.
        zone: ZoneId,
        /// Receipts of both lanes.
        receipts: u64,
    },
    /// A cut was attested to a zone.
    Attested {
        /// To whom.
        zone: ZoneId,
        /// Which.
        cut_sha256: canon::Digest,
        /// What the watcher stands for.
        covered_minor: String,
    },
    /// A zone signed two histories.
    Equivocation {
        /// Whose lane.
        lane: ZoneId,
        /// The evidence file.
        evidence_sha256: canon::Digest,
    },
    /// A zone shows less than it did.
    Shrunk {
        /// Who.
        zone: ZoneId,
        /// Of whose lane.
        lane: ZoneId,
    },
    /// Something did not work; it is tried again.
    Failed {
        /// Stable code.
        code: &'static str,
        /// In words.
        detail: String,
    },
}

/// A watcher at work.
pub(crate) struct Watching<'a> {
    pub(crate) dir: WatcherDir,
    pub(crate) key: &'a SecretKey,
    pub(crate) id: CorridorId,
    pub(crate) sources: Vec<Source>,
    /// What is covered by one attestation, in basis points of the bond.
    pub(crate) cover_bps: u32,
    pub(crate) clock: &'a dyn Clock,
    /// What was verified of each zone, and the heads it showed then.
    mirrors: BTreeMap<ZoneId, (Mirror, Vec<Vec<u8>>)>,
    /// What each zone took from us last: cut and set.
    taken: BTreeMap<ZoneId, (canon::Digest, canon::Digest)>,
}

impl<'a> Watching<'a> {
    /// Begin, with what the folder holds verified again.
    pub(crate) fn open(
        dir: WatcherDir,
        key: &'a SecretKey,
        id: CorridorId,
        sources: Vec<Source>,
        (cover_bps, clock): (u32, &'a dyn Clock),
    ) -> Result<Self, WatcherFault> {
        let mut watching = Self {
            dir,
            key,
            id,
            sources,
            cover_bps,
            clock,
            mirrors: BTreeMap::new(),
            taken: BTreeMap::new(),
        };
        for source in &watching.sources {
            let Some(bundle) = watching.dir.mirror(&source.zone)? else { continue };
            let mirror = Mirror::read(&bundle, &watching.trust());
            let mirror = mirror.map_err(|r| WatcherFault::Refuted(source.did.clone(), r))?;
            watching.mirrors.insert(source.zone.clone(), (mirror, Vec::new()));
        }
        Ok(watching)
    }

    fn trust(&self) -> Vec<Did> {
        self.sources.iter().map(|source| source.did.clone()).collect()
    }

    /// One round over both zones.
    pub(crate) fn round(&mut self) -> Vec<Told> {
        let mut told = Vec::new();
        for at in 0..self.sources.len() {
            if let Err(fault) = self.look(at, &mut told) {
                told.push(failed(&fault));
            }
        }
        match self.compare(&mut told) {
            Ok(true) => {}
            Ok(false) => return told,
            Err(fault) => {
                told.push(failed(&fault));
                return told;
            }
        }
        for at in 0..self.sources.len() {
            if let Err(fault) = self.attest(at, &mut told) {
                told.push(failed(&fault));
            }
        }
        told
    }

    /// Verify what a zone shows, where it shows anything new.
    fn look(&mut self, at: usize, told: &mut Vec<Told>) -> Result<(), WatcherFault> {
        let Some(source) = self.sources.get(at) else { return Ok(()) };
        let zones: Vec<&ZoneId> = self.sources.iter().map(|source| &source.zone).collect();
        let heads = zones.iter().map(|lane| source.head(&self.id, lane));
        let mut heads: Vec<Vec<u8>> = heads.collect::<Result<_, _>>()?;
        heads.push(source.watchers(&self.id)?.1.to_string().into_bytes());
        let before = self.mirrors.get(&source.zone);
        if before.is_some_and(|(_, known)| *known == heads) {
            return Ok(());
        }
        let bundle = source.history(&self.id)?;
        let mirror = Mirror::read(&bundle, &self.trust());
        let mirror = mirror.map_err(|r| WatcherFault::Refuted(source.did.clone(), r))?;
        if *mirror.corridor_id() != self.id {
            let other = format!("a history of `{}`", mirror.corridor_id());
            return Err(WatcherFault::Answer(source.did.clone(), other));
        }
        let differences = before.map_or_else(Vec::new, |(before, _)| mirror.against(before));
        let mut shrunk = Vec::new();
        let mut forked = false;
        for difference in differences {
            match difference {
                Difference::Equivocation(lane, file) => {
                    forked = true;
                    self.proven(lane, &file, told)?;
                }
                Difference::Behind(lane) => {
                    shrunk.push(Told::Shrunk { zone: source.zone.clone(), lane });
                }
            }
        }
        // What was verified once is not given up for less, or for another history.
        if forked || !shrunk.is_empty() {
            told.extend(shrunk);
            return Ok(());
        }
        self.dir.keep_mirror(&source.zone, &bundle)?;
        let receipts = mirror.sizes().map(|(_, size)| size).sum();
        told.push(Told::Mirrored { zone: source.zone.clone(), receipts });
        let zone = source.zone.clone();
        self.mirrors.insert(zone, (mirror, heads));
        Ok(())
    }

    /// Keep a proof, and hand it to every zone.
    fn proven(
        &self,
        lane: ZoneId,
        file: &Canonical,
        told: &mut Vec<Told>,
    ) -> Result<(), WatcherFault> {
        if !self.dir.keep_evidence(file)? {
            return Ok(());
        }
        told.push(Told::Equivocation { lane, evidence_sha256: file.digest() });
        for source in &self.sources {
            if let Err(fault) = source.accuse(&self.id, &file.value()) {
                told.push(failed(&fault));
            }
        }
        Ok(())
    }

    /// Whether both zones are held, and show one history as far as both do.
    fn compare(&self, told: &mut Vec<Told>) -> Result<bool, WatcherFault> {
        let held: Vec<&Mirror> = self.mirrors.values().map(|(mirror, _)| mirror).collect();
        let [one, other] = held.as_slice() else { return Ok(false) };
        let mut agree = true;
        for difference in one.against(other) {
            if let Difference::Equivocation(lane, file) = difference {
                agree = false;
                self.proven(lane, &file, told)?;
            }
        }
        Ok(agree)
    }

    /// Attest the newest cut both hold to a zone that counts this watcher.
    fn attest(&mut self, at: usize, told: &mut Vec<Told>) -> Result<(), WatcherFault> {
        let Some(source) = self.sources.get(at) else { return Ok(()) };
        let Some((mirror, _)) = self.mirrors.get(&source.zone) else { return Ok(()) };
        let Some((cut_sha256, cut)) = mirror.newest_cut() else { return Ok(()) };
        let watcher = self.key.public().did();
        let (Some(now), _) = source.watchers(&self.id)? else { return Ok(()) };
        let Some(member) = now.set.member(&watcher) else { return Ok(()) };
        if self.taken.get(&source.zone) == Some(&(*cut_sha256, now.sha256)) {
            return Ok(());
        }
        // What was said before is a prefix of what both zones show now.
        if let Some(said) = self.dir.said()? {
            let extends = self.mirrors.values().all(|(mirror, _)| mirror.extends(&said.lanes));
            if said.corridor_id != self.id || !extends {
                let detail = "what was attested before is no prefix of it".to_owned();
                return Err(WatcherFault::Answer(source.did.clone(), detail));
            }
        }
        let covered = member.bond.minor() / 10_000 * i128::from(self.cover_bps);
        let covered = Amount::of_minor(covered.min(now.set.slashable(&watcher)), now.set.currency);
        let document: Value = Canonical::of(cut)
            .map(|canonical| canonical.value())
            .map_err(|error| WatcherFault::Answer(source.did.clone(), error.to_string()))?;
        let ledger = (mirror.realm(), source.zone.clone(), now.sha256);
        let attestation =
            Attestation::sign(&document, ledger, covered, self.clock.now(), self.key)?;
        let read = Attestation::read(&attestation)?.credential.subject;
        let cut_sha256 = *cut_sha256;
        let others = self.mirrors.values().all(|(mirror, _)| mirror.extends(&read.lanes));
        if !others {
            // The other zone does not show all of it yet: later.
            return Ok(());
        }
        let said = Said { corridor_id: self.id.clone(), cut_sha256, lanes: read.lanes };
        self.dir.say(&said)?;
        source.attest(&watcher, &attestation)?;
        let zone = source.zone.clone();
        let covered_minor = covered.minor().to_string();
        self.taken.insert(zone.clone(), (cut_sha256, now.sha256));
        told.push(Told::Attested { zone, cut_sha256, covered_minor });
        Ok(())
    }
}

fn failed(fault: &WatcherFault) -> Told {
    Told::Failed { code: fault.code(), detail: fault.to_string() }
}
