//! Who is let in: the holder of a token in force that has a scope the table names, and not too often.

use std::sync::Arc;

use axum::http::request::Parts;
use zone::{Caller, Rate, Refused, Zone};

use super::problem::Problem;
use super::route::{Auth, Route};
use super::{asked, audit, rates};

/// A request at the door. Default deny: a token in force with a scope the table names, and not too often, before
/// anything else is read.
pub(super) struct Knock {
    zone: Arc<Zone>,
    route: Route,
    token: Option<String>,
    target: String,
}

impl Knock {
    pub(super) fn of(zone: &Arc<Zone>, route: Route, parts: &Parts) -> Self {
        let token = asked::bearer(&parts.headers).map(str::to_owned);
        Self { zone: Arc::clone(zone), route, token, target: parts.uri.path().to_owned() }
    }

    /// Who holds the token, where they stand, and whether they are let in; who is not is told of in the audit log.
    /// Where no token is asked for, nobody.
    pub(super) fn answered(&self) -> (Option<Rate>, Result<Option<Caller>, Problem>) {
        let Auth::Token(scopes) = self.route.auth else { return (None, Ok(None)) };
        let token = self.token.as_deref().ok_or(Refused::CallerUnknown);
        let caller = match token.and_then(|text| self.zone.authenticate(text)) {
            Ok(caller) => caller,
            Err(unknown) => return (None, self.refused(None, unknown.into())),
        };
        let rate = self.zone.counted(&caller);
        if !rate.admitted {
            let problem = rates::too_many(&rate);
            return (Some(rate), self.refused(Some(&caller), problem));
        }
        match caller.demand(scopes) {
            Ok(()) => (Some(rate), Ok(Some(caller))),
            Err(lacking) => (Some(rate), self.refused(Some(&caller), lacking.into())),
        }
    }

    fn refused(
        &self,
        caller: Option<&Caller>,
        problem: Problem,
    ) -> Result<Option<Caller>, Problem> {
        audit::refused(&self.zone, audit::heard(&self.route, &self.target, caller), &problem);
        Err(problem)
    }
}
