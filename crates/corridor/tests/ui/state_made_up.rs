//! The six states are all there are.
use corridor::lifecycle::{InState, State};

struct Blessed;

impl InState for Blessed {
    const STATE: State = State::Active;
}

fn main() {}
