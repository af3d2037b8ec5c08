//! What is not in effect cannot resume.
use corridor::Corridor;
use corridor::lifecycle::Pending;

fn main() {}

fn never(corridor: Corridor<Pending>) {
    corridor.resume();
}
