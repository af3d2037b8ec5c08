//! From the table to the router, and the way of one request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::RawPathParams;
use axum::extract::rejection::RawPathParamsRejection;
use axum::http::{HeaderMap, Request, Response, header};
use axum::routing::{MethodFilter, on};
use http_body_util::BodyExt;
use law::manifest::Provider;
use tokio::task::spawn_blocking;
use zone::{Caller, Refused, Zone};

use super::answer::Answer;
use super::asked::{self, Asked, DRY_RUN, IDEMPOTENCY_KEY};
use super::problem::Problem;
use super::route::{Auth, Handler, Method, Route};
use super::service::Service;
use super::table::routes;

/// Largest body of a request, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most bytes over that which are still read, and thrown away.
const THROWN_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest time a body may take to come in.
const BODY_SECS_MAX: u64 = 20;

/// The parameters of a path, or why they cannot be read.
type Params = Result<RawPathParams, RawPathParamsRejection>;

/// The router of the table.
pub(crate) fn router(service: Arc<Service>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
        };
        let service = Arc::clone(&service);
        let handler = move |params: Params, request: Request<Body>| {
            let service = Arc::clone(&service);
            async move { serve(service, route, params, request).await }
        };
        router = router.route(route.path, on(filter, handler));
    }
    let (counted, counted_too) = (Arc::clone(&service), service);
    let absent = move |request: Request<Body>| {
        let problem = Problem::new(404, "no-such-route", "there is no such route");
        let path = request.uri().path().to_owned();
        counted.metrics.count(("other", "other"), problem.status(), 0);
        async move { problem.response(&path) }
    };
    let wrong_method = move |request: Request<Body>| {
        let problem = Problem::new(405, "method-not-allowed", "the route has other methods");
        let path = request.uri().path().to_owned();
        counted_too.metrics.count(("other", "other"), problem.status(), 0);
        async move { problem.response(&path) }
    };
    router.method_not_allowed_fallback(wrong_method).fallback(absent)
}

/// One request: counted whatever becomes of it.
async fn serve(
    service: Arc<Service>,
    route: Route,
    params: Params,
    request: Request<Body>,
) -> Response<Body> {
    #[allow(
        clippy::disallowed_methods,
        reason = "the doors measure how long an answer took; nothing is decided by it"
    )]
    let began = Instant::now();
    let path = request.uri().path().to_owned();
    let answered = match params {
        Ok(params) => answer(&service, route, &params, request).await,
        Err(_) => Err(Problem::new(400, "bad-path", "the path is not well percent-encoded")),
    };
    let (status, response) = match answered {
        Ok(answer) => (answer.status, answer.response()),
        Err(problem) => (problem.status(), problem.response(&path)),
    };
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    service.metrics.count((route.method.as_str(), route.path), status, micros);
    response
}

