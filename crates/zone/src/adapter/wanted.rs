//! Requests to have something verified: read once into a question, the name it should be of, and whom here it concerns.

use canon::{Date, EntityId, JurisdictionId};
use registry::Line;
use registry::national::{BadIdentifier, Cnic, Ntn, SecpNumber};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::question::COMPANY_CHARS_MAX;
use super::{CnicAsked, NtnAsked, Question};
use crate::refused::Refused;

/// The jurisdiction whose systems are asked here, and the beginning of those of its parts.
const PAKISTAN: &str = "pk";

/// A request to have a CNIC verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyCnic {
    /// 13 digits, with or without hyphens.
    pub cnic: String,
    /// The name it should be of.
    pub full_name: String,
    /// Born when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<Date>,
    /// The entity this person is an owner of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
    /// Whose register; `pk` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction_id: Option<JurisdictionId>,
}

/// A request to have an NTN verified, or to be told how its holder stands with FBR.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyNtn {
    /// Seven digits.
    pub ntn: String,
    /// The name it should be of.
    pub entity_name: String,
    /// The entity of this zone whose number it is said to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
    /// Whose register; `pk` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction_id: Option<JurisdictionId>,
}

/// A request to have a company looked up at SECP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyCompany {
    /// One to ten digits.
    pub registration_no: String,
    /// The name it should be of.
    pub entity_name: String,
    /// The entity of this zone that this company is said to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
    /// Whose register; `pk` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction_id: Option<JurisdictionId>,
}

/// A request to have a license checked at SECP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyLicense {
    /// Its reference there.
    pub license_ref: String,
    /// Its type, as SECP calls it.
    pub license_type: String,
    /// Whose it should be.
    pub entity_name: String,
    /// The entity of this zone whose license it is said to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
    /// Whose register; `pk` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction_id: Option<JurisdictionId>,
}

/// A request as it was read.
pub(super) struct Wanted<'a> {
    pub(super) question: Question,
    /// The name the answer must be of.
    pub(super) name: &'a str,
    pub(super) entity_id: Option<&'a EntityId>,
    /// What of the request the answer repeats: nothing of a person but a masked number.
    pub(super) told: Value,
}

fn bad(pointer: &str, why: &BadIdentifier) -> Refused {
    Refused::invalid("invalid-fields", format!("{pointer} {why}"))
}

fn line<const MAX: usize>(pointer: &str, text: &str) -> Result<Line<MAX>, Refused> {
    Line::parse(text).map_err(|why| Refused::invalid("invalid-fields", format!("{pointer} {why}")))
}

/// Whether a place is Pakistan, or one of its parts.
pub(crate) fn is_of_pakistan(place: &JurisdictionId) -> bool {
    let parts = format!("{PAKISTAN}-");
    place.as_str() == PAKISTAN || place.as_str().starts_with(&parts)
}

/// Only Pakistan's registers are asked here.
fn register(of: Option<&JurisdictionId>) -> Result<(), Refused> {
    match of {
        Some(other) if !is_of_pakistan(other) => {
            let detail = format!("there is no adapter to the registers of `{other}`");
            Err(Refused::invalid("adapter-no-client", detail))
        }
        _ => Ok(()),
    }
}

impl VerifyCnic {
    pub(super) fn read(&self) -> Result<Wanted<'_>, Refused> {
        register(self.jurisdiction_id.as_ref())?;
        let cnic = Cnic::parse(&self.cnic).map_err(|why| bad("/cnic", &why))?;
        let told = json!({ "cnic": cnic.masked() });
        let full_name = line("/full_name", &self.full_name)?;
        let date_of_birth = self.date_of_birth;
        let question = Question::Cnic(CnicAsked { cnic, full_name, date_of_birth });
        let (name, entity_id) = (self.full_name.as_str(), self.entity_id.as_ref());
        Ok(Wanted { question, name, entity_id, told })
    }
}

impl VerifyNtn {
    fn about(&self, question: Question) -> Wanted<'_> {
        let told = json!({ "ntn": self.ntn, "entity_name": self.entity_name });
        let (name, entity_id) = (self.entity_name.as_str(), self.entity_id.as_ref());
        Wanted { question, name, entity_id, told }
    }

    fn asked(&self) -> Result<NtnAsked, Refused> {
        register(self.jurisdiction_id.as_ref())?;
        let ntn = Ntn::parse(&self.ntn).map_err(|why| bad("/ntn", &why))?;
        Ok(NtnAsked { ntn, name: line("/entity_name", &self.entity_name)? })
    }

    pub(super) fn read(&self) -> Result<Wanted<'_>, Refused> {
        Ok(self.about(Question::Ntn(self.asked()?)))
    }

    /// The same number, asked about as a taxpayer.
    pub(super) fn read_as_profile(&self) -> Result<Wanted<'_>, Refused> {
        Ok(self.about(Question::Taxpayer(self.asked()?.ntn)))
    }
}

impl VerifyCompany {
    pub(super) fn read(&self) -> Result<Wanted<'_>, Refused> {
        register(self.jurisdiction_id.as_ref())?;
        let number = SecpNumber::parse(&self.registration_no);
        let number = number.map_err(|why| bad("/registration_no", &why))?;
        line::<COMPANY_CHARS_MAX>("/entity_name", &self.entity_name)?;
        let told =
            json!({ "registration_no": self.registration_no, "entity_name": self.entity_name });
        let (name, entity_id) = (self.entity_name.as_str(), self.entity_id.as_ref());
        Ok(Wanted { question: Question::Company(number), name, entity_id, told })
    }
}

impl VerifyLicense {
    pub(super) fn read(&self) -> Result<Wanted<'_>, Refused> {
        register(self.jurisdiction_id.as_ref())?;
        let question = Question::License {
            reference: line("/license_ref", &self.license_ref)?,
            license_type: line("/license_type", &self.license_type)?,
        };
        line::<COMPANY_CHARS_MAX>("/entity_name", &self.entity_name)?;
        let told = json!({
            "license_ref": self.license_ref,
            "license_type": self.license_type,
            "entity_name": self.entity_name,
        });
        let (name, entity_id) = (self.entity_name.as_str(), self.entity_id.as_ref());
        Ok(Wanted { question, name, entity_id, told })
    }
}
