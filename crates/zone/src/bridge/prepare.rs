//! A lock that arrives: what can never be paid is refused outright, the rest law decides.

use canon::Timestamp;
use corridor::LaneReceipt;
use corridor::bridge::{BridgeError, Prepare, ReadPrepare, ReceiptAt};
use corridor::messages::Item;

use crate::corridor::{Decided, Open};
use crate::refused::Refused;
use crate::zone::Zone;

/// The reason code of a lock that cannot be read.
fn unread(error: &BridgeError) -> &'static str {
    match error {
        BridgeError::Invoice(_) => "bridge-invoice-refused",
        BridgeError::Route => "bridge-route-refused",
        BridgeError::TooLate => "bridge-too-late",
        BridgeError::Differs(_) => "bridge-invoice-differs",
        _ => "payload-malformed",
    }
}

/// A lock of the peer's, read, and where it stands.
pub(super) struct Arriving<'a> {
    pub(super) open: &'a Open,
    pub(super) receipt: &'a LaneReceipt,
    pub(super) at: ReceiptAt,
    pub(super) read: ReadPrepare,
    pub(super) now: Timestamp,
}

pub(super) const fn outright(reason: &'static str) -> Decided {
    Decided::RefusedOutright { reason }
}

impl Zone {
    /// Decide a lock. A peer's message never makes this fail.
    pub(crate) fn decide_prepare(
        &self,
        open: &Open,
        (receipt, item): (&LaneReceipt, &Item),
        now: Timestamp,
    ) -> Result<Decided, Refused> {
        if open.terms.in_effect(now).is_err() {
            return Ok(outright("corridor-not-in-effect"));
        }
        let Some(payload) = &item.payload else { return Ok(outright("payload-withheld")) };
        let read = match Prepare::read(&payload.payload) {
            Ok(read) => read,
            Err(error) => return Ok(outright(unread(&error))),
        };
        let payer = &read.prepare.payer.jurisdiction_id;
        match () {
            () if read.paid.invoice.realm != self.realm() => {
                return Ok(outright("bridge-realm-differs"));
            }
            // The first zone tells of its own customer only.
            () if read.prepare.hop == 0 && *payer != open.there.participant.jurisdiction_id => {
                return Ok(outright("account-mismatch"));
            }
            () if self.hop(&read.prepare.transfer_id)?.is_some() => {
                return Ok(outright("bridge-transfer-known"));
            }
            () => {}
        }
        let next = match read.prepare.onward(now) {
            Ok(next) => next,
            Err(error) => return Ok(outright(unread(&error))),
        };
        let at = ReceiptAt {
            corridor_id: receipt.corridor_id.clone(),
            lane: receipt.lane.clone(),
            sequence: receipt.sequence,
        };
        let arriving = Arriving { open, receipt, at, read, now };
        match next {
            None => self.decide_paid(arriving),
            Some(next) => self.decide_onward(arriving, next),
        }
    }
}
