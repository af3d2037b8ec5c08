//! JSON Schema of the texts of this room, and of the proofs that documents carry.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::artifact::{ArtifactType, TYPE_MAX};
use crate::integrity::{ASSERTION, AUTHENTICATION, SUITE, TYPE};
use crate::keys::PublicKey;

impl JsonSchema for PublicKey {
    fn schema_name() -> Cow<'static, str> {
        "PublicKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An Ed25519 public key as a W3C Multikey",
            "pattern": "^z6Mk[1-9A-HJ-NP-Za-km-z]{44}$",
            "type": "string",
        })
    }
}

impl JsonSchema for ArtifactType {
    fn schema_name() -> Cow<'static, str> {
        "ArtifactType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = format!("^[a-z0-9][a-z0-9-]{{0,{}}}$", TYPE_MAX - 1);
        json_schema!({
            "description": "The type of an artifact, which picks its digest rule",
            "pattern": pattern,
            "type": "string",
        })
    }
}

/// A W3C Data Integrity proof of `eddsa-jcs-2022`, or a list of them: a shape, never a value.
pub struct Proofs;

impl JsonSchema for Proofs {
    fn schema_name() -> Cow<'static, str> {
        "Proofs".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = proof(ASSERTION);
        json_schema!({
            "anyOf": [one, {"items": one, "minItems": 2, "type": "array"}],
            "description": "W3C Data Integrity, eddsa-jcs-2022; several signers make a list",
        })
    }
}

/// The proof by which a holder shows presence to whoever asked: a shape, never a value.
pub struct Presence;

impl JsonSchema for Presence {
    fn schema_name() -> Cow<'static, str> {
        "Presence".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut one = proof(AUTHENTICATION);
        if let Some(Value::Object(members)) = one.get_mut("properties") {
            for member in ["challenge", "domain"] {
                members.insert(member.to_owned(), json!({"type": "string"}));
            }
        }
        one
    }
}

fn proof(purpose: &str) -> Schema {
    json_schema!({
        "additionalProperties": false,
        "properties": {
            "@context": {
                "items": {"type": ["string", "object"]}, "minItems": 1, "type": "array",
            },
            "created": {
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
                "type": "string",
            },
            "cryptosuite": {"const": SUITE},
            "id": {"type": "string"},
            "proofPurpose": {"const": purpose},
            "proofValue": {"pattern": "^z[1-9A-HJ-NP-Za-km-z]{64,88}$", "type": "string"},
            "type": {"const": TYPE},
            "verificationMethod": {"pattern": "^did:[a-z0-9]+:.+#.+$", "type": "string"},
        },
        "required": [
            "created", "cryptosuite", "proofPurpose", "proofValue", "type", "verificationMethod",
        ],
        "type": "object",
    })
}
