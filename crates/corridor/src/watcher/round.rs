//! One round of a watcher at work: look at both zones, verify what is new, attest the newest cut, prove a fork.
//!
//! What it remembers on and how it asks are handed in; what it decides is here.
//!
//! Invariant: nothing is attested that was not verified whole in both mirrors; what is attested is
//! remembered before it is sent, and never contradicts what was attested before.

use std::collections::BTreeMap;
use std::fmt::Display;

use canon::{Amount, Canonical, CorridorId, Did, Digest, Timestamp, ZoneId};
use proof::SecretKey;
use proof::credential::Reason;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::grow::Held;
use super::{Attestation, AttestedLane, Difference, Mirror, Piece, WatcherError, WatcherSet};

/// What was attested last; the next may only extend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The cut.
    pub cut_sha256: Digest,
    /// Both lanes of it.
    pub lanes: Vec<AttestedLane>,
}

/// What a zone says of its watchers of a corridor.
#[derive(Clone, Debug)]
pub struct SetNow {
    /// Who counts.
    pub set: WatcherSet,
    /// Digest of the document that says so.
    pub sha256: Digest,
}

/// Why a watcher does not believe what it is shown.
#[derive(Debug)]
pub enum Doubt {
    /// A zone's answer.
    Answer(Did, String),
    /// A history that does not verify.
    Refuted(Did, Vec<Reason>),
    /// The watcher's own document.
    Own(WatcherError),
}

/// What keeps a watcher from going on, in its own words.
pub trait Fault: Display + From<Doubt> {
    /// Stable code.
    fn code(&self) -> &'static str;
}

/// A history as a zone showed it: whole once, and what came after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The witness bundle.
    pub bundle: Vec<u8>,
    /// The pieces, in order.
    pub pieces: Vec<Vec<u8>>,
}

/// What a watcher remembers on; durable when a call returns.
pub trait Folder {
    /// What can go wrong.
    type Fault: Fault;

    /// The history a zone showed last, as it was verified, with the pieces it grew by since.
    ///
    /// # Errors
    /// The folder.
    fn mirror(&self, zone: &ZoneId) -> Result<Option<Shown>, Self::Fault>;

    /// Keep a history that was verified whole, in place of an earlier one and its pieces.
    ///
    /// # Errors
    /// The folder.
    fn keep_mirror(&self, zone: &ZoneId, bundle: &[u8]) -> Result<(), Self::Fault>;

    /// Keep a piece that was verified: there are `place` before it.
    ///
    /// # Errors
    /// The folder.
    fn keep_piece(&self, zone: &ZoneId, place: usize, piece: &[u8]) -> Result<(), Self::Fault>;

    /// What was attested last.
    ///
    /// # Errors
    /// The folder.
    fn said(&self) -> Result<Option<Said>, Self::Fault>;

    /// Remember, before it is sent to anybody.
    ///
    /// # Errors
    /// The folder.
    fn say(&self, said: &Said) -> Result<(), Self::Fault>;

    /// Keep a proof; whether it is new.
    ///
    /// # Errors
    /// The folder.
    fn keep_evidence(&self, file: &Canonical) -> Result<bool, Self::Fault>;
}

/// A zone, as a watcher asks it: over the public wire, believing nothing.
pub trait Source {
    /// What can go wrong.
    type Fault: Fault;

    /// The DID it is pinned by.
    fn did(&self) -> &Did;

    /// Its id, as its inception says; told apart from others by the DID.
    fn zone(&self) -> &ZoneId;

    /// The checkpoint of a lane as it is shown to anybody; equal bytes, equal lane.
    ///
    /// # Errors
    /// The zone, or the way to it.
    fn head(&self, id: &CorridorId, lane: &ZoneId) -> Result<Vec<u8>, Self::Fault>;

    /// The whole history, payments withheld.
    ///
    /// # Errors
    /// The zone, or the way to it.
    fn history(&self, id: &CorridorId) -> Result<Vec<u8>, Self::Fault>;

    /// What there is beyond so many receipts of both lanes, in the order of their zones, and so many cuts.
    ///
    /// # Errors
    /// The zone, or the way to it.
    fn piece(&self, id: &CorridorId, from: [u64; 2], cuts: usize) -> Result<Piece, Self::Fault>;

