//! Figures over the population, and the records behind them.

use std::collections::BTreeMap;

use canon::{Currency, Digest};
use law::Domain;
use serde_json::{Map, Value, json};

use super::fold::Folded;
use super::members::Member;
use super::query::{Of, PopulationQuery, Split, When};
use crate::caller::{Caller, Scope};
use crate::journal::DECISIONS;
use crate::limits::{GROUPS_MAX, PAGE_MAX, SPLITS_MAX};
use crate::refused::Refused;
use crate::zone::{Page, Zone};

/// How figures are made, as a report names it; another way is another name.
pub(super) const METHOD: &str = "mez.regulator.population/1";

/// The records of one group.
#[derive(Default)]
struct Tally {
    count: u64,
    minor: BTreeMap<Currency, i128>,
}

type Key = Vec<(Split, String)>;

impl Zone {
    /// Counts, and sums of money by currency, of what a query means, split as asked.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, `bad-query` for too many splits, or groups, or the
    /// store.
    pub fn population_figure(
        &self,
        caller: &Caller,
        query: &PopulationQuery,
        by: &[Split],
    ) -> Result<Value, Refused> {
        caller.demand(&[Scope::Regulator])?;
        let when = query.when(self.now());
        let table = figures(&*self.folded()?, query, by, when)?;
        Ok(json!({
            "of": query.of.name(),
            "as_of": when.as_of,
            "known_at": when.known_at,
            "method": METHOD,
            "journal": self.journal_known(when)?,
            "total": table.total,
            "groups": table.groups,
        }))
    }

    /// A page of the records that a query means, in order of their last decision.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, or the store.
    pub fn population_records(
        &self,
        caller: &Caller,
        query: &PopulationQuery,
        (after, limit): (Option<u64>, usize),
    ) -> Result<Page, Refused> {
        caller.demand(&[Scope::Regulator])?;
        let (when, limit) = (query.when(self.now()), limit.clamp(1, PAGE_MAX));
        let folded = self.folded()?;
        let members = folded.members(query, when);
        let later = |member: &&Member<'_>| after.is_none_or(|after| member.last.sequence > after);
        let mut found = members.iter().filter(later);
        let shown: Vec<&Member<'_>> = found.by_ref().take(limit).collect();
        let last = shown.last().map(|member| member.last.sequence.to_string());
        let next = found.next().and(last);
        Ok(Page { items: shown.into_iter().map(Member::shown).collect(), next })
    }

    /// The last entry of the journal that counts for a reading: what its figures are made of is everything up to it.
    pub(super) fn journal_known(&self, when: When) -> Result<Value, Refused> {
        let folded = self.folded()?;
        let last = folded.seen.iter().rev().find(|seen| when.knows(seen));
        let Some(sequence) = last.map(|seen| seen.sequence) else { return Ok(Value::Null) };
        let found = self.store.journal(DECISIONS, sequence, 1)?;
        let root: Option<Digest> = found.first().map(|entry| entry.root);
        Ok(json!({ "stream": DECISIONS, "sequence": sequence, "root": root }))
    }
}

/// Figures split into groups.
pub(super) struct Table {
    pub(super) total: usize,
    pub(super) groups: Vec<Value>,
}

/// The groups of what a query means.
pub(super) fn figures(
    folded: &Folded,
    query: &PopulationQuery,
    by: &[Split],
    when: When,
) -> Result<Table, Refused> {
    if by.len() > SPLITS_MAX {
        let detail = format!("a figure is split by at most {SPLITS_MAX} of its properties");
        return Err(Refused::invalid("bad-query", detail));
    }
    let members = folded.members(query, when);
    let mut groups: BTreeMap<Key, Tally> = BTreeMap::new();
    for member in &members {
        for key in keys(member, query, by) {
            let tally = groups.entry(key).or_default();
            tally.count = tally.count.saturating_add(1);
            if let Some(amount) = member.amount {
                let sum = tally.minor.entry(amount.currency()).or_default();
                *sum = sum.saturating_add(amount.minor());
            }
        }
        if groups.len() > GROUPS_MAX {
            let detail = format!("it splits into more than {GROUPS_MAX} groups; ask for fewer");
            return Err(Refused::invalid("bad-query", detail));
        }
    }
    let groups = groups.iter().map(|(key, tally)| group(query, when, key, tally)).collect();
    Ok(Table { total: members.len(), groups })
}

