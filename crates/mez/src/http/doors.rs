//! What a connection talks to: an answer that still stands is told at once, everything else goes by the router.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::service::TowerToHyperService;

use super::dispatch::router;
use super::repeats::Question;
use super::service::Service;

type Routed = <TowerToHyperService<Router> as hyper::service::Service<Request<Incoming>>>::Future;

/// The doors of a zone.
#[derive(Clone)]
pub(crate) struct Doors {
    service: Arc<Service>,
    router: TowerToHyperService<Router>,
}

impl Doors {
    /// Of what stands behind them.
    pub(crate) fn of(service: Arc<Service>) -> Self {
        Self { router: TowerToHyperService::new(router(Arc::clone(&service))), service }
    }

    fn told_again(&self, request: &Request<Incoming>) -> Option<Response<Body>> {
        let standing = self.service.standing();
        let zone = standing.door.zone()?;
        standing.repeats.told(zone, &Question::of(request)?, &self.service.metrics)
    }
}

impl hyper::service::Service<Request<Incoming>> for Doors {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answered;

    fn call(&self, request: Request<Incoming>) -> Answered {
        match self.told_again(&request) {
            Some(response) => Answered::Told(Some(response)),
            None => Answered::Routed(Box::pin(self.router.call(request))),
        }
    }
}

/// What comes of a request.
pub(crate) enum Answered {
    /// Taken when it is asked for.
    Told(Option<Response<Body>>),
    Routed(Pin<Box<Routed>>),
}

impl Future for Answered {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Told(response) => {
                response.take().map_or(Poll::Pending, |told| Poll::Ready(Ok(told)))
            }
            Self::Routed(routed) => routed.as_mut().poll(context),
        }
    }
}
