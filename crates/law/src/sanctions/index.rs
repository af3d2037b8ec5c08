//! Where to look: which listed names can reach the threshold for a query at all.
//!
//! Names are stored as numbers of interned words; every word knows the names that contain it. For
//! a query each word's neighbours (equal, same sound, within the allowed edits, initials) are found
//! among all distinct sounds, and each name collects the most its words could contribute.
//!
//! **Invariant:** the sum never understates a name's score, so a name below the threshold here is
//! below it in [`super::score`] too. With `m` the weight of a pair, `s` its similarity, `T` the
//! threshold, `q` the weight of its queried token and `l` what its listed token counts when it is
//! missing, `Q` and `L` the sums of these over both names, `c` the smallest share at which missing listed words count:
//!
//! ```text
//! score >= T  =>  sum m*s >= T*(sum m + (Q - sum q) + c*(L - sum l))
//!             =>  sum ( m*max(s - T, 0) + T*q + c*T*l ) >= T*Q + c*T*L
//! ```
//!
//! Legal forms are left out of `Q` and `L`, and initials, particles and words of two or three
//! letters are granted the most they could bring: all of that only widens the choice.

use std::rc::Rc;
use std::sync::OnceLock;

use super::flat::flat;
use super::list::Strength;
use super::name::{Class, Normal, class_of, sound};
use super::records::Records;
use super::score::{
    PERSON_MISSING_TENTHS, SAME_LETTERS_MIN, SHORT_WEIGHT_MAX, TokenRule, WORD_WEIGHT_MAX, is_bare,
    letters, missing_weight, pair_weight, weight_of,
};
use super::script::{bones, is_foreign};
use super::similar::{EQUAL_BP, INITIAL_BP, Letters, Owned, SHORT_MAX, Token, initial_of};
use super::table::{NOTHING, Rows, Table, Words, number};
use super::whole::Whole;

/// Names counted at least, so that words of a short list do not all look common.
const NAMES_MIN: u32 = 4_096;

/// The most each form can score so far, ten-thousandths of basis-point weights times ten.
#[derive(Debug, Default)]
struct Reach {
    sums: Vec<u32>,
    /// Last token that brought the form something, from 1.
    by: Vec<u16>,
    token: u16,
    touched: Vec<u32>,
}

impl Reach {
    /// Ready for another query.
    fn clear(&mut self, forms: usize) {
        for form in self.touched.drain(..) {
            let at = form as usize;
            if let (Some(sum), Some(by)) = (self.sums.get_mut(at), self.by.get_mut(at)) {
                (*sum, *by) = (0, 0);
            }
        }
        self.sums.resize(forms, 0);
        self.by.resize(forms, 0);
        self.token = 0;
    }

    fn next_token(&mut self) {
        self.token = self.token.saturating_add(1);
    }

    fn add(&mut self, form: u32, gain: u32) {
        let at = form as usize;
        let (Some(sum), Some(by)) = (self.sums.get_mut(at), self.by.get_mut(at)) else { return };
        if *by == self.token {
            return;
        }
        if *by == 0 {
            self.touched.push(form);
        }
        *by = self.token;
        *sum = sum.saturating_add(gain);
    }
}

/// A listed word near a queried one, the rule, and how alike they are.
type Near = (u32, TokenRule, u32);

/// What is kept between the forms of one query: they share most of their tokens.
#[derive(Debug, Default)]
pub(super) struct Search {
    reach: Reach,
    near: Vec<(String, Vec<Near>)>,
    words: Vec<(u32, u32)>,
}

/// The index over the names of all loaded lists.
#[derive(Debug)]
pub(super) struct Index {
    /// Distinct words in normal form.
    words: Words,
    classes: Vec<Class>,
    weights: Vec<u8>,
    /// Word → its spelling and its sound; [`NOTHING`] for what is never compared by letters.
    letters_of: [Vec<u32>; 2],
    /// Distinct spellings and sounds.
    tables: [Table; 2],
    /// Consonants of the words, made when a script without vowels is first asked for.
    bones: OnceLock<(Table, Vec<u32>)>,
    /// Whether an entry has no name in Latin letters.
    foreign_only: bool,
    /// Form → words.
    forms: Rows,
    /// Form → its name, and the record of that.
    names: Vec<(u32, u32)>,
    bare: Vec<bool>,
    /// Form → what its words count when they are missing, legal forms aside.
    told: Vec<u32>,
    /// Word → forms.
    found_in: Rows,
    /// Hash of a form's letters, form; sorted.
    same_letters: Vec<(u64, u32)>,
    /// Names by all their letters; the number is that of their first form.
    whole: Whole,
}

flat!(Index {
    words, classes, weights, letters_of, tables, foreign_only, forms, names, bare, told, found_in,
    same_letters, whole,
} else { bones: OnceLock::new() });

