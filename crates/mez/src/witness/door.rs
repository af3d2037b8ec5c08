//! `POST /add-checkpoint` with the exact answers of C2SP tlog-witness.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use canon::Clock;
use proof::witness::client::SIZE_TYPE;
use proof::witness::{REQUEST_BYTES_MAX, Refusal};

use super::desk::{Handle, Said};
use super::folder::Cosigner;
use super::list::List;

/// Longest wait for the body of a request.
const BODY_SECS_MAX: u64 = 10;

/// What a request needs.
pub(super) struct Door {
    pub(super) list: Arc<List>,
    pub(super) cosigner: Cosigner,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) desk: Handle,
}

/// The routes.
pub(super) fn router(door: Arc<Door>) -> Router {
    Router::new().route("/add-checkpoint", post(add_checkpoint)).with_state(door)
}

async fn add_checkpoint(State(door): State<Arc<Door>>, body: Body) -> Response {
    let limit = Duration::from_secs(BODY_SECS_MAX);
    let read = tokio::time::timeout(limit, to_bytes(body, REQUEST_BYTES_MAX)).await;
    let body: Bytes = match read {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            return text(StatusCode::BAD_REQUEST, "the request is too long or was cut off\n");
        }
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "the request did not arrive\n"),
    };
    let asked = match door.list.now().read(&body) {
        Ok(asked) => asked,
        Err(refusal) => return refused(&refusal),
    };
    match door.desk.ask(asked).await {
        Said::Refused(refusal) => refused(&refusal),
        Said::Stopped => text(StatusCode::SERVICE_UNAVAILABLE, "the witness has stopped signing\n"),
        Said::Cosign(cosign) => match door.cosigner.sign(&cosign, door.clock.now()) {
            Ok(line) => {
                #[cfg(feature = "faults")]
                super::faults::reached(super::faults::Point::BeforeAnswer);
                text(StatusCode::OK, line)
            }
            Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "the witness cannot sign\n"),
        },
    }
}

fn text(status: StatusCode, body: impl Into<String>) -> Response {
    (status, body.into()).into_response()
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let Some(size) = refusal.held_size() else { return text(status, format!("{refusal}\n")) };
    let mut response = text(status, format!("{size}\n"));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(SIZE_TYPE));
    response
}
