//! JSON Schema (2020-12) of the texts of this room: the grammar of each, as a pattern.
//!
//! A pattern is as narrow as a regular expression can be; calendars and curves are left to the
//! parsers.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{
    AccountId, Bic, CorridorId, Currency, Date, Did, Digest, EntityId, Iban, JurisdictionId, Lei,
    ModuleId, PackId, PaymentId, PrincipalId, ProfileId, RecordId, RuleId, Timestamp, Uetr, ZoneId,
};

const DOTTED: &str = r"^[a-z]((\.?[a-z0-9-])*\.?[a-z0-9])?$";
const OPAQUE: &str = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$";
const DAY: &str = r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
const TIME: &str = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z";

macro_rules! texts {
    ($($name:ident, $pattern:expr, $max:expr, $doc:literal;)*) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "description": $doc,
                    "maxLength": $max,
                    "pattern": $pattern,
                    "type": "string",
                })
            }
        }
    )*};
}

texts! {
    Digest, "^[0-9a-f]{64}$", 64, "SHA-256, lowercase hex";
    Timestamp, format!("^(19[7-9][0-9]|[2-9][0-9]{{3}})-{DAY}T{TIME}$"), 20,
        "A moment in UTC, whole seconds, 1970 to 9999";
    Date, format!("^(1[5-9][0-9]{{2}}|[2-9][0-9]{{3}})-{DAY}$"), 10, "A civil date, 1583 to 9999";
    Did, "^did:[a-z0-9]+:[A-Za-z0-9._:%#/?=&-]+$", crate::did::DID_BYTES_MAX, "A W3C DID";
    Currency, "^[A-Z]{3}$", 3, "An ISO 4217 alphabetic code";
    Bic, "^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$", 11, "A business identifier code (ISO 9362)";
    Iban, "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$", 34, "An international bank account number (ISO 13616)";
    Lei, "^[A-Z0-9]{18}[0-9]{2}$", 20, "A legal entity identifier (ISO 17442)";
    Uetr, "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", 36,
        "A unique end-to-end transaction reference (RFC 9562, version 4)";
    ZoneId, DOTTED, crate::id::ID_BYTES_MAX, "A zone";
    CorridorId, DOTTED, crate::id::ID_BYTES_MAX, "A corridor";
    ProfileId, DOTTED, crate::id::ID_BYTES_MAX, "A profile";
    ModuleId, DOTTED, crate::id::ID_BYTES_MAX, "A module";
    PackId, DOTTED, crate::id::ID_BYTES_MAX, "A pack of law";
    RuleId, DOTTED, crate::id::ID_BYTES_MAX, "A rule of law";
    JurisdictionId, "^([a-z]{2}(-[a-z0-9]+)*|synth(-[a-z0-9]+)+|sandbox)$", crate::id::ID_BYTES_MAX, "A jurisdiction";
    EntityId, OPAQUE, crate::id::ID_BYTES_MAX, "A legal entity of a zone";
    AccountId, OPAQUE, crate::id::ID_BYTES_MAX, "An account";
    PaymentId, OPAQUE, crate::id::ID_BYTES_MAX, "A payment";
    RecordId, OPAQUE, crate::id::ID_BYTES_MAX, "A stored record";
    PrincipalId, OPAQUE, crate::id::ID_BYTES_MAX, "Who acts";
}
