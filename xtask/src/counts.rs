//! `cargo xtask counts`: every number of the documents that a command prints is what the command prints.
//!
//! ```text
//! <!-- count: mez modules: working -->33<!-- / -->    <!-- count: mez corridor mesh -all: pairs -->4,851<!-- / -->
//! <!-- count: files fuzz/corpus/* -->41<!-- / -->    <!-- count: lines #[test] -->1,000<!-- / -->
//! ```
//! After the colon comes the way to the number in the command's JSON: members by name, `*` for all members
//! or items, whose numbers are summed, `#` for how many there are. Two hyphens may not stand in a comment
//! of Markdown, and a bar ends a cell: so options are written with one hyphen, and `json` is implied.
//!
//! Invariant: nothing of the house is linked in; the numbers come from the program as it was built.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;
use crate::process;
use crate::session::{Job, Notes, Session};
use crate::workspace::Workspace;

const OPEN: &str = "<!-- count: ";
const CLOSE: &str = "<!-- / -->";
/// Documents that may hold numbers, and folders of them.
const WHERE: [&str; 6] =
    ["README.md", "ARCHITECTURE.md", "docs", "docs/plan", "spec", "tests/strangers"];
/// What is counted by these words must stand between marks, in the README at least.
const COUNTED: [&str; 9] = [
    "modules",
    "zones",
    "rules",
    "routes",
    "schemas",
    "tests",
    "profiles",
    "jurisdictions",
    "corridors",
];

/// A number with its source, in the text of a document.
struct Mark<'t> {
    source: &'t str,
    value: &'t str,
    /// Where the value stands in the text.
    at: std::ops::Range<usize>,
}

/// Compares every number with its source, or writes it.
pub(crate) fn command(write: bool) -> Result<bool, Failure> {
    let workspace = Workspace::find()?;
    let built = workspace.cargo().args(["build", "--locked", "-p", "mez"]).status()?;
    if !built.success() {
        return Err("`mez` does not build".into());
    }
    let found = check(&workspace.root, &workspace.target.join("debug/mez"), write)?;
    found.wrong.iter().for_each(|line| println!("{line}"));
    let told = if write { "written" } else { "wrong" };
    println!(
        "{} numbers in {} documents, {} {told}",
        found.numbers,
        found.documents,
        found.wrong.len()
    );
    Ok(write || found.wrong.is_empty())
}

/// The same as a suite of the test command, of the release build.
pub(crate) fn suite(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let mut build = session.workspace.cargo();
    build.args(["build", "--locked", "--release"]);
    process::run(&mut build, &job.log, session.deadline)?;
    let found = check(&session.workspace.root, &crate::deploys::binary(session), false)?;
    fs::write(&job.log, found.wrong.join("\n"))?;
    match found.wrong.len() {
        0 => Ok(vec![format!("{} numbers in {} documents", found.numbers, found.documents)]),
        wrong => Err(format!("{wrong} numbers differ; `cargo xtask counts --write`").into()),
    }
}

/// What was found.
struct Found {
    numbers: usize,
    documents: usize,
    wrong: Vec<String>,
}

fn check(root: &Path, mez: &Path, write: bool) -> Result<Found, Failure> {
    let mut known: BTreeMap<String, u64> = BTreeMap::new();
    let mut found = Found { numbers: 0, documents: 0, wrong: Vec::new() };
    for path in documents(root)? {
        let text = fs::read_to_string(&path)?;
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let mut made = text.clone();
        let all = marks(&text).map_err(|error| format!("{shown}: {error}"))?;
        // From the end, so that what was replaced moves nothing that comes.
        for mark in all.iter().rev() {
            let number = match known.get(mark.source) {
                Some(number) => *number,
                None => count(mark.source, root, mez)
                    .map_err(|error| format!("{shown}: `{}`: {error}", mark.source))?,
            };
            known.insert(mark.source.to_owned(), number);
            let is = grouped(number);
            if mark.value != is {
                let line = text.get(..mark.at.start).unwrap_or_default().lines().count();
                found
                    .wrong
                    .push(format!("{shown}:{line}: {} is {is}, not {}", mark.source, mark.value));
                made.replace_range(mark.at.clone(), &is);
            }
        }
        if shown == "README.md" {
            found.wrong.extend(bare(&made).map(|told| format!("{shown}: {told}")));
        }
        found.numbers += all.len();
        found.documents += usize::from(!all.is_empty());
        if write && made != text {
            fs::write(&path, made)?;
        }
    }
    Ok(found)
}

fn documents(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for name in WHERE {
        let path = root.join(name);
        if !path.is_dir() {
            all.push(path);
            continue;
        }
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                all.push(path);
            }
        }
    }
    all.sort();
    Ok(all)
}

