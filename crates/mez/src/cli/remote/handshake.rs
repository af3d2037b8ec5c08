//! `mez corridor create|message|take|activate|ack`: the handshake by hand, and without a network between the zones.

use std::path::PathBuf;

use canon::{CorridorId, Did};
use serde_json::json;

use super::corridor::{Asking, document, pinned};
use super::demands::Demands;
use super::status::shown;
use crate::cli::file::write_new_0644;
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Context, Failure};

/// Steps an operator takes by hand.
#[derive(clap::Subcommand)]
pub(crate) enum ByHand {
    /// Draw a corridor up for a zone that cannot be reached; its messages are carried as files
    Create(CreateArgs),
    /// Write, as a file for the peer, what this zone has to say next in a handshake
    Message(MessageArgs),
    /// Take a message of the peer's handshake from a file
    Take(TakeArgs),
    /// Go on with a handshake at once: tell the peer what waits for it
    Activate(OfOne),
    /// Acknowledge the peer's lane as far as it is held and decided
    Ack(OfOne),
}

impl ByHand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Create(args) => args.run(context),
            Self::Message(args) => args.run(context),
            Self::Take(args) => args.run(context),
            Self::Activate(args) => args.post(context, "activate", "go on with this handshake"),
            Self::Ack(args) => args.post(context, "acks", "acknowledge"),
        }
    }
}

/// A corridor to a zone that cannot be reached.
#[derive(clap::Args)]
pub(crate) struct CreateArgs {
    /// The peer's inception document, as it serves it under /.well-known/mez/inception.json
    #[arg(long, value_name = "FILE")]
    inception: PathBuf,
    /// The peer's DID, from another source than the document
    #[arg(long, value_name = "DID", value_parser = pinned)]
    peer: Did,
    /// Where the peer will be reached, if that is known
    #[arg(long, value_name = "URL", default_value = "")]
    peer_url: String,
    /// Who is to choose between histories of a lane where both zones signed two: a did:key of its own
    #[arg(long, value_name = "DID", value_parser = pinned)]
    fork_authority: Option<Did>,
    #[command(flatten)]
    demands: Demands,
    #[command(flatten)]
    asking: Asking,
}

/// What is to be said next.
#[derive(clap::Args)]
pub(crate) struct MessageArgs {
    /// In the handshake of which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// Where it is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// What the peer said.
#[derive(clap::Args)]
pub(crate) struct TakeArgs {
    /// The message, as `mez corridor message` of the peer wrote it
    file: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// One corridor.
#[derive(clap::Args)]
pub(crate) struct OfOne {
    /// Which
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    #[command(flatten)]
    asking: Asking,
}

impl CreateArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let body = self.demands.added_to(json!({
            "url": self.peer_url, "did": self.peer, "inception": document(&self.inception)?,
            "fork_authority": self.fork_authority,
        }))?;
        let drawn = self.asking.send(context, "draw this corridor up", "/v1/corridors", &body)?;
        let id = shown(drawn.get("corridor_id"));
        let text = pairs(&[
            ("corridor", id.clone()),
            ("state", shown(drawn.get("state"))),
            ("next", format!("mez corridor message {id} --out FILE")),
        ]);
        Ok(Answer::done(text, drawn))
    }
}

impl MessageArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let path = format!("/v1/corridors/{}/handshake", self.id);
        let file = self.asking.send(context, "write its next message", &path, &json!({}))?;
        write_new_0644(&self.out, file.to_string().as_bytes())?;
        let out = self.out.display().to_string();
        let text = pairs(&[
            ("message", shown(file.get("call"))),
            ("for", shown(file.get("to"))),
            ("written", out.clone()),
            ("next", format!("there: mez corridor take {out}")),
        ]);
        Ok(Answer::done(text, json!({ "call": file.get("call"), "file": out })))
    }
}

impl TakeArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let body = json!({ "file": document(&self.file)? });
        self.asking.post(context, "take this message", "/v1/corridors/handshake", &body)
    }
}

impl OfOne {
    fn post(&self, context: &Context<'_>, verb: &str, doing: &str) -> Result<Answer, Failure> {
        let path = format!("/v1/corridors/{}/{verb}", self.id);
        self.asking.post(context, doing, &path, &json!({}))
    }
}
