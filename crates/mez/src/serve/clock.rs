//! The present and the randomness of this machine, as a zone takes them.

pub(super) use crate::cli::{SystemClock, SystemEntropy};
