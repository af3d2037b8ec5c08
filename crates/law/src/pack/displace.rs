//! Displacement: a rule of a nearer pack stands in place of rules of the packs above it, by name and
//! with a citation. Never in sanctions, never across domains, never of a rule nobody can find.

use canon::{PackId, RuleId};

use super::cite::{Sources, citation};
use super::{Pack, load};
use crate::domain::Domain;
use crate::files::{Files, Problem, Problems};
use crate::rule::{Displacement, Rule, Written};
use crate::yaml::{Map, Reader};

/// Most rules one rule displaces.
const DISPLACED_MAX: usize = 32;

/// The rows under `displaces`; a pack without a pack above it has none.
pub(super) fn displaces(
    reader: &mut Reader<'_>,
    rule: Map<'_>,
    domain: Domain,
    sources: Sources<'_>,
) -> Vec<Displacement> {
    let Some(node) = rule.get("displaces") else { return Vec::new() };
    if domain == Domain::Sanctions {
        reader.problem(node.at, "nothing displaces a rule of sanctions");
    }
    let rows = reader.sequence(node).unwrap_or_default();
    if rows.is_empty() || rows.len() > DISPLACED_MAX {
        reader.problem(node.at, format!("`displaces` names 1 to {DISPLACED_MAX} rules"));
    }
    let mut found: Vec<Displacement> = Vec::new();
    for row in rows {
        let Some(map) = reader.map(row, Some(&["rule", "citation"])) else { continue };
        let named = reader.need_as(map, "rule", RuleId::parse);
        let cited = citation(reader, map, sources);
        let (Some(rule), Some(citation)) = (named, cited) else { continue };
        let citation = citation.into();
        if found.iter().any(|other| other.rule == rule) {
            reader.problem(row.at, format!("`{rule}` is displaced twice"));
        }
        let file = reader.file().to_owned();
        let written = Written { file, line: row.at.line, column: row.at.column };
        found.push(Displacement { rule, citation, written });
    }
    found
}

/// Whether every rule displaced is there, once, in the same domain of a pack above.
pub(super) fn check(
    files: &dyn Files,
    parent: Option<&PackId>,
    rules: &[Rule],
) -> Result<Vec<Problem>, Problems> {
    if rules.iter().all(|rule| rule.displaces.is_empty()) {
        return Ok(Vec::new());
    }
    let mut above: Vec<Pack> = Vec::new();
    let mut next = parent.cloned();
    while let Some(id) = next {
        let pack = load::load(files, &id)?;
        next = pack.parent.clone();
        above.push(pack);
    }
    let each = rules.iter().flat_map(|rule| rule.displaces.iter().map(move |gone| (rule, gone)));
    Ok(each.filter_map(|(rule, gone)| problem(rule, gone, &above)).collect())
}

fn problem(rule: &Rule, gone: &Displacement, above: &[Pack]) -> Option<Problem> {
    let all = || above.iter().flat_map(|pack| pack.rules());
    let mut named = all().filter(|other| other.id == gone.rule);
    let detail = match (named.next(), named.next()) {
        (None, _) => {
            let hint = crate::nearest::hint(gone.rule.as_str(), all().map(|rule| rule.id.as_str()));
            format!("no pack above has a rule `{}`{hint}", gone.rule)
        }
        (Some(_), Some(_)) => format!("several packs above have a rule `{}`", gone.rule),
        (Some(other), None) if other.domain != rule.domain => {
            format!("`{}` is a rule of `{}`, not of `{}`", gone.rule, other.domain, rule.domain)
        }
        (Some(other), None) if !other.kinds.iter().any(|kind| rule.kinds.contains(kind)) => {
            format!("`{}` and `{}` speak of no transition together", rule.id, gone.rule)
        }
        (Some(_), None) => return None,
    };
    let Written { file, line, column } = gone.written.clone();
    Some(Problem { file, line, column, detail })
}
