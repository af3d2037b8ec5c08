//! Who listens while a compiled expression runs: nobody, or one who writes down every name with the
//! value it had. What a run comes to does not depend on who listens.

use std::collections::BTreeMap;

use canon::{Canonical, DOCUMENT_BYTES_MAX, Date, Refusal};
use serde::Serialize;

use super::truth::{Presence, Read, Reads, Truth};
use super::{Function, Op};
use crate::facts::{Fact, Value};

/// Longest rendering of one value in an explanation, in characters.
const SHOWN_MAX: usize = 60;
/// Longest explanation kept, in characters.
const EXPLANATION_MAX: usize = 1_200;

/// A listener. `Text` is what it makes of a part of an expression, `Told` of a rule.
pub(crate) trait Ear<'v> {
    /// Whether it wants to hear a requirement that can no longer change anything.
    const HEARS: bool;
    type Text: Default;
    type Told;

    fn constant(&mut self, value: &'v Value) -> Self::Text;
    fn fact(&mut self, name: &'v str, read: Read<'v>) -> Self::Text;
    fn present(&mut self, name: &'v str, read: Read<'v>, found: Presence) -> Self::Text;
    fn param(&mut self, name: &'v str, value: Option<&'v Value>) -> Self::Text;
    fn not(&mut self, text: Self::Text) -> Self::Text;
    fn joined(&mut self, left: Self::Text, word: &str, right: Self::Text) -> Self::Text;
    fn compared(&mut self, left: Self::Text, op: Op, right: Self::Text) -> Self::Text;
    fn called(
        &mut self,
        function: Function,
        given: impl IntoIterator<Item = Self::Text>,
        value: Option<&Value>,
    ) -> Self::Text;
    /// What was heard of a rule; begins anew.
    fn told(&mut self, heard: Heard<Self::Text>) -> Self::Told;
}

/// The parts of a rule that ran, each with what it came to.
pub(crate) struct Heard<T> {
    pub(crate) when: Option<(Truth, T)>,
    pub(crate) require: Option<(Truth, T)>,
    /// What it lacks.
    pub(crate) lacks: Lacks,
}

/// What a rule lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacks {
    /// Nothing it needs.
    Nothing,
    /// It is unknown: everything that was read and is missing.
    Facts,
    /// It rests on absences nobody accounts for.
    Stating,
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Silent;

impl<'v> Ear<'v> for Silent {
    const HEARS: bool = false;
    type Text = ();
    type Told = ();

    fn constant(&mut self, _: &'v Value) {}
    fn fact(&mut self, _: &'v str, _: Read<'v>) {}
    fn present(&mut self, _: &'v str, _: Read<'v>, _: Presence) {}
    fn param(&mut self, _: &'v str, _: Option<&'v Value>) {}
    fn not(&mut self, (): ()) {}
    fn joined(&mut self, (): (), _: &str, (): ()) {}
    fn compared(&mut self, (): (), _: Op, (): ()) {}
    fn called(&mut self, _: Function, given: impl IntoIterator<Item = ()>, _: Option<&Value>) {
        given.into_iter().for_each(drop);
    }
    fn told(&mut self, _: Heard<()>) {}
}

/// What a record says of the run of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Each condition with the value of each name beside it.
    pub(crate) explanation: String,
    /// The canonical list of everything read.
    pub(crate) inputs: Result<Vec<u8>, Refusal>,
    /// Names that were needed and not there.
    pub(crate) missing: Vec<String>,
}

/// A listener who writes everything down.
#[derive(Debug)]
pub(crate) struct Scribe<'v> {
    as_of: Date,
    reads: Reads<'v>,
    /// Facts as the list of inputs has them: many rules read the same.
    listed: BTreeMap<String, Vec<u8>>,
}

/// A part of an expression in words.
#[derive(Debug, Default)]
pub(crate) struct Text {
    shown: String,
    /// `and` and `or`, which stand in parentheses beside another.
    joins: bool,
}

impl Text {
    /// As an operand of a connective.
    fn grouped(self) -> String {
        if self.joins { format!("({})", self.shown) } else { self.shown }
    }
}

impl From<String> for Text {
    fn from(shown: String) -> Self {
        Self { shown, joins: false }
    }
}

impl Scribe<'_> {
    pub(crate) const fn new(as_of: Date) -> Self {
        Self { as_of, reads: Reads::new(), listed: BTreeMap::new() }
    }
}

