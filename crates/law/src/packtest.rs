//! Tests of law as data: `packs/**/tests/*.yaml`, sentences a lawyer can write.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Date, Digest, JurisdictionId, PackId, ProfileId, Realm, RuleId, Timestamp};

use crate::decision::{Decision, Reason};
use crate::domain::Domain;
use crate::evaluate::{Case, evaluate};
use crate::facts::{
    Facts, OCCASIONS, Provenance, Source, Type, Value, evidence_types, money, vocabulary,
    vocabulary_hint,
};
use crate::files::{Files, Problem, Problems};
use crate::kind::Kind;
use crate::pack::{Pack, Pinned, SANDBOX};
use crate::rule::Effect;
use crate::rulebook::{ExtraEvidence, Rulebook, ScreeningPolicy};
use crate::state::{State, blocking, may_proceed};
use crate::yaml::{At, Map, Node, Reader, one_of, parse};

/// What became of the tests of some packs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    /// How many tests ran.
    pub ran: usize,
    /// What failed, with file and place.
    pub failures: Vec<Problem>,
    /// How many tests each pack holds.
    pub by_pack: BTreeMap<PackId, usize>,
    /// How many tests of each pack expect something of each domain.
    pub by_domain: BTreeMap<(PackId, Domain), usize>,
    /// What each rule was seen to say in tests that expect something of its domain.
    pub rules: BTreeMap<(PackId, RuleId), Seen>,
}

/// How often tests saw a rule pass and refuse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Satisfied, or for a scoping rule out of scope.
    pub passed: usize,
    /// Not satisfied, or for a scoping rule silent.
    pub refused: usize,
}

/// One test as read.
#[derive(Clone, Debug)]
pub struct Situation {
    /// What it shows, in a sentence.
    pub name: String,
    /// What is decided.
    pub case: Case,
    /// The state each of these domains comes to.
    pub expect: BTreeMap<Domain, State>,
    /// Of them, those that come to it because nobody says whether something arises.
    pub not_stated: BTreeSet<Domain>,
    /// Whether the whole may proceed, where the test says so.
    pub may_proceed: Option<bool>,
    at: At,
    realm: Realm,
    evidence: Option<ExtraEvidence>,
    blocking: Option<Vec<Domain>>,
}

/// Run the tests of every pack under `packs/`.
///
/// # Errors
/// A pack or a test file that cannot be read.
pub fn run_tests(files: &dyn Files) -> Result<TestReport, Problems> {
    test_packs(files, &load_packs(files)?)
}

/// Every pack under `packs/`, in order of id.
///
/// # Errors
/// A pack that does not load.
pub fn load_packs(files: &dyn Files) -> Result<Vec<Pack>, Problems> {
    let names = files.list("packs").map_err(|error| Problem::of_file("packs", error))?;
    let mut packs = Vec::new();
    for name in &names {
        let id = PackId::parse(name).map_err(|e| Problem::of_file("packs", e.to_string()))?;
        packs.push(Pack::load(files, &id)?);
    }
    Ok(packs)
}

/// Run the tests of some packs against all of them.
///
/// # Errors
/// A test file that cannot be read.
pub fn test_packs(files: &dyn Files, packs: &[Pack]) -> Result<TestReport, Problems> {
    let pinned: Vec<_> =
        packs.iter().map(|pack| Pinned::new(pack.clone(), pack.digest())).collect();
    let mut report = TestReport::default();
    for pack in packs.iter().map(Pack::id) {
        for (path, situation) in situations(files, pack)? {
            report.ran += 1;
            let decision = decide(&pinned, &path, &situation)?;
            report.failures.extend(judged(&path, &situation, &decision));
            report.note(pack.as_str(), &situation, &decision);
        }
    }
    Ok(report)
}

