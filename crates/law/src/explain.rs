//! A decision as people read it: which rule of which act said what, upon which facts, what is
//! missing, what would change it, and until when it holds.

use std::fmt::Write as _;

use canon::{Date, Digest, JurisdictionId, PackId, RuleId, Timestamp};
use serde::Serialize;

use crate::decision::{Cell, Decision, DisplacedBy, Outcome, Reason, Row};
use crate::domain::Domain;
use crate::kind::Kind;
use crate::rule::{Citation, Review};
use crate::state::{State, blocking};

/// One rule's word, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// The jurisdiction; absent for what the zone itself asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<JurisdictionId>,
    /// The rule; absent where none decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<Citation>,
    /// The pack, with its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<(PackId, Digest)>,
    /// The nearer rule that stands in its place, and where law says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub displaced_by: Option<DisplacedBy>,
    /// What it says.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// Whether it counts.
    pub counted: bool,
    /// The condition with the values it saw.
    pub inputs: String,
    /// SHA-256 of everything it read.
    pub inputs_sha256: Digest,
    /// Facts and figures that were needed and not there.
    pub missing: Vec<String>,
    /// What would change its word.
    pub would_change: Vec<String>,
    /// Until when it holds, where a fact it stands on ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// The sandbox rulebook said so, or no source was found.
    pub unsourced: bool,
    /// The rule's review state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// One domain, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The domain.
    pub domain: Domain,
    /// Its state.
    pub state: State,
    /// Whether it refuses.
    pub refuses: bool,
    /// Every rule's word, the decisive ones first.
    pub clauses: Vec<Clause>,
}

/// A decision, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Allow, deny or error.
    pub outcome: Outcome,
    /// The transition.
    pub kind: Kind,
    /// The day whose law was applied.
    pub as_of: Date,
    /// The jurisdictions.
    pub jurisdictions: Vec<JurisdictionId>,
    /// Why it could not be evaluated.
    pub faults: Vec<String>,
    /// Until when it holds, as far as facts end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// The domains that refuse, then the others.
    pub domains: Vec<Explained>,
}

impl Explanation {
    /// Explain a decision.
    #[must_use]
    pub fn of(decision: &Decision) -> Self {
        let refusing = blocking(decision);
        let mut domains: Vec<Explained> = decision
            .cells
            .iter()
            .map(|cell| explained(cell, refusing.contains(&cell.domain)))
            .collect();
        domains.sort_by_key(|domain| (!domain.refuses, domain.domain));
        Self {
            outcome: decision.outcome(),
            kind: decision.kind,
            as_of: decision.as_of,
            jurisdictions: decision.jurisdictions.clone(),
            faults: decision.faults.iter().map(|fault| fault.detail.clone()).collect(),
            valid_until: decision.next_expiry,
            domains,
        }
    }

    /// As indented text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", self.headline());
        for fault in &self.faults {
            let _ = writeln!(out, "  could not be evaluated: {fault}");
        }
        for domain in &self.domains {
            let _ = writeln!(out, "\n{} is {}{}", domain.domain, domain.state, refuses(domain));
            for clause in &domain.clauses {
                let _ = writeln!(out, "  {}", clause.headline());
                for (name, value) in clause.lines() {
                    let _ = writeln!(out, "    {name}: {value}");
                }
            }
        }
        out
    }

    /// As one HTML page that loads nothing.
    #[must_use]
    pub fn html(&self) -> String {
        let title = escaped(&self.headline());
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n\
             <style>body{{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}\
             dt{{font-weight:bold}}section{{border-top:1px solid;margin-top:1rem}}</style>\n\
             <h1>{title}</h1>\n"
        );
        for fault in &self.faults {
            let _ = writeln!(out, "<p>could not be evaluated: {}</p>", escaped(fault));
        }
        for domain in &self.domains {
            let state = format!("{} is {}{}", domain.domain, domain.state, refuses(domain));
            let _ = writeln!(out, "<section><h2>{}</h2>", escaped(&state));
            for clause in &domain.clauses {
                let _ = writeln!(out, "<h3>{}</h3>\n<dl>", escaped(&clause.headline()));
                for (name, value) in clause.lines() {
                    let _ = writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
                }
                out.push_str("</dl>\n");
            }
            out.push_str("</section>\n");
        }
        out.push_str("</html>\n");
        out
    }

    fn headline(&self) -> String {
        let word = match self.outcome {
            Outcome::Allow => "allowed",
            Outcome::Deny => "denied",
            Outcome::Error => "not decided",
        };
        let places: Vec<&str> = self.jurisdictions.iter().map(JurisdictionId::as_str).collect();
        let until = self.valid_until.map(|end| format!(", valid until {end}")).unwrap_or_default();
        let places = places.join(", ");
        format!("{} {word} under the law of {places} on {}{until}", self.kind, self.as_of)
    }
}

