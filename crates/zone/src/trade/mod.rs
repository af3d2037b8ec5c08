//! Trade flows: opened here, taken step by step under law, told to the other zone in our lane.
//!
//! What a step must agree with is `corridor::trade`; here it meets the register, law and the lanes. A flow
//! moves at its writer once the other zone accepted: until then the step is pending, and nothing else is
//! done in the flow here.

mod act;
mod again;
mod arrive;
mod gather;
mod kept;
mod open;
mod shown;

pub(crate) use again::StepAgain;
pub use open::{FlowParty, OpenFlow};
