//! What every way to somebody outside that a zone is given has in common: where it leads, what proves each side, how
//! long is waited, and when it is left alone.
//!
//! Invariant: where a URL leads is read from its authority, as the HTTP client reads it, and from nothing else of its
//! text; one that carries a user is no address.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::http::Uri;
use ureq::http::uri::Scheme;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};
use zeroize::Zeroizing;
use zone::adapter::CircuitPolicy;

use super::authorities;
use crate::layout::{LayoutError, read, read_secret};

/// Wait for a connection unless set, and longest that may be set, in milliseconds.
const CONNECT_MS: u64 = 2_000;
/// Longest wait for a whole answer that may be set, in milliseconds.
const CALL_MS_MAX: u64 = 30_000;
/// Failures in a row that open a circuit unless set, and most that may be set.
const FAILURES_MAX: u32 = 3;
const FAILURES_SET_MAX: u32 = 100;
/// Seconds a circuit stays open at first unless set, and longest it ever stays open.
const PAUSE_SECS: i64 = 30;
const PAUSE_SECS_MAX: i64 = 600;
/// Longest text that goes into a header, in bytes.
const HEADER_BYTES_MAX: usize = 4_096;

/// A way that cannot be gone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WayError {
    /// A file.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Not of the form.
    #[error("{0}")]
    Malformed(String),
}

/// Where a URL leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Over TLS.
    pub(crate) secure: bool,
    /// To the machine that asks.
    pub(crate) own_machine: bool,
}

/// What this zone proves itself with (mTLS).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientFiles {
    certificate: PathBuf,
    key: PathBuf,
}

/// How long is waited, as it was set.
pub(crate) struct Set {
    pub(crate) connect_ms: Option<u64>,
    pub(crate) call_ms: Option<u64>,
    pub(crate) failures_max: Option<u32>,
    pub(crate) pause_secs: Option<i64>,
}

/// How long is waited, and when nobody is asked.
pub(crate) struct Pace {
    pub(crate) connect: Duration,
    pub(crate) call: Duration,
    pub(crate) circuit: CircuitPolicy,
}

impl Address {
    /// Where a URL leads below which others are asked for; `None` for one with a query or a fragment too.
    pub(crate) fn of_base(url: &str) -> Option<Self> {
        Self::read(url).filter(|_| !url.contains(['?', '#']))
    }

    /// Where a URL leads; `None` for one that is no address.
    pub(crate) fn read(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let secure = match uri.scheme()? {
            scheme if *scheme == Scheme::HTTPS => true,
            scheme if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        if uri.authority()?.as_str().contains('@') {
            return None;
        }
        Some(Self { secure, own_machine: is_own(uri.host()?)? })
    }

    /// Whether nobody between can read or answer.
    pub(crate) const fn is_private(self) -> bool {
        self.secure || self.own_machine
    }
}

/// Whether a host is the machine that asks; `None` for a number that is written as no address is.
fn is_own(host: &str) -> Option<bool> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(address.to_canonical().is_loopback());
    }
    let name = bare.strip_suffix('.').unwrap_or(bare);
    let last = name.rsplit('.').next().filter(|last| !last.is_empty())?;
    // Resolvers read `2130706433` and `0x7f.1` as addresses, and names never end so.
    if last.bytes().next()?.is_ascii_digit() {
        return None;
    }
    Some(name.eq_ignore_ascii_case("localhost"))
}

impl Pace {
    /// What was set, within the bounds.
    pub(crate) fn of(set: &Set, usual_call_ms: u64) -> Result<Self, WayError> {
        let connect = within("connect_ms", set.connect_ms.unwrap_or(CONNECT_MS), CONNECT_MS)?;
        let call = within("call_ms", set.call_ms.unwrap_or(usual_call_ms), CALL_MS_MAX)?;
        let failures_max = set.failures_max.unwrap_or(FAILURES_MAX);
        within("failures_max", failures_max.into(), FAILURES_SET_MAX.into())?;
        let pause_secs = set.pause_secs.unwrap_or(PAUSE_SECS);
        let pause = u64::try_from(pause_secs).unwrap_or(0);
        within("pause_secs", pause, PAUSE_SECS_MAX.unsigned_abs())?;
        let probe_secs = i64::try_from(call / 1_000).unwrap_or(PAUSE_SECS_MAX) * 2 + 1;
        let pause_secs_max = PAUSE_SECS_MAX;
        Ok(Self {
            connect: Duration::from_millis(connect),
            call: Duration::from_millis(call),
            circuit: CircuitPolicy { failures_max, pause_secs, pause_secs_max, probe_secs },
        })
    }
}