fn hash_letters(letters: impl Iterator<Item = char>) -> u64 {
    letters.fold(0xcbf2_9ce4_8422_2325, |hash: u64, c| {
        (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Every form of every name, with its name, its record, and its words as text.
fn forms_of(records: &Records) -> impl Iterator<Item = ((u32, u32), Vec<String>)> {
    (0..records.len()).flat_map(move |record| {
        records.names_of(record).flat_map(move |name| {
            let text = records.name(name).map_or("", |(text, _)| text);
            Normal::of(text).forms().map(move |form| ((name, record), form))
        })
    })
}

impl Index {
    pub(super) fn build(records: &Records) -> Self {
        let mut words = Words::default();
        let (mut forms, mut names, mut pairs) = (Rows::default(), Vec::new(), Vec::new());
        for (at, form) in forms_of(records) {
            let here = number(names.len());
            let row: Vec<u32> = form.iter().map(|word| words.add(word)).collect();
            let first = |at: usize, word: &u32| row.iter().take(at).all(|before| before != word);
            let distinct = row.iter().enumerate().filter(|(at, word)| first(*at, word));
            pairs.extend(distinct.map(|(_, word)| (*word, here)));
            forms.push(row.into_iter());
            names.push(at);
        }
        let found_in = Rows::group(&pairs, words.len());
        drop(pairs);
        let all = || (0..number(words.len())).map(|word| words.rows.get(word));
        let classes: Vec<Class> = all().map(class_of).collect();
        let total = number(names.len()).max(NAMES_MIN);
        let weights = classes.iter().zip(0u32..).map(|(class, word)| {
            let found = number(found_in.get(word).len());
            let weight = weight_of(words.rows.get(word), *class, total, found);
            u8::try_from(weight).unwrap_or(u8::MAX)
        });
        let weights = weights.collect();
        let mut index = Self {
            weights,
            bones: OnceLock::new(),
            foreign_only: false,
            words,
            letters_of: Default::default(),
            tables: Default::default(),
            forms,
            bare: Vec::new(),
            told: Vec::new(),
            names,
            found_in,
            same_letters: Vec::new(),
            whole: Whole::default(),
            classes,
        };
        let foreign = |name| records.name(name).is_some_and(|(text, _)| is_foreign(text));
        index.foreign_only = (0..records.len()).any(|r| records.names_of(r).all(foreign));
        index.add_letters();
        index.add_forms();
        index.add_whole(records);
        index.shrink();
        index
    }

    fn add_letters(&mut self) {
        let rules = [TokenRule::Equal, TokenRule::Sound];
        for ((same, table), letters_of) in
            rules.into_iter().zip(&mut self.tables).zip(&mut self.letters_of)
        {
            let kind = |word: &str| match same {
                TokenRule::Sound => sound(word),
                _ => word.to_owned(),
            };
            let words = (0u32..).zip(&self.classes).filter(|(_, class)| **class == Class::Word);
            let items = words.map(|(word, _)| (kind(self.words.rows.get(word)), word));
            (*table, *letters_of) = Table::of(items, self.classes.len(), same);
        }
    }

    fn add_forms(&mut self) {
        let mut hashes = Vec::with_capacity(self.names.len());
        let mut bare = Vec::with_capacity(self.names.len());
        let mut told = Vec::with_capacity(self.names.len());
        let mut tokens = Vec::new();
        for form in 0..number(self.names.len()) {
            let classes = self.forms.get(form).iter().filter_map(|w| self.classes.get(*w as usize));
            bare.push(is_bare(classes.copied()));
            self.tokens(form, false, &mut tokens);
            let counted = tokens.iter().filter(|token| token.class != Class::LegalForm);
            told.push(counted.map(|token| missing_weight(token.weight)).sum());
            if letters(&tokens).nth(SAME_LETTERS_MIN - 1).is_some() {
                hashes.push((hash_letters(letters(&tokens)), form));
            }
            tokens.clear();
        }
        hashes.sort_unstable();
        drop(tokens);
        (self.bare, self.told) = (bare, told);
        self.same_letters = hashes;
    }

    fn add_whole(&mut self, records: &Records) {
        let first = |at: usize| at.checked_sub(1).and_then(|before| self.names.get(before));
        let names = self.names.iter().zip(0u32..).filter_map(|(at, form)| {
            if first(form as usize) == Some(at) {
                return None;
            }
            let (text, strength) = records.name(at.0)?;
            Some((text, records.kind(at.1), strength == Strength::Weak, form))
        });
        self.whole = Whole::of(names);
    }

    /// First forms of the listed names that may have the letters of a queried one.
    pub(super) fn with_letters(&self, query: &str) -> Vec<u32> {
        self.whole.like(query)
    }

    fn shrink(&mut self) {
        self.words.rows.shrink();
        for rows in [&mut self.forms, &mut self.found_in] {
            rows.cells.shrink_to_fit();
            rows.ends.shrink_to_fit();
        }
        self.names.shrink_to_fit();
        self.same_letters.shrink_to_fit();
    }

    /// Number of indexed forms.
    #[cfg(test)]
    pub(super) fn len(&self) -> u32 {
        number(self.names.len())
    }

    /// Which name a form belongs to, and which record that.
    pub(super) fn name(&self, form: u32) -> Option<(u32, u32)> {
        self.names.get(form as usize).copied()
    }

    fn word(&self, text: &str) -> Option<u32> {
        self.words.find(text)
    }

    /// Weight of a word as it would count in a query.
    pub(super) fn weight_of(&self, text: &str) -> u32 {
        let known = self.word(text).map(|word| self.weight(word));
        known.unwrap_or_else(|| weight_of(text, class_of(text), u32::MAX, 1))
    }

    /// Whether a listed name has this very word.
    pub(super) fn knows(&self, text: &str) -> bool {
        self.word(text).is_some()
    }

    /// Whether any listed word could be paired with this one, initials aside.
    pub(super) fn resembles(&self, text: &str) -> bool {
        let token = Owned::of(text, |_, _| 1);
        let by_bones = match token.class {
            Class::Word => self.foreign_only,
            Class::Consonants => true,
            _ => return self.knows(text),
        };
        let [spellings, sounds] = &self.tables;
        let word = token.class == Class::Word;
        self.knows(text)
            || (word && spellings.has_alike(Letters::of(text), TokenRule::Equal))
            || (word && sounds.has_alike(Letters::of(&token.sound), TokenRule::Sound))
            || by_bones && self.bones().has_alike(Letters::of(&token.bones), TokenRule::Consonants)
    }

    fn weight(&self, word: u32) -> u32 {
        self.weights.get(word as usize).copied().map_or(0, u32::from)
    }

    fn letters(&self, word: u32) -> [Letters<'_>; 3] {
        let [spellings, sounds] = &self.tables;
        let [spelled, sounding] = &self.letters_of;
        let row = |rows: &Vec<u32>| rows.get(word as usize).copied().unwrap_or(NOTHING);
        let bones = self.bones.get().map(|(table, of)| table.get(row(of)));
        let bones = bones.unwrap_or_else(|| Letters::of(""));
        [spellings.get(row(spelled)), sounds.get(row(sounding)), bones]
    }

    /// The consonants of every word, made once.
    fn bones(&self) -> &Table {
        let made = self.bones.get_or_init(|| {
            let words = (0u32..).zip(&self.classes).filter_map(|(word, class)| {
                let text = match class {
                    Class::Word => bones(self.letters(word)[1].text),
                    Class::Consonants => Owned::of(self.words.rows.get(word), |_, _| 0).bones,
                    _ => return None,
                };
                (!text.is_empty()).then_some((text, word))
            });
            Table::of(words, self.classes.len(), TokenRule::Consonants)
        });
        &made.0
    }

    /// Whether a query with these tokens compares consonants; they are made ready then.
    pub(super) fn by_bones(&self, query: &[Rc<Owned>]) -> bool {
        let wanted =
            self.foreign_only || query.iter().any(|token| token.class == Class::Consonants);
        if wanted {
            self.bones();
        }
        wanted
    }

    /// The tokens of a listed form, appended to `out`; with their consonants only `by_bones`.
    pub(super) fn tokens<'a>(&'a self, form: u32, by_bones: bool, out: &mut Vec<Token<'a>>) {
        for word in self.forms.get(form) {
            let class = self.classes.get(*word as usize).copied().unwrap_or(Class::Word);
            let [letters, sound, bones] = self.letters(*word);
            let bones = if by_bones { bones } else { Letters::of("") };
            out.push(Token {
                text: self.words.rows.get(*word),
                letters,
                sound,
                bones,
                class,
                weight: self.weight(*word),
            });
        }
    }

    /// Weigh the tokens of one form of a query; `known` are those of the forms before.
    pub(super) fn weigh(&self, form: &[String], known: &mut Vec<Rc<Owned>>) -> Vec<Rc<Owned>> {
        let mut owned = |text: &String| {
            if let Some(token) = known.iter().find(|token| token.text == *text) {
                return Rc::clone(token);
            }
            let token = Rc::new(Owned::of(text, |text, _| self.weight_of(text)));
            known.push(Rc::clone(&token));
            token
        };
        form.iter().map(&mut owned).collect()
    }

    /// Every listed form whose score against `query` can reach `threshold_bp`, ordered.
    pub(super) fn candidates(
        &self,
        query: &[Rc<Owned>],
        threshold_bp: u32,
        search: &mut Search,
    ) -> Vec<u32> {
        let bare_query = is_bare(query.iter().map(|token| token.class));
        let Search { reach, near, words } = search;
        reach.clear(self.names.len());
        let (mut need, mut granted) = (0u64, 0u64);
        for token in query {
            let most = granted_weight(token);
            let paid = if most.is_some() { 0 } else { 10 * threshold_bp * token.weight };
            need += u64::from(paid);
            if let Some(most) = most {
                // It may be paired with a word that is not looked for; the most that can bring.
                let alike = 10 * most.min(token.weight) * EQUAL_BP.saturating_sub(threshold_bp);
                let paired = PERSON_MISSING_TENTHS * threshold_bp * missing_weight(most);
                granted += u64::from(alike + paired);
            }
            if matches!(token.class, Class::LegalForm | Class::Particle) && !bare_query {
                continue;
            }
            words.clear();
            for (word, rule, alike) in self.near(token, near) {
                let listed = self.weight(*word);
                let weight = pair_weight(*rule, token.weight, listed);
                let paired = PERSON_MISSING_TENTHS * threshold_bp * missing_weight(listed);
                let alike = 10 * weight * alike.saturating_sub(threshold_bp);
                words.push((alike + paired + paid, *word));
            }
            // Best first: a name counts the best pair of each queried token once.
            words.sort_unstable_by(|a, b| b.cmp(a));
            reach.next_token();
            for (gain, word) in words.iter() {
                self.found_in.get(*word).iter().for_each(|form| reach.add(*form, *gain));
            }
        }
        let missing = u64::from(PERSON_MISSING_TENTHS * threshold_bp);
        let reached = |form: &u32| {
            let at = *form as usize;
            let sum = reach.sums.get(at).copied().unwrap_or(0);
            let listed = self.told.get(at).copied().map_or(0, u64::from);
            let enough = u64::from(sum) + granted >= need + missing * listed;
            let bare = bare_query || self.bare.get(at).copied().unwrap_or(false);
            enough || bare || sum == u32::MAX
        };
        let mut out: Vec<u32> = reach.touched.iter().copied().filter(reached).collect();
        let views: Vec<Token<'_>> = query.iter().map(|token| token.view()).collect();
        let hash = hash_letters(letters(&views));
        let start = self.same_letters.partition_point(|(h, _)| *h < hash);
        let same = self.same_letters.iter().skip(start).take_while(|(h, _)| *h == hash);
        out.extend(same.map(|(_, form)| *form));
        out.sort_unstable();
        out.dedup();
        out
    }

    /// The neighbours of a token, looked up once for all forms of a query.
    fn near<'a>(&self, token: &Owned, near: &'a mut Vec<(String, Vec<Near>)>) -> &'a [Near] {
        let at = near.iter().position(|(text, _)| *text == token.text).unwrap_or_else(|| {
            let mut found = Vec::new();
            self.neighbours(token, |word, rule, alike| found.push((word, rule, alike)));
            near.push((token.text.clone(), found));
            near.len() - 1
        });
        near.get(at).map_or(&[], |(_, found)| found)
    }

    /// Every listed word a queried token can be paired with. A word may come more than once.
    fn neighbours(&self, token: &Owned, mut found: impl FnMut(u32, TokenRule, u32)) {
        if let Some(word) = self.word(&token.text) {
            found(word, TokenRule::Equal, EQUAL_BP);
        }
        if token.class == Class::Consonants || (self.foreign_only && token.class == Class::Word) {
            let bones = Letters::of(&token.bones);
            self.bones().alike(bones, TokenRule::Consonants, &mut found);
        }
        if token.class != Class::Word {
            // Words that begin with a queried initial are not enumerated: `candidates` grants them.
            return;
        }
        let first = token.text.chars().next().unwrap_or_default();
        if let Some(word) = self.word(first.encode_utf8(&mut [0; 4])) {
            found(word, TokenRule::Initial, INITIAL_BP);
        }
        let [spellings, sounds] = &self.tables;
        spellings.alike(Letters::of(&token.text), TokenRule::Equal, &mut found);
        sounds.alike(Letters::of(&token.sound), TokenRule::Sound, &mut found);
    }
}

/// The weight of a listed word that this token may be paired with although it is not among its
/// neighbours; `None` when all it can be paired with are.
fn granted_weight(token: &Owned) -> Option<u32> {
    match token.class {
        _ if initial_of(&token.text).is_some() => Some(WORD_WEIGHT_MAX),
        Class::LegalForm => Some(0),
        Class::Particle => Some(token.weight),
        Class::Word if token.text.chars().count() <= SHORT_MAX => Some(SHORT_WEIGHT_MAX),
        _ => None,
    }
}
