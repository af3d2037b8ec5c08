//! `mez regpack sign`: an operator answers for a regpack, or for the rules zones decide by.
//!
//! A zone whose definition names `pack_signers` loads no rules that one of them has not signed; the
//! signatures lie in its content as `signatures/PACK.json`, which is what `--jurisdiction` writes.

use std::path::{Path, PathBuf};

use law::Pack;
use law::statement::Statement;
use serde_json::json;

use super::{SORT, chain};
use crate::cli::content::ContentArgs;
use crate::cli::part::{self, By};
use crate::cli::screen::table;
use crate::cli::{Answer, Context, Failure, file};

/// The folder of content in which signatures lie.
const FOLDER: &str = "signatures";

/// What to sign, and who signs.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The regpack, or rules as the artifact store keeps them
    #[arg(required_unless_present = "jurisdiction", requires = "out")]
    pack: Option<PathBuf>,
    /// Sign the rules of this jurisdiction and of its parents: the name of a folder under packs/
    #[arg(long, value_name = "NAME", conflicts_with = "pack")]
    jurisdiction: Option<String>,
    #[command(flatten)]
    by: By,
    /// The file to write, which must not exist; of rules the folder, `signatures` unless given
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    #[command(flatten)]
    content: ContentArgs,
}

pub(super) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    match (&args.pack, &args.jurisdiction) {
        (Some(pack), _) => {
            let out = args.out.clone().unwrap_or_default();
            part::signed(&SORT.read(pack)?.statement, &args.by, &out, context)
        }
        (None, Some(name)) => rules(args, name, context),
        (None, None) => Err(Failure::usage("nothing to sign", "name a regpack or --jurisdiction")),
    }
}

fn rules(args: &Args, name: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let chain = chain(&content, name)?;
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from(FOLDER));
    file::make_dir(&folder)?;
    let (mut rows, mut signed) = (Vec::new(), Vec::new());
    for pack in &chain {
        let path = folder.join(format!("{}.json", pack.id()));
        let statement = Statement::of_pack(pack);
        let signer = part::key_signs(&statement, &args.by, &path, context)?;
        let path = path.display().to_string();
        rows.push(vec![pack.id().to_string(), Pack::digest(pack).to_string(), path.clone()]);
        signed.push(json!({"path": path, "signer": signer, "statement": statement}));
    }
    let text = table(&["pack", "sha256", "written"], &rows);
    Ok(Answer::done(text, json!({"content": content.to_string(), "signed": signed})))
}
