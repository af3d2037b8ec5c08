//! Plans beside every way there is, the published graph, and terms that do not load.

mod brute;
mod graph;
