//! Names a screener must catch, and names it must not, made from loaded lists and a seed.
//!
//! Both are built by construction, never by screening them: an alias changes a listed name in
//! ways that keep its bearer (order, case, marks, legal form, one spelling or slip of the pen); a
//! near miss keeps the ordinary half of a listed name and replaces the telling half by invented
//! words that resemble no listed word. The same seed gives the same name, for any caller.

use super::list::{List, Strength, SubjectKind};
use super::name::{Class, Normal, class_of};
use super::screen::Screener;
use super::script::is_foreign;

/// Fewest letters of a word that is misspelled, when the name has other words.
const EDIT_LETTERS_MIN: usize = 6;
/// The same for a name of one word.
const EDIT_ALONE_LETTERS_MIN: usize = 8;
/// Tries to invent a word that resembles no listed one.
const INVENT_TRIES: u32 = 200;

/// One change made to a listed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Words in another order.
    Order,
    /// Legal forms left out.
    LegalForm,
    /// Upper and lower case.
    Case,
    /// Marks put on letters.
    Marks,
    /// One sound spelled another way.
    Spelling,
    /// One letter dropped, doubled, replaced or swapped with the next.
    Slip,
}

/// A changed listed name that must still be caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Id of the list.
    pub list: String,
    /// The record.
    pub entry: String,
    /// What the record is.
    pub kind: SubjectKind,
    /// The name as listed.
    pub listed: String,
    /// The changed name.
    pub name: String,
    /// What was changed, in order.
    pub changes: Vec<Change>,
}

/// A plausible name that must not be caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The name.
    pub name: String,
    /// What its bearer is.
    pub kind: SubjectKind,
    /// The listed name it shares words with.
    pub near: String,
}

/// Deterministic choices from a seed (SplitMix64, Steele et al. 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(1).max(1);
        usize::try_from(self.roll() % n).unwrap_or(0)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// Source of aliases and near misses over the lists of a screener.
#[derive(Debug)]
pub struct Variants<'a> {
    lists: &'a [List],
    screener: &'a Screener,
    /// List, entry and name of every name that can be varied.
    names: Vec<(usize, usize, usize)>,
}

impl<'a> Variants<'a> {
    /// Look over the screener's lists once.
    #[must_use]
    pub fn of(screener: &'a Screener) -> Self {
        let lists = screener.lists();
        let mut names = Vec::new();
        for (l, list) in lists.iter().enumerate() {
            for (e, entry) in list.entries().iter().enumerate() {
                for (n, name) in entry.names.iter().enumerate() {
                    let strong = name.strength != Strength::Weak;
                    if strong && !is_foreign(&name.text) && variable(&Normal::of(&name.text).tokens)
                    {
                        names.push((l, e, n));
                    }
                }
            }
        }
        Self { lists, screener, names }
    }

    fn choose(&self, kind: Option<SubjectKind>, dice: &mut Dice) -> Option<Alias> {
        for _ in 0..self.names.len().saturating_mul(4) {
            let (l, e, n) = *dice.pick(&self.names)?;
            let list = self.lists.get(l)?;
            let entry = list.entries().get(e)?;
            let name = entry.names.get(n)?;
            if kind.is_none_or(|kind| kind == entry.kind) {
                return Some(Alias {
                    list: list.id().to_owned(),
                    entry: entry.id.to_string(),
                    kind: entry.kind,
                    listed: name.text.to_string(),
                    name: name.text.to_string(),
                    changes: Vec::new(),
                });
            }
        }
        None
    }

