//! What ended stays ended.
use corridor::Corridor;
use corridor::lifecycle::Deprecated;

fn main() {}

fn never(corridor: Corridor<Deprecated>) {
    corridor.resume();
}
