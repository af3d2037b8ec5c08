//! A halt is never weakened to a pause.
use corridor::Corridor;
use corridor::lifecycle::Halted;

fn main() {}

fn never(corridor: Corridor<Halted>) {
    corridor.suspend();
}
