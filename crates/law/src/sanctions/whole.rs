//! Names compared as rows of letters, whatever separates their words: written together, broken
//! apart, with one slip anywhere, with one word in the middle left out, or with the same consonants
//! and some letters spelled another way.
//!
//! **Invariant:** [`Whole::like`] names every form that [`alike`] accepts, and no other is needed.

use super::flat::flat;
use super::list::SubjectKind;
use super::name::{Class, class_of, fold};
use super::score::{FUZZY_MAX_BP, SAME_LETTERS_BP, SAME_LETTERS_MIN, TokenRule};
use super::script::is_foreign;
use super::similar::{Letters, edits, letters_alike};
use super::table::{Table, number};

/// Fewest letters, legal forms aside, among which one slip is let pass.
const SLIP_LETTERS_MIN: usize = 8;
/// Fewest letters left when a word in the middle is left out.
const LEFT_OUT_LETTERS_MIN: usize = 8;
/// A name with one word in the middle left out and nothing else changed.
const LEFT_OUT_BP: u32 = 8_600;
/// The same, and one slip in the rest.
const LEFT_OUT_SLIP_BP: u32 = 8_500;
/// A name with its last word cut to the initial and nothing else changed.
const CUT_SHORT_BP: u32 = 8_600;
/// Fewest letters of what is left of it.
const CUT_SHORT_LETTERS_MIN: usize = 9;
/// The same consonants as they are heard, and few letters between them that differ.
const HEARD_BP: u32 = 8_600;
/// Fewest consonants for that, and where only vowels differ, one by one.
const HEARD_MIN: usize = 5;
const HEARD_IN_PLACE_MIN: usize = 4;
/// Fewest letters then, and most vowels.
const IN_PLACE_LETTERS_MIN: usize = 7;
const IN_PLACE_MAX: usize = 2;
/// Letters among which one more edit is let pass, and how many edits at least and at most.
const HEARD_LETTERS: usize = 5;
const HEARD_EDITS: (usize, usize) = (2, 4);
/// Fewest letters that are of no legal form, where all letters together are enough.
const OWN_LETTERS_MIN: usize = 3;
/// Fewest letters of a nickname, or of a name graded low, that is found although it is not equal.
const WEAK_LETTERS_MIN: usize = 10;
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
    /// The same, but one slip.
    LeftOutSlip,
    /// All of a person's name with its last word cut to the initial.
    CutShort,
    /// All consonants as they are heard, in order.
    Heard,
}

/// The consonants of a row of letters as they are heard: those that languages write for one another
/// are written one way, doubled ones once, vowels not at all.
fn heard(letters: &str) -> Vec<u8> {
    let letters: Vec<char> = letters.chars().collect();
    let mut out: Vec<u8> = Vec::with_capacity(letters.len());
    let (mut rest, mut apart) = (letters.as_slice(), true);
    while let Some((first, tail)) = rest.split_first() {
        let mut plain = [0; 4];
        let (codes, used): (&[u8], usize) = match (first, tail) {
            ('a' | 'e' | 'i' | 'o' | 'u' | 'y', _) => (b"", 1),
            ('p', ['h', ..]) => (b"f", 2),
            ('t', ['c' | 's', 'h', ..]) | ('d', ['z', 'h', ..]) => (b"k", 3),
            ('c' | 's' | 'z', ['h', ..]) | ('d', ['j', ..]) => (b"k", 2),
            ('t' | 'd', ['s' | 'z', ..]) => (b"s", 2),
            ('t' | 'd', ['h', ..]) => (if *first == 't' { b"t" } else { b"d" }, 2),
            ('s' | 'z', _) => (b"s", 1),
            ('c' | 'g' | 'h' | 'j' | 'k' | 'q', _) => (b"k", 1),
            ('x', _) => (b"ks", 1),
            ('v' | 'w', _) => (b"v", 1),
            (other, _) => (other.encode_utf8(&mut plain).as_bytes(), 1),
        };
        for code in codes {
            if apart || out.last() != Some(code) {
                out.push(*code);
            }
        }
        apart = codes.is_empty();
        rest = rest.get(used..).unwrap_or_default();
    }
    out
}

