//! A zone with everything it names, resolved; and the same once compared with its lock.

use std::rc::Rc;

use canon::{Digest, JurisdictionId, ModuleId, PackId, Realm};

use super::{
    Catalog, CorridorTemplate, Module, ModuleUse, Overlay, Profile, Switched, Unknown, Version,
    Zone,
};
use crate::files::Problems;
use crate::pack::statement::{Unsigned, demand};
use crate::pack::{Pack, Pinned, SANDBOX};
use crate::rulebook::{BadRulebook, Rulebook, ScreeningPolicy};

/// Everything a zone is made of.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The zone definition.
    pub zone: Zone,
    /// Its profile, with its overlays over it.
    pub profile: Profile,
    /// The overlays, in order.
    pub overlays: Vec<Overlay>,
    /// The profile's modules that the zone does not switch off, with how it uses them.
    pub modules: Vec<(ModuleUse, Module)>,
    /// What no module in use provides, and one that is not would.
    pub switched: Switched,
    /// Packs of its jurisdictions and of its peers' with their parents, sorted by id.
    pub packs: Vec<Pack>,
    /// Jurisdictions it names that have no pack yet, sorted: nothing is decided there.
    pub pending: Vec<JurisdictionId>,
    /// The sandbox rulebook, if the zone asks for it.
    pub sandbox: Option<Pack>,
    /// Corridor templates of zone and profile, sorted by id.
    pub corridors: Vec<CorridorTemplate>,
}

/// Why a zone cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StackError {
    /// A name nobody answers to, or a broken file.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// A broken pack.
    #[error(transparent)]
    Pack(#[from] Problems),
    /// Rules nobody signed who the zone says must.
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
    /// Parts that do not fit together.
    #[error("{0}")]
    Mismatch(String),
}

fn mismatch<T>(detail: String) -> Result<T, StackError> {
    Err(StackError::Mismatch(detail))
}

impl Stack {
    /// Resolve a zone definition; its profile is the one it names.
    ///
    /// # Errors
    /// Anything it names that is missing, broken or of another version.
    pub fn resolve(catalog: &Catalog<'_>, zone: Zone) -> Result<Self, StackError> {
        let mut profile = catalog.profile(zone.profile.as_str())?;
        if profile.version != zone.profile_version {
            return mismatch(format!(
                "zone `{}` asks for profile `{}` {}, found {}",
                zone.id, profile.id, zone.profile_version, profile.version
            ));
        }
        let overlays = zone.overlays.iter().map(|name| catalog.overlay(name));
        let overlays: Vec<Overlay> = overlays.collect::<Result<_, _>>()?;
        for overlay in &overlays {
            overlay.over(&mut profile).map_err(StackError::Mismatch)?;
        }
        let modules = Self::modules(catalog, &profile, &zone.modules_off)?;
        let all = catalog.modules().map_err(Unknown::from)?;
        let switched = Switched::of(all, &modules);
        let (packs, pending) = packs(catalog, &zone)?;
        let sandbox = zone.sandbox_rulebook.then(|| pack(catalog, SANDBOX)).transpose()?;
        let sandbox = sandbox.map(|pack| Pack::clone(&pack));
        if !zone.pack_signers.is_empty() {
            let all = packs.iter().chain(&sandbox);
            all.into_iter()
                .try_for_each(|pack| demand(catalog.files(), pack, &zone.pack_signers))?;
        }
        let mut ids: Vec<&String> = zone.corridors.iter().chain(&profile.corridors).collect();
        ids.sort_unstable();
        ids.dedup();
        let corridors = ids.into_iter().map(|id| catalog.corridor(id)).collect::<Result<_, _>>()?;
        Ok(Self { zone, profile, overlays, modules, switched, packs, pending, sandbox, corridors })
    }

