//! The present.

use canon::{Date, Timestamp};

/// Now, in seconds since 1970.
pub(crate) fn unix() -> i64 {
    #[allow(clippy::disallowed_methods, reason = "this program has no other clock than its host's")]
    let now = std::time::SystemTime::now();
    let secs = now.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(secs).unwrap_or(0)
}

/// Now, as documents write it; empty outside 1970 to 9999.
pub(crate) fn text() -> String {
    Timestamp::from_unix(unix()).map(|now| now.to_string()).unwrap_or_default()
}

/// Today.
pub(crate) fn today() -> Option<Date> {
    Timestamp::from_unix(unix()).ok().map(Timestamp::date)
}
