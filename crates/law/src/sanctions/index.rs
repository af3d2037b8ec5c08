//! Where to look: which listed names can reach the threshold for a query at all.
//!
//! Names are stored as numbers of interned words; every word knows the names that contain it. For
//! a query each word's neighbours (equal, same sound, within the allowed edits, initials) are found
//! among all distinct sounds, and each name collects the most its words could contribute.
//!
//! **Invariant:** the sum never understates a name's score, so a name below the threshold here is
//! below it in [`super::score`] too. With `m` the weight of a pair, `s` its similarity, `T` the
//! threshold and `U`, `V` the weights left alone in query and listed name (`c` a positive factor):
//! `score ≥ T ⇔ Σ m·s ≥ T·(Σ m + U + c·V) ⇒ Σ m·(s − T)⁺ + T·(weights paired) ≥ T·(query weight)`.
//! Legal forms and initials of the query are left out of the right side, which only widens it.

use super::list::List;
use super::name::{Class, Normal, class_of, sound};
use super::score::{
    INITIAL_WEIGHT, SAME_LETTERS_MIN, TokenRule, WORD_WEIGHT_MAX, is_bare, letters, pair_weight,
    weight_of,
};
use super::similar::{
    EQUAL_BP, INITIAL_BP, Owned, Sound, Token, edits_allowed, initial_of, sound_similarity,
};

/// Names counted at least, so that words of a short list do not all look common.
const NAMES_MIN: u32 = 4_096;

/// Strings in one buffer, addressed by number.
#[derive(Debug, Default)]
struct Arena {
    text: String,
    ends: Vec<u32>,
}

