//! A web server as a root, read only: `URL/<type>/<digest>`, then with the extension of the type.
//!
//! Any static file server over a folder of artifacts will do. Redirects are not followed.

use std::time::Duration;

use canon::Digest;
use proof::ArtifactType;
use ureq::Agent;
use ureq::http::Response;

use super::{Root, RootError, extension};

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Most bytes taken in one answer (64 MiB).
pub(super) const ANSWER_MAX: u64 = 64 * 1024 * 1024;

/// A prefix of a web server.
pub(super) struct Web {
    name: String,
    agent: Agent,
}

impl Web {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.trim_end_matches('/').to_owned(), agent: agent() }
    }
}

/// A client that waits no longer than [`TIMEOUT`] and follows nobody elsewhere.
pub(super) fn agent() -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    config.into()
}

/// The body of an answer; nothing for one that says there is none (404, 410).
pub(super) fn body(
    name: &str,
    answer: Result<Response<ureq::Body>, ureq::Error>,
) -> Result<Option<Vec<u8>>, RootError> {
    let gone = |detail: String| RootError::Gone(name.to_owned(), detail);
    let mut answer = answer.map_err(|error| gone(error.to_string()))?;
    match answer.status().as_u16() {
        200 => {}
        404 | 410 => return Ok(None),
        status @ (401 | 403) => return Err(RootError::Denied(name.to_owned(), status)),
        status => return Err(gone(format!("status {status}"))),
    }
    match answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            Err(RootError::TooLarge(name.to_owned(), ANSWER_MAX))
        }
        Err(error) => Err(gone(error.to_string())),
    }
}

impl Root for Web {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, kind: &ArtifactType, digest: Digest) -> Result<Vec<Vec<u8>>, RootError> {
        let bare = format!("{}/{kind}/{digest}", self.name);
        let mut held = Vec::new();
        for url in [format!("{bare}.{}", extension(kind)), bare] {
            held.extend(body(&self.name, self.agent.get(&url).call())?);
        }
        Ok(held)
    }
}
