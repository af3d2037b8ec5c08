//! A request to pay over Raast.

use canon::{AccountId, Bic, Currency, Date, Iban};
use registry::fiscal::{BankAccount, BankPayee, PositiveAmount};
use registry::national::Ntn;
use registry::{Line, Slug};
use serde::{Deserialize, Serialize};

use crate::account::slug;
use crate::refused::Refused;

/// Who is paid, as asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RaastPayeeAsk {
    /// Its name.
    pub name: String,
    /// Its account.
    pub iban: String,
    /// Its bank.
    pub bic: String,
    /// Its tax number: FBR is asked whether it is of that name, and whether it files returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ntn: Option<String>,
}

/// A request to pay over Raast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RaastAsk {
    /// Account that pays.
    pub from_account_id: AccountId,
    /// Who is paid.
    pub to: RaastPayeeAsk,
    /// Decimal amount, of which tax is withheld where law says so.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: Currency,
    /// What for, as a code word.
    pub purpose: String,
    /// The payer's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// The same, read.
pub(super) struct Asked {
    pub(super) payee: BankPayee,
    pub(super) amount: PositiveAmount,
    pub(super) purpose: Slug,
    pub(super) reference: Option<Line<140>>,
}

fn field<T, E: std::fmt::Display>(pointer: &str, read: Result<T, E>) -> Result<T, Refused> {
    read.map_err(|why| Refused::invalid("invalid-fields", format!("{pointer} {why}")))
}

impl RaastAsk {
    pub(super) fn read(&self, today: Date) -> Result<Asked, Refused> {
        let to = &self.to;
        let account = BankAccount {
            iban: field("/to/iban", Iban::parse(&to.iban))?,
            bic: field("/to/bic", Bic::parse(&to.bic))?,
        };
        let ntn = to.ntn.as_deref().map(|ntn| field("/to/ntn", Ntn::parse(ntn))).transpose()?;
        let payee = BankPayee { name: field("/to/name", Line::parse(&to.name))?, account, ntn };
        let amount = PositiveAmount::parse(&self.amount, self.currency, today)
            .map_err(|e| Refused::invalid("bad-amount", e))?;
        let reference = self.reference.as_deref();
        Ok(Asked {
            payee,
            amount,
            purpose: slug("/purpose", &self.purpose)?,
            reference: reference.map(|text| field("/reference", Line::parse(text))).transpose()?,
        })
    }
}
