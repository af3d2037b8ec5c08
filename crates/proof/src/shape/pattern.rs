//! Patterns: the part of ECMA-262 that means the same here.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex_lite::{Regex, RegexBuilder};

/// Longest pattern, in bytes.
const PATTERN_MAX: usize = 1024;
/// Longest text held against one, in bytes.
const TEXT_MAX: usize = 64 * 1024;
/// Most memory of one compiled pattern, in bytes.
const COMPILED_MAX: usize = 1 << 18;

/// What means something else in one of the two languages, or exists in one alone.
const STRANGE: [&str; 16] = [
    "\\s", "\\S", "\\A", "\\z", "\\a", "\\x{", "\\<", "\\>", "[[", "[:", "[]", "[^]", "&&", "--",
    "~~", "{,",
];

/// Patterns compiled so far.
#[derive(Default)]
pub(super) struct Patterns(RefCell<BTreeMap<String, Option<Regex>>>);

impl Patterns {
    /// Whether a text matches anywhere; nothing where that cannot be told.
    pub(super) fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        if text.len() > TEXT_MAX || text.contains(['\r', '\u{2028}', '\u{2029}']) {
            return None;
        }
        let mut known = self.0.borrow_mut();
        let compiled = known.entry(pattern.to_owned()).or_insert_with(|| compile(pattern));
        compiled.as_ref().map(|regex| regex.is_match(text))
    }
}

fn compile(pattern: &str) -> Option<Regex> {
    let strange = STRANGE.iter().any(|part| pattern.contains(part));
    // Groups that only group are the same; flags and looking around are not.
    let flagged = pattern.match_indices("(?").any(|(at, _)| {
        let rest = pattern.get(at + 2..).unwrap_or_default();
        !rest.starts_with(':')
    });
    if pattern.len() > PATTERN_MAX || strange || flagged {
        return None;
    }
    RegexBuilder::new(pattern).size_limit(COMPILED_MAX).build().ok()
}
