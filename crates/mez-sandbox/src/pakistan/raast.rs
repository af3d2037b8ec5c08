//! SBP Raast: a `pacs.008` in, a `pacs.002` out. Read by its elements' names only: what a bank's own system makes of a
//! message is none of the zone's code.

use canon::Digest;
use serde_json::{Value, json};

use super::{Said, text};
use crate::clock;
use crate::http::Request;
use crate::state::State;

/// Accounts that end so take no money.
const INACTIVE: &str = "0000";
/// Accounts that end so pay none.
const EMPTY: &str = "9999";
/// Payments to accounts that end so are decided a while after they were taken.
const SLOW: &str = "8888";
/// How long that takes, in seconds.
const SLOW_SECS: i64 = 2;

pub(super) fn say(state: &State, request: &Request, path: &str) -> Said {
    match (request.method.as_str(), path) {
        ("POST", "/payments") => pay(state, request),
        _ => Said::Refused(404, "no such route"),
    }
}

/// The text of the first element of a name.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let open = xml.find(&format!("<{name}>")).map(|at| at + name.len() + 2);
    let inner = open.and_then(|at| xml.get(at..));
    let inner =
        inner.and_then(|rest| rest.find(&format!("</{name}>")).and_then(|to| rest.get(..to)));
    inner.unwrap_or_default()
}

fn pay(state: &State, request: &Request) -> Said {
    let Ok(xml) = std::str::from_utf8(&request.body) else {
        return Said::Refused(422, "not UTF-8");
    };
    let key = request.header("idempotency-key").unwrap_or_default();
    if key.is_empty() || !xml.contains("pacs.008.001.08") {
        return Said::Refused(422, "a pacs.008.001.08 under an idempotency key is taken");
    }
    let of = |name: &str| element(xml, name).to_owned();
    let (from, to) =
        (element(&of("DbtrAcct"), "IBAN").to_owned(), element(&of("CdtrAcct"), "IBAN").to_owned());
    let (status, reason) = match () {
        () if to.is_empty() || to.ends_with(INACTIVE) => ("RJCT", Some("AC04")),
        () if from.is_empty() || from.ends_with(EMPTY) => ("RJCT", Some("AM04")),
        () if to.ends_with(SLOW) => ("PDNG", None),
        () => ("ACSC", None),
    };
    let record = || {
        json!({
            "status": status, "reason": reason, "from": from, "to": to, "amount": amount(xml),
            "message_id": of("MsgId"), "end_to_end_id": of("EndToEndId"), "uetr": of("UETR"),
            "instructing": element(&of("InstgAgt"), "BICFI"),
            "instructed": element(&of("InstdAgt"), "BICFI"),
            "taken_at": clock::text(), "taken_unix": clock::unix(),
        })
    };
    match state.take(format!("pk.raast:{key}"), &request.body, record) {
        Ok(record) => Said::Xml(status_report(&record, key)),
        Err(()) => Said::Refused(409, "this key was used with another payment"),
    }
}

/// Amount and currency, as the message writes them.
fn amount(xml: &str) -> String {
    let (open, close) = ("<IntrBkSttlmAmt Ccy=\"", "</IntrBkSttlmAmt>");
    let inner = xml.split_once(open).and_then(|(_, rest)| rest.split_once(close));
    let parts = inner.and_then(|(inner, _)| inner.split_once("\">"));
    parts.map(|(currency, amount)| format!("{amount} {currency}")).unwrap_or_default()
}

/// How a payment stands by now.
fn status(record: &Value) -> String {
    let (known, taken) = (text(record, "status"), record.get("taken_unix").and_then(Value::as_i64));
    let over = taken.is_some_and(|taken| clock::unix() - taken >= SLOW_SECS);
    if known == "PDNG" && over { "ACSC".to_owned() } else { known }
}

fn status_report(record: &Value, key: &str) -> String {
    let of = |name: &str| text(record, name);
    let why = match record.get("reason").and_then(Value::as_str) {
        Some(code) => {
            format!(
                "<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn><AddtlInf>simulated</AddtlInf></StsRsnInf>"
            )
        }
        None => String::new(),
    };
    let agent = |name: &str, bic: String| {
        format!("<{name}><FinInstnId><BICFI>{bic}</BICFI></FinInstnId></{name}>")
    };
    let number: String = Digest::of_blob(key.as_bytes()).to_string().chars().take(20).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10\"><FIToFIPmtStsRpt>\
         <GrpHdr><MsgId>SIM-{number}</MsgId><CreDtTm>{}</CreDtTm>{}{}</GrpHdr>\
         <TxInfAndSts><OrgnlGrpInf><OrgnlMsgId>{}</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId></OrgnlGrpInf>\
         <OrgnlEndToEndId>{}</OrgnlEndToEndId><OrgnlUETR>{}</OrgnlUETR><TxSts>{}</TxSts>{why}</TxInfAndSts>\
         </FIToFIPmtStsRpt></Document>",
        clock::text(),
        agent("InstgAgt", of("instructed")),
        agent("InstdAgt", of("instructing")),
        of("message_id"),
        of("end_to_end_id"),
        of("uetr"),
        status(record),
    )
}
