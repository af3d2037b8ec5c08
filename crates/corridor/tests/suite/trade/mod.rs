//! Trade flows: those that go well, steps that break one rule each, two zones that act at random.

mod golden;
mod rules;
mod sample;
mod two;
