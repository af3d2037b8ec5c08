//! `pacs.008.001.08` and `pacs.009.001.08`: payments between customers, or between institutions.

use canon::{Amount, Date, Timestamp, Uetr};
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::io::{Form, Io};
use super::leaf::{ChargeBearer, Code, One, Settlement, Text};
use super::parts::{Account, Agent, PartyName, positive};

/// What a message says of itself, whatever payments are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) message_id: Text<35>,
    pub(super) created: Timestamp,
    pub(super) settlement: Settlement,
}

impl Head {
    /// What stands before the number of payments. The way of settling follows it: [`Head::end`].
    pub(super) fn begin(io: &mut Io<'_>, it: Option<&Self>) -> Result<Begun, Fault> {
        let message_id = io.must("MsgId", it.map(|it| &it.message_id))?;
        let created = io.must("CreDtTm", it.map(|it| &it.created))?;
        io.dated(created);
        Ok(Begun { message_id, created, settlement: it.map(|it| it.settlement) })
    }
}

/// The first half of a head.
pub(super) struct Begun {
    message_id: Text<35>,
    created: Timestamp,
    settlement: Option<Settlement>,
}

impl Begun {
    /// How agents settle.
    pub(super) fn end(self, io: &mut Io<'_>) -> Result<Head, Fault> {
        let Self { message_id, created, settlement } = self;
        let settlement = io.within("SttlmInf", |io| io.must("SttlmMtd", settlement.as_ref()))?;
        Ok(Head { message_id, created, settlement })
    }
}

/// A payment that may be one of several in a message.
pub(super) trait Payment: Sized {
    /// What it says beside its own.
    fn instruction(&self) -> &Instruction;
    /// The payment inside its message.
    fn transaction(io: &mut Io<'_>, head: &Head, it: Option<&Self>) -> Result<Self, Fault>;
}

/// What both messages say of themselves and of their one payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// `MsgId`.
    pub message_id: Text<35>,
    /// When the message was made.
    pub created: Timestamp,
    /// How agents settle.
    pub settlement: Settlement,
    /// Who sends.
    pub instructing: Agent,
    /// Who receives.
    pub instructed: Agent,
    /// `InstrId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction_id: Option<Text<35>>,
    /// `EndToEndId`.
    pub end_to_end_id: Text<35>,
    /// The reference every agent keeps.
    pub uetr: Uetr,
    /// What is settled.
    pub amount: Amount,
    /// On which day.
    pub settlement_date: Date,
}

impl Instruction {
    /// What it says of its message.
    pub(super) fn head(&self) -> Head {
        let (message_id, created) = (self.message_id.clone(), self.created);
        Head { message_id, created, settlement: self.settlement }
    }

    /// The message around what one kind says of its own.
    fn form<T: Payment>(io: &mut Io<'_>, it: Option<&T>) -> Result<T, Fault> {
        let head = io.within("GrpHdr", |io| {
            let head = Head::begin(io, it.map(|it| it.instruction().head()).as_ref())?;
            io.must("NbOfTxs", it.map(|_| &One::One))?;
            head.end(io)
        })?;
        io.within("CdtTrfTxInf", |io| T::transaction(io, &head, it))
    }

    /// One payment of a message: `charges` stand before the agents, `rest` after.
    fn transaction<C, T>(
        io: &mut Io<'_>,
        (head, it): (&Head, Option<&Self>),
        charges: impl FnOnce(&mut Io<'_>) -> Result<C, Fault>,
        rest: impl FnOnce(&mut Io<'_>, Self, C) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let (instruction_id, end_to_end_id, uetr) = io.within("PmtId", |io| {
            let instruction = io.may("InstrId", it.and_then(|it| it.instruction_id.as_ref()))?;
            let end_to_end = io.must("EndToEndId", it.map(|it| &it.end_to_end_id))?;
            Ok((instruction, end_to_end, io.must("UETR", it.map(|it| &it.uetr))?))
        })?;
        let amount = io.must("IntrBkSttlmAmt", it.map(|it| &it.amount))?;
        let settlement_date = io.must("IntrBkSttlmDt", it.map(|it| &it.settlement_date))?;
        let charges = charges(io)?;
        let instruction = Self {
            message_id: head.message_id.clone(),
            created: head.created,
            settlement: head.settlement,
            instructing: io.part("InstgAgt", it.map(|it| &it.instructing))?,
            instructed: io.part("InstdAgt", it.map(|it| &it.instructed))?,
            instruction_id,
            end_to_end_id,
            uetr,
            amount,
            settlement_date,
        };
        instruction.check()?;
        rest(io, instruction, charges)
    }

