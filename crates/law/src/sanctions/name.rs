//! Normal form of a name: the tokens that are compared, and what kind of token each is.
//!
//! NFKD, marks dropped, letters without a decomposition folded (`ø`, `ł`, `ß`), lower case,
//! apostrophes removed, every other sign a separator. `S.A.` is one token; a hyphen also gives a
//! second form with its parts joined, so `AERO-X` meets `AEROX`.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

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
}

/// Legal forms, already in normal form; sorted (checked by a test).
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "aps",
    "as",
    "bhd",
    "bv",
    "bvba",
    "ca",
    "cia",
    "co",
    "company",
    "corp",
    "corporation",
    "cv",
    "dmcc",
    "doo",
    "ead",
    "est",
    "eurl",
    "fzc",
    "fzco",
    "fze",
    "fzllc",
    "gmbh",
    "inc",
    "incorporated",
    "jsc",
    "kft",
    "kg",
    "limitada",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "mbh",
    "nv",
    "oao",
    "ojsc",
    "ooo",
    "oy",
    "pao",
    "pjsc",
    "plc",
    "pt",
    "pte",
    "pty",
    "pvt",
    "rl",
    "sa",
    "sab",
    "sae",
    "sal",
    "saog",
    "sapi",
    "sarl",
    "sas",
    "sc",
    "sdn",
    "se",
    "sl",
    "sp",
    "spa",
    "spc",
    "srl",
    "srls",
    "sro",
    "ulc",
    "wll",
    "zao",
];

/// Particles, already in normal form; sorted (checked by a test).
const PARTICLES: &[&str] = &[
    "al", "and", "ben", "bin", "bint", "da", "das", "de", "del", "della", "den", "der", "di", "do",
    "dos", "du", "e", "ed", "el", "et", "for", "ibn", "in", "la", "las", "le", "los", "of", "on",
    "or", "the", "ul", "und", "ur", "van", "von", "y",
];

/// Class of a token in normal form.
pub(super) fn class_of(token: &str) -> Class {
    if PARTICLES.binary_search(&token).is_ok() {
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
        let folded = fold(text);
        let tokens = split(&folded, false);
        let joined = if folded.contains('-') { split(&folded, true) } else { Vec::new() };
        let joined = if joined == tokens { Vec::new() } else { joined };
        Self { tokens, joined }
    }

    /// Every form of a listed name that is indexed.
    pub(super) fn forms(self) -> impl Iterator<Item = Vec<String>> {
        [self.tokens, self.joined].into_iter().filter(|form| !form.is_empty())
    }

    /// Every form of a queried name that is compared: the forms above and, for both, a leading
    /// `al` or `abd` written together with or apart from the word it belongs to.
    pub(super) fn query_forms(self) -> Vec<Vec<String>> {
        let mut forms: Vec<Vec<String>> = self.forms().collect();
        for form in forms.clone() {
            for other in [glue(&form), unglue(&form)] {
                if !forms.contains(&other) {
                    forms.push(other);
                }
            }
        }
        forms
    }
}

/// Prefixes that are written both apart from and together with the next word.
const PREFIXES: &[&str] = &["abdul", "abdel", "abdal", "abd", "abu", "al", "el"];

fn glue(form: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(form.len());
    let mut prefix = String::new();
    for token in form {
        prefix.push_str(token);
        if !PREFIXES.contains(&token.as_str()) {
            out.push(std::mem::take(&mut prefix));
        }
    }
    if !prefix.is_empty() {
        out.push(prefix);
    }
    out
}

fn unglue(form: &[String]) -> Vec<String> {
    let mut out = Vec::with_capacity(form.len() + 2);
    for token in form {
        let cut = PREFIXES.iter().find_map(|prefix| {
            let rest = token.strip_prefix(prefix)?;
            (rest.chars().count() >= 4).then_some((*prefix, rest))
        });
        match cut {
            Some((prefix, rest)) => out.extend([prefix.to_owned(), rest.to_owned()]),
            None => out.push(token.clone()),
        }
    }
    out
}

/// Lower-case letters and digits, `-` between parts, `.` after letters, one space elsewhere.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
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
    let text = if join_hyphens { folded.replace('-', "") } else { folded.replace('-', " ") };
    let mut tokens = Vec::new();
    for word in text.split_whitespace() {
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
            ('o' | 'u', ['o' | 'u' | 'w', ..]) => ('u', 2),
            ('a' | 'e', ['i' | 'y' | 'e', ..]) | ('i' | 'y', ['e' | 'y' | 'i', ..]) => ('i', 2),
            ('o' | 'u', _) => ('u', 1),
            ('e' | 'i' | 'y', _) => ('i', 1),
            ('j', _) => ('j', 1),
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

/// Whether the token is written in Latin letters or digits only.
pub(super) fn is_latin(token: &str) -> bool {
    token
        .chars()
        .all(|c| c.is_numeric() || (c as u32) < 0x250 || matches!(c as u32, 0x1e00..=0x1eff))
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
    fn prefixes_are_tried_apart_and_together() {
        let forms = Normal::of("Abdul Karim").query_forms();
        assert!(forms.contains(&vec!["abdulkarim".to_owned()]));
        let forms = Normal::of("Alkarim").query_forms();
        assert!(forms.contains(&vec!["al".to_owned(), "karim".to_owned()]));
    }
}
