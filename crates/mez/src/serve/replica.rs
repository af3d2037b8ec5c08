//! One of several processes that serve a zone from one database: whoever holds the lease has the zone open and
//! writes; the others pass requests on to it, and one of them follows when it is gone.
//!
//! Invariant: the store of a term commits only while the lease of that term is held (see `store::postgres::Lease`),
//! and the signer's cell is open in the process that writes alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use store::cell::CellError;
use store::postgres::{Lease, SILENCE_MS, Turn};
use zone::{Check, Readiness};

use super::bell::Bell;
use super::load::Door;
use super::term::{Seat, Term};
use super::{LoadError, ServeError, hung};
use crate::founding::read_inception;
use crate::http::problem::tell;
use crate::http::{Service, unheard};
use crate::watch::Stopwatch;

/// Time between two signs of whoever writes.
const SIGN_MS: u64 = 1_000;
const _: () = assert!(SIGN_MS * 4 < SILENCE_MS as u64, "a slow disk is not silence");
/// Time between two tries to follow.
const TRY_MS: u64 = 50;
/// How long the signer's cell may still be held by whoever wrote before, until they are taken to hang.
const HUNG_MS: u64 = 1_500;
/// Pause after a term could not begin: another replica may do better.
const FAILED_MS: u64 = 2_000;
/// Longest time between being told to stop and seeing it.
const STEP_MS: u64 = 10;
const STACK_BYTES: usize = 4 * 1024 * 1024;

/// The thread that holds the lease, or tries for it.
pub(super) struct Replica {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What the thread keeps.
struct Part {
    lease: Lease,
    seat: Seat,
    service: Arc<Service>,
    term: Option<Term>,
    /// Since when the signer's cell is found held.
    held: Option<Stopwatch>,
    stop: Arc<AtomicBool>,
}

impl Replica {
    /// Take part: where nobody writes, this process has the zone open when this returns.
    ///
    /// # Errors
    /// See [`ServeError`]; what is wrong with the folder of a replica that follows shows here too.
    pub(super) fn start(
        lease: Lease,
        seat: Seat,
        service: Arc<Service>,
    ) -> Result<Self, ServeError> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut part =
            Part { lease, seat, service, term: None, held: None, stop: Arc::clone(&stop) };
        match part.lease.step().map_err(store::OpenError::from).map_err(LoadError::from)? {
            Turn::Mine { .. } => part.begin()?,
            Turn::Theirs { holder } => part.follow(holder)?,
        }
        let named = std::thread::Builder::new().name("replica".to_owned()).stack_size(STACK_BYTES);
        let thread = named.spawn(move || part.run()).map_err(ServeError::Host)?;
        Ok(Self { stop, thread })
    }

    /// End the term, if it is this process', and let the next begin.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        // One that panicked has let go of the lease.
        let _ = self.thread.join();
    }
}

impl Part {
    fn run(mut self) {
        let mut pause = TRY_MS;
        while self.paused(pause) {
            pause = match self.step() {
                Ok(true) => SIGN_MS,
                Ok(false) => TRY_MS,
                Err(why) => {
                    tell(&why);
                    FAILED_MS
                }
            };
        }
        self.end();
    }

    fn paused(&self, ms: u64) -> bool {
        for _ in 0..ms / STEP_MS {
            if self.stop.load(Ordering::SeqCst) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(STEP_MS));
        }
        true
    }

    /// Whether this process writes.
    fn step(&mut self) -> Result<bool, String> {
        match self.lease.step() {
            // The zone stays open: it says itself that its store is away, and commits nothing meanwhile.
            Err(_) => Ok(false),
            Ok(Turn::Mine { anew: false }) if self.term.is_some() => Ok(true),
            Ok(Turn::Mine { .. }) => {
                // Others wrote in between: the zone of the term before is let go of, and the signer's cell with it.
                if self.term.is_some() {
                    self.follow(String::new()).map_err(|error| error.to_string())?;
                }
                match self.begin() {
                    Ok(()) => Ok(true),
                    Err(ServeError::Load(LoadError::Cell(CellError::InUse { .. }))) => {
                        let held = self.held.get_or_insert_with(Stopwatch::start);
                        if held.elapsed() >= Duration::from_millis(HUNG_MS) {
                            self.held = None;
                            hung::end_holder(&self.seat.dir.signer());
                        }
                        Ok(false)
                    }
                    Err(error) => {
                        self.lease.release();
                        Err(format!("this replica cannot write: {error}"))
                    }
                }
            }
            Ok(Turn::Theirs { holder }) => {
                let follows = self.follow(holder);
                follows
                    .map_err(|error| format!("this replica cannot follow: {error}"))
                    .map(|()| false)
            }
        }
    }

    fn begin(&mut self) -> Result<(), ServeError> {
        let store = self.lease.store().map_err(LoadError::from)?;
        self.term = Some(self.seat.begin(Some(store), &self.service)?);
        self.held = None;
        Ok(())
    }

    fn end(&mut self) {
        if let Some(term) = self.term.take() {
            term.end();
        }
    }

    /// Requests go to another from now on.
    fn follow(&mut self, leader: String) -> Result<(), ServeError> {
        let standing = self.service.standing();
        if matches!(&standing.door, Door::Follows { leader: known, .. } if *known == leader) {
            return Ok(());
        }
        let (inception, _) = read_inception(&self.seat.dir).map_err(LoadError::from)?;
        let detail = format!("`{leader}` writes; requests are passed on to it");
        let told = Readiness {
            ready: !leader.is_empty(),
            zone_id: inception.zone_id().to_string(),
            did: inception.did().to_string(),
            realm: inception.realm().to_string(),
            checks: vec![Check { name: "replica", ok: !leader.is_empty(), detail }],
        };
        self.service.put(Door::Follows { leader, told }, Bell::default(), unheard());
        self.end();
        Ok(())
    }
}
