//! Where to look: which listed names can reach the threshold for a query at all.
//!
//! Names are stored as numbers of interned words; every word knows the names that contain it. For
//! a query each word's neighbours (equal, same sound, within the allowed edits, initials) are found
//! among all distinct sounds, and each name collects the most its words could contribute.
//!
//! **Invariant:** the sum never understates a name's score, so a name below the threshold here is
//! below it in [`super::score`] too. With `m` the weight of a pair, `s` its similarity, `T` the
//! threshold, `q` and `l` the weights of its two tokens, `Q` and `L` those of both names, `c` the
//! smallest share at which missing listed words count:
//!
//! ```text
//! score >= T  =>  sum m*s >= T*(sum m + (Q - sum q) + c*(L - sum l))
//!             =>  sum ( m*max(s - T, 0) + T*q + c*T*l ) >= T*Q + c*T*L
//! ```
//!
//! Legal forms are left out of `Q` and `L`, and initials of the query are granted the most they
//! could bring: both only widen the choice.

use super::list::List;
use super::name::{Class, Normal, class_of, sound};
use super::score::{
    INITIAL_WEIGHT, PERSON_MISSING_TENTHS, SAME_LETTERS_MIN, TokenRule, WORD_WEIGHT_MAX, is_bare,
    letters, pair_weight, weight_of,
};
use super::similar::{EQUAL_BP, INITIAL_BP, Letters, Owned, Token, initial_of};
use super::table::{Arena, NOTHING, Rows, Table, number};

/// Names counted at least, so that words of a short list do not all look common.
const NAMES_MIN: u32 = 4_096;

/// The most each form can score so far, ten-thousandths of basis-point weights times ten.
struct Reach {
    sums: Vec<u32>,
    /// Last token that brought the form something, from 1.
    by: Vec<u16>,
    token: u16,
    touched: Vec<u32>,
}

