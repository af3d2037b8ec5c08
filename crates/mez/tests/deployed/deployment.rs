//! Zones deployed by `mez deploy` as a process of its own, standing until told to stop.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(20);

/// A running deployment, the proposer first.
pub(crate) struct Deployment {
    pub(crate) ports: Vec<u16>,
    child: Child,
    log: PathBuf,
}

impl Deployment {
    /// Deploy into `dir`, the first zone with corridors to the others here and to one `elsewhere`
    /// (`NAME=URL#DID`), and wait until every corridor between zones here is ACTIVE.
    pub(crate) fn stand(dir: &Path, zones: &[&str], elsewhere: Option<&str>) -> Self {
        Self::stand_on(dir, zones, elsewhere, None)
    }

    /// The same; with a database there instead of files.
    pub(crate) fn stand_on(
        dir: &Path,
        zones: &[&str],
        elsewhere: Option<&str>,
        database: Option<&str>,
    ) -> Self {
        let count = u16::try_from(zones.len()).unwrap();
        let first = crate::ports::free(count);
        let ports: Vec<u16> = (first..first + count).collect();
        std::fs::create_dir_all(dir.parent().unwrap()).unwrap();
        let log = dir.with_extension("deploy.log");
        let output = std::fs::File::create(&log).unwrap();
        let peers: Vec<&str> = zones[1..].iter().copied().chain(elsewhere).collect();
        let child = Command::new(env!("CARGO_BIN_EXE_mez"))
            .args(["deploy", "--jurisdiction", zones[0], "--corridors", &peers.join(",")])
            .args(["--port", &ports[0].to_string(), "--dir"])
            .arg(dir)
            .args(database.iter().flat_map(|url| ["--database", url]))
            .current_dir(dir.parent().unwrap())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let mut standing = Self { ports, child, log };
        let began = Instant::now();
        while !standing.said().contains("zones run until") {
            let ended = standing.child.try_wait().unwrap();
            assert_eq!(ended, None, "deploy ended: {}", standing.said());
            assert!(began.elapsed() < PATIENCE, "deploy takes too long: {}", standing.said());
            std::thread::sleep(LOOK);
        }
        standing
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    fn tell(&self, signal: &str) -> bool {
        let id = self.child.id().to_string();
        Command::new("kill").args([signal, &id]).status().is_ok_and(|status| status.success())
    }

    /// Stop it in good order.
    pub(crate) fn stop(mut self) {
        assert!(self.tell("-TERM"));
        assert!(self.child.wait().unwrap().success(), "{}", self.said());
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        // After `stop` there is no such process any more.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.tell("-TERM");
            let _ = self.child.wait();
        }
    }
}
