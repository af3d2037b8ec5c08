//! `/v1/tokens`.

use canon::{PrincipalId, Timestamp};
use serde_json::json;
use zone::{Scope, TokenAsk, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::bodies::{ScopeBody, TokenBody};
use super::problem::Problem;

impl From<ScopeBody> for Scope {
    fn from(scope: ScopeBody) -> Self {
        match scope {
            ScopeBody::Operator => Self::Operator,
            ScopeBody::Registrar => Self::Registrar,
            ScopeBody::Banker => Self::Banker,
            ScopeBody::Reader => Self::Reader,
            ScopeBody::Regulator => Self::Regulator,
            ScopeBody::Watcher => Self::Watcher,
        }
    }
}

/// Make a token; its text is in this answer and nowhere else.
pub(super) fn create(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let TokenBody { principal, scopes, expires, entity_id } = asked.read()?;
    let principal = PrincipalId::parse(&principal)
        .map_err(|error| Problem::field("/principal", error.to_string()))?;
    let expires = expires.map(|text| Timestamp::parse(&text)).transpose();
    let expires = expires.map_err(|error| Problem::field("/expires", error.to_string()))?;
    let scopes: Vec<Scope> = scopes.into_iter().map(Scope::from).collect();
    let wanted = TokenAsk { principal, scopes, expires, entity_id };
    let mut body = json!({
        "principal": wanted.principal,
        "scopes": wanted.scopes,
        "expires": wanted.expires,
    });
    let bound = wanted.entity_id.clone();
    let token = zone.make_token(Some(&asked.ask()?), wanted)?;
    if let Some(members) = body.as_object_mut() {
        members.insert("token".to_owned(), token.into());
        members.extend(bound.map(|entity| ("entity_id".to_owned(), json!(entity))));
    }
    Ok(Answer::json(201, &body))
}
