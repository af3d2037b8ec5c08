//! The threads that have our logs cosigned, one for each witness, and the file that keeps what they
//! got over a restart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use zone::Zone;

use crate::layout::{read, write_atomic};
use crate::out::{Client, Look, Witnesses};

/// Pause after a look at which nothing was due.
const IDLE_MS: u64 = 500;
/// Pause after one at which the witness did not do its part.
const LATER_MS: u64 = 3_000;
/// Longest time between being told to stop and seeing it, calls apart.
const STEP_MS: u64 = 50;
/// Looks between two writes of the file.
const KEEP_LOOKS: u32 = 8;
const STACK_BYTES: usize = 1024 * 1024;
/// File of a zone's folder with the newest cosigned checkpoints.
const COSIGNED: &str = "cosigned.json";

/// The threads.
pub(super) struct Watch {
    zone: Arc<Zone>,
    file: Arc<File>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// The file, and what was written to it last.
struct File {
    path: PathBuf,
    written: Mutex<BTreeMap<String, String>>,
}

impl Watch {
    /// Take up what was cosigned before, ask each witness once, then go on asking.
    ///
    /// # Errors
    /// No thread can be had.
    pub(super) fn start(
        zone: &Arc<Zone>,
        witnesses: &Witnesses,
        folder: &Path,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let path = folder.join(COSIGNED);
        let kept = read(&path).ok();
        let kept: Option<BTreeMap<String, String>> =
            kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        // A file that is not there, or not whole, only means asking again.
        let _ = zone.take_up(&kept.unwrap_or_default());
        let file = Arc::new(File { path, written: Mutex::default() });
        let mut threads = Vec::new();
        for witness in &witnesses.asked {
            let client = Client::new(witness.clone());
            // Before anything is written: it may know that these data are old.
            client.look(zone, || false);
            let (zone, file, stop) = (Arc::clone(zone), Arc::clone(&file), Arc::clone(&stop));
            let builder = std::thread::Builder::new().name("witness".to_owned());
            let builder = builder.stack_size(STACK_BYTES);
            threads.push(builder.spawn(move || work(&zone, &client, &file, &stop))?);
        }
        Ok(Self { zone: Arc::clone(zone), file, stop, threads })
    }

    /// End them; one in a call ends with the process.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.file.keep(&self.zone);
        for thread in self.threads.into_iter().filter(JoinHandle::is_finished) {
            let _ = thread.join();
        }
    }
}

fn work(zone: &Zone, client: &Client, file: &File, stop: &AtomicBool) {
    let stopped = || stop.load(Ordering::SeqCst);
    for look in 1u32.. {
        let pause = match client.look(zone, stopped) {
            Look::Later => LATER_MS,
            Look::Idle | Look::Cosigned => IDLE_MS,
        };
        if look % KEEP_LOOKS == 0 {
            file.keep(zone);
        }
        for _ in 0..pause / STEP_MS {
            if stopped() {
                return;
            }
            std::thread::sleep(Duration::from_millis(STEP_MS));
        }
    }
}

impl File {
    fn keep(&self, zone: &Zone) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let notes = zone.cosigned_notes();
        if notes == *written {
            return;
        }
        let bytes = serde_json::to_vec(&notes).unwrap_or_default();
        // What cannot be kept is asked for again after the next start.
        if write_atomic(&self.path, &bytes).is_ok() {
            *written = notes;
        }
    }
}
