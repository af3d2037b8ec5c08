//! Schemas: whether everything one allows is allowed by another.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Break;

const HERE: &str = "#/components/schemas/";
/// Keywords that bound a value from below, and from above.
const LEAST: [&str; 4] = ["minimum", "minLength", "minItems", "minProperties"];
const MOST: [&str; 4] = ["maximum", "maxLength", "maxItems", "maxProperties"];
/// Keywords that are the same, or another contract.
const SAME: [&str; 5] = ["pattern", "format", "const", "propertyNames", "uniqueItems"];
/// How deep schemas nest before nothing more is compared.
const DEPTH_MAX: usize = 48;

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// From the client: the newer contract must take what the older took.
    Asked,
    /// To the client: the older contract must have promised what the newer tells.
    Answered,
}

impl Way {
    const fn code(self, what: What) -> &'static str {
        match (self, what) {
            (Self::Asked, What::Type) => "type-narrowed",
            (Self::Answered, What::Type) => "type-widened",
            (Self::Asked, What::Value) => "value-removed",
            (Self::Answered, What::Value) => "value-added",
            (Self::Asked, What::Bound) => "bound-narrowed",
            (Self::Answered, What::Bound) => "bound-widened",
            (Self::Asked, What::Need) => "member-required",
            (Self::Answered, What::Need) => "member-not-promised",
            (Self::Asked, What::Closed) => "member-removed",
            (Self::Answered, What::Closed) => "members-open",
            (Self::Asked, What::Form) => "form-narrowed",
            (Self::Answered, What::Form) => "form-widened",
        }
    }
}

#[derive(Clone, Copy)]
enum What {
    Type,
    Value,
    Bound,
    Need,
    Closed,
    Form,
}

/// Two sets of components, and what was found between them.
pub(super) struct Schemas<'a> {
    old: &'a Value,
    new: &'a Value,
    seen: BTreeSet<(Way, String, String)>,
    found: Vec<Break>,
}

/// A schema among its components.
#[derive(Clone, Copy)]
struct At<'a> {
    schema: &'a Value,
    all: &'a Value,
}

impl<'a> At<'a> {
    fn to(self, schema: &'a Value) -> Self {
        Self { schema, ..self }
    }

    fn get(self, name: &str) -> Option<&'a Value> {
        self.schema.get(name)
    }

    fn members(self, name: &str) -> Option<&'a Map<String, Value>> {
        self.get(name)?.as_object()
    }

    fn named(self) -> Option<&'a str> {
        self.get("$ref")?.as_str()?.strip_prefix(HERE)
    }

    /// The component it names, where it is one.
    fn resolved(self) -> Self {
        let found =
            self.named().and_then(|name| self.all.pointer("/components/schemas")?.get(name));
        found.map_or(self, |schema| self.to(schema))
    }

    /// One of several, if it is that.
    fn choices(self) -> Option<Vec<Self>> {
        let any = self.get("anyOf").or_else(|| self.get("oneOf"))?.as_array()?;
        Some(any.iter().map(|schema| self.to(schema)).collect())
    }

    fn types(self) -> Option<BTreeSet<&'a str>> {
        match self.get("type")? {
            Value::String(one) => Some(BTreeSet::from([one.as_str()])),
            Value::Array(all) => Some(all.iter().filter_map(Value::as_str).collect()),
            _ => None,
        }
    }

    fn values(self) -> Option<Vec<&'a Value>> {
        self.get("enum")?.as_array().map(|values| values.iter().collect())
    }

    fn needs(self) -> BTreeSet<&'a str> {
        super::texts(self.get("required"))
    }

    fn is_closed(self) -> bool {
        self.get("additionalProperties") == Some(&Value::Bool(false))
    }
}

