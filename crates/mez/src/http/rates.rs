//! How often one principal may ask, in the words of the `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers).

use axum::http::{HeaderMap, HeaderValue};
use zone::Rate;

use super::problem::Problem;

const LIMIT: &str = "ratelimit";
const POLICY: &str = "ratelimit-policy";
/// Name of the one policy there is.
const NAME: &str = "principal";

/// Too many requests, and when to ask again.
pub(super) fn too_many(rate: &Rate) -> Problem {
    let per_minute = rate.policy.per_minute;
    let detail =
        format!("more than the {per_minute} requests a minute that one principal may make");
    Problem::new(429, "too-many-requests", detail)
        .again(u32::try_from(rate.secs).unwrap_or(u32::MAX))
}

/// What is kept to, and where the caller stands.
pub(super) fn tell(rate: &Rate, headers: &mut HeaderMap) {
    let policy = format!("\"{NAME}\";q={};w=60", rate.policy.per_minute);
    let limit = format!("\"{NAME}\";r={};t={}", rate.remaining, rate.secs);
    for (name, text) in [(POLICY, policy), (LIMIT, limit)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}
