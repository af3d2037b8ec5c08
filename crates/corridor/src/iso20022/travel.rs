//! The travel rule: who pays and who is paid, in the shape of IVMS101 (interVASP, 2020), from a payment
//! between customers. Whether it is required, and which parts, the law of either side says.

use canon::Date;
use serde_json::{Value, json};

use super::parts::{Address, PartyName};
use super::person::{PersonId, PersonNumber};
use super::transfer::CustomerTransfer;

/// What a payment does not say and the rule asks for, by path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment does not say {}", .0.join(", "))]
pub struct Missing(pub Vec<&'static str>);

/// Numbers of persons: the code of ISO 20022, and that of IVMS101.
const NUMBERS: [(&str, &str); 6] = [
    ("ARNU", "ARNU"),
    ("CCPT", "CCPT"),
    ("DRLC", "DRLC"),
    ("NIDN", "IDCD"),
    ("SOSE", "SOCS"),
    ("TXID", "FIIN"),
];

/// The travel-rule data of a payment: names, the payer's address and identification, both accounts, both
/// institutions (FATF Recommendation 16, paragraph 6 of its note). Of a payer who is a person one of address,
/// number and birth is enough (IVMS101, constraint C1); an organisation says its address and its LEI.
///
/// # Errors
/// Everything that is missing, at once.
pub fn ivms101(transfer: &CustomerTransfer) -> Result<Value, Missing> {
    let (payer, payee) = (&transfer.debtor, &transfer.creditor);
    let mut missing = identified(payer, transfer.instruction.created.date());
    let accounts = [
        ("debtor_account", &transfer.debtor_account),
        ("creditor_account", &transfer.creditor_account),
    ];
    missing.extend(accounts.iter().filter(|(_, it)| it.is_none()).map(|(name, _)| *name));
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
            "originatorPersons": [person(payer)],
            "accountNumber": account(&transfer.debtor_account),
        },
        "beneficiary": {
            "beneficiaryPersons": [person(payee)],
            "accountNumber": account(&transfer.creditor_account),
        },
        "originatingVASP": { "originatingVASP": institution(&transfer.debtor_agent) },
        "beneficiaryVASP": { "beneficiaryVASP": institution(&transfer.creditor_agent) },
    }))
}

/// What is missing of a payer.
fn identified(payer: &PartyName, day: Date) -> Vec<&'static str> {
    let Some(known) = &payer.person else {
        // Any other number would need the authority that gave it (IVMS101, constraint C9).
        let lei = payer.organisation.as_ref().is_some_and(|id| id.lei.is_some());
        let asked = [("debtor/address", payer.address.is_some()), ("debtor/organisation/lei", lei)];
        return asked.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    };
    let born = known.birth.as_ref();
    // A day of birth lies before the payment (constraint C2).
    if born.is_some_and(|born| born.date >= day) {
        return vec!["debtor/person/birth/date"];
    }
    match &known.number {
        Some(number) if code_of(number).is_none() => vec!["debtor/person/number/kind"],
        None if born.is_none() && payer.address.is_none() => {
            vec!["debtor/address", "debtor/person/birth", "debtor/person/number"]
        }
        _ => Vec::new(),
    }
}

fn code_of(number: &PersonNumber) -> Option<&'static str> {
    let known = NUMBERS.iter().find(|(code, _)| *code == number.kind.as_str());
    known.map(|(_, code)| *code)
}

fn named(name: &str) -> Value {
    let identifier = json!({ "legalPersonName": name, "legalPersonNameIdentifierType": "LEGL" });
    json!({ "name": { "nameIdentifier": [identifier] } })
}

fn lei_of(lei: &str) -> Value {
    json!({ "nationalIdentifier": lei, "nationalIdentifierType": "LEIX" })
}

fn person(party: &PartyName) -> Value {
    match &party.person {
        Some(known) => json!({ "naturalPerson": natural(party, known) }),
        None => json!({ "legalPerson": legal(party) }),
    }
}

fn address_of(address: &Address, kind: &str) -> Value {
    let mut said = json!({
        "addressType": kind,
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
    said
}

/// A name that is not told in parts stands whole as the primary identifier.
fn natural(party: &PartyName, known: &PersonId) -> Value {
    let name = party.name.as_str();
    let identifier = json!({ "primaryIdentifier": name, "nameIdentifierType": "LEGL" });
    let mut person = json!({ "name": { "nameIdentifier": [identifier] } });
    let Some(members) = person.as_object_mut() else { return person };
    if let Some(address) = &party.address {
        members.insert("geographicAddress".to_owned(), json!([address_of(address, "HOME")]));
        members.insert("countryOfResidence".to_owned(), json!(address.country.as_str()));
    }
    let numbered = known.number.as_ref();
    if let Some((number, kind)) = numbered.and_then(|it| Some((it, code_of(it)?))) {
        let mut said = json!({
            "nationalIdentifier": number.number.as_str(),
            "nationalIdentifierType": kind,
        });
        let country = number.issuer.as_ref().map(|it| it.as_str());
        let country = country.filter(|it| super::Country::parse(it).is_ok());
        if let (Some(country), Some(said)) = (country, said.as_object_mut()) {
            said.insert("countryOfIssue".to_owned(), json!(country));
        }
        members.insert("nationalIdentification".to_owned(), said);
    }
    if let Some(born) = &known.birth {
        let place = format!("{}, {}", born.town.as_str(), born.country.as_str());
        let said = json!({ "dateOfBirth": born.date, "placeOfBirth": place });
        members.insert("dateAndPlaceOfBirth".to_owned(), said);
    }
    person
}

fn legal(party: &PartyName) -> Value {
    let mut person = named(party.name.as_str());
    let Some(members) = person.as_object_mut() else { return person };
    if let Some(address) = &party.address {
        members.insert("geographicAddress".to_owned(), json!([address_of(address, "BIZZ")]));
        members.insert("countryOfRegistration".to_owned(), json!(address.country.as_str()));
    }
    let lei = party.organisation.as_ref().and_then(|id| id.lei.as_ref());
    if let Some(lei) = lei {
        members.insert("nationalIdentification".to_owned(), lei_of(lei.as_str()));
    }
    person
}
