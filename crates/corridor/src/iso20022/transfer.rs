//! `pacs.008.001.08` and `pacs.009.001.08`: one payment between customers, or between institutions.

use canon::{Amount, Date, Timestamp, Uetr};
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::io::{Form, Io};
use super::leaf::{ChargeBearer, Code, One, Settlement, Text};
use super::parts::{Account, Agent, PartyName, positive};

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

/// `GrpHdr` up to the agents.
struct Head {
    message_id: Text<35>,
    created: Timestamp,
    settlement: Settlement,
}

impl Instruction {
    fn head(io: &mut Io<'_>, it: Option<&Self>) -> Result<Head, Fault> {
        io.within("GrpHdr", |io| {
            let message_id = io.must("MsgId", it.map(|it| &it.message_id))?;
            let created = io.must("CreDtTm", it.map(|it| &it.created))?;
            io.dated(created);
            io.must("NbOfTxs", it.map(|_| &One::One))?;
            let settlement =
                io.within("SttlmInf", |io| io.must("SttlmMtd", it.map(|it| &it.settlement)))?;
            Ok(Head { message_id, created, settlement })
        })
    }

    fn ids(
        io: &mut Io<'_>,
        it: Option<&Self>,
    ) -> Result<(Option<Text<35>>, Text<35>, Uetr), Fault> {
        io.within("PmtId", |io| {
            let instruction = io.may("InstrId", it.and_then(|it| it.instruction_id.as_ref()))?;
            let end_to_end = io.must("EndToEndId", it.map(|it| &it.end_to_end_id))?;
            Ok((instruction, end_to_end, io.must("UETR", it.map(|it| &it.uetr))?))
        })
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
        let said = it.map(|it| &it.instruction);
        let head = Instruction::head(io, said)?;
        let transfer = io.within("CdtTrfTxInf", |io| {
            let (instruction_id, end_to_end_id, uetr) = Instruction::ids(io, said)?;
            let amount = io.must("IntrBkSttlmAmt", said.map(|it| &it.amount))?;
            let settlement_date = io.must("IntrBkSttlmDt", said.map(|it| &it.settlement_date))?;
            let charges = io.must("ChrgBr", it.map(|it| &it.charges))?;
            let instructing = io.part("InstgAgt", said.map(|it| &it.instructing))?;
            let instructed = io.part("InstdAgt", said.map(|it| &it.instructed))?;
            Ok(Self {
                instruction: Instruction {
                    message_id: head.message_id,
                    created: head.created,
                    settlement: head.settlement,
                    instructing,
                    instructed,
                    instruction_id,
                    end_to_end_id,
                    uetr,
                    amount,
                    settlement_date,
                },
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
        })?;
        transfer.instruction.check()?;
        Ok(transfer)
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
        let said = it.map(|it| &it.instruction);
        let head = Instruction::head(io, said)?;
        let transfer = io.within("CdtTrfTxInf", |io| {
            let (instruction_id, end_to_end_id, uetr) = Instruction::ids(io, said)?;
            let amount = io.must("IntrBkSttlmAmt", said.map(|it| &it.amount))?;
            let settlement_date = io.must("IntrBkSttlmDt", said.map(|it| &it.settlement_date))?;
            let instructing = io.part("InstgAgt", said.map(|it| &it.instructing))?;
            let instructed = io.part("InstdAgt", said.map(|it| &it.instructed))?;
            Ok(Self {
                instruction: Instruction {
                    message_id: head.message_id,
                    created: head.created,
                    settlement: head.settlement,
                    instructing,
                    instructed,
                    instruction_id,
                    end_to_end_id,
                    uetr,
                    amount,
                    settlement_date,
                },
                debtor: io.part("Dbtr", it.map(|it| &it.debtor))?,
                debtor_account: io
                    .part_may("DbtrAcct", it.and_then(|it| it.debtor_account.as_ref()))?,
                creditor: io.part("Cdtr", it.map(|it| &it.creditor))?,
                creditor_account: io
                    .part_may("CdtrAcct", it.and_then(|it| it.creditor_account.as_ref()))?,
                remittance: words(io, it.and_then(|it| it.remittance.as_ref()))?,
            })
        })?;
        transfer.instruction.check()?;
        Ok(transfer)
    }
}
