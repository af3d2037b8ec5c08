//! A corridor that was never proposed cannot be halted.
use corridor::Corridor;
use corridor::lifecycle::Draft;

fn main() {}

fn never(corridor: Corridor<Draft>) {
    corridor.halt();
}
