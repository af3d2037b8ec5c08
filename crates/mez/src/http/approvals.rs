//! `/v1/approvals`, and the requests that two persons are needed for.

use std::collections::BTreeMap;

use canon::Digest;
use serde_json::Value;
use zone::{Requested, Scope, Turn, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;
use super::route::{Handler, Handling, Method, Route};
use super::table::routes;

/// Routes whose every request needs two persons: halts and ends of corridors, keys, money of watchers, policy of the zone.
const ALWAYS: &[&str] = &[
    "/v1/corridors/{id}/amendments",
    "/v1/corridors/{id}/amendments/accept",
    "/v1/corridors/{id}/deprecate",
    "/v1/corridors/{id}/forks/{fork}/resolve",
    "/v1/corridors/{id}/halt",
    "/v1/corridors/{id}/sealing",
    "/v1/corridors/{id}/suspend",
    "/v1/identity/limits",
    "/v1/watchers/rewards",
    "/v1/watchers/{did}/slash",
];
/// Those of them that a vote of the zone's council lets through instead, where the body names it: the handler uses it up.
const VOTED: &[&str] =
    &["/v1/corridors/{id}/deprecate", "/v1/corridors/{id}/halt", "/v1/corridors/{id}/suspend"];
/// Where it depends on the body: a token with a power over the zone.
const TOKENS: &str = "/v1/tokens";

impl Route {
    /// Whether it may need two persons, and so may answer 202.
    pub(crate) fn is_of_two(&self) -> bool {
        self.method == Method::Post && (ALWAYS.contains(&self.path) || self.path == TOKENS)
    }

    fn needs_two(&self, body: &Value) -> bool {
        let operator = || {
            let scopes = body.get("scopes").and_then(Value::as_array);
            let mut scopes = scopes.into_iter().flatten().filter_map(Value::as_str);
            scopes.any(|scope| scope == Scope::Operator.as_str())
        };
        self.is_of_two() && (self.path != TOKENS || operator()) && !self.names_a_vote(body)
    }

    fn names_a_vote(&self, body: &Value) -> bool {
        VOTED.contains(&self.path) && body.get("consent_id").is_some_and(Value::is_string)
    }
}

/// Do what one person may do alone; what two are needed for waits for the second.
pub(super) fn paired(
    zone: &Zone,
    route: &Route,
    asked: &Asked,
    handler: Handling,
) -> Result<Answer, Problem> {
    if !route.is_of_two() {
        return handler(zone, asked);
    }
    let body = asked.tree()?;
    if !route.needs_two(&body) || !zone.needs_two_persons()? {
        return handler(zone, asked);
    }
    let (method, path) = (asked.method.as_str(), asked.path.clone());
    let wanted = Requested { method, path, what: route.about, body };
    match zone.two_persons(&asked.ask()?, &wanted)? {
        Turn::Run => handler(zone, asked),
        Turn::Answered(told) => Ok(told.into()),
    }
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.approvals(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.approval_shown(&asked.param("id", Digest::from_hex)?)?.into())
}

/// The second person's word: the request is made again, exactly as it was, by them.
pub(super) fn approve(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let super::bodies::NothingBody {} = asked.read()?;
    let id = asked.param("id", Digest::from_hex)?;
    let (method, path, body) = zone.approving(&asked.caller()?, &id)?;
    let gone = || Problem::new(409, "approval-ended", "what was asked for is no route any more");
    let (route, params) = found(&method, &path).ok_or_else(gone)?;
    let Handler::Zone(handler) = route.handler else { return Err(gone()) };
    if let super::route::Auth::Token(scopes) = route.auth {
        asked.caller()?.demand(scopes)?;
    }
    let again = Asked {
        method: route.method,
        path,
        url: asked.url.clone(),
        params,
        query: BTreeMap::new(),
        headers: asked.headers.clone(),
        caller: asked.caller.clone(),
        body: body.to_string().into_bytes(),
    };
    Ok(paired(zone, &route, &again, handler)?.done())
}

/// The route that two persons are needed for at a path, and what the path names.
fn found(method: &str, path: &str) -> Option<(Route, BTreeMap<String, String>)> {
    routes()
        .filter(|route| route.is_of_two() && route.method.as_str() == method)
        .find_map(|route| Some((route, fitted(route.path, path)?)))
}

/// The parameters of a path, where it is of a template.
fn fitted(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let (mut names, mut parts) = (template.split('/'), path.split('/'));
    let mut params = BTreeMap::new();
    loop {
        match (names.next(), parts.next()) {
            (None, None) => return Some(params),
            (Some(name), Some(part)) => {
                match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) => {
                        params.insert(name.to_owned(), super::asked::percent_decoded(part)?);
                    }
                    None if name == part => {}
                    None => return None,
                }
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_of_two_persons_is_a_row_and_is_found_by_its_path() {
        let rows: Vec<Route> = routes().filter(Route::is_of_two).collect();
        assert_eq!(rows.len(), ALWAYS.len() + 1);
        for row in rows {
            let path =
                row.path.replace("{id}", "a%3Ab").replace("{did}", "d").replace("{fork}", "f");
            let (found, params) = found("POST", &path).unwrap();
            assert_eq!(found.path, row.path);
            assert_eq!(
                params.get("id").map(String::as_str),
                row.path.contains("{id}").then_some("a:b")
            );
        }
        assert!(found("POST", "/v1/entities").is_none() && found("GET", TOKENS).is_none());
    }
}