/// The tests of a pack, each with its file.
///
/// # Errors
/// A test file that cannot be read.
pub fn situations(files: &dyn Files, pack: &PackId) -> Result<Vec<(String, Situation)>, Problems> {
    let folder = format!("packs/{pack}/tests");
    let tests = files.list(&folder).map_err(|error| Problem::of_file(&folder, error))?;
    let mut all = Vec::new();
    for test in tests {
        let path = format!("{folder}/{test}");
        let bytes = files.read(&path).map_err(|error| Problem::of_file(&path, error))?;
        let node = parse(&path, &bytes.unwrap_or_default())?;
        let mut reader = Reader::new(&path);
        let found = listed(&mut reader, &node);
        let found = reader.finish(found)?;
        all.extend(found.into_iter().map(|situation| (path.clone(), situation)));
    }
    Ok(all)
}

/// What `expect` says of a domain in which a rule settles nothing.
const NOT_STATED: &str = "not_stated";

const KEYS: [&str; 12] = [
    "name",
    "kind",
    "jurisdictions",
    "as_of",
    "realm",
    "known_at",
    "extra_evidence",
    "facts",
    "declared",
    "expect",
    "blocking",
    "may_proceed",
];

fn listed(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Situation>> {
    let items = reader.sequence(node)?;
    Some(items.iter().filter_map(|item| situation(reader, item)).collect())
}

fn situation(reader: &mut Reader<'_>, node: &Node) -> Option<Situation> {
    let map = reader.map(node, Some(&KEYS))?;
    let name = reader.need_text(map, "name");
    let kinds = Kind::ALL.map(Kind::name).to_vec();
    let kind = reader.need_as(map, "kind", one_of("kind", Kind::parse, kinds));
    let jurisdictions = reader.list_as(map, "jurisdictions", JurisdictionId::parse);
    let as_of = reader.need_date(map, "as_of")?;
    let known_at = map.get("known_at").and_then(|node| reader.timestamp(node));
    let noon = as_of.start().plus_secs(43_200).unwrap_or_else(|_| as_of.start());
    let realms = |text: &str| match text {
        "production" => Some(Realm::Production),
        "sandbox" => Some(Realm::Sandbox),
        _ => None,
    };
    let realms = one_of("realm", realms, vec!["production", "sandbox"]);
    let realm = map.get("realm").and_then(|node| reader.parse_as(node, realms));
    let mut facts = facts(reader, map, as_of);
    if map.get("declared").is_none_or(|node| reader.bool(node) != Some(false)) {
        declare(&mut facts);
    }
    let (expect, not_stated) = expected(reader, map);
    let names = Domain::ALL.map(Domain::name).to_vec();
    let blocking = map
        .get("blocking")
        .map(|_| reader.list_as(map, "blocking", one_of("domain", Domain::parse, names)));
    let may_proceed = map.get("may_proceed").and_then(|node| reader.bool(node));
    if expect.is_empty() && blocking.is_none() && may_proceed.is_none() {
        reader.problem(map.at, "a test expects something: `expect`, `blocking` or `may_proceed`");
    }
    let known_at = known_at.unwrap_or(noon);
    let evidence = evidence(reader, map, kind?);
    let case = Case { kind: kind?, jurisdictions, as_of, known_at, facts, there: None };
    let (realm, at) = (realm.unwrap_or(Realm::Sandbox), map.at);
    let name = name?;
    Some(Situation { at, name, case, realm, evidence, expect, not_stated, blocking, may_proceed })
}

/// A test states a situation whole: what it does not state does not arise. So unless it speaks of its
/// own declaration, or says `declared: false`, one is made of the evidence it states.
fn declare(facts: &mut Facts) {
    if facts.get(OCCASIONS).is_some() {
        return;
    }
    let kinds = evidence_types().filter(|kind| facts.get(&format!("evidence.{kind}")).is_some());
    let kinds = Value::set(kinds.map(str::to_owned));
    let by = Provenance::new(Source::Credential, Digest::of_blob(OCCASIONS.as_bytes()));
    // Every kind there is fits into one set, and no test states half as many facts as a case holds.
    let _ = facts.state(OCCASIONS, kinds, by);
}

fn evidence(reader: &mut Reader<'_>, map: Map<'_>, kind: Kind) -> Option<ExtraEvidence> {
    map.get("extra_evidence")?;
    let asks = crate::manifest::evidence(reader, map, "extra_evidence");
    let profile = ProfileId::parse("org.momentum.mez.profile.test").ok()?;
    Some(ExtraEvidence { profile, version: "0.0.0".to_owned(), asks, kinds: vec![kind] })
}

fn expected(reader: &mut Reader<'_>, map: Map<'_>) -> (BTreeMap<Domain, State>, BTreeSet<Domain>) {
    let inner = map.get("expect").and_then(|node| reader.map(node, None));
    let entries = inner.map(|inner| inner.entries()).unwrap_or_default();
    let (mut found, mut not_stated) = (BTreeMap::new(), BTreeSet::new());
    for (name, at, node) in entries {
        let Some(domain) = Domain::parse(name) else {
            let hint = crate::nearest::hint(name, Domain::ALL.map(Domain::name));
            reader.problem(*at, format!("unknown domain `{name}`{hint}"));
            continue;
        };
        let known = State::ALL.map(State::name).into_iter().chain([NOT_STATED]).collect();
        let parse = |text: &str| match text {
            NOT_STATED => Some((State::NotApplicable, true)),
            other => State::parse(other).map(|state| (state, false)),
        };
        if let Some((state, unstated)) = reader.parse_as(node, one_of("state", parse, known)) {
            found.insert(domain, state);
            not_stated.extend(unstated.then_some(domain));
        }
    }
    (found, not_stated)
}

fn facts(reader: &mut Reader<'_>, map: Map<'_>, as_of: Date) -> Facts {
    let mut facts = Facts::new();
    let inner = map.get("facts").and_then(|node| reader.map(node, None));
    for (name, at, node) in inner.map(|inner| inner.entries()).unwrap_or_default() {
        let Some(kind) = vocabulary(name) else {
            reader.problem(*at, format!("unknown fact `{name}`{}", vocabulary_hint(name)));
            continue;
        };
        let (node, expires) = dated(reader, node);
        let Some(value) = value(reader, node, kind, as_of) else { continue };
        let source = match name.split('.').next() {
            Some("screening") => Source::Screening,
            Some("evidence") => Source::Credential,
            _ => Source::Registry,
        };
        let mut provenance = Provenance::new(source, Digest::of_blob(name.as_bytes()));
        provenance.expires = expires;
        if let Err(error) = facts.state(name, value, provenance) {
            reader.problem(*at, error.to_string());
        }
    }
    facts
}

/// `{ value: …, expires: … }`, or the value itself.
fn dated<'n>(reader: &mut Reader<'_>, node: &'n Node) -> (&'n Node, Option<Timestamp>) {
    if !matches!(node.shape, crate::yaml::Shape::Mapping(_)) {
        return (node, None);
    }
    let Some(map) = reader.map(node, Some(&["value", "expires"])) else { return (node, None) };
    let expires = map.get("expires").and_then(|node| reader.timestamp(node));
    (reader.need(map, "value").unwrap_or(node), expires)
}

