//! A folder with a token of its own, and the programs run in it.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use link::{Link, RemoteError, RemoteKeys};
use proof::{PublicKey, SecretKey};
use serde_json::Value;

const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
];
const ABSENT: &str = "SoftHSM2 is not installed: apt-get install softhsm2";
pub const TOKEN: &str = "zone";
pub const PIN: &str = "4711-correct";

static COUNT: AtomicU32 = AtomicU32::new(0);

pub fn module() -> &'static str {
    MODULES.into_iter().find(|path| Path::new(path).exists()).expect(ABSENT)
}

/// Exit code and the one JSON document of standard output or, for a failure, standard error.
#[derive(Debug)]
pub struct Said(pub i32, pub Value);

impl Said {
    pub fn code(&self) -> (i32, &str) {
        (self.0, self.1["error"]["code"].as_str().unwrap_or_default())
    }
}

pub struct Place {
    pub root: PathBuf,
    pub caller: SecretKey,
}

impl Place {
    /// An initialized token, and its PIN in a private file.
    pub fn new(name: &str) -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hsm-{name}-{}-{count}", std::process::id());
        // SoftHSM2 truncates a file some 250 times for four keys; in memory that costs nothing.
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) };
        let root = base.join(name);
        std::fs::create_dir_all(root.join("tokens")).unwrap();
        let conf = format!(
            "directories.tokendir = {}\nlog.level = ERROR\n",
            root.join("tokens").display()
        );
        std::fs::write(root.join("softhsm2.conf"), conf).unwrap();
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let place = Self { root, caller: SecretKey::from_seed(seed).unwrap() };
        place.secret("pin", PIN);
        place.init_token(&["--free"], PIN);
        place
    }

    pub fn init_token(&self, which: &[&str], pin: &str) {
        let mut command = Command::new("softhsm2-util");
        command.args(["--init-token", "--label", TOKEN, "--so-pin", "1234-officer", "--pin", pin]);
        let out = self.env(command.args(which)).output().expect(ABSENT);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }

    pub fn env<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("SOFTHSM2_CONF", self.root.join("softhsm2.conf")).current_dir(&self.root)
    }

    pub fn secret(&self, name: &str, text: &str) {
        let mut options = std::fs::OpenOptions::new();
        let path = self.root.join(name);
        options.write(true).create(true).truncate(true).mode(0o600).open(&path).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The folder of the one token there is.
    pub fn token_dir(&self) -> PathBuf {
        let mut entries = std::fs::read_dir(self.root.join("tokens")).unwrap();
        entries.next().unwrap().unwrap().path()
    }

    /// `mez-hsm`, every secret kept out of what it says.
    pub fn hsm(&self, words: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mez-hsm"));
        said(self.env(command.arg("--json").args(words)))
    }

    pub fn init(&self, dir: &str, extra: &[&str]) -> Said {
        let key = self.caller.public().to_multikey();
        let words = ["init", "--module", module(), "--token", TOKEN, "--dir", dir];
        let pinned = if extra.contains(&"--zone-key") { vec![] } else { vec!["--zone-key", &key] };
        let pin = if extra.iter().any(|word| word.starts_with("--pin")) {
            vec![]
        } else {
            vec!["--pin-file", "pin"]
        };
        self.hsm(&[&words[..], &pinned, &pin, extra].concat())
    }

    /// What `serve` refuses with.
    pub fn unserved(&self, dir: &str) -> Said {
        self.hsm(&["serve", "--dir", dir, "--pin-file", "pin", "--listen", "127.0.0.1:0"])
    }

    pub fn serve(&self, dir: &str, address: &str) -> Signer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mez-hsm"));
        command.args(["serve", "--dir", dir, "--pin-file", "pin", "--exit-with-parent"]);
        command.args(["--listen", address]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let log = std::fs::File::create(self.root.join("signer.log")).unwrap();
        let mut child = self.env(&mut command).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = line.strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {line}"));
        Signer { child, ready: serde_json::from_str(ready).unwrap() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

pub fn said(command: &mut Command) -> Said {
    let out = command.stdin(Stdio::null()).output().unwrap();
    let text = if out.status.success() { &out.stdout } else { &out.stderr };
    let text = String::from_utf8_lossy(text);
    assert!(!text.contains("4711"), "a PIN is told: {text}");
    let told = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{command:?}: {text}"));
    Said(out.status.code().unwrap(), told)
}

/// A running `mez-hsm serve`.
pub struct Signer {
    child: Child,
    pub ready: Value,
}

impl Signer {
    pub fn address(&self) -> String {
        self.ready["address"].as_str().unwrap().to_owned()
    }

    pub fn key(&self) -> PublicKey {
        PublicKey::from_multikey(self.ready["link_key"].as_str().unwrap()).unwrap()
    }

    /// The zone's end of the link.
    pub fn link(&self, own: &SecretKey, pinned: PublicKey) -> Result<RemoteKeys, RemoteError> {
        let own = SecretKey::from_seed(*own.seed_for_file()).unwrap();
        let wait = Duration::from_secs(10);
        link::connect(&Link { address: self.address(), pinned, own, wait })
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
