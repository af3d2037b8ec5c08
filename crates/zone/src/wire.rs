//! The one door to other zones; an HTTP client outside, a virtual network in the simulator.

use canon::Did;
use proof::Signer;

/// Where a peer is reached and who it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Base URL.
    pub url: String,
    /// The pinned DID.
    pub did: Did,
    /// Longest wait for an answer, in seconds.
    pub patience_secs: u64,
}

/// What anybody may ask of a zone, and the cheapest to answer.
pub const LIVENESS: &str = "/health/liveness";

/// A call that gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Nobody answered in time; try again later.
    #[error("the peer cannot be reached: {0}")]
    Unreachable(String),
    /// The peer answered with a problem.
    #[error("the peer refused ({status} {code}): {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Problem code.
        code: String,
        /// Problem detail.
        detail: String,
        /// The whole problem document.
        body: Vec<u8>,
    },
}

/// Calls to other zones. Requests with a body are signed with the zone's HTTP key (RFC 9421).
pub trait Wire: Send + Sync {
    /// GET `path` of the peer, unsigned and public.
    ///
    /// # Errors
    /// See [`WireError`].
    fn fetch(&self, url: &str, path: &str) -> Result<Vec<u8>, WireError>;

    /// Whether anybody answers at this address; waits no longer than [`KNOCK_PATIENCE_SECS`](crate::limits).
    fn knock(&self, url: &str) -> bool {
        self.fetch(url, LIVENESS).is_ok()
    }

    /// POST a canonical body to `path` of the peer, signed by `http_here`.
    ///
    /// # Errors
    /// See [`WireError`].
    fn post(
        &self,
        peer: &Peer,
        path: &str,
        body: &[u8],
        http_here: &dyn Signer,
    ) -> Result<Vec<u8>, WireError>;
}
