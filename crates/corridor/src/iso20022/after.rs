//! What happens after a payment: `pacs.002.001.10` says its status, `pacs.004.001.09` returns it,
//! `camt.056.001.08` asks for its cancellation, `camt.029.001.11` answers.

use canon::{Amount, Date, Timestamp};
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::io::{Form, Io};
use super::leaf::{Cancellation, Code, One, Settlement, Text};
use super::parts::{Agent, Assignment, Original, Reason, Settled, positive};

/// `pacs.002.001.10`: the status of one payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusReport {
    /// `MsgId`.
    pub message_id: Text<35>,
    /// When the message was made.
    pub created: Timestamp,
    /// Who sends.
    pub instructing: Agent,
    /// Who receives.
    pub instructed: Agent,
    /// Of which payment.
    pub original: Original,
    /// `TxSts`, such as `ACSC` or `RJCT`.
    pub status: Code,
    /// Why; a rejection always says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl StatusReport {
    /// `GrpHdr`.
    pub(super) fn head(
        io: &mut Io<'_>,
        it: Option<(&Text<35>, Timestamp, &Agent, &Agent)>,
    ) -> Result<(Text<35>, Timestamp, Agent, Agent), Fault> {
        io.within("GrpHdr", |io| {
            let message_id = io.must("MsgId", it.map(|it| it.0))?;
            let created = io.must("CreDtTm", it.map(|it| it.1).as_ref())?;
            let instructing = io.part("InstgAgt", it.map(|it| it.2))?;
            Ok((message_id, created, instructing, io.part("InstdAgt", it.map(|it| it.3))?))
        })
    }

    /// A rejection says why.
    pub(super) fn says_why(status: &Code, reason: Option<&Reason>) -> Result<(), Fault> {
        if status.as_str() == "RJCT" && reason.is_none() {
            let rule = "a rejection says why";
            return Err(Fault::Rule { path: "TxInfAndSts/StsRsnInf", rule });
        }
        Ok(())
    }
}

impl Form for StatusReport {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let head = it.map(|it| (&it.message_id, it.created, &it.instructing, &it.instructed));
        let (message_id, created, instructing, instructed) = Self::head(io, head)?;
        let report = io.within("TxInfAndSts", |io| {
            Ok(Self {
                message_id,
                created,
                instructing,
                instructed,
                original: Original::form(io, it.map(|it| &it.original))?,
                status: io.must("TxSts", it.map(|it| &it.status))?,
                reason: io.part_may("StsRsnInf", it.and_then(|it| it.reason.as_ref()))?,
            })
        })?;
        Self::says_why(&report.status, report.reason.as_ref())?;
        Ok(report)
    }
}

/// `pacs.004.001.09`: the return of one payment, whole or in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentReturn {
    /// `MsgId`.
    pub message_id: Text<35>,
    /// When the message was made.
    pub created: Timestamp,
    /// How agents settle.
    pub settlement: Settlement,
    /// `RtrId`.
    pub return_id: Text<35>,
    /// Of which payment.
    pub original: Original,
    /// What was settled then.
    pub settled: Settled,
    /// What goes back.
    pub amount: Amount,
    /// On which day.
    pub settlement_date: Date,
    /// Who sends.
    pub instructing: Agent,
    /// Who receives.
    pub instructed: Agent,
    /// Why.
    pub reason: Reason,
}