fn refuses(domain: &Explained) -> &'static str {
    if domain.refuses { ", which refuses" } else { "" }
}

fn explained(cell: &Cell, refuses: bool) -> Explained {
    let mut clauses: Vec<Clause> = cell.rows.iter().map(clause).collect();
    clauses.sort_by_key(|clause| (!clause.counted, clause.state));
    Explained { domain: cell.domain, state: cell.state, refuses, clauses }
}

fn clause(row: &Row) -> Clause {
    let pack = row.cited.as_ref().and_then(|cited| cited.pack.clone().zip(cited.pack_sha256));
    Clause {
        jurisdiction: row.jurisdiction.clone(),
        rule: row.rule.clone(),
        citation: row.cited.as_ref().map(|cited| (*cited.citation).clone()),
        pack,
        displaced_by: row.displaced_by.clone(),
        state: row.state,
        reason: row.reason,
        counted: row.counted,
        inputs: row.explanation.clone(),
        inputs_sha256: row.inputs_sha256,
        missing: row.missing.clone(),
        would_change: would_change(row),
        valid_until: row.expires,
        unsourced: row.unsourced,
        review: row.review,
    }
}

/// What would change a rule's word: the facts it lacks, the remedy it names, the end of a fact.
fn would_change(row: &Row) -> Vec<String> {
    let mut told: Vec<String> =
        row.missing.iter().map(|name| format!("`{name}` becomes known")).collect();
    match row.reason {
        Reason::Expired => told.push("what has expired is renewed".to_owned()),
        Reason::ConditionNotMet => told.push("the condition under `when` comes true".to_owned()),
        Reason::NotEnforced => told.push("the rule is enforced".to_owned()),
        Reason::Displaced => told.push("the rule that displaces it no longer applies".to_owned()),
        Reason::NotStated => {
            told.push("a credential `declaration` says which evidence arises".to_owned());
        }
        Reason::Unsourced => told.push("a source is found and the rule written".to_owned()),
        _ => {}
    }
    told.extend(row.remedy.clone());
    told.extend(row.expires.map(|end| format!("a fact it stands on ends at {end}")));
    told
}

impl Clause {
    fn headline(&self) -> String {
        let who = self.rule.as_ref().map_or("no rule", RuleId::as_str);
        let place = self.jurisdiction.as_ref().map_or("the zone", JurisdictionId::as_str);
        let counted = match (self.counted, &self.displaced_by) {
            (true, _) => "",
            (false, Some(_)) => ", displaced",
            (false, None) => ", not counted",
        };
        let unsourced = if self.unsourced { ", unsourced" } else { "" };
        format!("{who} ({place}) says {}{counted}{unsourced}", self.state)
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if let Some(citation) = &self.citation {
            lines.push(("clause", citation.to_string()));
            lines.extend(citation.heading.clone().map(|heading| ("heading", heading)));
            lines.extend(citation.disagrees.clone().map(|other| ("sources disagree", other)));
        }
        if let Some((pack, digest)) = &self.pack {
            lines.push(("pack", format!("{pack} {}", digest.prefixed())));
        }
        if let Some(by) = &self.displaced_by {
            lines.push(("displaced by", format!("{} under {}", by.rule, by.citation)));
        }
        lines.push(("inputs", self.inputs.clone()));
        if !self.missing.is_empty() {
            lines.push(("missing", self.missing.join(", ")));
        }
        if !self.would_change.is_empty() {
            lines.push(("would change it", self.would_change.join("; ")));
        }
        lines.extend(self.valid_until.map(|end| ("valid until", end.to_string())));
        lines
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
