//! `primitives.json`: where a zone keeps its records, and the way there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use canon::{Clock, Currency, Realm};
use serde::{Deserialize, Serialize};
use ureq::tls::{ClientCert, PrivateKey, RootCerts, TlsConfig};
use zeroize::Zeroizing;
use zone::adapter::CircuitPolicy;
use zone::mass::{Call, Client, Primitives};

use super::carry::Carrier;
use crate::adapters::certificates;
use crate::layout::{LayoutError, ZoneDir, read, read_secret};
use crate::out::authorities;

/// The only `type`.
const TYPE: &str = "MEZPrimitives";
/// Before a token that a simulator made.
const SANDBOX_TOKEN: &str = "sandbox-";
/// Wait for a connection unless set, and longest that may be set, in milliseconds.
const CONNECT_MS: u64 = 2_000;
/// Wait for a whole answer unless set, in milliseconds. Others wait for whoever builds a write, so it is short.
const CALL_MS: u64 = 5_000;
/// Longest wait that may be set, in milliseconds.
const CALL_MS_MAX: u64 = 30_000;
/// Failures in a row that open the circuit unless set, and most that may be set.
const FAILURES_MAX: u32 = 3;
const FAILURES_SET_MAX: u32 = 100;
/// Seconds the circuit stays open at first unless set, and longest it ever stays open.
const PAUSE_SECS: i64 = 30;
const PAUSE_SECS_MAX: i64 = 600;
/// Longest token, in bytes.
const TOKEN_BYTES_MAX: usize = 4_096;

/// A way to Mass that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MassError {
    /// A file.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Not of the form.
    #[error("`primitives.json` is refused: {0}")]
    Malformed(String),
    /// Of another realm than the zone.
    #[error("`primitives.json` is of realm {theirs}, the zone of realm {ours}")]
    Realm {
        /// In the file.
        theirs: Realm,
        /// In the inception.
        ours: Realm,
    },
    /// The key to a simulator, in production.
    #[error("the token is one of a simulator, and the zone of realm production")]
    SimulatorsKey,
    /// A way on which others could read or answer.
    #[error("Mass is asked at {0}")]
    Insecure(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Sovereign,
    Mass,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "type")]
    type_: String,
    realm: Realm,
    primitives: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mass: Option<Way>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    url: String,
    /// A bearer token, in a file of mode 0600.
    token_file: PathBuf,
    /// What this zone proves itself with (mTLS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<ClientFiles>,
    /// Who may have certified the server, instead of the public authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorities: Option<PathBuf>,
    /// The zone's accounts at Mass that customers are funded from, by currency.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    funding: BTreeMap<Currency, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connect_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failures_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pause_secs: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientFiles {
    certificate: PathBuf,
    key: PathBuf,
}

/// The way to Mass, ready to be gone.
pub(super) struct Ready {
    pub(super) url: String,
    pub(super) token: Zeroizing<String>,
    pub(super) tls: TlsConfig,
    pub(super) connect: Duration,
    pub(super) call: Duration,
    pub(super) circuit: CircuitPolicy,
}

/// Where a zone keeps its records.
///
/// # Errors
/// See [`MassError`].
pub(crate) fn primitives(
    dir: &ZoneDir,
    realm: Realm,
    clock: Arc<dyn Clock>,
) -> Result<Primitives, MassError> {
    let bytes = match read(&dir.primitives()) {
        Ok(bytes) => bytes,
        Err(error) if error.is_absent() => return Ok(Primitives::Sovereign),
        Err(error) => return Err(error.into()),
    };
    let malformed = |why: &dyn std::fmt::Display| MassError::Malformed(why.to_string());
    let tree = canon::parse_value(&bytes).map_err(|error| malformed(&error))?;
    let file: File = serde_json::from_value(tree).map_err(|error| malformed(&error))?;
    if file.type_ != TYPE {
        return Err(malformed(&format!("its type is not `{TYPE}`")));
    }
    if file.realm != realm {
        return Err(MassError::Realm { theirs: file.realm, ours: realm });
    }
    let way = match (file.primitives, file.mass) {
        (Mode::Sovereign, None) => return Ok(Primitives::Sovereign),
        (Mode::Mass, Some(way)) => way,
        (Mode::Sovereign, Some(_)) => return Err(malformed(&"`mass` beside `sovereign`")),
        (Mode::Mass, None) => return Err(malformed(&"`mass` is missing")),
    };
    let funding = way.funding.clone();
    let carrier = Carrier::new(ready(dir.root(), realm, way)?, clock);
    let carry = move |call: &Call| carrier.carry(call);
    Ok(Primitives::Mass(Client::new(Arc::new(carry), funding)))
}

fn ready(root: &Path, realm: Realm, way: Way) -> Result<Ready, MassError> {
    let refuse = |why: &str| MassError::Malformed(why.to_owned());
    private_way(realm, &way.url)?;
    let token = token(root, &way.token_file)?;
    let plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX || !plain {
        return Err(refuse("the file of the token does not hold one"));
    }
    if realm == Realm::Production && token.starts_with(SANDBOX_TOKEN) {
        return Err(MassError::SimulatorsKey);
    }
    let tls = tls(root, &way)?;
    let within = |name: &str, value: u64, max: u64| match value {
        0 => Err(refuse(&format!("`{name}` is 0"))),
        _ if value > max => Err(refuse(&format!("`{name}` is over {max}"))),
        _ => Ok(value),
    };
    let connect = within("connect_ms", way.connect_ms.unwrap_or(CONNECT_MS), CONNECT_MS)?;
    let call = within("call_ms", way.call_ms.unwrap_or(CALL_MS), CALL_MS_MAX)?;
    let failures = way.failures_max.unwrap_or(FAILURES_MAX);
    within("failures_max", failures.into(), FAILURES_SET_MAX.into())?;
    let pause = way.pause_secs.unwrap_or(PAUSE_SECS);
    within("pause_secs", u64::try_from(pause).unwrap_or(0), PAUSE_SECS_MAX.unsigned_abs())?;
    Ok(Ready {
        url: way.url.trim_end_matches('/').to_owned(),
        token,
        tls,
        connect: Duration::from_millis(connect),
        call: Duration::from_millis(call),
        circuit: CircuitPolicy {
            failures_max: failures,
            pause_secs: pause,
            pause_secs_max: PAUSE_SECS_MAX,
            probe_secs: i64::try_from(call / 1_000).unwrap_or(PAUSE_SECS_MAX) * 2 + 1,
        },
    })
}

/// HTTPS; a sandbox may ask its own machine without.
fn private_way(realm: Realm, url: &str) -> Result<(), MassError> {
    let loopback = ["://127.0.0.1", "://[::1]", "://localhost"];
    let own = loopback.iter().any(|host| url.contains(host));
    match realm {
        Realm::Production if own => Err(MassError::Insecure("an address of its own machine")),
        _ if url.starts_with("https://") => Ok(()),
        Realm::Sandbox if own && url.starts_with("http://") => Ok(()),
        _ => Err(MassError::Insecure("a URL that is not https")),
    }
}

fn token(root: &Path, path: &Path) -> Result<Zeroizing<String>, MassError> {
    let bytes = read_secret(&root.join(path))?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    Ok(Zeroizing::new(text.trim().to_owned()))
}

fn tls(root: &Path, way: &Way) -> Result<TlsConfig, MassError> {
    let refuse = |why: &str| MassError::Malformed(why.to_owned());
    let roots = match &way.authorities {
        Some(path) => authorities(&read(&root.join(path))?).map_err(|why| refuse(&why))?,
        None => RootCerts::WebPki,
    };
    let client = match &way.client {
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
