//! What a zone has of all that modules provide.
//!
//! Invariant: what some module provides is there exactly while a module in use provides it. A route, a
//! schema or a command that is switched off is refused by name where it is asked for; a domain whose
//! rules are switched off has no rule, so it is pending and refuses. Switching off opens nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Catalog, Module, ModuleUse, Provider, Stack, StackError, Zone};
use crate::domain::Domain;

/// What is switched off in a zone, each with the module that would provide it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switched(BTreeMap<Provider, String>);

impl Switched {
    /// What all modules provide and those in use do not.
    pub(super) fn of(all: &BTreeMap<String, Module>, used: &[(ModuleUse, Module)]) -> Self {
        let mut off = BTreeMap::new();
        for module in all.values() {
            off.extend(module.providers().map(|by| (by.clone(), module.short().to_owned())));
        }
        for by in used.iter().flat_map(|(_, module)| module.providers()) {
            off.remove(by);
        }
        Self(off)
    }

    /// What is switched off in a zone, whose packs are not looked at.
    ///
    /// # Errors
    /// A profile or a module that is missing, or modules that do not fit together.
    pub fn of_zone(catalog: &Catalog<'_>, zone: &Zone) -> Result<Self, StackError> {
        let profile = catalog.profile(zone.profile.as_str())?;
        let used = Stack::modules(catalog, &profile, &zone.modules_off)?;
        let all = catalog.modules().map_err(super::Unknown::from)?;
        Ok(Self::of(all, &used))
    }

    /// The module that would provide it, where it is switched off.
    #[must_use]
    pub fn off(&self, by: &Provider) -> Option<&str> {
        self.0.get(by).map(String::as_str)
    }

    /// Everything that is switched off, and the module that would provide it.
    pub fn iter(&self) -> impl Iterator<Item = (&Provider, &str)> {
        self.0.iter().map(|(by, module)| (by, module.as_str()))
    }

    /// The domains whose rules are switched off.
    #[must_use]
    pub fn domains(&self) -> BTreeSet<Domain> {
        let domain = |by: &Provider| match by {
            Provider::Rules(domain) => Some(*domain),
            _ => None,
        };
        self.0.keys().filter_map(domain).collect()
    }
}
