//! What is asked, and how it goes out: method, path and bytes. Each form is in `docs/adapters.md`, with its source.

use canon::{Canonical, Date, Digest, JurisdictionId};
use corridor::iso20022::{CustomerTransfer, Fault, Message};
use registry::Line;
use registry::national::{Cnic, Ntn, SecpNumber};
use serde::Serialize;
use serde_json::{Value, json};

use super::System;

/// Longest name of a person asked about, in characters.
pub const PERSON_CHARS_MAX: usize = 500;
/// Longest name of a company asked about, in characters.
pub const COMPANY_CHARS_MAX: usize = 1_000;

/// A person, asked about at NADRA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CnicAsked {
    /// The number.
    pub cnic: Cnic,
    /// The name it should be of.
    pub full_name: Line<PERSON_CHARS_MAX>,
    /// Born when, where that is known.
    pub date_of_birth: Option<Date>,
}

/// A taxpayer, asked about at FBR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NtnAsked {
    /// The number.
    pub ntn: Ntn,
    /// The name it should be of.
    pub name: Line<COMPANY_CHARS_MAX>,
}

/// A tax event, told to FBR.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReturnAsked {
    /// Of whom here.
    pub entity_id: String,
    /// Of which taxpayer.
    pub ntn: Ntn,
    /// What happened, as a code word.
    pub event_type: String,
    /// How much, as a decimal.
    pub amount: String,
    /// In which currency.
    pub currency: String,
    /// Under whose law.
    pub jurisdiction: JurisdictionId,
    /// In which year, `2025-2026`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_year: Option<String>,
    /// Under which section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statutory_section: Option<String>,
}

/// A question to a national system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether this CNIC is of this person.
    Cnic(CnicAsked),
    /// Whether this NTN is of this company.
    Ntn(NtnAsked),
    /// What FBR knows of a taxpayer.
    Taxpayer(Ntn),
    /// Take this tax event.
    Return(Box<ReturnAsked>),
    /// What SECP knows of a company.
    Company(SecpNumber),
    /// Whether a license is in force.
    License {
        /// Its reference.
        reference: Line<100>,
        /// Its type, as SECP calls it.
        license_type: Line<100>,
    },
    /// Make this payment (`pacs.008`).
    Transfer(Box<CustomerTransfer>),
}

/// How a question is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It changes nothing.
    Get,
    /// It has a body.
    Post,
}

/// A question as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// GET or POST.
    pub verb: Verb,
    /// Below the adapter's URL.
    pub path: String,
    /// Media type of the body.
    pub media: &'static str,
    /// The body; empty for GET.
    pub body: Vec<u8>,
}

impl Call {
    fn get(path: String) -> Self {
        Self { verb: Verb::Get, path, media: JSON, body: Vec::new() }
    }

    fn post(path: &str, body: &Value) -> Self {
        let bytes = Canonical::of_value(body).map(|body| body.bytes().to_vec());
        let body = bytes.unwrap_or_default();
        Self { verb: Verb::Post, path: path.to_owned(), media: JSON, body }
    }

    /// The digest of method, path and body: what was asked, in one word.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let verb = if self.verb == Verb::Get { "GET" } else { "POST" };
        let mut bytes = format!("{verb}\n{}\n", self.path).into_bytes();
        bytes.extend_from_slice(&self.body);
        Digest::of_blob(&bytes)
    }
}

const JSON: &str = "application/json";
const XML: &str = "application/xml";

impl Question {
    /// Who is asked.
    #[must_use]
    pub const fn system(&self) -> System {
        match self {
            Self::Cnic(_) => System::PkNadra,
            Self::Ntn(_) | Self::Taxpayer(_) | Self::Return(_) => System::PkFbr,
            Self::Company(_) | Self::License { .. } => System::PkSecp,
            Self::Transfer(_) => System::PkRaast,
        }
    }

    /// What it asks, as records name it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Cnic(_) => "cnic.verify",
            Self::Ntn(_) => "ntn.verify",
            Self::Taxpayer(_) => "taxpayer.profile",
            Self::Return(_) => "tax-event.submit",
            Self::Company(_) => "company.lookup",
            Self::License { .. } => "license.verify",
            Self::Transfer(_) => "payment.initiate",
        }
    }

    /// Whether answers are about a person: then their bytes are not kept, only their digest.
    #[must_use]
    pub const fn is_personal(&self) -> bool {
        matches!(self, Self::Cnic(_) | Self::Transfer(_))
    }

    /// Who it is about, as may be told: a person's number is masked.
    #[must_use]
    pub fn about(&self) -> String {
        match self {
            Self::Cnic(asked) => format!("cnic:{}", asked.cnic.masked()),
            Self::Ntn(NtnAsked { ntn, .. }) | Self::Taxpayer(ntn) => {
                format!("ntn:{}", ntn.as_str())
            }
            Self::Return(asked) => format!("ntn:{}", asked.ntn.as_str()),
            Self::Company(number) => format!("secp:{}", number.as_str()),
            Self::License { reference, .. } => format!("license:{}", reference.as_str()),
            Self::Transfer(transfer) => format!("uetr:{}", transfer.instruction.uetr.as_str()),
        }
    }

    /// The question as it goes out. `key` is the reference under which the authority keeps it: it is unpredictable, so
    /// that the digest of a question about a person tells nothing of the person.
    ///
    /// # Errors
    /// A payment that its message cannot carry.
    pub fn call(&self, key: &str) -> Result<Call, Fault> {
        Ok(match self {
            Self::Cnic(CnicAsked { cnic, full_name, date_of_birth }) => {
                let mut body = json!({
                    "cnic": cnic, "full_name": full_name, "request_reference": key,
                });
                if let (Some(day), Some(members)) = (date_of_birth, body.as_object_mut()) {
                    members.insert("date_of_birth".to_owned(), json!(day));
                }
                Call::post("/verify", &body)
            }
            Self::Ntn(NtnAsked { ntn, name }) => {
                Call::post("/ntn/verify", &json!({ "ntn": ntn, "name": name }))
            }
            Self::Taxpayer(ntn) => Call::get(format!("/taxpayers/{}", ntn.as_str())),
            Self::Return(asked) => {
                let mut body = json!(asked);
                if let Some(members) = body.as_object_mut() {
                    members.insert("idempotency_key".to_owned(), json!(key));
                }
                Call::post("/tax-events", &body)
            }
            Self::Company(number) => Call::get(format!("/companies/{}", number.as_str())),
            Self::License { reference, license_type } => {
                let body = json!({ "license_ref": reference, "license_type": license_type });
                Call::post("/licenses/verify", &body)
            }
            Self::Transfer(transfer) => {
                let message = Message::CustomerTransfer(transfer.clone()).write()?;
                let (path, body) = ("/payments".to_owned(), message.into_bytes());
                Call { verb: Verb::Post, path, media: XML, body }
            }
        })
    }
}
