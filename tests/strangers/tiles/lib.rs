//! Tiles, checkpoints and proofs of ours, read by libraries that know nothing of ours: see `tests/`.
