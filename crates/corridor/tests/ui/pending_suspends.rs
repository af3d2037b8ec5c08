//! What is not in effect cannot be paused.
use corridor::Corridor;
use corridor::lifecycle::Pending;

fn main() {}

fn never(corridor: Corridor<Pending>) {
    corridor.suspend();
}
