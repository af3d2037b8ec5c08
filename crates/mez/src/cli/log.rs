//! `mez log …`: a receipt log as files that any web server hands out, checked and proved from.
//!
//! A log is a folder, or the URL of a C2SP `tlog-tiles` prefix: `checkpoint`, `tile/…`.
//!
//! Invariant: nothing is written or answered that does not lead to the root of a checkpoint signed by
//! the key given; the checkpoint itself never says whom to believe.

mod export;
mod fsck;
mod place;
mod prove;
mod trust;

use clap::Subcommand;

use super::{Context, Failure, screen::Answer};

pub(crate) use place::Place;
pub(crate) use trust::LogTrust;

/// What to do with a log.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Copy a log into a folder that any static web server can hand out
    Export(export::Args),
    /// Derive every tile again from the entries and name each byte that is wrong
    Fsck(fsck::Args),
    /// Write the proof (C2SP tlog-proof) that a receipt is in the log
    Prove(prove::Args),
    /// Write the proof that the log extends an older checkpoint
    Extends(prove::ExtendsArgs),
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Export(args) => export::run(&args),
            Self::Fsck(args) => fsck::run(&args, context.style),
            Self::Prove(args) => prove::run(&args),
            Self::Extends(args) => prove::extends(&args),
        }
    }
}
