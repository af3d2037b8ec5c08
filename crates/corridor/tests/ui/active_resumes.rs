//! What runs cannot resume.
use corridor::Corridor;
use corridor::lifecycle::Active;

fn main() {}

fn never(corridor: Corridor<Active>) {
    corridor.resume();
}
