//! `mez`.
fn main() {}
