//! `mez vc`: keys, signatures and judgements of verifiable credentials, without any zone.

mod beside;
mod issue;
pub(super) mod keygen;
mod present;
mod resolve;
mod sdjwt;
mod sign;
mod status;
mod verify;

use clap::Subcommand;

use super::Context;
use super::failure::Failure;
use super::screen::Answer;

pub(super) use beside::{Beside, read};
pub(super) use issue::{realm, refused};
pub(super) use present::judge_presentation;
pub(super) use sdjwt::judge_sdjwt;
pub(super) use sign::read_key;
pub(super) use verify::{Trust, because, ending, judge_document, judge_inner, shown};

/// What to do with a key or a credential.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an Ed25519 key: NAME.priv.json (mode 0600) and NAME.pub.json
    Keygen(keygen::Args),
    /// Issue a credential from its parts
    Issue(issue::Args),
    /// Sign a credential or another JSON document (eddsa-jcs-2022)
    Sign(sign::Args),
    /// Say whether a credential is VALID, INVALID or UNKNOWN
    Verify(verify::Args),
    /// Revoke or suspend: sign the status list anew with places set
    Revoke(status::Revoke),
    /// Make a status list, or look at one
    #[command(subcommand)]
    Status(status::Command),
    /// Show credentials to a verifier who gave a challenge
    Present(present::Args),
    /// Credentials whose holder chooses what to show (SD-JWT VC)
    #[command(subcommand)]
    Sd(sdjwt::Command),
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Keygen(args) => keygen::run(&args, context),
            Self::Issue(args) => issue::run(&args, context),
            Self::Present(args) => present::run(&args, context),
            Self::Revoke(args) => status::revoke(&args, context),
            Self::Sd(command) => command.run(context),
            Self::Sign(args) => sign::run(&args, context),
            Self::Status(command) => command.run(context),
            Self::Verify(args) => verify::run(&args, context),
        }
    }
}
