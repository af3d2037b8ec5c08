//! `mez regpack`: law and lists as content-addressed artifacts.
//!
//! A pack is built with its parents, whose rules apply too; the digest covers every record. A list
//! is imported as published; its artifact commits to every record, and the records lie beside it as
//! JSON Lines.

mod batch;
mod lists;
mod sign;
mod snapshot;

use std::path::PathBuf;

use canon::{Clock, PackId};
use clap::Subcommand;
use law::records::Part;
use law::{Domain, Effect, Files, Mode, Pack, Problem};
use proof::ArtifactType;
use serde_json::{Value, json};

use super::artifact::{self, Stored};
use super::content::{self, Content, ContentArgs};
use super::failure::{Failure, Fault};
use super::screen::{Answer, table};
use super::{Context, Exit, part};
use crate::layout::PACK_TYPE;
use part::Sort;

/// Longest chain of parents followed.
const CHAIN_MAX: usize = 6;
/// The artifact type of list headers; packs have the one zones keep them under.
const REGPACK: &str = "regpack";
/// What is read where a regpack is named.
const SORT: Sort = Sort::Part(Part::Regpack);

/// What to build.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build the pack of a jurisdiction and those of its parents
    Build(BuildArgs),
    /// Import sanctions lists as published (OFAC SDN files, UN consolidated XML)
    Import(ImportArgs),
    /// Write the regpack of a jurisdiction: regulators, deadlines, figures, calendar, lists
    Write(part::BuildArgs),
    /// Sign what a regpack is, or the rules of a jurisdiction and of its parents
    Sign(sign::Args),
    /// Check a regpack or stored rules: canonical, every record cited; digest, age and signature
    Verify(part::VerifyArgs),
    /// Name the records in which two regpacks differ
    Diff(part::DiffArgs),
    /// Write the difference of two regpacks, or of stored rules, as a file
    Delta(part::DeltaArgs),
    /// Make the newer regpack of the older one and a delta
    Apply(part::ApplyArgs),
    /// Screen many names against the lists of a folder, one answer a line
    Screen(batch::Args),
    /// All lists of a folder as one signed document
    #[command(subcommand)]
    Snapshot(snapshot::Command),
}

/// Which pack to build.
#[derive(clap::Args)]
pub(crate) struct BuildArgs {
    /// The jurisdiction: the name of a folder under packs/
    #[arg(long, value_name = "NAME")]
    jurisdiction: String,
    /// Demand a rule file for each of the 20 domains
    #[arg(long)]
    all_domains: bool,
    #[command(flatten)]
    store: StoreArgs,
    /// Import the sanctions lists of this folder as well
    #[arg(long, value_name = "DIR")]
    sanctions: Option<PathBuf>,
    #[command(flatten)]
    dates: lists::Dates,
    #[command(flatten)]
    content: ContentArgs,
}

/// Which lists to import.
#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// The folder with the published files
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    dates: lists::Dates,
    #[command(flatten)]
    store: StoreArgs,
}

/// Whether and where artifacts are kept.
#[derive(clap::Args)]
struct StoreArgs {
    /// Put what is built into the artifact store
    #[arg(long = "store")]
    wanted: bool,
    /// The artifact store
    #[arg(long, value_name = "DIR", default_value = artifact::DIR)]
    dir: PathBuf,
}

impl StoreArgs {
    /// Stores an artifact, if that is wanted.
    fn put(&self, kind: &str, bytes: &[u8], extension: &str) -> Result<Option<Stored>, Failure> {
        if !self.wanted {
            return Ok(None);
        }
        let kind = ArtifactType::parse(kind).map_err(|error| {
            Failure::new(Exit::Error, "artifact", "nothing was stored", "report this")
                .because(&error)
        })?;
        artifact::put(&self.dir, &kind, bytes, extension).map(Some)
    }
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Build(args) => build(args, context.clock),
            Self::Write(args) => part::build(Part::Regpack, args),
            Self::Sign(args) => sign::run(args, context),
            Self::Verify(args) => part::verify(SORT, args, context),
            Self::Diff(args) => part::diff(SORT, args),
            Self::Delta(args) => part::delta(SORT, args),
            Self::Apply(args) => part::apply(SORT, args),
            Self::Import(args) => {
                let (text, json) =
                    lists::import(&args.folder, &args.dates, &args.store, context.clock)?;
                Ok(Answer::done(text, json))
            }
            Self::Screen(args) => batch::screen(args, context),
            Self::Snapshot(command) => command.run(context),
        }
    }
}

