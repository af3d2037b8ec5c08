//! A set of domains: what a slice is taken over.

use crate::domain::{DOMAINS, Domain};

/// A set of domains, one bit each in ordinal order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domains(u32);

impl Domains {
    /// All 20.
    pub const ALL: Self = Self((1 << DOMAINS) - 1);
    /// None.
    pub const NONE: Self = Self(0);

    pub(super) const fn of_bits(bits: u32) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Bit `n` is the domain of ordinal `n`.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether there is none in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are in it.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether a domain is in it.
    #[must_use]
    pub const fn has(self, domain: Domain) -> bool {
        self.0 >> domain.ordinal() & 1 == 1
    }

    /// With this domain as well.
    #[must_use]
    pub const fn with(self, domain: Domain) -> Self {
        Self(self.0 | 1 << domain.ordinal())
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

    /// Those not in it.
    #[must_use]
    pub const fn not(self) -> Self {
        Self(!self.0 & Self::ALL.0)
    }

    /// The domains in it, in ordinal order.
    pub fn iter(self) -> impl Iterator<Item = Domain> {
        Domain::ALL.into_iter().filter(move |domain| self.has(*domain))
    }
}

impl FromIterator<Domain> for Domains {
    fn from_iter<I: IntoIterator<Item = Domain>>(domains: I) -> Self {
        domains.into_iter().fold(Self::NONE, Self::with)
    }
}

impl std::fmt::Debug for Domains {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
