//! The target named by `FUZZ_TARGET`, driven by libFuzzer.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    fuzz::find(&name).expect("a target of fuzz::TARGETS")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TARGET.1)(bytes));
