//! `/v1/events/stream`: what happens, as server-sent events (WHATWG HTML §9.2), until somebody ends it.
//!
//! Each event's `id` is its position in the journal, so that `Last-Event-ID` goes on without a gap and without a state
//! here. A stream ends with an event `end` that says why; after it the reader comes again.
//!
//! Invariant: a reader who does not read holds one place of its principal and a bounded number of events, nothing else;
//! a token that has ended is told nothing more than a heartbeat later.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Read;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, header};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use zone::{Caller, EventQuery, Refused, Zone};

use super::asked::{self, Asked};
use super::problem::Problem;
use super::service::Service;
use super::webhooks::types;

/// Media type of a stream.
pub(crate) const EVENT_STREAM: &str = "text/event-stream";
/// Most streams at once.
const STREAMS_MAX: usize = 64;
/// Most of one principal.
const STREAMS_EACH_MAX: usize = 4;
/// Most events that wait for a reader.
const WAITING_MAX: usize = 64;
/// Longest wait for a reader who takes nothing, in seconds.
const SLOW_SECS: u64 = 10;
/// Between two heartbeats, in seconds; the token is looked at as often.
const HEARTBEAT_SECS: u64 = 15;
/// Most events read from the journal at once.
const READ_MAX: usize = 50;
/// What a reader waits before it comes again, in milliseconds.
const RETRY_MS: u64 = 2_000;
/// Most bytes passed on at once.
const PART_BYTES: usize = 8 * 1024;
const STACK_BYTES: usize = 128 * 1024;
/// The header a reader that comes again sends.
const LAST_EVENT_ID: &str = "last-event-id";

/// What a stream listens to: the end of the journal, and whether the process stops.
struct Listening {
    head: watch::Receiver<Option<u64>>,
    closed: watch::Receiver<bool>,
}

/// The streams that are open, by principal.
pub(crate) struct Streams {
    open: Mutex<BTreeMap<String, usize>>,
    closed: watch::Receiver<bool>,
}

impl Streams {
    pub(crate) fn new(closed: watch::Receiver<bool>) -> Self {
        Self { open: Mutex::default(), closed }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>, principal: &str, most: usize) -> Option<Place> {
        let mut open = self.held();
        let all: usize = open.values().sum();
        let own = open.get(principal).copied().unwrap_or(0);
        if all >= STREAMS_MAX || own >= most {
            return None;
        }
        open.insert(principal.to_owned(), own.saturating_add(1));
        Some(Place { streams: Arc::clone(self), principal: principal.to_owned() })
    }
}

/// A place among the streams, given back when the response is over.
struct Place {
    streams: Arc<Streams>,
    principal: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.held();
        let left = open.get(&self.principal).map_or(0, |own| own.saturating_sub(1));
        match left {
            0 => drop(open.remove(&self.principal)),
            _ => drop(open.insert(self.principal.clone(), left)),
        }
    }
}

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    SlowReader,
    ShuttingDown,
    TokenEnded,
    Unavailable,
}

impl End {
    fn event(self) -> Bytes {
        let (code, remedy) = match self {
            Self::SlowReader => ("slow-reader", "read as it comes; go on with Last-Event-ID"),
            Self::ShuttingDown => ("shutting-down", "come again; go on with Last-Event-ID"),
            Self::TokenEnded => ("token-ended", "come with a token in force"),
            Self::Unavailable => ("store-unavailable", "come again; go on with Last-Event-ID"),
        };
        let told = json!({ "code": code, "remedy": remedy });
        Bytes::from(format!("event: end\ndata: {told}\n\n"))
    }
}

/// The response's body: what is told, and the place it takes.
struct Flow {
    events: mpsc::Receiver<Bytes>,
    _place: Place,
}

