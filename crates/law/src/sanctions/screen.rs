//! The screener: identifiers first, then names in every form, then what lowers a score.

use std::rc::Rc;

use canon::{Date, Digest};

use super::birth::Birth;
use super::forms;
use super::index::Search;
use super::list::{Age, List, Strength, SubjectKind};
use super::name::{Class, Normal};
use super::part::{Part, plain};
use super::score::{Alignment, Channel, EXACT_BP, NameScore, Reason, TokenMatch};
use super::screening::{
    HITS_MAX, Hit, ListUsed, Outcome, QUERY_IDENTIFIERS_MAX, QUERY_NAME_BYTES_MAX, QUERY_NAMES_MAX,
    Query, Screening, Thresholds, Unscreened,
};
use super::similar::{Owned, Token};
use super::whole::{self, Letter};

/// Score of a weak alias, counted only when equal.
const WEAK_EXACT_BP: u32 = 9_000;
/// Score of an identifier that agrees in everything known.
const IDENTIFIER_BP: u32 = 10_000;
/// Taken from an identifier's score for each thing that disagrees; four of them stay above a name.
const IDENTIFIER_DETAIL_BP: u32 = 20;
/// What an identifier tells: as much as nine words no other name has.
const IDENTIFIER_TOLD: u32 = 1_000;
/// What an equal day of birth tells, ten for each halving of the bearers.
const BIRTH_DAY_TOLD: u32 = 140;
/// What an equal year or a span of years tells.
const BIRTH_YEAR_TOLD: u32 = 55;
/// Fewest letters and digits for an identifier to match under another scheme.
const IDENTIFIER_ANY_SCHEME_MIN: usize = 6;
/// Taken when every listed date of birth is at least two years off.
const BIRTH_FAR_BP: u32 = 1_200;
/// Taken when dates of birth differ by less.
const BIRTH_NEAR_BP: u32 = 300;

/// Lists ready to be searched.
#[derive(Debug)]
pub struct Screener {
    lists: Vec<List>,
    thresholds: Thresholds,
    parts: Vec<Part>,
}

struct Found<'a> {
    part: &'a Part,
    /// Number of the part and of the record in it.
    at: (usize, u32),
    score_bp: u32,
    told: u32,
    channel: Channel,
    why: Vec<Reason>,
}

impl Screener {
    /// Index the lists; done once per set of lists.
    #[must_use]
    pub fn build(lists: Vec<List>, thresholds: Thresholds) -> Self {
        let (part, lists) = Part::of(lists);
        Self { lists, thresholds, parts: vec![part] }
    }

    /// The same, and further lists beside: a word weighs by the names it was indexed with.
    #[must_use]
    pub fn beside(mut self, lists: Vec<List>) -> Self {
        if !lists.is_empty() {
            let (part, lists) = Part::of(lists);
            self.parts.push(part);
            self.lists.extend(lists);
        }
        self
    }

    pub(super) fn of(part: (Part, Vec<List>), thresholds: Thresholds) -> Self {
        Self { lists: part.1, thresholds, parts: vec![part.0] }
    }

    /// The lists, in the order given.
    #[must_use]
    pub fn lists(&self) -> &[List] {
        &self.lists
    }

    /// Digest of a record as it stands, by its list and its number there.
    #[must_use]
    pub fn record_sha256(&self, list: &str, entry: &str) -> Option<Digest> {
        let list = self.lists.iter().find(|known| known.id() == list)?;
        list.rows().find(|(id, _)| *id == entry).map(|(_, digest)| digest)
    }

    /// The lists whose age counts: the published ones, or those of packs where there is no other.
    pub fn counted(&self) -> impl Iterator<Item = &List> {
        let published = self.lists.iter().any(|list| !list.is_cited());
        self.lists.iter().filter(move |list| !(published && list.is_cited()))
    }

    /// See [`Screening::age_days`].
    fn age_days(&self, as_of: Date) -> Option<i64> {
        let (mut oldest, mut ahead) = (None, None);
        for list in self.counted() {
            match list.age(as_of) {
                Age::Undated => return None,
                Age::Days(days) => oldest = oldest.max(Some(days)),
                Age::Future(days) => ahead = ahead.max(Some(days)),
            }
        }
        ahead.map(i64::saturating_neg).or(oldest)
    }

