//! Every seed, every kept input and a fixed stream of mutants through every target.

use fuzz::{TARGETS, driver, seeds};

const MUTANTS: usize = 500;

#[test]
fn no_decoder_is_wrong_about_a_seed_or_its_mutants() {
    let golden = seeds::golden().expect("the vectors");
    assert!(golden.len() > 300, "{} seeds", golden.len());
    driver::replay(&TARGETS, MUTANTS).expect("the corpus");
}

#[test]
fn targets_are_sorted_and_unique() {
    assert!(TARGETS.is_sorted_by(|one, other| one.0 < other.0));
}
