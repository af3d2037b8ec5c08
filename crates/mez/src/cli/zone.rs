//! `mez zone`: definitions of zones, made and shown.

mod compose;

use std::path::{Path, PathBuf};

use canon::{JurisdictionId, PackId, ZoneId};
use clap::Subcommand;
use law::manifest::{Catalog, Profile, Stack, Unknown, Zone};
use law::{Files, Pack, Problem};
use serde_json::json;

use super::content::{self, Content, ContentArgs};
use super::failure::Failure;
use super::screen::{Answer, pairs, table};
use super::{Exit, file, lock};

/// Longest chain of parents followed.
const CHAIN_MAX: usize = 6;

/// What to do with a definition.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write zone.yaml for a jurisdiction
    Init(InitArgs),
    /// Compose a zone whose law is taken, domain by domain, from others
    Compose(compose::Args),
    /// Show a zone with everything it is made of, or list the zones and profiles there are
    Show(ShowArgs),
}

/// Which zone to define.
#[derive(clap::Args)]
pub(crate) struct InitArgs {
    /// A zone's name or alias, or a jurisdiction that has a pack
    #[arg(required_unless_present = "named")]
    jurisdiction: Option<String>,
    /// The same, as an option
    #[arg(
        long = "jurisdiction",
        value_name = "NAME",
        conflicts_with = "jurisdiction",
        id = "named"
    )]
    named: Option<String>,
    /// The profile the zone runs
    #[arg(long, value_name = "NAME")]
    profile: String,
    /// The folder to write zone.yaml to
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    content: ContentArgs,
}

/// Which zone to show.
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// A zone's name, id or alias, or the path of a zone.yaml
    zone: Option<String>,
    #[command(flatten)]
    content: ContentArgs,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        match self {
            Self::Init(args) => init(args),
            Self::Compose(args) => compose::run(args),
            Self::Show(ShowArgs { zone: Some(zone), content }) => show(zone, content),
            Self::Show(ShowArgs { zone: None, content }) => list(content),
        }
    }
}

fn init(args: &InitArgs) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let catalog = &Catalog::new(&content);
    let asked = args.jurisdiction.as_ref().or(args.named.as_ref());
    let asked = asked.map(String::as_str).unwrap_or_default();
    let profile = catalog.profile(&args.profile).map_err(|error| content::unknown(&error))?;
    let mut zone = match catalog.zone(asked) {
        Ok(zone) => zone,
        Err(error) => fresh(&content, asked, &profile)?.ok_or_else(|| no_zone(&error))?,
    };
    zone.profile = profile.id.clone();
    zone.profile_version = profile.version.clone();
    let text = zone.to_yaml();
    // What is written must read back, and everything it names must be there.
    let zone = Zone::parse("zone.yaml", text.as_bytes())
        .map_err(|problems| content::refused("the zone cannot be written", &problems))?;
    let stack = Stack::resolve(catalog, zone).map_err(|error| content::unstacked(&error))?;
    file::make_dir(&args.output)?;
    let path = args.output.join("zone.yaml");
    file::write_new_0644(&path, text.as_bytes())?;
    let shown = path.display().to_string();
    let text = pairs(&[
        ("zone", stack.zone.id.to_string()),
        ("profile", stack.profile.id.to_string()),
        ("written", shown.clone()),
        ("next", format!("mez lock {shown}")),
    ]);
    let json = json!({
        "content": content.to_string(),
        "path": shown,
        "profile_id": stack.profile.id,
        "zone_id": stack.zone.id,
    });
    Ok(Answer::done(text, json))
}

fn no_zone(error: &Unknown) -> Failure {
    let mut failure = content::unknown(error);
    if matches!(error, Unknown::Name { .. }) {
        failure.remedy.push_str("\na jurisdiction without a zone needs a pack under packs/");
    }
    failure
}

/// The definition of a zone nobody has written yet, if the jurisdiction has a pack.
fn fresh(content: &Content, asked: &str, profile: &Profile) -> Result<Option<Zone>, Failure> {
    let Ok(jurisdiction) = JurisdictionId::parse(asked) else { return Ok(None) };
    let Some((first, stack)) = chain(content, asked)? else { return Ok(None) };
    let stack: Vec<String> = stack.iter().map(|id| format!("{id:?}")).collect();
    let id = ZoneId::parse(&format!("{}zone.{jurisdiction}", law::manifest::PREFIX));
    let Ok(id) = id else { return Ok(None) };
    let title = serde_json::Value::from(first.title());
    let text = format!(
        "zone_id: {id}\njurisdiction_id: {jurisdiction}\nzone_name: {title}\n\
         profile: {{ profile_id: {}, version: {} }}\njurisdiction_stack: [{}]\n",
        profile.id,
        profile.version,
        stack.join(", ")
    );
    let zone = Zone::parse("zone.yaml", text.as_bytes());
    zone.map(Some).map_err(|problems| content::refused("the zone cannot be written", &problems))
}

/// A jurisdiction's pack and the names of its chain of parents, most specific first.
fn chain(content: &Content, place: &str) -> Result<Option<(Pack, Vec<String>)>, Failure> {
    let listed = content.list("packs").map_err(|error| {
        content::refused("the packs cannot be listed", &Problem::of_file("packs", error).into())
    })?;
    if !listed.iter().any(|name| name == place) || place == law::SANDBOX {
        return Ok(None);
    }
    let mut names = Vec::new();
    let mut first = None;
    let mut next = PackId::parse(place).ok();
    while let Some(id) = next.filter(|_| names.len() < CHAIN_MAX) {
        let pack = Pack::load(content, &id)
            .map_err(|problems| content::refused(format!("pack `{id}` is refused"), &problems))?;
        names.push(id.to_string());
        next = pack.parent().cloned();
        first.get_or_insert(pack);
    }
    Ok(first.map(|pack| (pack, names)))
}

