//! The operator's first token, and making tokens while no server runs.

use canon::{PrincipalId, Timestamp};
use zone::{Scope, Zone};

use super::load::{LoadError, Loading, open_offline};
use crate::layout::{LayoutError, ZoneDir, write_secret};

/// Name of the principal that holds the first token.
const OPERATOR: &str = "operator";

/// A token that was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The zone does not open; a running server holds its store and its signer.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The law of the zone is not the locked one.
    #[error("the zone is not ready: {0}")]
    NotReady(String),
    /// The zone refuses.
    #[error("the zone makes no token")]
    Refused(#[from] zone::Refused),
    /// The file.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Not a principal.
    #[error(transparent)]
    Principal(#[from] canon::BadId),
}

impl TokenError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Load(error) => error.code(),
            Self::NotReady(_) => "not-ready",
            Self::Refused(error) => error.code(),
            Self::Layout(_) => "zone-folder",
            Self::Principal(_) => "principal",
        }
    }
}

/// Write the operator's token beside the zone, unless there is one or the zone signs nothing.
pub(super) fn ensure(dir: &ZoneDir, zone: &Zone) -> Result<(), TokenError> {
    let path = dir.operator_token();
    if path.exists() || zone.stopped().is_some() {
        return Ok(());
    }
    let principal = PrincipalId::parse(OPERATOR)?;
    let token = zone.create_token(None, principal, vec![Scope::Operator], None)?;
    Ok(write_secret(&path, format!("{token}\n").as_bytes())?)
}

/// Make a token on the host while no server runs; its text is returned once.
///
/// # Errors
/// A running server, a zone that is not ready, or a refusal.
pub(crate) fn create_token(
    loading: &Loading<'_>,
    principal: &str,
    scopes: Vec<Scope>,
    expires: Option<Timestamp>,
    lent: (std::sync::Arc<dyn canon::Clock>, std::sync::Arc<dyn canon::Entropy>),
) -> Result<String, TokenError> {
    let principal = PrincipalId::parse(principal)?;
    let door = open_offline(loading, lent.0, lent.1)?;
    match door.zone() {
        Some(zone) => Ok(zone.create_token(None, principal, scopes, expires)?),
        None => Err(TokenError::NotReady(door.reason().to_owned())),
    }
}
