//! `mez lawpack`: texts of law as Akoma Ntoso 3.0 with one digest over all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use canon::{Date, Digest, JurisdictionId, PackId};
use clap::Subcommand;
use law::Pack;
use law::lawpack::{
    Act, Head, LAWPACK_TEXT_MAX, LAWPACK_VERSION, Lawpack, TextSource, canonical_text,
};
use serde_json::json;

use super::content::{self, ContentArgs};
use super::failure::{Failure, Fault};
use super::part::{self, Sort};
use super::screen::{Answer, pairs, table};
use super::{Context, Exit, file};

/// Most files read of a folder.
const FILES_MAX: usize = 4_096;

/// What to do with a lawpack.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a lawpack of official texts: acts as JSON, section by section
    Import(ImportArgs),
    /// Make the lawpack of a pack's structure, or of Akoma Ntoso texts in a folder
    Build(BuildArgs),
    /// Sign what a lawpack is: jurisdiction, domain, day, digest
    Sign(part::SignArgs),
    /// Check a lawpack: canonical texts, index; digest, age and signature
    Verify(VerifyArgs),
    /// Name the provisions in which two lawpacks differ
    Diff(DiffArgs),
    /// Write the difference of two lawpacks as a file
    Delta(part::DeltaArgs),
    /// Make the newer lawpack of the older one and a delta
    Apply(part::ApplyArgs),
}

/// What the lawpack is of.
#[derive(clap::Args)]
struct HeadArgs {
    /// The jurisdiction
    #[arg(long, value_name = "NAME", value_parser = JurisdictionId::parse)]
    jurisdiction: JurisdictionId,
    /// The domain, such as `civil`, `financial`, `tax` or `aml`
    #[arg(long, value_name = "DOMAIN", default_value = "corpus")]
    domain: String,
    /// The folder to write; it must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Which texts to import.
#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// Files, or folders of files, each one act
    #[arg(value_name = "FILE", required = true)]
    texts: Vec<PathBuf>,
    /// The day the texts were read
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    as_of: Date,
    /// SPDX identifier of their license
    #[arg(long, value_name = "ID", default_value = "NOASSERTION")]
    license: String,
    #[command(flatten)]
    head: HeadArgs,
}

/// What to build.
#[derive(clap::Args)]
pub(crate) struct BuildArgs {
    /// Akoma Ntoso files; without them the structure the jurisdiction's pack cites
    #[arg(value_name = "FILE", requires = "as_of")]
    texts: Vec<PathBuf>,
    /// The day the texts were read
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    as_of: Option<Date>,
    #[command(flatten)]
    head: HeadArgs,
    #[command(flatten)]
    content: ContentArgs,
}

/// What to check.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// The folder of a lawpack
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print the digest of this provision as well: `akn/NAME.xml#sec_7A`
    #[arg(long, value_name = "PATH#ID")]
    provision: Option<String>,
    #[command(flatten)]
    asked: part::Asked,
}

/// What to compare.
#[derive(clap::Args)]
pub(crate) struct DiffArgs {
    /// The older lawpack
    older: PathBuf,
    /// The newer lawpack
    newer: PathBuf,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Import(args) => import(args),
            Self::Build(args) => build(args),
            Self::Sign(args) => part::sign(Sort::Lawpack, args, context),
            Self::Verify(args) => verify(args, context),
            Self::Diff(args) => diff(args),
            Self::Delta(args) => part::delta(Sort::Lawpack, args),
            Self::Apply(args) => part::apply(Sort::Lawpack, args),
        }
    }
}

fn import(args: &ImportArgs) -> Result<Answer, Failure> {
    let jurisdiction = &args.head.jurisdiction;
    let (mut acts, mut sources) = (Vec::new(), Vec::new());
    for path in listed(&args.texts, "json")? {
        let bytes = file::read_up_to(&path, LAWPACK_TEXT_MAX as u64)?;
        let act = Act::import(jurisdiction, &bytes, args.as_of).map_err(|error| {
            let what = format!("`{}` is no act", path.display());
            let remedy = "nothing was written; correct or leave out the file";
            Failure::new(Exit::Invalid, "act", what, remedy).because(&error)
        })?;
        let sha256 = Some(Digest::of_blob(&bytes));
        sources.push(TextSource { source_id: act.name.clone(), uri: act.uri.clone(), sha256 });
        acts.push(act);
    }
    let head = head(&args.head, args.as_of, &args.license, sources);
    let sections = acts.iter().map(|act| act.sections.len()).sum::<usize>();
    let pack = Lawpack::of_acts(head, &acts).map_err(|error| refused("the texts", &error))?;
    written(&pack, &args.head.out, Some(sections))
}

