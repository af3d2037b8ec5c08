//! What this program asks of other machines.

mod fetch;
mod wire;
mod witness;

pub(crate) use fetch::{Fetcher, Reach, authorities};
pub(crate) use wire::HttpWire;
pub(crate) use witness::{Client, Look, Witnesses};
