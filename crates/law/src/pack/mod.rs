//! A pack: the law of one jurisdiction as cited, dated data, with one digest over every record.

mod cite;
pub mod completeness;
pub mod delta;
mod displace;
mod import;
pub mod lint;
mod load;
mod parameter;
mod part;
pub mod records;
mod rules;
pub mod statement;

pub use import::{IMPORT_ROWS_MAX, licenses};
pub use parameter::Parameter;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use canon::{Canonical, Date, Digest, JurisdictionId, PackId};

use crate::domain::Domain;
use crate::evaluate::program::{Compiled, Program};
use crate::expr::calendar::Calendar;
use crate::facts::Value;
use crate::files::{Files, Problems};
use crate::rule::{Review, Rule, Unsourced};

/// Name of the pack that holds the sandbox rulebook.
pub const SANDBOX: &str = "sandbox";

/// A text a citation points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Its id within the pack.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it can be read.
    pub place: String,
    /// The day it was read.
    pub read: Date,
}

/// A loaded pack. Whether it is the one the zone agreed to is a different question: see
/// [`Pinned`].
#[derive(Clone, Debug)]
pub struct Pack {
    pub(crate) id: PackId,
    pub(crate) jurisdiction: Option<JurisdictionId>,
    pub(crate) parent: Option<PackId>,
    pub(crate) title: String,
    pub(crate) version: i64,
    pub(crate) as_of: Date,
    pub(crate) review: Review,
    pub(crate) sources: Vec<SourceText>,
    pub(crate) present: BTreeSet<Domain>,
    /// Domains in which a rule displaces one of a pack above.
    pub(crate) displaces: BTreeSet<Domain>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) unsourced: Vec<Unsourced>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) tables: BTreeMap<String, serde_json::Value>,
    pub(crate) calendar: Option<Calendar>,
    pub(crate) artifact: Canonical,
    pub(crate) compiled: Compiled,
}

impl Pack {
    /// Load `packs/<id>/` from `files` (paths relative to the root of content).
    ///
    /// Parameters of parents are needed to check rules, so parents are read as well; their
    /// problems are theirs and reported under their own file names.
    ///
    /// # Errors
    /// Every problem found, each with file, line and column.
    pub fn load(files: &dyn Files, id: &PackId) -> Result<Self, Problems> {
        load::load(files, id)
    }

    /// The pack's id, e.g. `pk-sifc`.
    #[must_use]
    pub const fn id(&self) -> &PackId {
        &self.id
    }

    /// The jurisdiction it speaks for; none for the sandbox rulebook.
    #[must_use]
    pub const fn jurisdiction(&self) -> Option<&JurisdictionId> {
        self.jurisdiction.as_ref()
    }

    /// The pack whose rules apply too.
    #[must_use]
    pub const fn parent(&self) -> Option<&PackId> {
        self.parent.as_ref()
    }

    /// Its title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// The day the law was read.
    #[must_use]
    pub const fn as_of(&self) -> Date {
        self.as_of
    }

    /// Its review state.
    #[must_use]
    pub const fn review(&self) -> Review {
        self.review
    }

    /// The texts its citations point to.
    #[must_use]
    pub fn sources(&self) -> &[SourceText] {
        &self.sources
    }

    /// All rules in order of file and place.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Duties known of and not sourced, in order of file and place.
    #[must_use]
    pub fn unsourced(&self) -> &[Unsourced] {
        &self.unsourced
    }

    /// All parameters, in order of name.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Domains without a rule file: pending, so refusing, wherever this pack applies.
    #[must_use]
    pub fn missing(&self) -> Vec<Domain> {
        Domain::ALL.into_iter().filter(|d| !self.present.contains(d)).collect()
    }

    /// Rows of `regulators`, `deadlines`, `licenses`, `calendar` or `sanctions`: a JSON array of
    /// objects whose leaves are strings; `None` when the pack has no such file.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&serde_json::Value> {
        self.tables.get(name)
    }

    /// The pack as a document (`type: MEZPack`): every record of every file except tests and
    /// prose, in canonical bytes. This is what is stored under [`Pack::digest`].
    #[must_use]
    pub const fn artifact(&self) -> &Canonical {
        &self.artifact
    }

    /// SHA-256 of [`Pack::artifact`]: covers every record.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.artifact.digest()
    }

    /// The parameter of that name in force on a day.
    pub(crate) fn parameter(&self, name: &str, as_of: Date) -> Option<&Value> {
        self.parameter_of(self.named(name), as_of)
    }

    /// Where the values of the parameter of that name stand.
    pub(crate) fn named(&self, name: &str) -> Range<usize> {
        // In order of name, so that a rule of many finds its figures without reading all.
        let first = self.parameters.partition_point(|p| p.name.as_str() < name);
        first..self.parameters.partition_point(|p| p.name.as_str() <= name)
    }

    /// The one of these values that is in force on a day.
    pub(crate) fn parameter_of(&self, named: Range<usize>, as_of: Date) -> Option<&Value> {
        let in_force = |p: &&Parameter| p.from <= as_of && p.until.is_none_or(|u| as_of < u);
        self.parameters.get(named)?.iter().find(in_force).map(|p| &p.value)
    }

    /// Its rules as they are run.
    pub(crate) fn program(&self) -> &Program {
        self.compiled.program(self)
    }
}

/// A value that was compared with the lock and found equal. Only [`crate::Lock`] makes one.
#[derive(Clone, Debug)]
pub struct Pinned<T> {
    value: Arc<T>,
    digest: Digest,
}

impl<T> Pinned<T> {
    pub(crate) fn new(value: T, digest: Digest) -> Self {
        Self { value: Arc::new(value), digest }
    }

    /// The digest the lock holds.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

impl<T> std::ops::Deref for Pinned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests;
