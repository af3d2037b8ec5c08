//! The zone: what it holds in memory, and reading its records.

use std::cell::Cell;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use canon::{Canonical, Clock, Currency, Did, Digest, Entropy, Realm, Timestamp, ZoneId};
use corridor::Party;
use law::manifest::Provider;
use proof::KeyHistory;
use proof::credential::Anchors;
use proof::hpke::HpkeSecret;
use proof::personal::ZoneKey;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::cell::Advance;
use store::{Ahead, Building, CommitError, Store};

use crate::adapter::National;
use crate::config::{Config, InForce};
use crate::corridor::{Answered, Memory, Reach, Turns};
use crate::keys::Keys;
use crate::limits::PAGE_MAX;
use crate::mass::{Beside, Primitives, Reading};
use crate::refused::Refused;
use crate::startup::{self, StartError};
use crate::stepped::Stepped;
use crate::wire::Wire;

/// A record with the revision it was read at; `rev` is `None` for one that is new.
#[derive(Clone, Debug)]
pub(crate) struct Loaded<T> {
    pub(crate) rev: Option<u64>,
    pub(crate) value: T,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The items.
    pub items: Vec<Value>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<String>,
}

/// One running zone. It owns nothing in memory that the store's heads do not confirm.
pub struct Zone {
    pub(crate) inception_document: Value,
    pub(crate) rotations: Vec<Value>,
    pub(crate) here: Party,
    /// What is remembered: for whoever builds, with what is queued.
    pub(crate) store: Arc<dyn Store>,
    /// The same, to build on and to queue.
    pub(crate) ahead: Arc<Ahead>,
    pub(crate) keys: Keys,
    pub(crate) anchors: Anchors,
    /// What is in force; replaced as a whole, under the lock of writing.
    law: RwLock<Arc<InForce>>,
    pub(crate) screened: crate::screening::Memory,
    pub(crate) currency: Option<Currency>,
    pub(crate) public_url: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) wire: Arc<dyn Wire>,
    /// Why nothing is signed, once something is wrong; never cleared while running.
    stopped: RwLock<Option<String>>,
    pub(crate) memory: Memory,
    pub(crate) answered: Answered,
    pub(crate) reach: Reach,
    pub(crate) turns: Turns,
    /// What peers told of corridors.
    pub(crate) ways: crate::bridge::Ways,
    /// Whether every lane states the last rotation of our keys.
    pub(crate) stated: AtomicBool,
    /// Opens payloads that are encrypted to this zone.
    pub(crate) payload_secret: OnceLock<HpkeSecret>,
    /// The way to national systems, where there is one.
    national: OnceLock<Arc<dyn National>>,
    /// Where entities, accounts and payments are kept.
    primitives: OnceLock<Primitives>,
    /// Wraps the keys of persons.
    pub(crate) personal_key: OnceLock<ZoneKey>,
    /// Whether Mass agrees with data that are in doubt, and what was found.
    pub(crate) moved_on: Mutex<Option<Beside>>,
    pub(crate) log: crate::log::Shown,
    pub(crate) watched: crate::log::Watched,
    /// Decisions about entities, folded from the journal.
    pub(crate) kept: crate::tensor::Kept,
    /// How far webhooks were looked after.
    pub(crate) hooks: crate::event::Memory,
    /// All decisions, folded from the journal for whoever supervises.
    pub(crate) supervised: crate::regulator::Kept,
    /// What regulators said of alerts, folded from their log.
    pub(crate) acknowledged: crate::regulator::Acknowledged,
    /// Where each commit led whose outcome nobody knows yet, or that the cell could not be told of.
    unsettled: Mutex<Vec<Vec<Advance>>>,
    pub(crate) stepped: Stepped,
    /// Who is believed beside the zone's own tokens.
    pub(crate) provider: OnceLock<Arc<dyn crate::provider::Provider>>,
    /// Who may ask and how often, where the operator settled it.
    pub(crate) access: OnceLock<crate::access::Access>,
    /// What this replica may let through.
    pub(crate) leases: crate::rates::Leases,
    /// Requests being answered, for the audit log.
    pub(crate) hearings: crate::audit::Hearings,
    /// Refusals that the audit log tells of, by principal.
    pub(crate) refusals: crate::audit::Counted,
}

