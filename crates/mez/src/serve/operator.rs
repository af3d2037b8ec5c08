//! The operator's first token, and making tokens while no server runs.

use canon::PrincipalId;
use zone::archive::Ended;
use zone::{Heard, Scope, TokenAsk, Zone};

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
    #[error("the zone refuses")]
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
    wanted: TokenAsk,
    lent: (std::sync::Arc<dyn canon::Clock>, std::sync::Arc<dyn canon::Entropy>),
) -> Result<String, TokenError> {
    let door = open_offline(loading, lent.0, lent.1)?;
    match door.zone() {
        Some(zone) => {
            let heard = on_host(&wanted);
            Ok(zone.attended(heard, None, || zone.make_token(None, wanted)).answer?)
        }
        None => Err(TokenError::NotReady(door.reason().to_owned())),
    }
}

/// What the audit log is told of a token made by whoever has the host.
fn on_host(wanted: &TokenAsk) -> Heard {
    Heard {
        principal: None,
        scope: "host",
        entity_id: None,
        method: "HOST",
        route: "mez token create",
        target: format!("token:{}", wanted.principal),
        body_sha256: None,
    }
}

/// Write in the journal which parts of the archive are about to be given up, while no server runs.
///
/// # Errors
/// A running server, a zone that is not ready, or a refusal.
pub(crate) fn record_dropped(
    loading: &Loading<'_>,
    ended: &[Ended],
    lent: (std::sync::Arc<dyn canon::Clock>, std::sync::Arc<dyn canon::Entropy>),
) -> Result<(), TokenError> {
    let door = open_offline(loading, lent.0, lent.1)?;
    let Some(zone) = door.zone() else {
        return Err(TokenError::NotReady(door.reason().to_owned()));
    };
    for ended in ended {
        let heard = Heard {
            principal: None,
            scope: "host",
            entity_id: None,
            method: "HOST",
            route: "mez archive drop",
            target: format!("archive:{}", ended.stream),
            body_sha256: None,
        };
        zone.attended(heard, None, || zone.archive_dropped(ended)).answer?;
    }
    Ok(())
}