    /// Who counts there, and the newest cut; a sign that there is something new.
    ///
    /// # Errors
    /// The zone, or the way to it.
    fn watchers(&self, id: &CorridorId) -> Result<(Option<SetNow>, Value), Self::Fault>;

    /// Hand an attestation in.
    ///
    /// # Errors
    /// The zone, or the way to it.
    fn attest(&self, watcher: &Did, attestation: &Value) -> Result<Value, Self::Fault>;

    /// Hand a proof in that a zone of the corridor signed two histories.
    ///
    /// # Errors
    /// The zone, or the way to it.
    fn accuse(&self, id: &CorridorId, file: &Value) -> Result<Value, Self::Fault>;
}

impl SetNow {
    /// What a zone answers when it is asked for its watchers: the set, if there is one, and the newest cut.
    ///
    /// Whether the set is the zone's is for those who rely on it; a watcher only counts itself in it.
    ///
    /// # Errors
    /// An answer that cannot be read, in words.
    pub fn told(told: &Value) -> Result<(Option<Self>, Value), String> {
        let newest = told.get("newest_cut_sha256").cloned().unwrap_or_default();
        let Some(document) = told.get("set").filter(|set| !set.is_null()) else {
            return Ok((None, newest));
        };
        let read =
            Canonical::of_value(document).and_then(|c| c.read::<crate::Credential<WatcherSet>>());
        let set = read.map_err(|error| error.to_string())?.subject;
        let sha256 = super::set_digest(document).map_err(|error| error.to_string())?;
        Ok((Some(Self { set, sha256 }), newest))
    }
}

/// What a round came to; one line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Told {
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
        cut_sha256: Digest,
        /// What the watcher stands for.
        covered_minor: String,
    },
    /// A zone signed two histories.
    Equivocation {
        /// Whose lane.
        lane: ZoneId,
        /// The evidence file.
        evidence_sha256: Digest,
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
pub struct Watching<'a, F, S> {
    pub(super) dir: F,
    key: &'a SecretKey,
    pub(super) id: CorridorId,
    pub(super) sources: Vec<S>,
    /// What is covered by one attestation, in basis points of the bond.
    cover_bps: u32,
    /// What was verified of each zone, and the heads it showed then.
    pub(super) mirrors: BTreeMap<ZoneId, Held>,
    /// What each zone took from us last: cut and set.
    taken: BTreeMap<ZoneId, (Digest, Digest)>,
}

impl<'a, F: Folder, S: Source<Fault = F::Fault>> Watching<'a, F, S> {
    /// Begin, with what the folder holds verified again.
    ///
    /// # Errors
    /// The folder, or a history in it that does not verify.
    pub fn open(
        dir: F,
        key: &'a SecretKey,
        id: CorridorId,
        sources: Vec<S>,
        cover_bps: u32,
    ) -> Result<Self, F::Fault> {
        let mut watching = Self {
            dir,
            key,
            id,
            sources,
            cover_bps,
            mirrors: BTreeMap::new(),
            taken: BTreeMap::new(),
        };
        for source in &watching.sources {
            let Some(held) = watching.held(source)? else { continue };
            watching.mirrors.insert(source.zone().clone(), held);
        }
        Ok(watching)
    }

    pub(super) fn trust(&self) -> Vec<Did> {
        self.sources.iter().map(|source| source.did().clone()).collect()
    }

