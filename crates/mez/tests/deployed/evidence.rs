//! Evidence about companies, signed by the issuer the sandbox anchors name.

use std::path::Path;

use canon::{Realm, Timestamp};
use proof::credential::{Unsigned, issue};
use proof::jwk::KeyFile;
use serde_json::{Value, json};

const KINDS: [(&str, &str); 6] = [
    ("beneficial_ownership", "MEZBeneficialOwnershipCredential"),
    ("source_of_funds", "MEZSourceOfFundsCredential"),
    ("tax_residency", "MEZTaxResidencyCredential"),
    ("license", "MEZLicenseCredential"),
    ("data_protection_registration", "MEZDataProtectionRegistrationCredential"),
    ("office_lease", "MEZOfficeLeaseCredential"),
];
const YEAR_SECS: i64 = 365 * 86_400;

/// The request that forms a company of two owners, every kind of evidence with it.
pub(crate) fn company(deployment: &Path, name: &str, jurisdiction: &str) -> Value {
    let file = std::fs::read(deployment.join("issuer/sandbox-issuer.priv.json")).unwrap();
    let key = KeyFile::parse(&file).unwrap();
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap()).unwrap();
    let owners = json!([
        { "name": "Orla Thistlewood", "ownership_bp": 6000 },
        { "name": "Bertil Quillfeather", "ownership_bp": 4000 },
    ]);
    let evidence: Vec<Value> = KINDS
        .iter()
        .map(|(kind, credential)| {
            let subject = match *kind {
                "beneficial_ownership" => json!({ "legal_name": name, "owners": owners }),
                _ => json!({ "legal_name": name }),
            };
            let unsigned = Unsigned {
                id: format!("urn:mez:evidence:{}:{kind}", name.to_lowercase().replace(' ', "-")),
                types: vec![(*credential).to_owned()],
                issuer: key.secret.public().did(),
                realm: Realm::Sandbox,
                subject,
                valid_from: now,
                valid_until: now.plus_secs(YEAR_SECS).unwrap(),
                evidence: Vec::new(),
                status: Vec::new(),
            };
            issue(unsigned, &key.secret, &key.verification_method).unwrap()
        })
        .collect();
    let mut stated = owners;
    for owner in stated.as_array_mut().unwrap() {
        owner["kind"] = json!("person");
    }
    json!({
        "entity_type": "private-company",
        "legal_name": name,
        "jurisdiction_id": jurisdiction,
        "activity": "general trading",
        "registered_office": { "address": "1 Lantern Quay", "jurisdiction_id": jurisdiction },
        "beneficial_owners": stated,
        "evidence": evidence,
    })
}
