//! An active corridor comes from a handshake, not from its name.
use corridor::Corridor;
use corridor::lifecycle::Active;

fn main() {
    let _ = Corridor(Active);
}
