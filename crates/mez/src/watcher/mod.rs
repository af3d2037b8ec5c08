//! `mez watcher run`: a corridor mirrored from both zones, verified, and attested.
//!
//! ```text
//! D/lock                        one process at a time
//! D/said.json                   what was attested last
//! D/mirror/<zone>.zip           the last history verified whole, as each zone showed it
//! D/mirror/<zone>/<sha256>/     what came after the bundle of that digest, piece by piece
//! D/evidence/<sha256>.json      proofs that a zone signed two histories; `mez verify` judges them
//! ```
//! [`folder`] remembers, [`source`] asks a zone over the public wire; what a round decides is
//! [`corridor::watcher::Watching`].
//!
//! Invariant: what is said to be remembered is durable.

mod folder;
mod source;

pub(crate) use folder::{WatcherDir, said};
pub(crate) use source::Source;

use canon::Did;
use corridor::watcher::{Doubt, Fault};
use proof::credential::Reason;

use crate::client::ClientError;
use crate::layout::LayoutError;

/// Why a watcher does not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatcherFault {
    /// Its folder.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Another process runs on it.
    #[error("another process runs on this folder")]
    InUse,
    /// Something in the folder is not what was written there.
    #[error("`{0}` is not what a watcher wrote")]
    Doubt(String),
    /// A zone.
    #[error("zone `{0}`: {1}")]
    Zone(Did, #[source] ClientError),
    /// A zone's answer.
    #[error("zone `{0}` answers what cannot be read: {1}")]
    Answer(Did, String),
    /// A history that does not verify.
    #[error("zone `{}` shows a history that does not verify: {}", .0, told(.1))]
    Refuted(Did, Vec<Reason>),
    /// The watcher's own document.
    #[error(transparent)]
    Own(#[from] corridor::watcher::WatcherError),
}

fn told(reasons: &[Reason]) -> String {
    let told = |reason: &Reason| format!("{}: {}", reason.code, reason.detail);
    reasons.iter().map(told).collect::<Vec<_>>().join("; ")
}

impl From<Doubt> for WatcherFault {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::Answer(zone, told) => Self::Answer(zone, told),
            Doubt::Refuted(zone, reasons) => Self::Refuted(zone, reasons),
            Doubt::Own(error) => Self::Own(error),
        }
    }
}

impl Fault for WatcherFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Layout(_) => "watcher-folder",
            Self::InUse => "watcher-in-use",
            Self::Doubt(_) => "watcher-doubt",
            Self::Zone(..) => "zone-away",
            Self::Answer(..) => "zone-answer",
            Self::Refuted(..) => "history-refuted",
            Self::Own(_) => "watcher-document",
        }
    }
}
