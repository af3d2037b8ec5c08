//! What the process says of itself, and the zone's inception document.

use law::manifest::Provider;
use serde_json::json;
use zone::Zone;

use super::answer::Answer;
use super::asked::Asked;
use super::dispatch::there;
use super::openapi::document;
use super::problem::Problem;
use super::service::Service;

/// Media type of the Prometheus text format.
pub(super) const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Media type of plain words.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

pub(super) fn liveness() -> Answer {
    Answer::bytes(TEXT, b"ok".to_vec())
}

pub(super) fn readiness(service: &Service) -> Answer {
    let readiness = service.readiness();
    Answer::json(if readiness.ready { 200 } else { 503 }, &json!(readiness))
}

pub(super) fn metrics(service: &Service) -> Answer {
    let zone = service.zone();
    let ready = service.readiness().ready;
    Answer::bytes(METRICS, service.metrics.text(zone.as_deref(), ready).into_bytes())
}

pub(super) fn openapi() -> Answer {
    document().into()
}

pub(super) fn schema(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let file = asked.params.get("file").map(String::as_str).unwrap_or_default();
    let name = file.strip_suffix(".schema.json").unwrap_or(file);
    there(zone, &Provider::Schema(name.to_owned()))?;
    let found = crate::schemas::of(file);
    let none = || Problem::new(404, "not-found", "there is no schema of that name");
    found.map(Answer::from).ok_or_else(none)
}

pub(super) fn keys(zone: &Zone, _asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.keys_document()?.into())
}

/// The corridors this zone knows of, over which payments may go on.
pub(super) fn corridors(zone: &Zone, _asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.known_corridors()?.into())
}

pub(super) fn inception(zone: &Zone, _asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.inception_document().clone().into())
}
