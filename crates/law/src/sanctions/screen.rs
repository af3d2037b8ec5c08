//! The screener: lists and thresholds in, a screening with its reasons out.

use canon::{Date, Digest};
use serde::Serialize;

use super::birth::Birth;
use super::index::{Index, NameRef};
use super::list::{Entry, Identifier, List, Strength, SubjectKind};
use super::name::{Normal, is_latin};
use super::score::{Alignment, Channel, EXACT_BP, NameScore, Reason, TokenMatch};
use super::similar::{Owned, Token};

/// Most names one query may carry.
pub const QUERY_NAMES_MAX: usize = 64;
/// Most identifiers one query may carry.
pub const QUERY_IDENTIFIERS_MAX: usize = 64;
/// Longest queried name, in bytes.
pub const QUERY_NAME_BYTES_MAX: usize = 512;
/// Most hits reported; the strongest are kept and [`Screening::hits_found`] counts all.
pub const HITS_MAX: usize = 50;

/// Score of a weak alias, counted only when equal.
const WEAK_EXACT_BP: u32 = 9_000;
/// Score of an identifier that agrees in everything known.
const IDENTIFIER_BP: u32 = 10_000;
/// Taken from an identifier's score for each thing that disagrees; four of them stay above a name.
const IDENTIFIER_DETAIL_BP: u32 = 20;
/// Fewest letters and digits for an identifier to match under another scheme.
const IDENTIFIER_ANY_SCHEME_MIN: usize = 6;
/// Taken when every listed date of birth is at least two years off.
const BIRTH_FAR_BP: u32 = 1_200;
/// Taken when dates of birth differ by less.
const BIRTH_NEAR_BP: u32 = 300;

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
        if (7_000..=9_700).contains(&name_bp) { Ok(Self { name_bp }) } else { Err(BadThresholds(name_bp)) }
    }

    /// Basis points from which a name is a hit.
    #[must_use]
    pub const fn name_bp(self) -> u32 {
        self.name_bp
    }
}

impl Default for Thresholds {
    /// 8500, set on the OFAC and UN lists: see `tests.rs` for recall and false positives.
    fn default() -> Self {
        Self { name_bp: 8_500 }
    }
}

/// Whom to screen. Every name and identifier known should be given.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What a screening says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
    /// No name in Latin script was given, and names are compared inside one script only.
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
    /// Why the subject could not be screened, with [`Outcome::Unknown`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unscreened: Option<Unscreened>,
    /// Hits, strongest first; at most [`HITS_MAX`].
    pub hits: Vec<Hit>,
    /// All entries that reached the thresholds, reported or not.
    pub hits_found: usize,
    /// The lists compared against.
    pub lists: Vec<ListUsed>,
    /// Age of the oldest list in whole days; absent when any list's date is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<i64>,
    /// The name threshold used, in basis points.
    pub threshold_bp: u32,
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

/// Lists ready to be searched.
#[derive(Debug)]
pub struct Screener {
    lists: Vec<List>,
    thresholds: Thresholds,
    index: Index,
    /// Letters and digits of an identifier, and whose it is; sorted.
    identifiers: Vec<(Box<str>, NameRef)>,
}

struct Found<'a> {
    at: (u16, u32),
    entry: &'a Entry,
    score_bp: u32,
    channel: Channel,
    why: Vec<Reason>,
}

impl Screener {
    /// Index the lists. Cost: about a second per hundred thousand names.
    #[must_use]
    pub fn build(lists: Vec<List>, thresholds: Thresholds) -> Self {
        let mut identifiers: Vec<(Box<str>, NameRef)> = Vec::new();
        for (list, l) in lists.iter().zip(0u16..) {
            for (entry, e) in list.entries().iter().zip(0u32..) {
                for (identifier, n) in entry.identifiers.iter().zip(0u16..) {
                    let key = plain(&identifier.value);
                    if !key.is_empty() {
                        identifiers.push((key, NameRef { list: l, entry: e, name: n }));
                    }
                }
            }
        }
        identifiers.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        identifiers.shrink_to_fit();
        let index = Index::build(&lists);
        Self { lists, thresholds, index, identifiers }
    }

    /// The lists, in the order given.
    #[must_use]
    pub fn lists(&self) -> &[List] {
        &self.lists
    }

