//! `mez iso20022 …`: payment messages of ISO 20022, read, written and checked.

use std::path::{Path, PathBuf};

use corridor::iso20022::{
    CustomerTransfer, Fault, MESSAGE_BYTES_MAX, Message, Missing, Read, Refused,
    customer_transfers, institution_transfers, ivms101,
};
use serde_json::{Value, json};

use super::failure::{self, Failure};
use super::screen::Answer;
use super::{Exit, file};

/// What can be done with messages.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Read a message: its content as JSON, and what of it is not understood
    Read {
        /// The message in XML, or - for standard input
        file: PathBuf,
        /// Add the travel-rule data of a payment between customers, in the shape of IVMS101
        #[arg(long)]
        travel_rule: bool,
    },
    /// Write a message from its content as `read` prints it
    Write {
        /// The content in JSON, or - for standard input
        file: PathBuf,
    },
    /// Say whether a message may be sent, and what is wrong with it
    Check {
        /// The message in XML, or - for standard input
        file: PathBuf,
        /// Judge each payment of a pacs.008 or pacs.009 alone
        #[arg(long)]
        each: bool,
    },
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        match self {
            Self::Read { file, travel_rule } => shown(&read(file)?, *travel_rule),
            Self::Write { file } => written(file),
            Self::Check { file, each: true } => sorted(file),
            Self::Check { file, each: false } => Ok(checked(&read(file)?)),
        }
    }
}

fn read(path: &Path) -> Result<Read, Failure> {
    let bytes = file::read_up_to(path, MESSAGE_BYTES_MAX as u64 + 1)?;
    Message::read(&bytes).map_err(|fault| refused(path, &fault))
}

fn refused(path: &std::path::Path, fault: &Fault) -> Failure {
    let what = format!("`{}` is refused", path.display());
    Failure::new(Exit::Invalid, fault.code(), what, fault.remedy()).because(fault)
}

fn shown(read: &Read, travel_rule: bool) -> Result<Answer, Failure> {
    let name = read.message.definition().name();
    let content = serde_json::to_value(&read.message).unwrap_or(Value::Null);
    let mut answer = json!({ "content": content, "definition": name, "unread": read.unread });
    if travel_rule {
        let data = travel(&read.message)?;
        if let Some(members) = answer.as_object_mut() {
            members.insert("travel_rule".to_owned(), data);
        }
    }
    let mut text = super::screen::pretty(&content);
    if let Some(data) = answer.get("travel_rule") {
        text.push_str(&super::screen::pretty(data));
    }
    Ok(Answer::done(text, answer))
}

/// Of one payment its data; of several a list.
fn travel(message: &Message) -> Result<Value, Failure> {
    match message {
        Message::CustomerTransfer(transfer) => travels(transfer),
        Message::CustomerTransfers(several) => {
            several.payments.iter().map(travels).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        _ => {
            let remedy = "give a pacs.008: only it names customers";
            Err(Failure::usage("the message is no payment between customers", remedy))
        }
    }
}

fn travels(transfer: &CustomerTransfer) -> Result<Value, Failure> {
    ivms101(transfer).map_err(|Missing(paths)| {
        let id = transfer.instruction.end_to_end_id.as_str();
        let what = format!("payment `{id}` does not say what the travel rule asks for");
        let remedy = "complete the payment, then send it";
        let failure = Failure::new(Exit::Invalid, "travel-rule-incomplete", what, remedy);
        paths.into_iter().fold(failure, |failure, path| failure.with(failure::Fault::new(path)))
    })
}

/// Each payment of a message alone: those that stand, and why the others do not.
fn sorted(path: &Path) -> Result<Answer, Failure> {
    let bytes = file::read_up_to(path, MESSAGE_BYTES_MAX as u64 + 1)?;
    let customers = customer_transfers(&bytes);
    let (stand, refusals) = match customers {
        Ok(sorted) => (ids(sorted.good.iter().map(|it| &it.instruction)), sorted.refused),
        Err(other) => {
            let sorted = institution_transfers(&bytes).map_err(|fault| {
                // Of two messages it is not, the one it says it is counts.
                let said = if matches!(fault, Fault::Missing(_)) { other } else { fault };
                refused(path, &said)
            })?;
            (ids(sorted.good.iter().map(|it| &it.instruction)), sorted.refused)
        }
    };
    let row = |one: &Refused| {
        json!({
            "index": one.index,
            "end_to_end_id": one.end_to_end_id,
            "code": one.fault.code(),
            "detail": one.fault.to_string(),
            "remedy": one.fault.remedy(),
        })
    };
    let rows: Vec<Value> = refusals.iter().map(row).collect();
    let mut text = format!("{} payments stand, {} are refused\n", stand.len(), rows.len());
    for one in &refusals {
        let id = one.end_to_end_id.as_deref().unwrap_or("-");
        text.push_str(&format!("{}  {id}  {}: {}\n", one.index, one.fault.code(), one.fault));
    }
    let json = json!({ "stand": stand, "refused": rows });
    let exit = if refusals.is_empty() { Exit::Done } else { Exit::Invalid };
    Ok(Answer { exit, ..Answer::done(text, json) })
}

fn ids<'a>(of: impl Iterator<Item = &'a corridor::iso20022::Instruction>) -> Vec<String> {
    of.map(|it| it.end_to_end_id.as_str().to_owned()).collect()
}

fn written(path: &Path) -> Result<Answer, Failure> {
    let bytes = file::read_document(path)?;
    let message: Message = serde_json::from_slice(&bytes).map_err(|error| {
        let what = format!("`{}` is not the content of a message", path.display());
        let remedy = "write it as `mez iso20022 read` prints it";
        Failure::new(Exit::Invalid, "iso20022-content", what, remedy).because(&error)
    })?;
    let xml = message.write().map_err(|fault| refused(path, &fault))?;
    let json = json!({ "definition": message.definition().name(), "xml": xml });
    Ok(Answer::done(xml, json))
}

fn checked(read: &Read) -> Answer {
    let name = read.message.definition().name();
    let mut text = format!("VALID  {name}\n");
    for path in &read.unread {
        text.push_str(&format!("not understood: {path}\n"));
    }
    let json = json!({ "definition": name, "unread": read.unread, "verdict": "VALID" });
    Answer::done(text, json)
}
