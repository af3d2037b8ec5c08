//! Units of the law beside their peers, and how well the screener screens.

mod perturb;
pub(crate) mod quality;
pub(crate) mod screening;
