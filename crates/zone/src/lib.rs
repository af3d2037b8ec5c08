//! `zone`.