/// Where, and which way.
#[derive(Clone, Copy)]
struct Going<'p> {
    way: Way,
    place: &'p str,
    depth: usize,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value) -> Self {
        Self { old, new, seen: BTreeSet::new(), found: Vec::new() }
    }

    pub(super) fn take(&mut self) -> Vec<Break> {
        std::mem::take(&mut self.found)
    }

    /// A body or a parameter.
    pub(super) fn asked(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let narrow = At { schema: old, all: self.old };
        let wide = At { schema: new, all: self.new };
        self.fits(Going { way: Way::Asked, place, depth: 0 }, narrow, wide);
    }

    /// An answer or an event.
    pub(super) fn answered(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let narrow = At { schema: new, all: self.new };
        let wide = At { schema: old, all: self.old };
        self.fits(Going { way: Way::Answered, place, depth: 0 }, narrow, wide);
    }

    fn say(&mut self, going: Going<'_>, what: What, detail: String) {
        let (place, code) = (going.place.to_owned(), going.way.code(what));
        self.found.push(Break { place, code, detail });
    }

    /// Whether all that `narrow` allows is allowed by `wide`.
    fn fits(&mut self, going: Going<'_>, narrow: At<'a>, wide: At<'a>) {
        if going.depth > DEPTH_MAX {
            return;
        }
        // A component is compared once, wherever it stands: what is found names its first place.
        if let (Some(one), Some(other)) = (narrow.named(), wide.named())
            && !self.seen.insert((going.way, one.to_owned(), other.to_owned()))
        {
            return;
        }
        let (narrow, wide) = (narrow.resolved(), wide.resolved());
        if narrow.schema == wide.schema && std::ptr::eq(narrow.all, wide.all) {
            return;
        }
        if narrow.choices().is_some() || wide.choices().is_some() {
            return self.chosen(going, narrow, wide);
        }
        self.typed(going, narrow, wide);
        self.bounded(going, narrow, wide);
        self.shaped(going, narrow, wide);
        self.listed(going, narrow, wide);
    }

    /// Each choice of the one is within some choice of the other.
    fn chosen(&mut self, going: Going<'_>, narrow: At<'a>, wide: At<'a>) {
        let (some, any) = (
            narrow.choices().unwrap_or_else(|| vec![narrow]),
            wide.choices().unwrap_or_else(|| vec![wide]),
        );
        for (number, one) in some.iter().enumerate() {
            // The choice with the fewest differences is the one meant.
            let tried = any.iter().map(|other| self.tried(going, *one, *other));
            let best = tried.min_by_key(Vec::len);
            match best {
                Some(found) if found.is_empty() => {}
                Some(found) if some.len() == any.len() => self.found.extend(found),
                _ => self.say(going, What::Form, format!("choice {number} fits no other")),
            }
        }
    }

    fn tried(&self, going: Going<'_>, narrow: At<'a>, wide: At<'a>) -> Vec<Break> {
        let seen = self.seen.clone();
        let mut inner = Self { old: self.old, new: self.new, seen, found: Vec::new() };
        inner.seen.retain(|(_, one, other)| {
            Some(one.as_str()) != narrow.named() || Some(other.as_str()) != wide.named()
        });
        let depth = going.depth.saturating_add(1);
        inner.fits(Going { depth, ..going }, narrow, wide);
        inner.found
    }

    fn typed(&mut self, going: Going<'_>, narrow: At<'a>, wide: At<'a>) {
        if let Some(wide) = wide.types() {
            let narrow = narrow.types();
            let within = |kind: &&str| {
                wide.contains(*kind) || (*kind == "integer" && wide.contains("number"))
            };
            if !narrow.as_ref().is_some_and(|narrow| narrow.iter().all(within)) {
                let found = narrow.map_or("anything".to_owned(), |narrow| format!("{narrow:?}"));
                self.say(going, What::Type, format!("{found} is not within {wide:?}"));
            }
        }
        let Some(all) = wide.values() else { return };
        let some = narrow.values().or_else(|| narrow.get("const").map(|one| vec![one]));
        match some {
            None => self.say(going, What::Value, "it is one of a list, and was not".to_owned()),
            Some(some) => {
                for value in some.into_iter().filter(|value| !all.contains(value)) {
                    self.say(going, What::Value, format!("`{value}` stands on one side alone"));
                }
            }
        }
    }

    fn bounded(&mut self, going: Going<'_>, narrow: At<'a>, wide: At<'a>) {
        for (names, lower) in [(LEAST, true), (MOST, false)] {
            for name in names {
                let number = |at: At<'_>| {
                    at.get(name)
                        .and_then(Value::as_i64)
                        .map(i128::from)
                        .or_else(|| at.get(name).and_then(Value::as_u64).map(i128::from))
                };
                let Some(bound) = number(wide) else { continue };
                let within = number(narrow)
                    .is_some_and(|own| if lower { own >= bound } else { own <= bound });
                if !within {
                    self.say(
                        going,
                        What::Bound,
                        format!("`{name}` {bound} is not kept on both sides"),
                    );
                }
            }
        }
        for name in SAME {
            if let Some(one) = wide.get(name)
                && narrow.get(name) != Some(one)
            {
                self.say(going, What::Bound, format!("`{name}` differs"));
            }
        }
    }

    fn shaped(&mut self, going: Going<'_>, narrow: At<'a>, wide: At<'a>) {
        for name in wide.needs().difference(&narrow.needs()) {
            self.say(going, What::Need, format!("`{name}`"));
        }
        let known = wide.members("properties");
        for (name, one) in narrow.members("properties").into_iter().flatten() {
            let place = format!("{}/{name}", going.place);
            let inner = Going { place: &place, depth: going.depth.saturating_add(1), ..going };
            match known.and_then(|known| known.get(name)) {
                Some(other) => self.fits(inner, narrow.to(one), wide.to(other)),
                None if going.way == Way::Asked && wide.is_closed() => {
                    self.say(inner, What::Closed, "it is refused now".to_owned());
                }
                None => {}
            }
        }
        if going.way == Way::Asked && wide.is_closed() && !narrow.is_closed() && known.is_some() {
            self.say(going, What::Closed, "other members are refused now".to_owned());
        }
        let (one, other) =
            (narrow.members("additionalProperties"), wide.members("additionalProperties"));
        if let (Some(_), Some(_), Some(one), Some(other)) =
            (one, other, narrow.get("additionalProperties"), wide.get("additionalProperties"))
        {
            let place = format!("{}/*", going.place);
            let inner = Going { place: &place, depth: going.depth.saturating_add(1), ..going };
            self.fits(inner, narrow.to(one), wide.to(other));
        }
    }

    fn listed(&mut self, going: Going<'_>, narrow: At<'a>, wide: At<'a>) {
        let place = format!("{}/-", going.place);
        let inner = Going { place: &place, depth: going.depth.saturating_add(1), ..going };
        match (narrow.get("items"), wide.get("items")) {
            (Some(one), Some(other)) => self.fits(inner, narrow.to(one), wide.to(other)),
            (None, Some(other)) if other.as_object().is_some_and(|other| !other.is_empty()) => {
                self.say(inner, What::Form, "items are described on one side alone".to_owned());
            }
            _ => {}
        }
        for name in ["prefixItems", "allOf"] {
            let all = |at: At<'a>| at.get(name).and_then(Value::as_array);
            match (all(narrow), all(wide)) {
                (Some(some), Some(others)) if some.len() == others.len() => {
                    for (one, other) in some.iter().zip(others) {
                        self.fits(inner, narrow.to(one), wide.to(other));
                    }
                }
                (_, None) => {}
                _ => self.say(going, What::Form, format!("`{name}` differs")),
            }
        }
    }
}
