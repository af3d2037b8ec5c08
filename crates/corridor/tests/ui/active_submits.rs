//! An active corridor is not proposed again.
use corridor::Corridor;
use corridor::lifecycle::Active;

fn main() {}

fn never(corridor: Corridor<Active>) {
    corridor.submit();
}
