//! `stack.lock`: the SHA-256 of everything a zone is made of, in canonical JSON.
//!
//! A function of content alone: no clock, so equal content gives equal bytes. Only a comparison
//! with a lock turns a [`Pack`] into a [`Pinned`] one.

use canon::{Canonical, Date, Digest, JurisdictionId, ModuleId, PackId, ProfileId, ZoneId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::manifest::{PinnedStack, Stack};
use crate::pack::{Pack, Pinned, SANDBOX};

const LOCK_TYPE: &str = "MEZStackLock";
const STACK_SPEC_VERSION: &str = "1";

/// The lock of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    #[serde(rename = "type")]
    kind: String,
    stack_spec_version: String,
    zone_id: ZoneId,
    jurisdiction_id: JurisdictionId,
    zone_sha256: Digest,
    profile: LockedProfile,
    modules: Vec<LockedModule>,
    packs: Vec<LockedPack>,
    /// Jurisdictions the zone names that had no pack; one that appears is drift.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pending: Vec<JurisdictionId>,
    corridors: Vec<LockedCorridor>,
    /// Overlays in the order in which they are applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overlays: Vec<LockedOverlay>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedProfile {
    profile_id: ProfileId,
    version: String,
    profile_sha256: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedModule {
    module_id: ModuleId,
    version: String,
    variant: String,
    manifest_sha256: Digest,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedPack {
    pack: PackId,
    version: i64,
    as_of_date: Date,
    pack_digest_sha256: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedCorridor {
    corridor_id: String,
    version: String,
    corridor_manifest_sha256: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedOverlay {
    overlay: String,
    version: String,
    overlay_sha256: Digest,
}

/// The first thing that differs from the lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{item} differs from the lock: locked {locked}, found {found}")]
pub struct Drift {
    /// Which thing, e.g. ``pack `sg` ``.
    pub item: String,
    /// What the lock says.
    pub locked: String,
    /// What is there.
    pub found: String,
}

/// A lock that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLock {
    /// Not canonical JSON, or not the shape of a lock.
    #[error("not a lock: {0}")]
    Form(#[from] canon::Refusal),
    /// Of another type or version.
    #[error("not a lock of this version: `{0}`")]
    Version(String),
}

type Entry = (String, String);

impl Lock {
    /// The lock of a stack.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        let zone = &stack.zone;
        let profile = &stack.profile;
        Self {
            kind: LOCK_TYPE.to_owned(),
            stack_spec_version: STACK_SPEC_VERSION.to_owned(),
            zone_id: zone.id.clone(),
            jurisdiction_id: zone.jurisdiction.clone(),
            zone_sha256: zone.digest,
            profile: LockedProfile {
                profile_id: profile.id.clone(),
                version: profile.version.clone(),
                profile_sha256: profile.digest,
            },
            modules: stack
                .modules
                .iter()
                .map(|(used, module)| LockedModule {
                    module_id: used.id.clone(),
                    version: used.version.clone(),
                    variant: used.variant.clone(),
                    manifest_sha256: module.digest,
                    params: used.params.clone(),
                })
                .collect(),
            packs: stack
                .packs
                .iter()
                .chain(&stack.sandbox)
                .map(|pack| LockedPack {
                    pack: pack.id().clone(),
                    version: pack.version(),
                    as_of_date: pack.as_of(),
                    pack_digest_sha256: pack.digest(),
                })
                .collect(),
            pending: stack.pending.clone(),
            corridors: stack
                .corridors
                .iter()
                .map(|corridor| LockedCorridor {
                    corridor_id: corridor.id.clone(),
                    version: corridor.version.clone(),
                    corridor_manifest_sha256: corridor.digest,
                })
                .collect(),
            overlays: stack
                .overlays
                .iter()
                .map(|overlay| LockedOverlay {
                    overlay: overlay.name.clone(),
                    version: overlay.version.clone(),
                    overlay_sha256: overlay.digest,
                })
                .collect(),
        }
    }

    /// Read a lock.
    ///
    /// # Errors
    /// Bytes that are not the canonical form, or not a lock of this version.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadLock> {
        let lock: Self = Canonical::exact(bytes)?.read()?;
        if lock.kind != LOCK_TYPE || lock.stack_spec_version != STACK_SPEC_VERSION {
            return Err(BadLock::Version(format!("{} {}", lock.kind, lock.stack_spec_version)));
        }
        Ok(lock)
    }

    /// The bytes of `stack.lock`.
    ///
    /// # Errors
    /// A lock over the limits of the canonical form.
    pub fn record(&self) -> Result<Canonical, canon::Refusal> {
        Canonical::of(self)
    }

    /// The digest locked for a pack.
    #[must_use]
    pub fn pack_digest(&self, id: &PackId) -> Option<Digest> {
        self.packs.iter().find(|p| p.pack == *id).map(|p| p.pack_digest_sha256)
    }

    /// Compare content with the lock.
    ///
    /// # Errors
    /// The first thing that differs, in the order zone, profile, modules, packs, corridors, overlays.
    pub fn check(&self, stack: &Stack) -> Result<(), Drift> {
        let (locked, found) = (self.entries(), Self::of(stack).entries());
        for (item, digest) in &locked {
            let there = found.iter().find(|(other, _)| other == item);
            match there {
                Some((_, other)) if other == digest => {}
                Some((_, other)) => return drift(item, digest, other),
                None => return drift(item, digest, "nothing"),
            }
        }
        for (item, digest) in &found {
            if !locked.iter().any(|(other, _)| other == item) {
                return drift(item, "nothing", digest);
            }
        }
        let (locked, found) = (&self.modules, &Self::of(stack).modules);
        if locked == found { Ok(()) } else { drift("the order of modules", "one", "another") }
    }

    /// Everything locked, by name.
    fn entries(&self) -> Vec<Entry> {
        let hex = |digest: &Digest| digest.prefixed();
        let zone = format!("zone `{}` ({})", self.zone_id, self.jurisdiction_id);
        let mut all = vec![(zone, hex(&self.zone_sha256))];
        let LockedProfile { profile_id, version, profile_sha256 } = &self.profile;
        all.push((format!("profile `{profile_id}` {version}"), hex(profile_sha256)));
        for LockedModule { module_id, version, variant, manifest_sha256, params } in &self.modules {
            let params: Vec<String> = params.iter().map(|(k, v)| format!(" {k}={v:?}")).collect();
            let item = format!("module `{module_id}` {version} {variant}{}", params.concat());
            all.push((item, hex(manifest_sha256)));
        }
        let packs = self.packs.iter();
        all.extend(packs.map(|p| (format!("pack `{}`", p.pack), hex(&p.pack_digest_sha256))));
        let pending = self.pending.iter();
        all.extend(pending.map(|place| (format!("the law of `{place}`"), "pending".to_owned())));
        for LockedCorridor { corridor_id, version, corridor_manifest_sha256 } in &self.corridors {
            let item = format!("corridor template `{corridor_id}` {version}");
            all.push((item, hex(corridor_manifest_sha256)));
        }
        for LockedOverlay { overlay, version, overlay_sha256 } in &self.overlays {
            all.push((format!("overlay `{overlay}` {version}"), hex(overlay_sha256)));
        }
        all
    }

    /// Pin one pack.
    ///
    /// # Errors
    /// The lock holds another digest for it, or none.
    pub fn pin_pack(&self, pack: Pack) -> Result<Pinned<Pack>, Drift> {
        let found = pack.digest();
        let item = format!("pack `{}`", pack.id());
        match self.pack_digest(pack.id()) {
            Some(locked) if locked == found => Ok(Pinned::new(pack, found)),
            Some(locked) => drift(&item, &locked.prefixed(), &found.prefixed()),
            None => drift(&item, "nothing", &found.prefixed()),
        }
    }

    /// Pin a whole stack.
    ///
    /// # Errors
    /// The first thing that differs.
    pub fn pin(&self, stack: Stack) -> Result<PinnedStack, Drift> {
        self.check(&stack)?;
        let Stack { zone, profile, packs, sandbox, corridors, switched, .. } = stack;
        let off = switched.domains();
        let pinned = |pack| self.pin_pack(pack).map(|pack| pack.without(&off));
        let packs = packs.into_iter().map(pinned).collect::<Result<_, _>>()?;
        let sandbox = sandbox.map(|pack| self.pin_pack(pack)).transpose()?;
        Ok(PinnedStack { zone, profile, packs, sandbox, corridors, switched })
    }

    /// Whether the sandbox rulebook is locked.
    #[must_use]
    pub fn has_sandbox(&self) -> bool {
        self.packs.iter().any(|pack| pack.pack.as_str() == SANDBOX)
    }
}

fn drift<T>(item: &str, locked: &str, found: &str) -> Result<T, Drift> {
    let (item, locked, found) = (item.to_owned(), locked.to_owned(), found.to_owned());
    Err(Drift { item, locked, found })
}
