//! Every code of the table in `docs/errors.md` is provoked by a test that names it.
//!
//! A code nobody provokes is one nobody knows the status, the place and the words of; and where the program cannot
//! give it any more, the table tells of what is not. There are no exceptions.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::{Source, Tree};

const TABLE: &str = "docs/errors.md";
/// The part of the page that is the table.
const HEADING: &str = "## Codes";

/// Where the tests of a file of the program begin: what follows is theirs to its end.
const TESTS_OF_A_FILE: &str = "#[cfg(test)]\nmod ";

pub(super) fn check(tree: &Tree, findings: &mut Vec<Finding>) {
    let Some(table) = tree.find(TABLE) else {
        findings.push(Finding::new(TABLE, 0, "the table of codes is missing"));
        return;
    };
    let codes = codes(&table.text);
    if codes.is_empty() {
        findings.push(Finding::new(TABLE, 0, format!("no code under `{HEADING}`")));
    }
    let mut named = BTreeSet::new();
    for text in tree.files.iter().filter_map(tests) {
        quoted(text, &mut named);
    }
    for (line, code) in codes.iter().filter(|(_, code)| !named.contains(code)) {
        let said = format!("no test provokes `{code}`: write one that does, or take the code away");
        findings.push(Finding::new(TABLE, *line, said));
    }
}

/// The codes of the first column, with their lines.
fn codes(page: &str) -> Vec<(usize, &str)> {
    let lines = page.lines().zip(1..);
    let table = lines.skip_while(|(line, _)| *line != HEADING).skip(1);
    let table = table.take_while(|(line, _)| !line.starts_with("## "));
    let first = table.filter_map(|(line, number)| {
        let row = line.strip_prefix("| `")?;
        Some((number, row.split('|').next()?))
    });
    first.flat_map(|(number, cell)| in_ticks(cell).map(move |code| (number, code))).collect()
}

/// What stands in backticks in a cell of which the first one was taken away.
fn in_ticks(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').step_by(2).filter(|text| !text.trim().is_empty())
}

/// What of a file is a test: all of it where tests lie, else what follows their beginning.
fn tests(file: &Source) -> Option<&str> {
    let written = matches!(file.extension(), "rs" | "mjs" | "js" | "ts" | "py");
    // Its own text names what it looks for.
    if !written || file.path.starts_with("xtask/") {
        return None;
    }
    let lies = file.path.starts_with("tests/")
        || file.path.contains("/tests/")
        || file.path.ends_with("/tests.rs");
    if lies {
        return Some(&file.text);
    }
    let begins = file.text.find(TESTS_OF_A_FILE)?;
    file.text.get(begins..)
}

/// Every text in quotes that could be a code.
fn quoted<'a>(text: &'a str, named: &mut BTreeSet<&'a str>) {
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        // Of either kind of quote, whatever stands between two neighbours: too much does no harm.
        for quote in ['"', '\''] {
            named.extend(line.split(quote).filter(|part| is_code(part)));
        }
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.into(), rust: None }
    }

    fn found(files: Vec<Source>) -> Vec<String> {
        let mut findings = Vec::new();
        check(&Tree { files }, &mut findings);
        findings.into_iter().map(|finding| finding.said).collect()
    }

    const PAGE: &str = "# Errors\n| `before` | x |\n## Codes\n\n| code | status |\n|---|---|\n\
        | `one` | 409 |\n| `two`, `three` | 422 |\n\n## More\n\n| `after` | x |\n";

    #[test]
    fn a_code_that_no_test_names_is_found_with_its_line() {
        let page = || source(TABLE, PAGE);
        assert_eq!(codes(PAGE), [(7, "one"), (8, "two"), (8, "three")]);
        assert_eq!(found(vec![page()]).len(), 3);
        let tests = source("crates/x/tests/y.rs", "is(&told, 409, \"one\"); code == 'two'");
        let left = found(vec![page(), tests]);
        assert_eq!(left.len(), 1);
        assert!(left.iter().all(|said| said.contains("`three`")), "{left:?}");
    }

    #[test]
    fn what_makes_a_code_is_no_test_of_it() {
        let page = || source(TABLE, "## Codes\n| `one` | 409 |\n");
        let program = "fn f() { refuse(\"one\") }\n";
        assert_eq!(found(vec![page(), source("crates/x/src/y.rs", program)]).len(), 1);
        let tested = format!("{program}#[cfg(test)]\nmod tests {{ \"one\" }}\n");
        assert!(found(vec![page(), source("crates/x/src/y.rs", &tested)]).is_empty());
        let comment = source("crates/x/tests/y.rs", "// answers \"one\"");
        assert_eq!(found(vec![page(), comment]).len(), 1);
        let list = source("tests/contract/openapi.json", "\"one\"");
        assert_eq!(found(vec![page(), list]).len(), 1, "a list of codes provokes none");
        assert!(!found(vec![source("README.md", "")]).is_empty(), "a page that is gone is told");
    }
}
