//! Placeholder until the fault tests are written.
