//! `mez schema`: the JSON Schemas of what travels, one or all.

use std::path::PathBuf;

use serde_json::json;

use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::screen::{Answer, pretty};
use crate::schemas;

/// Which schema, or where to put them all.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The schema to print, by file name; all names, unless given
    #[arg(conflicts_with = "out")]
    file: Option<String>,
    /// Write every schema into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let names: Vec<&str> = schemas::ALL.iter().map(|named| named.file).collect();
    if let Some(folder) = &args.out {
        file::make_dir(folder)?;
        for named in schemas::ALL {
            let text = pretty(&named.document());
            file::write_atomic(&folder.join(named.file), text.as_bytes())?;
        }
        let text = format!("{} schemas in {}\n", names.len(), folder.display());
        return Ok(Answer::done(text, json!({ "files": names, "folder": folder })));
    }
    let Some(name) = &args.file else {
        return Ok(Answer::done(names.join("\n") + "\n", json!({ "files": names })));
    };
    let document = schemas::of(name).ok_or_else(|| {
        let what = format!("there is no schema `{name}`");
        Failure::new(Exit::Usage, "schema", what, "`mez schema` lists them")
    })?;
    Ok(Answer::done(pretty(&document), document))
}
