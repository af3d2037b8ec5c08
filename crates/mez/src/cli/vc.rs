//! `mez vc`: keys, signatures and judgements of verifiable credentials, without any zone.

mod keygen;
mod sign;
mod verify;

use clap::Subcommand;

use super::Context;
use super::failure::Failure;
use super::screen::Answer;

pub(super) use verify::{Trust, because, ending, judge_document, shown};

/// What to do with a key or a credential.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an Ed25519 key: NAME.priv.json (mode 0600) and NAME.pub.json
    Keygen(keygen::Args),
    /// Sign a credential or another JSON document (eddsa-jcs-2022)
    Sign(sign::Args),
    /// Say whether a credential is VALID, INVALID or UNKNOWN
    Verify(verify::Args),
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Keygen(args) => keygen::run(&args, context),
            Self::Sign(args) => sign::run(&args, context),
            Self::Verify(args) => verify::run(&args, context),
        }
    }
}
