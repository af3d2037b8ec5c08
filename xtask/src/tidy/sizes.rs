//! Sizes and shapes of source files: length, function length, module prose.

use super::Finding;
use super::lexer::is_name;
use super::tree::{Source, Tree};

const FILE_MAX_LINES: usize = 600;
const FUNCTION_MAX_LINES: usize = 70;

/// The one long file each crate may have, with the reason why cutting it would hurt.
const LONG_FILES: [(&str, &str); 0] = [];

pub(super) fn check(tree: &Tree, findings: &mut Vec<Finding>) {
    for file in tree.files.iter().filter(|file| is_source(file)) {
        let lines = file.text.lines().count();
        let exempt = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        if lines > FILE_MAX_LINES && !exempt {
            findings.push(Finding::new(
                &file.path,
                0,
                format!("{lines} lines; {FILE_MAX_LINES} are the stop"),
            ));
        }
        if lines <= FILE_MAX_LINES && exempt {
            findings.push(Finding::new(&file.path, 0, "no longer needs its exemption in length"));
        }
    }
    for (file, split) in tree.rust() {
        if !file.is_snippet() && !has_module_prose(&file.text) {
            findings.push(Finding::new(&file.path, 1, "no `//!` says what this module is for"));
        }
        for (line, lines) in functions(&split.code) {
            if lines > FUNCTION_MAX_LINES {
                let said =
                    format!("a function of {lines} lines; {FUNCTION_MAX_LINES} are the stop");
                findings.push(Finding::new(&file.path, line, said));
            }
        }
    }
    check_exemptions(tree, findings);
}

/// The code before `#[cfg(test)] mod … {`: tests come last in a file.
pub(super) fn without_tests(code: &str) -> &str {
    for (at, found) in code.match_indices("#[cfg(test)]") {
        let after = code.get(at + found.len()..).unwrap_or_default();
        // Attributes may stand between the two.
        let module = after.lines().map(str::trim).find(|line| line.starts_with("mod "));
        if after.trim_start().starts_with(['#', 'm'])
            && module.is_some_and(|line| line.ends_with('{'))
        {
            return code.get(..at).unwrap_or_default();
        }
    }
    code
}

fn is_source(file: &Source) -> bool {
    matches!(file.extension(), "rs" | "js" | "mjs" | "cjs" | "ts" | "py" | "sh" | "css")
}

/// Inner attributes may stand before the prose, nothing else.
fn has_module_prose(text: &str) -> bool {
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("//!") {
            return true;
        }
        let opens = line.starts_with("#![");
        if !(inside || opens || line.trim().is_empty()) {
            return false;
        }
        inside = (inside || opens) && !line.trim_end().ends_with(']');
    }
    false
}

/// Line and length of every function with a body.
fn functions(code: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code.get(..at).unwrap_or_default();
        let rest = code.get(at + 3..).unwrap_or_default();
        let named = rest.starts_with(|first: char| is_name(first));
        if !named || before.ends_with(is_name) {
            continue;
        }
        if let Some(length) = body_end(rest) {
            let body = rest.get(..length).unwrap_or_default();
            found.push((before.matches('\n').count() + 1, body.matches('\n').count() + 1));
        }
    }
    found
}

/// The offset behind the closing brace of the first body in `rest`; none for a declaration without one.
fn body_end(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut brackets = 0_usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets = brackets.saturating_sub(1),
            b';' if depth == 0 && brackets == 0 => return None,
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

fn check_exemptions(tree: &Tree, findings: &mut Vec<Finding>) {
    let mut rooms = Vec::new();
    for (path, _) in LONG_FILES {
        let room = path.split('/').take(2).collect::<Vec<_>>();
        if rooms.contains(&room) {
            findings.push(Finding::new(path, 0, "a second long file in one crate"));
        }
        rooms.push(room);
        if tree.find(path).is_none() {
            findings.push(Finding::new(path, 0, "exempt from the length rule, and absent"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_name_to_closing_brace() {
        let code =
            "trait T {\n    fn a(&self);\n}\nfn b(x: [u8; 2]) -> u8 {\n    if true { 1 }\n}\n";
        assert_eq!(functions(code), vec![(4, 3)]);
    }

    #[test]
    fn prose_may_follow_attributes_only() {
        assert!(has_module_prose("#![allow(\n    x,\n    reason = \"y\"\n)]\n//! Prose.\n"));
        assert!(!has_module_prose("use x;\n//! Prose.\n"));
        assert!(!has_module_prose(""));
    }

    #[test]
    fn tests_at_the_end_are_cut_and_declarations_are_not() {
        let code = "#[cfg(test)]\nmod tests;\nfn a() {}\n";
        assert_eq!(without_tests(code), code);
        assert_eq!(without_tests("fn a() {}\n#[cfg(test)]\nmod tests {\n}\n"), "fn a() {}\n");
    }
}
