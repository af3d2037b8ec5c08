//! How alike two tokens are, in basis points.
//!
//! Equal, or one is the initial of the other, or they sound the same, or their spellings or sounds
//! are one or two edits apart (optimal string alignment: insert, delete, replace, swap neighbours).
//! Numbers, particles and legal forms must be equal. A token of consonants is compared with the
//! consonants of a word.

use super::name::{Class, class_of, sound};
use super::score::TokenRule;
use super::script::{BONES, bones};

/// Two equal tokens.
pub(super) const EQUAL_BP: u32 = 10_000;
/// Different spelling, same sound.
const SOUND_BP: u32 = 9_600;
/// An initial against a word that begins with it.
pub(super) const INITIAL_BP: u32 = 9_000;
/// Similarity with zero edits, from which each edit takes its share of the word.
const EDIT_TOP_BP: u32 = 9_800;
/// What edits take when the whole word is edited.
const EDIT_COST_BP: u32 = 7_500;
/// Extra cost when the first letters differ: slips there are rare, other names common.
const FIRST_LETTER_BP: u32 = 300;
/// The same consonants, three or more of them, where one side has no vowels written.
const BONES_BP: u32 = 9_400;
/// The same with fewer: many words share them.
const FEW_BONES_BP: u32 = 9_000;
/// Words of two or three letters, one edit apart. Below every threshold by itself.
const SHORT_BP: u32 = 6_000;
/// Most letters of such a word.
pub(super) const SHORT_MAX: usize = 3;
/// Longest word, in letters, that edits are counted on.
pub(super) const LETTERS_MAX: usize = 48;
/// Most edits that still count, whatever the length.
pub(super) const EDITS_MAX: usize = 2;

/// A token ready to be compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub text: &'a str,
    pub letters: Letters<'a>,
    pub sound: Letters<'a>,
    /// Consonants; of a word that is listed, empty until a script without vowels is asked for.
    pub bones: Letters<'a>,
    pub class: Class,
    pub weight: u32,
}

/// Letters of a spelling or a sound, with what rules most pairs out at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letters<'a> {
    pub text: &'a str,
    /// Letters, as a set of 32 classes.
    pub mask: u32,
    /// Number of letters; 0 matches nothing.
    pub len: usize,
}

impl<'a> Letters<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, mask: mask_of(text), len: text.chars().count() }
    }
}

/// A queried token, which owns its text.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    pub text: String,
    pub sound: String,
    pub bones: String,
    pub class: Class,
    pub weight: u32,
}

impl Owned {
    pub(super) fn of(text: &str, weight: impl Fn(&str, Class) -> u32) -> Self {
        let class = class_of(text);
        let sound = if class == Class::Word { sound(text) } else { String::new() };
        let bones = match class {
            Class::Word => bones(&sound),
            Class::Consonants => text.trim_start_matches(BONES).to_owned(),
            _ => String::new(),
        };
        Self { text: text.to_owned(), sound, bones, class, weight: weight(text, class) }
    }

    pub(super) fn view(&self) -> Token<'_> {
        Token {
            text: &self.text,
            letters: Letters::of(&self.text),
            sound: Letters::of(&self.sound),
            bones: Letters::of(&self.bones),
            class: self.class,
            weight: self.weight,
        }
    }
}

fn mask_of(text: &str) -> u32 {
    text.chars().fold(0, |mask, c| mask | 1 << (c as u32 & 31))
}

/// Edits allowed between two words, the longer of which has `len` letters. Sounds are coarser than
/// spellings, so they are given one at most.
pub(super) const fn edits_allowed(len: usize, same: TokenRule) -> usize {
    match (len, same) {
        (0..=2, TokenRule::Consonants) => 0,
        (_, TokenRule::Consonants) => 1,
        (0..=3, _) | (4, TokenRule::Sound) => 0,
        (4..=7, _) | (_, TokenRule::Sound) => 1,
        _ => EDITS_MAX,
    }
}

/// The one letter of a one-letter token.
pub(super) fn initial_of(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let first = chars.next()?;
    (chars.next().is_none() && first.is_alphabetic()).then_some(first)
}

fn is_initial_of(short: &str, long: Token<'_>) -> bool {
    let word = matches!(long.class, Class::Word);
    word && initial_of(short).is_some_and(|letter| long.text.starts_with(letter))
}

