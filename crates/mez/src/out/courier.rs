//! Events on their way to receivers: signed by the zone, bounded in time, never redirected, and never to an address that
//! is not public, unless it is a receiver on this machine beside a zone of realm sandbox.

use std::net::IpAddr;
use std::time::Duration;

use ureq::Agent;
use ureq::http::Response;
use ureq::http::header::RETRY_AFTER;
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::DefaultConnector;
use zone::{Outcome, Parcel};

use super::fetch::{FetchError, Judging, Reach, failed, is_public};

/// Longest wait for a name, and for a connection.
const CONNECT_MS: u64 = 5_000;
/// Longest whole call: what Standard Webhooks asks for at least.
const CALL_MS: u64 = 15_000;
/// Most bytes read of an answer, and thrown away: a connection is used again only when its answer was read.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;
/// Media type of one event.
const CLOUDEVENT: &str = "application/cloudevents+json";

/// Brings events to receivers.
pub(crate) struct Courier {
    public: Agent,
    here: Agent,
}

impl Courier {
    /// A courier with no connection yet.
    pub(crate) fn new() -> Self {
        Self { public: agent(Reach::Public), here: agent(Reach::Loopback) }
    }

    /// Brings one event; whatever goes wrong is what came of it.
    pub(crate) fn bring(&self, parcel: &Parcel) -> Outcome {
        let agent = if parcel.url.starts_with("https://") { &self.public } else { &self.here };
        let called = agent
            .post(&parcel.url)
            .header("content-type", CLOUDEVENT)
            .header("webhook-id", &parcel.id)
            .header("webhook-timestamp", parcel.timestamp.to_string())
            .header("webhook-signature", &parcel.signature)
            .send(&parcel.body[..]);
        match called {
            Ok(answer) => answered(answer),
            Err(error) => Outcome::Failed(told(&failed(error))),
        }
    }
}

/// What is kept of a failure: nothing of the URL, which may be a secret.
fn told(error: &FetchError) -> String {
    match error {
        FetchError::Private(address) => format!("{address} is a private address"),
        other => other.to_string(),
    }
}

fn answered(mut answer: Response<ureq::Body>) -> Outcome {
    let status = answer.status().as_u16();
    let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after_secs = after.and_then(|text| text.trim().parse().ok());
    let _ = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    Outcome::Answered { status, after_secs }
}

fn agent(reach: Reach) -> Agent {
    let config = Agent::config_builder()
        .proxy(None)
        .https_only(reach == Reach::Public)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .tls_config(TlsConfig::builder().build())
        .timeout_resolve(Some(Duration::from_millis(CONNECT_MS)))
        .timeout_connect(Some(Duration::from_millis(CONNECT_MS)))
        .timeout_global(Some(Duration::from_millis(CALL_MS)))
        .user_agent(concat!("mez/", env!("CARGO_PKG_VERSION")))
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Judging::of(reach))
}

/// The address a URL names by number, if it may not be asked over `https`.
pub(crate) fn private_address(url: &str) -> Option<IpAddr> {
    let rest = url.strip_prefix("https://")?;
    let authority = rest.split(['/', '?']).next()?;
    let host = match authority.strip_prefix('[') {
        Some(inside) => inside.split(']').next()?,
        None => authority.split(':').next()?,
    };
    host.parse().ok().filter(|address| !is_public(*address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_not_public_is_known_before_anything_is_sent() {
        for private in [
            "https://127.0.0.1/x",
            "https://10.0.0.1:8443",
            "https://[::1]:9/",
            "https://169.254.169.254/",
        ] {
            assert!(private_address(private).is_some(), "{private}");
        }
        for other in ["https://hooks.example/", "https://1.1.1.1/", "http://127.0.0.1:9/", ""] {
            assert_eq!(private_address(other), None, "{other}");
        }
    }

    #[test]
    fn neither_agent_goes_where_the_other_may() {
        let parcel = |url: &str| Parcel {
            url: url.to_owned(),
            id: "evt_1".to_owned(),
            timestamp: 1,
            signature: "v1,x".to_owned(),
            body: b"{}".to_vec(),
        };
        let courier = Courier::new();
        let refused = |url: &str| match courier.bring(&parcel(url)) {
            Outcome::Failed(why) => assert!(why.contains("private address"), "{url}: {why}"),
            answered => panic!("{url}: {answered:?}"),
        };
        refused("https://localhost:1/");
        refused("https://127.0.0.1:1/");
        refused("http://192.0.2.7:1/");
    }
}
