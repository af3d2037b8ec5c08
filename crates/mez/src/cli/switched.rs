//! Commands of modules that a zone does not use: refused, before anything else of them is read.
//!
//! The zone is the one whose folder `--dir` names, or the one `--in-zone` names for commands that act
//! on no zone's folder. There is one switch, the zone's definition; routes, schemas and rules of the
//! same modules are refused by the zone itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use law::manifest::{Catalog, Provider, Switched, Zone};

use super::command::Cli;
use super::content::{self, Content, ContentArgs};
use super::failure::Failure;
use super::{Exit, file};

/// The option that names a zone for commands that act on none.
const IN_ZONE: &str = "--in-zone";

/// Refuse the command if it belongs to a module the zone does not use.
pub(super) fn demand(args: &[OsString]) -> Result<(), Failure> {
    let args: Vec<&str> = args.iter().skip(1).filter_map(|arg| arg.to_str()).collect();
    let asked = value(&args, IN_ZONE);
    let own = value(&args, "--dir").filter(|dir| Path::new(dir).join("zone.yaml").is_file());
    let Some(dir) = asked.or(own) else { return Ok(()) };
    let switched = match switched(Path::new(dir)) {
        // What mends a broken folder must not need a whole one.
        Err(_) if asked.is_none() => return Ok(()),
        switched => switched?,
    };
    let words = words(&args);
    let mut at = String::new();
    for word in &words {
        at = if at.is_empty() { word.clone() } else { format!("{at} {word}") };
        if let Some(module) = switched.off(&Provider::Command(at.clone())) {
            let what =
                format!("`mez {at}` belongs to module `{module}`, which the zone does not use");
            let remedy = "take the module into use: profile, `modules_off`, `mez lock`";
            return Err(Failure::new(Exit::Error, "module-off", what, remedy));
        }
    }
    Ok(())
}

/// What is switched off in the zone of a folder: `D/<zone>`, or `zones/<zone>` of a tree.
fn switched(dir: &Path) -> Result<Switched, Failure> {
    let path = dir.join("zone.yaml");
    let shown = path.display().to_string();
    let zone = Zone::parse(&shown, &file::read_document(&path)?)
        .map_err(|problems| content::refused(format!("`{shown}` is refused"), &problems))?;
    let installed: PathBuf = dir.join("content");
    let content = if installed.is_dir() {
        Content::Folder(installed)
    } else {
        ContentArgs::default().open_at(&dir.join("../.."))?
    };
    Switched::of_zone(&Catalog::new(&content), &zone).map_err(|error| content::unstacked(&error))
}

/// The value of an option, written with a space or an equals sign.
fn value<'a>(args: &[&'a str], option: &str) -> Option<&'a str> {
    let at = args.iter().position(|arg| arg.split('=').next() == Some(option))?;
    match args.get(at)?.split_once('=') {
        Some((_, value)) => Some(value),
        None => args.get(at + 1).copied(),
    }
}

/// The words of the command: `vc issue`.
fn words(args: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut cli = Cli::command();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if *arg == IN_ZONE {
            args.next();
        }
        if arg.starts_with('-') {
            continue;
        }
        let Some(below) = cli.find_subcommand(arg).cloned() else { break };
        found.push((*arg).to_owned());
        cli = below;
    }
    found
}
