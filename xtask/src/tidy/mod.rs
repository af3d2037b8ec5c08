//! House rules that a program can check, on every file of the checkout, in well under two seconds.
//!
//! Invariant: a rule is either checked here, by the compiler or by clippy, or it is advice. Every exemption is
//! a row of a table with a reason, and a row nobody needs any more is a finding too.

mod arrows;
mod codes;
mod crates;
mod lexer;
mod sizes;
mod supply;
mod tree;
mod words;

use std::io::Write;
use std::thread;
use std::time::Instant;

use crate::Failure;
use crate::session::{Job, Notes, Session};
use crate::workspace::Workspace;
use tree::Tree;

/// One breach of a rule, at a place.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Finding {
    path: String,
    /// Counted from 1; 0 where the whole file is meant.
    line: usize,
    said: String,
}

impl Finding {
    fn new(path: &str, line: usize, said: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line, said: said.into() }
    }
}

/// `cargo xtask tidy`: prints the findings; true when there are none.
pub(crate) fn command() -> Result<bool, Failure> {
    let began = Instant::now();
    let (findings, files) = check(&Workspace::find()?)?;
    print!("{}", shown(&findings));
    let took = began.elapsed().as_secs_f32();
    println!("{} findings in {files} files, {took:.2} s", findings.len());
    Ok(findings.is_empty())
}

/// The same as a suite of the test command.
pub(crate) fn suite(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let (findings, files) = check(&session.workspace)?;
    std::fs::File::create(&job.log)?.write_all(shown(&findings).as_bytes())?;
    if findings.is_empty() {
        return Ok(vec![format!("{files} files")]);
    }
    Err(format!("{} findings", findings.len()).into())
}

fn check(workspace: &Workspace) -> Result<(Vec<Finding>, usize), Failure> {
    // Cargo needs about as long to resolve everything as we need to read everything.
    let (metadata, tree) = thread::scope(|scope| {
        let metadata = scope.spawn(|| workspace.everything().map_err(|error| error.to_string()));
        let tree = Tree::read(&workspace.root);
        (metadata.join(), tree)
    });
    let (metadata, tree) = (metadata.map_err(|_| "cargo metadata was not read")??, tree?);
    let mut findings = Vec::new();
    arrows::check(workspace, &tree, &mut findings);
    codes::check(&tree, &mut findings);
    crates::check(workspace, &tree, &mut findings);
    sizes::check(&tree, &mut findings);
    words::check(&tree, &mut findings);
    supply::check(&metadata, &tree, &mut findings);
    findings.sort();
    Ok((findings, tree.files.len()))
}

fn shown(findings: &[Finding]) -> String {
    let line = |finding: &Finding| match finding {
        Finding { path, line: 0, said } => format!("{path}: {said}\n"),
        Finding { path, line, said } => format!("{path}:{line}: {said}\n"),
    };
    findings.iter().map(line).collect()
}