    /// One round over both zones; what is attested in it is dated `now`.
    pub fn round(&mut self, now: Timestamp) -> Vec<Told> {
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
            if let Err(fault) = self.attest(at, now, &mut told) {
                told.push(failed(&fault));
            }
        }
        told
    }

    /// Verify what a zone shows, where it shows anything new.
    fn look(&mut self, at: usize, told: &mut Vec<Told>) -> Result<(), F::Fault> {
        let Some(source) = self.sources.get(at) else { return Ok(()) };
        let zones: Vec<&ZoneId> = self.sources.iter().map(|source| source.zone()).collect();
        let heads = zones.iter().map(|lane| source.head(&self.id, lane));
        let mut heads: Vec<Vec<u8>> = heads.collect::<Result<_, _>>()?;
        heads.push(source.watchers(&self.id)?.1.to_string().into_bytes());
        if self.mirrors.get(source.zone()).is_some_and(|held| held.heads == heads) {
            return Ok(());
        }
        if self.grow(at, &heads, told)? {
            return Ok(());
        }
        let Some(source) = self.sources.get(at) else { return Ok(()) };
        let before = self.mirrors.get(source.zone());
        let bundle = source.history(&self.id)?;
        let mirror = Mirror::read(&bundle, &self.trust());
        let mirror = mirror.map_err(|r| Doubt::Refuted(source.did().clone(), r))?;
        if *mirror.corridor_id() != self.id {
            let other = format!("a history of `{}`", mirror.corridor_id());
            return Err(Doubt::Answer(source.did().clone(), other).into());
        }
        let differences = before.map_or_else(Vec::new, |before| mirror.against(&before.mirror));
        let mut shrunk = Vec::new();
        let mut forked = false;
        for difference in differences {
            match difference {
                Difference::Equivocation(lane, file) => {
                    forked = true;
                    self.proven(lane, &file, told)?;
                }
                Difference::Behind(lane) => {
                    shrunk.push(Told::Shrunk { zone: source.zone().clone(), lane });
                }
            }
        }
        // What was verified once is not given up for less, or for another history.
        if forked || !shrunk.is_empty() {
            told.extend(shrunk);
            return Ok(());
        }
        self.dir.keep_mirror(source.zone(), &bundle)?;
        let receipts = mirror.sizes().map(|(_, size)| size).sum();
        told.push(Told::Mirrored { zone: source.zone().clone(), receipts });
        let zone = source.zone().clone();
        self.mirrors.insert(zone, Held { mirror, pieces: 0, heads });
        Ok(())
    }

    /// Keep a proof, and hand it to every zone.
    fn proven(&self, lane: ZoneId, file: &Canonical, told: &mut Vec<Told>) -> Result<(), F::Fault> {
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
    fn compare(&self, told: &mut Vec<Told>) -> Result<bool, F::Fault> {
        let held: Vec<&Mirror> = self.mirrors.values().map(|held| &held.mirror).collect();
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
    fn attest(
        &mut self,
        at: usize,
        moment: Timestamp,
        told: &mut Vec<Told>,
    ) -> Result<(), F::Fault> {
        let Some(source) = self.sources.get(at) else { return Ok(()) };
        let Some(Held { mirror, .. }) = self.mirrors.get(source.zone()) else { return Ok(()) };
        let Some((cut_sha256, cut)) = mirror.newest_cut() else { return Ok(()) };
        let watcher = self.key.public().did();
        let (Some(now), _) = source.watchers(&self.id)? else { return Ok(()) };
        let Some(member) = now.set.member(&watcher) else { return Ok(()) };
        if self.taken.get(source.zone()) == Some(&(*cut_sha256, now.sha256)) {
            return Ok(());
        }
        // What was said before is a prefix of what both zones show now.
        if let Some(said) = self.dir.said()? {
            let extends = self.mirrors.values().all(|held| held.mirror.extends(&said.lanes));
            if said.corridor_id != self.id || !extends {
                let detail = "what was attested before is no prefix of it".to_owned();
                return Err(Doubt::Answer(source.did().clone(), detail).into());
            }
        }
        let covered = member.bond.minor() / 10_000 * i128::from(self.cover_bps);
        let covered = Amount::of_minor(covered.min(now.set.slashable(&watcher)), now.set.currency);
        let document: Value = Canonical::of(cut)
            .map(|canonical| canonical.value())
            .map_err(|error| Doubt::Answer(source.did().clone(), error.to_string()))?;
        let ledger = (mirror.realm(), source.zone().clone(), now.sha256);
        let attestation =
            Attestation::sign(&document, ledger, covered, moment, self.key).map_err(Doubt::Own)?;
        let read = Attestation::read(&attestation).map_err(Doubt::Own)?.credential.subject;
        let cut_sha256 = *cut_sha256;
        let others = self.mirrors.values().all(|held| held.mirror.extends(&read.lanes));
        if !others {
            // The other zone does not show all of it yet: later.
            return Ok(());
        }
        let said = Said { corridor_id: self.id.clone(), cut_sha256, lanes: read.lanes };
        self.dir.say(&said)?;
        source.attest(&watcher, &attestation)?;
        let zone = source.zone().clone();
        let covered_minor = covered.minor().to_string();
        self.taken.insert(zone.clone(), (cut_sha256, now.sha256));
        told.push(Told::Attested { zone, cut_sha256, covered_minor });
        Ok(())
    }
}

fn failed(fault: &impl Fault) -> Told {
    Told::Failed { code: fault.code(), detail: fault.to_string() }
}
