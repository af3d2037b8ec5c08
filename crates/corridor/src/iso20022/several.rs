//! Several payments in one `pacs.008` or `pacs.009`, and several statuses in one `pacs.002`.
//!
//! The header says how many payments there are and what they come to; both must be true. Each payment is judged
//! alone: one that is refused does not take the others with it, and the answer says of each what became of it.

use canon::{Amount, Date, Timestamp};
use serde::{Deserialize, Serialize};

use super::after::StatusReport;
use super::fault::Fault;
use super::io::{Form, Io};
use super::leaf::{Code, Count, Decimal, Text};
use super::parts::{Agent, Original, Reason};
use super::transfer::{Head, Instruction, Payment};

/// Most payments of one message.
pub const PAYMENTS_MAX: usize = 1_000;

/// Payments of one kind, in one message: two or more, whose message id, moment and way of settling are one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Several<T> {
    /// In their order.
    pub payments: Vec<T>,
}

/// One payment of a message, judged alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which, from 0.
    pub index: usize,
    /// `EndToEndId`, where it can be read.
    pub end_to_end_id: Option<String>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What the header says they come to.
struct Totals {
    count: Count,
    sum: Option<Decimal>,
    total: Option<Amount>,
    date: Option<Date>,
}

fn rule<T>(path: &'static str, rule: &'static str) -> Result<T, Fault> {
    Err(Fault::Rule { path, rule })
}

/// The sum of amounts of one currency.
fn total(amounts: &[Amount]) -> Result<Option<Amount>, Fault> {
    let Some((first, rest)) = amounts.split_first() else { return Ok(None) };
    if rest.iter().any(|amount| amount.currency() != first.currency()) {
        return Ok(None);
    }
    let sum = amounts.iter().try_fold(0_i128, |sum, amount| sum.checked_add(amount.minor()));
    match sum {
        Some(sum) => Ok(Some(Amount::of_minor(sum, first.currency()))),
        None => rule("GrpHdr/TtlIntrBkSttlmAmt", "the payments come to more than can be said"),
    }
}

impl Totals {
    /// Of payments that are written.
    fn of<T: Payment>(payments: &[T]) -> Result<Self, Fault> {
        let amounts: Vec<Amount> = payments.iter().map(|it| it.instruction().amount).collect();
        let total = total(&amounts)?;
        let at = payments.first().map(|it| it.instruction().created.date());
        let sum = match (total, at) {
            (Some(total), Some(at)) => Decimal::parse(&total.to_decimal(at)).ok(),
            _ => None,
        };
        let count = Count::of(payments.len());
        // A day for all of them would stand instead of their own.
        Ok(Self { count, sum, total, date: None })
    }

    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        Ok(Self {
            count: io.must("NbOfTxs", it.map(|it| &it.count))?,
            sum: io.may("CtrlSum", it.and_then(|it| it.sum.as_ref()))?,
            total: io.may("TtlIntrBkSttlmAmt", it.and_then(|it| it.total.as_ref()))?,
            date: io.may("IntrBkSttlmDt", it.and_then(|it| it.date.as_ref()))?,
        })
    }

    /// Whether the payments are as many, and come to as much, as the header says.
    fn check(&self, count: usize, amounts: &[Amount], at: Timestamp) -> Result<(), Fault> {
        if self.count != Count::of(count) {
            return rule("GrpHdr/NbOfTxs", "there are not as many payments as it says");
        }
        if let Some(said) = self.total
            && total(amounts)? != Some(said)
        {
            return rule("GrpHdr/TtlIntrBkSttlmAmt", "the payments do not come to it");
        }
        let Some(said) = &self.sum else { return Ok(()) };
        let parts = amounts.iter().map(|amount| Decimal::parse(&amount.to_decimal(at.date())).ok());
        match Decimal::sum(parts) {
            Some(sum) if sum == *said => Ok(()),
            _ => rule("GrpHdr/CtrlSum", "the payments do not come to it"),
        }
    }
}

/// The header, then each payment alone.
fn header<T: Payment>(io: &mut Io<'_>, it: Option<&[T]>) -> Result<(Head, Totals), Fault> {
    let first = it.and_then(|all| all.first()).map(|one| one.instruction().head());
    let totals = it.map(Totals::of).transpose()?;
    io.within("GrpHdr", |io| {
        let begun = Head::begin(io, first.as_ref())?;
        let totals = Totals::form(io, totals.as_ref())?;
        Ok((begun.end(io)?, totals))
    })
}

fn checked<T: Payment>(payments: &[T], most: usize) -> Result<(), Fault> {
    if !(2..=most).contains(&payments.len()) {
        return rule("CdtTrfTxInf", "several payments are two at least, and a thousand at most");
    }
    let mut references: Vec<_> = payments.iter().map(|it| &it.instruction().uetr).collect();
    references.sort_unstable();
    if references.windows(2).any(|two| two.first() == two.last()) {
        return rule("CdtTrfTxInf/PmtId/UETR", "two payments have one reference");
    }
    Ok(())
}

