//! From the table to the router, and the way of one request.

use std::collections::BTreeMap;
use std::pin::pin;
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
use tokio::sync::SemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zone::{Rate, Zone};

use super::admit::Knock;
use super::answer::Answer;
use super::asked::{self, Asked};
use super::forward::{self, Passed};
use super::hand::Hand;
use super::problem::Problem;
use super::rates;
use super::repeats::Question;
use super::route::{Handler, Method, Route};
use super::service::{Service, Standing};
use super::stream;
use super::table::routes;
use crate::serve::Door;

/// Largest body of a request, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most bytes over that which are still read, and thrown away.
const THROWN_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long a body is waited for before who sends it is asked who they are.
const AT_ONCE_MS: u64 = 5;
/// Longest time a body may take to come in.
const BODY_SECS_MAX: u64 = 20;

/// Longest wait for a replica that writes: one that hangs is replaced within that time.
const PASS_ON_MS: u64 = 8_000;
/// Pause before it is asked again.
const PASS_ON_PAUSE_MS: u64 = 20;

/// Longest wait for a place among the requests under way.
const PLACE_MS: u64 = 250;

/// The parameters of a path, or why they cannot be read.
type Params = Result<RawPathParams, RawPathParamsRejection>;

/// The router of the table.
pub(super) fn router(service: Arc<Service>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Delete => MethodFilter::DELETE,
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
    let mut rate = None;
    let answered = match params {
        Ok(params) if follows(&service, route) => {
            pass_on(&service, route, &params, request, (began, &mut rate)).await
        }
        Ok(_) if flows_elsewhere(&service, route) => flow_on(&service, request).await,
        Ok(params) => {
            answer(&service, route, &params, request, &mut rate).await.map(Reply::response)
        }
        Err(_) => Err(Problem::new(400, "bad-path", "the path is not well percent-encoded")),
    };
    let mut response = answered.unwrap_or_else(|problem| problem.response(&path));
    if let Some(rate) = rate {
        rates::tell(&rate, response.headers_mut());
    }
    service.metrics.count_since(route.counted(), response.status().as_u16(), began);
    response
}

/// Whether another replica answers this.
fn follows(service: &Service, route: Route) -> bool {
    let zones = matches!(route.handler, Handler::Zone(_));
    zones && matches!(service.standing().door, Door::Follows { .. })
}

/// Whether another replica tells this.
fn flows_elsewhere(service: &Service, route: Route) -> bool {
    let flows = matches!(route.handler, Handler::Stream(_));
    flows && matches!(service.standing().door, Door::Follows { .. })
}

/// Have the replica that writes tell what happens, and pass it on.
async fn flow_on(
    service: &Arc<Service>,
    request: Request<Body>,
) -> Result<Response<Body>, Problem> {
    let leader = match &service.standing().door {
        Door::Follows { leader, .. } => leader.clone(),
        _ => String::new(),
    };
    let (parts, _) = request.into_parts();
    if leader.is_empty() || forward::sent_on(&parts.headers) {
        return Ok(nobody_writes(parts.uri.path()));
    }
    let service = Arc::clone(service);
    blocking(move || stream::pass_on(&service, &leader, &parts)).await
}

/// Have the replica that writes answer, whichever that is by then.
async fn pass_on(
    service: &Arc<Service>,
    route: Route,
    params: &RawPathParams,
    request: Request<Body>,
    (began, rate): (Instant, &mut Option<Rate>),
) -> Result<Response<Body>, Problem> {
    let room = place(service).await?;
    let (parts, body) = request.into_parts();
    let body = body_of(route.method, Stated::of(&parts.headers), body).await?;
    let asked = Arc::new((parts, body));
    let limit = Duration::from_millis(PASS_ON_MS);
    while began.elapsed() < limit {
        let leader = match &service.standing().door {
            Door::Follows { leader, .. } => leader.clone(),
            _ => {
                drop(room);
                let request = Request::from_parts(asked.0.clone(), Body::from(asked.1.clone()));
                let answered = answer(service, route, params, request, rate).await;
                return answered.map(Reply::response);
            }
        };
        if forward::sent_on(&asked.0.headers) {
            break;
        }
        let (forward, again) = (Arc::clone(&service.forward), Arc::clone(&asked));
        let passed = blocking(move || match leader.as_str() {
            "" => Ok(Passed::Again),
            leader => Ok(forward.ask(leader, &again.0, &again.1)),
        });
        match passed.await? {
            Passed::Answer(response) => return Ok(response),
            Passed::Again => tokio::time::sleep(Duration::from_millis(PASS_ON_PAUSE_MS)).await,
            Passed::Unknown => {
                let detail = "the replica that writes went away before it answered";
                return Err(Problem::new(503, "outcome-unknown", detail).again(1));
            }
        }
    }
    Ok(nobody_writes(asked.0.uri.path()))
}

fn nobody_writes(path: &str) -> Response<Body> {
    let problem = Problem::new(503, "nobody-writes", "no replica of the zone writes just now");
    let mut response = problem.again(1).response(path);
    forward::mark(&mut response);
    response
}

/// A place among the requests under way, in the order they came. Who gets none is told so after a while and not at once:
/// a client that does not wait before it asks again would be refused at the cost of what is being done.
async fn place(service: &Service) -> Result<SemaphorePermit<'_>, Problem> {
    let free = timeout(Duration::from_millis(PLACE_MS), service.room.acquire());
    free.await.ok().and_then(Result::ok).ok_or_else(Problem::busy)
}