impl Form for PaymentReturn {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let (message_id, created, settlement) = io.within("GrpHdr", |io| {
            let message_id = io.must("MsgId", it.map(|it| &it.message_id))?;
            let created = io.must("CreDtTm", it.map(|it| &it.created))?;
            io.dated(created);
            io.must("NbOfTxs", it.map(|_| &One::One))?;
            let settlement =
                io.within("SttlmInf", |io| io.must("SttlmMtd", it.map(|it| &it.settlement)))?;
            Ok((message_id, created, settlement))
        })?;
        let undone = io.within("TxInf", |io| {
            Ok(Self {
                message_id,
                created,
                settlement,
                return_id: io.must("RtrId", it.map(|it| &it.return_id))?,
                original: Original::form(io, it.map(|it| &it.original))?,
                settled: Settled::form(io, it.map(|it| &it.settled))?,
                amount: io.must("RtrdIntrBkSttlmAmt", it.map(|it| &it.amount))?,
                settlement_date: io.must("IntrBkSttlmDt", it.map(|it| &it.settlement_date))?,
                instructing: io.part("InstgAgt", it.map(|it| &it.instructing))?,
                instructed: io.part("InstdAgt", it.map(|it| &it.instructed))?,
                reason: io.part("RtrRsnInf", it.map(|it| &it.reason))?,
            })
        })?;
        let path = "TxInf/RtrdIntrBkSttlmAmt";
        positive(undone.amount, path)?;
        let (back, forth) = (undone.amount, undone.settled.amount);
        if back.currency() != forth.currency() || back.minor() > forth.minor() {
            let rule = "more, or another currency, goes back than was settled";
            return Err(Fault::Rule { path, rule });
        }
        if undone.settlement_date < undone.settled.date {
            let path = "TxInf/IntrBkSttlmDt";
            return Err(Fault::Rule { path, rule: "it goes back before it was settled" });
        }
        Ok(undone)
    }
}

/// `camt.056.001.08`: please cancel this payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancellationRequest {
    /// Who asks whom.
    pub assignment: Assignment,
    /// `CxlId`.
    pub cancellation_id: Text<35>,
    /// Of which payment.
    pub original: Original,
    /// What was settled.
    pub settled: Settled,
    /// Why.
    pub reason: Reason,
}

impl Form for CancellationRequest {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let assignment = io.part("Assgnmt", it.map(|it| &it.assignment))?;
        let request = io.within("Undrlyg", |io| {
            io.within("TxInf", |io| {
                Ok(Self {
                    assignment,
                    cancellation_id: io.must("CxlId", it.map(|it| &it.cancellation_id))?,
                    original: Original::form(io, it.map(|it| &it.original))?,
                    settled: Settled::form(io, it.map(|it| &it.settled))?,
                    reason: io.part("CxlRsnInf", it.map(|it| &it.reason))?,
                })
            })
        })?;
        positive(request.settled.amount, "Undrlyg/TxInf/OrgnlIntrBkSttlmAmt")?;
        Ok(request)
    }
}

/// `camt.029.001.11`: what became of a request for cancellation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// Who answers whom.
    pub assignment: Assignment,
    /// `Sts/Conf`, such as `CNCL`, `RJCR` or `PDCR`.
    pub confirmation: Code,
    /// `CxlStsId`.
    pub status_id: Text<35>,
    /// Of which payment.
    pub original: Original,
    /// What became of it.
    pub outcome: Cancellation,
    /// Why; a rejection always says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl Form for Resolution {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let assignment = io.part("Assgnmt", it.map(|it| &it.assignment))?;
        let confirmation = io.within("Sts", |io| io.must("Conf", it.map(|it| &it.confirmation)))?;
        let answer = io.within("CxlDtls", |io| {
            io.within("TxInfAndSts", |io| {
                Ok(Self {
                    assignment,
                    confirmation,
                    status_id: io.must("CxlStsId", it.map(|it| &it.status_id))?,
                    original: Original::form(io, it.map(|it| &it.original))?,
                    outcome: io.must("TxCxlSts", it.map(|it| &it.outcome))?,
                    reason: io.part_may("CxlStsRsnInf", it.and_then(|it| it.reason.as_ref()))?,
                })
            })
        })?;
        let said = match answer.outcome {
            Cancellation::Accepted => "CNCL",
            Cancellation::Rejected => "RJCR",
            Cancellation::Pending => "PDCR",
        };
        if answer.confirmation.as_str() != said {
            let rule = "the answer and the status of the payment differ";
            return Err(Fault::Rule { path: "Sts/Conf", rule });
        }
        if answer.outcome == Cancellation::Rejected && answer.reason.is_none() {
            let path = "CxlDtls/TxInfAndSts/CxlStsRsnInf";
            return Err(Fault::Rule { path, rule: "a rejection says why" });
        }
        Ok(answer)
    }
}
