//! What this program asks of other machines.

mod wire;

pub(crate) use wire::HttpWire;
