//! Words that do not belong in the tree, and marks of careless editing.
//!
//! This file has to spell them and is the only one that is not searched.

use super::Finding;
use super::lexer::has_word;
use super::tree::{Source, Tree};

const THIS_FILE: &str = "xtask/src/tidy/words.rs";

/// Unfinished work does not hide in comments. `XXX` is also a currency code, so text in quotes is free.
const UNFINISHED: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];

/// Names that say nothing about what a thing does.
const EMPTY_NAMES: [&str; 3] = ["Manager", "Helper", "Util"];
const EMPTY_MODULES: [&str; 6] = ["utils", "util", "common", "helpers", "helper", "misc"];

/// Traces of the machine or the manner in which a file was written. Nothing a reader needs.
const TRACES: [&str; 9] = [
    // Written in two halves, so that this list does not find itself.
    concat!("/wo", "rk/"),
    concat!("/tmp/", "research"),
    "/tmp/t/",
    "/tmp/c/",
    "/root/",
    "/home/",
    "co-authored-by",
    "language model",
    "ai-generated",
];

/// Where a locked crate may come from. A lock of other packages names no address at all.
const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn check(tree: &Tree, findings: &mut Vec<Finding>) {
    for file in tree.files.iter().filter(|file| file.path != THIS_FILE) {
        check_module_name(file, findings);
        if is_lock(file) {
            check_sources(file, findings);
            continue;
        }
        if !is_written_by_us(file) {
            continue;
        }
        check_whitespace(file, findings);
        check_lines(file, findings);
    }
}

/// Prose and code. Data keeps the words of its source, snapshots those of another program.
fn is_written_by_us(file: &Source) -> bool {
    let known = matches!(
        file.extension(),
        "rs" | "md" | "toml" | "yaml" | "yml" | "js" | "mjs" | "py" | "sh" | "css" | "html"
    );
    known || file.path.starts_with(".ci/")
}

fn is_lock(file: &Source) -> bool {
    file.path.ends_with("Cargo.lock") || file.path.ends_with("package-lock.json")
}

/// Packs, modules and their like quote statutes, whose spelling is not ours to change.
fn quotes_law(file: &Source) -> bool {
    matches!(file.extension(), "yaml" | "yml")
}

fn check_whitespace(file: &Source, findings: &mut Vec<Finding>) {
    for (number, line) in file.text.split('\n').enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            findings.push(Finding::new(&file.path, number + 1, "trailing whitespace"));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        findings.push(Finding::new(&file.path, 0, "the last line does not end"));
    }
}

fn check_lines(file: &Source, findings: &mut Vec<Finding>) {
    for (number, line) in file.text.lines().enumerate() {
        let small = line.to_lowercase();
        let mut said = |text: String| findings.push(Finding::new(&file.path, number + 1, text));
        for trace in TRACES.iter().filter(|trace| stands_alone(&small, trace)) {
            said(format!("`{trace}` tells of the machine or the manner of writing"));
        }
        if small.contains("licence") && !quotes_law(file) {
            said("write `license`, whatever the sentence".to_owned());
        }
    }
    match &file.rust {
        Some(split) => {
            check_unfinished(file, &split.comments, findings);
            check_unfinished(file, &split.code, findings);
            check_names(file, &split.code, findings);
        }
        None if !quotes_law(file) => check_unfinished(file, &file.text, findings),
        None => {}
    }
}

fn check_unfinished(file: &Source, text: &str, findings: &mut Vec<Finding>) {
    for (number, line) in text.lines().enumerate() {
        for word in UNFINISHED.iter().filter(|word| has_word(line, word)) {
            let said = format!("`{word}`: finish it, or write it down where work is planned");
            findings.push(Finding::new(&file.path, number + 1, said));
        }
    }
}

fn check_names(file: &Source, code: &str, findings: &mut Vec<Finding>) {
    const KEYWORDS: [&str; 5] = ["struct ", "enum ", "trait ", "type ", "fn "];
    for (number, line) in code.lines().enumerate() {
        for keyword in KEYWORDS {
            let Some((before, after)) = line.split_once(keyword) else { continue };
            let name = after.split(|c: char| !super::lexer::is_name(c)).next().unwrap_or_default();
            if before.ends_with(super::lexer::is_name) || name.is_empty() {
                continue;
            }
            let empty = EMPTY_NAMES.iter().any(|word| name.contains(word));
            let versioned = name.ends_with("V2") || name.ends_with("_v2");
            let getter = keyword == "fn " && name.starts_with("get_");
            if empty || versioned || getter {
                let said = format!("`{name}`: name it for what it is or does");
                findings.push(Finding::new(&file.path, number + 1, said));
            }
        }
    }
}

fn check_module_name(file: &Source, findings: &mut Vec<Finding>) {
    let path = file.path.strip_suffix(".rs").unwrap_or_default();
    if let Some(part) = path.split('/').find(|part| EMPTY_MODULES.contains(part)) {
        let said = format!("`{part}` is no place: split by what the parts do");
        findings.push(Finding::new(&file.path, 0, said));
    }
}

fn check_sources(file: &Source, findings: &mut Vec<Finding>) {
    for (number, line) in file.text.lines().enumerate() {
        let line = line.trim();
        let elsewhere = line.starts_with("source = ") && !line.contains(SOURCE);
        if elsewhere || line.starts_with("\"resolved\": ") {
            findings.push(Finding::new(
                &file.path,
                number + 1,
                "a package from no public registry",
            ));
        }
    }
}

/// A path counts where it begins; a phrase anywhere.
fn stands_alone(line: &str, trace: &str) -> bool {
    line.match_indices(trace).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let continues = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '$' | '}');
        !trace.starts_with('/') || !before.is_some_and(continues)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_machine_is_told_from_a_path_in_a_sentence() {
        assert!(stands_alone("see /home/x", "/home/"));
        assert!(!stands_alone("the way/home/of law", "/home/"));
    }

    #[test]
    fn empty_names_are_found_where_they_are_given() {
        let file = Source { path: "crates/x/src/y.rs".into(), text: String::new(), rust: None };
        let mut findings = Vec::new();
        check_names(
            &file,
            "struct KeyManager;\nlet x: FileHelper;\nfn get_key() {}\n",
            &mut findings,
        );
        assert_eq!(findings.len(), 2);
    }
}
