//! Applying a schema: each keyword of the core, applicator and validation vocabularies that is known.

use std::cell::Cell;

use serde_json::{Map, Number, Value};

use super::pattern::Patterns;
use super::{Misfit, NESTING_MAX, STEPS_MAX};

/// Keywords that assert something and are not known here.
const UNKNOWN: [&str; 12] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveRef",
    "dependentSchemas",
    "dependencies",
    "additionalItems",
    "contains",
    "unevaluatedItems",
    "unevaluatedProperties",
    "multipleOf",
    "$vocabulary",
];

type Fit = Result<(), Misfit>;

pub(super) fn check(schema: &Value, instance: &Value) -> Fit {
    let judge = Judge { root: schema, steps: Cell::new(0), patterns: Patterns::default() };
    judge.fits(schema, instance, &Place { above: None, name: "" }, 0)
}

struct Judge<'a> {
    root: &'a Value,
    steps: Cell<usize>,
    patterns: Patterns,
}

/// Where in the document; written out only when something is wrong there.
struct Place<'a> {
    above: Option<&'a Place<'a>>,
    name: &'a str,
}

impl Place<'_> {
    fn pointer(&self) -> String {
        let Some(above) = self.above else { return String::new() };
        format!("{}/{}", above.pointer(), self.name.replace('~', "~0").replace('/', "~1"))
    }

    fn differs(&self, keyword: &str) -> Fit {
        Err(Misfit::Differs { pointer: self.pointer(), keyword: keyword.to_owned() })
    }
}

fn not_checked(what: impl Into<String>) -> Fit {
    Err(Misfit::NotChecked { what: what.into() })
}

/// Both must hold; a difference outweighs what cannot be told.
fn and(one: Fit, other: Fit) -> Fit {
    match (one, other) {
        (Ok(()), other) => other,
        (one, Ok(())) => one,
        (Err(one), Err(other)) => Err(if one >= other { one } else { other }),
    }
}