/// How alike two tokens are, and by which rule; `None` when they are different words.
pub(super) fn similarity(a: Token<'_>, b: Token<'_>) -> Option<(TokenRule, u32)> {
    if a.text == b.text {
        return Some((TokenRule::Equal, EQUAL_BP));
    }
    if is_initial_of(a.text, b) || is_initial_of(b.text, a) {
        return Some((TokenRule::Initial, INITIAL_BP));
    }
    match (a.class, b.class) {
        (Class::Word, Class::Word) => {}
        (Class::Consonants, Class::Word | Class::Consonants) | (Class::Word, Class::Consonants) => {
            return letters_alike(a.bones, b.bones, TokenRule::Consonants);
        }
        _ => return None,
    }
    let spelled = letters_alike(a.letters, b.letters, TokenRule::Equal);
    let sounding = letters_alike(a.sound, b.sound, TokenRule::Sound);
    // The better one; of two equally good ones, the spelling.
    match (spelled, sounding) {
        (Some(one), Some(two)) => Some(if two.1 > one.1 { two } else { one }),
        (one, two) => one.or(two).or_else(|| short(a.letters, b.letters)),
    }
}

/// Two words of at most three letters, one edit apart.
fn short(a: Letters<'_>, b: Letters<'_>) -> Option<(TokenRule, u32)> {
    let fits = a.len.max(b.len) == SHORT_MAX && a.len.min(b.len) > 1;
    (fits && edits(a, b) == Some(1)).then_some((TokenRule::Edits(1), SHORT_BP))
}

/// How alike two rows of letters are, both spellings or both sounds; `same` is the rule they match
/// by when equal.
pub(super) fn letters_alike(
    a: Letters<'_>,
    b: Letters<'_>,
    same: TokenRule,
) -> Option<(TokenRule, u32)> {
    let len = a.len.max(b.len);
    let allowed = edits_allowed(len, same);
    // An edit adds at most one letter to either side of the difference.
    let apart = (a.mask & !b.mask).count_ones().max((b.mask & !a.mask).count_ones());
    if a.len.abs_diff(b.len) > allowed || apart as usize > allowed || len == 0 {
        return None;
    }
    if a.text == b.text {
        let alike = match same {
            TokenRule::Equal => EQUAL_BP,
            TokenRule::Consonants if len < 3 => FEW_BONES_BP,
            TokenRule::Consonants => BONES_BP,
            _ => SOUND_BP,
        };
        return Some((same, alike));
    }
    let edits = edits(a, b).filter(|edits| *edits <= allowed)?;
    let count = u32::try_from(edits).unwrap_or(u32::MAX);
    let cost = EDIT_COST_BP * count / u32::try_from(len).unwrap_or(1).max(1);
    let first = if a.text.chars().next() == b.text.chars().next() { 0 } else { FIRST_LETTER_BP };
    let bp = EDIT_TOP_BP.saturating_sub(cost).saturating_sub(first);
    Some((TokenRule::Edits(u8::try_from(edits).unwrap_or(u8::MAX)), bp))
}

/// Optimal string alignment distance; `None` beyond [`LETTERS_MAX`] letters.
pub(super) fn edits(a: Letters<'_>, b: Letters<'_>) -> Option<usize> {
    // Whatever the numbers say: the texts alone decide how far anything counts.
    let long = |one: Letters<'_>| one.len > LETTERS_MAX || one.text.len() > 4 * LETTERS_MAX;
    if long(a) || long(b) {
        return None;
    }
    let bits = (1..=LETTERS_MAX).contains(&a.text.len());
    match bits && a.text.is_ascii() && b.text.is_ascii() {
        true => Some(edits_ascii(a.text, b.text)),
        false => edits_any(a, b),
    }
}

