//! The circuit, step by step and under any steps.

use proptest::prelude::*;

use super::*;

const POLICY: CircuitPolicy =
    CircuitPolicy { failures_max: 3, pause_secs: 10, pause_secs_max: 40, probe_secs: 30 };

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + secs).unwrap()
}

#[test]
fn it_opens_after_failures_probes_once_and_waits_longer_each_time() {
    let mut circuit = Circuit::new(POLICY);
    for secs in 0..3 {
        assert!(circuit.admit(at(secs)).is_ok());
        circuit.heard(false, at(secs));
    }
    assert_eq!((circuit.state(), circuit.open_until()), (CircuitState::Open, Some(at(12))));
    assert_eq!(circuit.admit(at(11)), Err(at(12)));
    assert!(circuit.admit(at(12)).is_ok());
    assert_eq!(circuit.state(), CircuitState::HalfOpen);
    assert_eq!(circuit.admit(at(13)), Err(at(42)));
    circuit.heard(false, at(13));
    assert_eq!(circuit.open_until(), Some(at(33)));
    assert!(circuit.admit(at(33)).is_ok());
    circuit.heard(false, at(33));
    assert_eq!(circuit.open_until(), Some(at(73)));
    assert!(circuit.admit(at(73)).is_ok());
    circuit.heard(false, at(73));
    assert_eq!(circuit.open_until(), Some(at(113)));
    assert!(circuit.admit(at(113)).is_ok());
    circuit.heard(true, at(114));
    assert_eq!((circuit.state(), circuit.failures()), (CircuitState::Closed, 0));
}

#[test]
fn a_success_in_between_begins_the_count_anew() {
    let mut circuit = Circuit::new(POLICY);
    for well in [false, false, true, false, false] {
        circuit.heard(well, at(0));
    }
    assert_eq!(circuit.state(), CircuitState::Closed);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(i64),
    Ask,
    Hear(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0i64..60).prop_map(Step::Wait),
        Just(Step::Ask),
        any::<bool>().prop_map(Step::Hear)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens: while it is open nothing passes, of those that wait for a probe one passes, and it never stays
    /// shut longer than its longest pause or a lost probe.
    #[test]
    fn it_keeps_its_promises(steps in prop::collection::vec(step(), 0..80)) {
        let (mut circuit, mut now) = (Circuit::new(POLICY), 0);
        for step in steps {
            match step {
                Step::Wait(secs) => now += secs,
                Step::Hear(well) => {
                    let before = circuit.clone();
                    circuit.heard(well, at(now));
                    prop_assert!(!well || circuit.state() == CircuitState::Closed);
                    prop_assert!(well || circuit.failures() == before.failures() + 1);
                    if !well && before.state() == CircuitState::Closed {
                        let opens = circuit.failures() >= POLICY.failures_max;
                        prop_assert_eq!(circuit.state() == CircuitState::Open, opens);
                    }
                }
                Step::Ask => {
                    let before = circuit.clone();
                    match circuit.admit(at(now)) {
                        Ok(()) if before.state() == CircuitState::Closed => {
                            prop_assert_eq!(&circuit, &before);
                        }
                        Ok(()) => {
                            prop_assert!(before.open_until().is_none_or(|until| at(now) >= until));
                            prop_assert_eq!(circuit.state(), CircuitState::HalfOpen);
                            prop_assert!(circuit.admit(at(now)).is_err(), "one probe");
                        }
                        Err(until) => {
                            prop_assert!(before.state() != CircuitState::Closed);
                            let longest = POLICY.pause_secs_max.max(POLICY.probe_secs);
                            prop_assert!(until > at(now) && until <= at(now + longest));
                        }
                    }
                }
            }
        }
    }
}
