//! What the operator of this process settled about who may ask, and how often.

use crate::council::Council;
use crate::rates::RatePolicy;
use crate::zone::Zone;

/// The settings, given once after a start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Whether powers over the zone need two persons; by default where two operators are, in realm production.
    pub two_persons: Option<bool>,
    /// How often one principal may ask.
    pub rates: RatePolicy,
    /// Who votes about what is the zone's own, where somebody does.
    pub council: Option<Council>,
}

impl Zone {
    /// Go by these settings from now on. The first stay.
    pub fn govern(&self, access: Access) {
        let _ = self.access.set(access);
    }

    pub(crate) fn access(&self) -> Option<&Access> {
        self.access.get()
    }
}
