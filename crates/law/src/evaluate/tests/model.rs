//! The slow and obvious way to decide a case: down the trees of its rules, a row at a time, as it was
//! before conditions were compiled. Kept to hold [`crate::evaluate`] against, byte for byte.

mod judge;
mod zone;

use canon::{Canonical, JurisdictionId, Realm};

use crate::decision::{
    Cell, Decision, DisplacedBy, Engine, Fault, InJurisdiction, PackUsed, Reason, Row,
};
use crate::domain::Domain;
use crate::evaluate::{Case, JURISDICTIONS_MAX, no_inputs};
use crate::expr::Truth;
use crate::facts::Value;
use crate::pack::{Pack, Pinned};
use crate::rule::{Effect, Mode, Rule};
use crate::rulebook::Rulebook;
use crate::state::State;

use judge::{Bench, Said};

/// Evaluate all 20 domains.
pub(super) fn evaluate(book: &Rulebook, case: &Case, engine: Engine) -> Decision {
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
        let bench = Bench::new(case, engine);
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
        engine: engine.name().to_owned(),
        kind: case.kind,
        realm: book.realm,
        as_of: case.as_of,
        known_at: case.known_at,
        packs: packs_used(book, &jurisdictions),
        jurisdictions,
        facts_sha256: facts_sha256.ok(),
        there: None,
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
        by_jurisdiction.push(InJurisdiction {
            jurisdiction: jurisdiction.clone(),
            state,
            left: false,
        });
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

/// A rule that does not count, the pack it is of, and what displaces it.
type Gone = (canon::RuleId, canon::PackId, DisplacedBy);

impl Held<'_> {
    fn is(&self, rule: &canon::RuleId, pack: &canon::PackId) -> bool {
        self.rule.id == *rule && self.pack.id() == pack
    }
}

/// From the nearest pack outwards: whoever is not displaced and whose guard is true displaces.
fn displaced(bench: &Bench<'_>, all: &[Held<'_>]) -> Vec<Gone> {
    let mut gone: Vec<Gone> = Vec::new();
    let depth = |held: &Held<'_>| usize::MAX - held.chain.len();
    let mut order: Vec<&Held<'_>> = all.iter().collect();
    // Within a pack as written there.
    order.sort_by_key(|held| (depth(held), held.rule.written.line));
    for held in order {
        let stands = !gone.iter().any(|(rule, pack, _)| held.is(rule, pack));
        if !stands || held.rule.mode != Mode::Enforce || bench.met(held) != Truth::True {
            continue;
        }
        for other in all.iter().filter(|other| depth(other) > depth(held)) {
            let known = gone.iter().any(|(rule, pack, _)| other.is(rule, pack));
            let named = held.rule.displaces.iter().find(|named| named.rule == other.rule.id);
            if let (false, Some(named)) = (known, named) {
                let by =
                    DisplacedBy { rule: held.rule.id.clone(), citation: named.citation.clone() };
                gone.push((other.rule.id.clone(), other.pack.id().clone(), by));
            }
        }
    }
    gone
}

fn displace(mut row: Row, held: &Held<'_>, gone: &[Gone]) -> Row {
    if let Some((_, _, by)) = gone.iter().find(|(rule, pack, _)| held.is(rule, pack)) {
        row.displaced_by = Some(by.clone());
        row.reason = Reason::Displaced;
        (row.counted, row.remedy, row.expires) = (false, None, None);
    }
    row
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
    let mut requirements = held(Effect::Requirement);
    let all: Vec<Held<'_>> =
        held(Effect::Requirement).into_iter().chain(held(Effect::Scoping)).collect();
    let gone = displaced(bench, &all);
    let mut rows: Vec<Row> = requirements
        .iter()
        .filter(|held| held.rule.mode != Mode::Off)
        .map(|held| displace(bench.row(held, jurisdiction, Said::law()), held, &gone))
        .collect();
    requirements.retain(|held| !gone.iter().any(|(rule, pack, _)| held.is(rule, pack)));
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
    let scoping = held(Effect::Scoping);
    let mut state = scoped(bench, &scoping, jurisdiction, (Said::law(), &gone), &mut rows);
    if let (None, Some(pack), Realm::Sandbox) = (state, book.sandbox(), book.realm)
        && domain != Domain::Sanctions
    {
        let own = [pack];
        let held = reaching(bench, pack, &own, domain, Effect::Scoping);
        state = scoped(bench, &held, jurisdiction, (Said::sandbox(), &gone), &mut rows);
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
    let rules = pack.rules.iter().filter(|rule| rule.domain == domain);
    let rules = rules.filter(|rule| rule.effect == effect && bench.reaches(rule));
    rules.map(|rule| Held { rule, pack, chain }).collect()
}

/// The minimum over scoping rules that speak, if any does.
fn scoped(
    bench: &Bench<'_>,
    held: &[Held<'_>],
    jurisdiction: &JurisdictionId,
    (said, gone): (Said, &[Gone]),
    rows: &mut Vec<Row>,
) -> Option<State> {
    let found = held.iter().filter(|held| held.rule.mode != Mode::Off);
    let found: Vec<Row> =
        found.map(|held| displace(bench.row(held, jurisdiction, said), held, gone)).collect();
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