    /// The modules of a profile but those that are `off`, each with the manifest it asks for.
    ///
    /// # Errors
    /// A module that is missing, of another version, without that variant or parameter, or that
    /// needs another that is not used; a profile that takes the rules of a domain away.
    pub fn modules(
        catalog: &Catalog<'_>,
        profile: &Profile,
        off: &[ModuleId],
    ) -> Result<Vec<(ModuleUse, Module)>, StackError> {
        let of_profile = |id: &&ModuleId| profile.modules.iter().all(|used| used.id != **id);
        if let Some(stray) = off.iter().find(of_profile) {
            let known = profile.modules.iter().map(|used| used.id.as_str());
            let hint = crate::nearest::hint(stray.as_str(), known);
            let id = &profile.id;
            return mismatch(format!("profile `{id}` has no module `{stray}` to switch off{hint}"));
        }
        let used: Vec<&ModuleUse> =
            profile.modules.iter().filter(|used| !off.contains(&used.id)).collect();
        let mut found = Vec::new();
        for one in &used {
            let module = catalog.module(&one.id)?;
            fits(profile, &used, one, module)?;
            found.push(((*one).clone(), module.clone()));
        }
        let all = catalog.modules().map_err(Unknown::from)?;
        let lost = Switched::of(all, &found).domains();
        if let Some(domain) = lost.first().filter(|_| off.is_empty()) {
            let id = &profile.id;
            return mismatch(format!("profile `{id}` takes the rules of `{domain}` away"));
        }
        Ok(found)
    }

    /// Resolve a zone by name with a profile by name, or its own.
    ///
    /// # Errors
    /// As [`Stack::resolve`].
    pub fn named(
        catalog: &Catalog<'_>,
        zone: &str,
        profile: Option<&str>,
    ) -> Result<Self, StackError> {
        let mut zone = catalog.zone(zone)?;
        if let Some(asked) = profile {
            let profile = catalog.profile(asked)?;
            zone.profile = profile.id;
            zone.profile_version = profile.version;
            zone = Zone::parse("zone.yaml", zone.to_yaml().as_bytes())?;
        }
        Self::resolve(catalog, zone)
    }
}

fn fits(
    profile: &Profile,
    all: &[&ModuleUse],
    used: &ModuleUse,
    module: &Module,
) -> Result<(), StackError> {
    let ModuleUse { id, version, variant, params } = used;
    if module.version != *version {
        let found = &module.version;
        return mismatch(format!(
            "profile `{}` asks for module `{id}` {version}, found {found}",
            profile.id
        ));
    }
    if !module.variants.contains(variant) {
        return mismatch(format!("module `{id}` has no variant `{variant}`"));
    }
    for (name, value) in params {
        let Some(parameter) = module.parameters.get(name) else {
            let known = module.parameters.keys().map(String::as_str);
            let hint = crate::nearest::hint(name, known);
            return mismatch(format!("module `{id}` has no parameter `{name}`{hint}"));
        };
        if let Err(why) = parameter.check(value) {
            return mismatch(format!("module `{id}`: parameter `{name}`: {why}"));
        }
    }
    for (name, parameter) in &module.parameters {
        if parameter.required && parameter.default.is_none() && !params.contains_key(name) {
            return mismatch(format!("module `{id}` needs parameter `{name}`"));
        }
    }
    for (needed, version) in &module.depends_on {
        let met = |m: &ModuleUse| Version::parse(&m.version).is_ok_and(|v| version.admits(v));
        if !all.iter().any(|m| m.id == *needed && met(m)) {
            return mismatch(format!(
                "module `{id}` needs `{needed}` {version}, which profile `{}` does not use here",
                profile.id
            ));
        }
    }
    Ok(())
}

fn pack(catalog: &Catalog<'_>, id: &str) -> Result<Rc<Pack>, StackError> {
    let id = PackId::parse(id).map_err(|error| StackError::Mismatch(error.to_string()))?;
    Ok(catalog.pack(&id)?)
}

/// The chain of a jurisdiction's pack.
fn chain(catalog: &Catalog<'_>, place: &JurisdictionId) -> Result<Vec<Rc<Pack>>, StackError> {
    let mut found: Vec<Rc<Pack>> = Vec::new();
    let mut next = Some(place.to_string());
    while let Some(id) = next {
        let pack = pack(catalog, &id)?;
        next = pack.parent().map(ToString::to_string);
        found.push(pack);
    }
    Ok(found)
}

