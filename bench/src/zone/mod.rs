//! Units of a zone's services beside their peers. All run the program itself, under load from this process.

mod load;
pub(crate) mod memory;
pub(crate) mod overload;
pub(crate) mod reads;
pub(crate) mod start;
pub(crate) mod writes;
