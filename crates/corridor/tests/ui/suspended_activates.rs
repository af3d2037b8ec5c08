//! A paused corridor resumes; it does not activate.
use corridor::Corridor;
use corridor::lifecycle::Suspended;

fn main() {}

fn never(corridor: Corridor<Suspended>) {
    corridor.activate();
}
