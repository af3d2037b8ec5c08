//! `sim --seed N [--seeds COUNT]`: seeds lived through, what occurred, and which of them fail.
//!
//! With the feature `seeded-bugs`, `--bugs` puts each seeded bug in force in turn and tells the first seed that finds it.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sim::model::{Bounds, Rules, explore};
use sim::{Failure, Outcome, expected, run};

const USAGE: &str = "\
usage: sim [--seed N] [--seeds COUNT] [--trace] [--all-occurs] [--bugs | --bug N | --model]

  --seed N      the first seed, 1 unless told
  --seeds COUNT how many, one unless told
  --trace       print everything that happens
  --all-occurs  fail when a fault, a state or a refusal never occurred
  --bug N       with bug N in force: which seed finds it
  --bugs        the same for every bug
  --model       the model of lanes, acknowledgements, halts and cuts, state by state
";

/// States of the model at most; fewer are there.
const STATES_MAX: usize = 400_000;

#[derive(Clone, Copy)]
struct Asked {
    first: u64,
    count: u64,
    trace: bool,
    all_occurs: bool,
    /// The model of lanes instead.
    model: bool,
    /// From which bug to which.
    bugs: Option<(u8, u8)>,
}

fn asked() -> Option<Asked> {
    let mut asked =
        Asked { first: 1, count: 1, trace: false, all_occurs: false, model: false, bugs: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seed" => asked.first = words.next()?.parse().ok()?,
            "--seeds" => asked.count = words.next()?.parse().ok()?,
            "--trace" => asked.trace = true,
            "--all-occurs" => asked.all_occurs = true,
            "--model" => asked.model = true,
            "--bugs" => asked.bugs = Some((1, corridor::seeded::BUGS)),
            "--bug" => {
                let number = words.next()?.parse().ok()?;
                asked.bugs = Some((number, number));
            }
            _ => return None,
        }
    }
    Some(asked)
}

fn main() -> ExitCode {
    let Some(asked) = asked() else {
        eprint!("{USAGE}");
        return ExitCode::from(64);
    };
    if asked.model {
        return explored();
    }
    let well = match asked.bugs {
        Some(bugs) => find(&asked, bugs),
        None => live(&asked, false).map(|outcomes| told(&asked, &outcomes)),
    };
    match well {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("sim: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Visits every state of the model within bounds, whole and with each rule broken in turn.
fn explored() -> ExitCode {
    let mut well = true;
    for bounds in Bounds::OF_CI {
        let found = explore(&Rules::WHOLE, &bounds, STATES_MAX);
        let (states, steps) = (found.states, found.steps);
        println!("{bounds:?}: {states} states, {steps} steps, broken: {:?}", found.broken);
        well &= found.broken.is_none() && states < STATES_MAX;
    }
    for (name, rules) in Rules::BROKEN {
        let found = Bounds::OF_CI.map(|bounds| explore(&rules, &bounds, STATES_MAX).broken);
        let found = found.into_iter().flatten().next();
        println!("without {name}: {found:?}");
        well &= found.is_some();
    }
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lives through the seeds, as many at a time as there are processors; `until` the first that fails.
fn live(asked: &Asked, until: bool) -> Result<Vec<Outcome>, Failure> {
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let outcomes: Mutex<Vec<Result<Outcome, Failure>>> = Mutex::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let one = || {
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= asked.count || over.load(Ordering::SeqCst) {
                return;
            }
            let outcome = run(asked.first.saturating_add(number), asked.trace);
            if let Ok(Outcome { seed, failure: Some(why), .. }) = &outcome {
                println!("seed {seed}: {why}");
            }
            let failed = outcome.as_ref().map_or(true, |outcome| outcome.failure.is_some());
            if failed && until {
                over.store(true, Ordering::SeqCst);
            }
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
        }
    };
    std::thread::scope(|scope| {
        (0..threads).for_each(|_| {
            scope.spawn(one);
        });
    });
    let outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut outcomes = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
    outcomes.sort_by_key(|outcome| outcome.seed);
    Ok(outcomes)
}

fn told(asked: &Asked, outcomes: &[Outcome]) -> bool {
    let (mut counts, mut span, mut writes) = (expected(), 0, 0);
    for outcome in outcomes {
        counts.add(&outcome.counts);
        span += outcome.span_ms / 1_000;
        writes += outcome.writes;
    }
    let failed: Vec<&Outcome> = outcomes.iter().filter(|o| o.failure.is_some()).collect();
    if let Some(first) = failed.first() {
        first.last.iter().for_each(|line| println!("{line}"));
    }
    for outcome in &failed {
        outcome.failure.iter().for_each(|why| println!("seed {}: {why}", outcome.seed));
    }
    println!("{}", counts.table());
    let (seeds, first) = (outcomes.len(), asked.first);
    let wrong = failed.len();
    print!("{seeds} seeds from {first}: {wrong} failed, {writes} writes, {span} virtual seconds");
    match cpu_secs() {
        Some(cpu) if cpu > 0 => println!(", {cpu} CPU seconds, {} a second", span / cpu),
        _ => println!(),
    }
    if let [one] = outcomes {
        println!("trace {}", one.hash);
    }
    let absent = counts.absent();
    if asked.all_occurs && !absent.is_empty() {
        println!("never occurred: {}", absent.join(", "));
        return false;
    }
    failed.is_empty()
}

/// CPU time of this process, where the system tells: user and system time, in hundredths (proc(5)).
fn cpu_secs() -> Option<i64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let after = stat.rsplit_once(')')?.1;
    let ticks = after.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<i64>().ok());
    Some(ticks.sum::<i64>() / 100)
}

#[cfg(not(feature = "seeded-bugs"))]
fn find(_: &Asked, _: (u8, u8)) -> Result<bool, Failure> {
    Err(Failure::Rig("built without the feature `seeded-bugs`".to_owned()))
}

/// Whether each of the bugs is found by one of the seeds.
#[cfg(feature = "seeded-bugs")]
fn find(asked: &Asked, (from, to): (u8, u8)) -> Result<bool, Failure> {
    let mut all = true;
    for number in from..=to {
        corridor::seeded::arm(number);
        let outcomes = live(asked, true)?;
        corridor::seeded::arm(0);
        // A run that could not go on found nothing.
        let broken = |outcome: &&Outcome| matches!(outcome.failure, Some(Failure::Broken { .. }));
        let found = outcomes.iter().find(broken);
        match found.and_then(|outcome| Some((outcome.seed, outcome.failure.as_ref()?))) {
            Some((seed, why)) => println!("bug {number}: found by seed {seed}: {why}"),
            None => println!("bug {number}: NOT found in {} seeds", outcomes.len()),
        }
        all &= found.is_some();
    }
    Ok(all)
}