fn build(args: &BuildArgs) -> Result<Answer, Failure> {
    let Some(as_of) = args.as_of.filter(|_| !args.texts.is_empty()) else {
        let content = args.content.open_at(Path::new("."))?;
        let name = args.head.jurisdiction.as_str();
        let id = PackId::parse(name).map_err(|error| {
            Failure::usage(format!("no pack `{name}`"), "name a folder below packs/")
                .because(&error)
        })?;
        let pack = Pack::load(&content, &id)
            .map_err(|problems| content::refused(format!("pack `{id}` is refused"), &problems))?;
        let pack = Lawpack::of_pack(&pack).map_err(|error| refused(name, &error))?;
        return written(&pack, &args.head.out, None);
    };
    let mut texts = BTreeMap::new();
    for path in listed(&args.texts, "xml")? {
        let shown = path.display().to_string();
        let bytes = file::read_up_to(&path, LAWPACK_TEXT_MAX as u64)?;
        let canonical = String::from_utf8(bytes).map_err(|error| error.to_string());
        let canonical = canonical.and_then(|text| canonical_text(&text)).map_err(|error| {
            let failure = Failure::new(
                Exit::Invalid,
                "text",
                format!("`{shown}` is refused"),
                "correct the file",
            );
            failure.with(Fault { file: Some(shown.clone()), ..Fault::new(error) })
        })?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        texts.insert(format!("akn/{name}"), canonical.into_bytes());
    }
    let head = head(&args.head, as_of, "NOASSERTION", Vec::new());
    let pack = Lawpack::of_texts(head, texts).map_err(|error| refused("the texts", &error))?;
    written(&pack, &args.head.out, None)
}

fn verify(args: &VerifyArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let pack = read(&args.folder)?;
    let held = Sort::Lawpack.read(&args.folder)?;
    let mut answer = part::verify_held(&held, &args.asked, context)?;
    let (texts, provisions) = pack.counts();
    let mut rows = vec![("lawpack", pack.reference()), ("provisions", provisions.to_string())];
    let mut more = json!({"provisions": provisions, "reference": pack.reference(), "texts": texts});
    if let Some(citation) = &args.provision {
        let digest = pack.provision(citation).map_err(|error| refused(citation, &error))?;
        rows.push(("provision", digest.prefixed()));
        more.as_object_mut().map(|more| more.insert("provision_sha256".into(), json!(digest)));
    }
    answer.text.extend(pairs(&rows).into_bytes());
    if let (Some(all), Some(more)) = (answer.json.as_object_mut(), more.as_object_mut()) {
        all.append(more);
    }
    Ok(answer)
}

fn diff(args: &DiffArgs) -> Result<Answer, Failure> {
    let (older, newer) = (read(&args.older)?, read(&args.newer)?);
    let found = newer.since(&older);
    let rows: Vec<Vec<String>> =
        found.iter().map(|d| vec![d.change.to_owned(), d.path.clone(), d.e_id.clone()]).collect();
    let text = if rows.is_empty() {
        "no provision differs\n".to_owned()
    } else {
        table(&["change", "text", "provision"], &rows)
    };
    let json = json!({
        "differences": found,
        "newer": newer.reference(),
        "older": older.reference(),
    });
    Ok(Answer::done(text, json))
}

fn head(args: &HeadArgs, as_of: Date, license: &str, mut sources: Vec<TextSource>) -> Head {
    sources.sort();
    Head {
        lawpack_format_version: LAWPACK_VERSION.to_owned(),
        jurisdiction_id: args.jurisdiction.clone(),
        domain: args.domain.clone(),
        as_of_date: as_of,
        license: license.to_owned(),
        sources,
    }
}

fn refused(what: &str, error: &law::lawpack::BadLawpack) -> Failure {
    let remedy = "spec/lawpack.md says what a lawpack holds";
    Failure::new(Exit::Invalid, "lawpack", format!("{what}: refused"), remedy).because(error)
}

/// The files named, and those of that kind in the folders named, in order of name.
fn listed(named: &[PathBuf], extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in named {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|error| Failure::io("list", path, &error))?;
        for entry in entries {
            let file = entry.map_err(|error| Failure::io("list", path, &error))?.path();
            if file.extension().is_some_and(|found| found == extension) {
                found.push(file);
            }
        }
    }
    found.sort();
    if found.is_empty() || found.len() > FILES_MAX {
        return Err(Failure::usage(
            format!("no .{extension} file"),
            "name files or folders of them",
        ));
    }
    Ok(found)
}

pub(super) fn read(folder: &Path) -> Result<Lawpack, Failure> {
    let mut files = BTreeMap::new();
    for (below, prefix) in [(folder.to_owned(), ""), (folder.join("akn"), "akn/")] {
        let entries =
            std::fs::read_dir(&below).map_err(|error| Failure::io("list", &below, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| Failure::io("list", &below, &error))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && prefix.is_empty() && name == "akn" {
                continue;
            }
            files.insert(
                format!("{prefix}{name}"),
                file::read_up_to(&path, LAWPACK_TEXT_MAX as u64)?,
            );
        }
    }
    Lawpack::read(files).map_err(|error| refused(&folder.display().to_string(), &error))
}

fn written(pack: &Lawpack, out: &Path, sections: Option<usize>) -> Result<Answer, Failure> {
    if out.exists() {
        let what = format!("`{}` exists", out.display());
        return Err(Failure::usage(
            what,
            "name a folder that does not exist; nothing is overwritten",
        ));
    }
    file::make_dir(&out.join("akn"))?;
    for (path, bytes) in pack.files() {
        file::write_new_0644(&out.join(path), &bytes)?;
    }
    let (texts, provisions) = pack.counts();
    let mut rows = vec![
        ("lawpack", pack.reference()),
        ("texts", texts.to_string()),
        ("provisions", provisions.to_string()),
        ("written", out.display().to_string()),
    ];
    rows.extend(sections.map(|count| ("sections", count.to_string())));
    let json = json!({
        "digest_sha256": pack.digest(),
        "path": out.display().to_string(),
        "provisions": provisions,
        "reference": pack.reference(),
        "sections": sections,
        "texts": texts,
    });
    Ok(Answer::done(pairs(&rows), json))
}
