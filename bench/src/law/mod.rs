//! Units of the law beside their peers, and how well the screener screens.

pub(crate) mod manifold;
mod perturb;
pub(crate) mod quality;
pub(crate) mod rules;
mod scene;
pub(crate) mod screening;
pub(crate) mod tensor;
