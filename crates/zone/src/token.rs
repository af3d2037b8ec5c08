//! Tokens: 32 unpredictable bytes shown once, kept only as a hash, with scopes.

use std::collections::BTreeSet;

use canon::{Digest, EntityId, PrincipalId, Timestamp};
use registry::Entity;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::PAGE_MAX as STORE_PAGE_MAX;

use crate::caller::{Caller, Scope};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::TOKENS_MAX;
use crate::provider::OF_PROVIDER;
use crate::refused::{FieldProblem, Refused};
use crate::zone::{Loaded, Zone};

const PREFIX: &str = "mez_";

/// A token as kept: never its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Always `MEZToken`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Who holds it.
    pub principal: PrincipalId,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Whose records alone it opens; everybody's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
}

/// A token that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAsk {
    /// Who will hold it.
    pub principal: PrincipalId,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
    /// Whose records alone it opens.
    pub entity_id: Option<EntityId>,
}

impl TokenAsk {
    /// A token that opens everybody's records, as far as its scopes go.
    #[must_use]
    pub const fn unbound(
        principal: PrincipalId,
        scopes: Vec<Scope>,
        expires: Option<Timestamp>,
    ) -> Self {
        Self { principal, scopes, expires, entity_id: None }
    }
}

/// Scopes that are about the zone as a whole, which nobody has for one entity.
pub(crate) const OF_THE_ZONE: [Scope; 2] = [Scope::Operator, Scope::Watcher];

impl Token {
    pub(crate) fn in_force(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}

fn already_made() -> Refused {
    let detail = "a token was made under this idempotency key; its text was answered then, once";
    Refused::conflict("token-already-made", detail)
}

/// A token that could do nothing is a mistake.
fn usable(wanted: &TokenAsk, now: Timestamp) -> Result<(), Refused> {
    let TokenAsk { principal, scopes, expires, entity_id } = wanted;
    let field = |detail: &str| {
        let (pointer, detail) = ("/scopes".to_owned(), detail.to_owned());
        Err(Refused::CallerFields(vec![FieldProblem { pointer, detail }]))
    };
    if principal.as_str().starts_with(OF_PROVIDER) {
        let pointer = "/principal".to_owned();
        let detail = format!("`{OF_PROVIDER}` begins the names of whom a provider vouches for");
        return Err(Refused::CallerFields(vec![FieldProblem { pointer, detail }]));
    }
    if scopes.is_empty() {
        return field("names no scope");
    }
    let distinct: BTreeSet<Scope> = scopes.iter().copied().collect();
    if distinct.len() != scopes.len() {
        return field("names a scope twice");
    }
    let of_zone = scopes.iter().find(|scope| OF_THE_ZONE.contains(scope));
    if let (Some(_), Some(scope)) = (entity_id, of_zone) {
        return field(&format!("`{}` is not had for one entity", scope.as_str()));
    }
    if let Some(end) = *expires
        && end <= now
    {
        let detail = format!("`expires` is {end}, and it is {now} already");
        return Err(Refused::invalid("bad-expiry", detail));
    }
    Ok(())
}

impl Zone {
    /// [`Zone::make_token`] for one that is bound to no entity.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn create_token(
        &self,
        ask: Option<&Ask>,
        principal: PrincipalId,
        scopes: Vec<Scope>,
        expires: Option<Timestamp>,
    ) -> Result<String, Refused> {
        self.make_token(ask, TokenAsk::unbound(principal, scopes, expires))
    }

    /// Make a token; its text is returned once and kept nowhere. `ask` is `None` for the operator's
    /// shell on the host, which holds the data directory anyway.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn make_token(&self, ask: Option<&Ask>, wanted: TokenAsk) -> Result<String, Refused> {
        let duty = match ask {
            Some(ask) => Duty::asked(Task::Token, &ask.caller)?,
            None => Duty::of_zone(Task::Token),
        };
        let _writing = self.writing();
        if ask.map(|ask| self.replay(ask)).transpose()?.flatten().is_some() {
            return Err(already_made());
        }
        let now = self.now();
        usable(&wanted, now)?;
        if let Some(entity) = &wanted.entity_id {
            self.need::<Entity>("entity", entity.as_str())?;
        }
        if self.tokens_in_force(now)? >= TOKENS_MAX {
            return Err(Refused::conflict(
                "too-many-tokens",
                "the zone holds as many tokens as it may",
            ));
        }
        let text = format!("{PREFIX}{}", self.salt()?);
        let id = Digest::of_blob(text.as_bytes()).to_string();
        let mut writes = self.on_duty(&duty, now, &format!("token:{}", wanted.principal))?;
        let type_ = "MEZToken".to_owned();
        let TokenAsk { principal, scopes, expires, entity_id } = wanted;
        let token = Token { type_, principal, scopes, created: now, expires, entity_id };
        writes.state("token", &id, None, &token)?;
        // The text is kept nowhere, so a repetition is told that it is one and makes nothing.
        let told = json!({ "code": already_made().code() });
        writes.answer(ask.and_then(|ask| ask.put(409, &told, now.unix())));
        writes.commit()?;
        Ok(text)
    }

    /// Tokens that have not ended, as far as they need be counted.
    fn tokens_in_force(&self, now: Timestamp) -> Result<usize, Refused> {
        let (mut count, mut after) = (0, None::<String>);
        while count < TOKENS_MAX {
            let page = self.store.records("token", after.as_deref(), STORE_PAGE_MAX)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (id, record) in &page {
                let token: Token = serde_json::from_slice(&record.body)
                    .map_err(|e| Refused::host(format!("token {id}: {e}")))?;
                count += usize::from(token.in_force(now));
            }
        }
        Ok(count)
    }

    /// The caller a token stands for: one of the zone's own, or one that a provider vouches for. The lookup is by hash,
    /// so its time tells nothing of the text.
    ///
    /// # Errors
    /// [`Refused::CallerUnknown`] for anything but a token in force; [`Refused::ProviderAway`].
    pub fn authenticate(&self, text: &str) -> Result<Caller, Refused> {
        if !text.starts_with(PREFIX) {
            return self.vouched(text);
        }
        self.holder(text)
    }

    /// The holder of a token of the zone's own.
    pub(crate) fn holder(&self, text: &str) -> Result<Caller, Refused> {
        if text.len() != PREFIX.len() + 64 {
            return Err(Refused::CallerUnknown);
        }
        let id = Digest::of_blob(text.as_bytes()).to_string();
        let token: Option<Loaded<Token>> = self.load("token", &id)?;
        let token = token.ok_or(Refused::CallerUnknown)?.value;
        if !token.in_force(self.now()) {
            return Err(Refused::CallerUnknown);
        }
        Ok(Caller::of_token(token.principal, token.scopes, token.entity_id))
    }
}
