//! The witness bundle of 10^5 receipts beside `tar` with `zstd`, and `sha256sum`: whole processes, the
//! real programs, on files that are in memory already.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use canon::{Canonical, Digest};
use serde_json::{Value, json};

use crate::harness::{Bench, Clock, Reach, Row};
use crate::history;

/// Receipts, unless `BENCH_RECEIPTS` says otherwise.
const RECEIPTS: usize = 100_000;
/// Receipts that one list refers to; the root document refers to the lists.
const LISTED: usize = 1_000;
const ROUNDS: usize = 5;

/// A folder that is gone afterwards.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Place {
    /// Writes the receipts, the lists and the root document.
    fn new(count: usize) -> Self {
        let place = Self(std::env::temp_dir().join(format!("bench-bundle-{}", std::process::id())));
        let receipts = history::receipts(count);
        let put = |kind: &str, digest: Digest, bytes: &[u8]| {
            fs::create_dir_all(place.0.join("cas").join(kind)).expect("a folder");
            let path = place.0.join(format!("cas/{kind}/{digest}.json"));
            fs::write(path, bytes).expect("written");
            json!({"artifact_type": kind, "digest_sha256": digest})
        };
        let mut lists = Vec::new();
        for part in receipts.chunks(LISTED) {
            let part = part.iter().map(|(digest, bytes)| put("lane-receipt", *digest, bytes));
            let list = json!({"receipts": part.collect::<Vec<_>>()});
            let list = Canonical::of_value(&list).expect("canonical");
            lists.push(put("settlement-plan", list.digest(), list.bytes()));
        }
        let root = json!({"lists": lists}).to_string();
        fs::write(place.0.join("root.json"), root).expect("written");
        place
    }

    fn run(&self, program: &Path, words: &[&str]) -> Vec<u8> {
        let mut command = Command::new(program);
        let out = command.args(words).current_dir(&self.0).stderr(Stdio::inherit()).output();
        let out = out.expect("a program that runs");
        assert!(out.status.success(), "{} {words:?}", program.display());
        out.stdout
    }

    fn shell(&self, line: &str) -> Vec<u8> {
        self.run(Path::new("sh"), &["-c", line])
    }
}

/// The program, built beside this one: `cargo build --release -p mez`.
fn mez() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let mez = std::env::var_os("MEZ").map_or_else(|| own.with_file_name("mez"), PathBuf::from);
    assert!(mez.exists(), "no `{}`: run `cargo build --release -p mez`", mez.display());
    mez
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let count = std::env::var("BENCH_RECEIPTS").ok().and_then(|count| count.parse().ok());
    let count = count.unwrap_or(RECEIPTS);
    let (mez, place) = (mez(), Place::new(count));
    let build = || {
        let _ = fs::remove_file(place.0.join("ours.zip"));
        let words = ["artifact", "graph", "bundle", "root.json", "--root", "cas"];
        let more = ["--max-bytes", "1000000000000", "--out", "ours.zip", "--json"];
        place.run(&mez, &[&words[..], &more].concat())
    };
    let verify =
        || place.run(&mez, &["artifact", "graph", "verify", "--bundle", "ours.zip", "--json"]);
    let tar = || place.shell("tar cf - cas root.json | zstd -1 -q -f -o peer.tar.zst");
    let sum = || place.shell("sha256sum ours.zip");
    // The same files in both, and the same digests out of ours as went in.
    let told = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).expect("JSON");
    let (built, verified) = (told(build()), told(verify()));
    assert_eq!(built["manifest_digest_sha256"], verified["manifest_digest_sha256"]);
    let nodes = count + count.div_ceil(LISTED);
    assert_eq!(
        (&verified["verdict"], &verified["stats"]["nodes_total"]),
        (&json!("VALID"), &json!(nodes))
    );
    tar();
    let held = place.shell("zstd -dc peer.tar.zst | tar tf - | grep -c json");
    assert_eq!(String::from_utf8_lossy(&held).trim(), (nodes + 1).to_string());
    let ours = fs::metadata(place.0.join("ours.zip")).expect("a bundle").len();
    let unit = |what: &str| format!("bundle of {count} receipts, {} MB: {what}", ours / 1_000_000);
    vec![
        bench.long(
            &unit("build, beside tar | zstd -1"),
            (Clock::Wall, ROUNDS),
            Reach::Within(1.5),
            build,
            tar,
        ),
        bench.long(
            &unit("verify, beside sha256sum of it"),
            (Clock::Wall, ROUNDS),
            Reach::Within(1.3),
            verify,
            sum,
        ),
    ]
}
