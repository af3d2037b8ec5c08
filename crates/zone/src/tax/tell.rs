//! Telling FBR of one taxable event.

use canon::{Digest, RecordId, Timestamp};
use registry::Entity;
use registry::tax::{TaxEvent, Withholding};
use serde_json::Value;

use super::EVENT;
use super::events::shown;
use super::returns::year_told;
use crate::adapter::ReturnAsked;
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

impl Zone {
    /// Tell FBR of an event tax is due of.
    ///
    /// # Errors
    /// See [`Refused`]; `tax-event-not-due`, `tax-event-filed`, `tax-ntn-unverified`. Without an answer that counts the
    /// envelope says *pending*.
    pub fn file_tax_event(&self, ask: &Ask, id: &RecordId) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let event: TaxEvent = self.need(EVENT, id.as_str())?.value;
        let asked = self.tellable(&event, self.now())?;
        // The same each time it is told: FBR takes it once.
        let key = Digest::of_blob(format!("{}\ntax-event\n{id}", self.did()).as_bytes());
        let telling = self.tell_fbr(asked, format!("mez-{key}"));
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let known: Loaded<TaxEvent> = self.need(EVENT, id.as_str())?;
        self.tellable(&known.value, now)?;
        let payer: Entity = self.need("entity", known.value.payer().as_str())?.value;
        let filing = self.told_fbr(&telling, payer.id(), now)?;
        let subject = format!("tax-event:{id}");
        let at = (now, ask.caller.principal().as_str(), subject.as_str());
        let admission = self.admit_tax("file", &payer, at)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, at)?;
        writes.filed(self, &filing)?;
        let mut event = known.value;
        if let Some(taken) = filing.taken.clone() {
            event = event.told(taken).map_err(|e| Refused::conflict("tax-event-filed", e))?;
            writes.record(EVENT, id.as_str(), known.rev, &event)?;
        }
        let mut result = shown(&event);
        if let Value::Object(members) = &mut result {
            members.insert("told".to_owned(), filing.shown(self));
        }
        writes.answer_and_let_go(building, ask, 200, &admission, (result, credential))
    }

    /// What FBR is told of an event.
    fn tellable(&self, event: &TaxEvent, now: Timestamp) -> Result<ReturnAsked, Refused> {
        if event.filing().is_some() {
            let detail = "FBR was told of the event already";
            return Err(Refused::conflict("tax-event-filed", detail));
        }
        let Withholding::Due { terms, .. } = event.withholding() else {
            let detail = format!("what is due of it is `{}`", event.withholding().name());
            return Err(Refused::conflict("tax-event-not-due", detail));
        };
        if event.is_reversed() {
            return Err(Refused::conflict("tax-event-not-due", "what was withheld came back"));
        }
        let ntn = self.ntn_of(event.payer(), now)?.ok_or_else(|| {
            let detail = "FBR has verified no NTN of the payer that still counts";
            Refused::conflict("tax-ntn-unverified", detail)
        })?;
        Ok(ReturnAsked {
            entity_id: event.payer().to_string(),
            ntn,
            event_type: event.kind().name().to_owned(),
            amount: event.gross().amount().to_decimal(event.occurred()),
            currency: event.gross().currency().code().to_owned(),
            jurisdiction: event.jurisdiction_id().clone(),
            tax_year: event.tax_year().map(year_told),
            statutory_section: Some(terms.rate.citation.section.clone()),
        })
    }
}