    fn check(&self) -> Result<(), Fault> {
        positive(self.amount, "CdtTrfTxInf/IntrBkSttlmAmt")
    }
}

/// `pacs.008.001.08`: a payment from one customer to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerTransfer {
    /// The message and its payment.
    pub instruction: Instruction,
    /// Who bears the charges.
    pub charges: ChargeBearer,
    /// Who pays.
    pub debtor: PartyName,
    /// From which account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debtor_account: Option<Account>,
    /// At which bank.
    pub debtor_agent: Agent,
    /// The payee's bank.
    pub creditor_agent: Agent,
    /// Who is paid.
    pub creditor: PartyName,
    /// On which account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creditor_account: Option<Account>,
    /// Purpose, a code of the external list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Code>,
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remittance: Option<Text<140>>,
}

impl Form for CustomerTransfer {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        Instruction::form(io, it)
    }
}

impl Payment for CustomerTransfer {
    fn instruction(&self) -> &Instruction {
        &self.instruction
    }

    fn transaction(io: &mut Io<'_>, head: &Head, it: Option<&Self>) -> Result<Self, Fault> {
        let charges = |io: &mut Io<'_>| io.must("ChrgBr", it.map(|it| &it.charges));
        let said = (head, it.map(|it| &it.instruction));
        Instruction::transaction(io, said, charges, |io, instruction, charges| {
            Ok(Self {
                instruction,
                charges,
                debtor: io.part("Dbtr", it.map(|it| &it.debtor))?,
                debtor_account: io
                    .part_may("DbtrAcct", it.and_then(|it| it.debtor_account.as_ref()))?,
                debtor_agent: io.part("DbtrAgt", it.map(|it| &it.debtor_agent))?,
                creditor_agent: io.part("CdtrAgt", it.map(|it| &it.creditor_agent))?,
                creditor: io.part("Cdtr", it.map(|it| &it.creditor))?,
                creditor_account: io
                    .part_may("CdtrAcct", it.and_then(|it| it.creditor_account.as_ref()))?,
                purpose: coded(io, "Purp", it.and_then(|it| it.purpose.as_ref()))?,
                remittance: words(io, it.and_then(|it| it.remittance.as_ref()))?,
            })
        })
    }
}

fn coded(io: &mut Io<'_>, name: &'static str, it: Option<&Code>) -> Result<Option<Code>, Fault> {
    Ok(io.within_may(name, it.is_some(), |io| io.may("Cd", it))?.flatten())
}

fn words(io: &mut Io<'_>, it: Option<&Text<140>>) -> Result<Option<Text<140>>, Fault> {
    Ok(io.within_may("RmtInf", it.is_some(), |io| io.may("Ustrd", it))?.flatten())
}

/// `pacs.009.001.08`: a payment of one institution to another, such as a leg of a settlement plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstitutionTransfer {
    /// The message and its payment.
    pub instruction: Instruction,
    /// Who pays.
    pub debtor: Agent,
    /// From which account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debtor_account: Option<Account>,
    /// Who is paid.
    pub creditor: Agent,
    /// On which account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creditor_account: Option<Account>,
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remittance: Option<Text<140>>,
}

impl Form for InstitutionTransfer {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        Instruction::form(io, it)
    }
}

impl Payment for InstitutionTransfer {
    fn instruction(&self) -> &Instruction {
        &self.instruction
    }

    fn transaction(io: &mut Io<'_>, head: &Head, it: Option<&Self>) -> Result<Self, Fault> {
        let said = (head, it.map(|it| &it.instruction));
        Instruction::transaction(
            io,
            said,
            |_| Ok(()),
            |io, instruction, ()| {
                Ok(Self {
                    instruction,
                    debtor: io.part("Dbtr", it.map(|it| &it.debtor))?,
                    debtor_account: io
                        .part_may("DbtrAcct", it.and_then(|it| it.debtor_account.as_ref()))?,
                    creditor: io.part("Cdtr", it.map(|it| &it.creditor))?,
                    creditor_account: io
                        .part_may("CdtrAcct", it.and_then(|it| it.creditor_account.as_ref()))?,
                    remittance: words(io, it.and_then(|it| it.remittance.as_ref()))?,
                })
            },
        )
    }
}
