//! Figures of law: named, dated, cited.

use canon::{Amount, Currency, Date};

use super::cite::{Sources, citation};
use crate::facts::{Brackets, Value};
use crate::rule::Citation;
use crate::yaml::{Map, Node, Reader};

/// A figure rules refer to as `param.<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, `^[a-z][a-z0-9_]*$`.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    pub until: Option<Date>,
    /// Where it is written.
    pub citation: Citation,
}

const KEYS: [&str; 9] =
    ["name", "type", "value", "amount", "currency", "from", "until", "citation", "review"];

/// Everything under `parameters`.
pub(crate) fn parameters(
    reader: &mut Reader<'_>,
    node: &Node,
    sources: Sources<'_>,
) -> Option<Vec<Parameter>> {
    let map = reader.map(node, Some(&["parameters"]))?;
    let rows = reader.need(map, "parameters")?;
    let mut found: Vec<Parameter> = Vec::new();
    for row in reader.sequence(rows)? {
        let Some(parameter) = parameter(reader, row, sources) else { continue };
        if let Some(other) = found.iter().find(|p| p.name == parameter.name)
            && other.value.kind() != parameter.value.kind()
        {
            reader.problem(row.at, format!("`{}` changes its type", parameter.name));
        }
        if found.iter().any(|p| p.name == parameter.name && overlap(p, &parameter)) {
            let detail = format!("two values of `{}` are in force on one day", parameter.name);
            reader.problem(row.at, detail);
        }
        found.push(parameter);
    }
    Some(found)
}

fn overlap(a: &Parameter, b: &Parameter) -> bool {
    a.until.is_none_or(|until| b.from < until) && b.until.is_none_or(|until| a.from < until)
}

fn parameter(reader: &mut Reader<'_>, row: &Node, sources: Sources<'_>) -> Option<Parameter> {
    let map = reader.map(row, Some(&KEYS))?;
    let name = reader.need_as(map, "name", |text| {
        let part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let fits = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let fits = fits && text.bytes().all(part) && text.len() <= 80;
        fits.then(|| text.to_owned())
            .ok_or_else(|| format!("`{text}` is not a parameter name: a-z, digits and `_`"))
    });
    let from = reader.need_date(map, "from");
    let until = map.get("until").and_then(|node| reader.date(node));
    let citation = citation(reader, map, sources);
    let value = value(reader, map, from?);
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        reader.problem(map.at, "`until` must be after `from`");
    }
    Some(Parameter { name: name?, value: value?, from: from?, until, citation: citation? })
}

/// Types a parameter may have beside amounts.
const TYPES: [&str; 6] = ["int", "bool", "text", "texts", "date", "brackets"];
/// Most steps of a scale.
const STEPS_MAX: usize = 64;

/// Steps `{ at_least: THRESHOLD, gives: INT }`, ascending; thresholds are amounts where the row
/// names a currency.
fn brackets(reader: &mut Reader<'_>, map: Map<'_>, node: &Node, from: Date) -> Option<Brackets> {
    let currency = match map.get("currency") {
        Some(named) => Some(reader.parse_as(named, Currency::parse)?),
        None => None,
    };
    let mut steps: Vec<(i64, i64)> = Vec::new();
    for row in reader.sequence(node)? {
        let step = reader.map(row, Some(&["at_least", "gives"]))?;
        let at = reader.need(step, "at_least")?;
        let threshold = match currency {
            Some(currency) => {
                let amount = reader.parse_as(at, |text| Amount::parse(text, currency, from))?;
                i64::try_from(amount.minor()).ok().filter(|minor| *minor <= canon::INTEGER_MAX)
            }
            None => reader.int(at),
        };
        let gives = reader.need(step, "gives").and_then(|node| reader.int(node))?;
        let Some(threshold) = threshold else {
            reader.problem(row.at, "the threshold is out of range");
            return None;
        };
        if steps.last().is_some_and(|(last, _)| *last >= threshold) {
            reader.problem(row.at, "thresholds ascend");
        }
        steps.push((threshold, gives));
    }
    if steps.is_empty() || steps.len() > STEPS_MAX {
        reader.problem(node.at, format!("a scale has 1 to {STEPS_MAX} steps"));
    }
    Some(Brackets { currency, steps })
}

fn value(reader: &mut Reader<'_>, map: Map<'_>, from: Date) -> Option<Value> {
    if let Some(node) = map.get("amount") {
        let currency = reader.need_as(map, "currency", Currency::parse)?;
        if map.get("value").is_some() || map.get("type").is_some() {
            reader.problem(map.at, "`amount` stands with `currency`, not with `value` or `type`");
        }
        return reader.parse_as(node, |text| Amount::parse(text, currency, from)).map(Value::Money);
    }
    let node = reader.need(map, "value")?;
    match reader.maybe_text(map, "type").as_deref() {
        None | Some("int") => reader.int(node).map(Value::Int),
        Some("bool") => reader.bool(node).map(Value::Bool),
        Some("text") => reader.text(node).map(|text| Value::Text(text.to_owned())),
        Some("texts") => {
            let items = reader.sequence(node)?;
            let texts = items.iter().filter_map(|item| reader.text(item).map(str::to_owned));
            Some(Value::Texts(texts.collect()))
        }
        Some("date") => reader.date(node).map(Value::Date),
        Some("brackets") => brackets(reader, map, node, from).map(Value::Brackets),
        Some(other) => {
            let hint = crate::nearest::hint(other, TYPES);
            let detail = format!("unknown type `{other}`{hint}: one of {}", TYPES.join(", "));
            reader.problem(node.at, detail);
            None
        }
    }
}
