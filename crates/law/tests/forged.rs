//! Witnesses cannot be made by hand: the compiler says so.
#![allow(missing_docs, reason = "tests")]

#[test]
fn witnesses_cannot_be_forged() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
