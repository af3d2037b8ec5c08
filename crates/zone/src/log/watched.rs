//! What witnesses say of the logs written here: which cosigned what, and when.
//!
//! The zone forms the requests (C2SP `tlog-witness`) and judges the answers; the door sends them.
//! Witnesses that claim to hold more of a log than there is, or another root, stop the zone while a
//! quorum of them does (see [`Disputes`]).
//!
//! Invariant: a line is kept only after it verified under the pinned key; a cosigned note is served
//! only while it meets the policy.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::{CorridorId, Timestamp};
use proof::merkle::{Proof, Tree};
use proof::witness::Policy;
use proof::witness::client::add_checkpoint;
use serde::Serialize;

use super::LOG;
use super::disputes::Disputes;
use crate::refused::Refused;
use crate::startup::LANES;
use crate::zone::Zone;

/// Most requests formed for a witness at once.
const SUBMISSIONS_MAX: usize = 256;

/// The policy and what is known under it, by stream.
pub(crate) struct Watched {
    policy: Option<Policy>,
    logs: Mutex<BTreeMap<String, Log>>,
    disputes: Disputes,
}

#[derive(Default)]
struct Log {
    size: u64,
    /// The note as the log alone signed it.
    plain: Vec<u8>,
    /// Lines under that note, by witness.
    lines: BTreeMap<String, Vec<u8>>,
    /// The last size each witness is known to hold, and when it signed it.
    held: BTreeMap<String, Held>,
    best: Option<Best>,
}

#[derive(Clone, Copy)]
struct Held {
    size: u64,
    time: u64,
}

/// The newest note that a quorum cosigned.
struct Best {
    note: Vec<u8>,
    /// The oldest of the times that count.
    time: u64,
}

/// One checkpoint for one witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    stream: String,
    /// First line of the checkpoint.
    pub origin: String,
    /// Size of the checkpoint.
    pub size: u64,
    /// The size the witness is taken to hold.
    pub old: u64,
    /// The checkpoint, signed by the log.
    pub note: Vec<u8>,
    /// The body of `add-checkpoint`.
    pub body: Vec<u8>,
}

/// One witness as it stands to this zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The witness.
    pub name: String,
    /// Size of the zone log it cosigned last; absent before the first time.
    pub size: Option<u64>,
    /// Seconds since then.
    pub age_secs: Option<u64>,
    /// Logs of which it holds the newest checkpoint.
    pub current: usize,
    /// Logs submitted to it.
    pub logs: usize,
    /// Whether it counts for the quorum now.
    pub counts: bool,
    /// What it claims against this history; absent for nothing.
    pub disputes: Option<String>,
}

impl Watched {
    pub(crate) fn new(policy: Option<Policy>) -> Self {
        Self { policy, logs: Mutex::default(), disputes: Disputes::default() }
    }

    pub(crate) fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// What a quorum claims against this history.
    pub(crate) fn disputed(&self) -> Option<String> {
        self.disputes.believed(self.policy.as_ref()?.quorum())
    }

    fn logs(&self) -> MutexGuard<'_, BTreeMap<String, Log>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest note a quorum cosigned, while it is not stale.
    pub(crate) fn cosigned(&self, stream: &str, now: Timestamp) -> Option<Vec<u8>> {
        let policy = self.policy.as_ref()?;
        let logs = self.logs();
        let best = logs.get(stream)?.best.as_ref()?;
        fresh(policy, best.time, now).then(|| best.note.clone())
    }

    /// How each witness stands.
    pub(crate) fn standing(&self, now: Timestamp) -> Vec<Standing> {
        let Some(policy) = &self.policy else { return Vec::new() };
        let logs = self.logs();
        let of = |witness: &proof::witness::CosignerKey| {
            let name = witness.name();
            let signed = |log: &&Log| log.held.get(name).is_some_and(|h| h.size == log.size);
            let held = logs.get(LOG).and_then(|log| log.held.get(name)).filter(|h| h.time > 0);
            Standing {
                name: name.to_owned(),
                size: held.map(|held| held.size),
                age_secs: held.map(|held| secs(now).saturating_sub(held.time)),
                current: logs.values().filter(signed).count(),
                logs: logs.len(),
                counts: held.is_some_and(|held| fresh(policy, held.time, now)),
                disputes: self.disputes.of(name),
            }
        };
        policy.witnesses().iter().map(of).collect()
    }
}

fn secs(now: Timestamp) -> u64 {
    u64::try_from(now.unix()).unwrap_or(0)
}

