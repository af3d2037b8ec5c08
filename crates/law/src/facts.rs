//! What is known about a case: typed values, each with where it comes from.
//!
//! A fact enters only under a name of the vocabulary, with that name's type and a provenance. There
//! is no way to state a fact on a caller's word: [`Source`] has no such variant.

mod vocabulary;

use std::collections::BTreeMap;
use std::fmt;

use canon::{Amount, Currency, Date, Did, Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::Domain;

pub use vocabulary::{Known, claims, evidence_types, known, vocabulary};
pub(crate) use vocabulary::{OCCASIONS, find, of_credential, vocabulary_hint};

/// Most facts in one case.
pub const FACTS_MAX: usize = 256;
/// Most members of a set.
pub const FACT_SET_MAX: usize = 128;
/// Longest text of a fact, in bytes.
pub const FACT_TEXT_MAX: usize = 2_000;

/// The type of a fact, parameter or expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// True or false.
    Bool,
    /// Whole number within ±(2^53 − 1).
    Int,
    /// Text, compared byte for byte.
    Text,
    /// An amount of one currency.
    Money,
    /// A list of texts; as a fact, a set: sorted, each once.
    Texts,
    /// A list of whole numbers.
    Ints,
    /// A day.
    Date,
    /// Steps of a scale; parameters only.
    Brackets,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Text => "text",
            Self::Money => "money",
            Self::Texts => "list of texts",
            Self::Ints => "list of ints",
            Self::Date => "date",
            Self::Brackets => "brackets",
        })
    }
}

/// A value of a fact, a parameter or a literal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// Whole number within ±(2^53 − 1).
    Int(i64),
    /// Text.
    Text(String),
    /// An amount, `{"minor","currency"}` at rest.
    Money(Amount),
    /// Set of texts, sorted; a list in parameters and literals.
    Texts(Vec<String>),
    /// List of whole numbers; parameters and literals only.
    Ints(Vec<i64>),
    /// A day.
    Date(Date),
    /// Steps of a scale; parameters only.
    Brackets(Brackets),
}

/// Steps of a scale: from each threshold up to the next, a number (a rate in basis points, a
/// count). Thresholds are minor units of a currency, or plain numbers, ascending.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brackets {
    /// The currency of the thresholds; none for plain numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Threshold (inclusive) and what it gives.
    pub steps: Vec<(i64, i64)>,
}

impl Value {
    /// A set of texts: sorted, each once.
    #[must_use]
    pub fn set(texts: impl IntoIterator<Item = String>) -> Self {
        Self::Texts(
            texts.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect(),
        )
    }

    /// The type of the value.
    #[must_use]
    pub const fn kind(&self) -> Type {
        match self {
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Text(_) => Type::Text,
            Self::Money(_) => Type::Money,
            Self::Texts(_) => Type::Texts,
            Self::Ints(_) => Type::Ints,
            Self::Date(_) => Type::Date,
            Self::Brackets(_) => Type::Brackets,
        }
    }
}

/// A claim whose form does not fit its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {wanted}: {detail}")]
pub struct BadClaim {
    /// The type of the vocabulary.
    pub wanted: Type,
    /// What is wrong.
    pub detail: String,
}

impl Value {
    /// Read the claim of a credential: `true`, `12`, `"text"`, `"2026-11-20"`, `"12.50 SGD"` (with
    /// the exponent in force on `as_of`), `["a", "b"]`.
    ///
    /// # Errors
    /// Another form than the type asks for.
    pub fn of_claim(
        wanted: Type,
        claim: &serde_json::Value,
        as_of: Date,
    ) -> Result<Self, BadClaim> {
        let bad = |detail: &str| BadClaim { wanted, detail: detail.to_owned() };
        let text = || claim.as_str().ok_or_else(|| bad("not a text"));
        match wanted {
            Type::Bool => claim.as_bool().map(Self::Bool).ok_or_else(|| bad("not true or false")),
            Type::Int => claim.as_i64().map(Self::Int).ok_or_else(|| bad("not a whole number")),
            Type::Text => text().map(Self::from),
            Type::Date => {
                Date::parse(text()?).map(Self::Date).map_err(|error| bad(&error.to_string()))
            }
            Type::Money => money(text()?, as_of).map(Self::Money).map_err(|error| bad(&error)),
            Type::Texts => {
                let items = claim.as_array().ok_or_else(|| bad("not a list"))?;
                let texts: Option<Vec<&str>> =
                    items.iter().map(serde_json::Value::as_str).collect();
                let texts = texts.ok_or_else(|| bad("not a list of texts"))?;
                Ok(Self::set(texts.into_iter().map(str::to_owned)))
            }
            Type::Ints | Type::Brackets => Err(bad("no fact is of this type")),
        }
    }
}