/// The value of a record as it lies in the store.
pub(crate) fn parse<T: DeserializeOwned>(
    (kind, id): (&str, &str),
    body: &[u8],
) -> Result<T, Refused> {
    let value = Canonical::exact(body).and_then(|c| c.read());
    value.map_err(|e| Refused::host(format!("{kind} {id}: {e}")))
}

thread_local! {
    /// How many rehearsals this thread is in.
    static REHEARSALS: Cell<u32> = const { Cell::new(0) };
}

/// A rehearsal of this thread, until it is dropped.
struct Rehearsal;

impl Rehearsal {
    fn begin() -> Self {
        REHEARSALS.set(REHEARSALS.get().saturating_add(1));
        Self
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        REHEARSALS.set(REHEARSALS.get().saturating_sub(1));
    }
}

impl Zone {
    /// Open a zone on its store: bind or check identity and realm, reconcile journal and cell.
    ///
    /// # Errors
    /// Anything that makes it unsafe to run at all. What only forbids signing is kept and shown in
    /// readiness.
    pub fn open(config: Config) -> Result<Self, StartError> {
        startup::check_identity(&config)?;
        startup::log_begun(&config)?;
        startup::keys_head(&config)?;
        let law_head = startup::law_head(&config)?;
        let stopped = startup::reconcile(&config)?;
        let ahead = Arc::new(Ahead::new(config.store));
        Ok(Self {
            here: Party::with(config.history),
            inception_document: config.inception_document,
            rotations: config.rotations,
            store: Arc::clone(&ahead) as Arc<dyn Store>,
            ahead,
            keys: config.keys,
            anchors: config.anchors,
            law: RwLock::new(Arc::new(InForce::new(config.law, law_head))),
            screened: crate::screening::Memory::default(),
            currency: config.currency,
            public_url: config.public_url,
            clock: config.clock,
            entropy: config.entropy,
            wire: config.wire,
            stopped: RwLock::new(stopped),
            memory: Memory::default(),
            answered: Answered::default(),
            reach: Reach::default(),
            turns: Turns::default(),
            ways: crate::bridge::Ways::default(),
            stated: AtomicBool::new(false),
            payload_secret: OnceLock::new(),
            national: OnceLock::new(),
            primitives: OnceLock::new(),
            personal_key: OnceLock::new(),
            moved_on: Mutex::default(),
            log: crate::log::Shown::default(),
            watched: crate::log::Watched::new(config.witnesses),
            kept: crate::tensor::Kept::default(),
            hooks: crate::event::Memory::default(),
            supervised: crate::regulator::Kept::default(),
            acknowledged: crate::regulator::Acknowledged::default(),
            unsettled: Mutex::default(),
            stepped: Stepped::default(),
            provider: OnceLock::new(),
            access: OnceLock::new(),
            leases: crate::rates::Leases::default(),
            hearings: crate::audit::Hearings::default(),
            refusals: crate::audit::Counted::default(),
        })
    }

    /// The zone's id.
    #[must_use]
    pub fn zone_id(&self) -> &ZoneId {
        self.here.zone()
    }

    /// The zone's pinned DID.
    #[must_use]
    pub fn did(&self) -> &Did {
        self.here.did()
    }

    /// The zone's realm.
    #[must_use]
    pub fn realm(&self) -> Realm {
        self.here.realm
    }

    /// The zone's signed inception document.
    #[must_use]
    pub fn inception_document(&self) -> &Value {
        &self.inception_document
    }

    /// The zone's keys over time: its inception document and the rotations since.
    ///
    /// # Errors
    /// Never for documents that were verified.
    pub fn keys_document(&self) -> Result<Value, Refused> {
        let document = KeyHistory::document(&self.inception_document, &self.rotations);
        Ok(document.map_err(Refused::host)?.value())
    }