/// The marks of a text, in order. What stands in a block of code is an example.
fn marks(text: &str) -> Result<Vec<Mark<'_>>, Failure> {
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(begin) = text.get(from..).and_then(|rest| rest.find(OPEN)) {
        let begin = from + begin + OPEN.len();
        let rest = text.get(begin..).unwrap_or_default();
        let end = rest.find(" -->").ok_or("a count whose mark does not end")?;
        let at = begin + end + " -->".len();
        let value = text.get(at..).unwrap_or_default();
        let size = value.find(CLOSE).ok_or("a count without its closing mark")?;
        from = at + size;
        let value = value.get(..size).unwrap_or_default();
        all.push(Mark { source: rest.get(..end).unwrap_or_default(), value, at: at..from });
    }
    Ok(all)
}

/// A number in words of the README that no mark stands around.
fn bare(text: &str) -> impl Iterator<Item = String> + '_ {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs: Vec<(String, String)> =
        words.iter().zip(words.iter().skip(1)).map(|(a, b)| ((*a).into(), (*b).into())).collect();
    pairs.into_iter().filter_map(|(number, what)| {
        let digits = number.replace(',', "");
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let what = what.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let counted = plain && COUNTED.contains(&what);
        counted.then(|| {
            format!("`{number} {what}` is a number without a source: mark it, or leave it out")
        })
    })
}

/// The number a source gives.
fn count(source: &str, root: &Path, mez: &Path) -> Result<u64, Failure> {
    if let Some(pattern) = source.strip_prefix("files ") {
        let (folder, end) = pattern.rsplit_once('*').unwrap_or((pattern, ""));
        let entries = fs::read_dir(root.join(folder))?.collect::<Result<Vec<_>, _>>()?;
        let fits = |entry: &&fs::DirEntry| entry.file_name().to_string_lossy().ends_with(end);
        return Ok(u64::try_from(entries.iter().filter(fits).count())?);
    }
    if let Some(line) = source.strip_prefix("lines ") {
        return lines(root, line);
    }
    let (command, way) =
        source.rsplit_once(": ").ok_or("no `mez …: WAY`, `files …` or `lines …`")?;
    let words = command.strip_prefix("mez ").ok_or("the command is not `mez`")?;
    let word = |word: &str| match word.strip_prefix('-') {
        Some(option) => format!("--{option}"),
        None => word.to_owned(),
    };
    let output = Command::new(mez)
        .args(words.split(' ').map(word))
        .arg("--json")
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("`{command}` ended with {}", output.status).into());
    }
    let json: Value = serde_json::from_slice(&output.stdout)?;
    let steps: Vec<&str> = way.split('.').collect();
    sum(&json, &steps).ok_or_else(|| format!("no number at `{way}`").into())
}

/// The number at the end of a way.
fn sum(value: &Value, steps: &[&str]) -> Option<u64> {
    let Some((step, rest)) = steps.split_first() else { return value.as_u64() };
    let below: Vec<&Value> = match (value, *step) {
        (Value::Array(items), "*" | "#") => items.iter().collect(),
        (Value::Object(members), "*" | "#") => members.values().collect(),
        (value, name) => return sum(value.get(name)?, rest),
    };
    if *step == "#" {
        return rest.is_empty().then(|| u64::try_from(below.len()).ok()).flatten();
    }
    below.into_iter().map(|one| sum(one, rest)).sum()
}

/// How many lines of Rust below `crates` say just this.
fn lines(root: &Path, line: &str) -> Result<u64, Failure> {
    let mut waiting = vec![root.join("crates")];
    let mut count = 0;
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(path)?;
                count += u64::try_from(text.lines().filter(|one| one.trim() == line).count())?;
            }
        }
    }
    Ok(count)
}

/// With commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_with_their_source() {
        let text = "a <!-- count: mez x -y: a.# -->1,204<!-- / --> b";
        let all = marks(text).unwrap();
        assert_eq!((all[0].source, all[0].value), ("mez x -y: a.#", "1,204"));
        assert_eq!(&text[all[0].at.clone()], "1,204");
        assert!(marks("<!-- count: files x -->3").is_err());
    }

    #[test]
    fn ways_lead_to_numbers() {
        let json = serde_json::json!({"a": [{"n": 2}, {"n": 3}], "b": {"x": {"g": 1}, "y": {"g": 1, "p": 2}}});
        let sum = |way: &str| sum(&json, &way.split('.').collect::<Vec<_>>());
        assert_eq!(sum("a.*.n"), Some(5));
        assert_eq!(sum("a.#"), Some(2));
        assert_eq!(sum("b.*.#"), Some(3));
        assert_eq!((sum("a.*.m"), sum("c"), sum("a")), (None, None, None));
    }

    #[test]
    fn a_number_of_the_readme_needs_a_source() {
        assert_eq!(bare("we have 456 modules, and 20 domains").count(), 1);
        assert_eq!(bare("<!-- count: x -->456<!-- / --> modules").count(), 0);
        assert_eq!(
            (grouped(7), grouped(21_736), grouped(1_000_000)),
            ("7".into(), "21,736".into(), "1,000,000".into())
        );
    }
}
