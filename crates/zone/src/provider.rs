//! Callers that an identity provider vouches for: the zone asks at a door, [`Provider`]; who verifies the token, and
//! under which keys, is not known here.

use std::sync::Arc;

use canon::{EntityId, PrincipalId, Timestamp};

use crate::caller::{Caller, Scope};
use crate::refused::Refused;
use crate::token::OF_THE_ZONE;
use crate::zone::Zone;

/// What the principals of a provider begin with; no token of the zone's own is made for such a one.
pub const OF_PROVIDER: &str = "oidc:";

/// Somebody a provider vouches for, as the operator's mapping reads the claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// Who, as records will name them; begins with [`OF_PROVIDER`].
    pub principal: PrincipalId,
    /// What they may do; nothing is granted that the mapping does not name.
    pub scopes: Vec<Scope>,
    /// Whose records alone they may see and change.
    pub entity_id: Option<EntityId>,
}

/// Why nobody is vouched for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unvouched {
    /// The token is none of the provider's, or not in force, or not for this zone.
    #[error("the token is not accepted: {0}")]
    Token(String),
    /// The provider's keys are not known, or too old to be gone by, and it does not answer.
    #[error("the identity provider does not answer: {0}")]
    Away(String),
}

/// A way to know who an identity provider vouches for.
pub trait Provider: Send + Sync {
    /// Who a bearer token stands for.
    ///
    /// # Errors
    /// See [`Unvouched`].
    fn vouch(&self, token: &str, now: Timestamp) -> Result<Vouched, Unvouched>;
}

impl Zone {
    /// Believe a provider's tokens from now on. The first stays.
    pub fn believe(&self, provider: Arc<dyn Provider>) {
        let _ = self.provider.set(provider);
    }

    /// The caller a provider vouches for.
    pub(crate) fn vouched(&self, token: &str) -> Result<Caller, Refused> {
        let provider = self.provider.get().ok_or(Refused::CallerUnknown)?;
        let vouched = provider.vouch(token, self.now()).map_err(|error| match error {
            Unvouched::Token(_) => Refused::CallerUnknown,
            Unvouched::Away(why) => Refused::ProviderAway(why),
        })?;
        let Vouched { principal, mut scopes, entity_id } = vouched;
        if !principal.as_str().starts_with(OF_PROVIDER) {
            return Err(Refused::CallerUnknown);
        }
        if entity_id.is_some() {
            scopes.retain(|scope| !OF_THE_ZONE.contains(scope));
        }
        Ok(Caller::of_token(principal, scopes, entity_id))
    }
}
