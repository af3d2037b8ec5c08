//! The law of a zone as loaded: pinned packs, the sandbox rulebook if the realm admits it, and what
//! the zone itself adds (evidence its profile asks for, how old a sanctions list may be).

use std::collections::{BTreeMap, BTreeSet};

use canon::{Canonical, Digest, JurisdictionId, PackId, ProfileId, Realm};

use crate::domain::Domain;
use crate::evaluate::zone::{Demand, demands};
use crate::kind::Kind;
use crate::manifest::Composition;
use crate::pack::{Pack, Pinned, SANDBOX};

/// Evidence a profile asks for beyond the law; adds requirements, drops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraEvidence {
    /// The profile that asks.
    pub profile: ProfileId,
    /// Its version, cited as the section's edition.
    pub version: String,
    /// Evidence types by domain, e.g. `aml: [source_of_funds]`, read as facts `evidence.<type>`.
    pub asks: BTreeMap<Domain, Vec<String>>,
    /// The transitions at which it is asked.
    pub kinds: Vec<Kind>,
}

/// How the zone treats sanctions lists.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ScreeningPolicy {
    /// Oldest list admitted, in days since its publication. None only in realm sandbox.
    pub max_list_age_days: Option<i64>,
    /// Digests of the lists loaded now, recorded in every decision.
    pub lists: Vec<Digest>,
}

impl ScreeningPolicy {
    /// Each list once, in order of digests.
    fn ordered(mut self) -> Self {
        self.lists.sort_unstable();
        self.lists.dedup();
        self
    }
}

/// Why packs do not make a rulebook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRulebook {
    /// A parent is not among the packs.
    #[error("pack `{pack}` names parent `{parent}`, which is not loaded")]
    Parent {
        /// The pack.
        pack: PackId,
        /// Its parent.
        parent: PackId,
    },
    /// Parents go in a circle.
    #[error("the parents of pack `{0}` go in a circle")]
    Circle(PackId),
    /// The same pack twice, or the sandbox rulebook among the packs of law.
    #[error("pack `{0}` is out of place: loaded twice, or the sandbox rulebook among the law")]
    OutOfPlace(PackId),
    /// The sandbox rulebook in production.
    #[error("the sandbox rulebook is refused in realm production")]
    Sandbox,
    /// No pack at all.
    #[error("no pack is loaded")]
    Empty,
    /// Production without a bound on list age.
    #[error("realm production needs `max_list_age_days`")]
    ListAge,
    /// The record of last resort cannot be written.
    #[error("canonical form: {0}")]
    Form(#[from] canon::Refusal),
}

/// The law of a zone. Immutable: a changed pack or list makes a new one.
#[derive(Clone, Debug)]
pub struct Rulebook {
    pub(crate) realm: Realm,
    packs: BTreeMap<PackId, Pinned<Pack>>,
    /// A place judged by the law of others, and that law.
    composed: Option<(JurisdictionId, Vec<Pinned<Pack>>)>,
    pub(crate) sandbox: Option<Pinned<Pack>>,
    evidence: Option<ExtraEvidence>,
    pub(crate) screening: ScreeningPolicy,
    /// What the zone itself asks, compiled.
    pub(crate) demands: Vec<Demand>,
    pub(crate) last_resort: Canonical,
}

impl Rulebook {
    /// Put packs together.
    ///
    /// # Errors
    /// A missing parent, a circle, a pack out of place, a sandbox rulebook or an unbounded list age
    /// in production.
    pub fn of(
        realm: Realm,
        packs: Vec<Pinned<Pack>>,
        sandbox: Option<Pinned<Pack>>,
        evidence: Option<ExtraEvidence>,
        screening: ScreeningPolicy,
    ) -> Result<Self, BadRulebook> {
        if realm == Realm::Production && sandbox.is_some() {
            return Err(BadRulebook::Sandbox);
        }
        if realm == Realm::Production && screening.max_list_age_days.is_none() {
            return Err(BadRulebook::ListAge);
        }
        if let Some(pack) = &sandbox
            && pack.id().as_str() != SANDBOX
        {
            return Err(BadRulebook::OutOfPlace(pack.id().clone()));
        }
        let mut by_id = BTreeMap::new();
        for pack in packs {
            let id = pack.id().clone();
            if id.as_str() == SANDBOX || by_id.insert(id.clone(), pack).is_some() {
                return Err(BadRulebook::OutOfPlace(id));
            }
        }
        if by_id.is_empty() {
            return Err(BadRulebook::Empty);
        }
        let screening = screening.ordered();
        let last_resort = serde_json::json!({"type": "MEZDecision", "outcome": "error",
            "faults": [{"code": "record-too-large", "detail": "the decision cannot be written"}]});
        let last_resort = Canonical::of_value(&last_resort)?;
        let demands = demands(&screening, evidence.as_ref());
        let (packs, composed) = (by_id, None);
        let book =
            Self { realm, packs, composed, sandbox, evidence, screening, demands, last_resort };
        for id in book.packs.keys() {
            book.linked(id)?;
        }
        Ok(book)
    }

