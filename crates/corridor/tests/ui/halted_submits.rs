//! A stopped corridor is not proposed again.
use corridor::Corridor;
use corridor::lifecycle::Halted;

fn main() {}

fn never(corridor: Corridor<Halted>) {
    corridor.submit();
}
