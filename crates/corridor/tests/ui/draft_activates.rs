//! Nothing activates before it was proposed.
use corridor::Corridor;
use corridor::lifecycle::Draft;

fn main() {}

fn never(corridor: Corridor<Draft>) {
    corridor.activate();
}
