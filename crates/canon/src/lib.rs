//! `canon`.
