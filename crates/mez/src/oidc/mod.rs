//! Bearer tokens of an identity provider (OpenID Connect): the provider is named in `access.json`, its keys are fetched and kept for
//! a bounded time, and its claims become scopes by the operator's mapping alone.
//!
//! Invariant: a key comes from the provider's own key set over a private way; what the mapping does not name grants
//! nothing; keys too old to be gone by are not gone by.

mod config;
mod jwt;
mod keys;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use canon::{Digest, EntityId, PrincipalId, Timestamp};
use serde_json::Value;
use zone::{OF_PROVIDER, Provider, Scope, Unvouched, Vouched};

use jwt::{Expected, JwtError, KeySet, claims};
use keys::{Fetch, Kept};

pub(crate) use config::{File, Oidc, OidcError};

/// The provider of a zone.
pub(crate) struct OidcProvider {
    settings: Oidc,
    fetch: Fetch,
    kept: Mutex<Kept>,
}

impl OidcProvider {
    /// Around settings; nothing is asked yet.
    pub(crate) fn new(settings: Oidc) -> Self {
        let fetch = Fetch::new(&settings);
        Self { settings, fetch, kept: Mutex::default() }
    }

    /// The keys, fetched where they are due; fetched again for a key that is not among them, now and then.
    fn keys(&self, now: Timestamp, lacking: bool) -> Result<KeySet, Unvouched> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let max_age = self.settings.keys_max_age_secs;
        if kept.is_due(now, max_age, lacking) {
            kept.tried(now, self.fetch.keys(&self.settings));
        }
        kept.keys(now, max_age).map_err(Unvouched::Away)
    }

    fn claims(&self, token: &str, now: Timestamp) -> Result<Value, Unvouched> {
        let expected = Expected {
            issuer: &self.settings.issuer,
            audience: &self.settings.audience,
            now: now.unix(),
        };
        let told = |error: JwtError| Unvouched::Token(error.to_string());
        match claims(token, &self.keys(now, false)?, &expected) {
            Err(JwtError::UnknownKey(_)) => {
                claims(token, &self.keys(now, true)?, &expected).map_err(told)
            }
            other => other.map_err(told),
        }
    }

    /// The scopes that the mapping gives for what the claims name.
    fn scopes(&self, claims: &Value) -> Vec<Scope> {
        let named: Vec<&str> = match claims.get(&self.settings.scopes_claim) {
            Some(Value::String(words)) => words.split(' ').collect(),
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let given = named.iter().filter_map(|name| self.settings.mapping.get(*name)).flatten();
        let mut scopes: Vec<Scope> = given.copied().collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    fn entity(&self, claims: &Value) -> Result<Option<EntityId>, Unvouched> {
        let Some(name) = &self.settings.entity_claim else { return Ok(None) };
        let refused = || Unvouched::Token(format!("claim `{name}` names no entity"));
        // Where tokens are to be bound, one that is not opens nothing.
        let id = claims.get(name).and_then(Value::as_str).ok_or_else(refused)?;
        EntityId::parse(id).map(Some).map_err(|_| refused())
    }
}

/// The subject as records name it: by itself where it is a principal's name, else by a digest.
fn principal(issuer: &str, subject: &str) -> Result<PrincipalId, Unvouched> {
    PrincipalId::parse(&format!("{OF_PROVIDER}{subject}"))
        .or_else(|_| {
            let digest = Digest::of_blob(format!("{issuer}\n{subject}").as_bytes());
            PrincipalId::parse(&format!("{OF_PROVIDER}sha256:{digest}"))
        })
        .map_err(|error| Unvouched::Token(error.to_string()))
}

impl Provider for OidcProvider {
    fn vouch(&self, token: &str, now: Timestamp) -> Result<Vouched, Unvouched> {
        let claims = self.claims(token, now)?;
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        Ok(Vouched {
            principal: principal(&self.settings.issuer, subject)?,
            scopes: self.scopes(&claims),
            entity_id: self.entity(&claims)?,
        })
    }
}
