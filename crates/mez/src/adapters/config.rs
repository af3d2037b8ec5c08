//! `adapters.json`: which national systems a zone asks, and how.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use canon::Realm;
use proof::PublicKey;
use registry::fiscal::BankAccount;
use serde::{Deserialize, Serialize};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};
use zeroize::Zeroizing;
use zone::adapter::{CircuitPolicy, System};

use crate::layout::{LayoutError, ZoneDir, read, read_secret};
use crate::out::authorities;

/// The only `type`.
const TYPE: &str = "MEZAdapters";
/// Wait for a connection unless set, and longest that may be set, in milliseconds.
const CONNECT_MS: u64 = 2_000;
/// Wait for a whole answer unless set, in milliseconds.
const CALL_MS: u64 = 10_000;
/// Longest wait that may be set, in milliseconds.
const CALL_MS_MAX: u64 = 30_000;
/// Failures in a row that open a circuit unless set, and most that may be set.
const FAILURES_MAX: u32 = 3;
const FAILURES_SET_MAX: u32 = 100;
/// Seconds a circuit stays open at first unless set, and longest it ever stays open.
const PAUSE_SECS: i64 = 30;
const PAUSE_SECS_MAX: i64 = 600;
/// Longest token and bank code, in bytes.
const HEADER_BYTES_MAX: usize = 4_096;

