//! `adapters.json`: which national systems a zone asks, and how.

use std::collections::BTreeSet;
use std::path::PathBuf;

use canon::Realm;
use proof::PublicKey;
use registry::fiscal::BankAccount;
use serde::{Deserialize, Serialize};
use ureq::tls::TlsConfig;
use zeroize::Zeroizing;
use zone::adapter::System;

use crate::layout::{LayoutError, ZoneDir, read};
use crate::out::{Address, ClientFiles, Pace, Set, WayError, is_plain, tls, token};

/// The only `type`.
const TYPE: &str = "MEZAdapters";
/// Wait for a whole answer unless set, in milliseconds.
const CALL_MS: u64 = 10_000;

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
    client: Option<ClientFiles>,
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

/// One adapter, ready to be asked.
pub(super) struct Adapter {
    pub(super) system: System,
    pub(super) url: String,
    pub(super) key: PublicKey,
    pub(super) tls: TlsConfig,
    pub(super) token: Option<Zeroizing<String>>,
    pub(super) bank_code: Option<String>,
    pub(super) account: Option<BankAccount>,
    pub(super) pace: Pace,
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
    let malformed = |error: WayError| match error {
        WayError::Layout(error) => AdaptersError::Layout(error),
        WayError::Malformed(why) => refuse(&why),
    };
    let root = dir.root();
    let token = row.token_file.as_ref().map(|path| token(root, path));
    let token = token.transpose().map_err(malformed)?;
    let tls = tls(root, row.client.as_ref(), row.authorities.as_ref()).map_err(malformed)?;
    if row.bank_code.as_ref().is_some_and(|code| !is_plain(code)) {
        return Err(refuse("`bank_code` is not plain text"));
    }
    if row.account.is_some() && system != System::PkRaast {
        return Err(refuse("`account` is of Raast alone"));
    }
    let Row { connect_ms, call_ms, failures_max, pause_secs, .. } = row;
    let set = Set { connect_ms, call_ms, failures_max, pause_secs };
    Ok(Adapter {
        system,
        url: row.url.trim_end_matches('/').to_owned(),
        key,
        tls,
        token,
        bank_code: row.bank_code,
        account: row.account,
        pace: Pace::of(&set, CALL_MS).map_err(malformed)?,
    })
}

/// HTTPS, and proven by a certificate of ours in production; a sandbox may ask its own machine without.
fn private_way(system: System, realm: Realm, row: &Row) -> Result<(), AdaptersError> {
    let insecure = |why| Err(AdaptersError::Insecure(system, why));
    let Some(at) = Address::of_base(&row.url) else {
        return insecure("what is no address of a server");
    };
    match realm {
        Realm::Sandbox if at.is_private() => Ok(()),
        Realm::Production if at.secure && row.client.is_some() => Ok(()),
        Realm::Production if at.secure => insecure("an https URL without a client certificate"),
        _ => insecure("a URL that is not https"),
    }
}