fn list(args: &ContentArgs) -> Result<Answer, Failure> {
    let content = args.open_at(Path::new("."))?;
    let catalog = &Catalog::new(&content);
    let refuse = |problems| content::refused("the content cannot be listed", &problems);
    let mut rows = Vec::new();
    let mut zones = Vec::new();
    for name in catalog.zone_names().map_err(refuse)? {
        let zone = catalog.zone(&name).map_err(|error| content::unknown(&error))?;
        let profile = zone.profile.as_str().rsplit('.').next().unwrap_or_default().to_owned();
        rows.push(vec![name.clone(), zone.name.clone(), profile, zone.aliases.join(" ")]);
        zones.push(json!({
            "aliases": zone.aliases,
            "name": name,
            "profile_id": zone.profile,
            "title": zone.name,
            "zone_id": zone.id,
        }));
    }
    let profiles = catalog.profile_names().map_err(refuse)?;
    let mut text = table(&["zone", "name", "profile", "aliases"], &rows);
    text.push_str(&format!("\nprofiles  {}\ncontent   {content}\n", profiles.join(", ")));
    let json = json!({"content": content.to_string(), "profiles": profiles, "zones": zones});
    Ok(Answer::done(text, json))
}

fn show(asked: &str, args: &ContentArgs) -> Result<Answer, Failure> {
    let path = Path::new(asked);
    let is_file = path.extension().is_some_and(|ext| ext == "yaml");
    let (zone, content) = if is_file {
        lock::read_zone(path, args)?
    } else {
        let content = args.open_at(Path::new("."))?;
        let zone = Catalog::new(&content).zone(asked);
        (zone.map_err(|error| content::unknown(&error))?, content)
    };
    let stack = Stack::resolve(&Catalog::new(&content), zone);
    let stack = stack.map_err(|error| {
        let mut failure = content::unstacked(&error);
        failure.exit = if failure.exit == Exit::Usage { Exit::Invalid } else { failure.exit };
        failure
    })?;
    Ok(told(&stack, &content))
}

fn told(stack: &Stack, content: &Content) -> Answer {
    let Stack { zone, profile, .. } = stack;
    let places: Vec<&str> = zone.stack.iter().map(JurisdictionId::as_str).collect();
    let pending: Vec<&str> = stack.pending.iter().map(JurisdictionId::as_str).collect();
    let dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let evidence: Vec<String> = profile
        .extra_evidence
        .iter()
        .map(|(domain, kinds)| format!("{domain}: {}", kinds.join(" ")))
        .collect();
    let mut text = pairs(&[
        ("zone", zone.id.to_string()),
        ("name", zone.name.clone()),
        ("kind", dash(zone.kind.clone())),
        ("law", places.join(" < ")),
        ("pending", dash(Some(pending.join(" ")).filter(|text| !text.is_empty()))),
        ("profile", format!("{} {}", profile.id, profile.version)),
        ("extra evidence", dash(Some(evidence.join(", ")).filter(|text| !text.is_empty()))),
        ("currency", dash(zone.currency.map(|currency| currency.code().to_owned()))),
        ("corridors", dash(Some(zone.corridors.join(" ")).filter(|text| !text.is_empty()))),
        ("sandbox rulebook", if zone.sandbox_rulebook { "yes" } else { "no" }.to_owned()),
        ("content", content.to_string()),
    ]);
    let mut rows = Vec::new();
    for pack in stack.packs.iter().chain(&stack.sandbox) {
        let name = pack.id().to_string();
        rows.push(vec![
            "pack".to_owned(),
            name,
            pack.version().to_string(),
            pack.digest().to_string(),
        ]);
    }
    for (used, module) in &stack.modules {
        let name = used.id.to_string();
        rows.push(vec!["module".to_owned(), name, used.variant.clone(), module.digest.to_string()]);
    }
    text.push('\n');
    text.push_str(&table(&["part", "name", "version", "sha256"], &rows));
    let packs = stack.packs.iter().chain(&stack.sandbox);
    let packs: Vec<_> = packs
        .map(|pack| json!({"digest_sha256": pack.digest(), "pack": pack.id(), "version": pack.version()}))
        .collect();
    let modules = stack.modules.iter();
    let modules: Vec<_> = modules
        .map(|(used, module)| {
            json!({"manifest_sha256": module.digest, "module_id": used.id, "variant": used.variant})
        })
        .collect();
    let json = json!({
        "aliases": zone.aliases,
        "content": content.to_string(),
        "corridors": zone.corridors,
        "extra_evidence": profile.extra_evidence,
        "jurisdiction_id": zone.jurisdiction,
        "jurisdiction_stack": zone.stack,
        "modules": modules,
        "packs": packs,
        "pending": stack.pending,
        "profile_id": profile.id,
        "profile_version": profile.version,
        "sandbox_rulebook": zone.sandbox_rulebook,
        "zone_id": zone.id,
        "zone_name": zone.name,
    });
    Answer::done(text, json)
}
