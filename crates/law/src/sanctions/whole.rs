//! Names compared as rows of letters, whatever separates their words: written together, broken
//! apart, with one slip anywhere, or with one word in the middle left out.
//!
//! **Invariant:** [`Whole::like`] names every form that [`alike`] accepts, and no other is needed.

use super::list::SubjectKind;
use super::name::{Class, class_of, fold};
use super::score::{FUZZY_MAX_BP, SAME_LETTERS_BP, SAME_LETTERS_MIN, TokenRule};
use super::script::is_foreign;
use super::similar::{Letters, letters_alike};
use super::table::{Table, number};

/// Fewest letters, legal forms aside, among which one slip is let pass.
const SLIP_LETTERS_MIN: usize = 8;
/// Fewest letters left when a word in the middle is left out.
const LEFT_OUT_LETTERS_MIN: usize = 8;
/// A name with one word in the middle left out and nothing else changed.
const LEFT_OUT_BP: u32 = 8_600;
/// What a slip takes from a name of one letter; less in proportion of longer ones.
const SLIP_BP: u32 = 7_500;
/// Further cost of a slip in the first letter.
const FIRST_SLIP_BP: u32 = 300;
/// Fewest words of a name of which one is left out.
const WORDS_MIN: usize = 3;

/// What was found of two rows of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letter {
    /// All of them, in order.
    Same,
    /// All but one slip.
    Slip,
    /// All of a name with one word in the middle left out.
    LeftOut,
}

/// A listed name as it is written and, of a person with a comma, as it is spoken.
fn orders(text: &str, kind: SubjectKind) -> impl Iterator<Item = Vec<String>> {
    let folded = if is_foreign(text) { String::new() } else { fold(text) };
    let words = |text: &str| -> Vec<String> {
        let plain = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        text.split(' ').map(plain).filter(|word| !word.is_empty()).collect()
    };
    let turned = text.split_once(',').filter(|_| kind == SubjectKind::Person);
    let turned = turned.map(|(family, given)| words(&format!("{} {}", fold(given), fold(family))));
    [Some(words(&folded)), turned.filter(|_| !folded.is_empty())]
        .into_iter()
        .flatten()
        .filter(|words| !words.is_empty())
}

/// A queried name as one row of letters.
pub(super) fn letters_of(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The words that are left when one is left out.
fn without(words: &[String], out: usize) -> impl Iterator<Item = &str> + Clone {
    let kept = words.iter().enumerate().filter(move |(at, _)| *at != out);
    kept.map(|(_, word)| word.as_str())
}

/// Which words in the middle of a name may be left out.
fn middle(words: &[String], kind: SubjectKind) -> impl Iterator<Item = usize> {
    let person = kind == SubjectKind::Person && words.len() >= WORDS_MIN;
    let middle = if person { 1..words.len() - 1 } else { 0..0 };
    let letters: usize = words.iter().map(String::len).sum();
    let left = move |out: &usize| letters - words.get(*out).map_or(0, String::len);
    middle.filter(move |out| left(out) >= LEFT_OUT_LETTERS_MIN)
}

/// Letters of a listed name that are of no legal form.
fn telling(words: &[String]) -> usize {
    let own = words.iter().filter(|word| class_of(word) != Class::LegalForm);
    own.map(|word| word.chars().count()).sum()
}

/// Compare a queried row of letters with a listed name: what was found, and its score.
pub(super) fn alike(query: &str, listed: &str, kind: SubjectKind) -> Option<(Letter, u32)> {
    orders(listed, kind).filter_map(|words| of_one(query, &words, kind)).max_by_key(|found| found.1)
}

fn of_one(query: &str, words: &[String], kind: SubjectKind) -> Option<(Letter, u32)> {
    let (whole, len) = (words.concat(), telling(words));
    if len < SAME_LETTERS_MIN {
        return None;
    }
    match letters_alike(Letters::of(query), Letters::of(&whole), TokenRule::Sound) {
        Some((TokenRule::Sound, _)) => return Some((Letter::Same, SAME_LETTERS_BP)),
        Some((TokenRule::Edits(1), _)) if len >= SLIP_LETTERS_MIN => {
            let cost = SLIP_BP / number(len);
            let first = query.chars().next() != whole.chars().next();
            let cost = cost + if first { FIRST_SLIP_BP } else { 0 };
            return Some((Letter::Slip, FUZZY_MAX_BP - cost));
        }
        _ => {}
    }
    let same = |out| without(words, out).flat_map(str::bytes).eq(query.bytes());
    middle(words, kind).any(same).then_some((Letter::LeftOut, LEFT_OUT_BP))
}

/// Names by their letters.
#[derive(Debug, Default)]
pub(super) struct Whole {
    table: Table,
    /// Hash of a name with a word left out, form; sorted.
    left_out: Vec<(u64, u32)>,
}

fn hash(letters: impl Iterator<Item = u8>) -> u64 {
    letters.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Whole {
    /// From the names, each with its kind and number.
    pub(super) fn of<'a>(names: impl Iterator<Item = (&'a str, SubjectKind, u32)>) -> Self {
        let (mut rows, mut hashes) = (Vec::new(), Vec::new());
        for (text, kind, number) in names {
            for words in orders(text, kind) {
                rows.push((words.concat(), number));
                let left = |out| hash(without(&words, out).flat_map(str::bytes));
                hashes.extend(middle(&words, kind).map(|out| (left(out), number)));
            }
        }
        hashes.sort_unstable();
        let (table, _) = Table::of(rows.into_iter(), 0, TokenRule::Sound);
        Self { table, left_out: hashes }
    }

    /// The names that [`alike`] may accept, each once.
    pub(super) fn like(&self, query: &str) -> Vec<u32> {
        let mut out = Vec::new();
        self.table.alike(Letters::of(query), TokenRule::Sound, &mut |name, _, _| out.push(name));
        let hash = hash(query.bytes());
        let start = self.left_out.partition_point(|(h, _)| *h < hash);
        let same = self.left_out.iter().skip(start).take_while(|(h, _)| *h == hash);
        out.extend(same.map(|(_, name)| *name));
        out.sort_unstable();
        out.dedup();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(query: &str, listed: &str, kind: SubjectKind) -> Option<Letter> {
        alike(&letters_of(query), listed, kind).map(|(how, _)| how)
    }

    #[test]
    fn letters_agree_whatever_separates_the_words() {
        let person = |query: &str| how(query, "QUIBBLE, Zoltan Marvek", SubjectKind::Person);
        assert_eq!(person("Quib ble zoltanmarvek"), Some(Letter::Same));
        assert_eq!(person("ZoltanMarvek-Quibble"), Some(Letter::Same));
        assert_eq!(person("zoltan marvek quimble"), Some(Letter::Slip));
        assert_eq!(person("zoltan quibble"), Some(Letter::LeftOut));
        assert_eq!(person("quibble marvek"), Some(Letter::LeftOut));
        assert_eq!(person("zoltan"), None);
        assert_eq!(person("zoltan quimble"), None, "left out, and a slip");
    }

    #[test]
    fn a_legal_form_is_no_ground_for_a_slip() {
        let firm = |query: &str, listed: &str| how(query, listed, SubjectKind::Organisation);
        assert_eq!(firm("Abce Corp", "ABCD CORP"), None);
        assert_eq!(firm("Abcdef Corp.", "ABCDEF CORP"), Some(Letter::Same));
        assert_eq!(firm("Abcdeg Corp.", "ABCDEF CORP"), None);
        assert_eq!(firm("Tremblex Trade", "TREMBLEX GENERAL TRADE"), None);
    }
}
