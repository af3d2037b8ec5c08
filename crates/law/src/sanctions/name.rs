//! Normal form of a name: the tokens that are compared, and what kind of token each is.
//!
//! NFKD, marks dropped, letters without a decomposition folded (`ø`, `ł`, `ß`), lower case,
//! apostrophes removed, every other sign a separator. `S.A.` is one token; a hyphen also gives a
//! second form with its parts joined, so `AERO-X` meets `AEROX`.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::flat::letter;
use super::score::TokenRule;
use super::script::{self, BONES, is_foreign};
use super::similar::{Letters, letters_alike};

/// What a token says about its bearer; decides its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// A word that tells bearers apart; weighed by how rare it is.
    Word,
    /// Contains a digit: counts like a word but must be equal.
    Number,
    /// One letter.
    Initial,
    /// An article, preposition or patronymic particle.
    Particle,
    /// A legal form; next to nothing.
    LegalForm,
    /// A word of a script that leaves vowels out: its consonants, compared with those of a word.
    Consonants,
}

letter!(Class { Word, Number, Initial, Particle, LegalForm, Consonants });

/// Legal forms, already in normal form; sorted (checked by a test).
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ad",
    "ag",
    "aktiengesellschaft",
    "anonima",
    "anonyme",
    "ao",
    "aps",
    "as",
    "asa",
    "bhd",
    "bsc",
    "bv",
    "bvba",
    "ca",
    "cia",
    "co",
    "company",
    "corp",
    "corporation",
    "cv",
    "dd",
    "dmcc",
    "doo",
    "ead",
    "eood",
    "est",
    "eu",
    "eurl",
    "fzc",
    "fzco",
    "fze",
    "fzllc",
    "gesellschaft",
    "gmbh",
    "inc",
    "incorporated",
    "joint",
    "jsc",
    "kft",
    "kg",
    "kgaa",
    "kk",
    "kscc",
    "liability",
    "limitada",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "ltee",
    "mbh",
    "nv",
    "oao",
    "ojsc",
    "ood",
    "ooo",
    "oy",
    "oyj",
    "pao",
    "pjsc",
    "plc",
    "pt",
    "pte",
    "pty",
    "pvt",
    "qsc",
    "rl",
    "sa",
    "sab",
    "sae",
    "sal",
    "saoc",
    "saog",
    "sapi",
    "sarl",
    "sas",
    "sc",
    "sdn",
    "se",
    "sia",
    "sl",
    "sociedad",
    "societe",
    "sp",
    "spa",
    "spc",
    "srl",
    "srls",
    "sro",
    "stock",
    "tbk",
    "tov",
    "uab",
    "ulc",
    "wll",
    "zao",
    "zoo",
];

/// Particles and titles, already in normal form; sorted (checked by a test).
const PARTICLES: &[&str] = &[
    "al", "alhaji", "and", "ben", "bin", "bint", "binti", "bt", "bte", "capt", "cheik", "cheikh",
    "col", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "dr", "du", "e",
    "ed", "eng", "et", "for", "gen", "hadj", "hadji", "haji", "hajj", "hajji", "ibn", "in", "la",
    "las", "le", "los", "lt", "maulana", "maulavi", "mawlawi", "miss", "mme", "mr", "mrs", "ms",
    "mulla", "mullah", "of", "on", "or", "ould", "prof", "shaik", "shaikh", "shaykh", "sheik",
    "sheikh", "sheykh", "shiekh", "sir", "ten", "ter", "the", "uld", "und", "van", "von", "wa",
    "with", "y",
];

/// Class of a token in normal form.
pub(super) fn class_of(token: &str) -> Class {
    if token.starts_with(BONES) {
        Class::Consonants
    } else if PARTICLES.binary_search(&token).is_ok() {
        Class::Particle
    } else if LEGAL_FORMS.binary_search(&token).is_ok() {
        Class::LegalForm
    } else if token.chars().any(char::is_numeric) {
        Class::Number
    } else if token.chars().nth(1).is_none() {
        Class::Initial
    } else {
        Class::Word
    }
}

