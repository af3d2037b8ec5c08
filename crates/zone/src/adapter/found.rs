//! What an answer comes to: whether it is so, until when that counts, and what of it is told.

use canon::Timestamp;
use serde_json::{Value, json};

use super::answer::{CompanyStatus, LicenseSaid};
use super::{Answer, CnicStatus, Heard, Question};
use crate::limits::{ADAPTER_ANSWER_DAYS, COMPANY_ANSWER_DAYS, FILER_STATUS_DAYS};
use crate::refused::Refused;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What an answer comes to.
pub(super) struct Found {
    pub(super) so: bool,
    pub(super) expires: Timestamp,
    /// Members of the result that only this kind of answer has.
    pub(super) more: Value,
    pub(super) filer_status: Option<String>,
}

/// Whether two names are the same but for case and spaces.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| {
        name.split_whitespace().map(str::to_lowercase).collect::<Vec<String>>().join(" ")
    };
    plain(one) == plain(other)
}

/// What the answer to a question says of a name.
pub(super) fn found(
    question: &Question,
    name: &str,
    heard: &Heard,
    now: Timestamp,
) -> Result<Found, Refused> {
    let until = |days: i64| now.plus_secs(days * DAY).map_err(Refused::host);
    match (question, &heard.answer) {
        (Question::Cnic(_), Answer::Cnic(said)) => Ok(Found {
            so: said.verified && said.cnic_status == CnicStatus::Active,
            expires: until(ADAPTER_ANSWER_DAYS)?,
            more: json!({ "cnic_status": said.cnic_status, "verified_at": said.verification_timestamp }),
            filer_status: None,
        }),
        (Question::Ntn(_), Answer::Ntn(said)) => {
            let registered = said.registered_name.as_deref();
            let named = registered.is_none_or(|registered| same_name(registered, name));
            Ok(Found {
                so: said.verified && named,
                expires: until(FILER_STATUS_DAYS)?,
                more: json!({
                    "registered_name": registered,
                    "tax_status": said.filer_status,
                    "verified_at": said.verification_timestamp,
                }),
                filer_status: Some(said.filer_status.name().to_owned()),
            })
        }
        (Question::Taxpayer(_), Answer::Taxpayer(said)) => {
            let registered = said.registered_name.as_deref();
            Ok(Found {
                // Without a name the register has not said whose the number is.
                so: registered.is_some_and(|registered| same_name(registered, name)),
                expires: until(FILER_STATUS_DAYS)?,
                more: json!({
                    "registered_name": registered,
                    "tax_status": said.filer_status,
                    "compliance_status": said.compliance_status,
                    "active_since": said.active_since,
                }),
                filer_status: None,
            })
        }
        (Question::Company(_), Answer::Company(said)) => Ok(Found {
            so: same_name(&said.name, name) && said.status == CompanyStatus::Active,
            expires: until(COMPANY_ANSWER_DAYS)?,
            more: json!({
                "registered_name": said.name,
                "company_type": said.company_type,
                "company_status": said.status,
                "incorporation_date": said.incorporation_date,
            }),
            filer_status: None,
        }),
        (Question::License { .. }, Answer::License(said)) => {
            license(said, name, now, until(COMPANY_ANSWER_DAYS)?)
        }
        (Question::Return(_), Answer::Return(said)) => Ok(Found {
            so: said.accepted,
            // What was taken stays taken.
            expires: heard.signed_at,
            more: json!({ "reference": said.fbr_reference, "recorded_at": said.recorded_at }),
            filer_status: None,
        }),
        _ => Err(Refused::host("an answer of another kind than its question")),
    }
}

/// A license counts while it is in force, and only as that of whom the register names.
fn license(
    said: &LicenseSaid,
    name: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Found, Refused> {
    let over = said.expiry_date.is_some_and(|last| last < now.date());
    let held = said.issued_to.as_deref().is_some_and(|holder| same_name(holder, name));
    // The last day is part of it.
    let end = said.expiry_date.map(|last| last.start().plus_secs(DAY)).transpose();
    let end = end.map_err(Refused::host)?;
    Ok(Found {
        so: said.valid && !over && held,
        expires: end.map_or(until, |end| end.min(until)),
        more: json!({
            "in_force": said.valid && !over,
            "issued_to": said.issued_to,
            "expiry_date": said.expiry_date,
        }),
        filer_status: None,
    })
}
