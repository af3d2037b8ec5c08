//! What happened on an account: `camt.053.001.08` over a time, `camt.054.001.08` at once.

use canon::{Amount, Currency, Date, Timestamp, Uetr};
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::io::{Form, Io};
use super::leaf::{Code, Direction, Text};
use super::parts::{Account, positive};

/// Most entries of one message.
pub const ENTRIES_MAX: usize = 10_000;

/// One movement (`ReportEntry10`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// `NtryRef`.
    pub reference: Text<35>,
    /// How much.
    pub amount: Amount,
    /// Which way.
    pub direction: Direction,
    /// `Sts/Cd`: `BOOK`, `PDNG` or `INFO`.
    pub status: Code,
    /// When it was booked.
    pub booked: Date,
    /// When it counts.
    pub value: Date,
    /// What kind of movement, in the bank's own words.
    pub kind: Text<35>,
    /// `EndToEndId` of the payment.
    pub end_to_end_id: Text<35>,
    /// Its UETR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uetr: Option<Uetr>,
}

impl Form for Entry {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let reference = io.must("NtryRef", it.map(|it| &it.reference))?;
        let amount = io.must("Amt", it.map(|it| &it.amount))?;
        let direction = io.must("CdtDbtInd", it.map(|it| &it.direction))?;
        let status = io.within("Sts", |io| io.must("Cd", it.map(|it| &it.status)))?;
        let booked = io.within("BookgDt", |io| io.must("Dt", it.map(|it| &it.booked)))?;
        let value = io.within("ValDt", |io| io.must("Dt", it.map(|it| &it.value)))?;
        let kind = io
            .within("BkTxCd", |io| io.within("Prtry", |io| io.must("Cd", it.map(|it| &it.kind))))?;
        let (end_to_end_id, uetr) = io.within("NtryDtls", |io| {
            io.within("TxDtls", |io| {
                io.within("Refs", |io| {
                    let id = io.must("EndToEndId", it.map(|it| &it.end_to_end_id))?;
                    Ok((id, io.may("UETR", it.and_then(|it| it.uetr.as_ref()))?))
                })
            })
        })?;
        positive(amount, "Ntry/Amt")?;
        Ok(Self { reference, amount, direction, status, booked, value, kind, end_to_end_id, uetr })
    }
}

impl Entry {
    /// What it adds to the account, in minor units.
    const fn signed(&self) -> i128 {
        match self.direction {
            Direction::Credit => self.amount.minor(),
            Direction::Debit => -self.amount.minor(),
        }
    }
}

/// One balance (`CashBalance8`): below nothing where its amount is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// Signed.
    pub amount: Amount,
    /// Of which day.
    pub date: Date,
}

impl Balance {
    fn form(io: &mut Io<'_>, it: Option<&Self>, kind: &str) -> Result<Self, Fault> {
        io.within("Bal", |io| {
            let code = Code::parse(kind).ok();
            let said = io.within("Tp", |io| {
                io.within("CdOrPrtry", |io| io.must("Cd", it.and(code.as_ref())))
            })?;
            if said.as_str() != kind {
                return Err(io.wrong("Tp/CdOrPrtry/Cd", format!("balance `{kind}` is expected")));
            }
            let amount = it.map(|it| &it.amount);
            let size = amount.map(|a| Amount::of_minor(a.minor().saturating_abs(), a.currency()));
            let way = |a: &Amount| if a.minor() < 0 { Direction::Debit } else { Direction::Credit };
            let size: Amount = io.must("Amt", size.as_ref())?;
            let way = io.must("CdtDbtInd", amount.map(way).as_ref())?;
            let date = io.within("Dt", |io| io.must("Dt", it.map(|it| &it.date)))?;
            let minor = if way == Direction::Debit { -size.minor() } else { size.minor() };
            Ok(Self { amount: Amount::of_minor(minor, size.currency()), date })
        })
    }
}

/// What both messages say of themselves and of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// `MsgId`.
    pub message_id: Text<35>,
    /// When the message was made.
    pub created: Timestamp,
    /// `Id` of the statement or notification.
    pub report_id: Text<35>,
    /// Of which account.
    pub account: Account,
    /// In which currency it is kept.
    pub currency: Currency,
}

impl Report {
    fn head(io: &mut Io<'_>, it: Option<&Self>) -> Result<(Text<35>, Timestamp), Fault> {
        io.within("GrpHdr", |io| {
            let message_id = io.must("MsgId", it.map(|it| &it.message_id))?;
            let created = io.must("CreDtTm", it.map(|it| &it.created))?;
            io.dated(created);
            Ok((message_id, created))
        })
    }

    fn body(
        io: &mut Io<'_>,
        it: Option<&Self>,
        (message_id, created): (Text<35>, Timestamp),
    ) -> Result<Self, Fault> {
        let report_id = io.must("Id", it.map(|it| &it.report_id))?;
        let (account, currency) = io.within("Acct", |io| {
            let account = Account::form(io, it.map(|it| &it.account))?;
            Ok((account, io.must("Ccy", it.map(|it| &it.currency))?))
        })?;
        Ok(Self { message_id, created, report_id, account, currency })
    }

    fn check(&self, entries: &[Entry]) -> Result<(), Fault> {
        let ours = entries.iter().all(|entry| entry.amount.currency() == self.currency);
        match () {
            () if entries.len() > ENTRIES_MAX => Err(Fault::Size),
            () if !ours => {
                Err(Fault::Rule { path: "Ntry/Amt", rule: "another currency than the account's" })
            }
            () => Ok(()),
        }
    }
}

/// `camt.053.001.08`: the statement of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The message and the account.
    pub report: Report,
    /// Booked balance before.
    pub opening: Balance,
    /// Booked balance after.
    pub closing: Balance,
    /// Every movement between.
    pub entries: Vec<Entry>,
}

impl Form for Statement {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let head = Report::head(io, it.map(|it| &it.report))?;
        let statement = io.within("Stmt", |io| {
            Ok(Self {
                report: Report::body(io, it.map(|it| &it.report), head)?,
                opening: Balance::form(io, it.map(|it| &it.opening), "OPBD")?,
                closing: Balance::form(io, it.map(|it| &it.closing), "CLBD")?,
                entries: io.parts("Ntry", it.map(|it| &*it.entries))?,
            })
        })?;
        statement.report.check(&statement.entries)?;
        let balances = [&statement.opening, &statement.closing];
        if balances.iter().any(|one| one.amount.currency() != statement.report.currency) {
            let rule = "another currency than the account's";
            return Err(Fault::Rule { path: "Stmt/Bal", rule });
        }
        // At most 10 000 entries of 18 digits: no sum of them leaves `i128`.
        let booked = statement.entries.iter().filter(|entry| entry.status.as_str() == "BOOK");
        let moved: i128 = booked.map(Entry::signed).sum();
        if statement.opening.amount.minor() + moved != statement.closing.amount.minor() {
            let rule = "the booked entries do not lead from one balance to the other";
            return Err(Fault::Rule { path: "Stmt/Bal", rule });
        }
        Ok(statement)
    }
}

/// `camt.054.001.08`: movements of an account, told at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// The message and the account.
    pub report: Report,
    /// The movements.
    pub entries: Vec<Entry>,
}

impl Form for Notification {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let head = Report::head(io, it.map(|it| &it.report))?;
        let notification = io.within("Ntfctn", |io| {
            Ok(Self {
                report: Report::body(io, it.map(|it| &it.report), head)?,
                entries: io.parts("Ntry", it.map(|it| &*it.entries))?,
            })
        })?;
        notification.report.check(&notification.entries)?;
        Ok(notification)
    }
}
