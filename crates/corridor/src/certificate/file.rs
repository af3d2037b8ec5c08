//! The certificate: its shape.

use canon::Amount;
use proof::merkle::Proof;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::anchor::Anchor;

/// The object type of a certificate.
pub const CERTIFICATE_TYPE: &str = "MEZFinalityCertificate";

/// How much a certificate says.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Grade {
    /// Accepted by the other zone.
    #[serde(rename = "LVC")]
    Local,
    /// Covered by a cut that a quorum of bonded watchers attested.
    #[serde(rename = "EFC")]
    Economic,
    /// That cut is held by another chain.
    #[serde(rename = "AFC")]
    Anchored,
}

impl Grade {
    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "LVC",
            Self::Economic => "EFC",
            Self::Anchored => "AFC",
        }
    }

    /// The grade of that text form, in any case of letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = [Self::Local, Self::Economic, Self::Anchored].into_iter();
        all.find(|grade| grade.name().eq_ignore_ascii_case(text))
    }
}

/// That the other zone accepted the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// Receipts of the other lane, one after the other: from the last that acknowledged less, or from
    /// the first of the lane, to the one that decided.
    #[schemars(length(min = 1))]
    pub acks: Vec<Value>,
    /// The receipt in the root that the last of them acknowledges.
    pub inclusion: Proof,
}

/// That a cut covers the receipt, and a quorum attested the cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Attestations of the cut, ascending by watcher.
    pub attestations: Vec<Value>,
    /// What the quorum stands for.
    pub covered_value: Amount,
    /// The cut, signed by both.
    #[schemars(extend("$ref" = "corridor-checkpoint.schema.json"))]
    pub cut: Value,
    /// The receipt in the lane's root of the cut.
    pub inclusion: Proof,
    /// The watcher set, signed by the zone that keeps the bonds.
    pub watcher_set: Value,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Needed for every grade.
    pub acceptance: Acceptance,
    /// The cut's digest in another chain; needed for an AFC, and for no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
    /// Needed for an EFC and an AFC, and for no LVC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// What it claims.
    pub grade: Grade,
    /// The receipt.
    #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
    pub receipt: Value,
    /// Always [`CERTIFICATE_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = CERTIFICATE_TYPE))]
    pub type_: String,
    /// Both zones' keys over time (`MEZZoneKeys`), ascending by zone id.
    #[schemars(length(min = 2, max = 2))]
    pub zones: Vec<Value>,
}
