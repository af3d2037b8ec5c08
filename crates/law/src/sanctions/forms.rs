//! The ways a queried name may have been meant: with its parts written together or apart, digits
//! read as the letters they resemble, misread letters, and the readings of another script.
//!
//! Invariant: the first form is the name as written; every other form only adds candidates, each
//! judged by the same score.

use super::index::Index;
use super::name::{Class, Normal, canonical, class_of, common_near, varies};
use super::script::{self, BONES};

/// Most forms compared for one name.
const FORMS_MAX: usize = 32;
/// Fewest letters of a word that is looked at for two words in it.
const SPLIT_LETTERS_MIN: usize = 5;
/// Most letters of such a word.
const SPLIT_LETTERS_MAX: usize = 48;
/// Fewest letters of a part that is a word.
const PART_LETTERS_MIN: usize = 3;
/// Fewest letters of a word for misread letters to be looked for.
const MISREAD_LETTERS_MIN: usize = 4;
/// Prefixes that are written both apart from and together with the next word.
const PREFIXES: &[&str] = &["abd", "abu", "al"];

/// Every form of a queried name, without repetition.
pub(super) fn of(name: &str, index: &Index) -> Vec<Vec<String>> {
    let mut forms: Vec<Vec<String>> = Normal::of(name).forms().collect();
    for reading in Normal::readings(name) {
        reading.forms().for_each(|form| add(&mut forms, form));
    }
    let written = forms.len();
    for at in 0..written {
        let Some(form) = forms.get(at).cloned() else { break };
        add(&mut forms, glue(&form));
        add(&mut forms, glue_bones(&form));
        add(&mut forms, glue(&glue_bones(&form)));
        add(&mut forms, unglue(&form));
        for start in digits(&form) {
            add(&mut forms, start);
        }
    }
    let mut read = Vec::new();
    for at in 0..forms.len() {
        let Some(form) = forms.get(at).cloned() else { break };
        add(&mut forms, joined(&form, index));
        add(&mut forms, mended(&form, index, &mut read));
    }
    forms
}

fn add(forms: &mut Vec<Vec<String>>, form: Vec<String>) {
    if forms.len() < FORMS_MAX && !form.is_empty() && !forms.contains(&form) {
        forms.push(form);
    }
}

fn glue(form: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(form.len());
    let mut open = false;
    for token in form {
        let bones = token.starts_with(BONES);
        match out.last_mut() {
            Some(last) if open && bones && last.starts_with(BONES) => {
                *last = script::join(last, token);
            }
            Some(last) if open && !bones && !last.starts_with(BONES) => last.push_str(token),
            _ => out.push(token.clone()),
        }
        open = PREFIXES.contains(&token.as_str()) || token == "*Abd";
    }
    out
}

/// Consonants on both sides of an article as one word, and a word with the name of God after it.
fn glue_bones(form: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(form.len());
    for token in form {
        let bones = |text: &String| text.starts_with(BONES) && text != "*Abd";
        let before = out.len().checked_sub(2).and_then(|at| out.get(at)).is_some_and(bones);
        if token.starts_with(BONES) && before && out.last().is_some_and(|last| last == "al") {
            out.pop();
        } else if !(token == "*Al" && out.last().is_some_and(bones)) {
            out.push(token.clone());
            continue;
        }
        if let Some(last) = out.last_mut() {
            *last = script::join(last, token);
        }
    }
    out
}

fn unglue(form: &[String]) -> Vec<String> {
    let mut out = Vec::with_capacity(form.len() + 2);
    for token in form {
        let cut = PREFIXES.iter().find_map(|prefix| {
            let rest = token.strip_prefix(prefix)?;
            (rest.chars().count() > PART_LETTERS_MIN).then_some((*prefix, rest))
        });
        match cut {
            Some((prefix, rest)) => out.extend([prefix.to_owned(), rest.to_owned()]),
            None => out.push(token.clone()),
        }
    }
    out
}

