//! A model of lanes, acknowledgements, halts and cuts: every order in which two zones can act, within bounds.
//!
//! The rules are written down a second time, from the decision records and not from the rooms, over lanes of a few
//! words each. The explorer visits every state that can be reached and checks four promises in each; some of its paths
//! become vectors, which the real lanes replay.
//!
//! Invariant: no signature, no store and no time; a state is a value, an action a function of it.

mod explore;
mod promises;
mod rules;
mod vectors;

pub use explore::{Explored, explore};
pub use rules::{Action, Bounds, Rules};
pub use vectors::vectors;
