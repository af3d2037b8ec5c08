//! Evaluating a case: 20 cells from rules over facts. Total, pure, replayable: equal inputs give
//! equal bytes, and there is no input that fails to give a decision.

mod link;
pub(crate) mod program;
mod record;
mod there;
mod verdict;
mod walk;
pub(crate) mod zone;

pub use verdict::{Told, Verdict, verdict};

use canon::{Canonical, Date, Digest, JurisdictionId, Timestamp};

use crate::decision::{Cell, Decision, Engine, Fault, InJurisdiction, PackUsed, Row, There};
use crate::domain::Domain;
use crate::expr::ear::Scribe;
use crate::facts::{Facts, Value};
use crate::kind::Kind;
use crate::rulebook::Rulebook;
use crate::state::State;

use record::Writer;
use walk::{End, Said, Walk};

/// Most jurisdictions in one case.
pub const JURISDICTIONS_MAX: usize = 16;

/// What is to be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The transition.
    pub kind: Kind,
    /// The jurisdictions of subject and counterparties; at least one.
    pub jurisdictions: Vec<JurisdictionId>,
    /// The day whose law applies.
    pub as_of: Date,
    /// The moment whose knowledge is used.
    pub known_at: Timestamp,
    /// What is known, with provenance.
    pub facts: Facts,
    /// The same write as the law at the other end of a corridor sees it: see [`Case::and_there`]. Of the
    /// same moment; its own other end is not asked.
    pub there: Option<Box<Self>>,
}

impl Case {
    /// The moment at which facts are judged for expiry: now when `as_of` is today, otherwise the
    /// last second of `as_of`.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        moment(self.as_of, self.known_at)
    }
}

/// The moment at which expiry is judged: see [`Case::moment`].
pub(crate) fn moment(as_of: Date, known_at: Timestamp) -> Timestamp {
    if known_at.date() == as_of {
        return known_at;
    }
    as_of.start().plus_secs(86_399).unwrap_or(known_at)
}

/// Evaluate all 20 domains.
#[must_use]
pub fn evaluate(book: &Rulebook, case: &Case) -> Decision {
    evaluate_as(book, case, Engine::NOW)
}

/// Evaluate as an engine of some version does: what it decided comes out again as it was.
pub(crate) fn evaluate_as(book: &Rulebook, case: &Case, engine: Engine) -> Decision {
    let jurisdictions = sorted(&case.jurisdictions);
    let mut faults = faults(book, case);
    let facts_sha256 = digest(&case.facts, &mut faults);
    let there = case.there.as_ref().map(|there| There {
        kind: there.kind,
        jurisdictions: sorted(&there.jurisdictions).into_iter().cloned().collect(),
        facts_sha256: digest(&there.facts, &mut faults),
    });
    let mut cells = Vec::new();
    if faults.is_empty() {
        let scribe = || (engine, Scribe::new(case.as_of));
        let walk = Walk::new(book, case, &jurisdictions, scribe(), End::Here);
        let mut writer = Writer { book, case, faults, inputs: Vec::new() };
        cells = written(&mut writer, walk);
        if let Some(there) = &case.there {
            writer.case = there;
            beside(&mut cells, &mut writer, there::walk(book, there, scribe()));
        }
        faults = writer.faults;
    }
    if !faults.is_empty() {
        cells.clear();
    }
    let list_age_days = case.facts.get("screening.list_age_days").and_then(|f| match f.value {
        // Negative: a list is dated in the future, so no age is known.
        Value::Int(days) if days >= 0 => Some(days),
        _ => None,
    });
    Decision {
        engine: engine.name().to_owned(),
        kind: case.kind,
        realm: book.realm,
        as_of: case.as_of,
        known_at: case.known_at,
        packs: packs_used(book, case),
        jurisdictions: jurisdictions.into_iter().cloned().collect(),
        facts_sha256,
        there,
        lists: book.screening.lists.clone(),
        list_age_days,
        unsourced: unsourced(&cells),
        next_expiry: cells.iter().flat_map(|c| &c.rows).filter_map(|row| row.expires).min(),
        faults,
        cells,
    }
}

fn fault(code: &str, detail: String) -> Fault {
    Fault { code: code.to_owned(), detail }
}

/// Each jurisdiction once, in order.
fn sorted(jurisdictions: &[JurisdictionId]) -> Vec<&JurisdictionId> {
    let mut jurisdictions: Vec<&JurisdictionId> = jurisdictions.iter().collect();
    jurisdictions.sort_unstable();
    jurisdictions.dedup();
    jurisdictions
}

