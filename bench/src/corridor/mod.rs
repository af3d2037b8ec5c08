//! Units of corridors beside their peers.

pub(crate) mod netting;
