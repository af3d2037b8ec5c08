//! Evaluating a case: 20 cells from rules over facts. Total, pure, replayable: equal inputs give
//! equal bytes, and there is no input that fails to give a decision.

mod judge;
mod verdict;
mod zone;

pub use verdict::{Told, Verdict, verdict};

use canon::{Canonical, Date, Digest, JurisdictionId, Realm, Timestamp};

use crate::decision::{Cell, Decision, ENGINE, Fault, InJurisdiction, PackUsed, Reason, Row};
use crate::domain::Domain;
use crate::facts::{Facts, Value};
use crate::kind::Kind;
use crate::pack::{Pack, Pinned};
use crate::rule::{Effect, Mode, Rule};
use crate::rulebook::Rulebook;
use crate::state::State;

use judge::{Bench, Said};

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
    let mut jurisdictions = case.jurisdictions.clone();
    jurisdictions.sort_unstable();
    jurisdictions.dedup();
    let mut faults = faults(book, &jurisdictions);
    let facts_sha256 = Canonical::of(&case.facts).map(|c| c.digest());
    if let Err(error) = &facts_sha256 {
        faults.push(fault("canonical-form", format!("facts: {error}")));
    }
    let mut cells = Vec::new();
    if faults.is_empty() {
        let bench = Bench::new(case);
        cells.extend(Domain::ALL.map(|domain| cell(book, &bench, &jurisdictions, domain)));
        faults.extend(bench.faults());
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
        engine: ENGINE.to_owned(),
        kind: case.kind,
        realm: book.realm,
        as_of: case.as_of,
        known_at: case.known_at,
        packs: packs_used(book, &jurisdictions),
        jurisdictions,
        facts_sha256: facts_sha256.ok(),
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

fn faults(book: &Rulebook, jurisdictions: &[JurisdictionId]) -> Vec<Fault> {
    if jurisdictions.is_empty() {
        return vec![fault("no-jurisdiction", "a case needs at least one jurisdiction".into())];
    }
    if jurisdictions.len() > JURISDICTIONS_MAX {
        let detail = format!("{} jurisdictions; at most {JURISDICTIONS_MAX}", jurisdictions.len());
        return vec![fault("too-many-jurisdictions", detail)];
    }
    jurisdictions
        .iter()
        .filter(|jurisdiction| book.chain(jurisdiction).is_empty())
        .map(|j| fault("no-pack", format!("no pack of law is loaded for jurisdiction `{j}`")))
        .collect()
}

fn packs_used(book: &Rulebook, jurisdictions: &[JurisdictionId]) -> Vec<PackUsed> {
    let mut used: Vec<PackUsed> = jurisdictions
        .iter()
        .flat_map(|jurisdiction| book.chain(jurisdiction))
        .chain(&book.sandbox)
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

fn cell(
    book: &Rulebook,
    bench: &Bench<'_>,
    jurisdictions: &[JurisdictionId],
    domain: Domain,
) -> Cell {
    let mut rows = Vec::new();
    let mut by_jurisdiction = Vec::new();
    for jurisdiction in jurisdictions {
        let (state, found) = place(book, bench, jurisdiction, domain);
        by_jurisdiction.push(InJurisdiction { jurisdiction: jurisdiction.clone(), state });
        rows.extend(found);
    }
    rows.extend(zone::rows(book, bench, domain));
    let mut cell = Cell { domain, state: State::Pending, by_jurisdiction, rows };
    cell.state = cell.folded();
    cell
}

/// A rule in the pack that holds it, with the packs its parameters come from.
struct Held<'r> {
    rule: &'r Rule,
    pack: &'r Pinned<Pack>,
    chain: &'r [&'r Pinned<Pack>],
}

/// One jurisdiction in one domain, and beside it the duties its packs know of without a source:
/// told in a sandbox, refusing in production.
fn place(
    book: &Rulebook,
    bench: &Bench<'_>,
    jurisdiction: &JurisdictionId,
    domain: Domain,
) -> (State, Vec<Row>) {
    let (mut state, mut rows) = decided(book, bench, jurisdiction, domain);
    let chain = book.chain(jurisdiction);
    let known = chain.iter().flat_map(|pack| &pack.unsourced);
    for duty in known.filter(|duty| duty.domain == domain && duty.kinds.contains(&bench.kind())) {
        let why = format!("no source was found for: {}", duty.summary);
        let mut row = bench.pending(jurisdiction, Reason::Unsourced, why);
        row.rule = Some(duty.id.clone());
        row.unsourced = true;
        row.counted = book.realm == Realm::Production;
        if row.counted {
            state = state.meet(State::Pending);
        }
        rows.push(row);
    }
    (state, rows)
}

