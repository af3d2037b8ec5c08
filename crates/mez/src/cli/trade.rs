//! `mez trade`: flows of a running zone, opened, acted in, listed and shown.

use std::path::PathBuf;

use canon::{CorridorId, Date, RecordId, ZoneId};
use corridor::trade::Archetype;
use serde_json::{Map, Value, json};

use super::file::read_document;
use super::remote::corridor::Asking;
use super::remote::{Target, refused};
use super::screen::{pairs, table};
use super::{Answer, Context, Failure};

/// Characters of an id or a name that a table shows.
const SHOWN_MAX: usize = 36;

/// What to do with trade flows.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Open a flow between a seller and a buyer, in the zone of its first step
    Open(Box<Open>),
    /// Take a step: the transition is a JSON document with its `kind`
    Act {
        /// The flow
        #[arg(value_parser = RecordId::parse)]
        flow: RecordId,
        /// The transition; `-` reads standard input
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        asking: Asking,
    },
    /// List the flows of a zone: where each stands, and whose step is next
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Show one flow with its steps, its holder and the chain of endorsements
    Show {
        /// The flow
        #[arg(value_parser = RecordId::parse)]
        flow: RecordId,
        #[command(flatten)]
        target: Target,
    },
}

/// `mez trade open`.
#[derive(clap::Args)]
pub(crate) struct Open {
    /// Export, Import, LetterOfCredit or OpenAccount
    #[arg(long = "type", value_name = "TYPE", value_parser = archetype)]
    flow_type: Archetype,
    /// Who sells: an entity of the zone, or the party's id in its own
    #[arg(long, value_name = "ID", value_parser = RecordId::parse)]
    seller: RecordId,
    /// The seller's legal name; needed where it is in another zone
    #[arg(long, value_name = "NAME")]
    seller_name: Option<String>,
    /// The seller's zone, where it is another
    #[arg(long, value_name = "ZONE", value_parser = ZoneId::parse)]
    seller_zone: Option<ZoneId>,
    /// Who buys: an entity of the zone, or the party's id in its own
    #[arg(long, value_name = "ID", value_parser = RecordId::parse)]
    buyer: RecordId,
    /// The buyer's legal name; needed where it is in another zone
    #[arg(long, value_name = "NAME")]
    buyer_name: Option<String>,
    /// The buyer's zone, where it is another
    #[arg(long, value_name = "ZONE", value_parser = ZoneId::parse)]
    buyer_zone: Option<ZoneId>,
    /// The corridor between the zones, where there are two
    #[arg(long, value_name = "ID", value_parser = CorridorId::parse)]
    corridor: Option<CorridorId>,
    /// A day from Monday to Friday on which banks are closed; may be repeated
    #[arg(long = "bank-holiday", value_name = "DATE", value_parser = Date::parse)]
    bank_holidays: Vec<Date>,
    #[command(flatten)]
    asking: Asking,
}

fn archetype(text: &str) -> Result<Archetype, String> {
    let known = Archetype::ALL.into_iter().find(|of| of.name().eq_ignore_ascii_case(text));
    known.ok_or_else(|| {
        let names = Archetype::ALL.map(Archetype::name).join(", ");
        format!("`{text}` is none of {names}")
    })
}

/// An object without the members that are not given.
fn given(members: Value) -> Value {
    let Value::Object(members) = members else { return members };
    let there = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(there.collect::<Map<_, _>>())
}

impl Open {
    fn body(&self) -> Value {
        let party = |id: &RecordId, name: &Option<String>, zone: &Option<ZoneId>| {
            given(json!({ "party_id": id, "name": name, "zone_id": zone }))
        };
        let mut holidays = self.bank_holidays.clone();
        holidays.sort();
        holidays.dedup();
        given(json!({
            "flow_type": self.flow_type,
            "seller": party(&self.seller, &self.seller_name, &self.seller_zone),
            "buyer": party(&self.buyer, &self.buyer_name, &self.buyer_zone),
            "corridor_id": self.corridor,
            "bank_holidays": holidays,
        }))
    }
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Open(open) => {
                let done =
                    open.asking.post(context, "open this flow", "/v1/trade/flows", &open.body())?;
                Ok(after(done))
            }
            Self::Act { flow, file, asking } => {
                let bytes = read_document(&file)?;
                let payload = canon::parse_value(&bytes).map_err(|error| {
                    Failure::usage(format!("the transition: {error}"), "write it as JSON")
                })?;
                let path = format!("/v1/trade/flows/{flow}/transitions");
                let done = asking.post(
                    context,
                    "take this step",
                    &path,
                    &json!({ "payload": payload }),
                )?;
                Ok(after(done))
            }
            Self::List { target } => list(&target, context),
            Self::Show { flow, target } => show(&flow, &target, context),
        }
    }
}

/// What a change came to: the flow alone, for people.
fn after(answer: Answer) -> Answer {
    let told = answer.json.pointer("/result/flow").map(|flow| pairs(&summary(flow)));
    match told {
        Some(text) => Answer { text: text.into_bytes(), ..answer },
        None => answer,
    }
}

fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.chars().take(SHOWN_MAX).collect(),
        Some(other) => other.to_string(),
    }
}

fn money(value: &Value, pointer: &str) -> String {
    let amount = value.pointer(pointer).cloned().unwrap_or_default();
    match serde_json::from_value::<canon::Amount>(amount) {
        // The day only says how many decimals the currency has.
        Ok(amount) => {
            let day = text(value, "/opened_at").get(..10).and_then(|day| Date::parse(day).ok());
            let plain =
                day.map_or_else(|| amount.minor().to_string(), |day| amount.to_decimal(day));
            format!("{plain} {}", amount.currency())
        }
        Err(_) => "-".to_owned(),
    }
}

/// Whose step is next: `trade.bol.issue.v1 (seller)`.
fn next(flow: &Value) -> String {
    let waits = text(flow, "/pending");
    if waits != "-" {
        return format!("{waits} waits for the other zone");
    }
    let steps = flow.get("next").and_then(Value::as_array).cloned().unwrap_or_default();
    let told: Vec<String> = steps
        .iter()
        .map(|step| format!("{} ({})", text(step, "/kind"), text(step, "/side")))
        .collect();
    if told.is_empty() { "-".to_owned() } else { told.join(" or ") }
}

fn summary(flow: &Value) -> Vec<(&'static str, String)> {
    let refused = match flow.get("refused") {
        Some(Value::Object(_)) => {
            format!("{}: {}", text(flow, "/refused/kind"), text(flow, "/refused/reason_code"))
        }
        _ => "-".to_owned(),
    };
    vec![
        ("flow", text(flow, "/flow_id")),
        ("type", text(flow, "/flow_type")),
        ("state", text(flow, "/state")),
        ("seller", text(flow, "/seller/party/name")),
        ("buyer", text(flow, "/buyer/party/name")),
        ("amount", money(flow, "/amount")),
        ("holder", text(flow, "/holder")),
        ("next", next(flow)),
        ("refused", refused),
    ]
}

fn list(target: &Target, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = target.open(context)?;
    let flows =
        client.list("/v1/trade/flows").map_err(|error| refused("list its flows", &error))?;
    let heading = ["flow", "type", "state", "seller", "buyer", "amount", "next"];
    let row = |flow: &Value| {
        let words = summary(flow);
        let of = |name: &str| {
            let found = words.iter().find(|(known, _)| *known == name);
            found.map_or_else(String::new, |(_, text)| text.clone())
        };
        heading.map(of).to_vec()
    };
    let text = match flows.is_empty() {
        true => "no flows\n".to_owned(),
        false => table(&heading, &flows.iter().map(row).collect::<Vec<_>>()),
    };
    Ok(Answer::done(text, json!({ "flows": flows })))
}

fn show(flow: &RecordId, target: &Target, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = target.open(context)?;
    let get = |path: String| client.get(&path).map_err(|error| refused("show this flow", &error));
    let known = get(format!("/v1/trade/flows/{flow}"))?;
    let taken = get(format!("/v1/trade/flows/{flow}/transitions"))?;
    let steps = taken.get("transitions").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = steps
        .iter()
        .map(|step| {
            ["/index", "/kind", "/side", "/at", "/status", "/reason_code"]
                .map(|pointer| text(step, pointer))
                .to_vec()
        })
        .collect();
    let mut told = pairs(&summary(&known));
    if !rows.is_empty() {
        told.push('\n');
        told.push_str(&table(&["step", "kind", "side", "at", "status", "reason"], &rows));
    }
    let links = known.get("endorsements").and_then(Value::as_array).cloned().unwrap_or_default();
    if !links.is_empty() {
        let link = |link: &Value| {
            ["/from_party_id", "/to_party_id", "/at"].map(|pointer| text(link, pointer)).to_vec()
        };
        told.push('\n');
        told.push_str(&table(&["from", "to", "at"], &links.iter().map(link).collect::<Vec<_>>()));
    }
    Ok(Answer::done(told, json!({ "flow": known, "transitions": steps })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_told_in_a_few_words() {
        let flow = json!({
            "flow_id": "f", "flow_type": "Export", "state": "GoodsShipped",
            "amount": { "currency": "USD", "minor": "1060000" },
            "opened_at": "2026-11-20T09:00:00Z", "holder": "weaver", "pending": null,
            "refused": { "kind": "trade.bol.endorse.v1", "reason_code": "refused-by-law" },
            "next": [{ "kind": "trade.bol.endorse.v1", "side": "seller" }],
        });
        let words = summary(&flow);
        let of = |name: &str| words.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        assert_eq!(of("amount"), "10600.00 USD");
        assert_eq!(of("next"), "trade.bol.endorse.v1 (seller)");
        assert_eq!(of("refused"), "trade.bol.endorse.v1: refused-by-law");
        assert_eq!(archetype("openaccount"), Ok(Archetype::OpenAccount));
        assert!(archetype("Barter").is_err());
    }
}
