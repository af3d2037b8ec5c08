//! The tensor beside a map of cells, its lattice in full, and that nothing lost ever reads better.

mod closed;
mod commit;
mod lattice;
mod model;
mod rig;
