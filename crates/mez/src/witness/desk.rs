//! The one thread that decides, remembers, and only then lets be answered.
//!
//! Group commit without timers: whatever is waiting when the thread comes back from a sync goes into
//! the next frame together, over all logs, behind one sync.
//!
//! Invariant: checking against the last checkpoint and replacing it is one step of one thread; a
//! [`Cosign`] leaves this thread after the sync that made it durable, never before.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use proof::witness::{Asked, Cosign, Held, Logs, Refusal};
use tokio::sync::oneshot;

use super::list::List;
use super::state::{Disk, FRAME_NOTES_MAX, State};

const STACK_BYTES: usize = 1024 * 1024;
/// Most evidence files kept; a log that forks more often has been proven to.
const EVIDENCE_FILES_MAX: usize = 1_000;

/// What the desk says.
pub(super) enum Said {
    /// Durable: sign it.
    Cosign(Cosign),
    /// Not cosigned, by the protocol.
    Refused(Refusal),
    /// The disk failed, now or before: nothing is signed any more.
    Stopped,
}

struct Job {
    asked: Asked,
    answer: oneshot::Sender<Said>,
}

/// The thread.
pub(super) struct Desk {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

/// A way to ask it.
#[derive(Clone)]
pub(super) struct Handle(Sender<Job>);

impl Desk {
    /// Start it on a state.
    ///
    /// # Errors
    /// No thread can be had.
    pub(super) fn open<D: Disk + 'static>(
        state: State<D>,
        list: Arc<List>,
        evidence: PathBuf,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = channel();
        let builder = std::thread::Builder::new().name("desk".to_owned()).stack_size(STACK_BYTES);
        let thread = builder.spawn(move || work(state, &waiting, &list, &evidence))?;
        Ok(Self { jobs, thread })
    }

    /// A way to ask it.
    pub(super) fn handle(&self) -> Handle {
        Handle(self.jobs.clone())
    }

    /// Wait until all who can ask are gone and it has ended.
    pub(super) fn close(self) {
        let Self { jobs, thread } = self;
        drop(jobs);
        let _ = thread.join();
    }
}

impl Handle {
    /// Ask; the answer comes when it is durable.
    pub(super) async fn ask(&self, asked: Asked) -> Said {
        let (answer, said) = oneshot::channel();
        if self.0.send(Job { asked, answer }).is_err() {
            return Said::Stopped;
        }
        said.await.unwrap_or(Said::Stopped)
    }
}

fn work<D: Disk>(mut state: State<D>, waiting: &Receiver<Job>, list: &List, evidence: &Path) {
    while let Ok(first) = waiting.recv() {
        let mut jobs = vec![first];
        while jobs.len() < FRAME_NOTES_MAX {
            let Ok(next) = waiting.try_recv() else { break };
            jobs.push(next);
        }
        let (askeds, answers): (Vec<_>, Vec<_>) =
            jobs.into_iter().map(|job| (job.asked, job.answer)).unzip();
        let (said, forks) = decide(&mut state, askeds);
        for (answer, said) in answers.into_iter().zip(said) {
            // Whoever went away without waiting holds no cosignature.
            let _ = answer.send(said);
        }
        for (first, second) in forks {
            keep_evidence(&list.now(), evidence, &first, &second);
        }
    }
}

/// Decides all, makes what is new durable together, and says nothing before.
pub(super) fn decide<D: Disk>(
    state: &mut State<D>,
    askeds: Vec<Asked>,
) -> (Vec<Said>, Vec<(Held, Held)>) {
    let (mut said, mut notes, mut forks) = (Vec::new(), Vec::new(), Vec::new());
    for asked in askeds {
        let last = state.last(asked.held().origin());
        if let Some(last) = last.filter(|last| last.contradicts(asked.held())) {
            forks.push((last.clone(), asked.held().clone()));
        }
        said.push(match asked.against(last) {
            Ok(cosign) => {
                if cosign.is_news() {
                    notes.push(cosign.held().note());
                    state.put(cosign.held().clone());
                }
                Said::Cosign(cosign)
            }
            Err(refusal) => Said::Refused(refusal),
        });
    }
    // Also without news: an answer repeated rests on what may not have become durable.
    if state.keep(&notes).is_err() {
        said = said.iter().map(|_| Said::Stopped).collect();
    }
    (said, forks)
}

/// One file per log and size; failing to write it changes no answer.
fn keep_evidence(logs: &Logs, folder: &Path, first: &Held, second: &Held) {
    let Some(file) = super::folder::evidence_of(logs, first, second) else { return };
    let count = std::fs::read_dir(folder).map_or(0, Iterator::count);
    let path = folder.join(&file.name);
    if count < EVIDENCE_FILES_MAX && !path.exists() {
        let _ = crate::layout::write_atomic(&path, &file.bytes);
    }
}
