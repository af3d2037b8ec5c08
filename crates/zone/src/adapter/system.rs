//! The national systems that are known here, and which of them there is a client for.

use serde::{Deserialize, Serialize};

/// A national system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum System {
    /// Federal Board of Revenue, IRIS: taxpayers and returns.
    #[serde(rename = "pk.fbr")]
    PkFbr,
    /// National Database and Registration Authority: persons.
    #[serde(rename = "pk.nadra")]
    PkNadra,
    /// State Bank of Pakistan, Raast: payments.
    #[serde(rename = "pk.raast")]
    PkRaast,
    /// Securities and Exchange Commission: companies and licenses.
    #[serde(rename = "pk.secp")]
    PkSecp,
}

impl System {
    /// All systems with a client.
    pub const ALL: [Self; 4] = [Self::PkFbr, Self::PkNadra, Self::PkRaast, Self::PkSecp];

    /// Systems that are known by name; no source for a wire format is at hand, so there is no client.
    pub const WITHOUT_CLIENT: [&'static str; 8] = [
        "ae.ded",
        "ae.emirates-id",
        "ae.fta",
        "ae.uaefts",
        "sg.acra",
        "sg.fast",
        "sg.iras",
        "sg.myinfo",
    ];

    /// The dotted name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PkFbr => "pk.fbr",
            Self::PkNadra => "pk.nadra",
            Self::PkRaast => "pk.raast",
            Self::PkSecp => "pk.secp",
        }
    }

    /// The authority that answers, as records name it.
    #[must_use]
    pub const fn authority(self) -> &'static str {
        match self {
            Self::PkFbr => "FBR_IRIS",
            Self::PkNadra => "NADRA",
            Self::PkRaast => "SBP_RAAST",
            Self::PkSecp => "SECP",
        }
    }
}

impl std::fmt::Display for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
