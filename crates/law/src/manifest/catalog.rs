//! Finding zones, profiles and modules by the names people type.

use canon::ModuleId;

use super::{CorridorTemplate, Module, PREFIX, Profile, Zone, bytes};
use crate::files::{Files, Problem, Problems};
use crate::nearest::nearest;

/// The content of a checkout or a binary, by name.
#[derive(Clone, Copy)]
pub struct Catalog<'f> {
    files: &'f dyn Files,
}

/// A name nobody answers to, or a content file that cannot be read on the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No such name.
    #[error("no {what} named `{asked}`{}", suggestion.as_ref().map(|s| format!(" (did you mean `{s}`?)")).unwrap_or_default())]
    Name {
        /// `zone`, `profile`, `module` or `corridor template`.
        what: &'static str,
        /// The name asked for.
        asked: String,
        /// The nearest known name.
        suggestion: Option<String>,
    },
    /// A content file is broken.
    #[error(transparent)]
    Content(#[from] Problems),
}

impl<'f> Catalog<'f> {
    /// A catalog over files (paths relative to the root of content).
    #[must_use]
    pub const fn new(files: &'f dyn Files) -> Self {
        Self { files }
    }

    /// The files below.
    #[must_use]
    pub const fn files(&self) -> &'f dyn Files {
        self.files
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Problems> {
        self.files.list(folder).map_err(|error| Problem::of_file(folder, error).into())
    }

    /// All zone names, sorted: folder names under `zones/`.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn zone_names(&self) -> Result<Vec<String>, Problems> {
        self.names("zones")
    }

    /// All profile names, sorted: folder names under `profiles/`.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn profile_names(&self) -> Result<Vec<String>, Problems> {
        self.names("profiles")
    }

    /// A zone by folder name, full id or alias; an alias two zones claim belongs to neither.
    ///
    /// # Errors
    /// No such zone, or a broken file.
    pub fn zone(&self, asked: &str) -> Result<Zone, Unknown> {
        let names = self.zone_names()?;
        let read = |name: &String| {
            let path = format!("zones/{name}/zone.yaml");
            Zone::parse(&path, &bytes(self.files, &path)?)
        };
        if let Some(name) = names.iter().find(|name| *name == asked) {
            return Ok(read(name)?);
        }
        let all = names.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let known = all.iter().flat_map(|zone| zone.aliases.iter().map(String::as_str));
        let known: Vec<&str> = names.iter().map(String::as_str).chain(known).collect();
        let answers = |zone: &&Zone| {
            zone.id.as_str() == asked || zone.aliases.iter().any(|alias| alias == asked)
        };
        pick("zone", asked, all.iter().filter(answers).cloned().collect(), &known)
    }

    /// A profile by folder name, full id or alias.
    ///
    /// # Errors
    /// No such profile, or a broken file.
    pub fn profile(&self, asked: &str) -> Result<Profile, Unknown> {
        let names = self.profile_names()?;
        let all = names.iter().map(|name| self.profile_in(name)).collect::<Result<Vec<_>, _>>()?;
        let known = all.iter().flat_map(|profile| profile.aliases.iter().map(String::as_str));
        let known: Vec<&str> = names.iter().map(String::as_str).chain(known).collect();
        let answers = |profile: &&Profile| {
            profile.short() == asked
                || profile.id.as_str() == asked
                || profile.aliases.iter().any(|alias| alias == asked)
        };
        pick("profile", asked, all.iter().filter(answers).cloned().collect(), &known)
    }

    fn profile_in(&self, name: &str) -> Result<Profile, Problems> {
        let path = format!("profiles/{name}/profile.yaml");
        let profile = Profile::parse(&path, &bytes(self.files, &path)?)?;
        if profile.short() != name {
            let detail = format!("the folder is named `{name}`, so `profile_id` must end in it");
            return Err(Problem::of_file(&path, detail).into());
        }
        Ok(profile)
    }

    /// A module by id.
    ///
    /// # Errors
    /// No such module, or a broken file.
    pub fn module(&self, id: &ModuleId) -> Result<Module, Unknown> {
        let short = id.as_str().strip_prefix(PREFIX).unwrap_or(id.as_str());
        let path = format!("modules/{short}/module.yaml");
        let names = self.names("modules")?;
        if !names.iter().any(|name| name == short) {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            return pick("module", short, Vec::new(), &known);
        }
        let module = Module::parse(&path, &bytes(self.files, &path)?)?;
        if module.id != *id {
            let detail = format!("the folder is named `{short}`, so `module_id` must be `{id}`");
            return Err(Problems::from(Problem::of_file(&path, detail)).into());
        }
        Ok(module)
    }

    /// A corridor template by id.
    ///
    /// # Errors
    /// No such template, or a broken file.
    pub fn corridor(&self, id: &str) -> Result<CorridorTemplate, Unknown> {
        let names = self.names("corridors")?;
        if !names.iter().any(|name| name == id) {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            return pick("corridor template", id, Vec::new(), &known);
        }
        let path = format!("corridors/{id}/corridor.yaml");
        Ok(CorridorTemplate::parse(&path, &bytes(self.files, &path)?)?)
    }
}

fn pick<T>(
    what: &'static str,
    asked: &str,
    mut found: Vec<T>,
    known: &[&str],
) -> Result<T, Unknown> {
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => {
            let suggestion = nearest(asked, known.iter().copied()).map(str::to_owned);
            let asked = asked.chars().take(80).collect();
            Err(Unknown::Name { what, asked, suggestion })
        }
    }
}
