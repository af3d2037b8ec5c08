//! What ended cannot be stopped.
use corridor::Corridor;
use corridor::lifecycle::Deprecated;

fn main() {}

fn never(corridor: Corridor<Deprecated>) {
    corridor.halt();
}
