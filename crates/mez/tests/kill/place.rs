//! The deployment every round starts from: laid once by `mez deploy`, copied for each round.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::draw::ZONES;

/// The two zones, the proposer first.
pub(crate) const NAMES: [&str; ZONES] = ["sg", "pk-sifc"];
const DEPLOY_WAIT: Duration = Duration::from_secs(120);

/// A deployed pair of zones with an ACTIVE corridor, stopped.
pub(crate) struct Base {
    dir: PathBuf,
    pub(crate) ports: [u16; ZONES],
}

/// Two neighbouring free ports: `deploy` takes them one after the other.
fn ports() -> [u16; ZONES] {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        if let Some(next) = port.checked_add(1)
            && TcpListener::bind(("127.0.0.1", next)).is_ok()
        {
            return [port, next];
        }
    }
}

impl Base {
    /// Deploy, wait for the corridor, stop.
    pub(crate) fn lay() -> Self {
        let dir =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kill-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let base = Self { dir, ports: ports() };
        std::fs::create_dir_all(&base.dir).unwrap();
        let log = base.dir.join("deploy.log");
        let output = std::fs::File::create(&log).unwrap();
        let mut deploy = Command::new(env!("CARGO_BIN_EXE_mez"))
            .args(["deploy", "--jurisdiction", NAMES[0], "--corridors", NAMES[1]])
            .args(["--port", &base.ports[0].to_string(), "--dir"])
            .arg(base.dir.join("base"))
            .current_dir(&base.dir)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let began = Instant::now();
        let said = || std::fs::read_to_string(&log).unwrap();
        while !said().contains("zones run until") {
            assert_eq!(deploy.try_wait().unwrap(), None, "deploy ended: {}", said());
            if began.elapsed() > DEPLOY_WAIT {
                deploy.kill().unwrap();
                panic!("deploy takes too long: {}", said());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let told = Command::new("kill").args(["-TERM", &deploy.id().to_string()]).status();
        assert!(told.unwrap().success());
        assert!(deploy.wait().unwrap().success(), "{}", said());
        base
    }

    /// A copy of its own for a round.
    pub(crate) fn copy(&self, round: usize) -> PathBuf {
        let to = self.dir.join(format!("round-{round}"));
        copy(&self.dir.join("base"), &to);
        to
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        // What a failed round left is what tells why it failed.
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// Folders, files and their modes.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
