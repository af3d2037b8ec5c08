//! Compact tables of words: strings and rows of numbers in one buffer each, and the spellings or
//! sounds of all words with what finds the ones few edits away.

use super::flat::flat;
use super::score::TokenRule;
use super::similar::{LETTERS_MAX, Letters, edits_allowed, letters_alike};

/// Row of a word that is in no table.
pub(super) const NOTHING: u32 = u32::MAX;

pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Strings in one buffer, addressed by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arena {
    text: String,
    pub ends: Vec<u32>,
}

flat!(Arena { text, ends });
flat!(Words { rows, slots });
flat!(Rows { cells, ends });
flat!(Table { rows, masks, lens, words_of, remainders, groups, seen });

impl Arena {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(super) fn get(&self, number: u32) -> &str {
        let at = number as usize;
        let start = at.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Distinct strings, numbered as they first came, and found by their hash.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub rows: Arena,
    /// Number of a string, from 1, at its hash or behind it; a power of two, at most half full.
    slots: Vec<u32>,
}

/// Slots to begin with.
const SLOTS_MIN: usize = 1 << 12;

fn slot_of(text: &str, slots: usize) -> usize {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 29)) as usize & slots.wrapping_sub(1)
}

impl Words {
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let mut at = slot_of(text, self.slots.len());
        for _ in &self.slots {
            let number = self.slots.get(at).copied()?.checked_sub(1)?;
            if self.rows.get(number) == text {
                return Some(number);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        None
    }

    pub(super) fn add(&mut self, text: &str) -> u32 {
        if let Some(known) = self.find(text) {
            return known;
        }
        let number = number(self.rows.ends.len());
        self.rows.push(text);
        if self.rows.ends.len() * 2 > self.slots.len() {
            self.slots = vec![0; (self.slots.len() * 2).max(SLOTS_MIN)];
            for number in 0..=number {
                self.place(number);
            }
        } else {
            self.place(number);
        }
        number
    }

    fn place(&mut self, number: u32) {
        let mut at = slot_of(self.rows.get(number), self.slots.len());
        while self.slots.get(at).is_some_and(|slot| *slot != 0) {
            at = (at + 1) & (self.slots.len() - 1);
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = number + 1;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.ends.len()
    }
}

/// Rows of numbers in one buffer.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub cells: Vec<u32>,
    pub ends: Vec<u32>,
}

impl Rows {
    /// Group `(row, value)` pairs into `count` rows; within a row they stay in order.
    pub(super) fn group(pairs: &[(u32, u32)], count: usize) -> Self {
        let mut ends = vec![0u32; count];
        for (row, _) in pairs {
            if let Some(n) = ends.get_mut(*row as usize) {
                *n += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            (sum, *end) = (sum + *end, sum);
        }
        let mut cells = vec![0; pairs.len()];
        for (row, value) in pairs {
            // Filling a row moves its start to its end.
            let Some(next) = ends.get_mut(*row as usize) else { continue };
            if let Some(cell) = cells.get_mut(*next as usize) {
                *cell = *value;
            }
            *next += 1;
        }
        Self { cells, ends }
    }

    pub(super) fn push(&mut self, row: impl Iterator<Item = u32>) {
        self.cells.extend(row);
        self.ends.push(u32::try_from(self.cells.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn get(&self, number: u32) -> &[u32] {
        let at = number as usize;
        let start = at.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.cells.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Distinct spellings (or sounds) of words.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Arena,
    masks: Vec<u32>,
    lens: Vec<u16>,
    /// Row → words.
    words_of: Rows,
    /// Hash of a row with up to the allowed number of letters left out, row; grouped by equal shares
    /// of all hashes. Two words that few edits apart share such a remainder (Bocek, Hunt and
    /// Stiller 2007).
    remainders: Vec<(u32, u32)>,
    /// Where each group ends.
    groups: Vec<u32>,
    /// A bit where there is a hash: for most of those asked for there is none.
    seen: Vec<u64>,
}

/// Bits in `seen` for each hash, and at most; more would leave the cache.
const SEEN_EACH: usize = 8;
const SEEN_MAX: usize = 1 << 23;
/// Most groups.
const GROUPS_MAX: usize = 1 << 16;

/// Which of `count` equal shares of all hashes one falls into.
fn share(hash: u32, count: usize) -> usize {
    ((u64::from(hash) * count as u64) >> u32::BITS) as usize
}

/// Base of the hash, an odd number.
const BASE: u32 = 0x0100_0193;

/// Spreads the bits of a sum over the whole word.
fn mixed(sum: u32, len: usize) -> u32 {
    let sum = (sum ^ (sum >> 15)).wrapping_mul(0x2c1b_3c6d) ^ number(len);
    (sum ^ (sum >> 12)).wrapping_mul(0x297a_2d39)
}

/// How many letters to leave out of a row: as many as it allows edits by itself. A longer row may allow
/// more, but then the edits put letters in, which are left out of the longer one alone.
const fn left_out_of(letters: Letters<'_>, same: TokenRule) -> usize {
    edits_allowed(letters.len, same)
}

/// Hashes of the letters with none, one and, when `most` is 2, two of them left out.
///
/// The letters are digits of a number to the base [`BASE`]; leaving some out joins what is before,
/// between and behind them.
fn remainders(letters: Letters<'_>, most: usize, out: &mut Vec<u32>) {
    let (mut codes, mut sums) = ([0u32; LETTERS_MAX], [0u32; LETTERS_MAX + 1]);
    let mut powers = [1u32; LETTERS_MAX + 1];
    let mut len = 0;
    let mut whole = 0u32;
    for c in letters.text.chars() {
        let code = u32::from(c) + 1;
        whole = whole.wrapping_mul(BASE).wrapping_add(code);
        if let Some(slot) = codes.get_mut(len) {
            *slot = code;
        }
        let before = powers.get(len).copied().unwrap_or(1);
        len += 1;
        if let (Some(sum), Some(power)) = (sums.get_mut(len), powers.get_mut(len)) {
            (*sum, *power) = (whole, before.wrapping_mul(BASE));
        }
    }
    out.clear();
    out.push(mixed(whole, len));
    if most == 0 || len > LETTERS_MAX {
        return;
    }
    // The letters from each place to the end.
    let mut tails = sums;
    for (tail, power) in tails.iter_mut().zip(powers.get(..=len).unwrap_or_default().iter().rev()) {
        *tail = whole.wrapping_sub(tail.wrapping_mul(*power));
    }
    let behind = |from: usize| tails.get(from..=len).unwrap_or_default().iter();
    for (i, sum) in sums.iter().enumerate().take(len) {
        let powers = powers.get(..len - i).unwrap_or_default().iter().rev();
        let mut powers = powers.zip(behind(i + 1));
        let Some((power, tail)) = powers.next() else { break };
        out.push(mixed(sum.wrapping_mul(*power).wrapping_add(*tail), len - 1));
        if most > 1 {
            let mut between = *sum;
            let between_of = |(code, (power, tail)): (&u32, (&u32, &u32))| {
                let joined = between.wrapping_mul(*power).wrapping_add(*tail);
                between = between.wrapping_mul(BASE).wrapping_add(*code);
                mixed(joined, len - 2)
            };
            let codes = codes.get(i + 1..len).unwrap_or_default().iter();
            out.extend(codes.zip(powers).map(between_of));
        }
    }
}

impl Table {
    /// From letters and the words that have them; also tells each of `words` words its row.
    pub(super) fn of(
        items: impl Iterator<Item = (String, u32)>,
        words: usize,
        same: TokenRule,
    ) -> (Self, Vec<u32>) {
        let (mut table, mut row_of) = (Self::default(), vec![NOTHING; words]);
        let (mut rows, mut pairs) = (Words::default(), Vec::new());
        for (letters, word) in items {
            let row = rows.add(&letters);
            if row as usize == table.masks.len() {
                let letters = Letters::of(&letters);
                table.masks.push(letters.mask);
                table.lens.push(u16::try_from(letters.len).unwrap_or(u16::MAX));
            }
            pairs.push((row, word));
            if let Some(slot) = row_of.get_mut(word as usize) {
                *slot = row;
            }
        }
        table.rows = rows.rows;
        table.words_of = Rows::group(&pairs, table.masks.len());
        table.add_remainders(same);
        table.rows.shrink();
        table.masks.shrink_to_fit();
        table.lens.shrink_to_fit();
        (table, row_of)
    }

    fn add_remainders(&mut self, same: TokenRule) {
        let (mut hashes, mut all) = (Vec::new(), Vec::new());
        for row in 0..number(self.masks.len()) {
            let letters = self.get(row);
            remainders(letters, left_out_of(letters, same), &mut hashes);
            hashes.sort_unstable();
            hashes.dedup();
            all.extend(hashes.iter().map(|hash| (*hash, row)));
        }
        let mut groups = vec![0u32; all.len().next_power_of_two().min(GROUPS_MAX)];
        let seen = (all.len() * SEEN_EACH).next_power_of_two().min(SEEN_MAX);
        let mut seen = vec![0u64; seen.div_ceil(u64::BITS as usize)];
        for (hash, _) in &all {
            let at = share(*hash, groups.len());
            if let Some(count) = groups.get_mut(at) {
                *count += 1;
            }
            let (word, bit) = Self::seen_at(&seen, *hash);
            if let Some(word) = seen.get_mut(word) {
                *word |= bit;
            }
        }
        let mut sum = 0;
        for count in &mut groups {
            (sum, *count) = (sum + *count, sum);
        }
        self.remainders = vec![(0, 0); all.len()];
        for pair in &all {
            // Filling a group moves its start to its end.
            let at = share(pair.0, groups.len());
            let Some(next) = groups.get_mut(at) else { continue };
            if let Some(slot) = self.remainders.get_mut(*next as usize) {
                *slot = *pair;
            }
            *next += 1;
        }
        (self.groups, self.seen) = (groups, seen);
    }

    /// Which bit of `seen` a hash has: the word, and the bit in it.
    fn seen_at(seen: &[u64], hash: u32) -> (usize, u64) {
        let at = share(hash, seen.len() * u64::BITS as usize);
        (at / u64::BITS as usize, 1 << (at % u64::BITS as usize))
    }

    /// Whether any row may have a remainder of this hash.
    fn has(&self, hash: u32) -> bool {
        let (word, bit) = Self::seen_at(&self.seen, hash);
        self.seen.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Rows that share a remainder.
    fn sharing(&self, hash: u32) -> impl Iterator<Item = u32> {
        let at = share(hash, self.groups.len());
        let start = at.checked_sub(1).and_then(|i| self.groups.get(i)).copied().unwrap_or(0);
        let end = self.groups.get(at).copied().unwrap_or(start);
        let group = self.remainders.get(start as usize..end as usize).unwrap_or_default();
        group.iter().filter(move |(h, _)| *h == hash).map(|(_, row)| *row)
    }

    pub(super) fn get(&self, row: u32) -> Letters<'_> {
        let at = row as usize;
        let mask = self.masks.get(at).copied().unwrap_or(0);
        let len = self.lens.get(at).copied().map_or(0, usize::from);
        Letters { text: self.rows.get(row), mask, len }
    }

    /// Whether any word's letters are alike.
    pub(super) fn has_alike(&self, query: Letters<'_>, same: TokenRule) -> bool {
        let mut hashes = Vec::new();
        remainders(query, left_out_of(query, same), &mut hashes);
        let mut rows = hashes.iter().filter(|h| self.has(**h)).flat_map(|h| self.sharing(*h));
        rows.any(|row| letters_alike(query, self.get(row), same).is_some())
    }

    /// Every word whose letters are alike.
    pub(super) fn alike(
        &self,
        query: Letters<'_>,
        same: TokenRule,
        found: &mut impl FnMut(u32, TokenRule, u32),
    ) {
        let (mut hashes, mut rows) = (Vec::new(), Vec::new());
        remainders(query, left_out_of(query, same), &mut hashes);
        for hash in hashes.iter().filter(|hash| self.has(**hash)) {
            rows.extend(self.sharing(*hash));
        }
        rows.sort_unstable();
        rows.dedup();
        for row in rows {
            if let Some((rule, alike)) = letters_alike(query, self.get(row), same) {
                for word in self.words_of.get(row) {
                    found(*word, rule, alike);
                }
            }
        }
    }
}
