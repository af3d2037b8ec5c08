//! The 20 domains of law every write is judged in. The ordinal is stable: other parties index by it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! domains {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A domain of law. Text form is `snake_case`; order is the ordinal of the protocol.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Domain { $($(#[$doc])* $variant,)* }

        impl Domain {
            /// All domains in ordinal order.
            pub const ALL: [Self; DOMAINS] = [$(Self::$variant,)*];

            /// The text form, e.g. `data_privacy`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

/// How many domains there are.
pub const DOMAINS: usize = 20;

domains! {
    /// Anti-money-laundering duties.
    Aml = "aml",
    /// Knowing the customer and its owners.
    Kyc = "kyc",
    /// Financial sanctions; only `compliant` proceeds here.
    Sanctions = "sanctions",
    /// Taxes and levies.
    Tax = "tax",
    /// Securities offering and dealing.
    Securities = "securities",
    /// Company law.
    Corporate = "corporate",
    /// Safekeeping of client assets.
    Custody = "custody",
    /// Personal data.
    DataPrivacy = "data_privacy",
    /// Licenses to operate.
    Licensing = "licensing",
    /// Deposits and banking business.
    Banking = "banking",
    /// Payment services.
    Payments = "payments",
    /// Clearing systems.
    Clearing = "clearing",
    /// Settlement finality.
    Settlement = "settlement",
    /// Tokens and virtual assets.
    DigitalAssets = "digital_assets",
    /// Employment law.
    Employment = "employment",
    /// Entry, stay and work of foreigners.
    Immigration = "immigration",
    /// Intellectual property.
    Ip = "ip",
    /// Protection of consumers.
    ConsumerProtection = "consumer_protection",
    /// Arbitration and dispute forums.
    Arbitration = "arbitration",
    /// Goods trade, customs, export control.
    Trade = "trade",
}

impl Domain {
    /// Position in the protocol's order, 0–19.
    #[must_use]
    pub const fn ordinal(self) -> usize {
        self as usize
    }

    /// The domain of that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|domain| domain.name() == text)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_names_and_serde_agree() {
        for (index, domain) in Domain::ALL.into_iter().enumerate() {
            assert_eq!(domain.ordinal(), index);
            assert_eq!(Domain::parse(domain.name()), Some(domain));
            assert_eq!(serde_json::to_value(domain).unwrap(), domain.name());
        }
        assert_eq!(Domain::parse("environmental"), None);
    }
}