    /// Judge `place` by the law of others, domain by domain, each with the parents it stands on. A domain
    /// that is taken from nowhere, or from where no pack is loaded, has no rule there: it is pending.
    #[must_use]
    pub fn composed(mut self, place: &JurisdictionId, composition: &Composition) -> Self {
        let mut taken: BTreeMap<&JurisdictionId, BTreeSet<Domain>> = BTreeMap::new();
        for (domain, source) in composition.layers() {
            taken.entry(source).or_default().extend(domain.covers());
        }
        let mut law = Vec::new();
        for (source, domains) in taken {
            let chain = self.chain(source);
            let last = chain.len().saturating_sub(1);
            // Each source with its parents behind it, so that a rule finds their figures and no others.
            let parts = chain.into_iter().enumerate();
            law.extend(parts.map(|(at, pack)| pack.clone().speaking_of(&domains, at == last)));
        }
        self.composed = (!law.is_empty()).then(|| (place.clone(), law));
        self
    }

    /// The same law with other sanctions lists loaded.
    #[must_use]
    pub fn with_lists(&self, lists: impl Iterator<Item = Digest>) -> Self {
        let screening = ScreeningPolicy { lists: lists.collect(), ..self.screening.clone() };
        let screening = screening.ordered();
        let demands = demands(&screening, self.evidence.as_ref());
        Self { screening, demands, ..self.clone() }
    }

    fn linked(&self, id: &PackId) -> Result<(), BadRulebook> {
        let mut seen = Vec::new();
        let mut at = self.packs.get(id);
        while let Some(pack) = at {
            if seen.contains(&pack.id()) {
                return Err(BadRulebook::Circle(id.clone()));
            }
            seen.push(pack.id());
            let Some(parent) = pack.parent() else { break };
            at = self.packs.get(parent);
            if at.is_none() {
                let (pack, parent) = (pack.id().clone(), parent.clone());
                return Err(BadRulebook::Parent { pack, parent });
            }
        }
        Ok(())
    }

    /// The realm.
    #[must_use]
    pub const fn realm(&self) -> Realm {
        self.realm
    }

    /// The packs of law, in order of id.
    pub fn packs(&self) -> impl Iterator<Item = &Pinned<Pack>> {
        self.packs.values()
    }

    /// The sandbox rulebook, if loaded.
    #[must_use]
    pub const fn sandbox(&self) -> Option<&Pinned<Pack>> {
        self.sandbox.as_ref()
    }

    /// What the profile asks beyond the law.
    #[must_use]
    pub const fn evidence(&self) -> Option<&ExtraEvidence> {
        self.evidence.as_ref()
    }

    /// How sanctions lists are treated.
    #[must_use]
    pub const fn screening(&self) -> &ScreeningPolicy {
        &self.screening
    }

    /// The jurisdictions this rulebook can judge.
    pub fn jurisdictions(&self) -> impl Iterator<Item = &JurisdictionId> {
        let composed = self.composed.iter().map(|(place, _)| place);
        self.packs.values().filter_map(|pack| pack.jurisdiction()).chain(composed)
    }

    /// Whether there is a pack of a jurisdiction.
    pub(crate) fn judges(&self, jurisdiction: &JurisdictionId) -> bool {
        self.jurisdictions().any(|known| known == jurisdiction)
    }

    /// The pack of a jurisdiction, then its parents; of a composed place those of each source, one source
    /// after the other. Empty when there is none.
    #[must_use]
    pub fn chain(&self, jurisdiction: &JurisdictionId) -> Vec<&Pinned<Pack>> {
        if let Some((_, law)) = self.composed.as_ref().filter(|(place, _)| place == jurisdiction) {
            return law.iter().collect();
        }
        let mut chain = Vec::new();
        let mut at = self.packs.values().find(|p| p.jurisdiction() == Some(jurisdiction));
        while let Some(pack) = at {
            chain.push(pack);
            at = pack.parent().and_then(|parent| self.packs.get(parent));
        }
        chain
    }
}