impl hyper::body::Body for Flow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.events.poll_recv(context).map(|event| event.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// What a stream waited for.
enum Woken {
    More,
    Beat,
    Stopping,
    Gone,
}

/// One stream being told.
struct Teller {
    zone: Arc<Zone>,
    query: EventQuery,
    token: String,
    caller: Caller,
    listening: Listening,
    out: mpsc::Sender<Bytes>,
}

/// From where on, and what: then it flows.
pub(super) fn open(
    service: &Arc<Service>,
    zone: &Arc<Zone>,
    asked: &Asked,
) -> Result<Response<Body>, Problem> {
    let caller = asked.caller()?;
    let last = asked.header(LAST_EVENT_ID)?.map(str::parse::<u64>).transpose();
    let last = last.map_err(|_| {
        Problem::new(400, "bad-header", "`Last-Event-ID` is no position of the journal")
    })?;
    let after = last.or(asked.wanted("after", str::parse::<u64>)?).or_else(|| zone.events_head());
    let query = EventQuery::of(&caller, &types(asked), after)?;
    let place = service.streams.take(caller.principal().as_str(), STREAMS_EACH_MAX);
    let place = place.ok_or_else(too_many)?;
    let (out, events) = mpsc::channel(WAITING_MAX.saturating_add(1));
    // Kept for the last event: whoever reads too slowly still hears why it ends.
    let last = out.clone().try_reserve_owned();
    let last = last.map_err(|_| Problem::internal("a channel without a place"))?;
    let token = asked::bearer(&asked.headers).unwrap_or_default().to_owned();
    let (head, closed) = (service.standing().head.clone(), service.streams.closed.clone());
    let listening = Listening { head, closed };
    let teller = Teller { zone: Arc::clone(zone), query, token, caller, listening, out };
    tokio::spawn(async move {
        if let Some(end) = teller.tell().await {
            last.send(end.event());
        }
    });
    let mut response = Response::new(Body::new(Flow { events, _place: place }));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // A proxy that waits for more before it passes on would hide what happens.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn too_many() -> Problem {
    let detail =
        format!("{STREAMS_EACH_MAX} streams of one principal are open, or {STREAMS_MAX} in all");
    Problem::new(429, "too-many-streams", detail).again(30)
}

/// The same at a replica that does not write: the one that does tells it, and it is passed on as it comes.
pub(super) fn pass_on(
    service: &Arc<Service>,
    leader: &str,
    parts: &Parts,
) -> Result<Response<Body>, Problem> {
    // Whose it is the other one knows, which has its own bound for that.
    let place = service.streams.take("", STREAMS_MAX).ok_or_else(too_many)?;
    let (mut response, mut told) = service.forward.open(leader, parts).ok_or_else(|| {
        Problem::new(503, "nobody-writes", "no replica of the zone writes just now").again(1)
    })?;
    let (out, events) = mpsc::channel(WAITING_MAX);
    let named = std::thread::Builder::new().name("stream".to_owned()).stack_size(STACK_BYTES);
    let begun = named.spawn(move || {
        let mut part = [0; PART_BYTES];
        while let Ok(read) = told.read(&mut part) {
            let bytes = part.get(..read).unwrap_or_default();
            if bytes.is_empty() || out.blocking_send(Bytes::copy_from_slice(bytes)).is_err() {
                break;
            }
        }
    });
    begun.map_err(|_| Problem::busy())?;
    *response.body_mut() = Body::new(Flow { events, _place: place });
    Ok(response)
}

/// An event as lines; its JSON has no line break.
fn lines(event: &Value) -> Bytes {
    let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
    Bytes::from(format!("id: {id}\ndata: {event}\n\n"))
}

impl Teller {
    /// Why it ended; nothing where nobody listens any more.
    async fn tell(mut self) -> Option<End> {
        let begins = Bytes::from(format!("retry: {RETRY_MS}\n\n"));
        if let Err(end) = self.say(begins).await {
            return end;
        }
        let mut beat = tokio::time::interval(Duration::from_secs(HEARTBEAT_SECS));
        beat.reset();
        loop {
            self.listening.head.mark_unchanged();
            if let Err(end) = self.catch_up().await {
                return end;
            }
            let woken = tokio::select! {
                changed = self.listening.head.changed() => changed.map_or(Woken::Stopping, |()| Woken::More),
                _ = beat.tick() => Woken::Beat,
                _ = self.listening.closed.wait_for(|closed| *closed) => Woken::Stopping,
                () = self.out.closed() => Woken::Gone,
            };
            match woken {
                Woken::More => {}
                Woken::Beat => {
                    if let Err(end) = self.beat().await {
                        return end;
                    }
                }
                Woken::Stopping => return Some(End::ShuttingDown),
                Woken::Gone => return None,
            }
        }
    }

    /// Everything there is.
    async fn catch_up(&mut self) -> Result<(), Option<End>> {
        loop {
            let (zone, query) = (Arc::clone(&self.zone), self.query.clone());
            let read = spawn_blocking(move || zone.events_behind(&query, READ_MAX)).await;
            let Ok(Ok(read)) = read else { return Err(Some(End::Unavailable)) };
            for event in &read.items {
                self.say(lines(event)).await?;
            }
            self.query.after = read.upto;
            if read.whole {
                return Ok(());
            }
            if *self.listening.closed.borrow() {
                return Err(Some(End::ShuttingDown));
            }
        }
    }

    async fn beat(&self) -> Result<(), Option<End>> {
        let (zone, token) = (Arc::clone(&self.zone), self.token.clone());
        match spawn_blocking(move || zone.authenticate(&token)).await {
            Ok(Ok(caller)) if caller == self.caller => {}
            Ok(Ok(_) | Err(Refused::CallerUnknown)) => return Err(Some(End::TokenEnded)),
            _ => return Err(Some(End::Unavailable)),
        }
        self.say(Bytes::from_static(b":\n\n")).await
    }

    async fn say(&self, what: Bytes) -> Result<(), Option<End>> {
        let patience = Duration::from_secs(SLOW_SECS);
        match tokio::time::timeout(patience, self.out.send(what)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(None),
            Err(_) => Err(Some(End::SlowReader)),
        }
    }
}
