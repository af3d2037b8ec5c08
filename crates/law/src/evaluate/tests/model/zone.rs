//! What the zone itself asks, beside the law: the evidence of its profile, a clear screening, and a
//! list that is not too old. These rows can only worsen a cell.

use canon::{Realm, RuleId};

use super::judge::{Bench, Finding, required};
use crate::decision::{Cited, Reason, Row};
use crate::domain::Domain;
use crate::expr::calendar::Calendar;
use crate::expr::{Expr, Op, Truth};
use crate::facts::Value;
use crate::rule::{Citation, Effect, Mode};
use crate::rulebook::{ExtraEvidence, Rulebook};
use crate::state::State;

/// The zone's rows in a domain.
pub(super) fn rows(book: &Rulebook, bench: &Bench<'_>, domain: Domain) -> Vec<Row> {
    let mut rows = Vec::new();
    if domain == Domain::Sanctions {
        rows.push(clear(bench));
        rows.push(list_age(book, bench));
    }
    if let Some(evidence) = book.evidence()
        && evidence.kinds.contains(&bench.kind())
    {
        let asks = evidence.asks.get(&domain).into_iter().flatten();
        rows.extend(asks.map(|ask| asked(bench, evidence, domain, ask)));
    }
    rows
}

fn fact(name: &str) -> Expr {
    Expr::Fact { name: name.to_owned(), column: 1 }
}

fn find(bench: &Bench<'_>, require: &Expr) -> Finding {
    bench.find(None, Some(require), &|_| None, &Calendar::default())
}

fn row(rule: &str, citation: Citation, remedy: &str, finding: Finding) -> Row {
    let (state, reason) = required(&finding);
    let refuses = state < State::NotApplicable;
    Row {
        jurisdiction: None,
        rule: RuleId::parse(rule).ok(),
        effect: Some(Effect::Requirement),
        mode: Some(Mode::Enforce),
        cited: Some(Cited { citation: citation.into(), pack: None, pack_sha256: None }),
        review: None,
        displaced_by: None,
        state,
        counted: true,
        reason,
        explanation: finding.explanation,
        remedy: refuses.then(|| remedy.to_owned()),
        inputs_sha256: finding.inputs,
        missing: finding.missing,
        expires: finding.expires,
        unsourced: false,
    }
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

/// The hard block: whatever packs say, nothing proceeds without a clear screening.
fn clear(bench: &Bench<'_>) -> Row {
    let finding = find(bench, &fact("screening.clear"));
    let remedy = match finding.truth {
        Truth::Unknown => {
            "not everybody could be screened: give every name in letters in \
             use today, or in Latin ones as well; where that is done, the zone lacks a \
             sanctions list"
        }
        _ => "the screening must be clear; contact the zone's compliance officer",
    };
    row("zone.sanctions.clear", policy("clear screening"), remedy, finding)
}

fn list_age(book: &Rulebook, bench: &Bench<'_>) -> Row {
    let age = || Box::new(fact("screening.list_age_days"));
    let remedy = "import current sanctions lists";
    let citation = policy("max_list_age_days");
    let require = match book.screening.max_list_age_days {
        Some(days) => Expr::Compare {
            op: Op::LessEqual,
            left: age(),
            right: Box::new(Expr::Literal { value: Value::Int(days), column: 1 }),
            column: 1,
        },
        None => Expr::Literal { value: Value::Bool(true), column: 1 },
    };
    let mut finding = find(bench, &require);
    let mut unknown = "the list's age is unknown";
    let known = Expr::Compare {
        op: Op::GreaterEqual,
        left: age(),
        right: Box::new(Expr::Literal { value: Value::Int(0), column: 1 }),
        column: 1,
    };
    // A negative number of days is no age: a list is dated after the day of the decision.
    let ahead = find(bench, &known);
    if ahead.truth == Truth::False {
        unknown = "a list is dated in the future, so its age is unknown";
        finding = Finding { truth: Truth::Unknown, explanation: unknown.to_owned(), ..ahead };
    }
    // D8: in a sandbox an unknown age is shown, in production it is over every bound.
    let shown = book.realm == Realm::Sandbox && !finding.expired && finding.truth == Truth::Unknown;
    let mut row = row("zone.sanctions.list-age", citation, remedy, finding);
    if shown {
        row.state = State::Compliant;
        row.reason = Reason::Satisfied;
        row.remedy = None;
        row.missing = Vec::new();
        row.explanation = format!("{unknown}; admitted in realm sandbox only");
    } else if row.state < State::NotApplicable {
        // Too old a list says nothing about the subject: not known, which refuses.
        row.state = State::Pending;
        row.reason = Reason::ListAge;
    }
    row
}

fn asked(bench: &Bench<'_>, evidence: &ExtraEvidence, domain: Domain, ask: &str) -> Row {
    let finding = find(bench, &fact(&format!("evidence.{ask}")));
    let short = evidence.profile.as_str().rsplit('.').next().unwrap_or_default();
    let rule = format!("profile.{short}.{domain}.{ask}").replace('_', "-");
    let citation = Citation {
        instrument: format!("Profile {} {}", evidence.profile, evidence.version),
        section: format!("extra_evidence.{domain}.{ask}"),
        heading: None,
        source: "self".to_owned(),
        disagrees: None,
    };
    let remedy = format!("attach a credential of evidence `{ask}` from an anchored issuer");
    row(&rule, citation, &remedy, finding)
}
