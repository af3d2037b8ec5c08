//! The thread that watches the folder of published lists: what is laid there comes into force while
//! the zone runs.
//!
//! Invariant: what is in force was read after the look it is compared with, so that nothing laid since
//! is missed; a folder that is still being written to is left alone until it has rested for one look;
//! and lists that are refused change nothing but what readiness tells.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use zone::Zone;

use super::law;
use crate::layout::ZoneDir;

/// Time between two looks at the folder.
const LOOK_MS: u64 = 1_000;
/// Longest time between being told to stop and seeing it.
const STEP_MS: u64 = 50;
const STACK_BYTES: usize = 4 * 1024 * 1024;

/// Name, size and time of change of each file, ordered by name.
type Seen = Vec<(String, u64, Option<SystemTime>)>;

/// The thread.
pub(super) struct Lists {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What is watched, and what was there before its lists were last read.
pub(super) struct Watched {
    dir: ZoneDir,
    sanctions: Option<PathBuf>,
    taken: Seen,
}

impl Watched {
    /// A first look; to be had before the lists are read.
    pub(super) fn look(dir: ZoneDir, sanctions: Option<PathBuf>) -> Self {
        let watched = Self { dir, sanctions, taken: Seen::new() };
        Self { taken: watched.seen(), ..watched }
    }

    fn seen(&self) -> Seen {
        let folder = self.sanctions.clone().unwrap_or_else(|| self.dir.sanctions());
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut seen: Seen = entries
            .filter_map(|entry| {
                let known = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                Some((name, known.len(), known.modified().ok()))
            })
            .collect();
        seen.sort();
        seen
    }

    /// Read the lists, and put them in force.
    fn take(&self, zone: &Zone) {
        let known = zone.law();
        let cited = known.screener.lists().iter().filter(|list| list.is_cited()).cloned();
        let read = law::screener(&self.dir, self.sanctions.as_deref(), cited.collect());
        let told = |error: &dyn std::error::Error| {
            let because = error.source().map(|why| format!(": {why}")).unwrap_or_default();
            format!("{error}{because}")
        };
        let taken = match read {
            Ok(screener) => zone.take_lists(screener).map_err(|error| told(&error)),
            Err(error) => Err(told(&error)),
        };
        match taken {
            Ok(true) => eprintln!("other sanctions lists are in force"),
            Ok(false) => {}
            Err(why) => {
                eprintln!("the sanctions lists in the folder are refused: {why}");
                zone.lists_refused(why);
            }
        }
    }
}

impl Lists {
    /// Start it.
    ///
    /// # Errors
    /// No thread can be had.
    pub(super) fn start(zone: Arc<Zone>, watched: Watched) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let builder = std::thread::Builder::new().name("lists".to_owned());
        let builder = builder.stack_size(STACK_BYTES);
        let thread = builder.spawn(move || work(&zone, watched, &told))?;
        Ok(Self { stop, thread })
    }

    /// End it; one that reads lists ends with the process.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        if self.thread.is_finished() {
            let _ = self.thread.join();
        }
    }
}

fn work(zone: &Zone, mut watched: Watched, stop: &AtomicBool) {
    let mut before = watched.taken.clone();
    loop {
        for _ in 0..LOOK_MS / STEP_MS {
            if stop.load(Ordering::SeqCst) {
                return;
            }
            std::thread::sleep(Duration::from_millis(STEP_MS));
        }
        let now = watched.seen();
        if now == before && now != watched.taken {
            watched.take(zone);
            watched.taken.clone_from(&now);
        }
        before = now;
    }
}
