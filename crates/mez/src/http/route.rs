//! What a row of the table says.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use law::manifest::{Provider, RouteGroup};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use zone::{Scope, Zone};

use super::answer::{Answer, Shape};
use super::asked::Asked;
use super::problem::Problem;
use super::service::Service;

/// How a route is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    /// Reads.
    Get,
    /// Writes.
    Post,
    /// Takes back; it has no body.
    Delete,
}

impl Method {
    /// On the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it changes anything.
    pub(crate) const fn writes(self) -> bool {
        matches!(self, Self::Post | Self::Delete)
    }
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// Anyone.
    Public,
    /// The holder of a token with one of these scopes.
    Token(&'static [Scope]),
    /// A zone, by its HTTP message signature.
    Peer,
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
}

/// What a zone answers with.
pub(crate) type Handling = fn(&Zone, &Asked) -> Result<Answer, Problem>;

/// What flows as long as somebody listens.
pub(crate) type Streaming =
    fn(&Arc<Service>, &Arc<Zone>, &Asked) -> Result<Response<Body>, Problem>;

/// What answers.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// The process, at once: also while everything that may block is blocked.
    Now(fn() -> Answer),
    /// The process, whatever stands behind its doors.
    System(fn(&Service) -> Answer),
    /// The zone.
    Zone(Handling),
    /// The zone, for as long as somebody listens.
    Stream(Streaming),
}

/// The schema of a request's body.
pub(crate) type BodySchema = fn(&mut SchemaGenerator) -> Schema;

/// One route. Router and OpenAPI are made of these.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Template, `{name}` for parameters.
    pub(crate) path: &'static str,
    /// The profile's group; none is always mounted.
    pub(crate) group: Option<RouteGroup>,
    pub(crate) auth: Auth,
    pub(crate) query: &'static [Parameter],
    pub(crate) body: Option<BodySchema>,
    /// Status and media type of success.
    pub(crate) success: (u16, &'static str),
    /// Its success is that of a write which law admitted.
    pub(crate) admitted: bool,
    /// Its success is a list.
    pub(crate) listed: bool,
    /// Its success is a page that says more than its items: what is told is the page itself.
    pub(crate) whole: bool,
    /// What its success is, or each item of its page or list, where that is said; of what law admits, with its result.
    pub(crate) told: Option<BodySchema>,
    /// Statuses of its own problems; those every route of its kind has are added.
    pub(crate) refusals: &'static [u16],
    /// One sentence.
    pub(crate) about: &'static str,
    pub(crate) handler: Handler,
}

impl Route {
    /// How it is counted: by method and template.
    pub(crate) const fn counted(&self) -> (&'static str, &'static str) {
        (self.method.as_str(), self.path)
    }

    /// What a module says that provides it.
    pub(crate) fn provider(&self) -> Provider {
        Provider::Route(format!("{} {}", self.method.as_str(), self.path))
    }

    /// Whether operators alone may ask.
    pub(crate) fn is_of_operators(&self) -> bool {
        matches!(self.auth, Auth::Token([Scope::Operator]))
    }

    /// What its success looks like.
    pub(crate) fn shape(&self) -> Shape {
        let pages = self.query.iter().any(|parameter| parameter.name == "after");
        match pages && !self.whole {
            true => Shape::Page,
            false if self.admitted => Shape::Admitted,
            false if self.listed => Shape::List,
            false => Shape::Document,
        }
    }

    /// Every status it answers with.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let mut all = vec![self.success.0];
        all.extend(self.refusals);
        if self.admitted {
            // A rehearsal.
            all.push(200);
        }
        if matches!(self.handler, Handler::Zone(_) | Handler::Stream(_)) {
            // Of the path, of a parameter: every request may be written badly.
            all.extend([400, 422, 500, 503]);
        }
        if self.group.is_some() || !matches!(self.handler, Handler::Now(_)) {
            all.push(404);
        }
        match self.auth {
            Auth::Public => {}
            Auth::Token(_) => all.extend([401, 403, 429]),
            Auth::Peer => all.extend([401, 403, 409]),
        }
        if self.is_of_two() {
            all.push(202);
        }
        if self.is_of_one() {
            all.push(304);
        }
        if self.changes().is_some() {
            all.push(412);
        }
        if self.isolation().sifts() {
            all.push(409);
        }
        if self.method == Method::Post {
            all.extend([408, 413, 415]);
        }
        if self.method.writes() {
            all.push(409);
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The schema of `T`, kept among the components.
pub(crate) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
