//! Our figures, each beside a peer in the same run: `cargo xtask bench proof|law|corridor|zone`.
//!
//! One file per unit. A unit first asserts that both sides take the same bytes and give the same
//! answer; then they are timed in turn, and the ratio of the medians is what counts.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    reason = "figures are ratios, and a bench that cannot go on may stop"
)]

mod bundle;
mod canonical;
mod corridor;
mod credential;
mod harness;
mod history;
mod law;
mod log;
mod rig;
mod zone;

use harness::{Bench, Row};

/// A unit: its name on the command line and what measures it.
type Unit = (&'static str, fn(&Bench) -> Vec<Row>);

const PROOF: &[Unit] = &[
    ("canonical", canonical::rows),
    ("log", log::rows),
    ("history", history::rows),
    ("credential", credential::rows),
    ("bundle", bundle::rows),
];

const LAW: &[Unit] = &[
    ("rules", law::rules::rows),
    ("tensor", law::tensor::rows),
    ("manifold", law::manifold::rows),
    ("screening", law::screening::rows),
];

const CORRIDOR: &[Unit] = &[
    ("netting", corridor::netting::rows),
    ("receipt", corridor::receipt::rows),
    ("handshake", corridor::handshake::rows),
    ("witness", corridor::witness::rows),
    ("clients", corridor::clients::rows),
    ("idle", corridor::idle::rows),
];

const ZONE: &[Unit] = &[
    ("writes", zone::writes::rows),
    ("reads", zone::reads::rows),
    ("overload", zone::overload::rows),
    ("memory", zone::memory::rows),
    ("start", zone::start::rows),
];

fn main() {
    let mut words = std::env::args().skip(1);
    let suite = words.next();
    if suite.as_deref() == Some("lane") {
        let (Some(folder), Some(count)) = (words.next(), words.next()) else {
            eprintln!("usage: bench lane FOLDER COUNT");
            std::process::exit(64);
        };
        let count = count.parse().expect("a number of receipts");
        return history::write(folder.as_ref(), count).expect("written");
    }
    if suite.as_deref() == Some("screening") {
        return law::quality::run(words);
    }
    let units = match suite.as_deref() {
        Some("proof") => PROOF,
        Some("law") => LAW,
        Some("corridor") => CORRIDOR,
        Some("zone") => ZONE,
        _ => {
            eprintln!(
                "usage: bench proof|law|corridor|zone [UNIT…] | bench lane FOLDER COUNT | bench screening"
            );
            std::process::exit(64);
        }
    };
    let chosen: Vec<String> = words.collect();
    if let Some(word) = chosen.iter().find(|word| !units.iter().any(|(name, _)| name == word)) {
        let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
        eprintln!("no unit `{word}`: {}", names.join(", "));
        std::process::exit(64);
    }
    let bench = Bench::new();
    println!("{}", harness::HEADING);
    for (name, rows) in units {
        if chosen.is_empty() || chosen.iter().any(|word| word == name) {
            for row in rows(&bench) {
                println!("{row}");
            }
        }
    }
}
