//! What this program asks of other machines.

mod wire;
mod witness;

pub(crate) use wire::HttpWire;
pub(crate) use witness::{Client, Look, Witnesses};
