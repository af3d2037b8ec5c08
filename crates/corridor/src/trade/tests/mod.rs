//! Flows that go well, steps that break one rule each, and two zones that act at random.

mod rules;
pub(super) mod sample;
mod two;
