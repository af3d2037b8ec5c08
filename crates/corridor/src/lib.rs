//! `corridor`.
