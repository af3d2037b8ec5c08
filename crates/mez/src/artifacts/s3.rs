//! A bucket of an S3 service as a root: `s3://BUCKET/PREFIX`, keys `PREFIX/<type>/<digest>`.
//!
//! The service and the access key come from the usual variables: `AWS_ENDPOINT_URL`, `AWS_REGION`,
//! `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`. Requests are path-style and signed over the body.
//!
//! Invariant: nothing is ever written over. A key is put with `If-None-Match: *`, so of two writers
//! at once one writes and the other is told that the artifact is there.

use canon::{Clock, Digest};
use proof::ArtifactType;
use ureq::Agent;
use ureq::http::Uri;
use zeroize::Zeroizing;

use super::sigv4::{Request, Signer};
use super::{Root, RootError, http};

/// The service when none is named.
const REGION: &str = "us-east-1";

/// A prefix of a bucket.
pub(crate) struct Bucket<'a> {
    name: String,
    /// Scheme and authority of the service.
    endpoint: String,
    host: String,
    /// `/BUCKET/PREFIX`.
    path: String,
    signer: Signer,
    agent: Agent,
    clock: &'a dyn Clock,
}

impl<'a> Bucket<'a> {
    /// The bucket and prefix of this name; asks nobody yet.
    pub(crate) fn open(name: &str, clock: &'a dyn Clock) -> Result<Self, RootError> {
        let wrong = |why: &'static str| RootError::Name(name.to_owned(), why);
        let path = name.strip_prefix("s3://").unwrap_or(name).trim_end_matches('/');
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-/".contains(&b);
        if !path.bytes().all(plain) || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(wrong("s3://BUCKET/PREFIX of letters, digits and . _ - is needed"));
        }
        let region = setting("AWS_REGION").unwrap_or_else(|| REGION.to_owned());
        let endpoint = setting("AWS_ENDPOINT_URL")
            .unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let uri: Uri = endpoint.parse().map_err(|_| wrong("AWS_ENDPOINT_URL is no URL"))?;
        let host = uri.authority().ok_or_else(|| wrong("AWS_ENDPOINT_URL names no host"))?;
        let access_key =
            setting("AWS_ACCESS_KEY_ID").ok_or(wrong("AWS_ACCESS_KEY_ID is not set"))?;
        let secret = setting("AWS_SECRET_ACCESS_KEY");
        let secret = secret.ok_or(wrong("AWS_SECRET_ACCESS_KEY is not set"))?;
        Ok(Self {
            name: name.to_owned(),
            host: host.to_string(),
            endpoint,
            path: format!("/{path}"),
            signer: Signer { access_key, secret: Zeroizing::new(secret), region },
            agent: http::agent(),
            clock,
        })
    }

    /// Puts an artifact under its name; `false` when something is there already.
    pub(crate) fn put(
        &self,
        kind: &ArtifactType,
        digest: Digest,
        bytes: &[u8],
    ) -> Result<bool, RootError> {
        let path = format!("{}/{kind}/{digest}", self.path);
        let mut request = self.agent.put(format!("{}{path}", self.endpoint));
        for (name, value) in self.headers("PUT", &path, &[("if-none-match", "*")], bytes) {
            request = request.header(name, value);
        }
        let gone = |detail: String| RootError::Gone(self.name.clone(), detail);
        let answer = request.send(bytes).map_err(|error| gone(error.to_string()))?;
        match answer.status().as_u16() {
            200 => Ok(true),
            412 => Ok(false),
            409 => Err(RootError::Busy(self.name.clone())),
            status @ (401 | 403) => Err(RootError::Denied(self.name.clone(), status)),
            status => Err(gone(format!("status {status} to a PUT"))),
        }
    }

    /// Removes what is under a name; nothing there is as good.
    pub(crate) fn remove(&self, kind: &ArtifactType, digest: Digest) -> Result<(), RootError> {
        let path = format!("{}/{kind}/{digest}", self.path);
        let mut request = self.agent.delete(format!("{}{path}", self.endpoint));
        for (name, value) in self.headers("DELETE", &path, &[], b"") {
            request = request.header(name, value);
        }
        let gone = |detail: String| RootError::Gone(self.name.clone(), detail);
        let answer = request.call().map_err(|error| gone(error.to_string()))?;
        match answer.status().as_u16() {
            200 | 204 | 404 => Ok(()),
            status @ (401 | 403) => Err(RootError::Denied(self.name.clone(), status)),
            status => Err(gone(format!("status {status} to a DELETE"))),
        }
    }

    /// Headers of a signed request, but for `host`, which the client sends by itself.
    fn headers(
        &self,
        method: &str,
        path: &str,
        more: &[(&'static str, &str)],
        body: &[u8],
    ) -> Vec<(&'static str, String)> {
        let payload = Digest::of_blob(body);
        let (hash, moment) = (payload.to_string(), self.clock.now().to_string());
        let moment: String = moment.chars().filter(|c| !matches!(c, '-' | ':')).collect();
        let mut headers = vec![("host", self.host.as_str())];
        headers.extend_from_slice(more);
        headers.push(("x-amz-content-sha256", &hash));
        headers.push(("x-amz-date", &moment));
        let request = Request { method, path, moment: &moment, headers: &headers, payload };
        let mut all = vec![("authorization", self.signer.authorization(&request))];
        let sent = headers.into_iter().filter(|(name, _)| *name != "host");
        all.extend(sent.map(|(name, value)| (name, value.to_owned())));
        all
    }
}

impl Root for Bucket<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, kind: &ArtifactType, digest: Digest) -> Result<Vec<Vec<u8>>, RootError> {
        let path = format!("{}/{kind}/{digest}", self.path);
        let mut request = self.agent.get(format!("{}{path}", self.endpoint));
        for (name, value) in self.headers("GET", &path, &[], b"") {
            request = request.header(name, value);
        }
        Ok(http::body(&self.name, request.call())?.into_iter().collect())
    }
}

/// A variable of the environment, unless empty.
#[allow(clippy::disallowed_methods, reason = "the variables every S3 client is set by")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