/// The groups a record is in: one for each combination of what it has of each property.
fn keys(member: &Member<'_>, query: &PopulationQuery, by: &[Split]) -> Vec<Key> {
    by.iter().fold(vec![Vec::new()], |keys, split| {
        let values = values(member, query, *split);
        let longer = |key: &Key| {
            let key = key.clone();
            values.iter().map(move |value| [key.as_slice(), &[(*split, value.clone())]].concat())
        };
        keys.iter().flat_map(longer).collect()
    })
}

fn values(member: &Member<'_>, query: &PopulationQuery, split: Split) -> Vec<String> {
    let day = member.first.at.date().to_string();
    let or_none = |text: Option<&str>| vec![text.unwrap_or("-").to_owned()];
    match split {
        Split::State => vec![member.state(query.domain).name().to_owned()],
        Split::Domain => {
            let state = |domain: Domain| format!("{domain}={}", member.row.state(domain).name());
            Domain::ALL.into_iter().map(state).collect()
        }
        Split::Jurisdiction => member.last.jurisdictions.iter().map(ToString::to_string).collect(),
        Split::Kind => vec![member.last.kind.name().to_owned()],
        Split::Outcome => vec![outcome(member.last.outcome).to_owned()],
        Split::Sort => or_none(member.sort),
        Split::Event => or_none(member.last.event.as_deref()),
        Split::Month => vec![day.chars().take(7).collect()],
        Split::Day => vec![day],
    }
}

const fn outcome(outcome: law::Outcome) -> &'static str {
    match outcome {
        law::Outcome::Allow => "allow",
        law::Outcome::Deny => "deny",
        law::Outcome::Error => "error",
    }
}

/// A group as it is told, with the query that lists its records.
fn group(query: &PopulationQuery, when: When, key: &Key, tally: &Tally) -> Value {
    let mut told = Map::new();
    let mut way = format!(
        "/v1/regulator/records?of={}&as_of={}&known_at={}",
        query.of.name(),
        when.as_of,
        when.known_at
    );
    for (name, value) in narrowed(query) {
        if !key.iter().any(|(split, _)| split.name() == name) {
            way.push_str(&format!("&{name}={value}"));
        }
    }
    for (split, value) in key {
        told.insert(split.name().to_owned(), json!(value));
        way.push_str(&narrower(*split, value));
    }
    let amounts: Vec<Value> = tally
        .minor
        .iter()
        .map(|(currency, minor)| json!({ "currency": currency.code(), "minor": minor.to_string() }))
        .collect();
    json!({ "key": told, "count": tally.count, "amounts": amounts, "records": way })
}

/// What a query names already.
fn narrowed(query: &PopulationQuery) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone();
    [
        ("from_day", query.from.map(|day| day.to_string())),
        ("to_day", query.to.map(|day| day.to_string())),
        ("domain", query.domain.map(|domain| domain.to_string())),
        ("state", query.state.map(|state| state.name().to_owned())),
        ("jurisdiction", query.jurisdiction.as_ref().map(ToString::to_string)),
        ("kind", query.kind.map(|kind| kind.name().to_owned())),
        ("outcome", query.outcome.map(|said| outcome(said).to_owned())),
        ("sort", text(&query.sort)),
        ("event", text(&query.event)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// What a group adds to the query; a month is its days.
fn narrower(split: Split, value: &str) -> String {
    match split {
        _ if value == "-" => String::new(),
        Split::Domain => {
            let (domain, state) = value.split_once('=').unwrap_or((value, ""));
            format!("&domain={domain}&state={state}")
        }
        // The longest month ends on its 31st; no month has a later day.
        Split::Month => {
            let last = (28..=31).rev().map(|day| format!("{value}-{day}"));
            let last = last.into_iter().find(|day| canon::Date::parse(day).is_ok());
            format!("&from_day={value}-01&to_day={}", last.unwrap_or_default())
        }
        Split::Day => format!("&from_day={value}&to_day={value}"),
        other => format!("&{}={value}", other.name()),
    }
}

impl Of {
    /// What an overview splits it by, beside nothing.
    pub(super) const fn overview(self) -> &'static [Split] {
        match self {
            Self::Entities => &[Split::State, Split::Domain, Split::Jurisdiction],
            Self::Licenses => &[Split::Sort, Split::Event],
            Self::Persons => &[Split::Sort, Split::Event],
            Self::Payments => &[Split::Kind, Split::Sort, Split::Month],
            Self::Decisions => &[Split::Outcome, Split::Kind, Split::Month],
        }
    }
}