impl<'v> Ear<'v> for Scribe<'v> {
    const HEARS: bool = true;
    type Text = Text;
    type Told = Told;

    fn constant(&mut self, value: &'v Value) -> Text {
        let mut shown = String::new();
        show(&mut shown, value, self.as_of);
        shown.into()
    }

    fn fact(&mut self, name: &'v str, read: Read<'v>) -> Text {
        // What was asked about stays so.
        self.reads.entry(name.to_owned()).or_insert(read);
        let mut shown = format!("{name} [");
        match read {
            Read::Fresh(fact) => show(&mut shown, &fact.value, self.as_of),
            Read::Expired(_) => shown.push_str("expired"),
            Read::Missing | Read::Unstated | Read::Param(_) => shown.push_str("missing"),
        }
        shown.push(']');
        shown.into()
    }

    fn present(&mut self, name: &'v str, read: Read<'v>, found: Presence) -> Text {
        let read = if found == Presence::Unstated { Read::Unstated } else { read };
        self.reads.insert(name.to_owned(), read);
        format!("present({name}) [{}]", found.word()).into()
    }

    fn param(&mut self, name: &'v str, value: Option<&'v Value>) -> Text {
        self.reads.insert(format!("param.{name}"), Read::Param(value));
        let mut shown = format!("param.{name} [");
        match value {
            Some(value) => show(&mut shown, value, self.as_of),
            None => shown.push_str("none in force"),
        }
        shown.push(']');
        shown.into()
    }

    fn not(&mut self, text: Text) -> Text {
        format!("not {}", text.grouped()).into()
    }

    fn joined(&mut self, left: Text, word: &str, right: Text) -> Text {
        Text { shown: format!("{} {word} {}", left.grouped(), right.grouped()), joins: true }
    }

    fn compared(&mut self, left: Text, op: Op, right: Text) -> Text {
        format!("{} {} {}", left.shown, op.sign(), right.shown).into()
    }

    fn called(
        &mut self,
        function: Function,
        given: impl IntoIterator<Item = Text>,
        value: Option<&Value>,
    ) -> Text {
        let given: Vec<String> = given.into_iter().map(|text| text.shown).collect();
        let mut shown = format!("{}({}) [", function.name(), given.join(", "));
        match value {
            Some(value) => show(&mut shown, value, self.as_of),
            None => shown.push_str("unknown"),
        }
        shown.push(']');
        shown.into()
    }

    fn told(&mut self, Heard { when, require, lacks }: Heard<Text>) -> Told {
        let reads = std::mem::take(&mut self.reads);
        let missing = missing(&reads, lacks);
        let part = |name: &str, part: Option<(Truth, Text)>| {
            part.map(|(truth, text)| format!("{name} {} is {}", text.shown, truth.word()))
        };
        let unsettled = (lacks == Lacks::Stating).then(|| unsettled(&missing));
        let parts = unsettled.into_iter().chain(part("when", when)).chain(part("require", require));
        let parts: Vec<String> = parts.collect();
        let mut explanation = parts.join("; ");
        if let Some((end, _)) = explanation.char_indices().nth(EXPLANATION_MAX) {
            explanation.truncate(end);
        }
        if explanation.is_empty() {
            explanation.push_str("applies without condition");
        }
        let inputs = self.inputs(&reads).map_or_else(|| list(&reads), Ok);
        Told { explanation, inputs, missing }
    }
}

impl Scribe<'_> {
    /// What [`list`] gives, put together from parts; `None` where that is not sure.
    fn inputs(&mut self, reads: &Reads<'_>) -> Option<Vec<u8>> {
        let mut out = vec![b'{'];
        for (name, read) in reads {
            // Names of ASCII stand in the order of the canonical form.
            if !name.is_ascii() || out.len() > DOCUMENT_BYTES_MAX {
                return None;
            }
            if out.len() > 1 {
                out.push(b',');
            }
            if !matches!(read, Read::Fresh(_) | Read::Expired(_)) {
                out.extend(member(name, read)?);
            } else if let Some(known) = self.listed.get(name) {
                out.extend(known);
            } else {
                let made = member(name, read)?;
                out.extend(&made);
                self.listed.insert(name.clone(), made);
            }
        }
        out.push(b'}');
        (out.len() <= DOCUMENT_BYTES_MAX).then_some(out)
    }
}

/// One member of the list of inputs.
fn member(name: &str, read: &Read<'_>) -> Option<Vec<u8>> {
    let alone = Canonical::of(&BTreeMap::from([(name, Input::of(read))])).ok()?;
    let inner = alone.bytes().strip_prefix(b"{")?.strip_suffix(b"}")?;
    Some(inner.to_vec())
}

/// The names a rule lacks.
pub(crate) fn missing(reads: &Reads<'_>, lacks: Lacks) -> Vec<String> {
    let lacking = |read: &Read<'_>| match lacks {
        Lacks::Nothing => false,
        Lacks::Facts => matches!(read, Read::Missing | Read::Unstated | Read::Param(None)),
        Lacks::Stating => matches!(read, Read::Unstated),
    };
    reads.iter().filter(|(_, read)| lacking(read)).map(|(name, _)| name.clone()).collect()
}

/// Why a rule that rests on an absence settles nothing.
pub(crate) fn unsettled(missing: &[String]) -> String {
    let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    format!("nobody says whether there is {}, so the rule settles nothing", names.join(" or "))
}

/// How a read is written into the inputs commitment.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Input<'a> {
    Fresh(&'a Fact),
    Expired(&'a Fact),
    Missing,
    Param(&'a Value),
    NoneInForce,
}

impl<'a> Input<'a> {
    fn of(read: &Read<'a>) -> Self {
        match read {
            Read::Fresh(fact) => Self::Fresh(fact),
            Read::Expired(fact) => Self::Expired(fact),
            Read::Missing | Read::Unstated => Self::Missing,
            Read::Param(Some(value)) => Self::Param(value),
            Read::Param(None) => Self::NoneInForce,
        }
    }
}

/// The canonical list of everything read, whose SHA-256 a record holds.
pub(crate) fn list(reads: &Reads<'_>) -> Result<Vec<u8>, Refusal> {
    let inputs: BTreeMap<&str, Input<'_>> =
        reads.iter().map(|(name, read)| (name.as_str(), Input::of(read))).collect();
    Canonical::of(&inputs).map(|canonical| canonical.bytes().to_vec())
}

/// A value as an explanation shows it.
pub(super) fn show(out: &mut String, value: &Value, as_of: Date) {
    let text = match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Money(amount) => format!("{} {}", amount.to_decimal(as_of), amount.currency()),
        Value::Texts(texts) => format!("{texts:?}"),
        Value::Ints(ints) => format!("{ints:?}"),
        Value::Date(date) => date.to_string(),
        Value::Brackets(scale) => format!("{} steps", scale.steps.len()),
    };
    match text.char_indices().nth(SHOWN_MAX) {
        None => out.push_str(&text),
        Some((end, _)) => {
            out.push_str(text.get(..end).unwrap_or_default());
            out.push('…');
        }
    }
}