async fn answer(
    service: &Arc<Service>,
    route: Route,
    params: &RawPathParams,
    request: Request<Body>,
) -> Result<Answer, Problem> {
    let room = service.room.try_acquire();
    let handler = match route.handler {
        Handler::Now(handler) => return Ok(handler()),
        _ if room.is_err() => return Err(Problem::busy()),
        Handler::System(handler) => {
            if let Some(zone) = service.zone() {
                there(zone, &route.provider())?;
            }
            let service = Arc::clone(service);
            return blocking(move || Ok(handler(&service))).await;
        }
        Handler::Zone(handler) => handler,
    };
    let zone = service.zone().ok_or_else(|| {
        let detail = format!("the zone is not ready: {}", service.reason());
        Problem::new(503, "not-ready", detail).again(30)
    })?;
    if let Some(group) = route.group.filter(|group| !zone.mounts(group.name())) {
        let detail = format!("the zone's profile does not mount `{group}`");
        return Err(Problem::new(404, "not-mounted", detail));
    }
    there(zone, &route.provider())?;
    let caller = admit(zone, route.auth, request.headers()).await?;
    let (parts, body) = request.into_parts();
    let query = asked::query(parts.uri.query().unwrap_or_default(), route.query)?;
    let body = match route.method {
        Method::Get => Vec::new(),
        Method::Post => read(&parts.headers, body).await?,
    };
    let mut asked = Asked {
        method: route.method,
        path: parts.uri.path().to_owned(),
        url: service.url().to_owned(),
        params: params.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        query,
        headers: parts.headers,
        caller,
        body,
    };
    if route.method == Method::Post {
        asked.may_have_a_key()?;
    }
    let zone = Arc::clone(zone);
    if asked.wanted(DRY_RUN, str::parse::<bool>)?.unwrap_or(false) {
        asked.headers.remove(IDEMPOTENCY_KEY);
        let rehearsed = move || zone.rehearse(|| handler(&zone, &asked));
        let answer = blocking(rehearsed).await;
        return answer.map(Answer::decision).map_err(Problem::of_a_rehearsal);
    }
    let answer = blocking(move || handler(&zone, &asked)).await;
    if route.method == Method::Post {
        service.ring();
    }
    answer
}

/// What a module provides is there while the zone uses the module.
pub(super) fn there(zone: &Zone, by: &Provider) -> Result<(), Problem> {
    let Some(module) = zone.switched_off(by) else { return Ok(()) };
    let detail = format!("`{by}` belongs to module `{module}`, which this zone does not use");
    let remedy = "have the operator take the module into use: profile, `modules_off`, `mez lock`";
    let named = module.to_string();
    Err(Problem::new(404, "module-off", detail).lacking(&named, remedy))
}

/// Default deny: a token in force with a scope the table names, before anything else is read.
async fn admit(
    zone: &Arc<Zone>,
    auth: Auth,
    headers: &HeaderMap,
) -> Result<Option<Caller>, Problem> {
    let Auth::Token(scopes) = auth else { return Ok(None) };
    let token = asked::bearer(headers).ok_or(Refused::CallerUnknown)?.to_owned();
    let zone = Arc::clone(zone);
    blocking(move || {
        let caller = zone.authenticate(&token)?;
        caller.demand(scopes)?;
        Ok(Some(caller))
    })
    .await
}

/// Run what may block where it may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Problem::internal("a request ended without an answer")))
}

/// The body: JSON by its own word, bounded in size and time.
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let limit = Duration::from_secs(BODY_SECS_MAX);
    let collected = tokio::time::timeout(limit, collect(headers, body)).await;
    let Ok(collected) = collected else {
        return Err(Problem::new(408, "too-slow", "the body did not come in time"));
    };
    let bytes = collected?;
    if !bytes.is_empty() && !is_json(headers) {
        let detail = "`content-type` must be `application/json`";
        return Err(Problem::new(415, "content-type", detail));
    }
    Ok(bytes)
}

/// What is over the limit is read on for a while and thrown away: who still sends does not hear an
/// answer.
async fn collect(headers: &HeaderMap, mut body: Body) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let detail = format!("the body is larger than {BODY_BYTES_MAX} bytes");
        Problem::new(413, "too-large", detail)
    };
    let stated = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let stated: usize = stated.and_then(|text| text.parse().ok()).unwrap_or(0);
    if stated > BODY_BYTES_MAX + THROWN_BYTES_MAX {
        return Err(too_large());
    }
    let (mut bytes, mut seen) = (Vec::new(), 0usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(400, "body-broken", "the body ended early"))?;
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen > BODY_BYTES_MAX + THROWN_BYTES_MAX {
            return Err(too_large());
        }
        if seen.max(stated) > BODY_BYTES_MAX {
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(&data);
        }
    }
    if seen > BODY_BYTES_MAX { Err(too_large()) } else { Ok(bytes) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let stated = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = stated.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case(super::answer::JSON)
}
