//! `mez validate`: whether content says what the formats admit, file by file.

use std::path::{Path, PathBuf};

use canon::PackId;
use law::manifest::{Catalog, CorridorTemplate, Module, Overlay, Profile, Stack, Zone, ZoneRow};
use law::{Lock, Pack, Problem, Problems};
use serde_json::json;

use super::content::{self, Content, ContentArgs};
use super::failure::{Failure, Fault};
use super::modules::Surface;
use super::screen::{Answer, table};
use super::{Exit, file};

/// What to check.
#[derive(clap::Args)]
#[group(id = "what", required = true, multiple = true)]
pub(crate) struct Args {
    /// Check every module
    #[arg(long, group = "what")]
    all_modules: bool,
    /// Check every zone definition with everything it names
    #[arg(long, group = "what")]
    all_zones: bool,
    /// Check every profile with its modules
    #[arg(long, group = "what")]
    all_profiles: bool,
    /// Check every pack and run its tests
    #[arg(long, group = "what")]
    all_packs: bool,
    /// Files to check: zone.yaml, profile.yaml, corridor.yaml, stack.lock, a file of modules, zones or overlays, any file of a pack
    #[arg(group = "what")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    content: ContentArgs,
}

/// What was looked at and what is wrong with it.
#[derive(Default)]
struct Findings {
    rows: Vec<(&'static str, usize)>,
    faults: Vec<Fault>,
    notes: Vec<String>,
}

impl Findings {
    fn take<T>(&mut self, checked: Result<T, Failure>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(failure) if failure.faults.is_empty() => {
                self.faults.push(Fault::new(failure.what));
                None
            }
            Err(failure) => {
                self.faults.extend(failure.faults);
                None
            }
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let catalog = &Catalog::new(&content);
    let mut findings = Findings::default();
    if args.all_modules {
        modules(catalog, &mut findings);
    }
    if args.all_profiles {
        profiles(catalog, &mut findings)?;
    }
    if args.all_zones {
        zones(catalog, &mut findings);
    }
    if args.all_packs {
        packs(catalog, &mut findings)?;
    }
    for path in &args.files {
        let checked = one_file(path);
        findings.take(checked);
    }
    if !args.files.is_empty() {
        findings.rows.push(("files", args.files.len()));
    }
    let mut seen = std::collections::BTreeSet::new();
    findings.faults.retain(|fault| seen.insert(format!("{fault:?}")));
    if findings.faults.is_empty() {
        return Ok(told(&findings, &content));
    }
    let count = findings.faults.len();
    let what = if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
    let remedy = "correct the files; crates/law/FORMAT.md says what they may hold";
    let mut failure = Failure::new(Exit::Invalid, "content", what, remedy);
    failure.faults = findings.faults;
    Err(failure)
}

fn told(findings: &Findings, content: &Content) -> Answer {
    let rows: Vec<Vec<String>> =
        findings.rows.iter().map(|(what, n)| vec![(*what).to_owned(), n.to_string()]).collect();
    let mut text = table(&["checked", "count"], &rows);
    for note in &findings.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text.push_str(&format!("all is well (content: {content})\n"));
    let checked: serde_json::Map<String, serde_json::Value> =
        findings.rows.iter().map(|(what, n)| ((*what).to_owned(), json!(n))).collect();
    let json = json!({
        "checked": checked,
        "content": content.to_string(),
        "notes": findings.notes,
        "valid": true,
    });
    Answer::done(text, json)
}

fn names(catalog: &Catalog<'_>, folder: &str) -> Result<Vec<String>, Failure> {
    let listed = catalog.files().list(folder);
    listed.map_err(|error| {
        content::refused("the content cannot be listed", &Problem::of_file(folder, error).into())
    })
}

fn modules(catalog: &Catalog<'_>, findings: &mut Findings) {
    let all = catalog.modules().map_err(|problems| content::refused("the modules", &problems));
    let Some(all) = findings.take(all) else { return };
    findings.rows.push(("modules", all.len()));
    let Some(surface) = findings.take(Surface::of(catalog)) else { return };
    for module in all.values() {
        let lacking = surface.lacks(module).into_iter();
        let problems = lacking.map(|by| module.problem(format!("this program has no `{by}`")));
        findings.faults.extend(content::faults(&Problems(problems.collect())));
    }
}

fn profiles(catalog: &Catalog<'_>, findings: &mut Findings) -> Result<(), Failure> {
    let names = names(catalog, "profiles")?;
    findings.rows.push(("profiles", names.len()));
    for name in &names {
        let profile = catalog.profile(name).map_err(|error| content::unknown(&error));
        let Some(profile) = findings.take(profile) else { continue };
        let stack =
            Stack::modules(catalog, &profile, &[]).map_err(|error| content::unstacked(&error));
        findings.take(stack);
    }
    Ok(())
}

fn zones(catalog: &Catalog<'_>, findings: &mut Findings) {
    let named = catalog.zone_names().map_err(|problems| content::refused("the zones", &problems));
    let Some(names) = findings.take(named) else { return };
    let mut lawless = 0;
    for name in &names {
        let zone = catalog.zone(name).map_err(|error| content::unknown(&error));
        let Some(zone) = findings.take(zone) else { continue };
        let stale = zone.pending.iter().find(|place| catalog.has_pack(place.as_str()) == Ok(true));
        if let Some(place) = stale {
            let told = format!("zone `{name}` need not call `{place}` pending: its pack is there");
            findings.notes.push(told);
        }
        let stack = Stack::resolve(catalog, zone).map_err(|error| content::unstacked(&error));
        let Some(stack) = findings.take(stack) else { continue };
        lawless += usize::from(stack.packs.is_empty());
    }
    findings.rows.push(("zones", names.len()));
    overlays(catalog, findings);
    // Well formed, and yet no zone can run on it: nothing there is decided.
    findings.rows.push(("zones without any law yet, all domains pending", lawless));
}

/// Overlays and corridor templates, whether or not a zone names them.
fn overlays(catalog: &Catalog<'_>, findings: &mut Findings) {
    let named = catalog.overlay_names().map_err(|p| content::refused("the overlays", &p));
    let Some(overlays) = findings.take(named) else { return };
    for name in &overlays {
        findings.take(catalog.overlay(name).map_err(|error| content::unknown(&error)));
    }
    findings.rows.push(("overlays", overlays.len()));
    let Some(corridors) = findings.take(names(catalog, "corridors")) else { return };
    for id in &corridors {
        findings.take(catalog.corridor(id).map_err(|error| content::unknown(&error)));
    }
    findings.rows.push(("corridor templates", corridors.len()));
}

fn packs(catalog: &Catalog<'_>, findings: &mut Findings) -> Result<(), Failure> {
    let names = names(catalog, "packs")?;
    findings.rows.push(("packs", names.len()));
    let before = findings.faults.len();
    for name in &names {
        let checked = match PackId::parse(name) {
            Ok(id) => Pack::load(catalog.files(), &id).map(|_| ()),
            Err(error) => Err(Problem::of_file(&format!("packs/{name}"), error.to_string()).into()),
        };
        findings.take(checked.map_err(|problems| content::refused("a pack", &problems)));
    }
    if findings.faults.len() > before {
        return Ok(());
    }
    let ran = law::run_tests(catalog.files())
        .map_err(|problems| content::refused("a test of a pack cannot be read", &problems));
    if let Some(report) = findings.take(ran) {
        findings.rows.push(("tests of packs", report.ran));
        findings.faults.extend(content::faults(&Problems(report.failures)));
    }
    Ok(())
}

/// Checks one file by its name.
fn one_file(path: &Path) -> Result<(), Failure> {
    let shown = path.display().to_string();
    let bytes = file::read_document(path)?;
    let refuse = |problems: Problems| content::refused(format!("`{shown}` is refused"), &problems);
    match path.file_name().and_then(|name| name.to_str()) {
        Some("zone.yaml") => Zone::parse(&shown, &bytes).map(|_| ()).map_err(refuse),
        Some("profile.yaml") => Profile::parse(&shown, &bytes).map(|_| ()).map_err(refuse),
        Some("corridor.yaml") => {
            CorridorTemplate::parse(&shown, &bytes).map(|_| ()).map_err(refuse)
        }
        Some("stack.lock") => Lock::parse(&bytes)
            .map(|_| ())
            .map_err(|error| refuse(Problem::of_file(&shown, error.to_string()).into())),
        Some(name) if name.ends_with(".yaml") && within(path, "modules") => {
            Module::parse_all(&shown, &bytes).map(|_| ()).map_err(refuse)
        }
        Some(name) if name.ends_with(".yaml") && within(path, "overlays") => {
            let name = name.trim_end_matches(".yaml");
            Overlay::parse(name, &shown, &bytes).map(|_| ()).map_err(refuse)
        }
        Some(name) if name.ends_with(".yaml") && within(path, "zones") => {
            ZoneRow::parse_all(&shown, &bytes).map(|_| ()).map_err(refuse)
        }
        _ => pack_of(path, &shown),
    }
}

/// Whether a file lies in a folder of that name.
fn within(path: &Path, folder: &str) -> bool {
    let full = std::path::absolute(path).unwrap_or_default();
    full.parent().and_then(Path::file_name).is_some_and(|name| name == folder)
}

/// Checks the pack that holds a file.
fn pack_of(path: &Path, shown: &str) -> Result<(), Failure> {
    let unknown = || {
        let remedy = "name zone.yaml, profile.yaml, corridor.yaml, stack.lock, or a file below \
                      modules/, zones/, overlays/ or packs/NAME/";
        let failure = Failure::usage(format!("`{shown}` is not a content file"), remedy);
        failure.with(Fault { file: Some(shown.to_owned()), ..Fault::new("not a content file") })
    };
    let full = std::path::absolute(path).map_err(|error| Failure::io("find", path, &error))?;
    let pack = full.ancestors().find(|dir| dir.join("pack.yaml").is_file()).ok_or_else(unknown)?;
    let root = pack.parent().and_then(Path::parent).ok_or_else(unknown)?;
    let name = pack.file_name().and_then(|name| name.to_str()).ok_or_else(unknown)?;
    let id = PackId::parse(name).map_err(|_| unknown())?;
    let loaded = Pack::load(&Content::Folder(root.to_owned()), &id);
    loaded.map(|_| ()).map_err(|problems| {
        content::refused(format!("pack `{name}`, which holds `{shown}`, is refused"), &problems)
    })
}
