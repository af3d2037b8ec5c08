//! Parameters of modules: ten types, and what a value of each looks like.

use std::collections::BTreeMap;

use canon::JurisdictionId;

use crate::yaml::{Map, Node, Reader, one_of};

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// Any text.
    String,
    /// Digits with an optional minus, within the integers of the canonical form.
    Integer,
    /// A decimal number written out: `0.05`.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of `values`.
    Enum,
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// A span of ISO 8601: `P90D`, `PT4H`, `P1Y2M`.
    Duration,
    /// A decimal amount with its currency: `10000.00 USD`.
    Money,
    /// A jurisdiction: `ae-abudhabi-adgm`.
    JurisdictionRef,
}

impl ParameterType {
    /// All ten.
    pub const ALL: [Self; 10] = [
        Self::String,
        Self::Integer,
        Self::Number,
        Self::Boolean,
        Self::Enum,
        Self::Object,
        Self::Array,
        Self::Duration,
        Self::Money,
        Self::JurisdictionRef,
    ];

    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Enum => "enum",
            Self::Object => "object",
            Self::Array => "array",
            Self::Duration => "duration",
            Self::Money => "money",
            Self::JurisdictionRef => "jurisdiction_ref",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// Whether a text is a value of this type; `Enum` is closed by the parameter's own values.
    fn holds(self, text: &str) -> bool {
        match self {
            Self::String | Self::Enum => true,
            Self::Integer => integer(text),
            Self::Number => number(text),
            Self::Boolean => matches!(text, "true" | "false"),
            Self::Object => json(text).is_some_and(|value| value.is_object()),
            Self::Array => json(text).is_some_and(|value| value.is_array()),
            Self::Duration => duration(text),
            Self::Money => text.split_once(' ').is_some_and(|(amount, code)| {
                number(amount) && canon::Currency::parse(code).is_ok()
            }),
            Self::JurisdictionRef => JurisdictionId::parse(text).is_ok(),
        }
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn integer(text: &str) -> bool {
    let value: Option<i64> = text.parse().ok();
    digits(text.strip_prefix('-').unwrap_or(text))
        && value.is_some_and(|value| value.abs() <= canon::INTEGER_MAX)
}

fn number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}

fn json(text: &str) -> Option<serde_json::Value> {
    canon::parse_value(text.as_bytes()).ok()
}

/// `PnYnMnD` and `PTnHnMnS`, whole numbers, at least one part, in this order.
fn duration(text: &str) -> bool {
    let Some(text) = text.strip_prefix('P') else { return false };
    let (date, time) = text.split_once('T').map_or((text, None), |(d, t)| (d, Some(t)));
    let part = |text: &str, units: &str| {
        let mut rest = text;
        let mut units = units.chars();
        while !rest.is_empty() {
            let number = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (head, tail) = rest.split_at_checked(number).unwrap_or_default();
            let mut after = tail.chars();
            let named = after.next().is_some_and(|unit| units.any(|known| known == unit));
            if head.is_empty() || !named {
                return false;
            }
            rest = after.as_str();
        }
        true
    };
    let some = !date.is_empty() || time.is_some();
    some && part(date, "YMWD") && time.is_none_or(|time| !time.is_empty() && part(time, "HMS"))
}

/// A parameter a module takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleParameter {
    /// Its type.
    pub kind: ParameterType,
    /// Its default, as text.
    pub default: Option<String>,
    /// Whether a profile must set it.
    pub required: bool,
    /// The values admitted, when closed.
    pub values: Vec<String>,
}

impl ModuleParameter {
    /// Judge a value.
    ///
    /// # Errors
    /// Why it cannot be set, in words.
    pub fn check(&self, value: &str) -> Result<(), String> {
        if !self.kind.holds(value) {
            return Err(format!("`{value}` is not of type {}", self.kind.name()));
        }
        if !self.values.is_empty() && !self.values.iter().any(|known| known == value) {
            let hint = crate::nearest::hint(value, self.values.iter().map(String::as_str));
            return Err(format!("`{value}` is not one of {}{hint}", self.values.join(", ")));
        }
        Ok(())
    }
}

/// The parameters under a module's key `parameters`.
pub(super) fn parameters(
    reader: &mut Reader<'_>,
    map: Map<'_>,
) -> BTreeMap<String, ModuleParameter> {
    let inner = map.get("parameters").and_then(|node| reader.map(node, None));
    let entries = inner.map(|inner| inner.entries()).unwrap_or_default();
    entries
        .iter()
        .filter_map(|(name, _, node)| Some((name.clone(), parameter(reader, node)?)))
        .collect()
}

fn parameter(reader: &mut Reader<'_>, node: &Node) -> Option<ModuleParameter> {
    const KEYS: [&str; 5] = ["type", "default", "description", "required", "values"];
    let map = reader.map(node, Some(&KEYS))?;
    let known = ParameterType::ALL.map(ParameterType::name).to_vec();
    let kind =
        reader.need_as(map, "type", one_of("parameter type", ParameterType::parse, known))?;
    let default = reader.maybe_text(map, "default");
    let required = map.get("required").and_then(|n| reader.bool(n)).unwrap_or(false);
    let values = reader.texts(map, "values");
    if kind == ParameterType::Enum && values.is_empty() {
        reader.problem(node.at, "an enum lists its `values`");
    }
    let parameter = ModuleParameter { kind, default, required, values };
    if let (Some(default), Some(at)) = (&parameter.default, map.get("default"))
        && let Err(why) = parameter.check(default)
    {
        reader.problem(at.at, why);
    }
    Some(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_knows_its_values() {
        let cases = [
            (ParameterType::Integer, vec!["0", "-7"], vec!["", "1.0", "+1", "9007199254740993"]),
            (ParameterType::Number, vec!["0.05", "3"], vec![".5", "1e3", "1."]),
            (ParameterType::Boolean, vec!["true"], vec!["yes", "True"]),
            (ParameterType::Object, vec!["{}"], vec!["[]", "{"]),
            (ParameterType::Array, vec!["[1]"], vec!["{}", "1"]),
            (
                ParameterType::Duration,
                vec!["P90D", "PT4H", "P1Y2M", "P1DT12H30M"],
                vec!["", "P", "PT", "90D", "P1D2Y", "P1D1D", "PD", "P1.5D", "P1DT"],
            ),
            (ParameterType::Money, vec!["10000.00 USD"], vec!["10000", "USD 1", "1 XYZ"]),
            (ParameterType::JurisdictionRef, vec!["ae-dubai"], vec!["AE", "ae-"]),
        ];
        for (kind, good, bad) in cases {
            for text in good {
                assert!(kind.holds(text), "{} {text}", kind.name());
            }
            for text in bad {
                assert!(!kind.holds(text), "{} {text}", kind.name());
            }
        }
    }
}
