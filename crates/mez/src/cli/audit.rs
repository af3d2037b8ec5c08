//! `mez audit`: read a running zone's audit log, keep it in a file, and check that file with no zone.

use std::path::PathBuf;

use canon::Digest;
use serde_json::{Value, json};
use zone::AuditChain;

use super::decisions::documents;
use super::file::write_new_0644;
use super::remote::status::shown;
use super::remote::{Target, refused};
use super::screen::{Answer, table};
use super::{Context, Exit, Failure};

/// Entries asked for at once.
const PAGE: usize = 200;
/// Entries shown unless told otherwise.
const SHOWN: usize = 50;

/// What to do with an audit log.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the latest entries, or write all of them into a file
    List {
        /// How many of the latest are shown
        #[arg(long, value_name = "N", default_value_t = SHOWN)]
        last: usize,
        /// A file for all entries, one document a line; nothing is overwritten
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        target: Target,
    },
    /// Check a file that `list --out` wrote: every entry against the one before it
    Verify {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Root it must end in, as a signed zone log states it
        #[arg(long, value_name = "DIGEST", value_parser = Digest::from_hex)]
        root: Option<Digest>,
    },
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::List { last, out, target } => list(context, last, out, &target),
            Self::Verify { file, root } => verify(&documents(&file)?, root),
        }
    }
}

fn list(
    context: &Context<'_>,
    last: usize,
    out: Option<PathBuf>,
    target: &Target,
) -> Result<Answer, Failure> {
    let client = target.open(context)?;
    let (mut items, mut after) = (Vec::new(), None::<String>);
    loop {
        let from = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let page = client.get(&format!("/v1/audit?limit={PAGE}{from}"));
        let page = page.map_err(|error| refused("show the audit log", &error))?;
        items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        after = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    let chain = checked(&items)?;
    let told =
        |extra: Value| json!({ "entries": chain.entries(), "root": chain.root(), "items": extra });
    if let Some(out) = out {
        let lines: Vec<String> = items.iter().map(|item| format!("{item}\n")).collect();
        write_new_0644(&out, lines.concat().as_bytes())?;
        let text = format!("{} entries in {}\n", chain.entries(), out.display());
        return Ok(Answer::done(text, told(json!([]))));
    }
    let skipped = items.len().saturating_sub(last);
    let latest: Vec<Value> = items.into_iter().skip(skipped).collect();
    Ok(Answer::done(rows(&latest), told(json!(latest))))
}

fn rows(items: &[Value]) -> String {
    let row = |item: &Value| {
        let at = |name: &str| shown(item.pointer(&format!("/entry/{name}")));
        let names = ["sequence", "at", "principal", "scope", "method", "target", "outcome"];
        names.map(at).to_vec()
    };
    let heading = ["entry", "at", "principal", "scope", "method", "target", "outcome"];
    table(&heading, &items.iter().map(row).collect::<Vec<_>>())
}

/// The chain of a whole log; the first entry that breaks it is named.
fn checked(items: &[Value]) -> Result<AuditChain, Failure> {
    let mut chain = AuditChain::default();
    for (place, item) in items.iter().enumerate() {
        let root = item.get("root").and_then(Value::as_str).map(Digest::from_hex);
        let root = root.and_then(Result::ok);
        let entry = item.get("entry").unwrap_or(&Value::Null);
        let taken = match root {
            Some(root) => chain.take(entry, Some(&root)),
            None => Err(zone::AuditFault::Malformed("no root stands beside it".to_owned())),
        };
        taken.map_err(|fault| {
            let what = format!("entry {place} breaks the audit log: {fault}");
            let remedy = "compare with a copy taken elsewhere; what stands before it holds";
            Failure::new(Exit::Invalid, "audit-broken", what, remedy)
        })?;
    }
    Ok(chain)
}

fn verify(items: &[Value], wanted: Option<Digest>) -> Result<Answer, Failure> {
    let chain = checked(items)?;
    if let Some(wanted) = wanted.filter(|wanted| chain.root() != Some(*wanted)) {
        let what = format!("the audit log does not end in root {wanted}");
        let remedy = "export it again up to the entry that root is of";
        return Err(Failure::new(Exit::Invalid, "audit-broken", what, remedy));
    }
    let json = json!({ "verdict": "VALID", "entries": chain.entries(), "root": chain.root() });
    let root = chain.root().map_or("none".to_owned(), |root| root.to_string());
    Ok(Answer::done(format!("VALID: {} entries, root {root}\n", chain.entries()), json))
}
