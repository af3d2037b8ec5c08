//! What each of the ten steps says.

use canon::{Amount, CorridorId, Date, RecordId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bill::BillOfLading;
use super::error::Checked;
use super::invoice::Invoice;
use super::letter::LetterOfCredit;
use super::order::Step;
use super::parts::{TradeRef, text, texts};

/// What the buyer says to an invoice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InvoiceAcceptance")]
pub enum Acceptance {
    /// It will pay.
    #[default]
    Accepted,
    /// It will not, and says why.
    Disputed,
}

/// What a bank decides of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "LetterDecision")]
pub enum Decision {
    /// They comply, and it pays.
    Honor,
    /// They do not.
    Refuse,
}

/// `trade.invoice.issue.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueInvoice {
    /// The invoice.
    pub invoice: Invoice,
    /// A reference to the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_ref: Option<TradeRef>,
    /// Who issued it: the seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_by_party_id: Option<RecordId>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `trade.invoice.accept.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvoice {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<RecordId>,
    /// The very document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_ref: Option<TradeRef>,
    /// Who accepts: the buyer.
    pub accepted_by_party_id: RecordId,
    /// When.
    pub accepted_at: Timestamp,
    /// Accepted, unless disputed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Acceptance>,
    /// Why it is disputed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute_reason: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `trade.invoice.settle.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleInvoice {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<RecordId>,
    /// The very document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_ref: Option<TradeRef>,
    /// When the money was there.
    pub settled_at: Timestamp,
    /// How much: the total of the invoice, or what was honoured.
    pub amount: Amount,
    /// The corridor it came over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement_corridor_id: Option<CorridorId>,
    /// The payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement_reference: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `trade.bol.issue.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueBill {
    /// The bill of lading.
    pub bol: BillOfLading,
    /// A reference to the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bol_ref: Option<TradeRef>,
    /// Who issued it: the seller, or the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_by_party_id: Option<RecordId>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `trade.bol.endorse.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndorseBill {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bol_id: Option<RecordId>,
    /// The very document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bol_ref: Option<TradeRef>,
    /// Its holder.
    pub from_party_id: RecordId,
    /// Who holds it from now on.
    pub to_party_id: RecordId,
    /// When.
    pub endorsed_at: Timestamp,
    /// In full or in blank: words, without effect here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endorsement_type: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `trade.bol.release.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBill {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bol_id: Option<RecordId>,
    /// The very document; needed where the bill was made outside the flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bol_ref: Option<TradeRef>,
    /// When.
    pub released_at: Timestamp,
    /// To whom: its holder.
    pub released_to_party_id: RecordId,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_location: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `trade.lc.issue.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueLetter {
    /// The letter of credit.
    pub lc: LetterOfCredit,
    /// A reference to the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lc_ref: Option<TradeRef>,
    /// Who issued it: the issuing bank, or the buyer for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_by_party_id: Option<RecordId>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// What an amendment changes; what it does not name stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LetterAmendment")]
pub struct Amendment {
    /// A later last day of presentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_expiry_date: Option<Date>,
    /// A higher amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_amount: Option<Amount>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `trade.lc.amend.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendLetter {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lc_id: Option<RecordId>,
    /// The very document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lc_ref: Option<TradeRef>,
    /// When.
    pub amended_at: Timestamp,
    /// The amendment's name.
    pub amendment_id: RecordId,
    /// Who amended it: the issuing bank, or the buyer for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amended_by_party_id: Option<RecordId>,
    /// What changes.
    pub amendment: Amendment,
    /// The amendment as a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amendment_ref: Option<TradeRef>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `trade.lc.present.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresentDocuments {
    /// Under which letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lc_id: Option<RecordId>,
    /// The very letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lc_ref: Option<TradeRef>,
    /// When.
    pub presented_at: Timestamp,
    /// Who presents: the seller.
    pub presented_by_party_id: RecordId,
    /// The invoice, which the bank examines.
    pub invoice: Invoice,
    /// Every document presented, the invoice and the bill of lading among them.
    pub document_refs: Vec<TradeRef>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `trade.lc.honor.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HonorLetter {
    /// Under which letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lc_id: Option<RecordId>,
    /// The very letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lc_ref: Option<TradeRef>,
    /// Honour or refuse.
    pub decision: Decision,
    /// When.
    pub decision_at: Timestamp,
    /// Who decided: the issuing bank, or the buyer for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by_party_id: Option<RecordId>,
    /// How much is paid: the total of the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub honor_amount: Option<Amount>,
    /// Each discrepancy for which the documents are refused (UCP 600 art. 16(c)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement_reference: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// A step with what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
#[schemars(rename = "TradeAct")]
pub enum Act {
    /// The seller issues its invoice.
    #[serde(rename = "trade.invoice.issue.v1")]
    InvoiceIssue(Box<IssueInvoice>),
    /// The buyer accepts or disputes it.
    #[serde(rename = "trade.invoice.accept.v1")]
    InvoiceAccept(Box<AcceptInvoice>),
    /// The seller says that it was paid.
    #[serde(rename = "trade.invoice.settle.v1")]
    InvoiceSettle(Box<SettleInvoice>),
    /// The goods are on board.
    #[serde(rename = "trade.bol.issue.v1")]
    BolIssue(Box<IssueBill>),
    /// The bill passes on.
    #[serde(rename = "trade.bol.endorse.v1")]
    BolEndorse(Box<EndorseBill>),
    /// The goods are given to the holder.
    #[serde(rename = "trade.bol.release.v1")]
    BolRelease(Box<ReleaseBill>),
    /// The bank promises.
    #[serde(rename = "trade.lc.issue.v1")]
    LcIssue(Box<IssueLetter>),
    /// It promises more.
    #[serde(rename = "trade.lc.amend.v1")]
    LcAmend(Box<AmendLetter>),
    /// The seller presents documents.
    #[serde(rename = "trade.lc.present.v1")]
    LcPresent(Box<PresentDocuments>),
    /// The bank decides.
    #[serde(rename = "trade.lc.honor.v1")]
    LcHonor(Box<HonorLetter>),
}

impl Act {
    /// Which step it is.
    #[must_use]
    pub const fn step(&self) -> Step {
        match self {
            Self::InvoiceIssue(_) => Step::InvoiceIssue,
            Self::InvoiceAccept(_) => Step::InvoiceAccept,
            Self::InvoiceSettle(_) => Step::InvoiceSettle,
            Self::BolIssue(_) => Step::BolIssue,
            Self::BolEndorse(_) => Step::BolEndorse,
            Self::BolRelease(_) => Step::BolRelease,
            Self::LcIssue(_) => Step::LcIssue,
            Self::LcAmend(_) => Step::LcAmend,
            Self::LcPresent(_) => Step::LcPresent,
            Self::LcHonor(_) => Step::LcHonor,
        }
    }

    /// Everybody its documents name besides the two parties: banks, carriers, vessels.
    #[must_use]
    pub fn named(&self) -> Vec<&str> {
        let names = match self {
            Self::BolIssue(act) => {
                let bill = &act.bol;
                let notify = bill.notify_party.as_ref().and_then(|party| party.name.as_ref());
                vec![bill.carrier.name.as_ref(), notify, bill.vessel_name.as_ref()]
            }
            Self::LcIssue(act) => {
                let letter = &act.lc;
                let more = [&letter.advising_bank, &letter.confirming_bank];
                let banks = more.into_iter().flatten().map(|bank| bank.name.as_ref());
                [letter.issuing_bank.name.as_ref()].into_iter().chain(banks).collect()
            }
            _ => Vec::new(),
        };
        names.into_iter().flatten().map(String::as_str).collect()
    }

    /// What it says for people is short and plain.
    pub(super) fn texts(&self) -> Checked {
        let notes = match self {
            Self::InvoiceIssue(act) => &act.notes,
            Self::InvoiceAccept(act) => {
                texts([("dispute_reason", &act.dispute_reason)])?;
                &act.notes
            }
            Self::InvoiceSettle(act) => {
                texts([("settlement_reference", &act.settlement_reference)])?;
                &act.notes
            }
            Self::BolIssue(act) => &act.notes,
            Self::BolEndorse(act) => {
                texts([("endorsement_type", &act.endorsement_type)])?;
                &act.notes
            }
            Self::BolRelease(act) => {
                texts([("release_location", &act.release_location)])?;
                &act.notes
            }
            Self::LcIssue(act) => &act.notes,
            Self::LcAmend(act) => {
                texts([("amendment.notes", &act.amendment.notes)])?;
                &act.notes
            }
            Self::LcPresent(act) => &act.notes,
            Self::LcHonor(act) => {
                texts([
                    ("reason", &act.reason),
                    ("settlement_reference", &act.settlement_reference),
                ])?;
                &act.notes
            }
        };
        notes.as_ref().map_or(Ok(()), |notes| text("notes", notes))
    }
}