    /// The currency the zone's definition names.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// Ask national systems this way from now on. The first way stays.
    pub fn ask_nationally(&self, national: Arc<dyn National>) {
        let _ = self.national.set(national);
    }

    pub(crate) fn national(&self) -> Option<&dyn National> {
        self.national.get().map(AsRef::as_ref)
    }

    /// Keep entities, accounts and payments there from now on. What the data were begun with stays.
    ///
    /// # Errors
    /// [`StartError::OtherPrimitives`] for data that were begun in the other mode.
    pub fn keep_primitives(&self, at: Primitives) -> Result<(), StartError> {
        startup::primitives(self.ahead.beneath(), &at)?;
        let _ = self.primitives.set(at);
        Ok(())
    }

    pub(crate) fn primitives(&self) -> &Primitives {
        self.primitives.get().unwrap_or(&Primitives::Sovereign)
    }

    /// Whether the profile mounts a route group.
    #[must_use]
    pub fn mounts(&self, group: &str) -> bool {
        self.law().routes.contains(group)
    }

    /// The module that would provide something, where it is switched off.
    #[must_use]
    pub fn switched_off(&self, by: &Provider) -> Option<String> {
        self.law().switched.off(by).map(str::to_owned)
    }

    /// The law in force: as it was when asked, whatever replaces it since.
    #[must_use]
    pub fn law(&self) -> Arc<InForce> {
        Arc::clone(&self.law.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether no other law was put in force since.
    pub(crate) fn is_in_force(&self, law: &Arc<InForce>) -> bool {
        Arc::ptr_eq(&self.law.read().unwrap_or_else(PoisonError::into_inner), law)
    }

    /// Put law in force. The caller holds the lock of writing, and has moved the head of the law.
    pub(crate) fn enforce(&self, law: InForce) {
        *self.law.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(law);
    }

    /// The trust anchors with this zone's own inception added.
    #[must_use]
    pub fn anchors(&self) -> Anchors {
        let own = self.anchors.clone().with_keys(self.here.keys().clone());
        own.unwrap_or_else(|_| self.anchors.clone())
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The lock of building: one write is built at a time, each on the heads the one before left. They may not be
    /// durable yet, so whoever holds it tells nobody anything but through [`Writes::commit_and_let_go`].
    ///
    /// [`Writes::commit_and_let_go`]: crate::writes::Writes::commit_and_let_go
    pub(crate) fn building(&self) -> Building<'_> {
        let building = self.ahead.build();
        self.lay_down();
        building
    }

    /// Does all of a write but the commit: what law says is told, and nothing is written, not even a refusal.
    pub fn rehearse<T>(&self, doing: impl FnOnce() -> T) -> T {
        let _rehearsal = Rehearsal::begin();
        self.ahead.rehearse(doing)
    }

    /// Whether this thread rehearses: then nobody outside is told anything either.
    pub(crate) fn rehearses(&self) -> bool {
        REHEARSALS.get() > 0
    }

    /// The same with nothing on its way: all that was committed before has reached the signer's cell.
    pub(crate) fn writing(&self) -> Building<'_> {
        let building = self.building();
        self.ahead.dealt_with();
        building
    }

    /// What is read under the lock of building, of commits on their way as well; told once they have reached the
    /// signer's cell.
    pub(crate) fn read_through<T>(
        &self,
        reading: impl FnOnce() -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let building = self.building();
        self.settle()?;
        let failures = self.ahead.failures();
        let read = reading()?;
        drop(building);
        self.ahead.dealt_with();
        self.settle()?;
        if self.ahead.failures() == failures { Ok(read) } else { Err(Refused::Busy) }
    }

    /// Wait for the commits on their way, so that what was just read of them has reached the cell.
    pub(crate) fn released(&self) {
        self.ahead.dealt_with();
    }

    pub(crate) fn unsettled(&self) -> MutexGuard<'_, Vec<Vec<Advance>>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stop_signing(&self, why: &str) {
        let mut stopped = self.stopped.write().unwrap_or_else(PoisonError::into_inner);
        stopped.get_or_insert_with(|| why.to_owned());
    }

