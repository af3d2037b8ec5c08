//! The travel rule: who pays and who is paid, in the shape of IVMS101 (interVASP, 2020), from a payment
//! between customers. Whether it is required, and which parts, the law of either side says.

use serde_json::{Value, json};

use super::parts::PartyName;
use super::transfer::CustomerTransfer;

/// What a payment does not say and the rule asks for, by path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment does not say {}", .0.join(", "))]
pub struct Missing(pub Vec<&'static str>);

/// The travel-rule data of a payment between legal persons: names, the payer's address and
/// identification, both accounts, both institutions (FATF Recommendation 16, paragraph 6 of its note).
///
/// # Errors
/// Everything that is missing, at once.
pub fn ivms101(transfer: &CustomerTransfer) -> Result<Value, Missing> {
    let (payer, payee) = (&transfer.debtor, &transfer.creditor);
    // Any other number would need the authority that gave it (IVMS101, constraint C9).
    let lei = |party: &PartyName| party.organisation.as_ref().is_some_and(|id| id.lei.is_some());
    let asked = [
        ("debtor/address", payer.address.is_some()),
        ("debtor/organisation/lei", lei(payer)),
        ("debtor_account", transfer.debtor_account.is_some()),
        ("creditor_account", transfer.creditor_account.is_some()),
    ];
    let missing: Vec<_> = asked.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        return Err(Missing(missing));
    }
    let account = |account: &Option<super::Account>| {
        account.iter().map(|account| account.as_str().to_owned()).collect::<Vec<_>>()
    };
    let institution = |agent: &super::Agent| {
        let name = agent.bic.as_str();
        let mut person = named(name);
        if let (Some(lei), Some(members)) = (&agent.lei, person.as_object_mut()) {
            members.insert("nationalIdentification".to_owned(), lei_of(lei.as_str()));
        }
        json!({ "legalPerson": person })
    };
    Ok(json!({
        "originator": {
            "originatorPersons": [{ "legalPerson": person(payer) }],
            "accountNumber": account(&transfer.debtor_account),
        },
        "beneficiary": {
            "beneficiaryPersons": [{ "legalPerson": person(payee) }],
            "accountNumber": account(&transfer.creditor_account),
        },
        "originatingVASP": { "originatingVASP": institution(&transfer.debtor_agent) },
        "beneficiaryVASP": { "beneficiaryVASP": institution(&transfer.creditor_agent) },
    }))
}

fn named(name: &str) -> Value {
    let identifier = json!({ "legalPersonName": name, "legalPersonNameIdentifierType": "LEGL" });
    json!({ "name": { "nameIdentifier": [identifier] } })
}

fn lei_of(lei: &str) -> Value {
    json!({ "nationalIdentifier": lei, "nationalIdentifierType": "LEIX" })
}

fn person(party: &PartyName) -> Value {
    let mut person = named(party.name.as_str());
    let Some(members) = person.as_object_mut() else { return person };
    if let Some(address) = &party.address {
        let mut said = json!({
            "addressType": "BIZZ",
            "townName": address.town.as_str(),
            "country": address.country.as_str(),
        });
        let more = [
            ("streetName", address.street.as_ref().map(|text| text.as_str())),
            ("buildingNumber", address.building.as_ref().map(|text| text.as_str())),
            ("postcode", address.post_code.as_ref().map(|text| text.as_str())),
        ];
        if let Some(said) = said.as_object_mut() {
            for (name, value) in more {
                value.map(|value| said.insert(name.to_owned(), json!(value)));
            }
        }
        members.insert("geographicAddress".to_owned(), json!([said]));
        members.insert("countryOfRegistration".to_owned(), json!(address.country.as_str()));
    }
    let lei = party.organisation.as_ref().and_then(|id| id.lei.as_ref());
    if let Some(lei) = lei {
        members.insert("nationalIdentification".to_owned(), lei_of(lei.as_str()));
    }
    person
}
