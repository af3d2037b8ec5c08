//! What authorities say, read strictly: of the form, and about what was asked.
//!
//! Members that are not known here are passed over, as authorities add some; one that is missing, of another type or
//! of another word makes the answer unreadable.

use canon::{Date, Timestamp};
use registry::national::{Cnic, Ntn, SecpNumber};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::transfer;
use super::{Question, System, Unanswered};

/// Whether somebody files returns, as FBR's list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilerStatus {
    /// On the list of active taxpayers.
    Filer,
    /// Filed after the day it was due.
    LateFiler,
    /// Not on the list.
    NonFiler,
}

impl FilerStatus {
    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filer => "filer",
            Self::LateFiler => "late_filer",
            Self::NonFiler => "non_filer",
        }
    }
}

/// Where a card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CnicStatus {
    /// In force.
    Active,
    /// Its day is over.
    Expired,
    /// Blocked by the authority.
    Blocked,
    /// There is none.
    NotFound,
}

/// NADRA, of a person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CnicSaid {
    /// Whether number and name belong together.
    pub verified: bool,
    /// Of which number.
    pub cnic: Cnic,
    /// Where the card stands.
    pub cnic_status: CnicStatus,
    /// When it was looked up.
    pub verification_timestamp: Timestamp,
    /// The reference it was asked under.
    pub request_reference: String,
    /// The authority's own reference.
    pub reference: String,
}

/// FBR, of a taxpayer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NtnSaid {
    /// Whether number and name belong together.
    pub verified: bool,
    /// Of which number.
    pub ntn: Ntn,
    /// The name in the register.
    pub registered_name: Option<String>,
    /// Whether it files returns.
    pub filer_status: FilerStatus,
    /// When it was looked up.
    pub verification_timestamp: Timestamp,
    /// The authority's own reference.
    pub reference: String,
}

/// How a taxpayer stands with FBR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ComplianceStatus {
    /// Nothing is missing.
    Compliant,
    /// Something is.
    NonCompliant,
    /// Suspended: struck off the list until reinstated.
    Suspended,
}

/// The kinds of company SECP keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CompanyType {
    /// Private, limited.
    Private,
    /// Public, limited.
    Public,
    /// Of a single member.
    SingleMember,
    /// Not for profit.
    Ngo,
    /// Of another country.
    Foreign,
}

/// Where a company stands in SECP's register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CompanyStatus {
    /// In the register.
    Active,
    /// In the register, without business.
    Dormant,
    /// Being struck off.
    StrikeOff,
    /// No more.
    Dissolved,
}

/// FBR, of a taxpayer's standing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TaxpayerSaid {
    /// Of which number.
    pub ntn: Ntn,
    /// Whether it files returns.
    pub filer_status: FilerStatus,
    /// How it stands.
    pub compliance_status: ComplianceStatus,
    /// The name in the register.
    pub registered_name: Option<String>,
    /// Since when.
    pub active_since: Option<Date>,
}

/// FBR, of a tax event it was told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReturnSaid {
    /// Whether it was taken.
    pub accepted: bool,
    /// Its reference there.
    pub fbr_reference: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The key it was told under.
    pub idempotency_key: String,
}

/// SECP, of a company.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CompanySaid {
    /// Its number.
    pub registration_no: SecpNumber,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub company_type: CompanyType,
    /// Since when.
    pub incorporation_date: Date,
    /// Where it stands.
    pub status: CompanyStatus,
}

/// SECP, of a license.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LicenseSaid {
    /// Its reference.
    pub license_ref: String,
    /// Its type.
    pub license_type: String,
    /// Whether it is in force.
    pub valid: bool,
    /// Until when.
    pub expiry_date: Option<Date>,
    /// Whose.
    pub issued_to: Option<String>,
}

/// Raast, of a payment (`pacs.002`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferSaid {
    /// `ACSC`, `ACSP`, `PDNG`, `RJCT`, … as the message says it.
    pub status: String,
    /// Why, as the message says it.
    pub reason: Option<String>,
}

/// What an authority said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Of a person.
    Cnic(CnicSaid),
    /// Of a taxpayer's number and name.
    Ntn(NtnSaid),
    /// Of a taxpayer's standing.
    Taxpayer(TaxpayerSaid),
    /// Of a tax event.
    Return(ReturnSaid),
    /// Of a company.
    Company(CompanySaid),
    /// Of a license.
    License(LicenseSaid),
    /// Of a payment.
    Transfer(TransferSaid),
}

impl Question {
    /// Read the answer to it.
    ///
    /// # Errors
    /// [`Unanswered::Garbage`], or [`Unanswered::OfAnother`] where it is about something else.
    pub fn read(&self, key: &str, body: &[u8]) -> Result<Answer, Unanswered> {
        let system = self.system();
        match self {
            Self::Cnic(asked) => {
                let said: CnicSaid = json(system, body)?;
                same(system, said.cnic == asked.cnic, "CNIC")?;
                same(system, said.request_reference == key, "request")?;
                Ok(Answer::Cnic(said))
            }
            Self::Ntn(asked) => {
                let said: NtnSaid = json(system, body)?;
                same(system, said.ntn == asked.ntn, "NTN")?;
                Ok(Answer::Ntn(said))
            }
            Self::Taxpayer(ntn) => {
                let said: TaxpayerSaid = json(system, body)?;
                same(system, said.ntn == *ntn, "NTN")?;
                Ok(Answer::Taxpayer(said))
            }
            Self::Return(_) => {
                let said: ReturnSaid = json(system, body)?;
                same(system, said.idempotency_key == key, "tax event")?;
                Ok(Answer::Return(said))
            }
            Self::Company(number) => {
                let said: CompanySaid = json(system, body)?;
                same(system, said.registration_no == *number, "company")?;
                Ok(Answer::Company(said))
            }
            Self::License { reference, license_type } => {
                let said: LicenseSaid = json(system, body)?;
                let both = said.license_ref == reference.as_str()
                    && said.license_type == license_type.as_str();
                same(system, both, "license")?;
                Ok(Answer::License(said))
            }
            Self::Transfer(transfer) => transfer::read(transfer, body).map(Answer::Transfer),
        }
    }
}

fn json<T: DeserializeOwned>(system: System, body: &[u8]) -> Result<T, Unanswered> {
    // Where it does not fit is told, and not what stands there: it may be of a person.
    let garbage = |detail: String| Unanswered::Garbage { system, detail };
    let tree = canon::parse_value(body).map_err(|error| garbage(error.rule.code().to_owned()))?;
    serde_json::from_value(tree).map_err(|error| {
        let told = error.to_string();
        let shape = told.starts_with("missing field") || told.starts_with("unknown variant");
        let told = if shape { told } else { "a member is of another type".to_owned() };
        garbage(told.chars().take(120).collect())
    })
}

pub(super) fn same(system: System, same: bool, of: &'static str) -> Result<(), Unanswered> {
    if same { Ok(()) } else { Err(Unanswered::OfAnother { system, of }) }
}
