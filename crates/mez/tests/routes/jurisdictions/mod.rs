//! The law of each jurisdiction as a zone applies it: for each domain that has rules, one case of its
//! packs which the domain passes and one which it refuses go through the HTTP API, and the answers
//! name act and section.
//!
//! Jurisdictions are those with a zone and a pack; a new one joins by itself.

mod asking;
mod said;
mod tried;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use canon::{Date, PackId};
use law::{Domain, Files, Kind, Mode, Pack, SANDBOX, Situation, State};
use serde_json::Value;

use crate::home::{now, repository};
use asking::{Asking, domains};
use said::Said;

/// Domains that have rules, and no case a request of one zone can put: jurisdiction, domain, what is
/// not shown, why. A line that is no longer true fails the test as well.
const NOT_SHOWN: &[(&str, &str, &str, &str)] = &[
    (
        "ky",
        "consumer_protection",
        "passes",
        "its cases are of firms that other claims let be formed",
    ),
    (
        "sg",
        "trade",
        "refuses",
        "asked for when money leaves over a corridor, which takes two zones",
    ),
    ("us-wy", "banking", "passes", "its banks come back from a suspension other domains refuse"),
    ("us-wy", "banking", "refuses", "its banks come back from a suspension other domains refuse"),
];

/// The kinds one zone alone can be asked for, those with the fewest requests first.
const KINDS: [Kind; 5] = [
    Kind::EntityForm,
    Kind::EntityLifecycle,
    Kind::AccountOpen,
    Kind::AccountFund,
    Kind::PaymentInternal,
];

/// What was shown of a jurisdiction.
#[derive(Default)]
struct Shown {
    regulated: BTreeSet<Domain>,
    passed: BTreeMap<Domain, String>,
    refused: BTreeMap<Domain, String>,
    sandbox: BTreeSet<Domain>,
    /// Cases not put, by the fact no request states.
    unreachable: BTreeMap<String, usize>,
    /// Cases put whose company or account was refused before it came to them.
    barred: Vec<String>,
    /// Cases put that came to another state among the other facts of a zone.
    otherwise: Vec<String>,
    requests: usize,
    seconds: f64,
}