    /// What a word weighs where it weighs most.
    pub(super) fn weight_of(&self, word: &str) -> u32 {
        self.parts.iter().map(|part| part.index.weight_of(word)).max().unwrap_or(0)
    }

    /// Whether any listed word could be paired with this one, initials aside.
    pub(super) fn resembles(&self, word: &str) -> bool {
        self.parts.iter().any(|part| part.index.resembles(word))
    }

    /// Screen one subject. Total and pure; the same input gives the same answer.
    #[must_use]
    pub fn screen(&self, query: &Query) -> Screening {
        let mut screening = Screening {
            outcome: Outcome::Unknown,
            unscreened: self.unscreened(query),
            hits: Vec::new(),
            hits_found: 0,
            lists: self.lists.iter().map(used).collect(),
            age_days: self.age_days(query.as_of),
            threshold_bp: self.thresholds.name_bp(),
            subject_sha256: None,
            silenced: Vec::new(),
        };
        if matches!(screening.unscreened, Some(Unscreened::NoList | Unscreened::TooLarge)) {
            return screening;
        }
        let mut found = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let (index, at) = (&part.index, (number, part));
            let mut search = Search::default();
            by_identifier(query, at, &mut found);
            for name in &query.names {
                self.by_name(name, query, at, &mut found, |form| {
                    index.candidates(form, self.thresholds.name_bp(), &mut search)
                });
                self.by_letters(name, query, at, &mut found, |text| index.with_letters(text));
            }
        }
        screening.hits_found = found.len();
        screening.hits = self.report(found);
        screening.outcome = match (screening.hits.is_empty(), screening.unscreened) {
            (false, _) => Outcome::Hit,
            (true, Some(_)) => Outcome::Unknown,
            (true, None) => Outcome::Clear,
        };
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
        let told = |text: &str| text.chars().any(char::is_alphanumeric);
        if !query.names.iter().any(|name| told(name)) {
            return Some(Unscreened::NoName);
        }
        let read = |word: &str| !told(word) || !Normal::of(word).tokens.is_empty();
        let covered = |name: &String| told(name) && name.split_whitespace().all(read);
        (!query.names.iter().any(covered)).then_some(Unscreened::ScriptNotCovered)
    }

    /// Compare one name, in each of its forms, with the listed forms `choose` names.
    fn by_name<'a>(
        &'a self,
        name: &str,
        query: &Query,
        (number, part): (usize, &'a Part),
        found: &mut Vec<Found<'a>>,
        mut choose: impl FnMut(&[Rc<Owned>]) -> Vec<u32>,
    ) {
        let index = &part.index;
        let (mut alignment, mut listed) = (Alignment::default(), Vec::new());
        let mut known = Vec::new();
        for form in forms::of(name, index) {
            let owned = index.weigh(&form, &mut known);
            let by_bones = index.by_bones(&owned);
            let asked: Vec<Token<'_>> = owned.iter().map(|token| token.view()).collect();
            for candidate in choose(&owned) {
                let Some((name_at, record)) = index.name(candidate) else { continue };
                let Some((text, strength)) = part.records.name(name_at) else { continue };
                let entry_kind = part.records.kind(record);
                listed.clear();
                index.tokens(candidate, by_bones, &mut listed);
                let family = family(text, entry_kind);
                let score = alignment.score(&asked, &listed, entry_kind, family);
                let words = listed.iter().filter(|token| token.class == Class::Word);
                let weak = strength == Strength::Weak && words.count() < 2;
                let Some(bp) = self.name_bp(score, weak) else { continue };
                let births = part.records.births(record);
                let (birth, kind) = (birth_reason(query, births), kind_reason(query, entry_kind));
                let less: u32 = birth.iter().chain(&kind).map(|(bp, _)| bp).sum();
                let score_bp = bp.saturating_sub(less);
                let at = (number, record);
                let better = |f: &Found<'_>| f.at == at && f.score_bp >= score_bp;
                if score_bp < self.thresholds.name_bp() || found.iter().any(better) {
                    continue;
                }
                let tokens = alignment.explain(&asked, &listed);
                let mut why = vec![names_reason(name, text, tokens)];
                why.extend(weak.then_some(Reason::WeakAlias));
                why.extend(score.same_letters.then_some(Reason::SameLetters));
                why.extend(birth.into_iter().chain(kind).map(|(_, reason)| reason));
                let told = (score.told + birth_told(&why)).saturating_sub(less / 100);
                keep(found, Found { part, at, score_bp, told, channel: score.channel, why });
            }
        }
    }

    /// Compare the letters of one name with those of the listed names `choose` gives.
    fn by_letters<'a>(
        &'a self,
        name: &str,
        query: &Query,
        (number, part): (usize, &'a Part),
        found: &mut Vec<Found<'a>>,
        choose: impl FnOnce(&str) -> Vec<u32>,
    ) {
        let index = &part.index;
        let letters = whole::letters_of(name);
        let threshold = self.thresholds.name_bp();
        for candidate in choose(&letters) {
            let Some((name_at, record)) = index.name(candidate) else { continue };
            let Some((text, strength)) = part.records.name(name_at) else { continue };
            let entry_kind = part.records.kind(record);
            let weak = strength == Strength::Weak;
            let like = whole::alike(&letters, text, entry_kind);
            let like = like.filter(|(how, _)| !weak || whole::tells(&letters, *how));
            let Some((how, bp)) = like else { continue };
            let births = part.records.births(record);
            let (birth, kind) = (birth_reason(query, births), kind_reason(query, entry_kind));
            let less: u32 = birth.iter().chain(&kind).map(|(bp, _)| bp).sum();
            let score_bp = bp.saturating_sub(less);
            let at = (number, record);
            let better = |f: &Found<'_>| f.at == at && f.score_bp >= score_bp;
            if score_bp < threshold || found.iter().any(better) {
                continue;
            }
            let asked = index.weigh(&Normal::of(name).tokens, &mut Vec::new());
            let asked: Vec<Token<'_>> = asked.iter().map(|token| token.view()).collect();
            let (mut alignment, mut tokens) = (Alignment::default(), Vec::new());
            index.tokens(candidate, false, &mut tokens);
            let score = alignment.score(&asked, &tokens, entry_kind, 0);
            let tokens = alignment.explain(&asked, &tokens);
            let mut why = vec![names_reason(name, text, tokens)];
            why.extend(weak.then_some(Reason::WeakAlias));
            why.extend_from_slice(match how {
                Letter::Same => &[Reason::SameLetters],
                Letter::Slip => &[Reason::OneSlip],
                Letter::LeftOut => &[Reason::WordLeftOut],
                Letter::LeftOutSlip => &[Reason::WordLeftOut, Reason::OneSlip],
                Letter::CutShort => &[Reason::CutShort],
                Letter::Heard => &[Reason::SameConsonants],
            });
            why.extend(birth.into_iter().chain(kind).map(|(_, reason)| reason));
            let told = (score.told + birth_told(&why)).saturating_sub(less / 100);
            keep(found, Found { part, at, score_bp, told, channel: Channel::Fuzzy, why });
        }
    }

    /// Score of a name before dates and kinds; `None` below the threshold.
    fn name_bp(&self, score: NameScore, weak: bool) -> Option<u32> {
        let bp = match (weak, score.channel) {
            (true, Channel::Exact) => WEAK_EXACT_BP.max(self.thresholds.name_bp()),
            (true, _) => return None,
            (false, Channel::Exact) => EXACT_BP,
            (false, _) => score.bp,
        };
        (bp >= self.thresholds.name_bp()).then_some(bp)
    }

    /// Id of the list of a record: those of a part stand after those of the parts before.
    fn list_of(&self, (number, record): (usize, u32)) -> &str {
        let before = self.parts.iter().take(number).map(Part::lists).sum::<usize>();
        let own = self.parts.get(number).map_or(0, |part| part.list_of(record));
        self.lists.get(before + own).map_or("", List::id)
    }

    fn report(&self, mut found: Vec<Found<'_>>) -> Vec<Hit> {
        let rank = |f: &Found<'_>| std::cmp::Reverse((f.score_bp, f.told));
        found.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.at.cmp(&b.at)));
        let id = |record: &Found<'_>| record.part.records.id(record.at.1).to_owned();
        let reference = |f: &Found<'_>| f.part.records.reference(f.at.1).map(str::to_owned);
        found
            .into_iter()
            .take(HITS_MAX)
            .map(|f| Hit {
                list: self.list_of(f.at).to_owned(),
                entry: id(&f),
                reference: reference(&f),
                score_bp: f.score_bp,
                told: f.told,
                channel: f.channel,
                why: f.why,
            })
            .collect()
    }

    /// As [`Screener::screen`] finds names, comparing every listed name instead of candidates.
    #[cfg(test)]
    pub(super) fn scan(&self, query: &Query) -> Vec<Hit> {
        let mut found = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let (all, at) = (|| (0..part.index.len()).collect(), (number, part));
            by_identifier(query, at, &mut found);
            for name in &query.names {
                self.by_name(name, query, at, &mut found, |_| all());
                self.by_letters(name, query, at, &mut found, |_| all());
            }
        }
        self.report(found)
    }
}

