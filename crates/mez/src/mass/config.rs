//! `primitives.json`: where a zone keeps its records, and the way there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use canon::{Clock, Currency, Realm};
use serde::{Deserialize, Serialize};
use ureq::tls::TlsConfig;
use zeroize::Zeroizing;
use zone::mass::{Call, Client, Primitives};

use super::carry::Carrier;
use crate::layout::{LayoutError, ZoneDir, read};
use crate::out::{Address, ClientFiles, Pace, Set, WayError, tls, token};

/// The only `type`.
const TYPE: &str = "MEZPrimitives";
/// Before a token that a simulator made.
const SANDBOX_TOKEN: &str = "sandbox-";
/// Wait for a whole answer unless set, in milliseconds. Others wait for whoever builds a write, so it is short.
const CALL_MS: u64 = 5_000;

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
    /// The zone's treasury at Mass, for accounts of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    house: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connect_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failures_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pause_secs: Option<i64>,
}

/// The way to Mass, ready to be gone.
pub(super) struct Ready {
    pub(super) url: String,
    pub(super) token: Zeroizing<String>,
    pub(super) tls: TlsConfig,
    pub(super) pace: Pace,
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
    let (funding, house) = (way.funding.clone(), way.house.clone());
    let carrier = Carrier::new(ready(dir.root(), realm, way)?, clock);
    let carry = move |call: &Call| carrier.carry(call);
    Ok(Primitives::Mass(Client::new(Arc::new(carry), funding, house)))
}

fn ready(root: &Path, realm: Realm, way: Way) -> Result<Ready, MassError> {
    private_way(realm, &way.url)?;
    let token = token(root, &way.token_file)?;
    if realm == Realm::Production && token.starts_with(SANDBOX_TOKEN) {
        return Err(MassError::SimulatorsKey);
    }
    let Way { connect_ms, call_ms, failures_max, pause_secs, .. } = way;
    Ok(Ready {
        url: way.url.trim_end_matches('/').to_owned(),
        token,
        tls: tls(root, way.client.as_ref(), way.authorities.as_ref())?,
        pace: Pace::of(&Set { connect_ms, call_ms, failures_max, pause_secs }, CALL_MS)?,
    })
}

/// HTTPS; a sandbox may ask its own machine without.
fn private_way(realm: Realm, url: &str) -> Result<(), MassError> {
    let at = Address::of_base(url).ok_or(MassError::Insecure("what is no address of a server"))?;
    match realm {
        Realm::Production if at.own_machine => {
            Err(MassError::Insecure("an address of its own machine"))
        }
        Realm::Sandbox if at.is_private() => Ok(()),
        _ if at.secure => Ok(()),
        _ => Err(MassError::Insecure("a URL that is not https")),
    }
}

impl From<WayError> for MassError {
    fn from(error: WayError) -> Self {
        match error {
            WayError::Layout(error) => Self::Layout(error),
            WayError::Malformed(why) => Self::Malformed(why),
        }
    }
}