#[test]
fn each_domain_with_rules_passes_and_refuses_over_http_and_names_act_and_section() {
    let files = repository();
    let zones = files.list("zones").unwrap();
    let packs = files.list("packs").unwrap();
    let places: Vec<&String> = packs.iter().filter(|pack| zones.contains(pack)).collect();
    assert!(places.len() >= 4, "{places:?}");
    let shown: Vec<(&str, Shown)> = std::thread::scope(|scope| {
        let running: Vec<_> =
            places.iter().map(|place| (place.as_str(), scope.spawn(move || show(place)))).collect();
        running.into_iter().map(|(place, thread)| (place, thread.join().unwrap())).collect()
    });
    let mut wrong = Vec::new();
    println!("jurisdiction      domains  passed  refused  sandbox  requests  seconds");
    for (place, shown) in &shown {
        println!(
            "{place:<16}  {:>7}  {:>6}  {:>7}  {:>7}  {:>8}  {:>7.1}",
            shown.regulated.len(),
            shown.passed.len(),
            shown.refused.len(),
            shown.sandbox.len(),
            shown.requests,
            shown.seconds,
        );
        println!("  facts no request states: {:?}", shown.unreachable);
        println!("  barred {}, otherwise {}", shown.barred.len(), shown.otherwise.len());
        for told in shown.otherwise.iter().chain(&shown.barred) {
            println!("    {told}");
        }
        for domain in Domain::ALL {
            for (what, found) in [("passes", &shown.passed), ("refuses", &shown.refused)] {
                let excused = NOT_SHOWN
                    .iter()
                    .any(|(p, d, w, _)| (*p, *d, *w) == (*place, domain.name(), what));
                let due = shown.regulated.contains(&domain);
                if due && !excused && !found.contains_key(&domain) {
                    wrong.push(format!("(\"{place}\", \"{domain}\", \"{what}\")"));
                }
                if excused && (!due || found.contains_key(&domain)) {
                    wrong.push(format!("{place} {domain} {what} is shown: take it off the list"));
                }
            }
            if !shown.regulated.contains(&domain) && !shown.sandbox.contains(&domain) {
                wrong.push(format!("{place} {domain}: has no rules and nobody says so"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The pack of a jurisdiction and those of its hosts.
fn chain(place: &str) -> Vec<Pack> {
    let mut packs = Vec::new();
    let mut next = Some(PackId::parse(place).unwrap());
    while let Some(id) = next {
        let pack = Pack::load(&repository(), &id).unwrap();
        next = pack.parent().cloned();
        packs.push(pack);
    }
    packs
}

/// Whether a rule of the domain reads a fact.
fn reads(chain: &[Pack], domain: Domain, fact: &str) -> bool {
    let rules = chain.iter().flat_map(Pack::rules).filter(|rule| rule.domain == domain);
    let conditions = rules.flat_map(|rule| [&rule.conditions.when, &rule.conditions.require]);
    conditions.flatten().any(|condition| condition.contains(fact))
}

fn show(place: &str) -> Shown {
    let began = Instant::now();
    let (chain, today) = (chain(place), now().date());
    let mut shown = Shown::default();
    let enforced = chain.iter().flat_map(Pack::rules).filter(|rule| rule.mode == Mode::Enforce);
    shown.regulated = enforced.map(|rule| rule.domain).collect();
    let names: Vec<&str> = chain.iter().map(|pack| pack.id().as_str()).collect();
    let mut cases: Vec<(Situation, Said)> = Vec::new();
    for pack in &chain {
        for (_, situation) in law::situations(&repository(), pack.id()).unwrap() {
            let kind = situation.case.kind;
            if !KINDS.contains(&kind) {
                *shown.unreachable.entry(format!("({kind})")).or_default() += 1;
                continue;
            }
            let read =
                |fact: &str| situation.expect.keys().any(|domain| reads(&chain, *domain, fact));
            match Said::of(&situation.case, today, read) {
                Ok(said) => cases.push((situation, said)),
                Err(fact) => *shown.unreachable.entry(fact).or_default() += 1,
            }
        }
    }
    cases.sort_by_key(|(situation, _)| KINDS.iter().position(|k| *k == situation.case.kind));
    let formed = |situation: &Situation| {
        situation.case.kind == Kind::EntityForm && situation.may_proceed == Some(true)
    };
    let first: Vec<Said> =
        cases.iter().filter(|(s, _)| formed(s)).map(|(_, said)| said.clone()).collect();
    let mut asking = Asking::open(place, &first);
    for alone in [true, false] {
        for (situation, said) in &cases {
            // What other kinds need first is a company that may be formed.
            if alone == (situation.case.kind == Kind::EntityForm) {
                put(&mut asking, situation, said, alone, &names, &mut shown);
            }
        }
    }
    for (situation, said) in &cases {
        if situation.case.kind == Kind::EntityForm {
            put(&mut asking, situation, said, false, &names, &mut shown);
        }
    }
    shown.requests = asking.asked;
    shown.seconds = began.elapsed().as_secs_f64();
    shown
}

/// Put one case, if a domain it speaks of is still to be shown.
fn put(
    asking: &mut Asking,
    situation: &Situation,
    said: &Said,
    alone: bool,
    names: &[&str],
    shown: &mut Shown,
) {
    let wanted = |(domain, state): (&Domain, &State)| {
        let found = match state {
            State::Compliant => &shown.passed,
            State::NonCompliant | State::Pending => &shown.refused,
            _ => return None,
        };
        let due = shown.regulated.contains(domain) && !found.contains_key(domain);
        due.then_some((*domain, *state))
    };
    let due: Vec<(Domain, State)> = situation.expect.iter().filter_map(wanted).collect();
    let first = shown.sandbox.is_empty() && shown.passed.is_empty();
    if due.is_empty() && !first {
        return;
    }
    let Some((kind, told)) = asking.decide(situation.case.kind, said, alone) else {
        shown.barred.push(format!("{}: {}", situation.name, asking.last));
        return;
    };
    let found = domains(&told);
    for domain in Domain::ALL {
        if !shown.regulated.contains(&domain) && by_sandbox(found[domain.name()]) {
            shown.sandbox.insert(domain);
        }
    }
    for (domain, state) in due {
        let cell = found[domain.name()];
        // What a company may not even be formed with is refused; nothing is passed that way.
        if kind != situation.case.kind && (state == State::Compliant || cell["refuses"] != true) {
            shown.barred.push(format!("{domain}: {}: {}", situation.name, asking.last));
            continue;
        }
        if cell["state"] != state.name() || !cites(cell, state, names) {
            shown.otherwise.push(format!(
                "{domain} is {} instead of {state}: {} ({})",
                cell["state"], situation.name, situation.case.kind
            ));
            continue;
        }
        let list = if state == State::Compliant { &mut shown.passed } else { &mut shown.refused };
        list.insert(domain, situation.name.clone());
    }
}

/// A rule of these packs says so, and says where it is written.
fn cites(cell: &Value, state: State, names: &[&str]) -> bool {
    let text = |clause: &Value, path: &str| {
        clause.pointer(path).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
    };
    cell["clauses"].as_array().unwrap().iter().any(|clause| {
        clause["state"] == state.name()
            && clause["counted"] == true
            && clause["unsourced"] == false
            && text(clause, "/citation/instrument")
            && text(clause, "/citation/section")
            && clause["pack"][0].as_str().is_some_and(|pack| names.contains(&pack))
    })
}

/// The sandbox rulebook decided, and the answer says so.
fn by_sandbox(cell: &Value) -> bool {
    let clauses = cell["clauses"].as_array().unwrap();
    let said = |clause: &Value| clause["unsourced"] == true && clause["pack"][0] == SANDBOX;
    clauses.iter().filter(|clause| clause["counted"] == true).all(said) && clauses.iter().any(said)
}
