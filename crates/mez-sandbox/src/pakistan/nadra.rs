//! NADRA: whether a number is of a person, and where the card stands.

use serde_json::{Value, json};

use super::{Said, body, same_name, text};
use crate::clock;
use crate::http::Request;
use crate::state::State;

pub(super) fn say(state: &State, request: &Request, path: &str) -> Said {
    if request.method == "POST" && path == "/verify" {
        return verify(state, &body(request));
    }
    let number = path.strip_prefix("/cnic/").and_then(|rest| rest.strip_suffix("/status"));
    match number {
        Some(number) if request.method == "GET" => {
            let row = state.row("people", number).unwrap_or(Value::Null);
            Said::Json(json!({ "cnic": number, "cnic_status": status(&row) }))
        }
        _ => Said::Refused(404, "no such route"),
    }
}

fn verify(state: &State, asked: &Value) -> Said {
    let cnic = text(asked, "cnic");
    let row = state.row("people", &cnic).unwrap_or(Value::Null);
    let born = asked.get("date_of_birth");
    let verified = same_name(&text(&row, "full_name"), &text(asked, "full_name"))
        && born.is_none_or(|day| row.get("date_of_birth").is_none_or(|known| known == day));
    let reference = text(asked, "request_reference");
    Said::Json(json!({
        "cnic": cnic,
        "verified": verified && !row.is_null(),
        "cnic_status": status(&row),
        "verification_timestamp": clock::text(),
        "request_reference": reference,
        "reference": format!("SIM-NADRA-{}", reference.chars().rev().take(12).collect::<String>()),
    }))
}

fn status(row: &Value) -> String {
    let status = text(row, "cnic_status");
    if status.is_empty() { "NotFound".to_owned() } else { status }
}
