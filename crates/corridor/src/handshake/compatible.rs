//! Whether the law of the two ends goes together, as far as the definition demands it.
//!
//! Nothing is demanded where the definition is silent: each end then asks its own law, and that of the other as far as
//! it happens to hold it (ADR 050).

use std::collections::BTreeMap;

use canon::{Digest, JurisdictionId, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agreement::{Packs, PinnedPack};
use crate::limits::{DIGEST_SET_MAX, PACKS_MAX};

/// Editions of one jurisdiction's law that the corridor may run under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowedPacks {
    /// Whose law.
    pub jurisdiction_id: JurisdictionId,
    /// Digests of its packs; any other is refused.
    pub digests_sha256: Vec<Digest>,
}

/// What a definition demands of the packs both ends pin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compatibility {
    /// Jurisdictions whose law somebody must pin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<JurisdictionId>,
    /// Where a jurisdiction is named, its pack must be one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<AllowedPacks>,
    /// Each end holds the other's law in the very edition it is pinned in, so that both ask it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mutual: bool,
}

/// Why the law of the two ends does not go together, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incompatible {
    /// Nobody pins a law that is demanded.
    #[error(
        "law of `{0}` is demanded and pinned by neither end; remedy: load a pack of `{0}` and agree anew"
    )]
    Missing(JurisdictionId),
    /// Another edition.
    #[error(
        "`{zone}` pins pack {found} of `{jurisdiction}`, which is none of the {allowed} editions allowed; \
         remedy: load one of them, or propose a definition that allows this one"
    )]
    Edition {
        /// Who pins it.
        zone: ZoneId,
        /// Whose law.
        jurisdiction: JurisdictionId,
        /// What is pinned.
        found: Digest,
        /// How many would do.
        allowed: usize,
    },
    /// The other end holds none, or another edition.
    #[error(
        "`{zone}` holds {held} of `{jurisdiction}`, the other end pins {pinned}; \
         remedy: `{zone}` loads that edition, or the definition is proposed without `mutual`"
    )]
    Other {
        /// Who lacks it.
        zone: ZoneId,
        /// Whose law.
        jurisdiction: JurisdictionId,
        /// What is held in its place.
        held: String,
        /// What would do.
        pinned: Digest,
    },
    /// The demand itself.
    #[error("`lawpack_compatibility` is not sound: {0}")]
    Form(&'static str),
}

impl Compatibility {
    /// Whether anything is demanded.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn check_form(&self) -> Result<(), Incompatible> {
        let named = self.allowed.iter().map(|allowed| &allowed.jurisdiction_id);
        let sorted = named.clone().zip(named.skip(1)).all(|(a, b)| a < b)
            && self.required.iter().zip(self.required.iter().skip(1)).all(|(a, b)| a < b);
        let some = |allowed: &AllowedPacks| {
            let set = &allowed.digests_sha256;
            (1..=DIGEST_SET_MAX).contains(&set.len())
                && set.iter().zip(set.iter().skip(1)).all(|(a, b)| a < b)
        };
        match () {
            () if self.is_silent() => Err(Incompatible::Form("it demands nothing")),
            () if self.allowed.len() > PACKS_MAX || self.required.len() > PACKS_MAX => {
                Err(Incompatible::Form("it names too many"))
            }
            () if !sorted || !self.allowed.iter().all(some) => {
                Err(Incompatible::Form("it is not sorted, or allows nothing"))
            }
            () => Ok(()),
        }
    }

    /// Whether what both ends say of law meets the demand.
    ///
    /// # Errors
    /// The first pack that does not, whose it is, and what would do.
    pub fn check(&self, said: &BTreeMap<ZoneId, Packs>) -> Result<(), Incompatible> {
        let pinned = |packs: &Packs| packs.pinned.clone();
        let all: Vec<PinnedPack> = said.values().flat_map(pinned).collect();
        let of = |j: &JurisdictionId| all.iter().any(|pack| pack.jurisdiction_id == *j);
        if let Some(missing) = self.required.iter().find(|jurisdiction| !of(jurisdiction)) {
            return Err(Incompatible::Missing(missing.clone()));
        }
        for (zone, packs) in said {
            for pack in &packs.pinned {
                let named = self.allowed.iter().find(|a| a.jurisdiction_id == pack.jurisdiction_id);
                let found = pack.lawpack_digest_sha256;
                if let Some(allowed) = named.filter(|a| !a.digests_sha256.contains(&found)) {
                    return Err(Incompatible::Edition {
                        zone: zone.clone(),
                        jurisdiction: pack.jurisdiction_id.clone(),
                        found,
                        allowed: allowed.digests_sha256.len(),
                    });
                }
            }
            for (_, other) in said.iter().filter(|(other, _)| self.mutual && *other != zone) {
                check_held(zone, packs, &other.pinned)?;
            }
        }
        Ok(())
    }
}

fn check_held(zone: &ZoneId, packs: &Packs, pinned: &[PinnedPack]) -> Result<(), Incompatible> {
    let holds = |pack: &&PinnedPack| packs.held.contains(pack) || packs.pinned.contains(pack);
    let Some(lacking) = pinned.iter().find(|pack| !holds(pack)) else { return Ok(()) };
    let mut held = packs.held.iter().chain(&packs.pinned);
    let held = held.find(|pack| pack.jurisdiction_id == lacking.jurisdiction_id);
    Err(Incompatible::Other {
        zone: zone.clone(),
        jurisdiction: lacking.jurisdiction_id.clone(),
        held: held.map_or_else(|| "none".to_owned(), |p| p.lawpack_digest_sha256.to_string()),
        pinned: lacking.lawpack_digest_sha256,
    })
}