    /// Screen one subject. Total and pure; the same input gives the same answer.
    #[must_use]
    pub fn screen(&self, query: &Query) -> Screening {
        let ages: Option<Vec<i64>> =
            self.lists.iter().map(|list| list.age_days(query.as_of)).collect();
        let mut screening = Screening {
            outcome: Outcome::Unknown,
            unscreened: self.unscreened(query),
            hits: Vec::new(),
            hits_found: 0,
            lists: self.lists.iter().map(used).collect(),
            age_days: ages.and_then(|ages| ages.into_iter().max()),
            threshold_bp: self.thresholds.name_bp,
        };
        if matches!(screening.unscreened, Some(Unscreened::NoList | Unscreened::TooLarge)) {
            return screening;
        }
        let mut found = self.by_identifier(query);
        for name in &query.names {
            self.by_name(name, query, &mut found, |form| {
                self.index.candidates(form, self.thresholds.name_bp)
            });
        }
        screening.hits_found = found.len();
        screening.hits = self.report(found);
        screening.outcome = match (screening.hits.is_empty(), screening.unscreened) {
            (false, _) => Outcome::Hit,
            (true, Some(_)) => Outcome::Unknown,
            (true, None) => Outcome::Clear,
        };
        if screening.outcome == Outcome::Hit {
            screening.unscreened = None;
        }
        screening
    }

    fn unscreened(&self, query: &Query) -> Option<Unscreened> {
        if self.lists.is_empty() {
            return Some(Unscreened::NoList);
        }
        let large = query.names.len() > QUERY_NAMES_MAX
            || query.identifiers.len() > QUERY_IDENTIFIERS_MAX
            || query.names.iter().any(|name| name.len() > QUERY_NAME_BYTES_MAX);
        if large {
            return Some(Unscreened::TooLarge);
        }
        let names: Vec<Normal> = query.names.iter().map(|name| Normal::of(name)).collect();
        if names.iter().all(|name| name.tokens.is_empty()) {
            return Some(Unscreened::NoName);
        }
        let latin = |name: &Normal| {
            !name.tokens.is_empty() && name.tokens.iter().all(|token| is_latin(token))
        };
        (!names.iter().any(latin)).then_some(Unscreened::ScriptNotCovered)
    }

    fn entry(&self, at: NameRef) -> Option<&Entry> {
        self.lists.get(usize::from(at.list))?.entries().get(at.entry as usize)
    }

    fn by_identifier(&self, query: &Query) -> Vec<Found<'_>> {
        let mut found: Vec<Found<'_>> = Vec::new();
        for asked in &query.identifiers {
            let key = plain(&asked.value);
            let start = self.identifiers.partition_point(|(k, _)| **k < *key);
            let same = self.identifiers.iter().skip(start).take_while(|(k, _)| *k == key);
            for (_, at) in same {
                let Some(entry) = self.entry(*at) else { continue };
                let Some(listed) = entry.identifiers.get(usize::from(at.name)) else { continue };
                let other_scheme = asked.scheme != listed.scheme;
                let other_country = differ(asked.country.as_deref(), listed.country.as_deref());
                let short = key.chars().count() < IDENTIFIER_ANY_SCHEME_MIN;
                if short && (other_scheme || other_country) {
                    continue;
                }
                let mut why = vec![Reason::SameIdentifier {
                    scheme: listed.scheme,
                    value: listed.value.to_string(),
                }];
                let details = u32::from(other_scheme) + u32::from(other_country);
                if details > 0 {
                    why.push(Reason::IdentifierDetailDiffers);
                }
                let (birth, kind) = (birth_reason(query, entry), kind_reason(query, entry));
                let lowers = |(bp, _): &(u32, Reason)| *bp > 0;
                let more = u32::from(birth.as_ref().is_some_and(lowers)) + u32::from(kind.is_some());
                why.extend(birth.into_iter().chain(kind).map(|(_, reason)| reason));
                let score_bp = IDENTIFIER_BP - IDENTIFIER_DETAIL_BP * (details + more);
                let at = (at.list, at.entry);
                keep(&mut found, Found { at, entry, score_bp, channel: Channel::Identifier, why });
            }
        }
        found
    }

    /// Compare one name, in each of its forms, with the listed forms `choose` names.
    fn by_name<'a>(
        &'a self,
        name: &str,
        query: &Query,
        found: &mut Vec<Found<'a>>,
        choose: impl Fn(&[Owned]) -> Vec<u32>,
    ) {
        let (mut alignment, mut listed) = (Alignment::default(), Vec::new());
        for form in Normal::of(name).query_forms() {
            let owned = self.index.weigh(&form);
            let asked: Vec<Token<'_>> = owned.iter().map(Owned::view).collect();
            for number in choose(&owned) {
                let Some(at) = self.index.name(number) else { continue };
                let Some(entry) = self.entry(at) else { continue };
                let Some(listed_name) = entry.names.get(usize::from(at.name)) else { continue };
                listed.clear();
                self.index.tokens(number, &mut listed);
                let score = alignment.score(&asked, &listed, entry.kind);
                let weak = listed_name.strength == Strength::Weak;
                let Some(bp) = self.name_bp(score, weak) else { continue };
                let (birth, kind) = (birth_reason(query, entry), kind_reason(query, entry));
                let less: u32 = birth.iter().chain(&kind).map(|(bp, _)| bp).sum();
                let score_bp = bp.saturating_sub(less);
                let better = |f: &Found<'_>| {
                    f.at == (at.list, at.entry) && f.score_bp >= score_bp
                };
                if score_bp < self.thresholds.name_bp || found.iter().any(better) {
                    continue;
                }
                let tokens = alignment.explain(&asked, &listed);
                let mut why = vec![names_reason(name, &listed_name.text, tokens)];
                why.extend(weak.then_some(Reason::WeakAlias));
                why.extend(score.same_letters.then_some(Reason::SameLetters));
                why.extend(birth.into_iter().chain(kind).map(|(_, reason)| reason));
                let (at, channel) = ((at.list, at.entry), score.channel);
                keep(found, Found { at, entry, score_bp, channel, why });
            }
        }
    }

    /// Score of a name before dates and kinds; `None` below the threshold.
    fn name_bp(&self, score: NameScore, weak: bool) -> Option<u32> {
        let bp = match (weak, score.channel) {
            (true, Channel::Exact) => WEAK_EXACT_BP.max(self.thresholds.name_bp),
            (true, _) => return None,
            (false, Channel::Exact) => EXACT_BP,
            (false, _) => score.bp,
        };
        (bp >= self.thresholds.name_bp).then_some(bp)
    }

    fn report(&self, mut found: Vec<Found<'_>>) -> Vec<Hit> {
        found.sort_by(|a, b| b.score_bp.cmp(&a.score_bp).then(a.at.cmp(&b.at)));
        let list = |at: (u16, u32)| self.lists.get(usize::from(at.0)).map_or("", List::id);
        found
            .into_iter()
            .take(HITS_MAX)
            .map(|f| Hit {
                list: list(f.at).to_owned(),
                entry: f.entry.id.to_string(),
                reference: f.entry.reference.as_deref().map(str::to_owned),
                score_bp: f.score_bp,
                channel: f.channel,
                why: f.why,
            })
            .collect()
    }

    /// As [`Screener::screen`] finds names, comparing every listed name instead of candidates.
    #[cfg(test)]
    pub(super) fn scan(&self, query: &Query) -> Vec<Hit> {
        let mut found = self.by_identifier(query);
        for name in &query.names {
            self.by_name(name, query, &mut found, |_| (0..self.index.len()).collect());
        }
        self.report(found)
    }
}

