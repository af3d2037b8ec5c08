//! `mez verify chain`: a lane of any length from its first receipt on.
//!
//! Invariant: a lane is never held whole; blocks are read, judged on several threads and folded in
//! order, so the first offending receipt is the one named.

mod forks;
mod judge;
mod source;
pub(super) mod told;
mod trusted;

use std::path::{Path, PathBuf};

use canon::{CorridorId, ZoneId};
use corridor::handshake::Rules;
use proof::keys::batch::Mode;

use crate::cli::remote::Target;
use crate::cli::remote::corridor::document;
use crate::cli::screen::Answer;
use crate::cli::vc::Trust;
use crate::cli::{Context, Exit, Failure};
use source::Source;

/// Which lanes, how they are judged, and whom to believe.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Lanes: a file of receipts, one a line, or a witness bundle (zip); several files of one lane are
    /// compared, and a fork is shown with its candidates
    #[arg(required_unless_present = "corridor")]
    files: Vec<PathBuf>,
    /// Ask a zone for the lane of this corridor instead
    #[arg(long, value_name = "ID", value_parser = CorridorId::parse, conflicts_with = "files")]
    corridor: Option<CorridorId>,
    /// The lane of that corridor; the zone's own, unless given
    #[arg(long, value_name = "ZONE", value_parser = ZoneId::parse, requires = "corridor")]
    lane: Option<ZoneId>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    trust: Trust,
    /// Judge signatures in batches (ZIP-215): for history that was admitted strictly before
    #[arg(long)]
    history: bool,
    /// Thresholds the lane was agreed under: an agreement, an amendment, or the file given to `propose`;
    /// may be repeated. A bundle brings its own
    #[arg(long = "thresholds", value_name = "FILE")]
    thresholds: Vec<PathBuf>,
    #[command(flatten)]
    checkpoint: trusted::TrustedCheckpoint,
}

pub(super) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let dids = args.trust.dids()?;
    let mut zones = super::zones::known(&args.trust, &dids)?;
    let sources = match &args.corridor {
        Some(corridor) => vec![Source::zone(&args.target, corridor, args.lane.as_ref(), context)?],
        None => Source::files(&args.files, &dids, &mut zones)?,
    };
    let told: Result<Vec<_>, _> = args.thresholds.iter().map(|file| rules(file)).collect();
    let told = told?;
    let mode = if args.history { Mode::History } else { Mode::Strict };
    let many = sources.len() > 1;
    let mut judge = judge::Judge::new((&zones, &told), mode, &args.checkpoint, context, many);
    let mut lanes = Vec::new();
    for source in sources {
        lanes.push(judge.lane(source)?);
    }
    let forks = forks::between(&lanes);
    Ok(told::answer(&lanes, &forks, mode, context))
}

/// The thresholds a file states.
fn rules(file: &Path) -> Result<Rules, Failure> {
    Rules::stated(&document(file)?).map_err(|error| {
        let what = format!("`{}` states no thresholds", file.display());
        let remedy = "give an agreement, an amendment, or `thresholds` with their `holders`";
        Failure::new(Exit::Invalid, "thresholds", what, remedy).because(&error)
    })
}
