//! The records behind a figure: one for each subject, with its first and its last decision that count.

use std::collections::BTreeMap;

use law::tensor::{Asked, Domains, Row};
use law::{Domain, Outcome, State};
use serde_json::{Value, json};

use super::fold::{Folded, Seen};
use super::query::{Of, PopulationQuery, When};

/// A record as it reads at both times.
pub(super) struct Member<'f> {
    pub(super) first: &'f Seen,
    pub(super) last: &'f Seen,
    pub(super) row: Row,
    /// From its first decision that says one.
    pub(super) sort: Option<&'f str>,
    pub(super) amount: Option<canon::Amount>,
}

impl Member<'_> {
    /// The worst state of its domains, or that of one.
    pub(super) fn state(&self, domain: Option<Domain>) -> State {
        match domain {
            Some(domain) => self.row.state(domain),
            None => self.row.states().into_iter().min().unwrap_or(State::Pending),
        }
    }

    /// As a row of a list, with the way on to its decision and the rest of it.
    pub(super) fn shown(&self) -> Value {
        let refusing = Domain::ALL.into_iter().filter(|domain| !self.row.passing().has(*domain));
        let refusing: Vec<Value> = refusing
            .map(|domain| json!({ "domain": domain, "state": self.row.state(domain) }))
            .collect();
        json!({
            "subject": &*self.last.subject,
            "first": { "sequence": self.first.sequence, "at": self.first.at },
            "last": {
                "sequence": self.last.sequence,
                "at": self.last.at,
                "kind": self.last.kind,
                "outcome": self.last.outcome,
                "event": self.last.event.as_deref(),
            },
            "state": self.state(None),
            "refusing": refusing,
            "jurisdictions": &*self.last.jurisdictions,
            "sort": self.sort,
            "amount": self.amount,
            "decision": format!("/v1/regulator/decisions/{}", self.last.sequence),
            "record": format!("/v1/regulator/records/{}", self.last.subject),
        })
    }
}

impl Folded {
    /// Those that a query means, in order of their last decision.
    pub(super) fn members(&self, query: &PopulationQuery, when: When) -> Vec<Member<'_>> {
        let mut members = match query.of {
            Of::Decisions => self.decisions(when),
            of => self.subjects(of, when),
        };
        members.retain(|member| wants(query, member));
        members.sort_by_key(|member| member.last.sequence);
        members
    }

    fn decisions(&self, when: When) -> Vec<Member<'_>> {
        let counted = self.seen.iter().filter(|seen| when.knows(seen));
        let member = |seen| Member {
            first: seen,
            last: seen,
            row: seen.states,
            sort: seen.sort.as_deref(),
            amount: seen.amount,
        };
        counted.map(member).collect()
    }

    fn subjects(&self, of: Of, when: When) -> Vec<Member<'_>> {
        let mut found: BTreeMap<&str, Member<'_>> = BTreeMap::new();
        let counted = self.seen.iter().filter(|seen| {
            seen.outcome == Outcome::Allow
                && seen.subject.starts_with(of.prefix())
                && when.knows(seen)
        });
        for seen in counted {
            let Some(known) = found.get_mut(&*seen.subject) else {
                if of.begins(seen) {
                    let row = self.row(&seen.subject, when);
                    let (sort, amount) = (seen.sort.as_deref(), seen.amount);
                    let member = Member { first: seen, last: seen, row, sort, amount };
                    found.insert(&seen.subject, member);
                }
                continue;
            };
            known.last = seen;
            known.sort = known.sort.or(seen.sort.as_deref());
            known.amount = known.amount.or(seen.amount);
        }
        found.into_values().collect()
    }

    /// The domains of a subject as they read: what has ended does not pass.
    fn row(&self, subject: &str, when: When) -> Row {
        let asked = Asked {
            subject,
            jurisdictions: None,
            domains: Domains::ALL,
            as_of: when.as_of,
            known_at: when.known_at,
        };
        self.tensor.slice(&asked).map_or(Row::PENDING, |slice| slice.row())
    }
}

fn wants(query: &PopulationQuery, member: &Member<'_>) -> bool {
    let day = member.first.at.date();
    let places = &member.last.jurisdictions;
    let same = |wanted: &Option<String>, found: Option<&str>| {
        wanted.is_none() || wanted.as_deref() == found
    };
    query.from.is_none_or(|from| from <= day)
        && query.to.is_none_or(|to| day <= to)
        && query.state.is_none_or(|state| member.state(query.domain) == state)
        && query.jurisdiction.as_ref().is_none_or(|place| places.contains(place))
        && query.kind.is_none_or(|kind| member.last.kind == kind)
        && query.outcome.is_none_or(|outcome| member.last.outcome == outcome)
        && same(&query.sort, member.sort)
        && same(&query.event, member.last.event.as_deref())
        && same(&query.subject, Some(&member.last.subject))
}
