//! Conditions on a record (RFC 9110, section 13): one mechanism for every route, made from the table.
//!
//! A read of one record answers the tag of what it says. A write whose path begins with that of such a read changes that
//! record; where it comes with `If-Match`, the read is made again for the same caller, and the write refused where it says
//! something else. It is made twice: at the door, so that who comes late hears it before anything else is looked at; and
//! under the lock of building, where nothing can come between the look and the write ([`Zone::only_if`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::HeaderMap;
use law::manifest::RouteGroup;
use zone::{Refused, Zone};

use super::answer::{Answer, JSON};
use super::approvals::paired;
use super::asked::{Asked, KNOWN_AT};
use super::dispatch::there;
use super::etag::{Condition, IF_MATCH, IF_NONE_MATCH};
use super::isolation::isolated;
use super::problem::{Problem, Wrong};
use super::route::{Auth, Handler, Handling, Method, Route};
use super::table::routes;

impl Route {
    /// Whether it reads one record, which its path ends in the name of. What is dated by the moment it is read is none:
    /// a question about a moment, and all that a regulator is shown.
    pub(crate) fn is_of_one(&self) -> bool {
        self.method == Method::Get
            && self.path.ends_with('}')
            && !self.path.contains("{*")
            && self.success == (200, JSON)
            && matches!((self.auth, self.handler), (Auth::Token(_), Handler::Zone(_)))
            && self.group != Some(RouteGroup::Regulator)
            && !self.query.iter().any(|parameter| parameter.name == KNOWN_AT)
    }

