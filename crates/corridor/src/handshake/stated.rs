//! Thresholds as a document states them, for whoever has a lane and not the corridor.
//!
//! A lane names its rules by digest, so what has that digest is what was agreed, whoever hands it over: no signature of
//! the document is looked at.

use canon::{Canonical, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::HandshakeError;
use super::agreement::{ActivationTerms, Agreement, Threshold};
use super::roles::{RoleHolders, Rules};
use crate::amendment::Amendment;
use crate::documents::{self, DocumentError, Subject};

/// What is asked for when a corridor is proposed: the rows after the first, and who has their roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// What transitions of a class need beside their writer's signature.
    pub thresholds: Vec<Threshold>,
    /// Who has the roles that `thresholds` name.
    #[serde(default)]
    pub holders: Vec<RoleHolders>,
}

impl Wanted {
    /// Read what is asked for.
    ///
    /// # Errors
    /// Another shape.
    pub fn read(document: &Value) -> Result<Self, canon::Refusal> {
        Canonical::of_value(document)?.read()
    }
}

impl Rules {
    /// The rules that an agreement, an amendment, or the file a corridor was proposed with states.
    ///
    /// # Errors
    /// Another document, or thresholds that are not sound.
    pub fn stated(document: &Value) -> Result<Self, HandshakeError> {
        let of = |name: &str| {
            let types = document.get("type").and_then(Value::as_array);
            types.is_some_and(|types| types.iter().any(|one| one == name))
        };
        if of(Agreement::TYPE) {
            let said = documents::peek::<Agreement>(document)?.subject;
            return Self::of(&said.activation, [&said.party, &said.party]);
        }
        if of(Amendment::TYPE) {
            let said = documents::peek::<Amendment>(document)?.subject;
            return match said.lawpacks.as_slice() {
                [one, other] => Self::of(&said.activation, [&one.party, &other.party]),
                _ => Err(HandshakeError::PeerTerms("lawpacks")),
            };
        }
        let shape = |cause| DocumentError::Shape { kind: "thresholds", cause };
        let wanted = Wanted::read(document).map_err(shape)?;
        Self::wanted(&wanted)
    }

    /// The rules that follow from what is asked for, as both agreements will state them.
    fn wanted(wanted: &Wanted) -> Result<Self, HandshakeError> {
        // Dates are no part of the rules, and no party is known yet.
        let any =
            Timestamp::from_unix(0).map_err(|_| HandshakeError::Document(DocumentError::Time))?;
        let mut terms = ActivationTerms::both_zones(any)?;
        terms.thresholds.extend(wanted.thresholds.iter().cloned());
        terms.holders.clone_from(&wanted.holders);
        Self::between(&terms, &[])
    }
}
