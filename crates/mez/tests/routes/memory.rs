//! What a process that held a private key leaves in its memory: nothing, once the key is dropped.
//!
//! A child reads the key file the way a zone does; its parent looks through every page it may write.
//! The parent finds the key while it is held, or the test says nothing.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use proof::{Checkpoint, Purpose, SecretKey};

use crate::founding::read_key;
use crate::home::Home;

const KEYS: &str = "MEZ_TEST_KEYS";
/// Bytes read at once.
const CHUNK: u64 = 4 << 20;
/// A larger region is no key's place, and not ours to wait for.
const REGION_MAX: u64 = 256 << 20;

fn step(word: &str) {
    println!("\n{word}");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

#[test]
#[ignore = "holds keys; run by the test below"]
fn holds_keys() {
    let paths = std::env::var(KEYS).unwrap();
    let (old, new) = paths.split_once(':').unwrap();
    let mut key = read_key(Path::new(old)).unwrap();
    used(&key);
    step("held");
    key = read_key(Path::new(new)).unwrap();
    used(&key);
    step("rotated");
    drop(key);
    step("dropped");
}

/// Signs, as a zone does.
fn used(key: &SecretKey) {
    let empty = Checkpoint::new("sg.example/log", 0, proof::merkle::empty_root()).unwrap();
    empty.sign(key).unwrap();
}

struct Holder(Child, BufReader<std::process::ChildStdout>);

impl Holder {
    fn start(paths: [&Path; 2]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "memory::holds_keys", "--ignored", "--nocapture"]);
        command.env(KEYS, format!("{}:{}", paths[0].display(), paths[1].display()));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out)
    }

    fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        while line.trim() != word {
            line.clear();
            assert_ne!(self.1.read_line(&mut line).unwrap(), 0, "it ended before `{word}`");
        }
    }

    fn go_on(&mut self) {
        self.0.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// How often each needle lies in memory the child may write.
    fn count(&self, needles: &[Vec<u8>]) -> Vec<usize> {
        let pid = self.0.id();
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
        let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
        let mut counts = vec![0; needles.len()];
        for line in maps.lines() {
            let mut words = line.split(' ');
            let (range, mode) = (words.next().unwrap(), words.next().unwrap());
            let (from, to) = range.split_once('-').unwrap();
            let [from, to] = [from, to].map(|hex| u64::from_str_radix(hex, 16).unwrap());
            if !mode.starts_with("rw") || to - from > REGION_MAX {
                continue;
            }
            let mut at = from;
            while at < to {
                // What straddles two chunks is looked at with the second.
                let start = at.saturating_sub(64).max(from);
                let mut bytes = vec![0; usize::try_from((at + CHUNK).min(to) - start).unwrap()];
                if memory.read_exact_at(&mut bytes, start).is_err() {
                    break;
                }
                let known = usize::try_from(at - start).unwrap();
                for (count, needle) in counts.iter_mut().zip(needles) {
                    let ends = |place: &usize| place + needle.len() > known;
                    *count += memchr::memmem::find_iter(&bytes, needle).filter(ends).count();
                }
                at += CHUNK;
            }
        }
        counts
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The seed as it is held, and as the file spells it.
fn needles(path: &Path) -> Vec<Vec<u8>> {
    let seed = read_key(path).unwrap().seed_for_file();
    vec![seed.to_vec(), BASE64URL_NOPAD.encode(seed.as_slice()).into_bytes()]
}

#[test]
fn a_key_that_was_dropped_or_rotated_away_is_nowhere_in_memory() {
    let home = Home::of("sg", None);
    let roots = home.dir.root().with_file_name("root-keys");
    let (old, new) = (home.dir.key(Purpose::Log), roots.join("sg.next-log.priv.json"));
    let (old_needles, new_needles) = (needles(&old), needles(&new));
    let mut holder = Holder::start([&old, &new]);
    let began = Instant::now();
    holder.wait_for("held");
    let held = holder.count(&old_needles);
    assert!(held[0] >= 1, "the key that is held is not found");
    assert_eq!(held[1], 0, "the text of its file outlives its reading");
    assert_eq!(holder.count(&new_needles), [0, 0]);
    holder.go_on();
    holder.wait_for("rotated");
    assert_eq!(holder.count(&old_needles), [0, 0], "the key that was replaced");
    assert!(holder.count(&new_needles)[0] >= 1);
    holder.go_on();
    holder.wait_for("dropped");
    assert_eq!(holder.count(&old_needles), [0, 0]);
    assert_eq!(holder.count(&new_needles), [0, 0]);
    assert!(began.elapsed() < Duration::from_secs(60));
}
