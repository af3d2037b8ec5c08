//! `mez licensepack import`: a list of license types as a licensepack.

use std::path::{Path, PathBuf};

use canon::{Date, PackId};
use law::SourceText;
use serde_json::json;

use super::held::Sort;
use crate::cli::screen::pairs;
use crate::cli::{Answer, Failure, content, file};

/// Most bytes read of a list; law admits fewer and says so.
const LIST_READ_MAX: u64 = 1024 * 1024;
/// The one source of an imported list.
const SOURCE_ID: &str = "list";

/// The list, and what it is.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The list: `.csv` with a heading line, else JSON, an array of objects. Columns: id, name, regulator, section;
    /// and, where known, category, activities, capital, application_fee, annual_fee, term, renewal,
    /// obligations, heading, instrument, from
    list: PathBuf,
    /// The jurisdiction
    #[arg(long, value_name = "NAME", value_parser = PackId::parse)]
    jurisdiction: PackId,
    /// What the list was taken from
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// Where that can be read
    #[arg(long = "where", value_name = "ADDRESS")]
    place: String,
    /// The day it was read
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    as_of: Date,
    /// The version of the licensepack
    #[arg(long, value_name = "N", default_value_t = 1)]
    version: i64,
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let shown = args.list.display().to_string();
    let bytes = file::read_up_to(&args.list, LIST_READ_MAX)?;
    let source = SourceText {
        id: SOURCE_ID.to_owned(),
        title: args.title.clone(),
        place: args.place.clone(),
        read: args.as_of,
    };
    let made = law::licenses(&shown, &bytes, (&args.jurisdiction, args.version), &source);
    let made =
        made.map_err(|problems| content::refused(format!("`{shown}` is refused"), &problems))?;
    file::write_new_0644(&args.out, made.bytes())?;
    let held = Sort::Part(law::records::Part::Licensepack).read(Path::new(&args.out))?;
    let text = pairs(&[
        ("licensepack", made.digest().prefixed()),
        ("as of", args.as_of.to_string()),
        ("records", held.records.len().to_string()),
        ("written", args.out.display().to_string()),
    ]);
    let json = json!({
        "as_of_date": args.as_of,
        "digest_sha256": made.digest(),
        "path": args.out.display().to_string(),
        "records": held.records.len(),
    });
    Ok(Answer::done(text, json))
}
