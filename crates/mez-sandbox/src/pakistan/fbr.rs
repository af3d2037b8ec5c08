//! FBR IRIS: taxpayers, and tax events it is told.

use serde_json::{Value, json};

use super::{Said, body, same_name, text};
use crate::clock;
use crate::http::Request;
use crate::state::State;

pub(super) fn say(state: &State, request: &Request, path: &str) -> Said {
    match (request.method.as_str(), path) {
        ("POST", "/ntn/verify") => verify(state, request),
        ("POST", "/tax-events") => tell(state, request),
        ("GET", _) => match path.strip_prefix("/taxpayers/") {
            Some(ntn) => profile(state, ntn),
            None => Said::Refused(404, "no such route"),
        },
        _ => Said::Refused(404, "no such route"),
    }
}

fn verify(state: &State, request: &Request) -> Said {
    let asked = body(request);
    let ntn = text(&asked, "ntn");
    let row = state.row("taxpayers", &ntn).unwrap_or(Value::Null);
    let verified = same_name(&text(&row, "registered_name"), &text(&asked, "name"));
    Said::Json(json!({
        "ntn": ntn,
        "verified": verified && !row.is_null(),
        "registered_name": row.get("registered_name"),
        "filer_status": filer(&row),
        "verification_timestamp": clock::text(),
        "reference": format!("SIM-FBR-{ntn}"),
    }))
}

fn profile(state: &State, ntn: &str) -> Said {
    let Some(row) = state.row("taxpayers", ntn) else {
        return Said::Refused(404, "no such taxpayer");
    };
    Said::Json(json!({
        "ntn": ntn,
        "filer_status": filer(&row),
        "compliance_status": text(&row, "compliance_status"),
        "registered_name": row.get("registered_name"),
        "active_since": row.get("active_since"),
    }))
}

/// Takes an event once; the same key with another body is refused.
fn tell(state: &State, request: &Request) -> Said {
    let asked = body(request);
    let key = text(&asked, "idempotency_key");
    if key.is_empty() || request.header("idempotency-key") != Some(key.as_str()) {
        return Said::Refused(422, "`idempotency_key` is not that of the header");
    }
    let known = state.row("taxpayers", &text(&asked, "ntn")).is_some();
    let record = || {
        json!({
            "accepted": known,
            "fbr_reference": format!("SIM-IRIS-{}", key.chars().rev().take(12).collect::<String>()),
            "recorded_at": clock::text(),
            "idempotency_key": key,
        })
    };
    match state.take(format!("pk.fbr:{key}"), &request.body, record) {
        Ok(record) => Said::Json(record),
        Err(()) => Said::Refused(409, "this key was used with another body"),
    }
}

fn filer(row: &Value) -> String {
    let status = text(row, "filer_status");
    if status.is_empty() { "non_filer".to_owned() } else { status }
}
