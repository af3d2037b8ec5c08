//! Who asks, and what they may ask.

use canon::{EntityId, PrincipalId};
use serde::{Deserialize, Serialize};

use crate::refused::Refused;

/// What a token may do; nothing is granted that is not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Run the zone: corridors, tokens, halts.
    Operator,
    /// Form and change entities.
    Registrar,
    /// Open accounts and pay.
    Banker,
    /// Read entities, accounts, corridors.
    Reader,
    /// Read decisions and compliance.
    Regulator,
    /// Mirror corridors, and attest them.
    Watcher,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] = [
        Self::Operator,
        Self::Registrar,
        Self::Banker,
        Self::Reader,
        Self::Regulator,
        Self::Watcher,
    ];

    /// Name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Registrar => "registrar",
            Self::Banker => "banker",
            Self::Reader => "reader",
            Self::Regulator => "regulator",
            Self::Watcher => "watcher",
        }
    }

    /// Read a scope's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// An authenticated caller. Made by verifying a token or a peer's signature, nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    principal: PrincipalId,
    scopes: Vec<Scope>,
    /// Whose records alone it may see and change; of nobody in particular where absent.
    entity: Option<EntityId>,
}

impl Caller {
    pub(crate) fn of_token(
        principal: PrincipalId,
        scopes: Vec<Scope>,
        entity: Option<EntityId>,
    ) -> Self {
        Self { principal, scopes, entity }
    }

    /// Name of the caller, as recorded.
    #[must_use]
    pub fn principal(&self) -> &PrincipalId {
        &self.principal
    }

    /// The entity the caller is bound to, whose records alone they may see and change.
    #[must_use]
    pub fn entity(&self) -> Option<&EntityId> {
        self.entity.as_ref()
    }

    /// The first of these scopes that the caller has, by its name; `none` without any.
    #[must_use]
    pub fn by(&self, any_of: &[Scope]) -> &'static str {
        let had = any_of.iter().find(|scope| self.scopes.contains(scope));
        had.map_or("none", |scope| scope.as_str())
    }

    /// Whether what this caller is answered has to be in the log of what regulators were shown.
    #[must_use]
    pub fn is_regulator(&self) -> bool {
        self.scopes.contains(&Scope::Regulator)
    }

    /// Demand one of the scopes named.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] naming the first scope that would do.
    pub fn demand(&self, any_of: &[Scope]) -> Result<(), Refused> {
        if any_of.iter().any(|scope| self.scopes.contains(scope)) {
            return Ok(());
        }
        let needed = any_of.first().map_or("none", |scope| scope.as_str());
        Err(Refused::CallerForbidden { needed })
    }
}
