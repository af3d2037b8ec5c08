//! Every seed, every kept input and a fixed stream of mutants through every target.

use fuzz::mutate::Mutator;
use fuzz::{TARGETS, seeds};

const MUTANTS: usize = 500;

#[test]
fn no_decoder_is_wrong_about_a_seed_or_its_mutants() {
    let golden = seeds::golden().expect("the vectors");
    assert!(golden.len() > 300, "{} seeds", golden.len());
    for (name, target) in TARGETS {
        let mut all = golden.clone();
        all.extend(seeds::kept(name).expect("the corpus"));
        all.iter().for_each(|seed| target(seed));
        let mut mutator = Mutator::new(&all, 1);
        (0..MUTANTS).for_each(|_| target(&mutator.input()));
    }
}

#[test]
fn targets_are_sorted_and_unique() {
    assert!(TARGETS.is_sorted_by(|one, other| one.0 < other.0));
}
