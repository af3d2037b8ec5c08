//! `mez iso20022 …`: payment messages of ISO 20022, read, written and checked.

use std::path::{Path, PathBuf};

use corridor::iso20022::{Fault, MESSAGE_BYTES_MAX, Message, Missing, Read, ivms101};
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
    },
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        match self {
            Self::Read { file, travel_rule } => shown(&read(file)?, *travel_rule),
            Self::Write { file } => written(file),
            Self::Check { file } => Ok(checked(&read(file)?)),
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

fn travel(message: &Message) -> Result<Value, Failure> {
    let Message::CustomerTransfer(transfer) = message else {
        let remedy = "give a pacs.008: only it names customers";
        return Err(Failure::usage("the message is no payment between customers", remedy));
    };
    ivms101(transfer).map_err(|Missing(paths)| {
        let what = "the payment does not say what the travel rule asks for";
        let remedy = "complete the payment, then send it";
        let failure = Failure::new(Exit::Invalid, "travel-rule-incomplete", what, remedy);
        paths.into_iter().fold(failure, |failure, path| failure.with(failure::Fault::new(path)))
    })
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
