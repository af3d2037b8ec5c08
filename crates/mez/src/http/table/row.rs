//! How a row of the table is written: a method, a path, a sentence, and then what is particular to it.

use law::manifest::RouteGroup;
use zone::Scope;

use super::REHEARSED;
use crate::http::answer::JSON;
use crate::http::route::{Auth, BodySchema, Handler, Method, Parameter, Route};

pub(super) const fn get(path: &'static str, about: &'static str, handler: Handler) -> Route {
    Route {
        method: Method::Get,
        path,
        group: None,
        // Nobody, unless the row says who.
        auth: Auth::Token(&[]),
        query: &[],
        body: None,
        success: (200, JSON),
        admitted: false,
        listed: false,
        whole: false,
        told: None,
        refusals: &[],
        about,
        handler,
    }
}

pub(super) const fn post(path: &'static str, about: &'static str, handler: Handler) -> Route {
    Route { method: Method::Post, ..get(path, about, handler) }
}

pub(super) const fn delete(path: &'static str, about: &'static str, handler: Handler) -> Route {
    Route { method: Method::Delete, ..get(path, about, handler) }
}

impl Route {
    pub(super) const fn group(self, group: RouteGroup) -> Self {
        Self { group: Some(group), ..self }
    }

    pub(super) const fn public(self) -> Self {
        Self { auth: Auth::Public, ..self }
    }

    pub(super) const fn needs(self, any_of: &'static [Scope]) -> Self {
        Self { auth: Auth::Token(any_of), ..self }
    }

    pub(super) const fn of_peers(self) -> Self {
        Self { auth: Auth::Peer, ..self }
    }

    pub(super) const fn takes(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    pub(super) const fn body(self, body: BodySchema) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(super) const fn answers(self, status: u16, media: &'static str) -> Self {
        Self { success: (status, media), ..self }
    }

    /// What it answers; each item, where that is a page or a list.
    pub(super) const fn tells(self, told: BodySchema) -> Self {
        Self { told: Some(told), ..self }
    }

    /// What it answers: a page that says more than its items.
    pub(super) const fn tells_whole(self, told: BodySchema) -> Self {
        Self { whole: true, told: Some(told), ..self }
    }

    pub(super) const fn listed(self) -> Self {
        Self { listed: true, ..self }
    }

    /// A write that law admits: the answer is the envelope of its decision.
    pub(super) const fn admitted(self, status: u16) -> Self {
        Self { admitted: true, success: (status, JSON), query: REHEARSED, ..self }
    }

    pub(super) const fn refuses(self, refusals: &'static [u16]) -> Self {
        Self { refusals, ..self }
    }
}
