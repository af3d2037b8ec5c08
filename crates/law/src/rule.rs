//! One rule of law: what it asks, of which transitions, from when, and who says so.

use canon::{Date, RuleId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::Domain;
use crate::expr::Condition;
use crate::kind::Kind;
use crate::shared::Shared;

/// Where a rule or figure is written. Every one has an instrument, a section and a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// The instrument, e.g. `Companies Act 1967`.
    pub instrument: String,
    /// Section, article or rule number.
    pub section: String,
    /// The section's heading, quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// Id of the source in the pack, `self` for the sandbox rulebook and a profile.
    pub source: String,
    /// What another source says instead, and which of them this row follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disagrees: Option<String>,
}

impl std::fmt::Display for Citation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}", self.instrument, self.section)
    }
}

/// Whether a rule asks for something or says that its domain does not reach a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Satisfied → `compliant`, broken → `non_compliant`, not known → `pending`.
    Requirement,
    /// Gives `not_applicable`, when no requirement of the jurisdiction applies.
    Scoping,
}

/// Whether a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Not evaluated. Its requirement leaves the domain `pending`, never passing.
    Off,
    /// Evaluated and recorded, not counted. Leaves the domain as `off` does.
    Shadow,
    /// Evaluated and counted.
    Enforce,
}

/// Whether a person answerable for it has checked the row against its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// Nobody has.
    Unreviewed,
    /// Somebody has.
    Reviewed,
}

/// Where something is written in a file of content. Lines and columns from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Path of the file.
    pub file: String,
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// A duty that is known of and for which no source was found: `pending: unsourced`. It is no rule,
/// passes nobody, and is counted beside the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsourced {
    /// Its id, unique in its pack.
    pub id: RuleId,
    /// The domain it belongs to.
    pub domain: Domain,
    /// What the duty is thought to be.
    pub summary: String,
    /// The transitions it would speak of.
    pub kinds: Vec<Kind>,
    /// Where it stands.
    pub written: Written,
}

/// A rule of a pack above that does not count where another applies, and where law says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Displacement {
    /// The rule displaced.
    pub rule: RuleId,
    /// Where the displacement is written.
    pub citation: Shared<Citation>,
    /// Where it stands.
    pub written: Written,
}

/// A rule as loaded; it has a citation and a date, or it would not have loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id, unique in its pack.
    pub id: RuleId,
    /// The domain it belongs to.
    pub domain: Domain,
    /// Requirement or scoping.
    pub effect: Effect,
    /// Its effect in one sentence.
    pub summary: String,
    /// Where it is written.
    pub citation: Shared<Citation>,
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    pub until: Option<Date>,
    /// The transitions it speaks of.
    pub kinds: Vec<Kind>,
    /// What to do when it refuses.
    pub remedy: String,
    /// Off, shadow or enforce.
    pub mode: Mode,
    /// Its review state.
    pub review: Review,
    /// Where it stands.
    pub written: Written,
    /// The rules of packs above that it displaces while its `when` is true.
    pub displaces: Vec<Displacement>,
    /// `when` and `require` as written.
    pub conditions: Conditions,
    pub(crate) when: Option<Condition>,
    pub(crate) require: Option<Condition>,
}

/// The conditions of a rule as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Conditions {
    /// The guard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require: Option<String>,
}

impl Rule {
    /// Whether it speaks of `kind` and is in force on `as_of`.
    #[must_use]
    pub fn reaches(&self, kind: Kind, as_of: Date) -> bool {
        self.kinds.contains(&kind) && self.in_force(as_of)
    }

    pub(crate) fn in_force(&self, as_of: Date) -> bool {
        self.from <= as_of && self.until.is_none_or(|until| as_of < until)
    }
}
