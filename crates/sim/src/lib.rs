//! Whole zones under faults, from one seed.
//!
//! The zones are the production ones, on a store, a clock, a wire and randomness that are virtual; so a run is a
//! function of its seed, and a failing seed fails again. Clients ask until they are answered, faults come and go, and
//! when all is mended what the zones hold is compared with what anybody was told.
//!
//! Invariant: one thread, no time and no chance but the seed's: same seed, same trace hash.

mod after;
mod book;
mod check;
mod content;
mod counts;
mod deals;
mod dice;
mod expected;
mod failure;
mod faults;
mod founding;
mod garble;
mod halts;
mod heal;
mod host;
mod loss;
pub mod model;
mod net;
mod ops;
mod released;
mod resolve;
mod time;
mod trace;
mod watch;
mod wishes;
mod world;

use canon::Digest;

pub use counts::Counts;
pub use expected::expected;
pub use failure::Failure;
pub use world::{SPAN_MS_MIN, WRITES_MIN};

use world::World;

/// What became of one seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Over everything that happened, in order.
    pub hash: Digest,
    /// How often each kind of thing occurred.
    pub counts: Counts,
    /// Virtual time lived through, in milliseconds.
    pub span_ms: i64,
    /// Writes that clients asked for and had answered.
    pub writes: u64,
    /// The first promise that did not hold.
    pub failure: Option<Failure>,
    /// The last lines of the trace.
    pub last: Vec<String>,
}

/// Lives through one seed; `aloud` prints the trace as it grows.
///
/// # Errors
/// [`Failure::Rig`] when there is no world to live in: content of the checkout that cannot be read.
pub fn run(seed: u64, aloud: bool) -> Result<Outcome, Failure> {
    let mut world = World::new(seed, aloud)?;
    let failure = world.live().err();
    world.hear();
    let mut counts = std::mem::take(&mut world.counts);
    counts.add(&world.net.counts());
    Ok(Outcome {
        seed,
        hash: world.trace.hash(),
        counts,
        span_ms: world.time.now_ms(),
        writes: world.answered,
        failure,
        last: world.trace.last(),
    })
}
