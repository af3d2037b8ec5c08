//! One term: the zone is open and the threads behind it run, from when this process may write until it may not.

use std::path::PathBuf;
use std::sync::Arc;

use canon::{Clock, Entropy};
use store::Store;

use super::bell::Bell;
use super::jobs::{self, Jobs};
use super::lists::{Lists, Watched};
use super::load::{self, Loading};
use super::watch::Watch;
use super::{ServeError, operator, tell};
use crate::http::{Service, unheard};
use crate::layout::ZoneDir;

/// Where the zone is, and what each of its terms is given.
pub(super) struct Seat {
    pub(super) dir: ZoneDir,
    pub(super) database: Option<String>,
    pub(super) sanctions: Option<PathBuf>,
    pub(super) url: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    #[cfg(feature = "faults")]
    pub(super) kill_at: Option<super::faults::KillAt>,
}

/// The threads of a term.
#[derive(Default)]
pub(super) struct Term {
    watch: Option<Watch>,
    lists: Option<Lists>,
    jobs: Option<Jobs>,
}

impl Seat {
    /// Open the zone, begin its work, and put it behind the doors.
    ///
    /// # Errors
    /// See [`ServeError`]; nothing was signed or written.
    pub(super) fn begin(
        &self,
        store: Option<Arc<dyn Store>>,
        service: &Service,
    ) -> Result<Term, ServeError> {
        let loading = Loading {
            dir: &self.dir,
            database: self.database.clone(),
            store,
            sanctions: self.sanctions.clone(),
            url: self.url.clone(),
        };
        // Before they are read: what is laid meanwhile differs from what was seen.
        let watched = Watched::look(ZoneDir::at(self.dir.root()), self.sanctions.clone());
        let door = load::open(&loading, Arc::clone(&self.clock), Arc::clone(&self.entropy))?;
        let Some(zone) = door.zone().cloned() else {
            service.put(door, Bell::default(), unheard());
            return Ok(Term::default());
        };
        operator::ensure(&self.dir, &zone)?;
        #[cfg(feature = "faults")]
        if let Some(moment) = self.kill_at {
            moment.arm();
        }
        // Before anything is written: a peer may know that these data are old.
        jobs::asked(&zone, jobs::ASK_SECS_MAX);
        // A rotation of its keys is stated before any business; what fails here the jobs do.
        let _ = zone.state_rotations();
        // A zone that signs nothing still serves what it has.
        let _ = zone.publish_log();
        let watch = door.witnesses().map(|asked| Watch::start(&zone, asked, self.dir.root()));
        let watch = watch.transpose().map_err(ServeError::Host)?;
        let lists = Lists::start(Arc::clone(&zone), watched).map_err(ServeError::Host)?;
        let jobs = Jobs::start(Arc::clone(&zone)).map_err(ServeError::Host)?;
        let head = tell::start(zone, jobs.bell()).map_err(ServeError::Host)?;
        service.put(door, jobs.bell(), head);
        Ok(Term { watch, lists: Some(lists), jobs: Some(jobs) })
    }
}

impl Term {
    /// End its work.
    pub(super) fn end(self) {
        self.watch.into_iter().for_each(Watch::stop);
        self.lists.into_iter().for_each(Lists::stop);
        self.jobs.into_iter().for_each(Jobs::stop);
    }
}
