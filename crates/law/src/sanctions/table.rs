//! Compact tables of words: strings and rows of numbers in one buffer each, and the spellings or
//! sounds of all words with what finds the ones few edits away.

use super::score::TokenRule;
use super::similar::{EDITS_MAX, LETTERS_MAX, Letters, edits_allowed, letters_alike};

/// Row of a word that is in no table.
pub(super) const NOTHING: u32 = u32::MAX;

pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Strings in one buffer, addressed by number.
#[derive(Debug, Default)]
pub(super) struct Arena {
    text: String,
    pub ends: Vec<u32>,
}

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

/// Rows of numbers in one buffer.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub cells: Vec<u32>,
    pub ends: Vec<u32>,
}

impl Rows {
    /// Group `(row, value)` pairs, sorted by row, into `count` rows.
    pub(super) fn group(pairs: &[(u32, u32)], count: usize) -> Self {
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

/// Distinct spellings (or sounds) of words, ordered by length, then text.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Arena,
    masks: Vec<u32>,
    lens: Vec<u16>,
    /// Row → words.
    words_of: Rows,
    /// Hash of a row with up to the allowed number of letters left out, row; sorted. Two words that
    /// few edits apart share such a remainder (Bocek, Hunt and Stiller 2007).
    remainders: Vec<(u32, u32)>,
}

/// Hashes of the letters with none, one and, when `most` is 2, two of them left out.
fn remainders(letters: Letters<'_>, most: usize, out: &mut Vec<u32>) {
    let chars: Vec<char> = letters.text.chars().collect();
    let hash = |skip: usize, also: usize| {
        let kept = chars.iter().enumerate().filter(|(i, _)| *i != skip && *i != also);
        kept.fold(0x811c_9dc5_u32, |h, (_, c)| (h ^ u32::from(*c)).wrapping_mul(0x0100_0193))
    };
    out.clear();
    out.push(hash(usize::MAX, usize::MAX));
    if most > 0 && chars.len() <= LETTERS_MAX {
        for i in 0..chars.len() {
            out.push(hash(i, usize::MAX));
            out.extend((i + 1..chars.len()).filter(|_| most > 1).map(|j| hash(i, j)));
        }
    }
    out.sort_unstable();
    out.dedup();
}

impl Table {
    /// From `(length, letters, word)`, any order; also tells each of `words` words its row.
    pub(super) fn of(
        mut items: Vec<(usize, String, u32)>,
        words: usize,
        same: TokenRule,
    ) -> (Self, Vec<u32>) {
        items.sort_unstable();
        let (mut table, mut row_of) = (Self::default(), vec![NOTHING; words]);
        let mut pairs = Vec::with_capacity(items.len());
        let mut last: Option<&str> = None;
        for (len, letters, word) in &items {
            if last != Some(letters) {
                table.rows.push(letters);
                table.masks.push(Letters::of(letters).mask);
                table.lens.push(u16::try_from(*len).unwrap_or(u16::MAX));
                last = Some(letters);
            }
            let here = number(table.masks.len()).saturating_sub(1);
            pairs.push((here, *word));
            if let Some(slot) = row_of.get_mut(*word as usize) {
                *slot = here;
            }
        }
        table.words_of = Rows::group(&pairs, table.masks.len());
        let mut hashes = Vec::new();
        for row in 0..number(table.masks.len()) {
            let letters = table.get(row);
            remainders(letters, edits_allowed(letters.len + EDITS_MAX, same), &mut hashes);
            table.remainders.extend(hashes.iter().map(|hash| (*hash, row)));
        }
        table.remainders.sort_unstable();
        table.remainders.shrink_to_fit();
        table.rows.shrink();
        table.masks.shrink_to_fit();
        table.lens.shrink_to_fit();
        (table, row_of)
    }

    pub(super) fn get(&self, row: u32) -> Letters<'_> {
        let at = row as usize;
        let mask = self.masks.get(at).copied().unwrap_or(0);
        let len = self.lens.get(at).copied().map_or(0, usize::from);
        Letters { text: self.rows.get(row), mask, len }
    }

    /// Every word whose letters are alike.
    pub(super) fn alike(
        &self,
        query: Letters<'_>,
        same: TokenRule,
        found: &mut impl FnMut(u32, TokenRule, u32),
    ) {
        let (mut hashes, mut rows) = (Vec::new(), Vec::new());
        remainders(query, edits_allowed(query.len + EDITS_MAX, same), &mut hashes);
        for hash in &hashes {
            let start = self.remainders.partition_point(|(h, _)| h < hash);
            let shared = self.remainders.iter().skip(start).take_while(|(h, _)| h == hash);
            rows.extend(shared.map(|(_, row)| *row));
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
