//! The chores of this repository, one command each: `cargo xtask <chore>`.
//!
//! `test` is the command of the README and of `.ci/run`: whatever it does not run is not checked by anyone.
//! Invariant: std and `serde_json` only, so that the first thing a fresh machine builds is built in seconds;
//! nothing here is linked into `mez`.
#![allow(
    clippy::disallowed_methods,
    reason = "a chore runner measures wall time and reads the environment; no zone is built on it"
)]

mod bench;
mod contract;
mod counts;
mod debian;
mod deploys;
mod fuzz;
mod kill;
mod machine;
mod modes;
mod network;
mod oidc;
mod postgres;
mod process;
mod procfs;
mod session;
mod sim;
mod strangers;
mod suites;
mod tidy;
mod vectors;
mod workspace;

use std::process::ExitCode;

/// The one error of a chore: a sentence for the person at the terminal.
pub(crate) type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "\
usage: cargo xtask <chore>

  test [SUITE…]       every suite, or the named ones; installs and starts what they need
  test --list         the names of the suites, in order
  ci                  the same as `test`
  tidy                arrows between rooms, outside crates, sizes, module docs, words, licenses
  counts [--write]    every number of the documents that a command prints, compared with the command, or written
  soak kill [ROUNDS]  the kill test, 50 rounds unless told
  soak witness [ROUNDS]  the kill test of a witness, 1000 rounds unless told
  soak batches [COUNT]   random batches of signatures with one bad member, 10^6 unless told
  soak decisions [COUNT] stored decisions made again by a release build, 10^4 unless told
  bench               the benches, in the release profile
  bench proof [UNIT…] proofs beside their peers, as ratios of medians
  bench law [UNIT…]   the law beside its peers
  bench corridor [UNIT…]  corridors beside their peers
  bench screening [SEED]  how well the screener screens, written to docs/screening.md
  bench lane [COUNT]  a lane of 10^6 receipts, unless told, verified whole: time and memory
  fuzz [TARGET] [--seconds N] [--seed N]
                      mutants of the golden vectors through every decoder, 20 seconds each unless told
  sim [--seed N] [--seeds COUNT] [--trace]
                      whole zones under faults, from one seed or from COUNT of them
  vectors             write the golden files again; fails when a format moved
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test" | "ci", "--list"] => suites::list(),
        ["test" | "ci", wanted @ ..] => suites::test(wanted),
        ["tidy"] => tidy::command(),
        ["counts"] => counts::command(false),
        ["counts", "--write"] => counts::command(true),
        ["bench"] => bench::run(),
        ["bench", "lane"] => bench::lane("1000000"),
        ["bench", "lane", count] => bench::lane(count),
        ["bench", suite @ ("proof" | "law" | "corridor" | "zone" | "screening"), units @ ..] => {
            bench::of(suite, units)
        }
        ["fuzz", words @ ..] => fuzz::run(words),
        ["sim", words @ ..] => sim::run(words),
        ["vectors"] => vectors::write(),
        ["soak", "kill"] => kill::soak("kill", "50"),
        ["soak", "kill", rounds] => kill::soak("kill", rounds),
        ["soak", "witness"] => kill::soak("witness_kill", "1000"),
        ["soak", "batches"] => kill::batches("1000000"),
        ["soak", "batches", count] => kill::batches(count),
        ["soak", "decisions"] => kill::decisions("10000"),
        ["soak", "decisions", count] => kill::decisions(count),
        ["soak", "witness", rounds] => kill::soak("witness_kill", rounds),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(64);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
