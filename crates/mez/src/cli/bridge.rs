//! `mez bridge`: invoices, payments over a chain of corridors, and how far they are.

use std::path::{Path, PathBuf};

use canon::{AccountId, CorridorId, Currency, PaymentId};
use serde_json::{Value, json};

use super::file::{read_document, write_new_0644};
use super::remote::corridor::Asking;
use super::remote::status::shown;
use super::remote::{Target, refused};
use super::screen::{pairs, pretty, table};
use super::{Answer, Context, Failure};

/// What to do over bridges.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Ask to be paid: write an invoice for the payer
    Invoice(Invoice),
    /// Pay an invoice over the corridors named
    Pay(Pay),
    /// Show how far payments are, with the receipts that say so
    Status(Status),
    /// Ask the zones beside this one again, and say what a payment waits for
    Repair(Repair),
}

/// `mez bridge invoice`.
#[derive(clap::Args)]
pub(crate) struct Invoice {
    /// The account that is paid
    #[arg(long, value_name = "ACCOUNT", value_parser = AccountId::parse)]
    account: AccountId,
    /// Decimal amount
    #[arg(long)]
    amount: String,
    /// ISO 4217 code
    #[arg(long, value_parser = Currency::parse)]
    currency: Currency,
    /// What for, as a code word
    #[arg(long)]
    purpose: String,
    /// Reference for the payee
    #[arg(long)]
    reference: Option<String>,
    /// For how many seconds it may be paid; an hour, unless given
    #[arg(long, value_name = "SECONDS")]
    valid_secs: Option<i64>,
    /// Where the invoice is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// `mez bridge pay`.
#[derive(clap::Args)]
pub(crate) struct Pay {
    /// The invoice, as the payee's zone wrote it
    #[arg(value_name = "FILE")]
    invoice: PathBuf,
    /// The account that pays
    #[arg(long, value_name = "ACCOUNT", value_parser = AccountId::parse)]
    from: AccountId,
    /// A corridor to cross, in order; may be repeated, and left out where one leads to the payee's zone
    #[arg(long = "over", value_name = "CORRIDOR", value_parser = CorridorId::parse)]
    route: Vec<CorridorId>,
    /// Let the payer's address and customer number travel with it
    #[arg(long)]
    travel_rule: bool,
    #[command(flatten)]
    asking: Asking,
}

/// `mez bridge status`.
#[derive(clap::Args)]
pub(crate) struct Status {
    /// One payment; all of the zone, unless given
    #[arg(value_parser = PaymentId::parse)]
    transfer: Option<PaymentId>,
    #[command(flatten)]
    target: Target,
}

/// `mez bridge repair`.
#[derive(clap::Args)]
pub(crate) struct Repair {
    /// Which payment
    #[arg(value_parser = PaymentId::parse)]
    transfer: PaymentId,
    #[command(flatten)]
    asking: Asking,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Invoice(args) => invoice(&args, context),
            Self::Pay(args) => pay(&args, context),
            Self::Status(args) => status(&args, context),
            Self::Repair(args) => repair(&args, context),
        }
    }
}

fn invoice(args: &Invoice, context: &Context<'_>) -> Result<Answer, Failure> {
    let mut body = json!({
        "account_id": args.account,
        "amount": args.amount,
        "currency": args.currency,
        "purpose": args.purpose,
    });
    if let Some(members) = body.as_object_mut() {
        let more = [
            ("reference", args.reference.as_ref().map(|text| json!(text))),
            ("valid_secs", args.valid_secs.map(|secs| json!(secs))),
        ];
        let given = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
        members.extend(more.into_iter().filter_map(given));
    }
    let told = args.asking.send(context, "issue this invoice", "/v1/bridge/invoices", &body)?;
    let document = told.pointer("/result/invoice").cloned().unwrap_or_default();
    write_new_0644(&args.out, pretty(&document).as_bytes())?;
    let text = pairs(&[
        ("transfer", shown(told.pointer("/result/transfer_id"))),
        ("invoice", args.out.display().to_string()),
        ("valid until", shown(document.get("validUntil"))),
        ("next", format!("mez bridge pay {} --from ACCOUNT --over CORRIDOR", args.out.display())),
    ]);
    Ok(Answer::done(text, told))
}

fn document(file: &Path) -> Result<Value, Failure> {
    let name = file.display().to_string();
    canon::parse_value(&read_document(file)?).map_err(|refusal| Failure::refusal(&name, &refusal))
}

fn pay(args: &Pay, context: &Context<'_>) -> Result<Answer, Failure> {
    let mut body = json!({
        "from_account_id": args.from,
        "invoice": document(&args.invoice)?,
        "travel_rule": args.travel_rule,
    });
    if let (false, Some(members)) = (args.route.is_empty(), body.as_object_mut()) {
        members.insert("route".to_owned(), json!(args.route));
    }
    let told = args.asking.send(context, "pay this invoice", "/v1/bridge/transfers", &body)?;
    let hop = told.get("result").cloned().unwrap_or_default();
    Ok(Answer::done(page(&[hop]), told))
}

fn status(args: &Status, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = args.target.open(context)?;
    let asked = |path: &str| {
        client.get(path).map_err(|error| refused("show payments over bridges", &error))
    };
    let Some(id) = &args.transfer else {
        let told = asked("/v1/bridge/transfers?limit=200")?;
        let items = told.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = if items.is_empty() { "no payments\n".to_owned() } else { page(&items) };
        return Ok(Answer::done(text, told));
    };
    let told = asked(&format!("/v1/bridge/transfers/{id}"))?;
    let evidence = told.get("evidence").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = evidence
        .iter()
        .map(|one| {
            let of = |pointer: &str| shown(one.pointer(pointer));
            let kind = of("/receipt/transition/kind");
            vec![of("/what"), kind, of("/at/corridor_id"), of("/at/lane"), of("/at/sequence")]
        })
        .collect();
    let heading = ["what", "kind", "corridor", "lane", "sequence"];
    let text = format!("{}\n{}", page(std::slice::from_ref(&told)), table(&heading, &rows));
    Ok(Answer::done(text, told))
}

fn repair(args: &Repair, context: &Context<'_>) -> Result<Answer, Failure> {
    let path = format!("/v1/bridge/transfers/{}/repair", args.transfer);
    let told = args.asking.send(context, "repair this payment", &path, &json!({}))?;
    let asked = told.get("asked").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = asked
        .iter()
        .map(|one| {
            let said = one.get("code").or_else(|| one.get("taken"));
            vec![shown(one.get("corridor_id")), shown(one.get("answered")), shown(said)]
        })
        .collect();
    let hop = told.get("result").cloned().unwrap_or_default();
    let heading = ["asked over", "answered", "taken or refused"];
    let text = format!("{}\n{}", page(&[hop]), table(&heading, &rows));
    Ok(Answer::done(text, told))
}

/// Payments, one a line.
fn page(items: &[Value]) -> String {
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|hop| {
            let of = |pointer: &str| shown(hop.pointer(pointer));
            vec![
                of("/transfer_id"),
                of("/role"),
                of("/phase"),
                of("/paid/amount/minor"),
                of("/paid/amount/currency"),
                of("/missing"),
            ]
        })
        .collect();
    table(&["transfer", "role", "phase", "minor units", "currency", "waits for"], &rows)
}
