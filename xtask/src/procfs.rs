//! What the kernel tells of a process and those it started: peak memory, and a way to end them all.
//!
//! Only processes that descend from one we started are ever touched.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

/// Peak resident memory of one process.
#[derive(Clone, Debug)]
pub(crate) struct Peak {
    pub(crate) program: String,
    /// The words after the program name, spaced.
    pub(crate) arguments: String,
    pub(crate) peak_kib: u64,
}

/// All processes below `root`, nearest first, without `root` itself.
pub(crate) fn descendants(root: u32) -> Vec<u32> {
    let parents = parents();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|(_, of)| **of == parent).map(|(child, _)| *child));
        next += 1;
    }
    found.split_off(1)
}

/// Kills `root` and everything below it. Processes that are gone already are no error.
pub(crate) fn kill_tree(root: u32) {
    let mut all = descendants(root);
    all.push(root);
    let ids = all.iter().map(u32::to_string);
    let mut kill = Command::new("kill");
    // A process may end between the listing and the signal: nothing to do about it, and nothing lost.
    let _ = kill.arg("-KILL").args(ids).stderr(Stdio::null()).status();
}

/// Adds what each process below `root` has peaked at so far.
pub(crate) fn sample(root: u32, peaks: &mut BTreeMap<u32, Peak>) {
    for id in descendants(root) {
        if let Some(peak) = peak(id) {
            peaks.insert(id, peak);
        }
    }
}

/// Whether process `id` is still there and still runs `program`.
pub(crate) fn lives(id: u32, program: &str) -> bool {
    peak(id).is_some_and(|peak| peak.program == program)
}

fn peak(id: u32) -> Option<Peak> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let peak_kib = line.trim().trim_end_matches(" kB").parse().ok()?;
    let words = fs::read_to_string(format!("/proc/{id}/cmdline")).ok()?;
    let mut words = words.split_terminator('\0');
    let program = words.next()?.rsplit('/').next()?.to_owned();
    Some(Peak { program, arguments: words.collect::<Vec<_>>().join(" "), peak_kib })
}

fn parents() -> BTreeMap<u32, u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| Some((id, parent(id)?))).collect()
}

fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold spaces; the state and the parent follow the last one.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}