fn build(args: &BuildArgs, clock: &dyn Clock) -> Result<Answer, Failure> {
    let content = args.content.open_at(std::path::Path::new("."))?;
    let chain = chain(&content, &args.jurisdiction)?;
    let sandbox = PackId::parse(law::SANDBOX).ok().and_then(|id| Pack::load(&content, &id).ok());
    if args.all_domains {
        complete(&chain)?;
    }
    let mut text = String::new();
    let mut built = Vec::new();
    for pack in &chain {
        let stored = args.store.put(PACK_TYPE, pack.artifact().bytes(), "json")?;
        let path = stored.map(|stored| stored.path.display().to_string());
        text.push_str(&format!(
            "pack {} {} as of {}: {} rules, {}\n  {}\n",
            pack.id(),
            pack.version(),
            pack.as_of(),
            pack.rules().len(),
            reviewed(pack),
            pack.digest().prefixed(),
        ));
        if let Some(path) = &path {
            text.push_str(&format!("  stored {path}\n"));
        }
        built.push(json!({
            "as_of": pack.as_of(),
            "digest_sha256": pack.digest(),
            "missing_domains": pack.missing(),
            "pack": pack.id(),
            "path": path,
            "review": pack.review(),
            "rules": pack.rules().len(),
            "version": pack.version(),
        }));
    }
    let (rows, domains) = coverage(&chain, sandbox.as_ref());
    text.push('\n');
    text.push_str(&table(
        &["domain", "requirements", "scoping", "not enforced", "decided by"],
        &rows,
    ));
    text.push_str(&format!("content: {content}\n"));
    let mut json = json!({"content": content.to_string(), "domains": domains, "packs": built});
    if let Some(folder) = &args.sanctions {
        let (more, lists) = lists::import(folder, &args.dates, &args.store, clock)?;
        text.push('\n');
        text.push_str(&more);
        if let Some(members) = json.as_object_mut() {
            members.insert("sanctions".to_owned(), lists);
        }
    }
    Ok(Answer::done(text, json))
}

fn reviewed(pack: &Pack) -> &'static str {
    match pack.review() {
        law::Review::Reviewed => "reviewed",
        law::Review::Unreviewed => "unreviewed",
    }
}

/// The packs whose rules apply in a jurisdiction, its own first.
fn chain(content: &Content, asked: &str) -> Result<Vec<Pack>, Failure> {
    let names = content.list("packs").map_err(|error| {
        content::refused("the packs cannot be listed", &Problem::of_file("packs", error).into())
    })?;
    let known = || names.iter().map(String::as_str).filter(|name| *name != law::SANDBOX);
    let unknown = || {
        let hint = law::nearest(asked, known());
        let hint = hint.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
        let what = format!("no pack named `{asked}`{hint}");
        let remedy = format!("the packs are {}", known().collect::<Vec<_>>().join(", "));
        Failure::new(Exit::Usage, "unknown-name", what, remedy)
    };
    if !names.iter().any(|name| name == asked) {
        return Err(unknown());
    }
    let mut packs = Vec::new();
    let mut next = Some(PackId::parse(asked).map_err(|_| unknown())?);
    while let Some(id) = next.filter(|_| packs.len() < CHAIN_MAX) {
        let pack = Pack::load(content, &id)
            .map_err(|problems| content::refused(format!("pack `{id}` is refused"), &problems))?;
        next = pack.parent().cloned();
        packs.push(pack);
    }
    Ok(packs)
}

/// Every pack of the chain must hold a file for every domain.
fn complete(chain: &[Pack]) -> Result<(), Failure> {
    let mut failure = Failure::new(
        Exit::Invalid,
        "missing-domain",
        "a domain has no rule file, so every write it judges would be refused",
        "add the files; `rules: []` says that the pack is silent on purpose",
    );
    for pack in chain {
        for domain in pack.missing() {
            let file = Some(format!("packs/{}/rules/{domain}.yaml", pack.id()));
            failure.faults.push(Fault { file, ..Fault::new("no such file") });
        }
    }
    if failure.faults.is_empty() { Ok(()) } else { Err(failure) }
}

/// Per domain: how many rules there are, and who decides.
fn coverage(chain: &[Pack], sandbox: Option<&Pack>) -> (Vec<Vec<String>>, Vec<Value>) {
    let mut rows = Vec::new();
    let mut domains = Vec::new();
    for domain in Domain::ALL {
        let of = |pack: &Pack| pack.rules().iter().any(|rule| rule.domain == domain);
        let rules = || chain.iter().flat_map(Pack::rules).filter(|rule| rule.domain == domain);
        let enforced = |effect| {
            rules().filter(|rule| rule.effect == effect && rule.mode == Mode::Enforce).count()
        };
        let (requirements, scoping) = (enforced(Effect::Requirement), enforced(Effect::Scoping));
        let idle = rules().filter(|rule| rule.mode != Mode::Enforce).count();
        let missing = chain.iter().find(|pack| pack.missing().contains(&domain));
        let deciders: Vec<&str> =
            chain.iter().filter(|pack| of(pack)).map(|pack| pack.id().as_str()).collect();
        let by = match (missing, deciders.is_empty(), sandbox.is_some_and(of)) {
            (Some(pack), _, _) => format!("nobody: `{}` lacks the file", pack.id()),
            (None, false, _) => deciders.join(", "),
            (None, true, true) => "sandbox rulebook (unsourced)".to_owned(),
            (None, true, false) => "nobody".to_owned(),
        };
        rows.push(vec![
            domain.to_string(),
            requirements.to_string(),
            scoping.to_string(),
            idle.to_string(),
            by.clone(),
        ]);
        domains.push(json!({
            "decided_by": by,
            "domain": domain,
            "not_enforced": idle,
            "requirements": requirements,
            "scoping": scoping,
        }));
    }
    (rows, domains)
}
