//! Bugs on purpose, to find out whether the simulator finds them.
//!
//! Invariant: without the cargo feature `seeded-bugs` [`bug`] is false and inlined away, and there is nothing to arm;
//! no shipped program has the feature.

/// Numbers of the bugs there are: 1 to this.
pub const BUGS: u8 = 10;

/// Whether bug `number` is in force.
#[cfg(not(feature = "seeded-bugs"))]
#[inline]
#[must_use]
pub const fn bug(_number: u8) -> bool {
    false
}

#[cfg(feature = "seeded-bugs")]
pub use armed::{arm, bug};

#[cfg(feature = "seeded-bugs")]
mod armed {
    use std::sync::atomic::{AtomicU8, Ordering};

    static ARMED: AtomicU8 = AtomicU8::new(0);

    /// Puts one bug in force in this process; 0 none.
    pub fn arm(number: u8) {
        ARMED.store(number, Ordering::SeqCst);
    }

    /// Whether bug `number` is in force.
    #[must_use]
    pub fn bug(number: u8) -> bool {
        ARMED.load(Ordering::SeqCst) == number
    }
}
