//! What the compiler refuses: verbs a state does not have, and states made up.

#[test]
fn illegal_transitions_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