/// The same for ASCII, all rows of a column at once in the bits of a word (Hyyrö 2003).
fn edits_ascii(a: &str, b: &str) -> usize {
    let place = |byte: u8| usize::from(byte & 127);
    let mut at = [0u64; 128];
    for (i, byte) in a.bytes().enumerate() {
        if let Some(bits) = at.get_mut(place(byte)) {
            *bits |= 1 << i;
        }
    }
    let last = 1u64 << (a.len() - 1);
    let (mut up, mut down, mut zero, mut before) = (u64::MAX, 0u64, 0u64, 0u64);
    let mut edits = a.len();
    for byte in b.bytes() {
        let same = at.get(place(byte)).copied().unwrap_or(0);
        let swapped = ((!zero & same) << 1) & before;
        zero = ((same & up).wrapping_add(up) ^ up) | same | down | swapped;
        let (right, left) = (down | !(zero | up), zero & up);
        edits = edits + usize::from(right & last != 0) - usize::from(left & last != 0);
        let (right, left) = ((right << 1) | 1, left << 1);
        (up, down, before) = (left | !(zero | right), right & zero, same);
    }
    edits
}

fn edits_any(a: Letters<'_>, b: Letters<'_>) -> Option<usize> {
    let mut letters = ['\0'; LETTERS_MAX];
    for (slot, c) in letters.iter_mut().zip(b.text.chars()) {
        *slot = c;
    }
    let (mut before, mut last, mut row) =
        ([0u8; LETTERS_MAX + 1], [0u8; LETTERS_MAX + 1], [0u8; LETTERS_MAX + 1]);
    for (slot, n) in last.iter_mut().zip(0u8..) {
        *slot = n;
    }
    let mut previous = '\0';
    for (i, x) in (1u8..).zip(a.text.chars()) {
        let mut left = i;
        if let Some(slot) = row.first_mut() {
            *slot = i;
        }
        let mut beside = '\0';
        for (j, y) in letters.iter().copied().enumerate().take(b.len) {
            let at =
                |cells: &[u8; LETTERS_MAX + 1], k: usize| cells.get(k).copied().unwrap_or(u8::MAX);
            let replaced = at(&last, j) + u8::from(x != y);
            let mut best = replaced.min(left + 1).min(at(&last, j + 1) + 1);
            if i > 1 && j > 0 && x == beside && previous == y {
                best = best.min(at(&before, j - 1) + 1);
            }
            if let Some(slot) = row.get_mut(j + 1) {
                *slot = best;
            }
            (left, beside) = (best, y);
        }
        previous = x;
        (before, last, row) = (last, row, before);
    }
    last.get(b.len).copied().map(usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> Option<(TokenRule, u32)> {
        let (a, b) = (Owned::of(a, |_, _| 1), Owned::of(b, |_, _| 1));
        similarity(a.view(), b.view())
    }

    #[test]
    fn distance_counts_each_kind_of_edit_once() {
        for (a, b, n) in [
            ("kitten", "kitten", 0),
            ("karimov", "karimow", 1),
            ("karimov", "karimv", 1),
            ("karimov", "kairmov", 1),
            ("abcdef", "azcdyf", 2),
            ("", "abc", 3),
        ] {
            assert_eq!(edits(Letters::of(a), Letters::of(b)), Some(n), "{a} {b}");
        }
    }

    proptest::proptest! {
        /// Both ways of counting edits agree.
        #[test]
        fn bits_count_as_the_table_does(a in "[a-eS]{1,12}", b in "[a-eS]{0,12}") {
            let slow = edits_any(Letters::of(&a), Letters::of(&b));
            proptest::prop_assert_eq!(Some(edits_ascii(&a, &b)), slow);
        }
    }

    #[test]
    fn short_words_match_hardly_and_numbers_not_by_edits() {
        assert_eq!(alike("bush", "bash"), Some((TokenRule::Edits(1), 7_925)));
        assert_eq!(alike("rush", "bush"), Some((TokenRule::Edits(1), 7_625)));
        assert_eq!(alike("ali", "alu"), Some((TokenRule::Edits(1), SHORT_BP)));
        assert_eq!(alike("ali", "lu"), None);
        assert_eq!(alike("*mhmd", "muhammad"), Some((TokenRule::Consonants, BONES_BP)));
        assert_eq!(alike("11420", "11421"), None);
        assert_eq!(alike("bush", "habbash"), None);
        assert_eq!(alike("m", "mahmud"), Some((TokenRule::Initial, INITIAL_BP)));
        assert_eq!(alike("mahmoud", "mahmud"), Some((TokenRule::Sound, SOUND_BP)));
    }
}
