//! How a payment stands with Raast.

use canon::PaymentId;
use registry::Payment;
use registry::fiscal::RailStatus;
use serde_json::{Value, json};

use super::outbox::Delivery;
use super::rail;
use crate::adapter::evidence::Evidence;
use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// A payment over Raast: what it is, what Raast said, and what it waits for.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn raast_payment(&self, id: &PaymentId) -> Result<Value, Refused> {
        let payment = self.rail_payment(id)?.value;
        let delivery = self.rail_delivery(id)?;
        Ok(shown(&payment, delivery.as_ref(), None))
    }
}

/// A payment as told; `status` is `pending` as long as Raast has not decided.
pub(super) fn shown(
    payment: &Payment,
    delivery: Option<&Delivery>,
    evidence: Option<&Evidence>,
) -> Value {
    let mut value = crate::payment::shown(payment);
    let status = match rail(payment).map(|rail| &rail.status) {
        Some(RailStatus::Settled { .. }) => "settled",
        Some(RailStatus::Rejected { .. }) => "rejected",
        Some(RailStatus::Returned { .. }) => "returned",
        _ => "pending",
    };
    let waits = delivery.filter(|_| matches!(status, "pending" | "rejected"));
    if let Value::Object(members) = &mut value {
        members.insert("status".to_owned(), status.into());
        members.insert("delivery".to_owned(), json!(waits));
        if let Some(evidence) = evidence {
            members.insert("payee_attestation_id".to_owned(), json!(evidence.evidence_id));
        }
    }
    value
}
