//! At a zone on the way: law admits what arrives and what goes on, and one commit takes the lock and writes the
//! next, over the next corridor.

use canon::Timestamp;
use corridor::TransitionKind;
use corridor::bridge::{After, Before, Hop, Onward, Paid};
use corridor::lane::Written;
use corridor::messages::Item;
use law::Kind;

use super::prepare::{Arriving, outright};
use super::{subject, written_at};
use crate::corridor::{Decided, Effect, Open};
use crate::pipeline::Question;
use crate::refused::Refused;
use crate::writes::{Admitted, Writes};
use crate::zone::{Loaded, Zone};

/// The next lock, written, and the payment on its way.
struct LockedOnward {
    next: Open,
    written: Written,
    item: Item,
    hop: Hop,
    now: Timestamp,
}

impl Zone {
    pub(super) fn decide_onward(
        &self,
        arriving: Arriving<'_>,
        onward: Onward,
    ) -> Result<Decided, Refused> {
        let Arriving { open, at, read, now, .. } = arriving;
        let Onward { corridor_id, prepare } = onward;
        let id = &read.prepare.transfer_id;
        if corridor_id == open.terms.corridor_id || read.paid.invoice.zone_id == *self.zone_id() {
            return Ok(outright("bridge-route-refused"));
        }
        let next = match self.next(&corridor_id, now)? {
            Ok(next) => next,
            Err(reason) => return Ok(outright(reason)),
        };
        let (by, subject) = (open.there.did().as_str(), subject(id));
        let jurisdiction = &self.here.participant.jurisdiction_id;
        let mut gathered = self.gather_passing(&read, Kind::PaymentReceive, now)?;
        self.ask_there(&mut gathered, open, Kind::PaymentSend)?;
        let kind = Kind::PaymentReceive;
        let question = Question { kind, jurisdiction, by, subject: &subject, now };
        let admission = match self.decide(&question, gathered) {
            Ok(admission) => admission,
            Err(refusal) => return Ok(Decided::RefusedByLaw { refusal: Box::new(refusal) }),
        };
        let mut gathered = self.gather_passing(&read, Kind::PaymentSend, now)?;
        self.ask_there(&mut gathered, &next, Kind::PaymentReceive)?;
        let question = Question { kind: Kind::PaymentSend, ..question };
        let sending = match self.decide(&question, gathered) {
            Ok(sending) => sending,
            Err(refusal) => return Ok(Decided::RefusedByLaw { refusal: Box::new(refusal) }),
        };
        // Two decisions are two entries of the journal; the second is written with what it lets happen.
        self.admitted(&sending, (now, by, &subject))?.commit()?;
        let payload = serde_json::to_value(&prepare).map_err(Refused::host)?;
        let say = self.say_decided(TransitionKind::BridgePrepare, payload, sending.decision())?;
        let (written, item) = self.write_here(&next, say, now)?;
        let before = Before { prepare: at, expires_at: read.prepare.expires_at, answer: None };
        let after = After {
            prepare: written_at(&written),
            expires_at: prepare.expires_at,
            last: prepare.route.is_empty(),
            accepted: None,
            outcome: None,
        };
        let hop = Hop::begin(Paid::of(&read), now, Some(before), Some(after));
        let effect = Box::new(LockedOnward { next, written, item, hop, now });
        Ok(Decided::Accepted { admission: Box::new(admission), effect })
    }

    /// The corridor a payment goes on over, or why it does not.
    fn next(
        &self,
        id: &canon::CorridorId,
        now: Timestamp,
    ) -> Result<Result<Open, &'static str>, Refused> {
        let next = match self.open_corridor(id) {
            Ok(next) => next,
            Err(Refused::NotFound { .. }) => return Ok(Err("bridge-corridor-unknown")),
            Err(Refused::Conflict { .. }) => return Ok(Err("bridge-corridor-not-active")),
            Err(other) => return Err(other),
        };
        if next.for_business(now).is_err() {
            return Ok(Err("bridge-corridor-not-active"));
        }
        if next.has_agreed(TransitionKind::BridgePrepare).is_err() {
            return Ok(Err("kind-not-agreed"));
        }
        Ok(Ok(next))
    }
}

impl Effect<Admitted> for LockedOnward {
    fn write(&self, writes: &mut Writes<'_, Admitted>) -> Result<(), Refused> {
        let Self { next, written, item, hop, now } = self;
        writes.wrote(next, (written, item), *now)?;
        let at = (&next.terms.corridor_id, written.receipt.sequence);
        writes.part_of(&hop.paid.transfer_id, at)?;
        writes.hop(&Loaded { rev: None, value: hop.clone() }, *now)
    }
}
