//! What clients do that takes more than one zone and more than one request: payments over bridges, trade, settlement.
//!
//! Each knows what it asks for, what its clients were told, and what must have come of it when all is quiet.

pub(crate) mod bridges;
pub(crate) mod plans;
pub(crate) mod routes;
pub(crate) mod trades;
