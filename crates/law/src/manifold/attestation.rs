//! What a passage asks whoever passes to hold, and what it takes to get what is missing.

use serde::{Deserialize, Serialize};

macro_rules! attestations {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A kind of attestation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Attestation { $($(#[$doc])* $variant,)* }

        impl Attestation {
            /// All kinds.
            pub const ALL: [Self; KINDS] = [$(Self::$variant,)*];

            /// The text form, e.g. `source_of_funds`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

const KINDS: usize = 12;

attestations! {
    /// A person's identity.
    KycVerification = "kyc_verification",
    /// A company's identity.
    KybVerification = "kyb_verification",
    /// Screening against laundering of money.
    AmlScreening = "aml_screening",
    /// Screening against sanctions lists.
    SanctionsCheck = "sanctions_check",
    /// Where funds come from.
    SourceOfFunds = "source_of_funds",
    /// Where tax is owed.
    TaxResidency = "tax_residency",
    /// An investor's accreditation.
    AccreditedInvestor = "accredited_investor",
    /// A purchaser's qualification.
    QualifiedPurchaser = "qualified_purchaser",
    /// A professional investor.
    ProfessionalInvestor = "professional_investor",
    /// That assets are held in custody.
    CustodyVerification = "custody_verification",
    /// That an insurance covers.
    InsuranceCoverage = "insurance_coverage",
    /// A license of a regulator.
    RegulatoryLicense = "regulatory_license",
}

impl Attestation {
    /// The kind of that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

/// A set of kinds, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attestations(u16);

impl Attestations {
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether there is none in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// With this kind as well.
    #[must_use]
    pub const fn with(self, kind: Attestation) -> Self {
        Self(self.0 | 1 << kind as u16)
    }

    /// Whether a kind is in it.
    #[must_use]
    pub const fn has(self, kind: Attestation) -> bool {
        self.0 >> kind as u16 & 1 == 1
    }

    /// Those in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of it is in the other.
    #[must_use]
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The kinds in it.
    pub fn iter(self) -> impl Iterator<Item = Attestation> {
        Attestation::ALL.into_iter().filter(move |kind| self.has(*kind))
    }
}

impl FromIterator<Attestation> for Attestations {
    fn from_iter<I: IntoIterator<Item = Attestation>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, Self::with)
    }
}

/// What getting an attestation is reckoned to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// In minor units.
    pub cost: u32,
    /// In hours.
    pub hours: u16,
}

/// A price for each kind, in the order of [`Attestation::ALL`].
pub type Prices = [Price; KINDS];

/// What is missing on a way and what getting it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// Never held.
    pub missing: Attestations,
    /// Held, but ended.
    pub expired: Attestations,
    /// All prices of what is missing, and half of those of what has ended, in minor units.
    pub cost: u64,
    /// The longest of what is missing and half of what has ended: they are obtained side by side.
    pub hours: u32,
}

/// Judges what is asked against what is held; `expired` says which kinds are held but ended.
#[must_use]
pub fn gap(prices: &Prices, asked: Attestations, held: Attestations, expired: Attestations) -> Gap {
    let lacking = asked.without(held);
    let (missing, expired) = (lacking.without(expired), lacking.and(expired));
    let mut gap = Gap { missing, expired, ..Gap::default() };
    if lacking.is_empty() {
        return gap;
    }
    let mut halves = 0;
    for (kind, price) in Attestation::ALL.into_iter().zip(prices) {
        if missing.has(kind) {
            gap.cost += u64::from(price.cost);
            gap.hours = gap.hours.max(u32::from(price.hours));
        } else if expired.has(kind) {
            halves += u64::from(price.cost);
            gap.hours = gap.hours.max(u32::from(price.hours / 2));
        }
    }
    gap.cost += halves.div_ceil(2);
    gap
}