fn value(reader: &mut Reader<'_>, node: &Node, kind: Type, as_of: Date) -> Option<Value> {
    match kind {
        Type::Bool => reader.bool(node).map(Value::Bool),
        Type::Int => reader.int(node).map(Value::Int),
        Type::Money => reader.parse_as(node, |text| money(text, as_of)).map(Value::Money),
        Type::Date => reader.date(node).map(Value::Date),
        Type::Texts => {
            let items = reader.sequence(node)?;
            let texts = items.iter().filter_map(|item| reader.text(item).map(str::to_owned));
            Some(Value::set(texts))
        }
        Type::Text | Type::Ints | Type::Brackets => {
            reader.text(node).map(|text| Value::Text(text.to_owned()))
        }
    }
}

impl TestReport {
    fn note(&mut self, pack: &str, situation: &Situation, decision: &Decision) {
        let Ok(pack) = PackId::parse(pack) else { return };
        *self.by_pack.entry(pack.clone()).or_default() += 1;
        let whole = situation.blocking.is_some() || situation.may_proceed == Some(true);
        for cell in &decision.cells {
            if situation.expect.contains_key(&cell.domain) {
                *self.by_domain.entry((pack.clone(), cell.domain)).or_default() += 1;
            } else if !whole {
                continue;
            }
            for row in &cell.rows {
                let held = row.cited.as_ref().and_then(|cited| cited.pack.clone());
                let (Some(held), Some(rule)) = (held, row.rule.clone()) else { continue };
                let seen = self.rules.entry((held, rule)).or_default();
                match row.reason {
                    Reason::Satisfied | Reason::OutOfScope => seen.passed += 1,
                    Reason::Broken | Reason::Unknown | Reason::Expired => seen.refused += 1,
                    Reason::ConditionNotMet if row.effect == Some(Effect::Scoping) => {
                        seen.refused += 1;
                    }
                    _ => {}
                }
            }
        }
    }
}