/// A name in normal form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Normal {
    /// Tokens in written order, hyphens as separators.
    pub tokens: Vec<String>,
    /// Tokens with hyphenated parts joined; empty when the name has no hyphen.
    pub joined: Vec<String>,
}

impl Normal {
    pub(super) fn of(text: &str) -> Self {
        let folded = if is_foreign(text) { script::folded(text) } else { fold(text) };
        Self::of_folded(&folded)
    }

    fn of_folded(folded: &str) -> Self {
        let tokens = canonical(split(folded, false));
        let joined = if folded.contains('-') { canonical(split(folded, true)) } else { Vec::new() };
        let joined = if joined == tokens { Vec::new() } else { joined };
        Self { tokens, joined }
    }

    /// Whether a name has anything to compare: whether [`Normal::of`] gives it a token.
    pub(super) fn says_something(text: &str) -> bool {
        match text.is_ascii() {
            true => text.bytes().any(|byte| byte.is_ascii_alphanumeric()),
            false => !Self::of(text).tokens.is_empty(),
        }
    }

    /// Every reading of a name in another script.
    pub(super) fn readings(text: &str) -> Vec<Self> {
        if !is_foreign(text) {
            return Vec::new();
        }
        script::readings(text).iter().map(|folded| Self::of_folded(folded)).collect()
    }

    /// Every form of a listed name that is indexed.
    pub(super) fn forms(self) -> impl Iterator<Item = Vec<String>> {
        [self.tokens, self.joined].into_iter().filter(|form| !form.is_empty())
    }
}

/// What names with one Arabic element are most often spelled with, and how they are compared.
const ABDULLAH: &[&str] = &[
    "abdallah",
    "abdalla",
    "abdellah",
    "abdollah",
    "abdoullah",
    "abdoulah",
    "abdoulaye",
    "abdulla",
    "abdullah",
    "abdulah",
    "abdullahi",
    "abdullaahi",
];
const MUHAMMAD: &[&str] = &[
    "mahomed",
    "mehmed",
    "mehmet",
    "mohamad",
    "mohamed",
    "mohammad",
    "mohammed",
    "mohamud",
    "mohd",
    "muhamad",
    "muhamed",
    "muhammad",
    "muhammed",
    "muhd",
    "mohammod",
    "mohammud",
    "mahammad",
    "muxammad",
    "mukhammad",
    "magomed",
    "mahamed",
    "mohamet",
    "muhamet",
];
const ABDUL: &[&str] =
    &["abdul", "abdel", "abdal", "abdol", "abdoul", "abdool", "abdil", "abdur", "abdus"];
/// Fewest letters after `abdul` for the two to be taken apart.
const AFTER_ABDUL_MIN: usize = 3;

/// Whether a word may be one of many spellings: all of those begin with one of these letters.
pub(super) fn varies(token: &str) -> bool {
    token.starts_with(['a', 'e', 'm', 'u'])
}

/// One way of writing for the commonest spellings of Arabic names.
pub(super) fn canonical(tokens: Vec<String>) -> Vec<String> {
    if !tokens.iter().any(|token| varies(token)) {
        return tokens;
    }
    let mut out = Vec::with_capacity(tokens.len());
    for token in tokens {
        if !varies(&token) {
            out.push(token);
        } else if MUHAMMAD.contains(&token.as_str()) {
            out.push("muhammad".to_owned());
        } else if ABDULLAH.contains(&token.as_str()) {
            out.push("abdullah".to_owned());
        } else if matches!(token.as_str(), "el" | "ul" | "ud" | "ur" | "uz") {
            out.push("al".to_owned());
        } else if let Some(rest) = after_abdul(&token) {
            out.extend(["abd".to_owned(), "al".to_owned()]);
            out.extend((!rest.is_empty()).then(|| rest.to_owned()));
        } else {
            out.push(token);
        }
    }
    out
}