/// An amount as content and claims write it: `12.50 SGD`.
pub(crate) fn money(text: &str, as_of: Date) -> Result<Amount, String> {
    let form = || format!("`{text}` is not an amount like `12.50 SGD`");
    let (amount, currency) = text.split_once(' ').ok_or_else(form)?;
    let currency = Currency::parse(currency).map_err(|error| error.to_string())?;
    Amount::parse(amount, currency, as_of).map_err(|error| error.to_string())
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Date> for Value {
    fn from(value: Date) -> Self {
        Self::Date(value)
    }
}

impl From<Amount> for Value {
    fn from(value: Amount) -> Self {
        Self::Money(value)
    }
}

/// What kind of thing vouches for a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A verified credential of an anchored issuer.
    Credential,
    /// A record of the zone's own registry, or the document being admitted into it.
    Registry,
    /// A screening against sanctions lists.
    Screening,
    /// The signed answer of a national system.
    Adapter,
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// What vouches for it.
    pub source: Source,
    /// Digest of the credential, record, screening or answer.
    pub digest: Digest,
    /// Who issued it, for credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Did>,
    /// First moment at which it no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

impl Provenance {
    /// Provenance without issuer or end.
    #[must_use]
    pub const fn new(source: Source, digest: Digest) -> Self {
        Self { source, digest, issuer: None, expires: None }
    }

    /// The same, ending at a moment.
    #[must_use]
    pub const fn until(mut self, expires: Timestamp) -> Self {
        self.expires = Some(expires);
        self
    }

    /// The same, issued by someone.
    #[must_use]
    pub fn by(mut self, issuer: Did) -> Self {
        self.issuer = Some(issuer);
        self
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The value.
    pub value: Value,
    /// Its provenance.
    pub provenance: Provenance,
}

/// A fact that cannot be stated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFact {
    /// The name is not in the vocabulary.
    #[error("unknown fact `{name}`{hint}")]
    Unknown {
        /// The name given.
        name: String,
        /// A suggestion, or nothing.
        hint: String,
    },
    /// The value has another type than the vocabulary says.
    #[error("fact `{name}` is {wanted}, not {found}")]
    Type {
        /// The name given.
        name: String,
        /// The type of the vocabulary.
        wanted: Type,
        /// The type given.
        found: Type,
    },
    /// The text is none of those the fact may be.
    #[error("fact `{name}` is one of {one_of}")]
    Enum {
        /// The name given.
        name: String,
        /// What it may be.
        one_of: String,
    },
    /// A declaration names evidence that there is not.
    #[error("`{kind}` is no kind of evidence{hint}")]
    Occasion {
        /// The kind given.
        kind: String,
        /// A suggestion, or nothing.
        hint: String,
    },
    /// The provenance does not fit the name.
    #[error("fact `{name}` {why}")]
    Provenance {
        /// The name given.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Too many facts, or one too large.
    #[error(
        "fact `{0}` is over a limit (256 facts, 2,000 bytes of text, integers within 2^53 - 1)"
    )]
    Limit(String),
}

/// The name under which an exemption of a domain in a jurisdiction is stated.
#[must_use]
pub fn exemption_name(jurisdiction: &str, domain: Domain) -> String {
    format!("exemption.{jurisdiction}.{domain}")
}

fn exemption(name: &str) -> Option<Domain> {
    let (_, domain) = name.strip_prefix("exemption.")?.rsplit_once('.')?;
    Domain::parse(domain)
}

/// A fact, and where its name stands in the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed {
    fact: Fact,
    at: Option<usize>,
}

/// The facts of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, Placed>);

impl Serialize for Facts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Facts {
    /// No facts.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// State a fact; a second statement of a name replaces the first.
    ///
    /// # Errors
    /// A name outside the vocabulary, another type, a provenance that does not fit, a limit.
    pub fn state(
        &mut self,
        name: &str,
        value: impl Into<Value>,
        provenance: Provenance,
    ) -> Result<(), BadFact> {
        let value = value.into();
        check(name, &value, &provenance)?;
        if self.0.len() >= FACTS_MAX && !self.0.contains_key(name) {
            return Err(BadFact::Limit(name.to_owned()));
        }
        // Found once, where it is stated, and not again for every case it is judged in.
        let at = find(name).map(|(at, _)| at);
        self.0.insert(name.to_owned(), Placed { fact: Fact { value, provenance }, at });
        Ok(())
    }

