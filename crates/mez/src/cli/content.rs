//! Packs, profiles, zones, modules and corridor templates: those built into the program, or a tree
//! on disk.
//!
//! Commands that write or check content take the tree they stand in; everything else takes what is
//! built in, unless `--content` names a tree. Every answer says which one it was.

use std::path::{Component, Path, PathBuf};

use include_dir::{Dir, include_dir};
use law::{Files, Problems};

use super::failure::{Failure, Fault};
use super::{Exit, file};

static PACKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../packs");
static PROFILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../profiles");
static ZONES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../zones");
static MODULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../modules");
static OVERLAYS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../overlays");
static CORRIDORS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../corridors");

/// Most bytes read of a content file; law admits half of it and says so.
const FILE_MAX: u64 = 1024 * 1024;
/// Most names of one folder.
const NAMES_MAX: usize = 20_000;

/// Where content comes from.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct ContentArgs {
    /// The folder that holds packs/, profiles/, zones/, modules/, corridors/ and overlays/
    #[arg(long, value_name = "DIR")]
    content: Option<PathBuf>,
}

impl ContentArgs {
    /// The tree named, else what is built in.
    pub(crate) fn open(&self) -> Result<Content, Failure> {
        match &self.content {
            Some(dir) if is_tree(dir) => Ok(Content::Folder(dir.clone())),
            Some(dir) => {
                let what = format!("`{}` holds no content", dir.display());
                let remedy = "name the folder in which packs/ and zones/ lie";
                Err(Failure::new(Exit::Error, "content", what, remedy))
            }
            None => Ok(Content::BuiltIn),
        }
    }

    /// The tree named, else the one at `here`, else what is built in.
    pub(crate) fn open_at(&self, here: &Path) -> Result<Content, Failure> {
        if self.content.is_none() && is_tree(here) {
            return Ok(Content::Folder(here.to_owned()));
        }
        self.open()
    }
}

fn is_tree(dir: &Path) -> bool {
    ["packs", "profiles", "zones", "modules"].iter().all(|name| dir.join(name).is_dir())
}

/// Content that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// What this program was built with.
    BuiltIn,
    /// A tree on disk.
    Folder(PathBuf),
}

impl std::fmt::Display for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Folder(dir) => write!(f, "{}", dir.display()),
        }
    }
}

impl Files for Content {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::BuiltIn => Ok(built_in(path)
                .and_then(|(dir, rest)| dir.get_file(rest).map(|file| file.contents().to_vec()))),
            Self::Folder(root) => read_file(&inside(root, path)?),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let mut names = match self {
            Self::BuiltIn => list_built_in(folder),
            Self::Folder(root) => list_folder(&inside(root, folder)?)?,
        };
        // Editors and systems leave hidden files about; they are nobody's law.
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        Ok(names)
    }
}

fn built_in(path: &str) -> Option<(&'static Dir<'static>, &str)> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let dir = match first {
        "packs" => &PACKS,
        "profiles" => &PROFILES,
        "zones" => &ZONES,
        "modules" => &MODULES,
        "corridors" => &CORRIDORS,
        "overlays" => &OVERLAYS,
        _ => return None,
    };
    Some((dir, rest))
}

fn list_built_in(folder: &str) -> Vec<String> {
    let Some((dir, rest)) = built_in(folder) else { return Vec::new() };
    let dir = if rest.is_empty() { Some(dir) } else { dir.get_dir(rest) };
    let entries = dir.map(Dir::entries).unwrap_or_default();
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    entries.iter().filter_map(|entry| name(entry.path())).collect()
}

/// A path below the root, and only below it.
fn inside(root: &Path, path: &str) -> Result<PathBuf, String> {
    let path = Path::new(path);
    if path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(root.join(path));
    }
    Err("the path leaves the content".to_owned())
}

fn read_file(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
        Ok(_) => {
            let read = file::read_up_to(path, FILE_MAX);
            read.map(Some).map_err(|failure| {
                failure.faults.first().map_or(failure.what.clone(), |fault| fault.detail.clone())
            })
        }
    }
}

fn list_folder(path: &Path) -> Result<Vec<String>, String> {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| error.to_string())?;
        let name = entry.file_name().into_string();
        names.push(name.map_err(|name| format!("`{}` is not UTF-8", name.to_string_lossy()))?);
        if names.len() > NAMES_MAX {
            return Err(format!("more than {NAMES_MAX} entries"));
        }
    }
    Ok(names)
}

/// What law found wrong with files, as faults with their places.
pub(crate) fn faults(problems: &Problems) -> Vec<Fault> {
    let known = |number: usize| (number > 0).then_some(number);
    let fault = |problem: &law::Problem| Fault {
        file: Some(problem.file.clone()),
        line: known(problem.line),
        column: known(problem.column),
        ..Fault::new(&*problem.detail)
    };
    problems.0.iter().map(fault).collect()
}

/// Content that law refuses.
pub(crate) fn refused(what: impl Into<String>, problems: &Problems) -> Failure {
    let remedy = "correct the files; crates/law/FORMAT.md says what they may hold";
    let mut failure = Failure::new(Exit::Invalid, "content", what, remedy);
    failure.faults = faults(problems);
    failure
}

/// A name nobody answers to, or content that law refuses.
pub(crate) fn unknown(error: &law::manifest::Unknown) -> Failure {
    match error {
        law::manifest::Unknown::Content(problems) => {
            refused("the content cannot be read", problems)
        }
        name @ law::manifest::Unknown::Name { .. } => {
            let remedy = "`mez zone show` lists the zones and profiles there are";
            Failure::new(Exit::Usage, "unknown-name", name.to_string(), remedy)
        }
    }
}

/// A zone that cannot be put together.
pub(crate) fn unstacked(error: &law::manifest::StackError) -> Failure {
    use law::manifest::StackError;
    match error {
        StackError::Unknown(error) => unknown(error),
        StackError::Pack(problems) => refused("a pack of the zone is refused", problems),
        StackError::Unsigned(unsigned) => {
            let remedy =
                "have one of the zone's `pack_signers` run `mez regpack sign --jurisdiction NAME`";
            Failure::new(Exit::Invalid, "pack-signature", unsigned.to_string(), remedy)
        }
        StackError::Mismatch(detail) => {
            let remedy = "make zone, profile, modules and packs name the same versions";
            Failure::new(Exit::Invalid, "stack", detail.clone(), remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_the_tree_of_the_checkout() {
        let tree = Content::Folder(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")));
        for folder in
            ["packs", "zones", "profiles", "modules", "corridors", "overlays", "packs/sg/rules"]
        {
            let names = tree.list(folder).unwrap();
            assert!(!names.is_empty());
            assert_eq!(names, Content::BuiltIn.list(folder).unwrap(), "{folder}");
        }
        let path = "packs/sg/pack.yaml";
        assert_eq!(tree.read(path).unwrap(), Content::BuiltIn.read(path).unwrap());
        assert_eq!(tree.read("packs/nowhere/pack.yaml").unwrap(), None);
        assert_eq!(Content::BuiltIn.read("nowhere/x").unwrap(), None);
        assert!(tree.read("packs/../Cargo.toml").is_err());
    }
}