fn fresh(policy: &Policy, time: u64, now: Timestamp) -> bool {
    time.saturating_add(policy.stale_secs()) >= secs(now)
}

impl Log {
    fn stand_at(&mut self, size: u64, note: &[u8]) {
        if self.size != size {
            self.lines.clear();
            (self.size, self.plain) = (size, note.to_vec());
        }
    }

    /// Whether a witness has nothing newer to see, nor an old cosignature to renew.
    fn is_done(&self, witness: &str, policy: &Policy, now: Timestamp) -> bool {
        let held = self.held.get(witness);
        held.is_some_and(|held| {
            let renewed = held.time.saturating_add(policy.stale_secs() / 2) >= secs(now);
            held.size == self.size && renewed
        })
    }

    fn note(&self) -> Vec<u8> {
        let lines = self.lines.values().flatten();
        self.plain.iter().chain(lines).copied().collect()
    }
}

impl Zone {
    /// The witnesses of this zone and how each stands.
    #[must_use]
    pub fn witnesses(&self) -> Vec<Standing> {
        self.watched.standing(self.now())
    }

    /// The checkpoints a witness has not cosigned yet, or too long ago: of the zone log and of each
    /// lane written here.
    ///
    /// # Errors
    /// The store.
    pub fn to_cosign(&self, witness: &str) -> Result<Vec<Submission>, Refused> {
        let Some(policy) = self.watched.policy().filter(|_| self.in_doubt().is_none()) else {
            return Ok(Vec::new());
        };
        let mut streams = vec![(LOG.to_owned(), self.log_origin())];
        for (stream, _) in self.store.heads(LANES)? {
            let id = stream.strip_prefix(LANES).map(CorridorId::parse);
            let Some(Ok(id)) = id else { continue };
            streams.push((stream, self.here.lane_origin(&id)));
        }
        let mut due = Vec::new();
        for (stream, origin) in streams {
            if self.watched.disputes.rests((witness, &stream), self.now()) {
                continue;
            }
            let size = self.shown_size(&stream)?;
            let known = |log: &Log| log.size == size && log.is_done(witness, policy, self.now());
            if size == 0 || self.watched.logs().get(&stream).is_some_and(known) {
                continue;
            }
            let Some((size, note)) = self.plain_note(&stream, size)? else { continue };
            let old = {
                let mut logs = self.watched.logs();
                let log = logs.entry(stream.clone()).or_default();
                log.stand_at(size, &note);
                if log.is_done(witness, policy, self.now()) {
                    continue;
                }
                log.held.get(witness).map_or(0, |held| held.size)
            };
            due.push(self.submission(stream, origin, (size, note), old)?);
            if due.len() >= SUBMISSIONS_MAX {
                break;
            }
        }
        Ok(due)
    }

    /// The note of a log as its key alone signed it.
    fn plain_note(&self, stream: &str, size: u64) -> Result<Option<(u64, Vec<u8>)>, Refused> {
        if stream == LOG {
            return Ok(self.log.signed());
        }
        let Some(last) = size.checked_sub(1) else { return Ok(None) };
        let item = self.items(stream, last, 1)?.pop();
        Ok(item.map(|item| (size, item.checkpoint.into_bytes())))
    }

    fn submission(
        &self,
        stream: String,
        origin: String,
        (size, note): (u64, Vec<u8>),
        old: u64,
    ) -> Result<Submission, Refused> {
        let proof = match old {
            0 => Proof::default(),
            old => self
                .with_tree(&stream, |tree: &Tree| tree.consistency(old, size))?
                .map_err(Refused::host)?,
        };
        let body = add_checkpoint(old, &proof, &note).map_err(Refused::host)?;
        Ok(Submission { stream, origin, size, old, note, body })
    }

    /// Keep a cosignature: `note` is the submitted one with the witness's verified line.
    ///
    /// # Errors
    /// A note that is not the one submitted.
    pub fn cosigned(
        &self,
        witness: &str,
        asked: &Submission,
        (note, time): (&[u8], u64),
    ) -> Result<(), Refused> {
        let Some(policy) = self.watched.policy() else { return Ok(()) };
        let line = note.strip_prefix(asked.note.as_slice());
        let line = line.ok_or_else(|| Refused::host("the answer is of another note"))?;
        self.watched.disputes.withdrawn((witness, &asked.stream));
        let mut logs = self.watched.logs();
        let log = logs.entry(asked.stream.clone()).or_default();
        log.held.insert(witness.to_owned(), Held { size: asked.size, time });
        if log.size != asked.size {
            return Ok(());
        }
        log.lines.insert(witness.to_owned(), line.to_vec());
        let (note, key) = (log.note(), self.here.note_key(&asked.origin, asked.size));
        if let Ok(cosigned) = policy.verify(&note, &asked.origin, key, self.now()) {
            let time = cosigned.seen().iter().map(|seen| seen.time).min().unwrap_or(0);
            log.best = Some(Best { note, time });
        }
        Ok(())
    }