/// Fewest letters of a common word that another is taken for when it is spelled nearly so.
const COMMON_LETTERS_MIN: usize = 4;

/// The words a name has in common with many, ready to be compared.
static COMMON: LazyLock<Vec<Letters<'static>>> = LazyLock::new(|| {
    let words = [MUHAMMAD, ABDULLAH, ABDUL, LEGAL_FORMS, PARTICLES].into_iter().flatten();
    let long = words.filter(|word| word.len() >= COMMON_LETTERS_MIN);
    long.map(|word| Letters::of(word)).collect()
});

/// A legal form, title or element of names that a word is nearly spelled like, written one way.
pub(super) fn common_near(token: &str) -> Option<Vec<String>> {
    let asked = Letters::of(token);
    let near = |word: &&Letters<'_>| letters_alike(asked, **word, TokenRule::Equal).is_some();
    let word = COMMON.iter().find(near)?;
    Some(canonical(vec![word.text.to_owned()]))
}

/// What follows `abdul`, `abdel` or `abdur` in one word; the article takes on the sound after it.
fn after_abdul(token: &str) -> Option<&str> {
    token.strip_prefix("abd")?;
    if ABDUL.contains(&token) {
        return Some("");
    }
    let long = |rest: &&str| rest.len() >= AFTER_ABDUL_MIN;
    let plain = ABDUL.iter().filter(|lead| lead.ends_with('l'));
    let plain = plain.filter_map(|lead| token.strip_prefix(lead)).find(long);
    plain.or_else(|| {
        let after = token.get(4..).filter(|_| token.is_ascii())?;
        let doubled = after.chars().next() == after.chars().nth(1);
        after.get(1..).filter(|rest| doubled && long(rest))
    })
}

/// Lower-case letters and digits, `-` between parts, `.` after letters, one space elsewhere.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        // What the loop below does to ASCII, without tables.
        for c in text.chars() {
            match c {
                '\'' | '`' => {}
                '&' => out.push_str(" and "),
                '-' | '.' => out.push(c),
                c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
                _ => out.push(' '),
            }
        }
        return out;
    }
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'ħ' => out.push('h'),
            'ı' => out.push('i'),
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            '\''
            | '`'
            | '\u{b4}'
            | '\u{2b9}'..='\u{2bf}'
            | '\u{2c8}'
            | '\u{2018}'..='\u{201b}'
            | '\u{640}' => {}
            '-' | '\u{2010}'..='\u{2014}' => out.push('-'),
            '.' => out.push('.'),
            '&' => out.push_str(" and "),
            c if c.is_alphanumeric() => out.push(c),
            // NFKD may leave a mark after lower-casing (`İ`); it separates nothing.
            c if is_combining_mark(c) => {}
            _ => out.push(' '),
        }
    }
    out
}

/// Words of folded text. `a.b.` with single letters is one token if that makes a legal form,
/// single initials otherwise.
fn split(folded: &str, join_hyphens: bool) -> Vec<String> {
    let text = match folded.contains('-') {
        true => Cow::Owned(folded.replace('-', if join_hyphens { "" } else { " " })),
        false => Cow::Borrowed(folded),
    };
    let mut tokens = Vec::new();
    for word in text.split_whitespace() {
        if !word.contains('.') {
            tokens.push(word.to_owned());
            continue;
        }
        let parts: Vec<&str> = word.split('.').filter(|part| !part.is_empty()).collect();
        let letters = parts.len() > 1 && parts.iter().all(|part| part.chars().nth(1).is_none());
        let whole: String = parts.concat();
        if letters && (class_of(&whole) == Class::LegalForm || parts.len() > 2) {
            tokens.push(whole);
        } else {
            tokens.extend(parts.into_iter().map(str::to_owned));
        }
    }
    tokens
}

