//! Runs targets from a seed for a time, two at once, and says what failed.
#![allow(clippy::disallowed_methods, reason = "a driver measures time; no zone is built on it")]

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use crate::Target;
use crate::mutate::Mutator;
use crate::seeds;

/// Most kibibytes the process may ever hold: inputs are at most 32 KiB.
const RESIDENT_MAX: u64 = 512 * 1024;
/// Where failing inputs are kept, under the folder of the workspace.
const KEPT: &str = "target/fuzz";

/// Runs each target for so many seconds; false when one failed, or the process grew beyond its bound.
///
/// An input that fails is kept in `target/fuzz/` and printed with the words that replay it.
///
/// # Errors
/// The golden vectors cannot be read.
pub fn run(targets: &[Target], seconds: u64, seed: u64) -> io::Result<bool> {
    let golden = seeds::golden()?;
    let queue = Mutex::new(targets.iter().rev().copied().collect::<Vec<_>>());
    let worker = || {
        let mut well = true;
        loop {
            let next = queue.lock().map(|mut queue| queue.pop());
            let Ok(Some(target)) = next else { return well };
            well &= drive(target, &golden, Duration::from_secs(seconds), seed);
        }
    };
    let well = thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers.map(|worker| worker.join().unwrap_or(false)) == [true; 2]
    });
    let resident = resident()?;
    println!("most memory held: {} MiB", resident / 1024);
    Ok(well && resident <= RESIDENT_MAX)
}

/// Every seed, every kept input and a fixed number of mutants through each target.
///
/// # Errors
/// The golden vectors cannot be read.
pub fn replay(targets: &[Target], mutants: usize) -> io::Result<()> {
    let golden = seeds::golden()?;
    for (name, target) in targets {
        let mut all = golden.clone();
        all.extend(seeds::kept(name)?);
        all.iter().for_each(|seed| target(seed));
        let mut mutator = Mutator::new(&all, 1);
        (0..mutants).for_each(|_| target(&mutator.input()));
    }
    Ok(())
}

/// Runs one target until the time is over or an input fails.
fn drive((name, target): Target, golden: &[Vec<u8>], time: Duration, seed: u64) -> bool {
    let mut all = golden.to_vec();
    match seeds::kept(name) {
        Ok(kept) => all.extend(kept),
        Err(error) => eprintln!("{name}: {error}"),
    }
    let (began, mut mutator, mut count) = (Instant::now(), Mutator::new(&all, seed), 0_u64);
    while began.elapsed() < time {
        let input = mutator.input();
        if catch_unwind(|| target(&input)).is_err() {
            let folder = seeds::root().join(KEPT);
            let path = folder.join(format!("{name}-{seed}-{count}"));
            let kept = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, &input));
            println!("{name:20} FAILED at input {count}: {kept:?}");
            println!("  cargo run -p fuzz -- {name} --replay {}", path.display());
            return false;
        }
        count += 1;
    }
    let rate = count * 1000 / u64::try_from(began.elapsed().as_millis().max(1)).unwrap_or(u64::MAX);
    println!("{name:20} {count:>9} inputs, {rate:>7} a second");
    true
}

/// The most kibibytes this process ever held.
fn resident() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let figure = line.and_then(|line| line.split_whitespace().next()).and_then(|f| f.parse().ok());
    figure.ok_or_else(|| io::Error::other("no VmHWM"))
}
