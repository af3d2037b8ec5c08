//! Names in other scripts, written in Latin letters.
//!
//! Alphabets are transliterated letter by letter. Scripts that leave vowels out, or write them as
//! signs around a consonant, become their consonants alone, marked with [`BONES`]; such a token is
//! compared with the consonants of a Latin word. Han and Hangul are read syllable by syllable; Han
//! has further readings, for a name may be Korean or Japanese.
//!
//! Letters: `any_ascii` 0.3; for Arabic and Hebrew the letters below, which follow the spellings of
//! names on published lists (BGN/PCGN romanization, Arabic 1956 and Persian 1958) rather than a
//! reversible scheme.

use any_ascii::any_ascii_char;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::han;
use super::name::{fold, sound};

/// First sign of a token that holds consonants only.
pub(super) const BONES: char = '*';
/// Stands for a vowel at the beginning of a word.
const VOWEL: char = 'A';

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    /// Latin letters, digits and signs.
    Latin,
    /// Vowels are not written, or not as letters.
    Consonants,
    Greek,
    Han,
    Hangul,
    /// Any other alphabet or syllabary.
    Letters,
}

fn script(c: char) -> Script {
    match u32::from(c) {
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0x590..=0x8ff | 0x900..=0x109f | 0x1780..=0x17ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff => {
            Script::Consonants
        }
        0x3400..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff => Script::Han,
        0xac00..=0xd7af | 0x1100..=0x11ff => Script::Hangul,
        0..=0x36f | 0x1e00..=0x1eff | 0x2000..=0x2bff | 0xff00..=0xffef => Script::Latin,
        _ if c.is_alphanumeric() => Script::Letters,
        _ => Script::Latin,
    }
}

/// Whether a name has a letter that is not Latin.
pub(super) fn is_foreign(text: &str) -> bool {
    !text.is_ascii() && text.nfkc().any(|c| script(c) != Script::Latin)
}

/// A name in folded form (see [`fold`]), every other script read the usual way.
pub(super) fn folded(text: &str) -> String {
    read(text, |word| han::pinyin(word).join(" "), None)
}

/// Further folded forms of a name in another script, besides [`folded`].
pub(super) fn readings(text: &str) -> Vec<String> {
    let mut out = vec![
        read(text, |word| family_and_given(&han::pinyin(word)), Some(Ending::Kept)),
        read(text, |word| han::pinyin(word).join(" "), Some(Ending::Dropped)),
    ];
    if text.chars().any(|c| script(c) == Script::Han) {
        let or_pinyin = |word: &str, other: Option<String>| {
            other.unwrap_or_else(|| han::pinyin(word).join(" "))
        };
        let korean = |word: &str| or_pinyin(word, han::korean(word).map(|s| s.join(" ")));
        out.push(read(text, korean, None));
        let korean = |word: &str| or_pinyin(word, han::korean(word).map(|s| family_and_given(&s)));
        out.push(read(text, korean, None));
        out.push(read(text, |word| or_pinyin(word, han::japanese(word)), None));
    }
    out
}

/// What further readings do with Hangul syllables and Greek endings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Kept,
    Dropped,
}

/// `jong un` as `kim jongun`: the family name and the given name in one word.
fn family_and_given(syllables: &[String]) -> String {
    match syllables.split_first() {
        Some((family, given)) if !given.is_empty() => format!("{family} {}", given.concat()),
        Some((family, _)) => family.clone(),
        None => String::new(),
    }
}

fn read(text: &str, han: impl Fn(&str) -> String, other: Option<Ending>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let mut last = Script::Latin;
    let mut flush = |run: &mut String, script: Script| {
        match script {
            Script::Latin => out.push_str(&fold(run)),
            Script::Letters => out.push_str(&fold(&latin(run))),
            Script::Greek => out.push_str(&greek(run, other == Some(Ending::Dropped))),
            Script::Consonants => out.push_str(&consonants(run)),
            Script::Han => out.push_str(&format!(" {} ", han(run))),
            Script::Hangul => {
                let syllables = han::hangul(run);
                let joined = other == Some(Ending::Kept);
                let read = if joined { family_and_given(&syllables) } else { syllables.join(" ") };
                out.push_str(&format!(" {read} "));
            }
        }
        run.clear();
    };
    for c in text.nfkc() {
        let here = if is_combining_mark(c) { last } else { script(c) };
        if here != last {
            flush(&mut run, last);
            last = here;
        }
        run.push(c);
    }
    flush(&mut run, last);
    out
}

