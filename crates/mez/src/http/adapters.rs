//! `/v1/adapters` and the verifications that rest on them.

use schemars::JsonSchema;
use serde::Deserialize;
use zone::{RaastAsk, VerifyCnic, VerifyCompany, VerifyLicense, VerifyNtn, Zone};

use canon::{AccountId, Date, EntityId, JurisdictionId, PaymentId, RecordId};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// A CNIC to be verified at NADRA.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyCnic")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct VerifyCnicBody {
    /// 13 digits, with or without hyphens.
    pub(crate) cnic: String,
    /// The name it should be of, of at most 500 characters.
    pub(crate) full_name: String,
    /// Born when.
    pub(crate) date_of_birth: Option<Date>,
    /// The entity of this zone that this person is a beneficial owner of.
    pub(crate) entity_id: Option<EntityId>,
    /// Whose register: `pk`, or a part of it; `pk` unless given.
    pub(crate) jurisdiction_id: Option<JurisdictionId>,
}

/// An NTN to be asked about at FBR.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyNtn")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct VerifyNtnBody {
    /// Seven digits.
    pub(crate) ntn: String,
    /// The name it should be of, of at most 1,000 characters.
    pub(crate) entity_name: String,
    /// The entity of this zone whose number it is said to be.
    pub(crate) entity_id: Option<EntityId>,
    /// Whose register: `pk`, or a part of it; `pk` unless given.
    pub(crate) jurisdiction_id: Option<JurisdictionId>,
}

/// A company to be looked up at SECP.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyCompany")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct VerifyCompanyBody {
    /// One to ten digits.
    pub(crate) registration_no: String,
    /// The name it should be of, of at most 1,000 characters.
    pub(crate) entity_name: String,
    /// The entity of this zone that this company is said to be.
    pub(crate) entity_id: Option<EntityId>,
    /// Whose register: `pk`, or a part of it; `pk` unless given.
    pub(crate) jurisdiction_id: Option<JurisdictionId>,
}

/// A license to be checked at SECP.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyLicense")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct VerifyLicenseBody {
    /// Its reference there, of at most 100 characters.
    pub(crate) license_ref: String,
    /// Its type, as SECP calls it.
    pub(crate) license_type: String,
    /// Whose it should be, of at most 1,000 characters.
    pub(crate) entity_name: String,
    /// The entity of this zone whose license it is said to be.
    pub(crate) entity_id: Option<EntityId>,
    /// Whose register: `pk`, or a part of it; `pk` unless given.
    pub(crate) jurisdiction_id: Option<JurisdictionId>,
}

/// Who is paid over Raast.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RaastPayee")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct RaastPayeeBody {
    /// Its name, of at most 140 characters.
    pub(crate) name: String,
    /// Its account, an IBAN.
    pub(crate) iban: String,
    /// Its bank, a BIC.
    pub(crate) bic: String,
    /// Its NTN: FBR is asked whether it is of that name, and whether it files returns.
    pub(crate) ntn: Option<String>,
}

/// A payment over Raast, to an account at a bank outside the zone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PayByRaast")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct RaastBody {
    /// Account that pays.
    pub(crate) from_account_id: AccountId,
    /// Who is paid.
    pub(crate) to: RaastPayeeBody,
    /// Decimal amount, of which tax is withheld where law says so.
    pub(crate) amount: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// What for, as a code word such as `services`.
    pub(crate) purpose: String,
    /// The payer's own words, of at most 140 characters.
    pub(crate) reference: Option<String>,
}

pub(super) fn pay(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let sent: RaastAsk = asked.read()?;
    Ok(zone.pay_by_raast(&asked.ask()?, &sent)?.into())
}

pub(super) fn payment(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", PaymentId::parse)?;
    Ok(zone.raast_payment(&id)?.into())
}

pub(super) fn cnic(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: VerifyCnic = asked.read()?;
    Ok(zone.verify_cnic(&asked.ask()?, &wanted)?.into())
}

pub(super) fn ntn(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: VerifyNtn = asked.read()?;
    Ok(zone.verify_ntn(&asked.ask()?, &wanted)?.into())
}

pub(super) fn taxpayer(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: VerifyNtn = asked.read()?;
    Ok(zone.taxpayer_profile(&asked.ask()?, &wanted)?.into())
}

pub(super) fn company(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: VerifyCompany = asked.read()?;
    Ok(zone.verify_company(&asked.ask()?, &wanted)?.into())
}

pub(super) fn license(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: VerifyLicense = asked.read()?;
    Ok(zone.verify_license(&asked.ask()?, &wanted)?.into())
}

pub(super) fn list(zone: &Zone, _: &Asked) -> Result<Answer, Problem> {
    Ok(zone.adapters().into())
}

pub(super) fn evidence(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", RecordId::parse)?;
    Ok(zone.adapter_evidence(&id)?.into())
}