fn digest(facts: &Facts, faults: &mut Vec<Fault>) -> Option<Digest> {
    let digest = Canonical::of(facts).map(|canonical| canonical.digest());
    let told = |error| faults.push(fault("canonical-form", format!("facts: {error}")));
    digest.map_err(told).ok()
}

/// The case, and as the other end sees it.
fn ends(case: &Case) -> impl Iterator<Item = &Case> {
    [Some(case), case.there.as_deref()].into_iter().flatten()
}

fn faults(book: &Rulebook, case: &Case) -> Vec<Fault> {
    ends(case).flat_map(|end| faults_of(book, &sorted(&end.jurisdictions))).collect()
}

fn faults_of(book: &Rulebook, jurisdictions: &[&JurisdictionId]) -> Vec<Fault> {
    if jurisdictions.is_empty() {
        return vec![fault("no-jurisdiction", "a case needs at least one jurisdiction".into())];
    }
    if jurisdictions.len() > JURISDICTIONS_MAX {
        let detail = format!("{} jurisdictions; at most {JURISDICTIONS_MAX}", jurisdictions.len());
        return vec![fault("too-many-jurisdictions", detail)];
    }
    jurisdictions
        .iter()
        .filter(|jurisdiction| !book.judges(jurisdiction))
        .map(|j| fault("no-pack", format!("no pack of law is loaded for jurisdiction `{j}`")))
        .collect()
}

fn packs_used(book: &Rulebook, case: &Case) -> Vec<PackUsed> {
    let mut used: Vec<PackUsed> = ends(case)
        .flat_map(|end| &end.jurisdictions)
        .flat_map(|jurisdiction| book.chain(jurisdiction))
        .chain(book.sandbox())
        .map(|pack| PackUsed { pack: pack.id().clone(), digest_sha256: pack.digest() })
        .collect();
    used.sort_unstable();
    used.dedup();
    used
}

fn unsourced(cells: &[Cell]) -> Vec<Domain> {
    let rests = |cell: &&Cell| cell.rows.iter().any(|row| row.unsourced && row.counted);
    cells.iter().filter(rests).map(|cell| cell.domain).collect()
}

/// The cells of a walk.
fn written<'r>(writer: &mut Writer<'_>, walk: Walk<'r, Scribe<'r>>) -> Vec<Cell> {
    let Walk { places, said, states, decided, .. } = walk;
    let mut said = said.into_iter();
    let mut cells = Vec::with_capacity(decided.len());
    for ((domain, state), decided) in Domain::ALL.into_iter().zip(states).zip(decided) {
        let words = said.by_ref().take(decided.words);
        let rows = words.map(|said| writer.row(said, &places, domain)).collect();
        let by_jurisdiction = places.iter().zip(decided.places).map(|(place, state)| {
            InJurisdiction { jurisdiction: place.jurisdiction.clone(), state, left: false }
        });
        cells.push(Cell { domain, state, by_jurisdiction: by_jurisdiction.collect(), rows });
    }
    writer.commit(cells.iter_mut().flat_map(|cell| &mut cell.rows));
    cells
}

/// Put what the law of the other end says beside the cells.
fn beside<'r>(cells: &mut [Cell], writer: &mut Writer<'_>, walk: Walk<'r, Scribe<'r>>) {
    let Walk { places, said, decided, .. } = walk;
    let mut said = said.into_iter();
    for (cell, decided) in cells.iter_mut().zip(decided) {
        let words: Vec<Said<'r, _>> = said.by_ref().take(decided.words).collect();
        let broken = words.into_iter().filter(|said| there::broken(said).is_some());
        let rows = broken.map(|said| writer.row(said, &places, cell.domain));
        let mut rows: Vec<Row> = rows.collect();
        writer.commit(rows.iter_mut());
        for place in &places {
            let of = place.jurisdiction;
            let left = rows.iter().all(|row| row.jurisdiction.as_ref() != Some(of));
            let state = if left { State::Pending } else { State::NonCompliant };
            cell.by_jurisdiction.push(InJurisdiction { jurisdiction: of.clone(), state, left });
        }
        cell.rows.extend(rows);
        cell.state = cell.folded();
    }
}

/// The list of nothing read.
const NO_INPUTS: &[u8] = b"[]";

/// The digest of nothing read.
pub(crate) fn no_inputs() -> Digest {
    Digest::of_blob(NO_INPUTS)
}

#[cfg(test)]
mod tests;
