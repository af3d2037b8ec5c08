//! Answers that are told again: for as long as who asks, what they ask and what the answer stands on are the same, it is
//! not made again.
//!
//! Invariant: an answer is found only under the token it was told to, and told only on grounds that the zone says are
//! still so ([`Grounds`]); to forget all of them at any time changes nothing that is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::response::Parts;
use axum::http::{self, Request, Response};
use canon::Digest;
use zone::{Grounds, Zone};

use super::answer::Answer;
use super::asked::bearer;
use super::etag::IF_NONE_MATCH;
use super::metrics::{Metrics, Path};
use super::rates;

/// Most bytes of answers that are kept.
const KEPT_BYTES_MAX: usize = 1024 * 1024;
/// What an answer takes beside its body.
const BESIDE_BYTES: usize = 1024;

/// One answer as it is sent, and what it stands on.
struct Repeat {
    head: Parts,
    body: Bytes,
    route: Path,
    grounds: Grounds,
}

#[derive(Default)]
struct Kept {
    answers: BTreeMap<Digest, Arc<Repeat>>,
    bytes: usize,
}

/// What was told a moment ago.
#[derive(Default)]
pub(crate) struct Repeats(Mutex<Kept>);

/// Token and target of a read that asks for nothing else, as one digest: no token is kept.
pub(super) struct Question(Digest);

impl Question {
    /// `None` where an answer depends on more than that.
    pub(super) fn of<B>(request: &Request<B>) -> Option<Self> {
        let headers = request.headers();
        if request.method() != http::Method::GET || headers.contains_key(IF_NONE_MATCH) {
            return None;
        }
        let (token, target) = (bearer(headers)?, request.uri().path_and_query()?.as_str());
        let mut text = Vec::with_capacity(token.len() + target.len() + 1);
        text.extend_from_slice(token.as_bytes());
        text.push(b' ');
        text.extend_from_slice(target.as_bytes());
        Some(Self(Digest::of_blob(&text)))
    }
}

impl Repeats {
    /// The answer to who asks the same, counted as a request of theirs.
    pub(super) fn told(
        &self,
        zone: &Zone,
        asked: &Question,
        metrics: &Metrics,
    ) -> Option<Response<Body>> {
        #[allow(
            clippy::disallowed_methods,
            reason = "the doors measure how long an answer took; nothing is decided by it"
        )]
        let began = Instant::now();
        let found = Arc::clone(self.all().answers.get(&asked.0)?);
        let rate = zone.again(&found.grounds)?;
        let mut response = Response::from_parts(found.head.clone(), Body::from(found.body.clone()));
        rates::tell(&rate, response.headers_mut());
        metrics.count_since(found.route, response.status().as_u16(), began);
        Some(response)
    }

    /// Keep an answer for who asks the same at this route.
    pub(super) fn keep(&self, asked: &Question, answer: Answer, route: Path, grounds: Grounds) {
        let body = answer.body();
        let bytes = body.len().saturating_add(BESIDE_BYTES);
        let (head, _) = answer.response().into_parts();
        let mut kept = self.all();
        if kept.bytes.saturating_add(bytes) > KEPT_BYTES_MAX {
            *kept = Kept::default();
        }
        kept.bytes = kept.bytes.saturating_add(bytes);
        kept.answers.insert(asked.0, Arc::new(Repeat { head, body, route, grounds }));
    }

    fn all(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
