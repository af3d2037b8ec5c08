//! What is asked of a screener and what it answers.

use canon::{Date, Digest};
use serde::{Deserialize, Serialize};

use super::birth::Birth;
use super::list::{Identifier, SubjectKind};
use super::score::{Channel, Reason};

/// Most names one query may carry.
pub const QUERY_NAMES_MAX: usize = 64;
/// Most identifiers one query may carry.
pub const QUERY_IDENTIFIERS_MAX: usize = 64;
/// Longest queried name, in bytes.
pub const QUERY_NAME_BYTES_MAX: usize = 512;
/// Most hits reported; the strongest are kept and [`Screening::hits_found`] counts all.
pub const HITS_MAX: usize = 50;

/// Where a name becomes a hit. Kept in the pack with the lists, so that decisions can cite it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    name_bp: u32,
}

/// A threshold outside 7000–9700 basis points.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("name threshold {0} is not within 7000 to 9700 basis points")]
pub struct BadThresholds(pub u32);

impl Thresholds {
    /// A name scoring `name_bp` or more is a hit.
    ///
    /// # Errors
    /// Outside 7000–9700: below, everything is a hit; above, equal letters would be lost.
    pub fn new(name_bp: u32) -> Result<Self, BadThresholds> {
        if (7_000..=9_700).contains(&name_bp) {
            Ok(Self { name_bp })
        } else {
            Err(BadThresholds(name_bp))
        }
    }

    /// Basis points from which a name is a hit.
    #[must_use]
    pub const fn name_bp(self) -> u32 {
        self.name_bp
    }
}

impl Default for Thresholds {
    /// 8500, set on the OFAC and UN lists: `lists_tests.rs` prints recall and false positives.
    fn default() -> Self {
        Self { name_bp: 8_500 }
    }
}

/// Whom to screen. Every name and identifier known should be given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// All names, in any order of words; at most [`QUERY_NAMES_MAX`].
    pub names: Vec<String>,
    /// All identifiers; at most [`QUERY_IDENTIFIERS_MAX`].
    pub identifiers: Vec<Identifier>,
    /// What the subject is, when known.
    pub kind: Option<SubjectKind>,
    /// Date of birth, when known.
    pub birth: Option<Birth>,
    /// The day of the screening, against which the age of the lists is told.
    pub as_of: Date,
}

impl Query {
    /// SHA-256 of the canonical names, identifiers, kind and date of birth; not of the day.
    ///
    /// # Errors
    /// Beyond the limits of the canonical form.
    pub fn digest(&self) -> Result<Digest, canon::Refusal> {
        let document = canon::Canonical::of_value(&serde_json::json!({
            "birth": self.birth,
            "identifiers": self.identifiers,
            "kind": self.kind,
            "names": self.names,
        }));
        Ok(document?.digest())
    }
}

/// What a screening says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No listed entry reaches the thresholds.
    Clear,
    /// At least one does.
    Hit,
    /// The subject could not be screened; never to be read as clear.
    Unknown,
}

/// Why a subject could not be screened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unscreened {
    /// No list is loaded.
    NoList,
    /// No name with a letter or digit was given.
    NoName,
    /// No name was given whose every word can be written in Latin letters.
    ScriptNotCovered,
    /// Too many names or identifiers, or one too long.
    TooLarge,
}

/// One listed entry the subject may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Id of the list.
    pub list: String,
    /// Record number on that list.
    pub entry: String,
    /// How the publisher refers to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Strength of the match, 0–10000.
    pub score_bp: u32,
    /// How much what agrees tells, whatever does not: ten for each halving of the names that would
    /// agree as well. Orders hits of one score for those who review them.
    pub told: u32,
    /// The strongest way it was found.
    pub channel: Channel,
    /// Why, in full.
    pub why: Vec<Reason>,
}

/// A list that took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListUsed {
    /// Its id.
    pub id: String,
    /// Digest over every record.
    pub digest: Digest,
    /// Publication date, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Date>,
}

/// The answer to a [`Query`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Screening {
    /// What it says.
    pub outcome: Outcome,
    /// Why the subject could not be screened in full; without a hit, [`Outcome::Unknown`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unscreened: Option<Unscreened>,
    /// Hits, strongest first; at most [`HITS_MAX`].
    pub hits: Vec<Hit>,
    /// All entries that reached the thresholds, reported or not.
    pub hits_found: usize,
    /// The lists compared against.
    pub lists: Vec<ListUsed>,
    /// Age in whole days of the oldest list that [counts](super::Screener::counted); absent when
    /// one of them is undated. Negative when one is dated after the screening: the age is then not
    /// known, and the number is how far ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<i64>,
    /// The name threshold used, in basis points.
    pub threshold_bp: u32,
    /// Digest of what was asked, where hits may be decided about: see [`Query::digest`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_sha256: Option<Digest>,
    /// Hits that two officers found to be somebody else; they are in `hits` no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub silenced: Vec<Silenced>,
}

/// A hit that a standing decision takes out of the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Silenced {
    /// Id of the list.
    pub list: String,
    /// Record number on it.
    pub entry: String,
}

impl Screening {
    /// Whether the subject was screened against at least one list and nothing was found.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.outcome == Outcome::Clear
    }

    /// What the subject may be told: nothing about lists, entries or scores.
    #[must_use]
    pub const fn subject_text(&self) -> &'static str {
        match self.outcome {
            Outcome::Clear => "Screening is complete.",
            Outcome::Hit | Outcome::Unknown => {
                "This request cannot proceed now. A compliance officer will review it."
            }
        }
    }
}