/// How a word sounds, roughly: the spellings transliteration varies are written one way.
///
/// Vowels fold to three, doubled letters to one, digraphs to one letter. Used beside edit
/// distance, never alone.
pub(super) fn sound(token: &str) -> String {
    let chars: Vec<char> = token.chars().collect();
    let mut out = String::with_capacity(token.len());
    let mut rest = chars.as_slice();
    while let Some((&first, tail)) = rest.split_first() {
        let (code, used) = match (first, tail) {
            ('s', ['c', 'h', ..]) => ('S', 3),
            ('t', ['s', 'c', 'h', ..]) => ('C', 4),
            ('s', ['h', ..]) => ('S', 2),
            ('t' | 'd', ['z' | 's', ..]) => ('z', 2),
            ('c', ['h', ..]) => ('C', 2),
            ('k' | 'g', ['h', ..]) => ('k', 2),
            ('p', ['h', ..]) => ('f', 2),
            ('t', ['h', ..]) => ('t', 2),
            ('d', ['h', ..]) => ('d', 2),
            ('z' | 'd', ['h' | 'j', ..]) => ('j', 2),
            ('o' | 'u', ['o' | 'u' | 'w', ..]) | ('e', ['o' | 'u', ..]) => ('u', 2),
            ('a' | 'e', ['i' | 'y' | 'e', ..]) | ('i' | 'y', ['e' | 'y' | 'i', ..]) => ('i', 2),
            ('o' | 'u', _) => ('u', 1),
            ('e' | 'i' | 'y', _) => ('i', 1),
            ('j', _) => ('j', 1),
            ('x', _) => {
                out.push('k');
                ('s', 1)
            }
            ('q' | 'c' | 'k' | 'g', _) => (if first == 'g' { 'g' } else { 'k' }, 1),
            ('w' | 'v', _) => ('v', 1),
            (other, _) => (other, 1),
        };
        if !out.ends_with(code) {
            out.push(code);
        }
        rest = rest.get(used..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        Normal::of(text).tokens
    }

    #[test]
    fn tables_are_sorted_and_in_normal_form() {
        for table in [LEGAL_FORMS, PARTICLES] {
            assert!(table.windows(2).all(|pair| pair[0] < pair[1]), "{table:?}");
            assert!(table.iter().all(|word| tokens(word) == [*word]));
        }
    }

    #[test]
    fn case_marks_and_punctuation_do_not_matter() {
        assert_eq!(tokens("  MÜLLER-Łódź,  O'Brien "), ["muller", "lodz", "obrien"]);
        assert_eq!(tokens("Ｓｔｒａße İzmir"), ["strasse", "izmir"]);
        assert_eq!(Normal::of("AERO-TRANS").joined, ["aerotrans"]);
    }

    #[test]
    fn dotted_letters_are_a_legal_form_or_initials() {
        assert_eq!(tokens("Alfa, S.A. DE C.V."), ["alfa", "sa", "de", "cv"]);
        assert_eq!(tokens("Alfa S.R.L."), ["alfa", "srl"]);
        assert_eq!(tokens("J.R. Beta"), ["j", "r", "beta"]);
    }

    #[test]
    fn spellings_of_one_sound_fold_together() {
        for (a, b) in [("yousef", "yusif"), ("hussein", "husain"), ("shevchenko", "schevchenko")] {
            assert_eq!(sound(a).len(), sound(b).len(), "{} {}", sound(a), sound(b));
        }
        assert_eq!(sound("kadhafi"), sound("qadafi"));
        assert_ne!(sound("martin"), sound("morten"));
    }

    #[test]
    fn arabic_elements_are_written_one_way() {
        for name in ["Abdul Rahman", "Abdel-Rahman", "Abdurrahman", "abd al-Rahman", "Abdulrahman"]
        {
            assert_eq!(tokens(name), ["abd", "al", "rahman"], "{name}");
        }
        assert_eq!(tokens("Abdulla Mohd"), ["abdullah", "muhammad"]);
    }
}
