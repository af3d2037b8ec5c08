//! `mez pack lint`: what loads and is still unfinished, with file, line, column and what would be
//! right. Errors end with 6; notes do not.

use std::path::Path;

use law::{Weight, load_packs, test_packs};
use serde_json::{Value, json};

use super::ContentArgs;
use crate::cli::failure::{Failure, Fault};
use crate::cli::screen::Answer;
use crate::cli::{Exit, content};

/// Which packs.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Names of packs; all of them, unless given
    #[arg(value_name = "PACK")]
    packs: Vec<String>,
    #[command(flatten)]
    content: ContentArgs,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let refused = |problems| content::refused("the packs are refused", &problems);
    let packs = load_packs(&content).map_err(refused)?;
    let tests = test_packs(&content, &packs).map_err(refused)?;
    if let Some(name) =
        args.packs.iter().find(|name| !packs.iter().any(|p| p.id().as_str() == **name))
    {
        return Err(Failure::usage(format!("no pack named `{name}`"), "name folders below packs/"));
    }
    let wanted = |pack: &&law::Pack| {
        args.packs.is_empty() || args.packs.iter().any(|name| name == pack.id().as_str())
    };
    let found: Vec<law::Lint> =
        packs.iter().filter(wanted).flat_map(|pack| law::lint(pack, &tests)).collect();
    let (errors, notes): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|lint| lint.weight == Weight::Error);
    if errors.is_empty() {
        let text: String = notes.iter().map(|l| format!("{} [{}]\n", l.problem, l.code)).collect();
        let rows: Vec<Value> = notes.iter().map(row).collect();
        let text = format!("{text}no errors, {} notes\n", notes.len());
        return Ok(Answer::done(text, json!({"errors": 0, "notes": rows})));
    }
    let what = format!("{} errors, {} notes", errors.len(), notes.len());
    let remedy = "docs/writing-a-pack.md says how a row is written and tested";
    let mut failure = Failure::new(Exit::Invalid, "lint", what, remedy);
    failure.faults = errors.iter().chain(&notes).map(fault).collect();
    Err(failure)
}

fn fault(lint: &law::Lint) -> Fault {
    let problem = &lint.problem;
    let known = |number: usize| (number > 0).then_some(number);
    Fault {
        file: Some(problem.file.clone()),
        line: known(problem.line),
        column: known(problem.column),
        rule: Some(lint.code.to_owned()),
        ..Fault::new(&*problem.detail)
    }
}

fn row(lint: &law::Lint) -> Value {
    let law::Problem { file, line, column, detail } = &lint.problem;
    json!({"code": lint.code, "column": column, "detail": detail, "file": file, "line": line})
}
