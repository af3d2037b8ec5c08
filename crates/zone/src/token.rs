//! Tokens: 32 unpredictable bytes shown once, kept only as a hash, with scopes.

use canon::{Digest, PrincipalId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::caller::{Caller, Scope};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::TOKENS_MAX;
use crate::refused::Refused;
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
}

impl Zone {
    /// Make a token; its text is returned once and kept nowhere. `ask` is `None` for the operator's
    /// shell on the host, which holds the data directory anyway.
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
        let duty = match ask {
            Some(ask) => Duty::asked(Task::Token, &ask.caller)?,
            None => Duty::of_zone(Task::Token),
        };
        let _writing = self.writing();
        if self.store.records("token", None, TOKENS_MAX)?.len() >= TOKENS_MAX {
            return Err(Refused::conflict(
                "too-many-tokens",
                "the zone holds as many tokens as it may",
            ));
        }
        let now = self.now();
        let text = format!("{PREFIX}{}", self.salt()?);
        let id = Digest::of_blob(text.as_bytes()).to_string();
        let mut writes = self.on_duty(&duty, now, &format!("token:{principal}"))?;
        let type_ = "MEZToken".to_owned();
        let token = Token { type_, principal, scopes, created: now, expires };
        writes.state("token", &id, None, &token)?;
        writes.commit()?;
        Ok(text)
    }

    /// The caller a token stands for. The lookup is by hash, so its time tells nothing of the text.
    ///
    /// # Errors
    /// [`Refused::CallerUnknown`] for anything but a token in force.
    pub fn authenticate(&self, text: &str) -> Result<Caller, Refused> {
        if text.len() != PREFIX.len() + 64 || !text.starts_with(PREFIX) {
            return Err(Refused::CallerUnknown);
        }
        let id = Digest::of_blob(text.as_bytes()).to_string();
        let token: Option<Loaded<Token>> = self.load("token", &id)?;
        let token = token.ok_or(Refused::CallerUnknown)?.value;
        if token.expires.is_some_and(|end| end <= self.now()) {
            return Err(Refused::CallerUnknown);
        }
        Ok(Caller::of_token(token.principal, token.scopes))
    }
}
