//! What this program asks of other machines.

mod courier;
mod fetch;
mod line;
mod way;
mod wire;
mod witness;

pub(crate) use courier::{Courier, private_address};
pub(crate) use fetch::{Fetcher, Reach, authorities};
pub(crate) use line::{Line, Stopped, Tries};
pub(crate) use way::{Address, ClientFiles, Pace, Set, WayError, is_plain, tls, token};
pub(crate) use wire::HttpWire;
#[cfg(test)]
pub(crate) use wire::refused;
pub(crate) use witness::{Client, Look, Witnesses};