    /// A witness holds another size than it was taken to: the request to send instead.
    ///
    /// # Errors
    /// [`Refused::Conflict`] when it claims to hold more than there is here, or another root.
    pub fn witness_holds(
        &self,
        witness: &str,
        asked: &Submission,
        held: u64,
    ) -> Result<Submission, Refused> {
        let there = self.store.head(&asked.stream)?.map_or(0, |head| head.seq.saturating_add(1));
        if held > there || held == asked.old {
            return Err(self.witness_differs(witness, asked, held));
        }
        let known = Held { size: held, time: 0 };
        let mut logs = self.watched.logs();
        let log = logs.entry(asked.stream.clone()).or_default();
        log.held.insert(witness.to_owned(), known);
        let (size, note) = match held > asked.size {
            true => return Err(Refused::Busy),
            false => (asked.size, asked.note.clone()),
        };
        drop(logs);
        self.submission(asked.stream.clone(), asked.origin.clone(), (size, note), held)
    }

    /// A witness claims that what it holds is no part of what is here: it is asked again later, and
    /// nothing is signed while a quorum claims so.
    pub fn witness_differs(&self, witness: &str, asked: &Submission, held: u64) -> Refused {
        let why = format!(
            "witness `{witness}` claims size {held} of `{}`, which is not of this history (size {} \
             here): the data directory and its signer were restored from a backup, or it errs",
            asked.origin, asked.size
        );
        self.watched.disputes.claimed((witness, &asked.stream), &why, self.now());
        // The next proof is formed from what it says then.
        if let Some(log) = self.watched.logs().get_mut(&asked.stream) {
            log.held.remove(witness);
        }
        Refused::conflict("witness-disputes", why)
    }

    /// The newest notes a quorum cosigned, to be kept over a restart.
    #[must_use]
    pub fn cosigned_notes(&self) -> BTreeMap<String, String> {
        let logs = self.watched.logs();
        let text = |best: &Best| String::from_utf8(best.note.clone()).ok();
        let note = |(stream, log): (&String, &Log)| {
            Some((stream.clone(), log.best.as_ref().and_then(text)?))
        };
        logs.iter().filter_map(note).collect()
    }

    /// Take notes kept before up again; one that does not meet the policy is left. One that our own
    /// key signed and that is not of this history proves that the data are older than it: nothing is
    /// signed any more.
    ///
    /// # Errors
    /// The store.
    pub fn take_up(&self, notes: &BTreeMap<String, String>) -> Result<(), Refused> {
        let Some(policy) = self.watched.policy() else { return Ok(()) };
        for (stream, note) in notes {
            let origin = match stream.strip_prefix(LANES).map(CorridorId::parse) {
                Some(Ok(id)) => self.here.lane_origin(&id),
                None if stream == LOG => self.log_origin(),
                _ => continue,
            };
            let signed = self.here.checkpoint(note.as_bytes(), &origin);
            let Ok(checkpoint) = signed else { continue };
            let (size, root) = (checkpoint.size(), checkpoint.root());
            let ours = self.with_tree(stream, |tree: &Tree| tree.root_at(size))?;
            if ours != Ok(root) {
                self.stop_signing(&format!(
                    "a cosigned checkpoint of size {size} of `{origin}`, signed here, is not of this \
                     history: the data directory and its signer were restored from a backup"
                ));
                continue;
            }
            let verified = policy.verify(
                note.as_bytes(),
                &origin,
                self.here.note_key(&origin, size),
                self.now(),
            );
            let Ok(cosigned) = verified else { continue };
            let time = cosigned.seen().iter().map(|seen| seen.time).min().unwrap_or(0);
            let mut logs = self.watched.logs();
            let log = logs.entry(stream.clone()).or_default();
            // Each is still asked once: it may have seen more than these data hold.
            for seen in cosigned.seen() {
                log.held.insert(seen.name.clone(), Held { size, time: 0 });
            }
            log.best = Some(Best { note: note.as_bytes().to_vec(), time });
        }
        Ok(())
    }
}
