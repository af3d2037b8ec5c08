//! Dividends paid: each holder's part by one payment, which says so.
//!
//! A payment that names a part pays exactly that part, and the part is paid by it as long as the money did not come back.
//! Which payment it was is found by entity, dividend and holder.

use std::collections::BTreeMap;

use canon::{Amount, EntityId, RecordId};
use registry::ownership::Declared;
use registry::{DividendPart, Entity, Instruction, Payment};

use super::ENTRY;
use super::kept::refused;
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::writes::{MovesMoney, Writes};
use crate::zone::Zone;

/// The key under which a payment is found by the part it pays.
pub(crate) const BY_DIVIDEND: &str = "dividend";
/// What such a payment is for: the tax event of the same name follows from it.
const PURPOSE: &str = "dividend";

/// The value of that key.
pub(crate) fn place(entity: &EntityId, part: &DividendPart) -> String {
    format!("{entity}:{}:{}", part.dividend_id, part.holder_id)
}

impl Zone {
    /// What each holder is paid of a dividend, by the register as it was when that was declared.
    pub(super) fn dividend_parts(
        &self,
        id: &EntityId,
        (dividend, declared): (&RecordId, &Declared),
    ) -> Result<BTreeMap<RecordId, Amount>, Refused> {
        let then = self.cap_table_folded(id, |entry| entry.entry <= declared.entry)?;
        let then = then.ok_or_else(|| Refused::host(format!("{ENTRY} 1 of `{id}` is gone")))?;
        then.parts(dividend).map_err(|e| refused(&e))
    }

    /// The payment that pays a part, where one does.
    pub(super) fn dividend_paid(
        &self,
        entity: &EntityId,
        part: &DividendPart,
    ) -> Result<Option<Payment>, Refused> {
        let (place, mut after) = (place(entity, part), None);
        loop {
            let ids =
                self.store.find("payment", BY_DIVIDEND, &place, after.as_deref(), PAGE_MAX)?;
            for id in &ids {
                let payment = self.need::<Payment>("payment", id)?.value;
                if !payment.came_back() {
                    return Ok(Some(payment));
                }
            }
            let Some(last) = ids.last() else { return Ok(None) };
            after = Some(last.clone());
        }
    }

    /// Whether an instruction that names a part of a dividend pays that part: whole, as a dividend, to its holder, once.
    pub(crate) fn pays_dividend(
        &self,
        payer: &Entity,
        instruction: &Instruction,
        payee: Option<&Entity>,
    ) -> Result<(), Refused> {
        let Some(part) = &instruction.dividend else { return Ok(()) };
        let DividendPart { dividend_id, holder_id } = part;
        let table = self.cap_table_kept(payer.id())?.value;
        let declared = table.dividends().get(dividend_id);
        let declared = declared.ok_or_else(|| Refused::absent("dividend", dividend_id))?;
        let parts = self.dividend_parts(payer.id(), (dividend_id, declared))?;
        let due = parts.get(holder_id);
        let due = due.ok_or_else(|| Refused::absent("part of the dividend", holder_id))?;
        let differs = |detail: String| Err(Refused::invalid("dividend-part-differs", detail));
        if instruction.amount.amount() != *due {
            let (day, currency) = (declared.record_date, due.currency());
            let detail = format!("the part of `{holder_id}` is {currency} {}", due.to_decimal(day));
            return differs(detail);
        }
        if instruction.purpose.as_str() != PURPOSE {
            return differs(format!("a dividend is paid with the purpose `{PURPOSE}`"));
        }
        let holder = table.holders().get(holder_id).and_then(|holder| holder.entity_id.as_ref());
        if let (Some(holder), Some(payee)) = (holder, payee)
            && holder != payee.id()
        {
            return differs(format!("`{holder_id}` is the entity `{holder}`, not the payee"));
        }
        match self.dividend_paid(payer.id(), part)? {
            None => Ok(()),
            Some(by) => {
                let detail = format!("the payment `{}` paid this part", by.id());
                Err(Refused::conflict("dividend-paid", detail))
            }
        }
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// A payment is found by the part of a dividend it pays.
    pub(crate) fn dividend_paid(&mut self, payer: &EntityId, payment: &Payment) {
        if let Some(part) = payment.dividend() {
            self.index("payment", BY_DIVIDEND, &place(payer, part), payment.id().as_str());
        }
    }
}