impl<T: Payment> Form for Several<T> {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let given = it.map(|it| it.payments.as_slice());
        if let Some(payments) = given {
            checked(payments, PAYMENTS_MAX)?;
            let heads: Vec<Head> = payments.iter().map(|it| it.instruction().head()).collect();
            if heads.windows(2).any(|two| two.first() != two.last()) {
                return rule("GrpHdr", "the payments are of several messages");
            }
        }
        let (head, totals) = header(io, given)?;
        let mut payments = Vec::new();
        match given {
            Some(given) => {
                for one in given {
                    let one = Some(one);
                    payments.push(io.within("CdtTrfTxInf", |io| T::transaction(io, &head, one))?);
                }
            }
            None => {
                let next = |io: &mut Io<'_>| {
                    io.within_may("CdtTrfTxInf", false, |io| T::transaction(io, &head, None))
                };
                while let Some(one) = next(io)? {
                    payments.push(one);
                    if payments.len() > PAYMENTS_MAX {
                        break;
                    }
                }
                checked(&payments, PAYMENTS_MAX)?;
            }
        }
        let amounts: Vec<Amount> = payments.iter().map(|it| it.instruction().amount).collect();
        totals.check(payments.len(), &amounts, head.created)?;
        Ok(Self { payments })
    }
}

/// What is left of a message when each of its payments is judged alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sorted<T> {
    /// Those that stand.
    pub good: Vec<T>,
    /// Those that do not.
    pub refused: Vec<Refused>,
}

/// Judges each payment alone. The header is judged with the message: it refuses all of them, as does a total that is
/// not theirs where every amount can be read.
pub(super) fn sort<T: Payment>(children: &[super::xml::Element]) -> Result<Sorted<T>, Fault> {
    let (payments, rest): (Vec<_>, Vec<_>) =
        children.iter().partition(|child| child.name == "CdtTrfTxInf");
    if !(1..=PAYMENTS_MAX).contains(&payments.len()) {
        return rule("CdtTrfTxInf", "several payments are two at least, and a thousand at most");
    }
    let rest: Vec<_> = rest.into_iter().cloned().collect();
    let mut io = Io::reading(&rest);
    let (head, totals) = header::<T>(&mut io, None)?;
    io.end()?;
    let mut sorted = Sorted { good: Vec::new(), refused: Vec::new() };
    for (index, one) in payments.iter().enumerate() {
        let mut io = Io::reading(&one.children);
        io.dated(head.created);
        let read = T::transaction(&mut io, &head, None).and_then(|read| io.end().map(|()| read));
        let known = |read: &T| {
            let uetr = &read.instruction().uetr;
            sorted.good.iter().any(|good: &T| good.instruction().uetr == *uetr)
        };
        match read {
            Ok(read) if known(&read) => {
                let fault = Fault::Rule {
                    path: "CdtTrfTxInf/PmtId/UETR",
                    rule: "two payments have one reference",
                };
                let end_to_end_id = Some(read.instruction().end_to_end_id.as_str().to_owned());
                sorted.refused.push(Refused { index, end_to_end_id, fault });
            }
            Ok(read) => sorted.good.push(read),
            Err(fault) => {
                let end_to_end_id = one.find(&["PmtId", "EndToEndId"]);
                sorted.refused.push(Refused { index, end_to_end_id, fault });
            }
        }
    }
    if sorted.refused.is_empty() {
        let amounts: Vec<Amount> = sorted.good.iter().map(|it| it.instruction().amount).collect();
        totals.check(payments.len(), &amounts, head.created)?;
    } else if totals.count != Count::of(payments.len()) {
        return rule("GrpHdr/NbOfTxs", "there are not as many payments as it says");
    }
    Ok(sorted)
}

/// The status of one payment among several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Of which payment.
    pub original: Original,
    /// `TxSts`, such as `ACSC` or `RJCT`.
    pub status: Code,
    /// Why; a rejection always says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// `pacs.002.001.10` of several payments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusReports {
    /// `MsgId`.
    pub message_id: Text<35>,
    /// When the message was made.
    pub created: Timestamp,
    /// Who sends.
    pub instructing: Agent,
    /// Who receives.
    pub instructed: Agent,
    /// Of each payment: two at least.
    pub statuses: Vec<Status>,
}

impl Form for Status {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let one = Self {
            original: Original::form(io, it.map(|it| &it.original))?,
            status: io.must("TxSts", it.map(|it| &it.status))?,
            reason: io.part_may("StsRsnInf", it.and_then(|it| it.reason.as_ref()))?,
        };
        StatusReport::says_why(&one.status, one.reason.as_ref())?;
        Ok(one)
    }
}

impl Form for StatusReports {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let head = it.map(|it| (&it.message_id, it.created, &it.instructing, &it.instructed));
        let (message_id, created, instructing, instructed) = StatusReport::head(io, head)?;
        let statuses = io.parts("TxInfAndSts", it.map(|it| it.statuses.as_slice()))?;
        if !(2..=PAYMENTS_MAX).contains(&statuses.len()) {
            return rule(
                "TxInfAndSts",
                "several statuses are two at least, and a thousand at most",
            );
        }
        Ok(Self { message_id, created, instructing, instructed, statuses })
    }
}

impl Status {
    /// The status of a payment that stands.
    #[must_use]
    pub fn accepted(of: &Instruction, message_name: Text<35>, status: Code) -> Self {
        Self { original: Original::of(of, message_name), status, reason: None }
    }
}