fn decide(packs: &[Pinned<Pack>], path: &str, situation: &Situation) -> Result<Decision, Problem> {
    let sandbox = |pack: &&Pinned<Pack>| pack.id().as_str() == SANDBOX;
    let of_law = packs.iter().filter(|pack| !sandbox(pack)).cloned().collect();
    let rulebook = packs.iter().find(sandbox).cloned();
    let rulebook = rulebook.filter(|_| situation.realm == Realm::Sandbox);
    let screening = ScreeningPolicy { max_list_age_days: Some(7), lists: Vec::new() };
    let evidence = situation.evidence.clone();
    let book = Rulebook::of(situation.realm, of_law, rulebook, evidence, screening)
        .map_err(|error| Problem::of_file(path, error.to_string()))?;
    Ok(evaluate(&book, &situation.case))
}

fn judged(path: &str, situation: &Situation, decision: &Decision) -> Vec<Problem> {
    let told = verdicts(situation, decision);
    let At { line, column } = situation.at;
    let problem = |detail: String| {
        let detail = format!("{}: {detail}", situation.name);
        Problem { file: path.to_owned(), line, column, detail }
    };
    told.into_iter().map(problem).collect()
}

fn verdicts(situation: &Situation, decision: &Decision) -> Vec<String> {
    let mut told: Vec<String> = decision.faults.iter().map(|fault| fault.detail.clone()).collect();
    for (domain, wanted) in &situation.expect {
        let Some(cell) = decision.cell(*domain) else { continue };
        let unstated = cell.rows.iter().any(|row| row.counted && row.reason == Reason::NotStated);
        let wants = situation.not_stated.contains(domain);
        // Two ways lead to `not_applicable`, and a test says which.
        let otherwise = cell.state == State::NotApplicable && unstated != wants;
        if cell.state != *wanted || otherwise {
            let word = |state: State, unstated| if unstated { NOT_STATED } else { state.name() };
            told.push(format!(
                "{domain} is {}, expected {}: {}",
                word(cell.state, cell.state == State::NotApplicable && unstated),
                word(*wanted, wants),
                why(decision, *domain)
            ));
        }
    }
    let blocked = blocking(decision);
    if let Some(wanted) = &situation.blocking {
        let mut wanted = wanted.clone();
        wanted.sort_unstable();
        if wanted != blocked && decision.faults.is_empty() {
            told.push(format!("blocked by {}, expected {}", list(&blocked), list(&wanted)));
        }
    }
    if let Some(wanted) = situation.may_proceed
        && may_proceed(decision) != wanted
        && decision.faults.is_empty()
    {
        told.push(format!("may_proceed is {}; blocked by {}", !wanted, list(&blocked)));
    }
    told
}

fn why(decision: &Decision, domain: Domain) -> String {
    let rows = decision.cell(domain).map(|cell| cell.rows.as_slice()).unwrap_or_default();
    let told = rows.iter().map(|row| {
        let rule = row.rule.as_ref().map_or("no rule", canon::RuleId::as_str);
        format!("[{rule} {}: {}]", row.state, row.explanation)
    });
    told.collect::<Vec<_>>().join(" ")
}

fn list(domains: &[Domain]) -> String {
    let names: Vec<&str> = domains.iter().map(|domain| domain.name()).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