/// A listed name as it is written and, with a comma, as it is spoken.
fn orders(text: &str) -> impl Iterator<Item = Vec<String>> {
    let folded = if is_foreign(text) { String::new() } else { fold(text) };
    let words = |text: &str| -> Vec<String> {
        let plain = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        text.split(' ').map(plain).filter(|word| !word.is_empty()).collect()
    };
    let turned = text.split_once(',');
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

/// The letters of a name with its last word cut to the initial, where enough are left; of anything but
/// a person, enough that are of no legal form.
fn cut_short(words: &[String], kind: SubjectKind) -> Option<String> {
    let (last, before) = words.split_last()?;
    let (mut letters, initial) = (before.concat(), last.chars().next()?);
    letters.push(initial);
    let left = if kind == SubjectKind::Person { letters.len() } else { telling(before) };
    (left >= CUT_SHORT_LETTERS_MIN && last.len() > 1).then_some(letters)
}

/// Whether two rows of as many letters differ in few vowels, and in nothing else.
fn in_place(a: &str, b: &str) -> bool {
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let differ = || a.chars().zip(b.chars()).filter(|(a, b)| a != b);
    a.chars().count() == b.chars().count()
        && differ().all(|(a, b)| vowel(a) && vowel(b))
        && differ().count() <= IN_PLACE_MAX
}

/// Whether a row of letters that was found so tells enough for a nickname or a name graded low.
pub(super) fn tells(query: &str, how: Letter) -> bool {
    let whole = matches!(how, Letter::Same | Letter::Slip);
    whole && query.chars().count() >= WEAK_LETTERS_MIN
}

/// Letters of a listed name that are of no legal form.
fn telling(words: &[String]) -> usize {
    let own = words.iter().filter(|word| class_of(word) != Class::LegalForm);
    own.map(|word| word.chars().count()).sum()
}

/// Compare a queried row of letters with a listed name: what was found, and its score.
pub(super) fn alike(query: &str, listed: &str, kind: SubjectKind) -> Option<(Letter, u32)> {
    orders(listed).filter_map(|words| of_one(query, &words, kind)).max_by_key(|found| found.1)
}

fn of_one(query: &str, words: &[String], kind: SubjectKind) -> Option<(Letter, u32)> {
    let (whole, len) = (words.concat(), telling(words));
    if len < SAME_LETTERS_MIN {
        let enough = len >= OWN_LETTERS_MIN && whole.chars().count() >= SAME_LETTERS_MIN;
        return (enough && query == whole).then_some((Letter::Same, SAME_LETTERS_BP));
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
    let left_out = middle(words, kind).filter_map(|out| {
        let left: String = without(words, out).collect();
        match letters_alike(Letters::of(query), Letters::of(&left), TokenRule::Sound)? {
            (TokenRule::Sound, _) => Some((Letter::LeftOut, LEFT_OUT_BP)),
            _ => Some((Letter::LeftOutSlip, LEFT_OUT_SLIP_BP)),
        }
    });
    let sounding = || {
        let consonants = heard(query);
        if consonants != heard(&whole) {
            return None;
        }
        let most = (whole.len() / HEARD_LETTERS).clamp(HEARD_EDITS.0, HEARD_EDITS.1);
        let near = || edits(Letters::of(query), Letters::of(&whole)).is_some_and(|n| n <= most);
        let long = len >= SLIP_LETTERS_MIN && consonants.len() >= HEARD_MIN;
        let short = len >= IN_PLACE_LETTERS_MIN && consonants.len() >= HEARD_IN_PLACE_MIN;
        let same = long && near() || short && in_place(query, &whole);
        same.then_some((Letter::Heard, HEARD_BP))
    };
    let cut = || cut_short(words, kind).filter(|cut| cut == query);
    let cut = || cut().map(|_| (Letter::CutShort, CUT_SHORT_BP));
    left_out.max_by_key(|found| found.1).or_else(cut).or_else(sounding)
}

/// Names by their letters.
#[derive(Debug, Default)]
pub(super) struct Whole {
    /// Whole names, names with a word left out, and names cut short.
    table: Table,
    /// Hash of the consonants as they are heard, form; sorted.
    heard: Vec<(u64, u32)>,
}

flat!(Whole { table, heard });

/// `None` of too few consonants.
fn hash(heard: &[u8]) -> Option<u64> {
    let hash = heard.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (heard.len() >= HEARD_IN_PLACE_MIN).then_some(hash)
}

impl Whole {
    /// From the names, each with its kind, whether it is weak, and its number.
    pub(super) fn of<'a>(names: impl Iterator<Item = (&'a str, SubjectKind, bool, u32)>) -> Self {
        let (mut rows, mut hashes) = (Vec::new(), Vec::new());
        for (text, kind, weak, number) in names {
            for words in orders(text) {
                let whole = words.concat();
                if weak {
                    rows.extend((whole.len() >= WEAK_LETTERS_MIN - 1).then_some((whole, number)));
                    continue;
                }
                hashes.extend(hash(&heard(&whole)).map(|hash| (hash, number)));
                rows.push((whole, number));
                rows.extend(cut_short(&words, kind).map(|cut| (cut, number)));
                let left = |out| without(&words, out).collect::<String>();
                rows.extend(middle(&words, kind).map(|out| (left(out), number)));
            }
        }
        hashes.sort_unstable();
        let (table, _) = Table::of(rows.into_iter(), 0, TokenRule::Sound);
        Self { table, heard: hashes }
    }

    /// The names that [`alike`] may accept, each once.
    pub(super) fn like(&self, query: &str) -> Vec<u32> {
        let mut out = Vec::new();
        self.table.alike(Letters::of(query), TokenRule::Sound, &mut |name, _, _| out.push(name));
        if let Some(hash) = hash(&heard(query)) {
            let start = self.heard.partition_point(|(h, _)| *h < hash);
            let same = self.heard.iter().skip(start).take_while(|(h, _)| *h == hash);
            out.extend(same.map(|(_, name)| *name));
        }
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
        assert_eq!(person("zoltan quimble"), Some(Letter::LeftOutSlip));
        assert_eq!(person("zoltan quimle"), None, "left out, and two slips");
        assert_eq!(person("quibble zoltan m"), Some(Letter::CutShort));
        assert_eq!(person("quibble z"), None, "all words but the last");
    }

    #[test]
    fn a_legal_form_is_no_ground_for_a_slip() {
        let firm = |query: &str, listed: &str| how(query, listed, SubjectKind::Organisation);
        assert_eq!(firm("Abce Corp", "ABCD CORP"), None);
        assert_eq!(firm("Abcdef Corp.", "ABCDEF CORP"), Some(Letter::Same));
        assert_eq!(firm("Abcdeg Corp.", "ABCDEF CORP"), None);
        assert_eq!(firm("Tremblex Trade", "TREMBLEX GENERAL TRADE"), None);
        assert_eq!(firm("xyzzao", "XYZ ZAO"), Some(Letter::Same));
        assert_eq!(firm("xyzao", "XY ZAO"), None);
        assert_eq!(firm("Tremblex General T.", "TREMBLEX GENERAL TRADE"), Some(Letter::CutShort));
        assert_eq!(firm("Trex Limited T.", "TREX LIMITED TRADE"), None);
        let turned = "s.a.tremblexgeneraltrade";
        assert_eq!(firm(turned, "TREMBLEX GENERAL TRADE, S.A."), Some(Letter::Same));
    }

    #[test]
    fn consonants_agree_however_sounds_are_spelled() {
        for (a, b) in [("ashraf", "achraff"), ("qadhafi", "kadafi"), ("zulikha", "soulikhha")] {
            assert_eq!(heard(a), heard(b), "{a} {b}");
        }
        assert_ne!(heard("mam"), heard("ma"));
        assert_eq!(heard("mammam"), b"mmm");
        let person = |query: &str| how(query, "MESRI, Behzad", SubjectKind::Person);
        assert_eq!(person("masri behzed"), Some(Letter::Heard));
        assert_eq!(person("misra bohzude"), None, "too many letters differ");
        let vessel = |query: &str| how(query, "MAR AZUL", SubjectKind::Vessel);
        assert_eq!(vessel("mar ezol"), Some(Letter::Heard));
        assert_eq!(vessel("mor ezol"), None, "three vowels differ");
        assert_eq!(vessel("mar zuul"), None, "another place");
        let weak = |query: &str| tells(query, Letter::Slip);
        assert!(weak("elcarniccro") && !weak("carniccro") && !tells("elcarniccro", Letter::Heard));
    }
}
