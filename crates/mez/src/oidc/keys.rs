//! A provider's keys: fetched by its own discovery document, kept for a bounded time.

use std::time::Duration;

use canon::Timestamp;
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use super::config::{Oidc, is_private};
use super::jwt::KeySet;

/// Longest wait for a connection, and for a whole answer, in milliseconds: a caller waits meanwhile.
const CONNECT_MS: u64 = 2_000;
const CALL_MS: u64 = 5_000;
/// Largest document, in bytes.
const DOCUMENT_BYTES_MAX: u64 = 256 * 1024;
/// Pause after an attempt in vain, and between two for keys that were not known, in seconds.
const PAUSE_SECS: i64 = 10;
/// Where an issuer says where its keys are (OpenID Connect Discovery §4).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The way to a provider.
pub(super) struct Fetch(Agent);

impl Fetch {
    pub(super) fn new(settings: &Oidc) -> Self {
        let roots = settings.roots.clone().unwrap_or(RootCerts::WebPki);
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_connect(Some(Duration::from_millis(CONNECT_MS)))
            .timeout_global(Some(Duration::from_millis(CALL_MS)))
            .user_agent(concat!("mez/", env!("CARGO_PKG_VERSION")))
            .build();
        Self(config.new_agent())
    }

    fn bytes(&self, url: &str, settings: &Oidc) -> Result<Vec<u8>, String> {
        if !is_private(url, settings.loopback) {
            return Err(format!("`{url}` is not asked: no https"));
        }
        let mut answer = self.0.get(url).call().map_err(|error| error.to_string())?;
        if answer.status().as_u16() != 200 {
            return Err(format!("`{url}` answers with status {}", answer.status().as_u16()));
        }
        let body = answer.body_mut().with_config().limit(DOCUMENT_BYTES_MAX);
        body.read_to_vec().map_err(|error| error.to_string())
    }

    /// The key set that the issuer's discovery document names.
    pub(super) fn keys(&self, settings: &Oidc) -> Result<KeySet, String> {
        let url = format!("{}{DISCOVERY}", settings.issuer.trim_end_matches('/'));
        let document = self.bytes(&url, settings)?;
        let document: Value =
            serde_json::from_slice(&document).map_err(|_| "discovery is no JSON".to_owned())?;
        if document.get("issuer").and_then(Value::as_str) != Some(&settings.issuer) {
            return Err("discovery names another issuer".to_owned());
        }
        let keys = document.get("jwks_uri").and_then(Value::as_str);
        let keys = keys.ok_or_else(|| "discovery names no keys".to_owned())?;
        KeySet::parse(&self.bytes(keys, settings)?).map_err(|why| format!("its keys: {why}"))
    }
}

/// Keys as they were fetched last, and what became of the last attempt.
#[derive(Default)]
pub(super) struct Kept {
    keys: Option<(KeySet, Timestamp)>,
    tried: Option<Timestamp>,
    failed: Option<String>,
}

fn since(then: Timestamp, now: Timestamp) -> i64 {
    now.unix().saturating_sub(then.unix())
}

impl Kept {
    /// Whether to ask now: for the first time, in the second half of their time, or for a key that is not among them;
    /// and not again right after asking.
    pub(super) fn is_due(&self, now: Timestamp, max_age: i64, lacking: bool) -> bool {
        let paused = self.tried.is_some_and(|tried| since(tried, now) < PAUSE_SECS);
        let aging = self.keys.as_ref().is_none_or(|(_, at)| since(*at, now) >= max_age / 2);
        !paused && (lacking || aging)
    }

    pub(super) fn tried(&mut self, now: Timestamp, fetched: Result<KeySet, String>) {
        self.tried = Some(now);
        match fetched {
            Ok(keys) => (self.keys, self.failed) = (Some((keys, now)), None),
            Err(why) => self.failed = Some(why),
        }
    }

    /// The keys, while they may be gone by; else why there are none.
    pub(super) fn keys(&self, now: Timestamp, max_age: i64) -> Result<KeySet, String> {
        let fresh = self.keys.as_ref().filter(|(_, at)| since(*at, now) < max_age);
        let why = || self.failed.clone().unwrap_or_else(|| "its keys are too old".to_owned());
        fresh.map(|(keys, _)| keys.clone()).ok_or_else(why)
    }
}