/// Adapters that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdaptersError {
    /// A file.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Not of the form.
    #[error("`adapters.json` is refused: {0}")]
    Malformed(String),
    /// Of another realm than the zone.
    #[error("the adapters are of realm {theirs}, the zone of realm {ours}")]
    Realm {
        /// In the file.
        theirs: Realm,
        /// In the inception.
        ours: Realm,
    },
    /// A way on which others could read or answer.
    #[error("adapter `{0}` is asked at {1}")]
    Insecure(System, &'static str),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "type")]
    type_: String,
    realm: Realm,
    adapters: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    adapter: System,
    url: String,
    /// The key its answers are believed under, a did:key.
    key: String,
    /// What this zone proves itself with (mTLS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<Client>,
    /// Who may have certified the server, instead of the public authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorities: Option<PathBuf>,
    /// A bearer token, in a file of mode 0600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_file: Option<PathBuf>,
    /// The bank's own code, which Raast is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bank_code: Option<String>,
    /// The zone's own account at its bank, out of which payments over Raast go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<BankAccount>,
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
struct Client {
    certificate: PathBuf,
    key: PathBuf,
}

/// One adapter, ready to be asked.
pub(super) struct Adapter {
    pub(super) system: System,
    pub(super) url: String,
    pub(super) key: PublicKey,
    pub(super) tls: TlsConfig,
    pub(super) token: Option<Zeroizing<String>>,
    pub(super) bank_code: Option<String>,
    pub(super) account: Option<BankAccount>,
    pub(super) connect: Duration,
    pub(super) call: Duration,
    pub(super) circuit: CircuitPolicy,
}

/// Read the adapters of a zone; `None` where it has none.
///
/// # Errors
/// See [`AdaptersError`].
pub(super) fn adapters(dir: &ZoneDir, realm: Realm) -> Result<Option<Vec<Adapter>>, AdaptersError> {
    let bytes = match read(&dir.adapters()) {
        Ok(bytes) => bytes,
        Err(error) if error.is_absent() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let malformed = |why: &dyn std::fmt::Display| AdaptersError::Malformed(why.to_string());
    let tree = canon::parse_value(&bytes).map_err(|error| malformed(&error))?;
    let file: File = serde_json::from_value(tree).map_err(|error| malformed(&error))?;
    if file.type_ != TYPE {
        return Err(malformed(&format!("its type is not `{TYPE}`")));
    }
    // Before anything else of it is looked at: not even the files it names are of this zone.
    if file.realm != realm {
        return Err(AdaptersError::Realm { theirs: file.realm, ours: realm });
    }
    let systems: BTreeSet<System> = file.adapters.iter().map(|row| row.adapter).collect();
    if systems.len() != file.adapters.len() {
        return Err(malformed(&"an adapter is named twice"));
    }
    let adapters = file.adapters.into_iter().map(|row| adapter(dir, realm, row));
    adapters.collect::<Result<_, _>>().map(Some)
}

fn adapter(dir: &ZoneDir, realm: Realm, row: Row) -> Result<Adapter, AdaptersError> {
    let system = row.adapter;
    let refuse = |why: &str| AdaptersError::Malformed(format!("`{system}`: {why}"));
    private_way(system, realm, &row)?;
    let key = PublicKey::from_did_key(&row.key).map_err(|error| refuse(&error.to_string()))?;
    let token = row.token_file.as_ref().map(|path| token(dir, path)).transpose()?;
    let tls = tls(dir, &row, &refuse)?;
    let header = |text: &String| text.len() <= HEADER_BYTES_MAX && !text.is_empty();
    let plain = |text: &String| header(text) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if row.bank_code.as_ref().is_some_and(|code| !plain(code)) {
        return Err(refuse("`bank_code` is not plain text"));
    }
    if token.as_ref().is_some_and(|token| !plain(token)) {
        return Err(refuse("the file of the token does not hold one"));
    }
    if row.account.is_some() && system != System::PkRaast {
        return Err(refuse("`account` is of Raast alone"));
    }
    let within = |name: &str, value: u64, max: u64| match value {
        0 => Err(refuse(&format!("`{name}` is 0"))),
        _ if value > max => Err(refuse(&format!("`{name}` is over {max}"))),
        _ => Ok(value),
    };
    let connect = within("connect_ms", row.connect_ms.unwrap_or(CONNECT_MS), CONNECT_MS)?;
    let call = within("call_ms", row.call_ms.unwrap_or(CALL_MS), CALL_MS_MAX)?;
    let failures = row.failures_max.unwrap_or(FAILURES_MAX);
    within("failures_max", failures.into(), FAILURES_SET_MAX.into())?;
    let pause = row.pause_secs.unwrap_or(PAUSE_SECS);
    within("pause_secs", u64::try_from(pause).unwrap_or(0), PAUSE_SECS_MAX.unsigned_abs())?;
    let probe_secs = i64::try_from(call / 1_000).unwrap_or(PAUSE_SECS_MAX) * 2 + 1;
    Ok(Adapter {
        system,
        url: row.url.trim_end_matches('/').to_owned(),
        key,
        tls,
        token,
        bank_code: row.bank_code,
        account: row.account,
        connect: Duration::from_millis(connect),
        call: Duration::from_millis(call),
        circuit: CircuitPolicy {
            failures_max: failures,
            pause_secs: pause,
            pause_secs_max: PAUSE_SECS_MAX,
            probe_secs,
        },
    })
}

/// HTTPS, and proven by a certificate of ours in production; a sandbox may ask its own machine without.
fn private_way(system: System, realm: Realm, row: &Row) -> Result<(), AdaptersError> {
    if row.url.starts_with("https://") {
        let proven = row.client.is_some() || realm == Realm::Sandbox;
        let why = "an https URL without a client certificate";
        return if proven { Ok(()) } else { Err(AdaptersError::Insecure(system, why)) };
    }
    let loopback = ["http://127.0.0.1:", "http://[::1]:"];
    let own = loopback.iter().any(|start| row.url.starts_with(start));
    if own && realm == Realm::Sandbox {
        return Ok(());
    }
    Err(AdaptersError::Insecure(system, "a URL that is not https"))
}

fn token(dir: &ZoneDir, path: &PathBuf) -> Result<Zeroizing<String>, AdaptersError> {
    let bytes = read_secret(&dir.root().join(path))?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    Ok(Zeroizing::new(text.trim().to_owned()))
}

fn tls(
    dir: &ZoneDir,
    row: &Row,
    refuse: &dyn Fn(&str) -> AdaptersError,
) -> Result<TlsConfig, AdaptersError> {
    let roots = match &row.authorities {
        Some(path) => authorities(&read(&dir.root().join(path))?).map_err(|why| refuse(&why))?,
        None => RootCerts::WebPki,
    };
    let client = match &row.client {
        None => None,
        Some(Client { certificate, key }) => {
            let chain = certificates(&read(&dir.root().join(certificate))?)
                .ok_or_else(|| refuse("`client.certificate` holds no certificates in PEM"))?;
            let key = read_secret(&dir.root().join(key))?;
            let key = PrivateKey::from_pem(&key);
            let key = key.map_err(|_| refuse("`client.key` holds no key in PEM"))?;
            Some(ClientCert::new_with_certs(&chain, key))
        }
    };
    Ok(TlsConfig::builder().root_certs(roots).client_cert(client).build())
}

/// A chain of certificates in PEM; `None` for anything else.
pub(crate) fn certificates(pem: &[u8]) -> Option<Vec<Certificate<'static>>> {
    let mut chain = Vec::new();
    for item in parse_pem(pem) {
        match item.ok()? {
            PemItem::Certificate(certificate) => chain.push(certificate),
            _ => return None,
        }
    }
    (!chain.is_empty()).then_some(chain)
}
