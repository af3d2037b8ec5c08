//! Compositions: whose law a zone takes, domain by domain.
//!
//! A composition is a partial function from ten composed domains to jurisdictions. Joining two is
//! their union where they agree; where they do not, it is a [`Conflict`] that names both sources.
//! So joining is commutative, associative and idempotent, the empty composition changes nothing,
//! and the order in which parts are given never decides whose law applies.

use std::collections::BTreeMap;
use std::fmt;

use canon::JurisdictionId;

use crate::domain::Domain;
use crate::yaml::{Map, Reader, one_of};

macro_rules! composed {
    ($($(#[$doc:meta])* $variant:ident = $name:literal => [$($domain:ident),+],)*) => {
        /// A domain as zones are composed of them; each covers domains of law, none twice.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ComposedDomain { $($(#[$doc])* $variant,)* }

        impl ComposedDomain {
            /// All of them, in order.
            pub const ALL: [Self; 10] = [$(Self::$variant,)*];

            /// The text form.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The domains of law it covers.
            #[must_use]
            pub const fn covers(self) -> &'static [Domain] {
                match self { $(Self::$variant => &[$(Domain::$domain),+],)* }
            }
        }
    };
}

composed! {
    /// Company law.
    CorporateFormation = "corporate_formation" => [Corporate],
    /// What binds people to each other there: work, stay, consumers, works of the mind.
    CivicCode = "civic_code" => [Employment, Immigration, Ip, ConsumerProtection],
    /// Tokens and their safekeeping.
    DigitalAssets = "digital_assets" => [DigitalAssets, Custody],
    /// Forums of dispute.
    Arbitration = "arbitration" => [Arbitration],
    /// Taxes and customs.
    Tax = "tax" => [Tax, Trade],
    /// Money laundering, knowing the customer, sanctions; no zone is without.
    AmlCft = "aml_cft" => [Aml, Kyc, Sanctions],
    /// Personal data.
    DataPrivacy = "data_privacy" => [DataPrivacy],
    /// Licenses to operate.
    Licensing = "licensing" => [Licensing],
    /// Banks, payments, clearing and settlement.
    PaymentRails = "payment_rails" => [Banking, Payments, Clearing, Settlement],
    /// Offering and dealing.
    Securities = "securities" => [Securities],
}

impl ComposedDomain {
    /// The domain of that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|domain| domain.name() == text)
    }
}

impl fmt::Display for ComposedDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Two sources for one domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("`{domain}` is taken from `{one}` and from `{other}`")]
pub struct Conflict {
    /// The domain.
    pub domain: ComposedDomain,
    /// The source that comes first in order.
    pub one: JurisdictionId,
    /// The other.
    pub other: JurisdictionId,
}

/// Whose law applies in which composed domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composition(BTreeMap<ComposedDomain, JurisdictionId>);

impl Composition {
    /// One domain from one source.
    #[must_use]
    pub fn layer(domain: ComposedDomain, source: JurisdictionId) -> Self {
        Self([(domain, source)].into())
    }

    /// Whether nothing is taken from anywhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each domain with its source, in order.
    pub fn layers(&self) -> impl Iterator<Item = (ComposedDomain, &JurisdictionId)> {
        self.0.iter().map(|(domain, source)| (*domain, source))
    }

    /// Where a domain is taken from.
    #[must_use]
    pub fn source(&self, domain: ComposedDomain) -> Option<&JurisdictionId> {
        self.0.get(&domain)
    }

    /// Both together.
    ///
    /// # Errors
    /// Every domain they take from different places.
    pub fn join(&self, other: &Self) -> Result<Self, Vec<Conflict>> {
        let mut all = self.clone();
        let mut conflicts = Vec::new();
        for (domain, source) in &other.0 {
            match all.0.get(domain) {
                Some(there) if there != source => {
                    let (one, other) = (there.min(source).clone(), there.max(source).clone());
                    conflicts.push(Conflict { domain: *domain, one, other });
                }
                _ => {
                    all.0.insert(*domain, source.clone());
                }
            }
        }
        if conflicts.is_empty() { Ok(all) } else { Err(conflicts) }
    }

    /// What keeps it from being a zone's law, in words; empty when nothing does.
    #[must_use]
    pub fn lacks(&self) -> Vec<String> {
        let mut lacks = Vec::new();
        let required = ComposedDomain::AmlCft;
        if !self.0.contains_key(&required) {
            lacks.push(format!("`{required}` must be taken from somewhere"));
        }
        for (domain, source) in &self.0 {
            if source.as_str().starts_with("synth-") {
                lacks.push(format!(
                    "`{domain}` is taken from `{source}`, which has no law of its own"
                ));
            }
        }
        lacks
    }

    /// As a flow mapping of YAML.
    pub(super) fn to_yaml(&self) -> String {
        let layers: Vec<String> =
            self.0.iter().map(|(domain, source)| format!("{domain}: {source}")).collect();
        format!("{{ {} }}", layers.join(", "))
    }
}

/// The layers under the key `composition`.
pub(super) fn layers(reader: &mut Reader<'_>, map: Map<'_>) -> Composition {
    let inner = map.get("composition").and_then(|node| reader.map(node, None));
    let entries = inner.map(|inner| inner.entries()).unwrap_or_default();
    let mut all = Composition::default();
    for (name, at, node) in entries {
        let known = ComposedDomain::ALL.map(ComposedDomain::name).to_vec();
        let domain = one_of("composed domain", ComposedDomain::parse, known)(name);
        let domain = domain.map_err(|error| reader.problem(*at, error)).ok();
        let source = reader.parse_as(node, JurisdictionId::parse);
        if let Some((domain, source)) = domain.zip(source) {
            all.0.insert(domain, source);
        }
    }
    all
}
