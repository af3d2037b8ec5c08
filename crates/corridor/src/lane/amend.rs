//! A lane that goes over to other terms.

use canon::Digest;
use serde_json::Value;

use super::append::{AppendError, Lane};
use super::kind::TransitionKind;
use super::receipt::LaneReceipt;
use super::transition::Payload;
use crate::amendment::{Agreed, Amendment, AmendmentError};
use crate::documents::Since;
use crate::endorsement::Endorsed;
use crate::party::Party;

impl Lane {
    /// What the lane is judged by now.
    pub(super) fn agreed(&self) -> Agreed {
        Agreed {
            lawpack_digest_set: self.lawpack_digest_set.clone(),
            ruleset_digest_set: self.ruleset_digest_set.clone(),
            rules: self.rules.clone(),
            fork_authority: self.fork_authority.clone(),
            amended: self.amended,
        }
    }

    /// What it is judged by from a receipt on that amends it; nothing for any other kind.
    pub(super) fn after_amendment(
        &self,
        (kind, payload): (TransitionKind, Option<&Payload>),
        (sequence, seen): (u64, u64),
        at: canon::Timestamp,
        parties: [&Party; 2],
    ) -> Result<Option<Agreed>, AppendError> {
        if kind != TransitionKind::Amend {
            return Ok(None);
        }
        let document = payload.map_or(&Value::Null, |payload| &payload.payload);
        let demand = self.compatibility.as_ref();
        let signers = self.since(parties, (sequence, seen));
        let signed = Amendment::read_complete(document, &self.corridor_id, demand, signers)?;
        let said = &signed.credential.subject;
        let stale =
            [("epoch", said.epoch == self.epoch + 1), ("amends", said.amends == self.amended)];
        if let Some((name, _)) = stale.iter().find(|(_, follows)| !follows) {
            return Err(AmendmentError::Stale(name).into());
        }
        if at < said.effective_from {
            return Err(AmendmentError::Early(said.effective_from).into());
        }
        Ok(Some(said.agreed(signed.payload_sha256, parties.map(Party::did))?))
    }

    /// Both parties, each at the length its lane had at a receipt.
    pub(super) fn since<'a>(
        &self,
        parties: [&'a Party; 2],
        (sequence, seen): (u64, u64),
    ) -> [Since<'a>; 2] {
        parties.map(|party| {
            Since(party, Some(if *party.zone() == self.owner { sequence } else { seen }))
        })
    }

    /// Whoever the corridor's thresholds ask for stands for the receipt.
    pub(super) fn check_endorsed(
        &self,
        receipt: &LaneReceipt,
        parties: [&Party; 2],
    ) -> Result<(), AppendError> {
        let seen = receipt.seen.as_ref().map_or(0, |seen| seen.size);
        let zones = self.since(parties, (receipt.sequence, seen));
        Ok(self.rules.check(Endorsed::of(receipt), Some(zones))?)
    }

    /// Goes over to what an amendment says.
    pub(super) fn amend(&mut self, after: Agreed) {
        self.lawpack_digest_set = after.lawpack_digest_set;
        self.ruleset_digest_set = after.ruleset_digest_set;
        self.rules = after.rules;
        self.fork_authority = after.fork_authority;
        self.amended = after.amended;
    }

    /// Packs of law its next receipts name.
    #[must_use]
    pub fn lawpack_digest_set(&self) -> &[Digest] {
        &self.lawpack_digest_set
    }

    /// Rulesets its next receipts name.
    #[must_use]
    pub fn ruleset_digest_set(&self) -> &[Digest] {
        &self.ruleset_digest_set
    }

    /// What its next receipts need beside its writer's signature.
    #[must_use]
    pub fn rules(&self) -> &crate::handshake::Rules {
        &self.rules
    }

    /// The last amendment it went over to.
    #[must_use]
    pub fn amended(&self) -> Option<Digest> {
        self.amended
    }
}