fn within(name: &str, value: u64, max: u64) -> Result<u64, WayError> {
    match value {
        0 => Err(WayError::Malformed(format!("`{name}` is 0"))),
        _ if value > max => Err(WayError::Malformed(format!("`{name}` is over {max}"))),
        _ => Ok(value),
    }
}

/// The bearer token in a file of mode 0600.
pub(crate) fn token(root: &Path, path: &Path) -> Result<Zeroizing<String>, WayError> {
    let bytes = read_secret(&root.join(path))?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default().trim();
    if !is_plain(text) {
        return Err(refuse("the file of the token does not hold one"));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// Whether a text goes into a header as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    let graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
    graphic && !text.is_empty() && text.len() <= HEADER_BYTES_MAX
}

/// What each side is proven by.
pub(crate) fn tls(
    root: &Path,
    client: Option<&ClientFiles>,
    believed: Option<&PathBuf>,
) -> Result<TlsConfig, WayError> {
    let roots = match believed {
        Some(path) => authorities(&read(&root.join(path))?).map_err(WayError::Malformed)?,
        None => RootCerts::WebPki,
    };
    let client = match client {
        None => None,
        Some(ClientFiles { certificate, key }) => {
            let chain = certificates(&read(&root.join(certificate))?)
                .ok_or_else(|| refuse("`client.certificate` holds no certificates in PEM"))?;
            let key = read_secret(&root.join(key))?;
            let key = PrivateKey::from_pem(&key);
            let key = key.map_err(|_| refuse("`client.key` holds no key in PEM"))?;
            Some(ClientCert::new_with_certs(&chain, key))
        }
    };
    Ok(TlsConfig::builder().root_certs(roots).client_cert(client).build())
}

fn refuse(why: &str) -> WayError {
    WayError::Malformed(why.to_owned())
}

/// A chain of certificates in PEM; `None` for anything else.
fn certificates(pem: &[u8]) -> Option<Vec<Certificate<'static>>> {
    let mut chain = Vec::new();
    for item in parse_pem(pem) {
        match item.ok()? {
            PemItem::Certificate(certificate) => chain.push(certificate),
            _ => return None,
        }
    }
    (!chain.is_empty()).then_some(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_url_leads_is_said_by_its_authority_alone() {
        let read = |url: &str| Address::read(url).map(|at| (at.secure, at.own_machine));
        for own in [
            "http://127.0.0.1:9200",
            "http://127.9.0.1/x",
            "http://localhost",
            "http://LOCALHOST.:1/",
            "http://[::1]:9/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert_eq!(read(own), Some((false, true)), "{own}");
        }
        for other in [
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example:80/",
            "http://evil.example/://127.0.0.1",
            "http://evil.example/?at=://127.0.0.1",
            "http://192.0.2.1",
            "http://[2001:db8::1]/",
        ] {
            assert_eq!(read(other), Some((false, false)), "{other}");
        }
        assert_eq!(read("https://mass.example/base"), Some((true, false)));
        assert_eq!(read("https://127.0.0.1"), Some((true, true)));
        for none in [
            "http://127.0.0.1:x@evil.example",
            "http://localhost@evil.example/",
            "https://user@mass.example",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://127.1/",
            "ftp://127.0.0.1/",
            "127.0.0.1:9200",
            "http:\\\\127.0.0.1",
            "",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
        for more in ["https://mass.example/?a", "https://mass.example/#://localhost"] {
            assert_eq!((Address::of_base(more), read(more)), (None, Some((true, false))), "{more}");
        }
    }
}