impl Judge<'_> {
    fn fits(&self, schema: &Value, instance: &Value, place: &Place<'_>, depth: usize) -> Fit {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > STEPS_MAX || depth > NESTING_MAX {
            return not_checked("the schema is too deep or takes too long");
        }
        let members = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Bool(false) => return place.differs("false"),
            Value::Object(members) => members,
            _ => return not_checked("a schema that is neither an object nor a boolean"),
        };
        let mut fit = Ok(());
        if let Some(name) = UNKNOWN.iter().find(|name| members.contains_key(**name)) {
            fit = not_checked(format!("the keyword `{name}`"));
        }
        // An `$id` inside begins another resource, and what its references mean is another matter.
        if members.contains_key("$id") && !std::ptr::eq(schema, self.root) {
            return not_checked("an `$id` inside the schema");
        }
        fit = and(fit, self.any_type(members, instance, place));
        fit = and(fit, self.combined(members, instance, place, depth));
        match instance {
            Value::Number(number) => and(fit, bounds(members, number, place)),
            Value::String(text) => and(fit, self.text(members, text, place)),
            Value::Array(items) => and(fit, self.array(members, items, place, depth)),
            Value::Object(object) => and(fit, self.object(members, object, place, depth)),
            _ => fit,
        }
    }

    fn any_type(&self, members: &Map<String, Value>, instance: &Value, place: &Place<'_>) -> Fit {
        let is = |name: &Value| name.as_str().is_some_and(|name| is_of(instance, name));
        let fits = match members.get("type") {
            None => true,
            Some(Value::Array(names)) => names.iter().any(is),
            Some(name) => is(name),
        };
        if !fits {
            return place.differs("type");
        }
        if members.get("const").is_some_and(|only| !same(only, instance)) {
            return place.differs("const");
        }
        match members.get("enum") {
            Some(Value::Array(all)) if !all.iter().any(|one| same(one, instance)) => {
                place.differs("enum")
            }
            _ => Ok(()),
        }
    }

    fn combined(
        &self,
        members: &Map<String, Value>,
        instance: &Value,
        place: &Place<'_>,
        depth: usize,
    ) -> Fit {
        let fits = |schema: &Value| self.fits(schema, instance, place, depth + 1);
        let all = |name: &str| members.get(name).and_then(Value::as_array).map(Vec::as_slice);
        let mut fit = Ok(());
        if let Some(to) = members.get("$ref") {
            let to = to.as_str().and_then(|to| to.strip_prefix('#'));
            fit = match to.and_then(|pointer| self.root.pointer(pointer)) {
                Some(schema) => fits(schema),
                None => not_checked("a reference out of the schema"),
            };
        }
        for schema in all("allOf").unwrap_or_default() {
            fit = and(fit, fits(schema));
        }
        if let Some(any) = all("anyOf") {
            fit = and(fit, some(any.iter().map(fits), place, "anyOf", usize::MAX));
        }
        if let Some(one) = all("oneOf") {
            fit = and(fit, some(one.iter().map(fits), place, "oneOf", 1));
        }
        if let Some(not) = members.get("not") {
            fit = and(
                fit,
                match fits(not) {
                    Ok(()) => place.differs("not"),
                    Err(Misfit::Differs { .. }) => Ok(()),
                    unsure => unsure,
                },
            );
        }
        if let Some(condition) = members.get("if") {
            let branch = match fits(condition) {
                Ok(()) => members.get("then"),
                Err(Misfit::Differs { .. }) => members.get("else"),
                unsure => return and(fit, unsure),
            };
            fit = and(fit, branch.map_or(Ok(()), fits));
        }
        fit
    }

    fn text(&self, members: &Map<String, Value>, text: &str, place: &Place<'_>) -> Fit {
        let count = text.chars().count();
        counted(members, ("minLength", "maxLength"), count, place)?;
        let Some(pattern) = members.get("pattern").and_then(Value::as_str) else { return Ok(()) };
        match self.patterns.matches(pattern, text) {
            Some(true) => Ok(()),
            Some(false) => place.differs("pattern"),
            None => not_checked("a pattern"),
        }
    }

    fn array(
        &self,
        members: &Map<String, Value>,
        items: &[Value],
        place: &Place<'_>,
        depth: usize,
    ) -> Fit {
        counted(members, ("minItems", "maxItems"), items.len(), place)?;
        let first = members.get("prefixItems").and_then(Value::as_array).map(Vec::as_slice);
        let first = first.unwrap_or_default();
        let rest = members.get("items");
        let mut fit = Ok(());
        for (at, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(at).or(rest) {
                let name = at.to_string();
                let below = Place { above: Some(place), name: &name };
                fit = and(fit, self.fits(schema, item, &below, depth + 1));
            }
        }
        if members.get("uniqueItems") == Some(&Value::Bool(true)) {
            let steps = self.steps.get().saturating_add(items.len().saturating_mul(items.len()));
            self.steps.set(steps);
            if steps > STEPS_MAX {
                return and(fit, not_checked("`uniqueItems` of so many"));
            }
            let twice =
                |(at, one): (usize, &Value)| items.iter().skip(at + 1).any(|two| same(one, two));
            if items.iter().enumerate().any(twice) {
                return place.differs("uniqueItems");
            }
        }
        fit
    }

    fn object(
        &self,
        members: &Map<String, Value>,
        object: &Map<String, Value>,
        place: &Place<'_>,
        depth: usize,
    ) -> Fit {
        counted(members, ("minProperties", "maxProperties"), object.len(), place)?;
        let names = |value: Option<&Value>| -> Vec<String> {
            let all = value.and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        if names(members.get("required")).iter().any(|name| !object.contains_key(name)) {
            return place.differs("required");
        }
        let dependent = members.get("dependentRequired").and_then(Value::as_object);
        for (name, needed) in dependent.into_iter().flatten() {
            let needed = names(Some(needed));
            if object.contains_key(name) && needed.iter().any(|name| !object.contains_key(name)) {
                return place.differs("dependentRequired");
            }
        }
        let mut fit = Ok(());
        for (name, value) in object {
            let below = Place { above: Some(place), name };
            if let Some(schema) = members.get("propertyNames") {
                let name = Value::String(name.clone());
                fit = and(fit, self.fits(schema, &name, &below, depth + 1));
            }
            fit = and(fit, self.member(members, (name, value), &below, depth));
        }
        fit
    }

    fn member(
        &self,
        members: &Map<String, Value>,
        (name, value): (&str, &Value),
        place: &Place<'_>,
        depth: usize,
    ) -> Fit {
        let mut fit = Ok(());
        let mut known = false;
        if let Some(schema) = members.get("properties").and_then(|all| all.get(name)) {
            (known, fit) = (true, self.fits(schema, value, place, depth + 1));
        }
        let patterns = members.get("patternProperties").and_then(Value::as_object);
        for (pattern, schema) in patterns.into_iter().flatten() {
            match self.patterns.matches(pattern, name) {
                Some(true) => {
                    known = true;
                    fit = and(fit, self.fits(schema, value, place, depth + 1));
                }
                Some(false) => {}
                None => return and(fit, not_checked("a pattern")),
            }
        }
        match members.get("additionalProperties").filter(|_| !known) {
            Some(Value::Bool(false)) => place.differs("additionalProperties"),
            Some(schema) => and(fit, self.fits(schema, value, place, depth + 1)),
            None => fit,
        }
    }
}

