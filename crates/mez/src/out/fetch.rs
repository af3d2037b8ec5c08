//! Documents of others over HTTPS, which only `--resolve` asks for.
//!
//! Invariant: HTTPS alone, no redirect, no proxy; time, size and number of calls are bounded; and no connection goes
//! to an address that is not public, unless asked for: the address judged is the one connected to, so that a name
//! that changes its mind in between gains nothing.

use std::cell::Cell;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Longest wait for a name, and for a connection.
const CONNECT_MS: u64 = 2_000;
/// Longest whole call.
const CALL_MS: u64 = 10_000;
/// Largest document, in bytes.
const DOCUMENT_BYTES_MAX: u64 = 1024 * 1024;
/// Most calls of one command.
const CALLS_MAX: usize = 16;

/// Which addresses a name may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Those of the public internet.
    Public,
    /// Any, also of this machine and its network.
    Any,
    /// Those of this machine alone.
    Loopback,
}

/// Why a document is not fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// Too many calls.
    #[error("not asked for: one command fetches at most {CALLS_MAX} documents")]
    Calls,
    /// Not HTTPS.
    #[error("not an https URL")]
    Scheme,
    /// The name stands for an address that is not public.
    #[error("{0} is a private address; --allow-private lets it be asked")]
    Private(IpAddr),
    /// Any answer but 200; redirects are not followed.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// Nobody answers in time, or not so that it can be believed.
    #[error("{0}")]
    Unreachable(String),
}

/// The authorities in a PEM file.
pub(crate) fn authorities(pem: &[u8]) -> Result<RootCerts, String> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item.map_err(|error| error.to_string())? {
            PemItem::Certificate(certificate) => certificates.push(certificate),
            _ => return Err("it holds something else than certificates".to_owned()),
        }
    }
    if certificates.is_empty() {
        return Err("it holds no certificate".to_owned());
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// Fetches documents, a bounded number of them.
pub(crate) struct Fetcher {
    agent: Agent,
    left: Cell<usize>,
}

impl Fetcher {
    /// A fetcher with no connection yet; trusts the given authorities instead of the public ones.
    pub(crate) fn new(reach: Reach, authorities: Option<RootCerts>) -> Self {
        let tls = TlsConfig::builder().root_certs(authorities.unwrap_or(RootCerts::WebPki));
        let config = Agent::config_builder()
            .proxy(None)
            .https_only(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .tls_config(tls.build())
            .timeout_resolve(Some(Duration::from_millis(CONNECT_MS)))
            .timeout_connect(Some(Duration::from_millis(CONNECT_MS)))
            .timeout_global(Some(Duration::from_millis(CALL_MS)))
            .user_agent(concat!("mez/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = Judging::of(reach);
        let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, left: Cell::new(CALLS_MAX) }
    }

    /// The bytes at a URL.
    pub(crate) fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        if !url.starts_with("https://") {
            return Err(FetchError::Scheme);
        }
        let left = self.left.get().checked_sub(1).ok_or(FetchError::Calls)?;
        self.left.set(left);
        let mut answer = self.agent.get(url).call().map_err(failed)?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(FetchError::Status(status));
        }
        answer.body_mut().with_config().limit(DOCUMENT_BYTES_MAX).read_to_vec().map_err(failed)
    }
}

pub(super) fn failed(error: ureq::Error) -> FetchError {
    match &error {
        ureq::Error::Other(cause) => match cause.downcast_ref::<NotPublic>() {
            Some(NotPublic(address)) => FetchError::Private(*address),
            None => FetchError::Unreachable(error.to_string()),
        },
        _ => FetchError::Unreachable(error.to_string()),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is not public")]
struct NotPublic(IpAddr);

/// Looks names up and refuses those that stand for an address out of reach.
#[derive(Debug)]
pub(super) struct Judging {
    inner: DefaultResolver,
    reach: Reach,
}

impl Judging {
    pub(super) fn of(reach: Reach) -> Self {
        Self { inner: DefaultResolver::default(), reach }
    }
}

impl Reach {
    fn admits(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Any => true,
            Self::Loopback => address.is_loopback(),
        }
    }
}

impl Resolver for Judging {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        match found.iter().map(|address| address.ip()).find(|ip| !self.reach.admits(*ip)) {
            Some(ip) => Err(ureq::Error::Other(Box::new(NotPublic(ip)))),
            None => Ok(found),
        }
    }
}

/// Whether an address is one of the public internet (IANA special-purpose registries).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(a == 0
                || a >= 224
                || v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_documentation()
                || (a == 100 && (64..128).contains(&b))
                || (a, b, c) == (192, 0, 0)
                || (a, b, c) == (192, 88, 99)
                || (a == 198 && (b == 18 || b == 19)))
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(IpAddr::V4(v4)),
            None => is_global_unicast(v6),
        },
    }
}

/// 2000::/3 without documentation, benchmarks and the ranges that carry an IPv4 address inside (Teredo, 6to4).
fn is_global_unicast(v6: Ipv6Addr) -> bool {
    let [first, second, ..] = v6.segments();
    let special = match first {
        0x2001 => second < 0x0200 || second == 0x0db8,
        0x2002 => true,
        0x3fff => second < 0x1000,
        _ => false,
    };
    (0x2000..0x4000).contains(&first) && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_reached() {
        let public =
            ["1.1.1.1", "93.184.215.14", "100.63.255.255", "172.32.0.1", "223.255.255.255"];
        let more = ["2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"];
        for text in public.into_iter().chain(more) {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn only_https_and_only_so_often() {
        let fetcher = Fetcher::new(Reach::Public, None);
        for url in ["http://a.example/did.json", "file:///etc/passwd", "ftp://a.example", ""] {
            assert!(matches!(fetcher.fetch(url), Err(FetchError::Scheme)), "{url}");
        }
        for _ in 0..CALLS_MAX {
            let refused = fetcher.fetch("https://127.0.0.1:1/did.json");
            assert!(matches!(refused, Err(FetchError::Private(_))), "{refused:?}");
        }
        assert!(matches!(fetcher.fetch("https://127.0.0.1:1/"), Err(FetchError::Calls)));
    }
}