impl Arena {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    fn get(&self, number: u32) -> &str {
        let at = number as usize;
        let start = at.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Rows of numbers in one buffer.
#[derive(Debug, Default)]
struct Rows {
    cells: Vec<u32>,
    ends: Vec<u32>,
}

impl Rows {
    /// Group `(row, value)` pairs, sorted by row, into `count` rows.
    fn group(pairs: &[(u32, u32)], count: usize) -> Self {
        let mut ends = vec![0u32; count];
        for (row, _) in pairs {
            if let Some(n) = ends.get_mut(*row as usize) {
                *n += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        Self { cells: pairs.iter().map(|(_, value)| *value).collect(), ends }
    }

    fn push(&mut self, row: impl Iterator<Item = u32>) {
        self.cells.extend(row);
        self.ends.push(u32::try_from(self.cells.len()).unwrap_or(u32::MAX));
    }

    fn get(&self, number: u32) -> &[u32] {
        let at = number as usize;
        let start = at.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.cells.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Which name a form belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameRef {
    pub list: u16,
    pub entry: u32,
    pub name: u16,
}

/// The index over the names of all loaded lists.
#[derive(Debug)]
pub(super) struct Index {
    /// Distinct words in normal form, sorted.
    words: Arena,
    classes: Vec<Class>,
    weights: Vec<u8>,
    /// Word → its sound; `u32::MAX` for words never compared by sound.
    sound_of: Vec<u32>,
    /// Distinct sounds, ordered by length, then text.
    sounds: Arena,
    masks: Vec<u32>,
    lens: Vec<u16>,
    /// Sound → words.
    words_of: Rows,
    /// Form → words.
    forms: Rows,
    names: Vec<NameRef>,
    bare: Vec<bool>,
    /// Word → forms.
    found_in: Rows,
    /// Hash of a form's letters, form; sorted.
    same_letters: Vec<(u64, u32)>,
}

const NO_SOUND: u32 = u32::MAX;

fn hash_letters(letters: impl Iterator<Item = char>) -> u64 {
    letters.fold(0xcbf2_9ce4_8422_2325, |hash: u64, c| {
        (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Every form of every name, with its words as text.
fn forms_of(lists: &[List]) -> impl Iterator<Item = (NameRef, Vec<String>)> {
    lists.iter().zip(0u16..).flat_map(|(list, l)| {
        list.entries().iter().zip(0u32..).flat_map(move |(entry, e)| {
            entry.names.iter().zip(0u16..).flat_map(move |(name, n)| {
                let at = NameRef { list: l, entry: e, name: n };
                Normal::of(&name.text).forms().map(move |form| (at, form))
            })
        })
    })
}

impl Index {
    pub(super) fn build(lists: &[List]) -> Self {
        let mut all: Vec<String> = forms_of(lists).flat_map(|(_, form)| form).collect();
        all.sort_unstable();
        all.dedup();
        let mut words = Arena::default();
        all.iter().for_each(|word| words.push(word));
        let (mut forms, mut names, mut pairs) = (Rows::default(), Vec::new(), Vec::new());
        for (at, form) in forms_of(lists) {
            let here = number(names.len());
            let row = || form.iter().filter_map(|w| all.binary_search(w).ok().map(number));
            pairs.extend(row().map(|word| (word, here)));
            forms.push(row());
            names.push(at);
        }
        pairs.sort_unstable();
        pairs.dedup();
        let found_in = Rows::group(&pairs, all.len());
        let classes: Vec<Class> = all.iter().map(|word| class_of(word)).collect();
        let total = number(names.len()).max(NAMES_MIN);
        let weights = classes.iter().zip(0u32..).map(|(class, word)| {
            let weight = weight_of(*class, total, number(found_in.get(word).len()));
            u8::try_from(weight).unwrap_or(u8::MAX)
        });
        let mut index = Self {
            weights: weights.collect(),
            words,
            sound_of: Vec::new(),
            sounds: Arena::default(),
            masks: Vec::new(),
            lens: Vec::new(),
            words_of: Rows::default(),
            forms,
            bare: Vec::new(),
            names,
            found_in,
            same_letters: Vec::new(),
            classes,
        };
        index.add_sounds(&all);
        drop(all);
        index.add_forms();
        index.shrink();
        index
    }

    fn add_sounds(&mut self, all: &[String]) {
        let mut sounds: Vec<(usize, String, u32)> = all
            .iter()
            .zip(&self.classes)
            .zip(0u32..)
            .filter(|((_, class), _)| **class == Class::Word)
            .map(|((word, _), number)| (sound(word), number))
            .map(|(sound, number)| (sound.chars().count(), sound, number))
            .collect();
        sounds.sort_unstable();
        self.sound_of = vec![NO_SOUND; all.len()];
        let mut pairs = Vec::with_capacity(sounds.len());
        let mut last: Option<&str> = None;
        for (len, sound, word) in &sounds {
            if last != Some(sound) {
                self.sounds.push(sound);
                self.masks.push(Sound::of(sound).mask);
                self.lens.push(u16::try_from(*len).unwrap_or(u16::MAX));
                last = Some(sound);
            }
            let here = number(self.masks.len()).saturating_sub(1);
            pairs.push((here, *word));
            if let Some(slot) = self.sound_of.get_mut(*word as usize) {
                *slot = here;
            }
        }
        self.words_of = Rows::group(&pairs, self.masks.len());
    }

    fn add_forms(&mut self) {
        let mut hashes = Vec::with_capacity(self.names.len());
        let mut bare = Vec::with_capacity(self.names.len());
        let mut tokens = Vec::new();
        for form in 0..number(self.names.len()) {
            let classes = self.forms.get(form).iter().filter_map(|w| self.classes.get(*w as usize));
            bare.push(is_bare(classes.copied()));
            self.tokens(form, &mut tokens);
            if letters(&tokens).nth(SAME_LETTERS_MIN - 1).is_some() {
                hashes.push((hash_letters(letters(&tokens)), form));
            }
            tokens.clear();
        }
        hashes.sort_unstable();
        drop(tokens);
        self.bare = bare;
        self.same_letters = hashes;
    }

    fn shrink(&mut self) {
        self.words.text.shrink_to_fit();
        self.sounds.text.shrink_to_fit();
        for rows in [&mut self.words_of, &mut self.forms, &mut self.found_in] {
            rows.cells.shrink_to_fit();
            rows.ends.shrink_to_fit();
        }
        for cells in [&mut self.words.ends, &mut self.sounds.ends, &mut self.masks] {
            cells.shrink_to_fit();
        }
        self.names.shrink_to_fit();
        self.same_letters.shrink_to_fit();
    }

    /// Number of indexed forms.
    pub(super) fn len(&self) -> u32 {
        number(self.names.len())
    }

    /// Which name a form belongs to.
    pub(super) fn name(&self, form: u32) -> Option<NameRef> {
        self.names.get(form as usize).copied()
    }

    fn word(&self, text: &str) -> Option<u32> {
        let (mut low, mut high) = (0, number(self.words.ends.len()));
        while low < high {
            let middle = low + (high - low) / 2;
            match self.words.get(middle).cmp(text) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn weight(&self, word: u32) -> u32 {
        self.weights.get(word as usize).copied().map_or(0, u32::from)
    }

    fn sound(&self, number: u32) -> Sound<'_> {
        let at = number as usize;
        let mask = self.masks.get(at).copied().unwrap_or(0);
        let len = self.lens.get(at).copied().map_or(0, usize::from);
        Sound { text: self.sounds.get(number), mask, len }
    }

    /// The tokens of a listed form, appended to `out`.
    pub(super) fn tokens<'a>(&'a self, form: u32, out: &mut Vec<Token<'a>>) {
        for word in self.forms.get(form) {
            let class = self.classes.get(*word as usize).copied().unwrap_or(Class::Word);
            let sound = self.sound_of.get(*word as usize).copied().unwrap_or(NO_SOUND);
            out.push(Token {
                text: self.words.get(*word),
                sound: if sound == NO_SOUND { Sound::of("") } else { self.sound(sound) },
                class,
                weight: self.weight(*word),
            });
        }
    }

    /// Weigh the tokens of one form of a query.
    pub(super) fn weigh(&self, form: &[String]) -> Vec<Owned> {
        let weight = |text: &str, class: Class| match self.word(text) {
            Some(word) => self.weight(word),
            None => weight_of(class, u32::MAX, 1).min(WORD_WEIGHT_MAX),
        };
        form.iter().map(|text| Owned::of(text, weight)).collect()
    }

    /// Every listed form whose score against `query` can reach `threshold_bp`, ordered.
    pub(super) fn candidates(&self, query: &[Owned], threshold_bp: u32) -> Vec<u32> {
        let mut reach = vec![0u32; self.names.len()];
        let (mut need, mut granted) = (0u32, 0u32);
        let all_touched = is_bare(query.iter().map(|token| token.class));
        for token in query {
            let free = token.class == Class::LegalForm || initial_of(&token.text).is_some();
            let paid = if free { 0 } else { threshold_bp * token.weight };
            need = need.saturating_add(paid);
            if initial_of(&token.text).is_some() {
                // It may stand for any word that begins with it; all that can bring is granted.
                granted += INITIAL_WEIGHT * EQUAL_BP.saturating_sub(threshold_bp);
            }
            self.neighbours(token, |word, rule, alike| {
                let weight = pair_weight(rule, token.weight, self.weight(word));
                let gain = weight * alike.saturating_sub(threshold_bp) + paid;
                for form in self.found_in.get(word) {
                    if let Some(sum) = reach.get_mut(*form as usize) {
                        *sum = sum.saturating_add(gain.max(1));
                    }
                }
            });
        }
        let need = need.saturating_sub(granted);
        let bare = self.bare.iter().copied();
        let mut out: Vec<u32> = (0u32..)
            .zip(reach.into_iter().zip(bare))
            .filter(|(_, (sum, bare))| *sum > 0 && (*sum >= need || *bare || all_touched))
            .map(|(form, _)| form)
            .collect();
        let views: Vec<Token<'_>> = query.iter().map(Owned::view).collect();
        let hash = hash_letters(letters(&views));
        let start = self.same_letters.partition_point(|(h, _)| *h < hash);
        let same = self.same_letters.iter().skip(start).take_while(|(h, _)| *h == hash);
        out.extend(same.map(|(_, form)| *form));
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Every listed word a queried token can be paired with. A word may come more than once.
    fn neighbours(&self, token: &Owned, mut found: impl FnMut(u32, TokenRule, u32)) {
        if let Some(word) = self.word(&token.text) {
            found(word, TokenRule::Equal, EQUAL_BP);
        }
        if token.class != Class::Word {
            // Words that begin with a queried initial are not enumerated: `candidates` grants them.
            return;
        }
        let first = token.text.chars().next().unwrap_or_default();
        if let Some(word) = self.word(first.encode_utf8(&mut [0; 4])) {
            found(word, TokenRule::Initial, INITIAL_BP);
        }
        let query = Sound::of(&token.sound);
        let slack = edits_allowed(query.len + super::similar::EDITS_MAX);
        let (low, high) = (query.len.saturating_sub(slack), query.len + slack);
        let start = self.lens.partition_point(|len| usize::from(*len) < low);
        let end = self.lens.partition_point(|len| usize::from(*len) <= high);
        for (sound, mask) in (number(start)..).zip(self.masks.get(start..end).unwrap_or_default()) {
            let apart = (mask & !query.mask).count_ones().max((query.mask & !mask).count_ones());
            if apart as usize > slack {
                continue;
            }
            if let Some((rule, alike)) = sound_similarity(query, self.sound(sound)) {
                for word in self.words_of.get(sound) {
                    found(*word, rule, alike);
                }
            }
        }
    }
}