/// At least one and at most `most` of them.
fn some(fits: impl Iterator<Item = Fit>, place: &Place<'_>, keyword: &str, most: usize) -> Fit {
    let (mut good, mut unsure) = (0, None);
    for fit in fits {
        match fit {
            Ok(()) => good += 1,
            Err(Misfit::Differs { .. }) => {}
            unclear => unsure = Some(unclear),
        }
    }
    match unsure {
        _ if good > most => place.differs(keyword),
        Some(unsure) if good == 0 || most == 1 => unsure,
        _ if good == 0 => place.differs(keyword),
        _ => Ok(()),
    }
}

fn counted(
    members: &Map<String, Value>,
    (least, most): (&str, &str),
    count: usize,
    place: &Place<'_>,
) -> Fit {
    let count = Number::from(count);
    let beyond = |name: &str, wrong: fn(&Number, &Number) -> Option<bool>| match members.get(name) {
        Some(Value::Number(bound)) => wrong(&count, bound),
        Some(_) => None,
        None => Some(false),
    };
    for (name, wrong) in [(least, less as fn(&_, &_) -> _), (most, |a, b| less(b, a))] {
        match beyond(name, wrong) {
            Some(false) => {}
            Some(true) => return place.differs(name),
            None => return not_checked(format!("the keyword `{name}`")),
        }
    }
    Ok(())
}

fn bounds(members: &Map<String, Value>, number: &Number, place: &Place<'_>) -> Fit {
    type Wrong = fn(&Number, &Number) -> Option<bool>;
    let rules: [(&str, Wrong); 4] = [
        ("minimum", |number, bound| less(number, bound)),
        ("maximum", |number, bound| less(bound, number)),
        ("exclusiveMinimum", |number, bound| less(bound, number).map(|above| !above)),
        ("exclusiveMaximum", |number, bound| less(number, bound).map(|below| !below)),
    ];
    for (name, wrong) in rules {
        match members.get(name) {
            None => {}
            Some(Value::Number(bound)) => match wrong(number, bound) {
                Some(false) => {}
                Some(true) => return place.differs(name),
                None => return not_checked(format!("the keyword `{name}`")),
            },
            Some(_) => return not_checked(format!("the keyword `{name}`")),
        }
    }
    Ok(())
}

fn less(one: &Number, other: &Number) -> Option<bool> {
    let whole = |number: &Number| {
        number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
    };
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one < other),
        _ => Some(one.as_f64()? < other.as_f64()?),
    }
}

fn is_of(instance: &Value, name: &str) -> bool {
    match (name, instance) {
        ("integer", Value::Number(number)) => {
            !number.is_f64() || number.as_f64().is_some_and(|value| value.fract() == 0.0)
        }
        ("number", Value::Number(_))
        | ("string", Value::String(_))
        | ("boolean", Value::Bool(_))
        | ("null", Value::Null)
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        _ => false,
    }
}

/// Equality of JSON Schema: by value, so that `1` is `1.0`.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) if one.is_f64() != other.is_f64() => {
            one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|o| same(value, o)))
        }
        _ => one == other,
    }
}
