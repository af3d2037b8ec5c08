//! What this program asks of other machines.

mod courier;
mod fetch;
mod wire;
mod witness;

pub(crate) use courier::{Courier, private_address};
pub(crate) use fetch::{Fetcher, Reach, authorities};
pub(crate) use wire::HttpWire;
#[cfg(test)]
pub(crate) use wire::refused;
pub(crate) use witness::{Client, Look, Witnesses};
