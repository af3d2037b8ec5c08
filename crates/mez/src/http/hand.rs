//! What a handler is given and what comes of it, on a thread that may block.

use std::sync::Arc;

use zone::Zone;

use super::answer::Answer;
use super::asked::{Asked, DRY_RUN, IDEMPOTENCY_KEY};
use super::audit::{attend, rehearse};
use super::dispatch::Reply;
use super::isolation::may_listen;
use super::problem::Problem;
use super::route::{Auth, Handler, Handling, Route};
use super::service::Service;
use super::viewed::{self, Looking};

/// The route of a request, and the zone that answers.
pub(super) struct Hand {
    pub(super) service: Arc<Service>,
    pub(super) zone: Arc<Zone>,
    pub(super) route: Route,
}

impl Hand {
    /// What is told of what was asked.
    pub(super) fn told(&self, asked: Asked) -> Result<Reply, Problem> {
        if self.route.method.writes() {
            asked.may_have_a_key()?;
        }
        match self.route.handler {
            Handler::Zone(handler) if asked.wanted(DRY_RUN, str::parse)?.unwrap_or(false) => {
                self.rehearsed(asked, handler)
            }
            Handler::Zone(handler) => self.done(asked, handler),
            Handler::Stream(open) => {
                may_listen(asked.caller.as_ref())?;
                open(&self.service, &self.zone, &asked).map(Reply::Flowing)
            }
            Handler::Now(_) | Handler::System(_) => {
                Err(Problem::internal("a route of the process was handed to the zone"))
            }
        }
    }

    fn rehearsed(&self, mut asked: Asked, handler: Handling) -> Result<Reply, Problem> {
        asked.headers.remove(IDEMPOTENCY_KEY);
        let looking = Looking::of(&asked);
        let answered = rehearse(&self.zone, &self.route, asked, handler);
        let answer = viewed::given(&self.zone, looking, answered);
        let decided = answer.map(Answer::decision).map(Reply::Whole);
        decided.map_err(Problem::of_a_rehearsal)
    }

    fn done(&self, asked: Asked, handler: Handling) -> Result<Reply, Problem> {
        let looking = Looking::of(&asked);
        let answered = attend(&self.zone, &self.route, asked, handler);
        let answer = viewed::given(&self.zone, looking, answered);
        if self.route.method.writes() {
            let bell = &self.service.standing().bell;
            bell.tell();
            // A peer that sends something is back, and what waited for it goes out at once.
            if self.zone.outbox_stirred() || self.route.auth == Auth::Peer {
                bell.ring();
            }
        }
        answer.map(Reply::Whole)
    }
}