    /// A listed name of `kind` (any when `None`), changed one to three times. `None` when the lists
    /// hold no name of that kind that can be changed.
    #[must_use]
    pub fn alias(&self, kind: Option<SubjectKind>, seed: u64) -> Option<Alias> {
        let mut dice = Dice(seed);
        let mut alias = self.choose(kind, &mut dice)?;
        let separate = |c: char| if matches!(c, ',' | '(' | ')' | '"' | '/') { ' ' } else { c };
        let plain: String = alias.listed.chars().map(separate).collect();
        let mut words: Vec<String> = plain.split_whitespace().map(str::to_owned).collect();
        let wanted = 1 + dice.below(3);
        let mut open = vec![
            Change::Order,
            Change::LegalForm,
            Change::Case,
            Change::Marks,
            Change::Spelling,
            Change::Slip,
        ];
        while alias.changes.len() < wanted && !open.is_empty() {
            let change = open.swap_remove(dice.below(open.len()));
            let done = apply(change, &mut words, &mut dice);
            if done && matches!(change, Change::Slip | Change::Spelling) {
                // One change of letters is a slip; two may be another name.
                open.retain(|c| !matches!(c, Change::Slip | Change::Spelling));
            }
            if done {
                alias.changes.push(change);
            }
        }
        alias.name = words.join(" ");
        Some(alias)
    }

    /// A name that shares the ordinary words of a listed one and none of its telling words.
    #[must_use]
    pub fn near_miss(&self, kind: Option<SubjectKind>, seed: u64) -> Option<NearMiss> {
        let mut dice = Dice(seed ^ 0x6e65_6172);
        let base = self.choose(kind, &mut dice)?;
        let mut tokens = Normal::of(&base.listed).tokens;
        let mut telling: Vec<usize> = (0..tokens.len())
            .filter(|i| {
                let class = tokens.get(*i).map(|token| class_of(token));
                matches!(class, Some(Class::Word | Class::Number))
            })
            .collect();
        telling.sort_by_key(|i| {
            std::cmp::Reverse(tokens.get(*i).map_or(0, |t| self.screener.weight_of(t)))
        });
        let half = telling.len().div_ceil(2);
        for at in telling.into_iter().take(half) {
            let invented = self.invent(&mut dice)?;
            if let Some(token) = tokens.get_mut(at) {
                *token = invented;
            }
        }
        let name: Vec<String> = tokens.iter().map(|token| capital(token)).collect();
        Some(NearMiss { name: name.join(" "), kind: base.kind, near: base.listed })
    }

    /// A pronounceable word of two or three syllables that resembles no listed word.
    fn invent(&self, dice: &mut Dice) -> Option<String> {
        const STARTS: [&str; 14] =
            ["b", "br", "d", "f", "gl", "h", "l", "m", "n", "p", "r", "t", "tr", "v"];
        const VOWELS: [&str; 6] = ["a", "e", "i", "o", "u", "ea"];
        const ENDS: [&str; 10] = ["l", "m", "n", "r", "nd", "rt", "lp", "mb", "ck", "st"];
        for _ in 0..INVENT_TRIES {
            let mut word = String::new();
            for _ in 0..2 + dice.below(2) {
                word.push_str(dice.pick(&STARTS)?);
                word.push_str(dice.pick(&VOWELS)?);
                word.push_str(dice.pick(&ENDS)?);
            }
            if !self.screener.resembles(&word) {
                return Some(word);
            }
        }
        None
    }
}

/// Whether a name has enough Latin letters to be changed and still tell its bearer.
fn variable(tokens: &[String]) -> bool {
    let words = || tokens.iter().filter(|token| class_of(token) == Class::Word);
    let long = |token: &String| token.chars().count() >= EDIT_ALONE_LETTERS_MIN;
    words().count() >= 2 || words().any(long)
}

