//! Drives the targets on stable: `fuzz [TARGET] [--seconds N] [--seed N]`, `fuzz TARGET --replay FILE`.
//!
//! Two targets run at a time. An input that fails is kept in `target/fuzz/` and printed with the
//! words that replay it; a process that grew beyond [`RESIDENT_MAX`] fails too.
#![allow(clippy::disallowed_methods, reason = "a driver measures time; no zone is built on it")]

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{fs, thread};

use fuzz::mutate::Mutator;
use fuzz::{TARGETS, Target, find, seeds};

const USAGE: &str = "usage: fuzz [TARGET] [--seconds N] [--seed N] | fuzz TARGET --replay FILE";
/// Most kibibytes the process ever held: inputs are at most 32 KiB.
const RESIDENT_MAX: u64 = 512 * 1024;
/// Where failing inputs are kept.
const KEPT: &str = "target/fuzz";

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("fuzz: {failure}");
            ExitCode::from(64)
        }
    }
}

fn run() -> Result<bool, Failure> {
    let (mut targets, mut seconds, mut seed, mut words) =
        (TARGETS.to_vec(), 20, 1, std::env::args().skip(1));
    while let Some(word) = words.next() {
        let mut number = || words.next().ok_or(USAGE);
        match word.as_str() {
            "--seconds" => seconds = number()?.parse()?,
            "--seed" => seed = number()?.parse()?,
            "--replay" => {
                let bytes = fs::read(number()?)?;
                targets.iter().for_each(|target| (target.1)(&bytes));
                return Ok(true);
            }
            name => targets = vec![find(name).ok_or("no such target")?],
        }
    }
    let golden = seeds::golden()?;
    targets.reverse();
    let queue = Mutex::new(targets);
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
            let path = format!("{KEPT}/{name}-{seed}-{count}");
            let kept = fs::create_dir_all(KEPT).and_then(|()| fs::write(&path, &input));
            println!("{name:16} FAILED at input {count}: {kept:?}");
            println!("  cargo run -p fuzz -- {name} --replay {path}");
            return false;
        }
        count += 1;
    }
    let rate = count * 1000 / u64::try_from(began.elapsed().as_millis().max(1)).unwrap_or(u64::MAX);
    println!("{name:16} {count:>9} inputs, {rate:>7} a second");
    true
}

/// The most kibibytes this process ever held.
fn resident() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let figure = line.and_then(|line| line.split_whitespace().next());
    Ok(figure.ok_or("no VmHWM")?.parse()?)
}
