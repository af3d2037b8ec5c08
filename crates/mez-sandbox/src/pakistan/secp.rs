//! SECP: companies and licenses.

use serde_json::{Value, json};

use super::{Said, body, text};
use crate::clock;
use crate::http::Request;
use crate::state::State;

pub(super) fn say(state: &State, request: &Request, path: &str) -> Said {
    match (request.method.as_str(), path.strip_prefix("/companies/")) {
        ("GET", Some(number)) => match state.row("companies", number) {
            Some(Value::Object(mut row)) => {
                row.insert("registration_no".to_owned(), number.into());
                Said::Json(Value::Object(row))
            }
            _ => Said::Refused(404, "no such company"),
        },
        ("POST", None) if path == "/licenses/verify" => license(state, &body(request)),
        _ => Said::Refused(404, "no such route"),
    }
}

fn license(state: &State, asked: &Value) -> Said {
    let (reference, kind) = (text(asked, "license_ref"), text(asked, "license_type"));
    let row = state.row("licenses", &reference).unwrap_or(Value::Null);
    let until = row.get("expiry_date").and_then(Value::as_str);
    let until = until.and_then(|day| canon::Date::parse(day).ok());
    let over = until.is_some_and(|day| clock::today().is_none_or(|today| day < today));
    let valid = row.get("valid") == Some(&Value::Bool(true));
    Said::Json(json!({
        "license_ref": reference,
        "license_type": kind,
        "valid": valid && !over && text(&row, "license_type") == kind,
        "expiry_date": row.get("expiry_date"),
        "issued_to": row.get("issued_to"),
    }))
}
