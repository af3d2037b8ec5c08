//! The decision journal, folded as far as it goes: what population views are made of.
//!
//! Like the compliance tensor it is never ahead of the journal, an entry that does not lead to the root kept beside
//! it stops the reading, and losing it loses nothing. It is made when a regulator first looks.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canon::{Amount, Canonical, Digest, JurisdictionId, Timestamp};
use law::tensor::{Row, Tensor};
use law::{Decision, Domain, Kind, Outcome, State};
use serde_json::Value;
use store::{Entry, PAGE_MAX};

use crate::journal::{DECISIONS, chained};
use crate::refused::Refused;
use crate::zone::Zone;

/// Facts that say of which sort a record is, the first that is stated.
const SORTS: [&str; 5] =
    ["license.type", "payment.purpose", "identity.kind", "asset.class", "entity.type"];
/// Facts that say what happened to it, the first that is stated.
const EVENTS: [&str; 7] = [
    "license.event",
    "identity.event",
    "lifecycle.event",
    "asset.event",
    "ownership.event",
    "consent.event",
    "fiscal.event",
];

/// A decision as figures need it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) sequence: u64,
    pub(super) at: Timestamp,
    pub(super) kind: Kind,
    pub(super) outcome: Outcome,
    pub(super) subject: Arc<str>,
    pub(super) jurisdictions: Arc<[JurisdictionId]>,
    /// Its domains as they were decided.
    pub(super) states: Row,
    pub(super) sort: Option<Arc<str>>,
    pub(super) event: Option<Arc<str>>,
    pub(super) amount: Option<Amount>,
}

/// All decisions, and the state of every subject's domains over time.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    pub(super) tensor: Tensor,
    pub(super) seen: Vec<Seen>,
    words: BTreeSet<Arc<str>>,
    places: BTreeSet<Arc<[JurisdictionId]>>,
    root: Option<Digest>,
}

/// One zone's fold, behind its lock.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Folded>);

impl Zone {
    /// The fold with every entry of the journal in it.
    pub(super) fn folded(&self) -> Result<MutexGuard<'_, Folded>, Refused> {
        let mut folded = self.supervised.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let entries = self.store.journal(DECISIONS, folded.tensor.next(), PAGE_MAX)?;
            if entries.is_empty() {
                return Ok(folded);
            }
            for entry in &entries {
                folded.take(entry)?;
            }
        }
    }
}

impl Folded {
    fn take(&mut self, entry: &Entry) -> Result<(), Refused> {
        let body = Canonical::exact(&entry.body).map_err(Refused::host)?;
        if chained(self.root, body.digest()) != entry.root {
            return Err(Refused::host("the decision journal does not lead to its root"));
        }
        let document = body.value();
        match document.pointer("/body/outcome") {
            Some(_) => self.decided(entry.seq, &document)?,
            None => self.tensor.pass(entry.seq).map_err(Refused::host)?,
        }
        self.root = Some(entry.root);
        Ok(())
    }

    fn decided(&mut self, sequence: u64, document: &Value) -> Result<(), Refused> {
        let said = document.get("body").cloned().unwrap_or_default();
        let record = Canonical::of_value(&said).map_err(Refused::host)?;
        let decision = Decision::parse(&record).map_err(Refused::host)?;
        let subject = document.get("subject").and_then(Value::as_str).unwrap_or_default();
        let at = document.get("at").and_then(Value::as_str).unwrap_or_default();
        let at = Timestamp::parse(at).map_err(Refused::host)?;
        let subject = self.word(subject);
        self.tensor.enter(sequence, &subject, &decision, record.digest()).map_err(Refused::host)?;
        let state = |domain| decision.cell(domain).map_or(State::Pending, |cell| cell.state);
        let states = Row::of(&Domain::ALL.map(state), None);
        let stated = |names: &[&str]| names.iter().find_map(|name| text(document, name));
        let (sort, event) = (stated(&SORTS), stated(&EVENTS));
        let seen = Seen {
            sequence,
            at,
            kind: decision.kind,
            outcome: decision.outcome(),
            jurisdictions: self.placed(&decision.jurisdictions),
            states,
            sort: sort.map(|word| self.word(word)),
            event: event.map(|word| self.word(word)),
            amount: amount(document),
            subject,
        };
        self.seen.push(seen);
        Ok(())
    }

    /// The same words are kept once.
    fn word(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.words.get(text) {
            return Arc::clone(known);
        }
        let word: Arc<str> = text.into();
        self.words.insert(Arc::clone(&word));
        word
    }

    fn placed(&mut self, places: &[JurisdictionId]) -> Arc<[JurisdictionId]> {
        if let Some(known) = self.places.get(places) {
            return Arc::clone(known);
        }
        let placed: Arc<[JurisdictionId]> = places.into();
        self.places.insert(Arc::clone(&placed));
        placed
    }
}

/// A fact of the entry that is a text.
fn text<'d>(document: &'d Value, name: &str) -> Option<&'d str> {
    document.get("facts")?.get(name)?.pointer("/value/text").and_then(Value::as_str)
}

fn amount(document: &Value) -> Option<Amount> {
    let fact = document.get("facts")?.get("payment.amount")?;
    serde_json::from_value(fact.pointer("/value/money")?.clone()).ok()
}