fn by_identifier<'a>(query: &Query, (number, part): (usize, &'a Part), found: &mut Vec<Found<'a>>) {
    for asked in &query.identifiers {
        let key = plain(&asked.value);
        for (at, record) in part.identified(&key) {
            let Some(listed) = part.records.identifier(at) else { continue };
            let other_scheme = asked.scheme != listed.scheme;
            let other_country = differ(asked.country.as_deref(), listed.country.as_deref());
            let short = key.chars().count() < IDENTIFIER_ANY_SCHEME_MIN;
            if short && (other_scheme || other_country) {
                continue;
            }
            let value = listed.value.to_string();
            let mut why = vec![Reason::SameIdentifier { scheme: listed.scheme, value }];
            let details = u32::from(other_scheme) + u32::from(other_country);
            if details > 0 {
                why.push(Reason::IdentifierDetailDiffers);
            }
            let birth = birth_reason(query, part.records.births(record));
            let kind = kind_reason(query, part.records.kind(record));
            let lowers = |(bp, _): &(u32, Reason)| *bp > 0;
            let more = u32::from(birth.as_ref().is_some_and(lowers)) + u32::from(kind.is_some());
            why.extend(birth.into_iter().chain(kind).map(|(_, reason)| reason));
            let score_bp = IDENTIFIER_BP - IDENTIFIER_DETAIL_BP * (details + more);
            let (told, channel) = (IDENTIFIER_TOLD, Channel::Identifier);
            keep(found, Found { part, at: (number, record), score_bp, told, channel, why });
        }
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

fn differ(a: Option<&str>, b: Option<&str>) -> bool {
    a.zip(b).is_some_and(|(a, b)| Normal::of(a).tokens != Normal::of(b).tokens)
}

fn birth_reason(query: &Query, births: &[Birth]) -> Option<(u32, Reason)> {
    let asked = query.birth?;
    let agrees = |listed: &&Birth| listed.meets(asked) || listed.is_swap_of(asked);
    if let Some(listed) = births.iter().find(agrees) {
        return Some((0, Reason::BirthAgrees { listed: *listed }));
    }
    let years = births.iter().map(|listed| listed.years_apart(asked)).min()?;
    let less = if years >= 2 { BIRTH_FAR_BP } else { BIRTH_NEAR_BP };
    Some((less, Reason::BirthDiffers { years }))
}

/// How many words stand before the comma of a person's name: its family name.
fn family(listed: &str, kind: SubjectKind) -> usize {
    let before = listed.split_once(',').filter(|_| kind == SubjectKind::Person);
    before.map_or(0, |(family, _)| family.split([' ', '-']).filter(|word| !word.is_empty()).count())
}

fn birth_told(why: &[Reason]) -> u32 {
    let told = |reason: &Reason| match reason {
        Reason::BirthAgrees { listed } if listed.is_day() => BIRTH_DAY_TOLD,
        Reason::BirthAgrees { .. } => BIRTH_YEAR_TOLD,
        _ => 0,
    };
    why.iter().map(told).sum()
}

fn kind_reason(query: &Query, listed: SubjectKind) -> Option<(u32, Reason)> {
    use SubjectKind::{Aircraft, Organisation, Person, Vessel};
    let less = match (query.kind?, listed) {
        (a, b) if a == b => return None,
        (Person, Vessel | Aircraft) | (Vessel | Aircraft, Person) => 2_500,
        (Person, Organisation) | (Organisation, Person) => 1_000,
        _ => 500,
    };
    Some((less, Reason::KindDiffers { listed }))
}
