//! The zone processes: started, killed, started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::draw::Moment;
use crate::place::NAMES;

const READY_WAIT: Duration = Duration::from_secs(60);
const STOP_WAIT: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(10);

/// One zone, running or just killed.
pub(crate) struct Zone {
    dir: PathBuf,
    port: u16,
    child: Arc<Mutex<Child>>,
    /// How often it died.
    pub(crate) deaths: usize,
}

fn spawn(dir: &Path, port: u16, kill_at: Option<&str>) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("zone.log"));
    let log = log.unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    command
        .arg("serve")
        .arg("--dir")
        .arg(dir)
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .args(["--public-url", &format!("http://127.0.0.1:{port}")])
        .arg("--exit-with-parent")
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    if let Some(moment) = kill_at {
        command.args(["--kill-at", moment]);
    }
    command.spawn().unwrap()
}

impl Zone {
    /// Start all; one of them armed if it is to die inside a commit.
    pub(crate) fn start(dir: &Path, ports: &[u16], moment: &Moment) -> Vec<Self> {
        let start = |at: usize| {
            let armed = match moment {
                Moment::InCommit { zone, point, n } if *zone == at => Some(format!("{point}:{n}")),
                _ => None,
            };
            let dir = dir.join(NAMES[at]);
            let child = spawn(&dir, ports[at], armed.as_deref());
            let child = Arc::new(Mutex::new(child));
            Self { dir, port: ports[at], child, deaths: 0 }
        };
        let mut zones: Vec<Self> = (0..ports.len()).map(start).collect();
        zones.iter_mut().for_each(Self::wait_ready);
        zones
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The operator's token.
    pub(crate) fn token(&self) -> String {
        let text = std::fs::read_to_string(self.dir.join("operator.token")).unwrap();
        text.trim().to_owned()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("zone.log")).unwrap_or_default()
    }

    /// Kill it a while from now, from a thread of its own.
    pub(crate) fn kill_after(&self, us: u64) -> std::thread::JoinHandle<()> {
        let child = Arc::clone(&self.child);
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(us));
            child.lock().unwrap().kill().unwrap();
        })
    }

    /// Whether it died; if so it runs again when this returns.
    pub(crate) fn heal(&mut self) -> bool {
        let ended = self.child.lock().unwrap().try_wait().unwrap();
        let Some(status) = ended else { return false };
        // A signal, not an exit: it was killed, it did not give up.
        assert_eq!(status.code(), None, "zone ended by itself: {}", self.log());
        self.deaths += 1;
        *self.child.lock().unwrap() = spawn(&self.dir, self.port, None);
        self.wait_ready();
        true
    }

    fn wait_ready(&mut self) {
        let began = Instant::now();
        let url = format!("{}/health/readiness", self.url());
        loop {
            let mut last = String::new();
            match crate::client::get(&url, "") {
                Ok((200, _)) => return,
                Ok((_, body)) => last = body.to_string(),
                Err(error) => last.push_str(&error),
            }
            let ended = self.child.lock().unwrap().try_wait().unwrap();
            if let Some(status) = ended {
                panic!("zone does not start: {status} {}", self.log());
            }
            let patient = began.elapsed() < READY_WAIT;
            assert!(patient, "zone is not ready: {last}\n{}", self.log());
            std::thread::sleep(LOOK);
        }
    }

    /// Stop it in good order, and start it again: what it is about to believe is on disk alone.
    pub(crate) fn restart(&mut self) {
        self.stop();
        *self.child.lock().unwrap() = spawn(&self.dir, self.port, None);
        self.wait_ready();
    }

    /// Stop it in good order.
    pub(crate) fn stop(&mut self) {
        let mut child = self.child.lock().unwrap();
        drop(child.stdin.take());
        let began = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if began.elapsed() > STOP_WAIT {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("zone does not stop when told: {}", self.log());
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Zone {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}
