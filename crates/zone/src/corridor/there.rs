//! The law at the other end, asked here as far as it is held and as far as this zone knows the facts.
//!
//! Only packs that the peer pinned in its agreement, digest by digest, are its law: another edition
//! would speak for nobody. Where one is missing or differs, the other end alone asks its law.

use canon::{Canonical, JurisdictionId};
use law::{Facts, Kind, Provenance, Source};
use serde_json::json;

use super::context::Open;
use crate::facts::{Gathered, There};
use crate::refused::Refused;
use crate::zone::Zone;

/// Facts that say the same at both ends: who a subject is differs, who pays whom does not.
const SHARED: [&str; 6] = ["asset.", "payee.", "payer.", "payment.", "screening.", "trade."];

impl Zone {
    /// The jurisdiction of the other end, where its law is held here as the peer pinned it.
    pub(super) fn law_there(&self, open: &Open) -> Option<JurisdictionId> {
        let jurisdiction = &open.there.participant.jurisdiction_id;
        let pinned = open.terms.pinned_lawpacks.get(open.there.zone())?;
        let law = self.law();
        let chain = law.rulebook.chain(jurisdiction);
        let held = chain.iter().filter_map(|pack| Some((pack.jurisdiction()?, pack.digest())));
        let same = |(of, digest): (&JurisdictionId, canon::Digest)| {
            pinned.iter().any(|p| p.jurisdiction_id == *of && p.lawpack_digest_sha256 == digest)
        };
        (!chain.is_empty() && held.into_iter().all(same)).then(|| jurisdiction.clone())
    }

    /// Ask the law of the other end as well, where it is held: there the write is of `kind`.
    pub(crate) fn ask_there(
        &self,
        gathered: &mut Gathered,
        open: &Open,
        kind: Kind,
    ) -> Result<(), Refused> {
        let Some(jurisdiction) = self.law_there(open) else { return Ok(()) };
        let mut facts = Facts::new();
        let shared = |name: &str| SHARED.iter().any(|prefix| name.starts_with(prefix));
        for (name, fact) in gathered.facts.iter().filter(|(name, _)| shared(name)) {
            let (value, by) = (fact.value.clone(), fact.provenance.clone());
            facts.state(name, value, by).map_err(Refused::host)?;
        }
        let here = &self.here.participant.jurisdiction_id;
        let said = json!({ "corridor": open.terms.corridor_id, "jurisdiction": here });
        let digest = Canonical::of_value(&said).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        facts
            .state("counterparty.jurisdiction", here.as_str(), by.clone())
            .map_err(Refused::host)?;
        facts.state("counterparty.corridor_active", true, by).map_err(Refused::host)?;
        gathered.there = Some(There { kind, jurisdiction, facts });
        Ok(())
    }
}
