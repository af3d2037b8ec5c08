//! `mez pack`: how much law there is, computed; its sources, for a reader to follow; and what is
//! wrong with it.

mod cite;
mod completeness;
mod lint;
mod vocabulary;

use clap::Subcommand;

use super::content::ContentArgs;
use super::failure::Failure;
use super::screen::Answer;

/// What to ask of the packs.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Count the rules of every jurisdiction and domain: shells, copies and padding count nothing
    Completeness(completeness::Args),
    /// Draw rules by seed and print where each is written, for a reader to follow
    Cite(cite::Args),
    /// Find what loads and is unfinished: rules without tests, citations nobody can follow
    Lint(lint::Args),
    /// Print every fact a rule may ask for and every function it may call
    Vocabulary,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        match self {
            Self::Completeness(args) => completeness::run(args),
            Self::Cite(args) => cite::run(args),
            Self::Lint(args) => lint::run(args),
            Self::Vocabulary => Ok(vocabulary::run()),
        }
    }
}