    /// The read of the record that a write changes: the longest whose path the write's begins with.
    pub(crate) fn changes(&self) -> Option<Route> {
        let of_tokens = matches!((self.auth, self.handler), (Auth::Token(_), Handler::Zone(_)));
        if !self.method.writes() || !of_tokens {
            return None;
        }
        let begins = |read: &Route| {
            let rest = self.path.strip_prefix(read.path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fitting = routes().filter(|read| read.is_of_one() && begins(read));
        fitting.max_by_key(|read| read.path.len())
    }
}

/// Answer a request that was let in and isolated, under the conditions it came with.
pub(super) fn conditionally(
    zone: &Zone,
    route: &Route,
    asked: &Asked,
    handler: Handling,
) -> Result<Answer, Problem> {
    if route.is_of_one() {
        let known = Condition::of(&asked.headers, IF_NONE_MATCH)?;
        let answer = handler(zone, asked)?.tagged();
        let same = |condition: &Condition| answer.tag().is_some_and(|tag| condition.is_weakly(tag));
        return Ok(if known.as_ref().is_some_and(same) { answer.unchanged() } else { answer });
    }
    // Nothing is compared where nothing is wanted.
    if asked.headers.contains_key(IF_MATCH)
        && let Some(read) = route.changes()
        && let Some(condition) = Condition::of(&asked.headers, IF_MATCH)?
    {
        let wanted = Arc::new(Wanted { read, again: again(&read, asked), condition });
        wanted.at_the_door(zone, asked)?;
        zone.only_if(Arc::new(move |zone: &Zone| wanted.under_the_lock(zone)));
    }
    paired(zone, route, asked, handler)
}

/// The request by which the caller would read the record they change.
fn again(read: &Route, asked: &Asked) -> Asked {
    let names = |name: &str| read.path.contains(&format!("{{{name}}}"));
    let params = asked.params.iter().filter(|(name, _)| names(name));
    let segments = read.path.split('/').count();
    Asked {
        method: read.method,
        path: asked.path.split('/').take(segments).collect::<Vec<_>>().join("/"),
        url: asked.url.clone(),
        params: params.map(|(name, id)| (name.clone(), id.clone())).collect(),
        query: BTreeMap::new(),
        headers: HeaderMap::new(),
        caller: asked.caller.clone(),
        body: Vec::new(),
    }
}

/// What a write wants the record to be that it changes.
struct Wanted {
    read: Route,
    again: Asked,
    condition: Condition,
}

impl Wanted {
    /// Whether the record is what is wanted, to who asks: as its read answers them, or refuses them.
    fn is_so(&self, zone: &Zone) -> Result<bool, Problem> {
        let Handler::Zone(handler) = self.read.handler else {
            return Err(Problem::internal("a record is read by no handler of the zone"));
        };
        there(zone, &self.read.provider())?;
        if let Auth::Token(scopes) = self.read.auth {
            self.again.caller()?.demand(scopes)?;
        }
        let answer = isolated(zone, &self.read, self.again.clone(), handler)?;
        Ok(answer.tag().is_some_and(|tag| self.condition.is_strongly(tag)))
    }

    /// Who was answered before is answered again, whatever the record is by now: that answer is looked for by the write
    /// itself, so nothing is refused here that may have one. It is looked for after the record was read: an answer is
    /// there as soon as what it tells of.
    fn at_the_door(&self, zone: &Zone, asked: &Asked) -> Result<(), Problem> {
        if self.is_so(zone)? || zone.is_told(&asked.ask()?)? {
            return Ok(());
        }
        Err(stale().into())
    }

    /// The same to the thread that builds. Where the record is gone meanwhile, the write says so itself.
    fn under_the_lock(&self, zone: &Zone) -> Result<(), Refused> {
        match self.is_so(zone) {
            Ok(true) => Ok(()),
            Ok(false) => Err(stale()),
            Err(problem) if problem.status() == 404 => Ok(()),
            Err(_) => Err(Refused::Busy),
        }
    }
}

fn stale() -> Refused {
    Refused::Precondition("`If-Match` names no tag of what the record is now".to_owned())
}

/// Where a condition that failed stands.
pub(super) fn named(detail: &str) -> Vec<Wrong> {
    vec![Wrong::Field { detail: detail.to_owned(), pointer: format!("/header/{IF_MATCH}") }]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Writes about a record that no read of one shows.
    const UNREAD: [&str; 2] =
        ["/v1/regulator/alerts/{alert}/acknowledge", "/v1/screening/dispositions/{id}/confirm"];

    #[test]
    fn every_write_about_a_record_names_the_read_that_shows_it() {
        let writes = routes().filter(|row| row.method.writes() && row.path.contains('{'));
        let unread = writes.filter(|row| row.changes().is_none()).map(|row| row.path);
        assert_eq!(unread.collect::<BTreeSet<_>>(), BTreeSet::from(UNREAD));
        let of = |method: Method, path: &str| {
            let row = routes().find(|row| row.method == method && row.path == path).unwrap();
            row.changes().map(|read| read.path)
        };
        for (path, read) in [
            ("/v1/entities", None),
            ("/v1/entities/{id}/officers/{number}/end", Some("/v1/entities/{id}")),
            ("/v1/corridors/adopt", None),
            ("/v1/corridors/peers/propose", None),
            ("/v1/corridors/{id}/forks/{fork}/resolve", Some("/v1/corridors/{id}")),
            ("/v1/identity/limits", None),
            ("/v1/settlement/plans/{plan}/legs/{leg}/fail", Some("/v1/settlement/plans/{plan}")),
            ("/v1/fiscal/payments/{id}/reverse", Some("/v1/fiscal/payments/{id}")),
        ] {
            assert_eq!(of(Method::Post, path), read, "{path}");
        }
        assert_eq!(of(Method::Delete, "/v1/webhooks/{id}"), Some("/v1/webhooks/{id}"));
    }

    #[test]
    fn what_is_dated_by_the_moment_it_is_read_has_no_tag() {
        let without = routes().filter(|row| row.method == Method::Get && row.path.ends_with('}'));
        let without: BTreeSet<&str> =
            without.filter(|row| !row.is_of_one()).map(|row| row.path).collect();
        let known = [
            "/schemas/{file}",
            "/tlog/corridor/{id}/lane/{zone}/tile/{*tile}",
            "/tlog/zone/tile/{*tile}",
            "/v1/compliance/corridors/{id}",
            "/v1/compliance/{entity_id}",
            "/v1/regulator/decisions/{sequence}",
            "/v1/regulator/records/{subject}",
        ];
        assert_eq!(without, BTreeSet::from(known));
    }
}