/// What goes back.
pub(super) enum Reply {
    Whole(Answer),
    /// As long as it lasts.
    Flowing(Response<Body>),
}

impl Reply {
    fn response(self) -> Response<Body> {
        match self {
            Self::Whole(answer) => answer.response(),
            Self::Flowing(response) => response,
        }
    }
}

async fn answer(
    service: &Arc<Service>,
    route: Route,
    params: &RawPathParams,
    request: Request<Body>,
    rate: &mut Option<Rate>,
) -> Result<Reply, Problem> {
    if let Handler::Now(handler) = route.handler {
        return Ok(Reply::Whole(handler()));
    }
    match route.handler {
        Handler::System(handler) => {
            let _place = place(service).await?;
            service.zone().map_or(Ok(()), |zone| there(&zone, &route.provider()))?;
            let service = Arc::clone(service);
            return blocking(move || Ok(Reply::Whole(handler(&service)))).await;
        }
        Handler::Now(_) | Handler::Zone(_) | Handler::Stream(_) => {}
    }
    let standing = service.standing();
    let zone = standing.door.zone().ok_or_else(|| {
        let detail = format!("the zone is not ready: {}", standing.door.reason());
        Problem::new(503, "not-ready", detail).again(30)
    })?;
    of_zone(service, (&standing, zone), route, params, request, rate).await
}

/// What the zone answers to who is let in.
async fn of_zone(
    service: &Arc<Service>,
    (standing, zone): (&Standing, &Arc<Zone>),
    route: Route,
    params: &RawPathParams,
    request: Request<Body>,
    rate: &mut Option<Rate>,
) -> Result<Reply, Problem> {
    if let Some(group) = route.group.filter(|group| !zone.mounts(group.name())) {
        let detail = format!("the zone's profile does not mount `{group}`");
        return Err(Problem::new(404, "not-mounted", detail));
    }
    there(zone, &route.provider())?;
    let _place = place(service).await?;
    let question = Question::of(&request);
    let (parts, body) = request.into_parts();
    let knock = Knock::of(zone, route, &parts);
    let hand = Hand { service: Arc::clone(service), zone: Arc::clone(zone), route };
    let params = params.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let asked = Asked {
        method: route.method,
        path: parts.uri.path().to_owned(),
        url: service.url().to_owned(),
        params,
        query: BTreeMap::new(),
        headers: parts.headers,
        caller: None,
        body: Vec::new(),
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    if let Some((counted, answer, grounds)) = hand.told_at_hand(&asked, &query) {
        *rate = Some(counted);
        if let Some(question) = question {
            standing.repeats.keep(&question, answer.clone(), route.counted(), grounds);
        }
        return Ok(Reply::Whole(answer));
    }
    let mut coming = pin!(body_of(route.method, Stated::of(&asked.headers), body));
    // A body that is there with its head is taken along; who lets us wait for one is let in before that.
    let Ok(body) = timeout(Duration::from_millis(AT_ONCE_MS), &mut coming).await else {
        let (counted, let_in) = blocking(move || Ok(knock.answered())).await?;
        *rate = counted;
        let asked = asked.of(let_in?, asked::query(&query, route.query)?);
        let body = coming.await?;
        return blocking(move || hand.told(Asked { body, ..asked })).await?.reply().await;
    };
    let (counted, told) = blocking(move || {
        let (counted, let_in) = knock.answered();
        let told = let_in.and_then(|caller| {
            let asked = asked.of(caller, asked::query(&query, route.query)?);
            hand.told(Asked { body: body?, ..asked })
        });
        Ok((counted, told))
    })
    .await?;
    *rate = counted;
    told?.reply().await
}

/// What a module provides is there while the zone uses the module.
pub(super) fn there(zone: &Zone, by: &Provider) -> Result<(), Problem> {
    let Some(module) = zone.switched_off(by) else { return Ok(()) };
    let detail = format!("`{by}` belongs to module `{module}`, which this zone does not use");
    let remedy = "have the operator take the module into use: profile, `modules_off`, `mez lock`";
    let named = module.to_string();
    Err(Problem::new(404, "module-off", detail).lacking(&named, remedy))
}

/// Run what may block where it may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Problem::internal("a request ended without an answer")))
}

/// What a head says of the body that follows.
#[derive(Clone, Copy)]
struct Stated {
    bytes: usize,
    is_json: bool,
}

impl Stated {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let bytes = text(header::CONTENT_LENGTH).and_then(|text| text.parse().ok()).unwrap_or(0);
        let media = text(header::CONTENT_TYPE).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        Self { bytes, is_json: media.eq_ignore_ascii_case(super::answer::JSON) }
    }
}

/// The body, where the method has one: JSON by its own word, bounded in size and time.
async fn body_of(method: Method, stated: Stated, body: Body) -> Result<Vec<u8>, Problem> {
    if method != Method::Post {
        return Ok(Vec::new());
    }
    let limit = Duration::from_secs(BODY_SECS_MAX);
    let Ok(collected) = timeout(limit, collect(stated.bytes, body)).await else {
        return Err(Problem::new(408, "too-slow", "the body did not come in time"));
    };
    let bytes = collected?;
    if !bytes.is_empty() && !stated.is_json {
        let detail = "`content-type` must be `application/json`";
        return Err(Problem::new(415, "content-type", detail));
    }
    Ok(bytes)
}

/// What is over the limit is read on for a while and thrown away: who still sends does not hear an
/// answer.
async fn collect(stated: usize, mut body: Body) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let detail = format!("the body is larger than {BODY_BYTES_MAX} bytes");
        Problem::new(413, "too-large", detail)
    };
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
