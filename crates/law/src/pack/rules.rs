//! Reading `rules/<domain>.yaml`: no rule without citation, date and mode.

use canon::RuleId;

use super::cite::{Sources, citation};
use super::displace::displaces;
use crate::domain::Domain;
use crate::expr::flat::Flat;
use crate::expr::{self, Condition, Expr};
use crate::facts::Type;
use crate::kind::Kind;
use crate::rule::{Conditions, Effect, Mode, Review, Rule, Unsourced, Written};
use crate::yaml::{Map, Node, Reader, Shape, one_of};

/// Most rules in one file.
const RULES_MAX: usize = 500;

const KEYS: [&str; 14] = [
    "id",
    "effect",
    "summary",
    "citation",
    "from",
    "until",
    "kinds",
    "displaces",
    "when",
    "require",
    "remedy",
    "mode",
    "review",
    "notes",
];

/// What a rule file is read against.
pub(crate) struct Context<'a> {
    pub(crate) domain: Domain,
    pub(crate) sources: Sources<'a>,
    /// Type of a parameter of the pack or its parents.
    pub(crate) params: &'a dyn Fn(&str) -> Option<Type>,
    /// Whether the pack is the sandbox rulebook.
    pub(crate) sandbox: bool,
}

/// What a row of a rule file is.
pub(crate) enum Entry {
    Rule(Box<Rule>),
    Unsourced(Unsourced),
}

/// The rows of one file.
pub(crate) fn rules(
    reader: &mut Reader<'_>,
    node: &Node,
    context: &Context<'_>,
) -> Option<Vec<Entry>> {
    let map = reader.map(node, Some(&["domain", "rules"]))?;
    let names = Domain::ALL.map(Domain::name).to_vec();
    let domain = reader.need_as(map, "domain", one_of("domain", Domain::parse, names));
    if domain.is_some_and(|domain| domain != context.domain) {
        let detail = format!("the file is named `{}`, so `domain` must be too", context.domain);
        reader.problem(map.at, detail);
    }
    let items = reader.need(map, "rules")?;
    let items = reader.sequence(items)?;
    if items.len() > RULES_MAX {
        reader.problem(map.at, format!("more than {RULES_MAX} rules in one file"));
    }
    Some(items.iter().filter_map(|item| entry(reader, item, context)).collect())
}

fn entry(reader: &mut Reader<'_>, node: &Node, context: &Context<'_>) -> Option<Entry> {
    let map = reader.map(node, None)?;
    if map.get("pending").is_some() {
        return unsourced(reader, node, context).map(Entry::Unsourced);
    }
    rule(reader, node, context).map(|rule| Entry::Rule(Box::new(rule)))
}

fn written(reader: &Reader<'_>, map: Map<'_>) -> Written {
    Written { file: reader.file().to_owned(), line: map.at.line, column: map.at.column }
}

/// A row that says what could not be sourced, and nothing it cannot stand for.
fn unsourced(reader: &mut Reader<'_>, node: &Node, context: &Context<'_>) -> Option<Unsourced> {
    let map = reader.map(node, Some(&["id", "pending", "summary", "kinds", "notes"]))?;
    let only = |text: &str| (text == "unsourced").then_some(());
    reader.need_as(map, "pending", one_of("pending", only, vec!["unsourced"]));
    let id = reader.need_as(map, "id", RuleId::parse);
    let summary = reader.need_text(map, "summary");
    let (kinds, written) = (kinds(reader, map), written(reader, map));
    Some(Unsourced { id: id?, domain: context.domain, summary: summary?, kinds: kinds?, written })
}

fn rule(reader: &mut Reader<'_>, node: &Node, context: &Context<'_>) -> Option<Rule> {
    let map = reader.map(node, Some(&KEYS))?;
    let id = reader.need_as(map, "id", RuleId::parse);
    let effects = |text: &str| match text {
        "requirement" => Some(Effect::Requirement),
        "scoping" => Some(Effect::Scoping),
        _ => None,
    };
    let effect = one_of("effect", effects, vec!["requirement", "scoping"]);
    let effect = reader.need_as(map, "effect", effect);
    let summary = reader.need_text(map, "summary");
    let citation = citation(reader, map, context.sources);
    let from = reader.need_date(map, "from");
    let until = map.get("until").and_then(|node| reader.date(node));
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        reader.problem(map.at, "`until` must be after `from`");
    }
    let kinds = kinds(reader, map);
    let displaces = displaces(reader, map, context.domain, context.sources);
    let text = |key| match map.get(key).map(|node: &Node| &node.shape) {
        Some(Shape::Scalar { text, .. }) => Some(text.clone()),
        _ => None,
    };
    let conditions = Conditions { when: text("when"), require: text("require") };
    let when = expression(reader, map, "when", context);
    let require = expression(reader, map, "require", context);
    let remedy = reader.maybe_text(map, "remedy");
    let mode = mode(reader, map);
    let review = review(reader, map);
    let effect = effect?;
    shape(reader, map, effect, remedy.is_some());
    if context.domain == Domain::Sanctions {
        sanctions(reader, map, effect, require.as_ref());
    }
    if context.sandbox && effect == Effect::Requirement {
        reader.problem(map.at, "the sandbox rulebook holds scoping rules only");
    }
    Some(Rule {
        id: id?,
        domain: context.domain,
        effect,
        summary: summary?,
        citation: citation?.into(),
        from: from?,
        until,
        kinds: kinds?,
        remedy: remedy.unwrap_or_default(),
        mode: mode?,
        review,
        written: written(reader, map),
        displaces,
        conditions,
        when: when.map(Condition::from),
        require: require.map(Condition::from),
    })
}

