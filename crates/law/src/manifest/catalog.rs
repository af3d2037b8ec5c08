//! Finding zones, profiles, modules and packs by the names people type.
//!
//! Each file is read once: a catalog remembers what it read, so that putting two hundred zones
//! together costs little more than putting one together.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use canon::{ModuleId, PackId};

use super::{CorridorTemplate, Module, Overlay, PREFIX, Profile, Zone, ZoneRow, bytes};
use crate::files::{Files, Problem, Problems};
use crate::nearest::nearest;
use crate::pack::Pack;

/// The content of a checkout or a binary, by name.
pub struct Catalog<'f> {
    files: &'f dyn Files,
    modules: OnceCell<Result<BTreeMap<String, Module>, Problems>>,
    rows: OnceCell<Result<BTreeMap<String, ZoneRow>, Problems>>,
    profiles: OnceCell<Result<Vec<Profile>, Problems>>,
    packs: RefCell<BTreeMap<PackId, Rc<Pack>>>,
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
        Self {
            files,
            modules: OnceCell::new(),
            rows: OnceCell::new(),
            profiles: OnceCell::new(),
            packs: RefCell::new(BTreeMap::new()),
        }
    }

    /// The files below.
    #[must_use]
    pub const fn files(&self) -> &'f dyn Files {
        self.files
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Problems> {
        self.files.list(folder).map_err(|error| Problem::of_file(folder, error).into())
    }

    /// The entries of a folder that are files, or those that are folders.
    fn entries(&self, folder: &str, yaml: bool) -> Result<Vec<String>, Problems> {
        let mut names = self.names(folder)?;
        names.retain(|name| name.ends_with(".yaml") == yaml);
        Ok(names)
    }

    /// What the files `<folder>/*.yaml` hold, read one after the other; all that is wrong at once.
    fn all<T>(
        &self,
        folder: &str,
        read: impl Fn(&str, &[u8]) -> Result<Vec<T>, Problems>,
    ) -> Result<Vec<T>, Problems> {
        let (mut all, mut problems) = (Vec::new(), Vec::new());
        for name in self.entries(folder, true)? {
            let path = format!("{folder}/{name}");
            match bytes(self.files, &path).and_then(|bytes| read(&path, &bytes)) {
                Ok(found) => all.extend(found),
                Err(found) => problems.extend(found.0),
            }
        }
        if problems.is_empty() { Ok(all) } else { Err(Problems(problems)) }
    }

    /// All modules by their short name.
    ///
    /// # Errors
    /// A file that cannot be read, a module written twice, a dependency nobody meets.
    pub fn modules(&self) -> Result<&BTreeMap<String, Module>, Problems> {
        let read = || {
            let all = self.all("modules", Module::parse_all)?;
            super::module::tied(all)
        };
        self.modules.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// All rows of zones, by jurisdiction.
    ///
    /// # Errors
    /// A file that cannot be read, a zone written twice.
    pub fn rows(&self) -> Result<&BTreeMap<String, ZoneRow>, Problems> {
        let read = || super::row::tied(self.all("zones", ZoneRow::parse_all)?);
        self.rows.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    fn profiles(&self) -> Result<&[Profile], Problems> {
        let read = || self.profile_names()?.iter().map(|name| self.profile_in(name)).collect();
        self.profiles.get_or_init(read).as_deref().map_err(Clone::clone)
    }

    /// All zone names, sorted: folder names under `zones/`, and the rows beside them.
    ///
    /// # Errors
    /// The folder or a file of rows cannot be read.
    pub fn zone_names(&self) -> Result<Vec<String>, Problems> {
        let mut names = self.entries("zones", false)?;
        names.extend(self.rows()?.keys().cloned());
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// All profile names, sorted: folder names under `profiles/`.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn profile_names(&self) -> Result<Vec<String>, Problems> {
        self.names("profiles")
    }

    /// A zone by name, full id or alias; an alias two zones claim belongs to neither.
    ///
    /// # Errors
    /// No such zone, or a broken file.
    pub fn zone(&self, asked: &str) -> Result<Zone, Unknown> {
        let written = self.entries("zones", false)?;
        if written.iter().any(|name| name == asked) {
            return Ok(self.written(asked)?);
        }
        if let Some(row) = self.rows()?.get(asked) {
            return self.of_row(row);
        }
        let written =
            written.iter().map(|name| self.written(name)).collect::<Result<Vec<_>, _>>()?;
        let mut found: Vec<Zone> = written
            .iter()
            .filter(|zone| zone.id.as_str() == asked || zone.aliases.iter().any(|a| a == asked))
            .cloned()
            .collect();
        if found.is_empty()
            && let Some(row) = self.rows()?.values().find(|row| row.id() == asked)
        {
            found.push(self.of_row(row)?);
        }
        let names = self.zone_names()?;
        let aliases = written.iter().flat_map(|zone| zone.aliases.iter().map(String::as_str));
        let known: Vec<&str> = names.iter().map(String::as_str).chain(aliases).collect();
        pick("zone", asked, found, &known)
    }

    /// The definition in a folder of its own.
    fn written(&self, name: &str) -> Result<Zone, Problems> {
        let path = format!("zones/{name}/zone.yaml");
        Zone::parse(&path, &bytes(self.files, &path)?)
    }

    /// A row as a zone: on the law of those of its jurisdictions that have a pack.
    fn of_row(&self, row: &ZoneRow) -> Result<Zone, Unknown> {
        let profile = self.profile(&row.profile)?;
        let (packs, rows) = (self.names("packs")?, self.rows()?);
        let law = |place: &str| packs.iter().any(|pack| pack == place);
        let stack = row.stack(|place| rows.contains_key(place) || law(place));
        let pending: Vec<String> = stack.iter().filter(|place| !law(place)).cloned().collect();
        let yaml = row.to_yaml((&profile.id, &profile.version), &stack, &pending);
        Zone::parse(&row.place.0, yaml.as_bytes()).map_err(|problems| {
            let told = problems.0.into_iter().map(|problem| row.problem(problem.detail));
            Unknown::Content(Problems(told.collect()))
        })
    }

    /// A profile by folder name, full id or alias.
    ///
    /// # Errors
    /// No such profile, or a broken file.
    pub fn profile(&self, asked: &str) -> Result<Profile, Unknown> {
        let all = self.profiles()?;
        let aliases = all.iter().flat_map(|profile| profile.aliases.iter().map(String::as_str));
        let known: Vec<&str> = all.iter().map(Profile::short).chain(aliases).collect();
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
    pub fn module(&self, id: &ModuleId) -> Result<&Module, Unknown> {
        let short = id.as_str().strip_prefix(PREFIX).unwrap_or(id.as_str());
        let all = self.modules()?;
        match all.get(short) {
            Some(module) => Ok(module),
            None => {
                let known: Vec<&str> = all.keys().map(String::as_str).collect();
                pick("module", short, Vec::new(), &known)
            }
        }
    }

    /// A pack by id, read once.
    ///
    /// # Errors
    /// Everything wrong with its files.
    pub fn pack(&self, id: &PackId) -> Result<Rc<Pack>, Problems> {
        if let Some(pack) = self.packs.borrow().get(id) {
            return Ok(Rc::clone(pack));
        }
        let pack = Rc::new(Pack::load(self.files, id)?);
        self.packs.borrow_mut().insert(id.clone(), Rc::clone(&pack));
        Ok(pack)
    }

    /// Every pack.
    ///
    /// # Errors
    /// Everything wrong with the first that is refused.
    pub fn packs(&self) -> Result<Vec<Rc<Pack>>, Problems> {
        let parse = |name: &String| {
            let id = PackId::parse(name);
            let id = id.map_err(|e| Problem::of_file(&format!("packs/{name}"), e.to_string()))?;
            self.pack(&id)
        };
        self.names("packs")?.iter().map(parse).collect()
    }

    /// Whether there is a pack of that name.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn has_pack(&self, name: &str) -> Result<bool, Problems> {
        Ok(self.names("packs")?.iter().any(|pack| pack == name))
    }

    /// An overlay by name.
    ///
    /// # Errors
    /// No such overlay, or a broken file.
    pub fn overlay(&self, name: &str) -> Result<Overlay, Unknown> {
        let names = self.overlay_names()?;
        if !names.iter().any(|known| known == name) {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            return pick("overlay", name, Vec::new(), &known);
        }
        let path = format!("overlays/{name}.yaml");
        Ok(Overlay::parse(name, &path, &bytes(self.files, &path)?)?)
    }

    /// All overlay names, sorted.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn overlay_names(&self) -> Result<Vec<String>, Problems> {
        let names = self.entries("overlays", true)?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".yaml")).map(str::to_owned).collect())
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