fn capital(token: &str) -> String {
    let mut chars = token.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// Make one change; `false` when it does not apply to these words.
fn apply(change: Change, words: &mut Vec<String>, dice: &mut Dice) -> bool {
    match change {
        Change::Order => {
            let far = words.len();
            if far < 2 {
                return false;
            }
            words.rotate_left(1 + dice.below(far - 1));
            true
        }
        Change::LegalForm => {
            let legal = |word: &String| {
                let tokens = Normal::of(word).tokens;
                !tokens.is_empty() && tokens.iter().all(|t| class_of(t) == Class::LegalForm)
            };
            let before = words.len();
            let rest: Vec<String> = words.iter().filter(|word| !legal(word)).cloned().collect();
            let told = rest.iter().any(|word| word.chars().count() > 2);
            if rest.len() == before || !told {
                return false;
            }
            *words = rest;
            true
        }
        Change::Case => {
            let lower = dice.below(2) == 0;
            for word in words.iter_mut() {
                *word = if lower { word.to_lowercase() } else { word.to_uppercase() };
            }
            true
        }
        Change::Marks => words.iter_mut().fold(false, |done, word| {
            let marked: String = word.chars().map(mark).collect();
            let changed = marked != *word;
            *word = marked;
            done || changed
        }),
        Change::Spelling => edit_word(words, dice, respell),
        Change::Slip => edit_word(words, dice, slip),
    }
}

fn mark(c: char) -> char {
    match c {
        'a' => 'á',
        'A' => 'Â',
        'e' => 'é',
        'E' => 'È',
        'o' => 'ö',
        'O' => 'Ø',
        'u' => 'ü',
        'U' => 'Ú',
        'n' => 'ñ',
        'C' => 'Ç',
        other => other,
    }
}

fn edit_word(
    words: &mut [String],
    dice: &mut Dice,
    edit: fn(&str, &mut Dice) -> Option<String>,
) -> bool {
    let min = if words.len() > 1 { EDIT_LETTERS_MIN } else { EDIT_ALONE_LETTERS_MIN };
    let fits = |word: &String| {
        word.chars().count() >= min
            && word.chars().all(char::is_alphabetic)
            && Normal::of(word).tokens.iter().all(|token| class_of(token) == Class::Word)
    };
    let open: Vec<usize> =
        words.iter().enumerate().filter(|(_, word)| fits(word)).map(|(i, _)| i).collect();
    let Some(word) = dice.pick(&open).and_then(|at| words.get_mut(*at)) else { return false };
    let Some(edited) = edit(word, dice) else { return false };
    *word = edited;
    true
}

/// Other spellings of one sound.
fn respell(word: &str, dice: &mut Dice) -> Option<String> {
    const SPELLINGS: &[(&str, &str)] = &[
        ("ph", "f"),
        ("ou", "u"),
        ("oo", "u"),
        ("ee", "i"),
        ("kh", "h"),
        ("q", "k"),
        ("y", "i"),
        ("w", "v"),
        ("ie", "i"),
        ("dh", "d"),
        ("th", "t"),
        ("ck", "k"),
        ("gh", "g"),
        ("ei", "ai"),
        ("sch", "sh"),
        ("mm", "m"),
        ("ss", "s"),
        ("ll", "l"),
        ("dd", "d"),
        ("u", "o"),
    ];
    let lower = word.to_lowercase();
    let fits = |(from, _): &&(&str, &str)| lower.get(1..).is_some_and(|rest| rest.contains(from));
    let open: Vec<&(&str, &str)> = SPELLINGS.iter().filter(fits).collect();
    let (from, to) = **dice.pick(&open)?;
    let (head, rest) = (lower.get(..1)?, lower.get(1..)?);
    Some(capital(&format!("{head}{}", rest.replacen(from, to, 1))))
}

/// One slip of the pen inside a word; the first letter stays.
fn slip(word: &str, dice: &mut Dice) -> Option<String> {
    let mut letters: Vec<char> = word.to_lowercase().chars().collect();
    let at = 1 + dice.below(letters.len().checked_sub(2)?);
    match dice.below(4) {
        0 => {
            letters.remove(at);
        }
        1 => {
            let twice = *letters.get(at)?;
            letters.insert(at, twice);
        }
        2 => *letters.get_mut(at)? = *dice.pick(&['a', 'e', 'i', 'n', 'r', 's', 't', 'l'])?,
        _ => {
            let next = (at + 1).min(letters.len().saturating_sub(1));
            letters.swap(at, next);
        }
    }
    let text: String = letters.into_iter().collect();
    Some(capital(&text))
}
