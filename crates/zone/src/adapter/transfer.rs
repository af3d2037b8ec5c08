//! The status of a payment over Raast, as `pacs.002` says it.

use corridor::iso20022::{CustomerTransfer, Definition, Message};

use super::answer::same;
use super::{System, TransferSaid, Unanswered};

/// Reads the status of this payment.
pub(super) fn read(asked: &CustomerTransfer, body: &[u8]) -> Result<TransferSaid, Unanswered> {
    let system = System::PkRaast;
    let garbage = |detail: String| Unanswered::Garbage { system, detail };
    let read = Message::read(body).map_err(|fault| garbage(fault.to_string()))?;
    let Message::StatusReport(report) = read.message else {
        return Err(garbage("it is no pacs.002 of one payment".to_owned()));
    };
    let (original, of) = (&report.original, &asked.instruction);
    let definition = Definition::CustomerTransfer.name();
    let known = original.message_id == of.message_id
        && original.message_name.as_str() == definition
        && original.end_to_end_id == of.end_to_end_id
        && original.uetr == of.uetr;
    same(system, known, "payment")?;
    Ok(TransferSaid {
        status: report.status.as_str().to_owned(),
        reason: report.reason.map(|reason| reason.code.as_str().to_owned()),
    })
}