    /// Say no more of a name: what was said of it before does not hold of this case.
    pub fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// A fact by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(name).map(|placed| &placed.fact)
    }

    /// All facts with their places in the vocabulary; exemptions have none.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (Option<usize>, &Fact)> {
        self.0.values().map(|placed| (placed.at, &placed.fact))
    }

    /// All facts in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(name, placed)| (name.as_str(), &placed.fact))
    }

    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn check(name: &str, value: &Value, provenance: &Provenance) -> Result<(), BadFact> {
    let bad = |why| BadFact::Provenance { name: name.to_owned(), why };
    let wanted = match exemption(name) {
        Some(Domain::Sanctions) => {
            return Err(bad("cannot be stated: nothing exempts from sanctions"));
        }
        Some(_) => {
            let issued = provenance.source == Source::Credential && provenance.issuer.is_some();
            if !issued || provenance.expires.is_none() {
                return Err(bad("needs a credential with issuer and end date"));
            }
            Type::Bool
        }
        None => vocabulary(name).ok_or_else(|| BadFact::Unknown {
            name: name.chars().take(80).collect(),
            hint: vocabulary_hint(name),
        })?,
    };
    if value.kind() != wanted {
        let (name, found) = (name.to_owned(), value.kind());
        return Err(BadFact::Type { name, wanted, found });
    }
    if name.starts_with("screening.") != (provenance.source == Source::Screening) {
        return Err(bad("and a screening go together: `screening.*` comes from a screening only"));
    }
    let fits = match value {
        Value::Text(text) => text.len() <= FACT_TEXT_MAX,
        Value::Int(value) => value.unsigned_abs() <= canon::INTEGER_MAX.unsigned_abs(),
        Value::Texts(set) => {
            let sorted = set.is_sorted_by(|a, b| a < b);
            if !sorted {
                return Err(bad("is a set: its texts are sorted, each once"));
            }
            set.len() <= FACT_SET_MAX && set.iter().map(String::len).sum::<usize>() <= FACT_TEXT_MAX
        }
        _ => true,
    };
    if let (Value::Text(text), Some((_, known))) = (value, find(name))
        && !known.one_of.is_empty()
        && !known.one_of.contains(&text.as_str())
    {
        return Err(BadFact::Enum { name: name.to_owned(), one_of: known.one_of.join(", ") });
    }
    // A kind misspelt would read as one that does not arise.
    if let (Value::Texts(kinds), OCCASIONS) = (value, name)
        && let Some(stranger) = kinds.iter().find(|kind| claims(kind).is_none())
    {
        let hint = crate::nearest::hint(stranger, evidence_types());
        return Err(BadFact::Occasion { kind: stranger.chars().take(80).collect(), hint });
    }
    if fits { Ok(()) } else { Err(BadFact::Limit(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(source: Source) -> Provenance {
        Provenance::new(source, Digest::of_blob(b"x"))
    }

    #[test]
    fn names_types_and_provenance_are_checked() {
        let mut facts = Facts::new();
        facts.state("owner.identified", true, from(Source::Credential)).unwrap();
        let slip = facts.state("owner.identifed", true, from(Source::Credential)).unwrap_err();
        assert_eq!(
            slip.to_string(),
            "unknown fact `owner.identifed` (did you mean `owner.identified`?)"
        );
        assert!(facts.state("owner.count", true, from(Source::Registry)).is_err());
        assert!(facts.state("screening.clear", true, from(Source::Registry)).is_err());
        assert!(facts.state("owner.count", 1, from(Source::Screening)).is_err());
        assert!(facts.state("evidence.license", true, from(Source::Credential)).is_ok());
        assert!(facts.state("owner.count", i64::MIN, from(Source::Registry)).is_err());
        assert_eq!(facts.len(), 2);
    }

    #[test]
    fn exemptions_need_issuer_and_end_and_never_reach_sanctions() {
        let mut facts = Facts::new();
        let did = Did::parse("did:web:tax.example").unwrap();
        let end = Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
        let full = from(Source::Credential).by(did).until(end);
        let tax = exemption_name("sg", Domain::Tax);
        assert!(facts.state(&tax, true, from(Source::Credential)).is_err());
        assert!(facts.state(&tax, true, full.clone()).is_ok());
        assert!(facts.state("exemption.sg.sanctions", true, full).is_err());
    }
}
