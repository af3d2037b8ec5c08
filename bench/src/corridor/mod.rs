//! Units of corridors beside their peers. All but netting run the program itself, two zones or many.

pub(crate) mod clients;
mod floor;
pub(crate) mod handshake;
pub(crate) mod idle;
pub(crate) mod netting;
pub(crate) mod receipt;
pub(crate) mod witness;
