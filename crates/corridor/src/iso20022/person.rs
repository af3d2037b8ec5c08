//! Persons: by what one is known besides the name (`PersonIdentification13`).

use canon::Date;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::io::{Form, Io};
use super::leaf::{Code, Country, Text};

/// Where and when somebody was born (`DateAndPlaceOfBirth1`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Birth {
    /// On which day.
    pub date: Date,
    /// In which town.
    pub town: Text<35>,
    /// In which country.
    pub country: Country,
}

impl Form for Birth {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        Ok(Self {
            date: io.must("BirthDt", it.map(|it| &it.date))?,
            town: io.must("CityOfBirth", it.map(|it| &it.town))?,
            country: io.must("CtryOfBirth", it.map(|it| &it.country))?,
        })
    }
}

/// A number that an authority gave a person (`GenericPersonIdentification1`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonNumber {
    /// The number.
    pub number: Text<35>,
    /// Of which kind: a code of the external list, such as `CCPT` (passport) or `NIDN` (identity card).
    pub kind: Code,
    /// Which authority gave it; the country of a passport by its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Text<35>>,
}

impl Form for PersonNumber {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        Ok(Self {
            number: io.must("Id", it.map(|it| &it.number))?,
            kind: io.within("SchmeNm", |io| io.must("Cd", it.map(|it| &it.kind)))?,
            issuer: io.may("Issr", it.and_then(|it| it.issuer.as_ref()))?,
        })
    }
}

/// By what a person is known besides the name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonId {
    /// Birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Birth>,
    /// A number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<PersonNumber>,
}

impl Form for PersonId {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        Ok(Self {
            birth: io.part_may("DtAndPlcOfBirth", it.and_then(|it| it.birth.as_ref()))?,
            number: io.part_may("Othr", it.and_then(|it| it.number.as_ref()))?,
        })
    }
}