fn shape(reader: &mut Reader<'_>, map: Map<'_>, effect: Effect, remedy: bool) {
    match (effect, map.get("require")) {
        (Effect::Requirement, None) => reader.problem(map.at, "a requirement needs `require`"),
        (Effect::Scoping, Some(node)) => {
            reader.problem(node.at, "a scoping rule has no `require`");
        }
        _ => {}
    }
    if effect == Effect::Requirement && !remedy {
        reader.problem(map.at, "a requirement needs `remedy`");
    }
}

/// D7: nothing takes a transition out of the reach of sanctions, so no scoping, no guard, and the
/// screening itself decides.
fn sanctions(reader: &mut Reader<'_>, map: Map<'_>, effect: Effect, require: Option<&Expr>) {
    if effect == Effect::Scoping {
        reader.problem(map.at, "sanctions reach every transition: no scoping rules here");
    }
    if let Some(node) = map.get("when") {
        reader.problem(node.at, "a sanctions rule has no `when`: it always applies");
    }
    let mut names = Vec::new();
    if let Some(require) = require {
        require.facts(&mut names);
        if !names.contains(&"screening.clear") {
            reader.problem(map.at, "a sanctions rule must read `screening.clear`");
        }
        if Flat::of(require).presence().next().is_some() {
            reader.problem(map.at, "a sanctions rule asks no `present`: absence settles nothing");
        }
    }
}

fn kinds(reader: &mut Reader<'_>, map: Map<'_>) -> Option<Vec<Kind>> {
    let node = reader.need(map, "kinds")?;
    let known = Kind::ALL.map(Kind::name).to_vec();
    let mut kinds = reader.list_as(map, "kinds", one_of("kind", Kind::parse, known));
    kinds.sort_unstable();
    let count = kinds.len();
    kinds.dedup();
    if count != kinds.len() {
        reader.problem(node.at, "a kind is named twice");
    }
    if count == 0 {
        reader.problem(node.at, "a rule needs at least one kind");
        return None;
    }
    Some(kinds)
}

fn mode(reader: &mut Reader<'_>, map: Map<'_>) -> Option<Mode> {
    let modes = |text: &str| match text {
        "off" => Some(Mode::Off),
        "shadow" => Some(Mode::Shadow),
        "enforce" => Some(Mode::Enforce),
        _ => None,
    };
    reader.need_as(map, "mode", one_of("mode", modes, vec!["off", "shadow", "enforce"]))
}

/// The optional review state, `unreviewed` by default (D13).
pub(crate) fn review(reader: &mut Reader<'_>, map: Map<'_>) -> Review {
    let states = |text: &str| match text {
        "unreviewed" => Some(Review::Unreviewed),
        "reviewed" => Some(Review::Reviewed),
        _ => None,
    };
    let parse = one_of("review state", states, vec!["unreviewed", "reviewed"]);
    map.get("review").and_then(|n| reader.parse_as(n, parse)).unwrap_or(Review::Unreviewed)
}

fn expression(
    reader: &mut Reader<'_>,
    map: Map<'_>,
    key: &str,
    context: &Context<'_>,
) -> Option<Expr> {
    let node = map.get(key)?;
    let text = reader.text(node)?;
    let checked = expr::parse(text).and_then(|expr| {
        let kind = expr::check(&expr, context.params)?;
        Ok((expr, kind))
    });
    match checked {
        Ok((expr, Type::Bool)) => Some(expr),
        Ok((_, other)) => {
            reader.problem(node.at, format!("`{key}` must be true or false, not {other}"));
            None
        }
        Err(error) => {
            reader.problem(node.at, format!("{error}"));
            None
        }
    }
}
