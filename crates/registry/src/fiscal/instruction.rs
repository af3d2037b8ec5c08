//! What somebody asks to be paid, read once from the wire.

use super::amount::PositiveAmount;
use crate::text::{Line, Problems, Slug};
use canon::{AccountId, CorridorId, Currency, Date, RecordId, ZoneId};
use serde::{Deserialize, Serialize};

/// Longest reference, in characters.
pub const REFERENCE_CHARS_MAX: usize = 500;
/// Longest name of a party, in characters.
pub const PARTY_NAME_CHARS_MAX: usize = 1_000;

/// Who is to be paid, as sent. `zone_id` and `corridor_id` are given together, or neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayeeInput {
    /// Account in the payee's zone.
    pub account_id: String,
    /// The payee's zone, when it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_id: Option<String>,
    /// The corridor to cross, when it is another zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corridor_id: Option<String>,
    /// The payee's name, as the payer knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A payment instruction as sent (`POST /v1/fiscal/payments`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstructionInput {
    /// Account that pays.
    pub from_account_id: String,
    /// Who is paid.
    pub to: PayeeInput,
    /// Decimal amount such as `12.50`.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
    /// What for, as a code word of the zone's packs, for example `services`.
    pub purpose: String,
    /// The payer's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Across a corridor: tell the other zone the payer's address and number as well, though no law asked for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub travel_rule: bool,
    /// The holder's part of a dividend that this pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dividend: Option<DividendPartInput>,
}

/// A holder's part of a dividend, as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DividendPartInput {
    /// A dividend of the payer.
    pub dividend_id: String,
    /// Who is paid, by the payer's register of members.
    pub holder_id: String,
}

/// A holder's part of a dividend of the payer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DividendPart {
    /// The dividend.
    pub dividend_id: RecordId,
    /// Who is paid, by the register of members.
    pub holder_id: RecordId,
}

impl TryFrom<DividendPartInput> for DividendPart {
    type Error = Problems;
    fn try_from(sent: DividendPartInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let dividend_id = problems.take("/dividend_id", RecordId::parse(&sent.dividend_id));
        let holder_id = problems.take("/holder_id", RecordId::parse(&sent.holder_id));
        let whole = dividend_id.zip(holder_id);
        problems.finish(whole.map(|(dividend_id, holder_id)| Self { dividend_id, holder_id }))
    }
}

/// A party in another zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterparty {
    /// Its zone.
    pub zone_id: ZoneId,
    /// Its account there.
    pub account_id: AccountId,
    /// Its name, as far as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line<PARTY_NAME_CHARS_MAX>>,
}

/// Who is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payee {
    /// An account of this zone.
    Here {
        /// The account.
        account_id: AccountId,
        /// The name the payer gave.
        name: Option<Line<PARTY_NAME_CHARS_MAX>>,
    },
    /// An account of another zone.
    Across {
        /// The corridor to cross.
        corridor_id: CorridorId,
        /// The party there.
        counterparty: Counterparty,
    },
}

/// A well-formed instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Account that pays.
    pub from_account_id: AccountId,
    /// Who is paid.
    pub to: Payee,
    /// How much, more than nothing.
    pub amount: PositiveAmount,
    /// What for.
    pub purpose: Slug,
    /// The payer's own words.
    pub reference: Option<Line<REFERENCE_CHARS_MAX>>,
    /// The payer's particulars travel with it.
    pub travel_rule: bool,
    /// The part of a dividend that this pays.
    pub dividend: Option<DividendPart>,
}

impl Instruction {
    /// Reads an instruction with the minor units of currencies as they are on `on`.
    ///
    /// # Errors
    /// [`Problems`] naming every field that could not be read.
    pub fn parse(sent: InstructionInput, on: Date) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let from = problems.take("/from_account_id", AccountId::parse(&sent.from_account_id));
        let to = problems.nest("/to", Payee::try_from(sent.to));
        let currency = problems.take("/currency", Currency::parse(&sent.currency));
        let amount = currency.and_then(|currency| {
            problems.take("/amount", PositiveAmount::parse(&sent.amount, currency, on))
        });
        let purpose = problems.take("/purpose", Slug::parse(&sent.purpose));
        let reference =
            sent.reference.and_then(|text| problems.take("/reference", Line::parse(&text)));
        let dividend =
            sent.dividend.and_then(|part| problems.nest("/dividend", DividendPart::try_from(part)));
        let whole = from.zip(to).zip(amount).zip(purpose).map(
            |(((from_account_id, to), amount), purpose)| Self {
                from_account_id,
                to,
                amount,
                purpose,
                reference,
                travel_rule: sent.travel_rule,
                dividend,
            },
        );
        problems.finish(whole)
    }
}

impl TryFrom<PayeeInput> for Payee {
    type Error = Problems;
    fn try_from(sent: PayeeInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let account = problems.take("/account_id", AccountId::parse(&sent.account_id));
        let name = sent.name.and_then(|name| problems.take("/name", Line::parse(&name)));
        let across = match (sent.zone_id, sent.corridor_id) {
            (None, None) => None,
            (Some(zone), Some(corridor)) => {
                let zone = problems.take("/zone_id", ZoneId::parse(&zone));
                let corridor = problems.take("/corridor_id", CorridorId::parse(&corridor));
                zone.zip(corridor)
            }
            (Some(_), None) => {
                problems.add("/corridor_id", "is missing, `zone_id` names another zone");
                None
            }
            (None, Some(_)) => {
                problems.add("/zone_id", "is missing, `corridor_id` leads to another zone");
                None
            }
        };
        let whole = account.map(|account_id| match across {
            None => Self::Here { account_id, name },
            Some((zone_id, corridor_id)) => {
                let counterparty = Counterparty { zone_id, account_id, name };
                Self::Across { corridor_id, counterparty }
            }
        });
        problems.finish(whole)
    }
}
