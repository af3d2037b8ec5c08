//! Drives the targets on stable: `fuzz [TARGET] [--seconds N] [--seed N]`, `fuzz TARGET --replay FILE`.

use std::fs;
use std::process::ExitCode;

use fuzz::{TARGETS, driver, find};

const USAGE: &str = "usage: fuzz [TARGET] [--seconds N] [--seed N] | fuzz TARGET --replay FILE";

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
    Ok(driver::run(&targets, seconds, seed)?)
}
