//! What the zone itself asks, beside the law: the evidence of its profile, a clear screening, and a
//! list that is not too old. These can only worsen a cell.

use canon::{Realm, RuleId, Timestamp};

use super::walk::{Finding, requires};
use crate::decision::Reason;
use crate::domain::Domain;
use crate::expr::flat::Flat;
use crate::expr::{Expr, Op, Truth};
use crate::facts::Value;
use crate::kind::Kind;
use crate::rule::Citation;
use crate::rulebook::{ExtraEvidence, ScreeningPolicy};
use crate::shared::Shared;
use crate::state::State;

/// One thing the zone asks, compiled with the rulebook.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    domain: Domain,
    /// The transitions at which it is asked; none for all.
    kinds: Option<Vec<Kind>>,
    pub(super) rule: Option<RuleId>,
    pub(super) citation: Shared<Citation>,
    pub(super) what: What,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// The hard block: whatever packs say, nothing proceeds without a clear screening.
    Clear(Flat),
    /// A list no older than so many days; its age is known.
    ListAge { within: Flat, known: Flat },
    /// An evidence of the profile, named.
    Evidence(Flat, String),
}

/// What a demand came to.
pub(super) struct Kept<T> {
    pub(super) state: State,
    pub(super) reason: Reason,
    pub(super) truth: Truth,
    /// Whether the condition itself was not kept, shown or not.
    pub(super) refuses: bool,
    /// A list is dated after the day of the decision.
    pub(super) future: bool,
    /// Of unknown age, admitted in a sandbox all the same.
    pub(super) shown: bool,
    pub(super) expires: Option<Timestamp>,
    pub(super) told: T,
}

/// Everything a zone asks, in the order in which records show it.
pub(crate) fn demands(
    screening: &ScreeningPolicy,
    evidence: Option<&ExtraEvidence>,
) -> Vec<Demand> {
    let own = |rule: &str, section: &str, what| Demand {
        domain: Domain::Sanctions,
        kinds: None,
        rule: RuleId::parse(rule).ok(),
        citation: policy(section).into(),
        what,
    };
    let clear = What::Clear(Flat::of(&fact("screening.clear")));
    let mut demands = vec![
        own("zone.sanctions.clear", "clear screening", clear),
        own("zone.sanctions.list-age", "max_list_age_days", list_age(screening)),
    ];
    if let Some(evidence) = evidence {
        let asks =
            evidence.asks.iter().flat_map(|(domain, asks)| asks.iter().map(|a| (*domain, a)));
        demands.extend(asks.map(|(domain, ask)| asked(evidence, domain, ask)));
    }
    demands
}

fn fact(name: &str) -> Expr {
    Expr::Fact { name: name.to_owned(), column: 1 }
}

fn policy(section: &str) -> Citation {
    Citation {
        instrument: "Zone sanctions policy".to_owned(),
        section: section.to_owned(),
        heading: None,
        source: "self".to_owned(),
        disagrees: None,
    }
}

fn list_age(screening: &ScreeningPolicy) -> What {
    let age = |op, days| Expr::Compare {
        op,
        left: Box::new(fact("screening.list_age_days")),
        right: Box::new(Expr::Literal { value: Value::Int(days), column: 1 }),
        column: 1,
    };
    let within = match screening.max_list_age_days {
        Some(days) => age(Op::LessEqual, days),
        None => Expr::Literal { value: Value::Bool(true), column: 1 },
    };
    What::ListAge { within: Flat::of(&within), known: Flat::of(&age(Op::GreaterEqual, 0)) }
}

fn asked(evidence: &ExtraEvidence, domain: Domain, ask: &str) -> Demand {
    let short = evidence.profile.as_str().rsplit('.').next().unwrap_or_default();
    let rule = format!("profile.{short}.{domain}.{ask}").replace('_', "-");
    Demand {
        domain,
        kinds: Some(evidence.kinds.clone()),
        rule: RuleId::parse(&rule).ok(),
        citation: Citation {
            instrument: format!("Profile {} {}", evidence.profile, evidence.version),
            section: format!("extra_evidence.{domain}.{ask}"),
            heading: None,
            source: "self".to_owned(),
            disagrees: None,
        }
        .into(),
        what: What::Evidence(Flat::of(&fact(&format!("evidence.{ask}"))), ask.to_owned()),
    }
}

impl Demand {
    pub(super) fn reaches(&self, domain: Domain, kind: Kind) -> bool {
        self.domain == domain && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Run it; `run` runs one condition.
    pub(super) fn kept<'r, T>(
        &'r self,
        realm: Realm,
        run: &mut dyn FnMut(&'r Flat) -> Finding<T>,
    ) -> Kept<T> {
        match &self.what {
            What::Clear(flat) | What::Evidence(flat, _) => Kept::of(run(flat)),
            What::ListAge { within, known } => {
                // A negative number of days is no age: a list is dated after the day of the decision.
                let ahead = run(known);
                let future = ahead.truth == Truth::False;
                let found = match future {
                    true => Finding { truth: Truth::Unknown, ..ahead },
                    false => run(within),
                };
                let expired = found.expired;
                let mut kept = Kept::of(found);
                kept.future = future;
                // D8: in a sandbox an unknown age is shown, in production it is over every bound.
                kept.shown = realm == Realm::Sandbox && !expired && kept.truth == Truth::Unknown;
                if kept.shown {
                    (kept.state, kept.reason) = (State::Compliant, Reason::Satisfied);
                } else if kept.refuses {
                    // Too old a list says nothing about the subject: not known, which refuses.
                    (kept.state, kept.reason) = (State::Pending, Reason::ListAge);
                }
                kept
            }
        }
    }

    /// What to do where it is not kept.
    pub(super) fn remedy(&self, truth: Truth) -> String {
        match (&self.what, truth) {
            (What::Clear(_), Truth::Unknown) => {
                "not everybody could be screened: give every name in letters in \
                 use today, or in Latin ones as well; where that is done, the zone lacks a \
                 sanctions list"
                    .to_owned()
            }
            (What::Clear(_), _) => {
                "the screening must be clear; contact the zone's compliance officer".to_owned()
            }
            (What::ListAge { .. }, _) => "import current sanctions lists".to_owned(),
            (What::Evidence(_, ask), _) => {
                format!("attach a credential of evidence `{ask}` from an anchored issuer")
            }
        }
    }
}

impl<T> Kept<T> {
    fn of(found: Finding<T>) -> Self {
        let (state, reason) = requires(&found);
        Self {
            state,
            reason,
            truth: found.truth,
            refuses: state < State::NotApplicable,
            future: false,
            shown: false,
            expires: found.expires,
            told: found.told,
        }
    }
}
