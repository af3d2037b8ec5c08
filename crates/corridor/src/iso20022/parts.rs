//! Parts that several messages share: agents, parties, accounts, and what an earlier message was.

use canon::{Amount, Bic, Date, Iban, Lei, Timestamp, Uetr};
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::io::{Form, Io};
use super::leaf::{Code, Country, Text};
use super::person::PersonId;

/// A financial institution (`BranchAndFinancialInstitutionIdentification6`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Its BIC.
    pub bic: Bic,
    /// Its LEI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lei: Option<Lei>,
}

impl Form for Agent {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        io.within("FinInstnId", |io| {
            Ok(Self {
                bic: io.must("BICFI", it.map(|it| &it.bic))?,
                lei: io.may("LEI", it.and_then(|it| it.lei.as_ref()))?,
            })
        })
    }
}

/// Where somebody is (`PostalAddress24`): at least a country, and a town.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<Text<70>>,
    /// Building number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub building: Option<Text<16>>,
    /// Post code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_code: Option<Text<16>>,
    /// Town.
    pub town: Text<35>,
    /// Country.
    pub country: Country,
}

impl Form for Address {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        Ok(Self {
            street: io.may("StrtNm", it.and_then(|it| it.street.as_ref()))?,
            building: io.may("BldgNb", it.and_then(|it| it.building.as_ref()))?,
            post_code: io.may("PstCd", it.and_then(|it| it.post_code.as_ref()))?,
            town: io.must("TwnNm", it.map(|it| &it.town))?,
            country: io.must("Ctry", it.map(|it| &it.country))?,
        })
    }
}

/// By what an organisation is known besides its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganisationId {
    /// Its LEI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lei: Option<Lei>,
    /// Another number, such as of a register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Text<35>>,
}

impl Form for OrganisationId {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let other = it.and_then(|it| it.other.as_ref());
        let lei = io.may("LEI", it.and_then(|it| it.lei.as_ref()))?;
        let other = io.within_may("Othr", other.is_some(), |io| io.must("Id", other))?;
        Ok(Self { lei, other })
    }
}

/// Who pays or is paid (`PartyIdentification135`): an organisation or a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyName {
    /// Name.
    pub name: Text<140>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Identification of an organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// Identification of a person; an organisation has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

impl Form for PartyName {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let organisation = it.and_then(|it| it.organisation.as_ref());
        let person = it.and_then(|it| it.person.as_ref());
        let name = io.must("Nm", it.map(|it| &it.name))?;
        let address = io.part_may("PstlAdr", it.and_then(|it| it.address.as_ref()))?;
        let either = organisation.is_some() || person.is_some();
        let known = io.within_may("Id", either, |io| {
            let both = (io.part_may("OrgId", organisation)?, io.part_may("PrvtId", person)?);
            match both {
                (Some(_), Some(_)) => Err(io.wrong("PrvtId", "an organisation is no person")),
                either => Ok(either),
            }
        })?;
        let (organisation, person) = known.unwrap_or_default();
        Ok(Self { name, address, organisation, person })
    }
}

/// An account: by IBAN where it has one, else by the number its bank gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// An IBAN.
    Iban(Iban),
    /// Any other number.
    Other(Text<34>),
}

impl Account {
    fn iban(&self) -> Option<&Iban> {
        if let Self::Iban(iban) = self { Some(iban) } else { None }
    }

    fn other(&self) -> Option<&Text<34>> {
        if let Self::Other(other) = self { Some(other) } else { None }
    }

    /// The number, whichever it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Iban(iban) => iban.as_str(),
            Self::Other(other) => other.as_str(),
        }
    }
}

impl Form for Account {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        io.within("Id", |io| {
            if let Some(iban) = io.may("IBAN", it.and_then(Self::iban))? {
                return Ok(Self::Iban(iban));
            }
            let other = it.and_then(Self::other);
            let other = io.within_may("Othr", other.is_some(), |io| io.must("Id", other))?;
            other.map(Self::Other).ok_or_else(|| io.wrong("IBAN", "an account has a number"))
        })
    }
}

/// What an earlier message was: who sent it under which name, and which payment of it is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Original {
    /// `MsgId` of the message.
    pub message_id: Text<35>,
    /// Its definition, such as `pacs.008.001.08`.
    pub message_name: Text<35>,
    /// `EndToEndId` of the payment.
    pub end_to_end_id: Text<35>,
    /// Its UETR.
    pub uetr: Uetr,
}

impl Original {
    /// The payment of an instruction.
    #[must_use]
    pub fn of(instruction: &super::transfer::Instruction, message_name: Text<35>) -> Self {
        Self {
            message_id: instruction.message_id.clone(),
            message_name,
            end_to_end_id: instruction.end_to_end_id.clone(),
            uetr: instruction.uetr.clone(),
        }
    }

    /// `OrgnlGrpInf`.
    pub(super) fn group(io: &mut Io<'_>, it: Option<&Self>) -> Result<(Text<35>, Text<35>), Fault> {
        io.within("OrgnlGrpInf", |io| {
            let message_id = io.must("OrgnlMsgId", it.map(|it| &it.message_id))?;
            Ok((message_id, io.must("OrgnlMsgNmId", it.map(|it| &it.message_name))?))
        })
    }

    /// All of it, where end-to-end id and UETR follow the group at once.
    pub(super) fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let (message_id, message_name) = Self::group(io, it)?;
        Ok(Self {
            message_id,
            message_name,
            end_to_end_id: io.must("OrgnlEndToEndId", it.map(|it| &it.end_to_end_id))?,
            uetr: io.must("OrgnlUETR", it.map(|it| &it.uetr))?,
        })
    }
}

/// Why: a code of the message's external list, and words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The code.
    pub code: Code,
    /// More of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text<105>>,
}

impl Form for Reason {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        Ok(Self {
            code: io.within("Rsn", |io| io.must("Cd", it.map(|it| &it.code)))?,
            words: io.may("AddtlInf", it.and_then(|it| it.words.as_ref()))?,
        })
    }
}

/// Who asks whom about a payment (`CaseAssignment5`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Its id: of the message, too.
    pub id: Text<35>,
    /// Who asks or answers.
    pub from: Agent,
    /// Who is asked or answered.
    pub to: Agent,
    /// When.
    pub created: Timestamp,
}

impl Form for Assignment {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let one = Self {
            id: io.must("Id", it.map(|it| &it.id))?,
            from: io.within("Assgnr", |io| io.part("Agt", it.map(|it| &it.from)))?,
            to: io.within("Assgne", |io| io.part("Agt", it.map(|it| &it.to)))?,
            created: io.must("CreDtTm", it.map(|it| &it.created))?,
        };
        io.dated(one.created);
        Ok(one)
    }
}

/// An amount of an earlier settlement and its day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// What was settled.
    pub amount: Amount,
    /// On which day.
    pub date: Date,
}

impl Settled {
    /// `OrgnlIntrBkSttlmAmt` and `OrgnlIntrBkSttlmDt`.
    pub(super) fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        Ok(Self {
            amount: io.must("OrgnlIntrBkSttlmAmt", it.map(|it| &it.amount))?,
            date: io.must("OrgnlIntrBkSttlmDt", it.map(|it| &it.date))?,
        })
    }
}

/// More than nothing.
pub(super) fn positive(amount: Amount, path: &'static str) -> Result<(), Fault> {
    if amount.minor() > 0 {
        return Ok(());
    }
    Err(Fault::Rule { path, rule: "the amount is not more than nothing" })
}
