//! A folder to run the program in, and what it said there.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proof::SecretKey;
use proof::jwk::KeyFile;

/// A folder of one test, removed afterwards.
pub(crate) struct Place {
    dir: PathBuf,
}

/// What one run said.
pub(crate) struct Said {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("cli-{name}-{}", std::process::id());
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Self { dir }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A private key that is the same in every run; its DID.
    pub(crate) fn key(&self, name: &str, seed: u8) -> String {
        let secret = SecretKey::from_seed([seed; 32]).unwrap();
        self.write(name, KeyFile::print(&secret).as_bytes());
        secret.public().did().to_string()
    }

    pub(crate) fn mez(&self, args: &[&str]) -> Said {
        self.mez_reading(args, b"")
    }

    pub(crate) fn mez_reading(&self, args: &[&str], input: &[u8]) -> Said {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mez"))
            .args(args)
            .current_dir(&self.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses early closes its end; that is its right.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        Said {
            exit: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Said {
    /// Everything, in one text.
    pub(crate) fn all(&self) -> String {
        let mut text = format!("exit {}\n", self.exit);
        for (name, stream) in [("stdout", &self.out), ("stderr", &self.err)] {
            if !stream.is_empty() {
                text.push_str(&format!("-- {name}\n{stream}"));
                if !stream.ends_with('\n') {
                    text.push_str("<no newline>\n");
                }
            }
        }
        text
    }

    /// Everything, with digests (which follow the content) and times left out.
    pub(crate) fn steady(&self) -> String {
        let word = |word: &str| {
            let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            let bare = bare.strip_prefix("sha256:").unwrap_or(bare);
            let bare = bare.rsplit('/').next().unwrap_or(bare);
            let bare = bare.split('.').next().unwrap_or(bare);
            let hex = bare.len() == 64 && bare.bytes().all(|b| b.is_ascii_hexdigit());
            let did = word
                .split("did:key:")
                .nth(1)
                .map(|key| key.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned());
            let time = bare.len() == 20 && bare.ends_with('Z') && bare.contains('T');
            match (hex, did, time) {
                (true, ..) => word.replace(bare, "<sha256>"),
                (_, Some(key), _) => word.replace(&key, "<key>"),
                (.., true) => word.replace(bare, "<time>"),
                _ => word.to_owned(),
            }
        };
        let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
        let mut text = self.all().lines().map(line).collect::<Vec<_>>().join("\n");
        text.push('\n');
        text
    }

    /// Standard output as the one JSON document it must be.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }

    /// Standard error as the one JSON document it must be.
    pub(crate) fn problem(&self) -> serde_json::Value {
        assert_eq!(self.out, "");
        serde_json::from_str(&self.err).unwrap()
    }
}
