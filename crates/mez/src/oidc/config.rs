//! The provider as `access.json` names it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use canon::Realm;
use serde::Deserialize;
use ureq::tls::RootCerts;
use zone::Scope;

use crate::layout::{LayoutError, ZoneDir, read};
use crate::out::{Address, authorities};

/// Seconds for which keys are gone by, unless set: an hour.
const KEYS_MAX_AGE_SECS: i64 = 3_600;
/// Longest that may be set: a day.
const KEYS_MAX_AGE_SECS_MAX: i64 = 86_400;

/// A provider that cannot be gone by.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    /// A file.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Not of the form.
    #[error("{0}")]
    Malformed(String),
}

/// The member `oidc` of `access.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    issuer: String,
    audience: String,
    #[serde(default = "scope")]
    scopes_claim: String,
    #[serde(default)]
    entity_claim: Option<String>,
    mapping: BTreeMap<String, Vec<Scope>>,
    #[serde(default)]
    keys_max_age_secs: Option<i64>,
    #[serde(default)]
    authorities: Option<PathBuf>,
}

fn scope() -> String {
    "scope".to_owned()
}

/// A provider's settings.
pub(crate) struct Oidc {
    /// Exactly as its documents and tokens name it.
    pub(super) issuer: String,
    /// Who a token has to be for.
    pub(super) audience: String,
    /// The claim whose words are mapped.
    pub(super) scopes_claim: String,
    /// The claim that binds a token to an entity; every token has it then.
    pub(super) entity_claim: Option<String>,
    /// What each word grants.
    pub(super) mapping: BTreeMap<String, Vec<Scope>>,
    /// How long keys are gone by after they were fetched.
    pub(super) keys_max_age_secs: i64,
    /// Who may have certified the provider, instead of the public authorities.
    pub(super) roots: Option<RootCerts>,
    /// Whether this machine may be asked without TLS.
    pub(super) loopback: bool,
}

impl Oidc {
    /// Read the settings of a zone's provider.
    ///
    /// # Errors
    /// See [`OidcError`].
    pub(crate) fn read(dir: &ZoneDir, realm: Realm, file: File) -> Result<Self, OidcError> {
        let malformed = |why: &str| Err(OidcError::Malformed(why.to_owned()));
        let loopback = realm == Realm::Sandbox;
        if !is_private(&file.issuer, loopback) {
            return malformed("the issuer is asked over https");
        }
        if file.issuer.contains(['?', '#']) || file.audience.is_empty() {
            return malformed("an issuer has neither query nor fragment, and an audience is named");
        }
        let keys_max_age_secs = file.keys_max_age_secs.unwrap_or(KEYS_MAX_AGE_SECS);
        if !(1..=KEYS_MAX_AGE_SECS_MAX).contains(&keys_max_age_secs) {
            return malformed("keys are gone by for 1 to 86400 seconds");
        }
        let roots = match &file.authorities {
            None => None,
            Some(path) => {
                let pem = read(&dir.root().join(path))?;
                Some(authorities(&pem).map_err(OidcError::Malformed)?)
            }
        };
        let File { issuer, audience, scopes_claim, entity_claim, mapping, .. } = file;
        Ok(Self {
            issuer,
            audience,
            scopes_claim,
            entity_claim,
            mapping,
            keys_max_age_secs,
            roots,
            loopback,
        })
    }
}

/// Whether nobody between can read or answer: TLS, or this machine where that is allowed.
pub(super) fn is_private(url: &str, loopback: bool) -> bool {
    Address::read(url).is_some_and(|at| at.secure || (loopback && at.own_machine))
}
