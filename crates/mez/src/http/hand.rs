//! What a handler is given and what comes of it, on a thread that may block.

use std::sync::Arc;

use zone::{Grounds, Rate, Zone};

use super::answer::Answer;
use super::asked::{self, Asked, DRY_RUN, IDEMPOTENCY_KEY, bearer};
use super::audit::{attend, rehearse};
use super::dispatch::Reply;
use super::isolation::{isolated, may_listen};
use super::landing::Landed;
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
    pub(super) fn told(&self, asked: Asked) -> Result<Told, Problem> {
        if self.route.method.writes() {
            asked.may_have_a_key()?;
        }
        let reply = match self.route.handler {
            Handler::Zone(handler) if asked.wanted(DRY_RUN, str::parse)?.unwrap_or(false) => {
                self.rehearsed(asked, handler)
            }
            Handler::Zone(handler) => return self.done(asked, handler),
            Handler::Stream(open) => {
                may_listen(asked.caller.as_ref())?;
                open(&self.service, &self.zone, &asked).map(Reply::Flowing)
            }
            Handler::Now(_) | Handler::System(_) => {
                Err(Problem::internal("a route of the process was handed to the zone"))
            }
        };
        Ok(Told { reply: reply?, landed: None })
    }

    /// What is told of one record that is in memory, where its reader is let in and nothing has to be written of it:
    /// without another thread, and on what grounds. `None`: it has to be asked as any other.
    pub(super) fn told_at_hand(
        &self,
        asked: &Asked,
        query: &str,
    ) -> Option<(Rate, Answer, Grounds)> {
        let (Handler::Zone(handler), Auth::Token(scopes)) = (self.route.handler, self.route.auth)
        else {
            return None;
        };
        if !self.route.is_of_one() {
            return None;
        }
        let token = bearer(&asked.headers)?;
        self.zone.at_hand(token, |caller| {
            caller.demand(scopes).ok().filter(|()| !caller.is_regulator())?;
            let query = asked::query(query, self.route.query).ok()?;
            let asked = asked.clone().of(Some(caller), query);
            isolated(&self.zone, &self.route, asked, handler).ok()
        })
    }

    fn rehearsed(&self, mut asked: Asked, handler: Handling) -> Result<Reply, Problem> {
        asked.headers.remove(IDEMPOTENCY_KEY);
        let looking = Looking::of(&asked);
        let answered = rehearse(&self.zone, &self.route, asked, handler);
        let answer = viewed::given(&self.zone, looking, answered);
        let decided = answer.map(Answer::decision).map(Reply::Whole);
        decided.map_err(Problem::of_a_rehearsal)
    }

    fn done(&self, asked: Asked, handler: Handling) -> Result<Told, Problem> {
        let looking = Looking::of(&asked);
        let standing = self.service.standing();
        let (mut leave, mut landed) = (None, None);
        // What a regulator is shown is logged behind what they wrote.
        if self.route.method.writes() && looking.is_none() {
            let (to, told) = self.service.landing.for_one(&self.zone, &standing.bell);
            (leave, landed) = (Some(to), Some(told));
        }
        let (answered, left) = attend(&self.zone, &self.route, asked, handler, leave);
        let answer = viewed::given(&self.zone, looking, answered);
        if self.route.method.writes() && !left {
            standing.bell.tell();
            // A peer that sends something is back, and what waited for it goes out at once.
            if self.zone.outbox_stirred() || self.route.auth == Auth::Peer {
                standing.bell.ring();
            }
        }
        Ok(Told { reply: Reply::Whole(answer?), landed: landed.filter(|_| left) })
    }
}

/// What is told, once what was written for it has landed.
pub(super) struct Told {
    reply: Reply,
    landed: Option<Landed>,
}

impl Told {
    /// The reply, or what became of the write instead.
    pub(super) async fn reply(self) -> Result<Reply, Problem> {
        if let Some(landed) = self.landed {
            landed.told().await?;
        }
        Ok(self.reply)
    }
}