fn latin(run: &str) -> String {
    run.chars().map(any_ascii_char).collect()
}

/// Greek as names are written in passports (ISO 843, ELOT 743), digraphs first.
fn greek(run: &str, drop_ending: bool) -> String {
    let bare: String = run.nfd().filter(|c| !is_combining_mark(*c)).collect();
    let mut text = bare.to_lowercase();
    for (from, to) in [("ου", "ou"), ("αυ", "av"), ("ευ", "ev"), ("μπ", "b"), ("γγ", "ng")]
    {
        text = text.replace(from, to);
    }
    let text = fold(&latin(&text));
    let ending = ["os", "is", "as"].into_iter().find_map(|ending| text.strip_suffix(ending));
    match ending {
        Some(stem) if drop_ending && stem.len() > 3 => stem.to_owned(),
        _ => text,
    }
}

/// Letters of Arabic and Hebrew that names are spelled otherwise with than letter by letter.
fn consonant(c: char) -> Option<&'static str> {
    Some(match c {
        'ا' | 'أ' | 'إ' | 'آ' | 'ٱ' | 'ع' | 'א' | 'ע' => "",
        'ظ' => "z",
        'ة' => "",
        'ב' => "b",
        'פ' | 'ף' => "p",
        'ו' => "v",
        'צ' | 'ץ' => "ts",
        'ש' => "sh",
        'ק' => "k",
        _ => return None,
    })
}

/// Particles of Arabic names.
const WHOLE_WORDS: &[(&str, &str)] = &[
    ("بن", "bin"),
    ("ابن", "bin"),
    ("بنت", "bint"),
    ("ابو", "abu"),
    ("أبو", "abu"),
    ("أبي", "abi"),
    ("ابي", "abi"),
    ("ولد", "ould"),
    ("آل", "al"),
    ("ال", "al"),
    ("الدین", "al *dn"),
    ("الدين", "al *dn"),
];

/// The consonants of one word, with an Arabic article apart: `*rhmn`, `al *rhmn`.
fn consonants(word: &str) -> String {
    let bare: String = word.chars().filter(|c| !is_combining_mark(*c)).collect();
    // The name of God is the one word written with its doubled letter twice.
    let bare = bare.replace("الله", "اله");
    let letters: Vec<char> = bare.chars().collect();
    if let Some((_, read)) = WHOLE_WORDS.iter().find(|(written, _)| *written == bare) {
        return (*read).to_owned();
    }
    if let Some(rest) = bare.strip_prefix("عبدال").filter(|rest| rest.chars().count() > 2) {
        return format!("*Abd al {}", consonants(rest));
    }
    let (article, letters) = match letters.as_slice() {
        ['ا', 'ل', rest @ ..] if rest.len() > 3 => ("al ", rest),
        all => ("", all),
    };
    let vowel = letters.first().is_some_and(|c| consonant(*c) == Some(""));
    let mut text = if vowel { "a".to_owned() } else { String::new() };
    for c in letters {
        // Letter by letter: two letters side by side are not one sound written with two.
        let letter = fold(consonant(*c).unwrap_or_else(|| any_ascii_char(*c)));
        text.extend(sound(&letter).chars().filter(|c| c.is_alphanumeric()));
    }
    match bones(&text) {
        bones if bones.is_empty() => String::new(),
        bones => format!("{article}{BONES}{bones}"),
    }
}

/// The consonants of a word as it [`sound`]s; a vowel at its beginning counts, a final `h` does not.
pub(super) fn bones(sound: &str) -> String {
    let mut out = String::with_capacity(sound.len());
    for (i, c) in sound.chars().enumerate() {
        match c {
            'a' | 'i' | 'u' if i == 0 => out.push(VOWEL),
            'a' | 'i' | 'u' => {}
            'v' if i > 0 => {}
            other => out.push(other),
        }
    }
    if out.len() > 1 && out.ends_with('h') {
        out.pop();
    }
    out
}

/// Two tokens of consonants as one: the second begins with no vowel of its own.
pub(super) fn join(first: &str, second: &str) -> String {
    let second = second.strip_prefix(BONES).unwrap_or(second);
    let second = second.strip_prefix(VOWEL).unwrap_or(second);
    format!("{first}{second}")
}