impl Reach {
    fn of(forms: usize) -> Self {
        Self { sums: vec![0; forms], by: vec![0; forms], token: 0, touched: Vec::new() }
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
    /// Word → its spelling and its sound; [`NOTHING`] for what is never compared by letters.
    letters_of: [Vec<u32>; 2],
    /// Distinct spellings and sounds.
    tables: [Table; 2],
    /// Form → words.
    forms: Rows,
    names: Vec<NameRef>,
    bare: Vec<bool>,
    /// Form → weight of its words, legal forms aside.
    told: Vec<u32>,
    /// Word → forms.
    found_in: Rows,
    /// Hash of a form's letters, form; sorted.
    same_letters: Vec<(u64, u32)>,
}

fn hash_letters(letters: impl Iterator<Item = char>) -> u64 {
    letters.fold(0xcbf2_9ce4_8422_2325, |hash: u64, c| {
        (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3)
    })
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
            letters_of: Default::default(),
            tables: Default::default(),
            forms,
            bare: Vec::new(),
            told: Vec::new(),
            names,
            found_in,
            same_letters: Vec::new(),
            classes,
        };
        index.add_letters(&all);
        drop(all);
        index.add_forms();
        index.shrink();
        index
    }

    fn add_letters(&mut self, all: &[String]) {
        let rules = [TokenRule::Equal, TokenRule::Sound];
        for ((same, table), letters_of) in
            rules.into_iter().zip(&mut self.tables).zip(&mut self.letters_of)
        {
            let kind = |word: &str| match same {
                TokenRule::Sound => sound(word),
                _ => word.to_owned(),
            };
            let words = all.iter().zip(&self.classes).zip(0u32..);
            let words = words.filter(|((_, class), _)| **class == Class::Word);
            let items = words.map(|((word, _), number)| (kind(word), number));
            let items = items.map(|(text, number)| (text.chars().count(), text, number));
            (*table, *letters_of) = Table::of(items.collect(), all.len(), same);
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
            self.tokens(form, &mut tokens);
            let counted = tokens.iter().filter(|token| token.class != Class::LegalForm);
            told.push(counted.map(|token| token.weight).sum());
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

    fn shrink(&mut self) {
        self.words.shrink();
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

    /// Weight of a word as it would count in a query.
    pub(super) fn weight_of(&self, text: &str) -> u32 {
        let known = self.word(text).map(|word| self.weight(word));
        known.unwrap_or_else(|| weight_of(class_of(text), u32::MAX, 1))
    }

    /// Whether any listed word could be paired with this one, initials aside.
    pub(super) fn resembles(&self, text: &str) -> bool {
        let mut any = false;
        self.neighbours(&Owned::of(text, |_, _| 1), |_, rule, _| any |= rule != TokenRule::Initial);
        any
    }

    fn weight(&self, word: u32) -> u32 {
        self.weights.get(word as usize).copied().map_or(0, u32::from)
    }

    fn letters(&self, word: u32) -> [Letters<'_>; 2] {
        let [spellings, sounds] = &self.tables;
        let [spelled, sounding] = &self.letters_of;
        let row = |rows: &Vec<u32>| rows.get(word as usize).copied().unwrap_or(NOTHING);
        [spellings.get(row(spelled)), sounds.get(row(sounding))]
    }

    /// The tokens of a listed form, appended to `out`.
    pub(super) fn tokens<'a>(&'a self, form: u32, out: &mut Vec<Token<'a>>) {
        for word in self.forms.get(form) {
            let class = self.classes.get(*word as usize).copied().unwrap_or(Class::Word);
            let [letters, sound] = self.letters(*word);
            out.push(Token {
                text: self.words.get(*word),
                letters,
                sound,
                class,
                weight: self.weight(*word),
            });
        }
    }

    /// Weigh the tokens of one form of a query.
    pub(super) fn weigh(&self, form: &[String]) -> Vec<Owned> {
        let weight = |text: &str, _| self.weight_of(text);
        form.iter().map(|text| Owned::of(text, weight)).collect()
    }

    /// Every listed form whose score against `query` can reach `threshold_bp`, ordered.
    pub(super) fn candidates(&self, query: &[Owned], threshold_bp: u32) -> Vec<u32> {
        let bare_query = is_bare(query.iter().map(|token| token.class));
        let mut reach = Reach::of(self.names.len());
        let (mut need, mut granted) = (0u64, 0u64);
        let mut words: Vec<(u32, u32)> = Vec::new();
        for token in query {
            let initial = initial_of(&token.text).is_some();
            let free = initial || token.class == Class::LegalForm;
            let paid = if free { 0 } else { 10 * threshold_bp * token.weight };
            need += u64::from(paid);
            if initial {
                // It may stand for any word that begins with it; the most that can bring is granted.
                let alike = 10 * INITIAL_WEIGHT * EQUAL_BP.saturating_sub(threshold_bp);
                let paired = PERSON_MISSING_TENTHS * threshold_bp * WORD_WEIGHT_MAX;
                granted += u64::from(alike + paired);
            }
            if token.class == Class::LegalForm && !bare_query {
                continue;
            }
            words.clear();
            self.neighbours(token, |word, rule, alike| {
                let listed = self.weight(word);
                let weight = pair_weight(rule, token.weight, listed);
                let paired = PERSON_MISSING_TENTHS * threshold_bp * listed;
                let alike = 10 * weight * alike.saturating_sub(threshold_bp);
                words.push((alike + paired + paid, word));
            });
            // Best first: a name counts the best pair of each queried token once.
            words.sort_unstable_by(|a, b| b.cmp(a));
            reach.next_token();
            for (gain, word) in &words {
                self.found_in.get(*word).iter().for_each(|form| reach.add(*form, *gain));
            }
        }
        let missing = u64::from(PERSON_MISSING_TENTHS * threshold_bp);
        let mut out = reach.touched;
        out.retain(|form| {
            let at = *form as usize;
            let sum = reach.sums.get(at).copied().unwrap_or(0);
            let listed = self.told.get(at).copied().map_or(0, u64::from);
            let enough = u64::from(sum) + granted >= need + missing * listed;
            let bare = bare_query || self.bare.get(at).copied().unwrap_or(false);
            enough || bare || sum == u32::MAX
        });
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
        let [spellings, sounds] = &self.tables;
        spellings.alike(Letters::of(&token.text), TokenRule::Equal, &mut found);
        sounds.alike(Letters::of(&token.sound), TokenRule::Sound, &mut found);
    }
}