/// Keep one find per entry: the stronger one first, with the reasons of both.
fn keep<'a>(found: &mut Vec<Found<'a>>, mut new: Found<'a>) {
    let Some(old) = found.iter_mut().find(|old| old.at == new.at) else {
        return found.push(new);
    };
    if (new.channel, new.score_bp) > (old.channel, old.score_bp) {
        std::mem::swap(old, &mut new);
    }
    if old.channel == Channel::Identifier && new.channel != Channel::Identifier {
        old.why.extend(new.why);
    }
}

fn used(list: &List) -> ListUsed {
    ListUsed { id: list.id().to_owned(), digest: list.digest(), published: list.published() }
}

fn names_reason(query: &str, listed: &str, tokens: Vec<TokenMatch>) -> Reason {
    Reason::Names { query: query.to_owned(), listed: listed.to_owned(), tokens }
}

/// Letters and digits of an identifier, in one case.
fn plain(value: &str) -> Box<str> {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

fn differ(a: Option<&str>, b: Option<&str>) -> bool {
    a.zip(b).is_some_and(|(a, b)| Normal::of(a).tokens != Normal::of(b).tokens)
}

fn birth_reason(query: &Query, entry: &Entry) -> Option<(u32, Reason)> {
    let asked = query.birth?;
    let agrees = |listed: &&Birth| listed.meets(asked) || listed.is_swap_of(asked);
    if let Some(listed) = entry.births.iter().find(agrees) {
        return Some((0, Reason::BirthAgrees { listed: *listed }));
    }
    let years = entry.births.iter().map(|listed| listed.years_apart(asked)).min()?;
    let less = if years >= 2 { BIRTH_FAR_BP } else { BIRTH_NEAR_BP };
    Some((less, Reason::BirthDiffers { years }))
}

fn kind_reason(query: &Query, entry: &Entry) -> Option<(u32, Reason)> {
    use SubjectKind::{Aircraft, Organisation, Person, Vessel};
    let less = match (query.kind?, entry.kind) {
        (a, b) if a == b => return None,
        (Person, Vessel | Aircraft) | (Vessel | Aircraft, Person) => 2_500,
        (Person, Organisation) | (Organisation, Person) => 1_000,
        _ => 500,
    };
    Some((less, Reason::KindDiffers { listed: entry.kind }))
}
