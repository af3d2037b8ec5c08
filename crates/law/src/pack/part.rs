//! A pack as it speaks in part: without the rules of some domains, or of some domains only.
//!
//! Invariant: the digest stays that of the whole, which is what was locked; and a part never says more
//! than the whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use canon::Date;

use super::{Pack, Parameter, Pinned};
use crate::domain::Domain;
use crate::evaluate::program::Compiled;
use crate::facts::Value;
use crate::rule::Citation;

/// The parameter that names the days of rest.
const WEEKEND: &str = "weekend";
/// The days of rest of a pack that names none.
const RESTS: [&str; 2] = ["saturday", "sunday"];

impl Pinned<Pack> {
    /// As if it had no file for some domains, so that they are pending wherever it applies.
    pub(crate) fn without(mut self, off: &BTreeSet<Domain>) -> Self {
        if !off.is_empty() {
            let pack = Arc::make_mut(&mut self.value);
            pack.compiled = Compiled::default();
            pack.present.retain(|domain| !off.contains(domain));
            pack.rules.retain(|rule| !off.contains(&rule.domain));
        }
        self
    }

    /// As if it were silent, on purpose, in all domains but these. The `last` of a chain of parents looks
    /// no further for a calendar: what follows it is other law.
    pub(crate) fn speaking_of(mut self, domains: &BTreeSet<Domain>, last: bool) -> Self {
        let pack = Arc::make_mut(&mut self.value);
        pack.compiled = Compiled::default();
        pack.present.extend(Domain::ALL.into_iter().filter(|domain| !domains.contains(domain)));
        pack.rules.retain(|rule| domains.contains(&rule.domain));
        pack.unsourced.retain(|duty| domains.contains(&duty.domain));
        if last {
            pack.calendar.get_or_insert_default();
            rests(pack);
        }
        self
    }
}

/// Days of rest of its own, where it names none.
fn rests(pack: &mut Pack) {
    let Ok(from) = Date::parse("1970-01-01") else { return };
    if pack.parameters.iter().any(|parameter| parameter.name == WEEKEND) {
        return;
    }
    let citation = Citation {
        instrument: "spec/packs.md".to_owned(),
        section: "days of rest".to_owned(),
        heading: None,
        source: "self".to_owned(),
        disagrees: None,
    };
    let value = Value::Texts(RESTS.map(str::to_owned).into());
    pack.parameters.push(Parameter { name: WEEKEND.into(), value, from, until: None, citation });
    pack.parameters.sort_by(|a, b| (&a.name, a.from).cmp(&(&b.name, b.from)));
}