    /// The caller has shown that what was in doubt is not any more.
    pub(crate) fn doubt_is_over(&self) {
        self.forget_corridors();
        *self.stopped.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Why the zone signs nothing, if it does not: its data are in doubt, or a quorum of its
    /// witnesses claims so now.
    #[must_use]
    pub fn stopped(&self) -> Option<String> {
        self.in_doubt().or_else(|| self.watched.disputed())
    }

    /// Why nothing is signed until the next start, if so.
    pub(crate) fn in_doubt(&self) -> Option<String> {
        self.stopped.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn may_sign(&self) -> Result<(), Refused> {
        self.stopped().map_or(Ok(()), |why| Err(Refused::NotSigning(why)))
    }

    pub(crate) fn commit_refused(&self, error: CommitError) -> Refused {
        match error {
            CommitError::Store(store::StoreError::Doubt { detail }) => {
                self.stop_signing(&detail);
                Refused::NotSigning(detail)
            }
            CommitError::Store(error) => error.into(),
            CommitError::HeadMoved { .. }
            | CommitError::RecordMoved { .. }
            | CommitError::EntryExists { .. }
            | CommitError::IdempotencyTaken { .. } => Refused::Busy,
            CommitError::TooLarge { what, limit } => {
                Refused::invalid("too-large", format!("{what} exceeds {limit}"))
            }
            other => Refused::host(other),
        }
    }

    /// 32 unpredictable bytes.
    pub(crate) fn salt(&self) -> Result<Digest, Refused> {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes)?;
        Ok(Digest::from_bytes(bytes))
    }

    /// A fresh identifier: UUID version 4 text. A write that goes to Mass has one that follows from its key.
    pub(crate) fn fresh_id(&self) -> Result<String, Refused> {
        if let Some(id) = self.id_in_hand() {
            return Ok(id);
        }
        let mut b = [0u8; 16];
        self.entropy.fill(&mut b)?;
        b[6] = (b[6] & 0x0f) | 0x40;
        b[8] = (b[8] & 0x3f) | 0x80;
        let hex = |part: &[u8]| part.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Ok([&b[..4], &b[4..6], &b[6..8], &b[8..10], &b[10..]].map(hex).join("-"))
    }

    /// A record by kind and id.
    pub(crate) fn load<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        id: &str,
    ) -> Result<Option<Loaded<T>>, Refused> {
        let Some(record) = self.store.record(kind, id)? else { return Ok(None) };
        let (rev, body) = (Some(record.rev), self.body_of((kind, id), record.body)?);
        Ok(Some(Loaded { rev, value: parse((kind, id), &body)? }))
    }

    /// A record that must be there.
    pub(crate) fn need<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        id: &str,
    ) -> Result<Loaded<T>, Refused> {
        self.load(kind, id)?.ok_or_else(|| Refused::absent(kind, id))
    }

    /// A page of records as JSON.
    pub(crate) fn list(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Refused> {
        let _reading = Reading::begin();
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = self.store.records(kind, after, limit + 1)?;
        // Large rows may cut a page short of its number.
        let last = rows.last().map(|(id, _)| id.as_str()).filter(|_| rows.len() <= limit);
        let more = match last {
            Some(last) => !self.store.records(kind, Some(last), 1)?.is_empty(),
            None => rows.len() > limit,
        };
        let next =
            more.then(|| rows.get(limit - 1).or(rows.last()).map(|(id, _)| id.clone())).flatten();
        let shown = rows.iter().take(limit);
        self.ask_ahead(kind, shown.map(|(id, record)| (id.as_str(), record.body.as_slice())))?;
        let parse = |(id, record): (String, store::Record)| {
            let body = self.body_of((kind, &id), record.body)?;
            canon::parse_value(&body).map_err(Refused::host)
        };
        let items = rows.into_iter().take(limit).map(parse).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }
}