/// One jurisdiction in one domain: the order of FORMAT.md, "How a domain is decided".
fn decided(
    book: &Rulebook,
    bench: &Bench<'_>,
    jurisdiction: &JurisdictionId,
    domain: Domain,
) -> (State, Vec<Row>) {
    let chain = book.chain(jurisdiction);
    let bare: Vec<_> = chain.iter().filter(|pack| !pack.present.contains(&domain)).collect();
    if let Some(pack) = bare.first() {
        let why = format!("pack `{}` has no rule file for `{domain}`", pack.id());
        return alone(bench, jurisdiction, Reason::NoRuleFile, why);
    }
    let held = |effect: Effect| -> Vec<Held<'_>> {
        let each = chain.iter().enumerate();
        each.flat_map(|(depth, pack)| {
            let chain = chain.get(depth..).unwrap_or_default();
            reaching(bench, pack, chain, domain, effect)
        })
        .collect()
    };
    let requirements = held(Effect::Requirement);
    let mut rows: Vec<Row> = requirements
        .iter()
        .filter(|held| held.rule.mode != Mode::Off)
        .map(|held| bench.row(held, jurisdiction, Said::law()))
        .collect();
    if let Some(state) = rows.iter().filter(|row| row.counted).map(|row| row.state).min() {
        let exempted = exempt(bench, jurisdiction, domain, &mut rows);
        return (exempted.unwrap_or(state), rows);
    }
    if let Some(held) = requirements.first() {
        let why = format!("requirement `{}` is in force but not enforced", held.rule.id);
        let (state, none) = alone(bench, jurisdiction, Reason::NotEnforced, why);
        rows.extend(none);
        return (state, rows);
    }
    let mut state = scoped(bench, &held(Effect::Scoping), jurisdiction, Said::law(), &mut rows);
    if let (None, Some(pack), Realm::Sandbox) = (state, &book.sandbox, book.realm)
        && domain != Domain::Sanctions
    {
        let own = [pack];
        let held = reaching(bench, pack, &own, domain, Effect::Scoping);
        state = scoped(bench, &held, jurisdiction, Said::sandbox(), &mut rows);
    }
    if let Some(state) = state {
        return (state, rows);
    }
    let why = format!("no rule of `{jurisdiction}` decides `{domain}` for `{}`", bench.kind());
    let (state, none) = alone(bench, jurisdiction, Reason::NoRule, why);
    rows.extend(none);
    (state, rows)
}

fn reaching<'r>(
    bench: &Bench<'_>,
    pack: &'r Pinned<Pack>,
    chain: &'r [&'r Pinned<Pack>],
    domain: Domain,
    effect: Effect,
) -> Vec<Held<'r>> {
    let rules = pack.rules_of(domain).iter();
    let rules = rules.filter(|rule| rule.effect == effect && bench.reaches(rule));
    rules.map(|rule| Held { rule, pack, chain }).collect()
}

/// The minimum over scoping rules that speak, if any does.
fn scoped(
    bench: &Bench<'_>,
    held: &[Held<'_>],
    jurisdiction: &JurisdictionId,
    said: Said,
    rows: &mut Vec<Row>,
) -> Option<State> {
    let found = held.iter().filter(|held| held.rule.mode != Mode::Off);
    let found: Vec<Row> = found.map(|held| bench.row(held, jurisdiction, said)).collect();
    let state = found.iter().filter(|row| row.counted).map(|row| row.state).min();
    rows.extend(found);
    state
}

/// A pending row that no rule stands behind.
fn alone(
    bench: &Bench<'_>,
    jurisdiction: &JurisdictionId,
    reason: Reason,
    why: String,
) -> (State, Vec<Row>) {
    (State::Pending, vec![bench.pending(jurisdiction, reason, why)])
}

/// An exemption replaces what the jurisdiction's requirements say; never in sanctions.
fn exempt(
    bench: &Bench<'_>,
    jurisdiction: &JurisdictionId,
    domain: Domain,
    rows: &mut Vec<Row>,
) -> Option<State> {
    if domain == Domain::Sanctions {
        return None;
    }
    let row = bench.exemption(jurisdiction, domain)?;
    let state = row.counted.then_some(row.state);
    if row.counted {
        for other in rows.iter_mut() {
            other.counted = false;
        }
    }
    rows.push(row);
    state
}

/// The digest of nothing read.
pub(crate) fn no_inputs() -> Digest {
    Digest::of_blob(b"[]")
}
