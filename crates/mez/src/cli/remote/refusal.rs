//! What a zone answered instead, as a failed command.

use serde_json::Value;

use crate::cli::failure::Fault;
use crate::cli::{Exit, Failure};
use crate::client::{ClientError, Problem};

/// Code of a failure, how the process ends, and what to do next.
type Class = (Exit, &'static str, &'static str);

const LAW: Class = (Exit::Refused, "refused-by-law", "see the rules above and what each asks for");
const UNKNOWN: Class =
    (Exit::Error, "token-refused", "give --token, --token-file, --dir D/<zone>, or set MEZ_TOKEN");
const FORBIDDEN: Class =
    (Exit::Error, "scope-missing", "ask the zone's operator for a token with that scope");
const ABSENT: Class =
    (Exit::Error, "not-found", "check the name; the zone's profile may not mount it at all");
const STATE: Class =
    (Exit::Error, "refused", "look at the present state with `mez corridor status`");
const FIELDS: Class = (Exit::Usage, "invalid-fields", "mend what is named");
const PEER: Class =
    (Exit::Unavailable, "peer-unreachable", "check that the other zone runs, then try again");
const BUSY: Class = (Exit::Again, "busy", "try again in a moment");
const DOWN: Class =
    (Exit::Unavailable, "zone-unavailable", "see `mez status`: the zone says what is wrong");
const FAULT: Class = (Exit::Error, "zone-fault", "the zone's own log says what it was");

/// The zone did not do it.
pub(crate) fn refused(doing: &str, error: &ClientError) -> Failure {
    let what = format!("the zone does not {doing}");
    let problem = match error {
        ClientError::Unreachable { url, detail } => {
            let remedy = "start it with `mez serve` or `mez deploy`, or give its --url";
            let what = format!("no zone answers at `{url}`");
            return Failure::new(Exit::Unavailable, "unreachable", what, remedy)
                .with(Fault::new(detail));
        }
        ClientError::Problem { problem } => problem,
    };
    let (exit, code, remedy) = class(problem);
    let mut failure = Failure::new(exit, code, what, remedy);
    let told = Fault { rule: named(&problem.code), ..Fault::new(&problem.detail) };
    failure.faults.push(told);
    failure.faults.extend(rows(&problem.body, "blocking").iter().map(blocked));
    failure.faults.extend(rows(&problem.body, "errors").iter().map(field));
    failure
}

fn class(problem: &Problem) -> Class {
    match problem.status {
        // Law refuses with the digest of its decision record.
        403 if problem.body.get("decision_sha256").is_some() => LAW,
        401 => UNKNOWN,
        403 => FORBIDDEN,
        404 => ABSENT,
        409 => STATE,
        400 | 405..=422 => FIELDS,
        429 => BUSY,
        502 => PEER,
        503 if problem.code == "busy" => BUSY,
        503 => DOWN,
        _ => FAULT,
    }
}

fn named(code: &str) -> Option<String> {
    (!code.is_empty()).then(|| code.to_owned())
}

fn rows(body: &Value, name: &str) -> Vec<Value> {
    body.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn text<'v>(row: &'v Value, pointer: &str) -> &'v str {
    row.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// One domain of law that refuses, with what it cites and asks for.
fn blocked(row: &Value) -> Fault {
    let mut detail = format!("{} is {}", text(row, "/domain"), text(row, "/state"));
    let (instrument, section) = (text(row, "/citation/instrument"), text(row, "/citation/section"));
    if !instrument.is_empty() {
        detail.push_str(&format!(" under {instrument}, section {section}"));
    }
    let remedy = text(row, "/remedy");
    if !remedy.is_empty() {
        detail.push_str(&format!(": {remedy}"));
    }
    Fault { rule: named(text(row, "/rule")), ..Fault::new(detail) }
}

/// One field that is wrong, or one place in a document.
fn field(row: &Value) -> Fault {
    let told = format!("{} {}", text(row, "/pointer"), text(row, "/detail"));
    Fault { rule: named(text(row, "/rule")), ..Fault::new(told.trim()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(status: u16, body: Value) -> ClientError {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let problem = Problem { status, code: text("code"), detail: text("detail"), body };
        ClientError::Problem { problem: Box::new(problem) }
    }

    #[test]
    fn each_kind_of_refusal_has_its_exit_code() {
        let law = json!({ "code": "compliance-refused", "decision_sha256": "00" });
        let cases = [
            (403, law, Exit::Refused),
            (401, json!({}), Exit::Error),
            (403, json!({}), Exit::Error),
            (404, json!({}), Exit::Error),
            (409, json!({}), Exit::Error),
            (422, json!({}), Exit::Usage),
            (500, json!({}), Exit::Error),
            (502, json!({}), Exit::Unavailable),
            (503, json!({ "code": "busy" }), Exit::Again),
            (503, json!({ "code": "store-unavailable" }), Exit::Unavailable),
        ];
        for (status, body, exit) in cases {
            assert_eq!(refused("do it", &answered(status, body)).exit, exit, "{status}");
        }
        let gone = ClientError::Unreachable { url: "http://x".into(), detail: "gone".into() };
        assert_eq!(refused("do it", &gone).exit, Exit::Unavailable);
    }

    #[test]
    fn rules_are_told_with_their_citation() {
        let body = json!({
            "code": "compliance-refused",
            "detail": "refused in 1 domain",
            "decision_sha256": "00",
            "blocking": [{
                "domain": "aml", "state": "pending", "rule": "sg.aml.owner",
                "citation": { "instrument": "CDSA", "section": "50" }, "remedy": "name the owners",
            }],
        });
        let failure = refused("form it", &answered(403, body));
        let told = &failure.faults[1];
        assert_eq!(told.rule.as_deref(), Some("sg.aml.owner"));
        assert_eq!(told.detail, "aml is pending under CDSA, section 50: name the owners");
    }
}