/// The law of a zone, and which of its jurisdictions have none.
fn packs(
    catalog: &Catalog<'_>,
    zone: &Zone,
) -> Result<(Vec<Pack>, Vec<JurisdictionId>), StackError> {
    let mut pending = Vec::new();
    let mut ruled = zone.stack.as_slice();
    while let [place, above @ ..] = ruled {
        if !zone.pending.contains(place) || catalog.has_pack(place.as_str())? {
            break;
        }
        pending.push(place.clone());
        ruled = above;
    }
    let mut all = ruled.first().map(|place| chain(catalog, place)).transpose()?.unwrap_or_default();
    let names: Vec<&str> = all.iter().map(|pack| pack.id().as_str()).collect();
    if !names.iter().copied().eq(ruled.iter().map(JurisdictionId::as_str)) {
        return mismatch(format!(
            "zone `{}`: `jurisdiction_stack` must be the chain of its pack: {}",
            zone.id,
            names.join(", ")
        ));
    }
    for (domain, source) in zone.composition.layers() {
        if catalog.has_pack(source.as_str())? {
            all.extend(chain(catalog, source)?);
        } else if catalog.rows()?.contains_key(source.as_str()) {
            pending.push(source.clone());
        } else {
            let known = catalog.rows()?.keys().map(String::as_str);
            let hint = crate::nearest::hint(source.as_str(), known);
            let id = &zone.id;
            return mismatch(format!(
                "zone `{id}` takes `{domain}` from `{source}`, which is no zone and has no pack{hint}"
            ));
        }
    }
    for peer in &zone.peers {
        all.extend(chain(catalog, peer)?);
    }
    all.sort_by(|a, b| a.id().cmp(b.id()));
    all.dedup_by(|a, b| a.id() == b.id());
    pending.sort_unstable();
    pending.dedup();
    Ok((all.iter().map(|pack| Pack::clone(pack)).collect(), pending))
}

/// A stack whose every part was compared with a lock; only [`crate::Lock::pin`] makes one.
#[derive(Clone, Debug)]
pub struct PinnedStack {
    pub(crate) zone: Zone,
    pub(crate) profile: Profile,
    pub(crate) packs: Vec<Pinned<Pack>>,
    pub(crate) sandbox: Option<Pinned<Pack>>,
    pub(crate) corridors: Vec<CorridorTemplate>,
    pub(crate) switched: Switched,
}

impl PinnedStack {
    /// The zone definition.
    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What is switched off: nothing of it may be served.
    #[must_use]
    pub const fn switched(&self) -> &Switched {
        &self.switched
    }

    /// The packs of law, without the rules of modules that are switched off.
    #[must_use]
    pub fn packs(&self) -> &[Pinned<Pack>] {
        &self.packs
    }

    /// The sandbox rulebook.
    #[must_use]
    pub const fn sandbox(&self) -> Option<&Pinned<Pack>> {
        self.sandbox.as_ref()
    }

    /// The corridor templates.
    #[must_use]
    pub fn corridors(&self) -> &[CorridorTemplate] {
        &self.corridors
    }

    /// The zone's bound on list age, else its profile's parameter `max_list_age_days`, else 7 days.
    #[must_use]
    pub fn max_list_age_days(&self) -> i64 {
        let of_profile = || self.profile.parameters.get("max_list_age_days")?.parse().ok();
        self.zone.max_list_age_days.or_else(of_profile).unwrap_or(7)
    }

    /// The rulebook of the zone with the lists loaded now.
    ///
    /// # Errors
    /// As [`Rulebook::of`].
    pub fn rulebook(&self, realm: Realm, lists: Vec<Digest>) -> Result<Rulebook, BadRulebook> {
        let screening =
            ScreeningPolicy { max_list_age_days: Some(self.max_list_age_days()), lists };
        let (packs, sandbox) = (self.packs.clone(), self.sandbox.clone());
        let book = Rulebook::of(realm, packs, sandbox, self.profile.evidence(), screening)?;
        Ok(book.composed(&self.zone.jurisdiction, &self.zone.composition))
    }
}