/// The letter a digit is written for.
fn letter_for(digit: char, one: char) -> char {
    match digit {
        '0' => 'o',
        '1' => one,
        '2' => 'z',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '6' => 'g',
        '7' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// Words with letters and digits, the digits read as letters; `1` both ways.
fn digits(form: &[String]) -> Vec<Vec<String>> {
    let mixed = |token: &String| {
        token.chars().any(|c| c.is_ascii_digit()) && token.chars().any(char::is_alphabetic)
    };
    if !form.iter().any(mixed) {
        return Vec::new();
    }
    let read = |one: char| {
        let token = |token: &String| match mixed(token) {
            true => token.chars().map(|c| letter_for(c, one)).collect(),
            false => token.clone(),
        };
        canonical(form.iter().map(token).collect())
    };
    vec![read('i'), read('l')]
}

/// Neighbouring tokens written together where the lists have the word they make.
fn joined(form: &[String], index: &Index) -> Vec<String> {
    let mut out = Vec::with_capacity(form.len());
    let mut rest = form;
    while let Some((first, tail)) = rest.split_first() {
        let together = tail.first().and_then(|second| {
            let both = format!("{first}{second}");
            if first.starts_with(BONES) || second.starts_with(BONES) {
                return None;
            }
            if let Some(known) = spelled(&both, index) {
                return Some(known);
            }
            let strange = !index.knows(first) || !index.knows(second);
            (strange && index.resembles(&both)).then(|| vec![both])
        });
        match together {
            Some(both) => {
                out.extend(both);
                rest = tail.get(1..).unwrap_or_default();
            }
            None => {
                out.push(first.clone());
                rest = tail;
            }
        }
    }
    out
}

/// A word of the lists, written one way; `None` when they do not have it.
fn spelled(token: &str, index: &Index) -> Option<Vec<String>> {
    let one_way = canonical(vec![token.to_owned()]);
    let known = |word: &String| class_of(word) != Class::Word || index.knows(word);
    one_way.iter().all(known).then_some(one_way)
}

/// Words the lists do not have, read as words they do have; `read` are those of the forms before.
fn mended(form: &[String], index: &Index, read: &mut Vec<(String, Vec<String>)>) -> Vec<String> {
    let mut out = Vec::with_capacity(form.len());
    for token in form {
        let known = read.iter().position(|(word, _)| word == token).unwrap_or_else(|| {
            read.push((token.clone(), mended_one(token, index)));
            read.len() - 1
        });
        out.extend(read.get(known).into_iter().flat_map(|(_, words)| words).cloned());
    }
    out
}

fn mended_one(token: &str, index: &Index) -> Vec<String> {
    let meant = if class_of(token) != Class::Word || !token.is_ascii() {
        None
    } else if index.knows(token) {
        in_two(token, index)
    } else {
        let read = common_near(token).or_else(|| misread(token, index));
        read.or_else(|| parts(token, index)).or_else(|| nearly_two(token, index))
    };
    meant.unwrap_or_else(|| vec![token.to_owned()])
}

/// Letters that are taken for one another in print.
const LOOKALIKES: &[(&str, &str)] = &[
    ("m", "rn"),
    ("rn", "m"),
    ("d", "cl"),
    ("cl", "d"),
    ("w", "vv"),
    ("vv", "w"),
    ("h", "li"),
    ("li", "h"),
    ("n", "ri"),
    ("ri", "n"),
    ("u", "ii"),
    ("ii", "u"),
    ("k", "lc"),
    ("lc", "k"),
    ("m", "nn"),
    ("nn", "m"),
    ("b", "lo"),
];

/// A listed word this one may be misread from.
fn misread(token: &str, index: &Index) -> Option<Vec<String>> {
    if token.len() < MISREAD_LETTERS_MIN {
        return None;
    }
    LOOKALIKES.iter().find_map(|(seen, meant)| {
        token.match_indices(seen).find_map(|(at, _)| {
            let word = format!("{}{meant}{}", token.get(..at)?, token.get(at + seen.len()..)?);
            spelled(&word, index).or_else(|| common_near(&word))
        })
    })
}

/// Whether the lists have a word, however it is written.
fn is_word(text: &str, index: &Index) -> bool {
    // What is written one way only is looked up first, which is quick.
    (varies(text) || index.knows(text))
        && class_of(text) == Class::Word
        && spelled(text, index).is_some()
}

/// Whether a word may be part of one that was written without spaces; a legal form only at its end.
fn is_part(text: &str, last: bool, index: &Index) -> bool {
    match class_of(text) {
        Class::Particle => true,
        Class::LegalForm => last || text.len() > SPLIT_LETTERS_MIN,
        Class::Word => text.len() >= PART_LETTERS_MIN && is_word(text, index),
        _ => false,
    }
}

/// A word as two listed words, when it is that.
fn in_two(token: &str, index: &Index) -> Option<Vec<String>> {
    (PART_LETTERS_MIN..token.len().checked_sub(PART_LETTERS_MIN - 1)?).find_map(|cut| {
        let (first, second) = token.split_at_checked(cut)?;
        let both = || canonical(vec![first.to_owned(), second.to_owned()]);
        (is_word(first, index) && is_word(second, index)).then(both)
    })
}

/// A word as the fewest listed words and particles it can be made of.
fn parts(token: &str, index: &Index) -> Option<Vec<String>> {
    if !(SPLIT_LETTERS_MIN..=SPLIT_LETTERS_MAX).contains(&token.len()) {
        return None;
    }
    // For each length: the fewest parts that make the beginning, and where the last one starts.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; token.len() + 1];
    if let Some(slot) = best.first_mut() {
        *slot = Some((0, 0));
    }
    for end in 2..=token.len() {
        for start in 0..end - 1 {
            let Some((count, _)) = best.get(start).copied().flatten() else { continue };
            let fewer = best.get(end).copied().flatten().is_none_or(|(n, _)| count + 1 < n);
            let part = token.get(start..end).filter(|_| fewer);
            if part.is_some_and(|part| is_part(part, end == token.len(), index))
                && let Some(slot) = best.get_mut(end)
            {
                *slot = Some((count + 1, start));
            }
        }
    }
    let (mut out, mut end) = (Vec::new(), token.len());
    while end > 0 {
        let (_, start) = best.get(end).copied().flatten()?;
        out.push(token.get(start..end)?.to_owned());
        end = start;
    }
    out.reverse();
    Some(canonical(out))
}

/// A word as a listed one and one that resembles a listed one.
fn nearly_two(token: &str, index: &Index) -> Option<Vec<String>> {
    let last = token
        .len()
        .checked_sub(PART_LETTERS_MIN + 1)
        .filter(|_| (2 * SPLIT_LETTERS_MIN - 1..=SPLIT_LETTERS_MAX).contains(&token.len()))?;
    (PART_LETTERS_MIN + 1..=last).rev().find_map(|cut| {
        let (first, second) = token.split_at_checked(cut)?;
        let known = (index.knows(first), index.knows(second));
        let fits = match known {
            (true, _) => index.resembles(second),
            (_, true) => index.resembles(first),
            _ => false,
        };
        fits.then(|| canonical(vec![first.to_owned(), second.to_owned()]))
    })
}
