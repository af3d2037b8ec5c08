//! Who owns what, in the shape of the Beneficial Ownership Data Standard 0.4 (Open Ownership): statements about one
//! entity, the persons and entities behind it, and the relationship of each to it.
//!
//! A row of the register is one relationship record: a statement that it began, and one that it closed, where it did.
//! Identifiers of statements follow from their content, so the same register gives the same statements. A share that is
//! no whole percent is given by the whole percents around it: our documents name no fractions.

use canon::{Canonical, EntityId, JurisdictionId, Timestamp};
use registry::{BeneficialOwner, Entity, Identifier, OwnerKind, Row, Status};
use serde_json::{Map, Value, json};

use super::alpha3;
use crate::refused::Refused;
use crate::zone::Zone;

const VERSION: &str = "0.4";
const BP_PER_PERCENT: u16 = 100;

/// The statements of one declaration, as they are put together.
struct Statements<'a> {
    publisher: &'a str,
    subject: String,
    at: Timestamp,
    said: Vec<Value>,
}

/// What a statement is about.
struct Record<'a> {
    id: &'a str,
    of: &'static str,
    status: &'static str,
    stated: Timestamp,
}

impl Statements<'_> {
    fn say(&mut self, record: &Record<'_>, details: Value) -> Result<(), Refused> {
        let mut statement = json!({
            "statementDate": record.stated.date(),
            "declarationSubject": self.subject,
            "recordId": record.id,
            "recordType": record.of,
            "recordStatus": record.status,
            "recordDetails": details,
            "source": { "type": ["officialRegister"], "assertedBy": [{ "name": self.publisher }] },
        });
        // Its name is that of its content; the day of publication is none of it.
        let digest = Canonical::of_value(&statement).map_err(Refused::host)?.digest();
        if let Value::Object(members) = &mut statement {
            members.insert("statementId".to_owned(), json!(digest));
            let published = json!({
                "publicationDate": self.at.date(),
                "bodsVersion": VERSION,
                "publisher": { "name": self.publisher },
            });
            members.insert("publicationDetails".to_owned(), published);
        }
        self.said.push(statement);
        Ok(())
    }
}

/// A country by its ISO 3166-1 code, a part of one by its ISO 3166-2 code where ours is one.
fn place(id: &JurisdictionId) -> Value {
    let text = id.as_str();
    let country = text.split('-').next().filter(|country| country.len() == 2);
    let code = country.map(|country| match text.len() {
        4..=6 => text.to_uppercase(),
        _ => country.to_uppercase(),
    });
    named(text, code)
}

fn country(id: &JurisdictionId) -> Value {
    let text = id.as_str();
    let code = text.split('-').next().filter(|country| country.len() == 2);
    named(text, code.map(str::to_uppercase))
}

fn named(name: &str, code: Option<String>) -> Value {
    let mut told = json!({ "name": name });
    if let (Some(code), Value::Object(members)) = (code, &mut told) {
        members.insert("code".to_owned(), json!(code));
    }
    told
}

/// The code of an identifier's scheme: of LEIs that of the list of organisations' identifiers (org-id.guide), of a
/// person's document who issued it and which kind it is. Others have only the name they are known by here.
fn scheme(kind: OwnerKind, known: &Identifier) -> Option<String> {
    let (issued_in, of) = match (kind, known.scheme.as_str()) {
        (OwnerKind::Entity, "lei") => return Some("XI-LEI".to_owned()),
        (OwnerKind::Entity, _) => return None,
        (OwnerKind::Person, "passport") => (None, "PASSPORT"),
        (OwnerKind::Person, "cnic") => (Some("PAK"), "IDCARD"),
        (OwnerKind::Person, "national_id" | "emirates_id" | "nric") => (None, "IDCARD"),
        (OwnerKind::Person, "ntn") => (Some("PAK"), "TAXID"),
        (OwnerKind::Person, "tin" | "tax_id") => (None, "TAXID"),
        (OwnerKind::Person, _) => return None,
    };
    let told = known.jurisdiction_id.as_ref().and_then(alpha3::country);
    told.or(issued_in).map(|issuer| format!("{issuer}-{of}"))
}

fn identifiers(owner: &BeneficialOwner) -> Vec<Value> {
    let told = |known: &Identifier| {
        let mut told = json!({ "id": known.value.as_str(), "schemeName": known.scheme.as_str() });
        if let (Some(scheme), Value::Object(members)) = (scheme(owner.kind, known), &mut told) {
            members.insert("scheme".to_owned(), json!(scheme));
        }
        told
    };
    owner.identifiers.iter().map(told).collect()
}

/// The subject of the declaration.
fn subject(entity: &Entity) -> Value {
    let formation = entity.formation();
    let mut details = json!({
        "isComponent": false,
        "entityType": { "type": "registeredEntity", "details": formation.entity_type() },
        "name": formation.legal_name(),
        "jurisdiction": place(formation.jurisdiction_id()),
        "identifiers": [{ "id": entity.id(), "schemeName": "register of the zone" }],
        "foundingDate": entity.applied_at().date(),
    });
    if let Value::Object(members) = &mut details {
        if let Some(office) = formation.registered_office() {
            let address = json!([{
                "type": "registered",
                "address": office.address.as_str(),
                "country": country(&office.jurisdiction_id),
            }]);
            members.insert("addresses".to_owned(), address);
        }
        if let Status::Dissolved { since, .. } = entity.status() {
            members.insert("dissolutionDate".to_owned(), json!(since.date()));
        }
    }
    details
}

/// A person or an entity behind the subject.
fn party(owner: &BeneficialOwner) -> (&'static str, Value) {
    let mut details = Map::new();
    details.insert("isComponent".to_owned(), json!(false));
    details.insert("identifiers".to_owned(), json!(identifiers(owner)));
    let kind = match owner.kind {
        OwnerKind::Person => {
            details.insert("personType".to_owned(), json!("knownPerson"));
            let names = json!([{ "fullName": owner.name.as_str() }]);
            details.insert("names".to_owned(), names);
            if let Some(born) = owner.birth_date {
                details.insert("birthDate".to_owned(), json!(born));
            }
            if let Some(of) = &owner.nationality {
                details.insert("nationalities".to_owned(), json!([country(of)]));
            }
            "person"
        }
        OwnerKind::Entity => {
            details.insert("entityType".to_owned(), json!({ "type": "legalEntity" }));
            details.insert("name".to_owned(), json!(owner.name.as_str()));
            if let Some(founded) = owner.birth_date {
                details.insert("foundingDate".to_owned(), json!(founded));
            }
            if let Some(of) = &owner.nationality {
                details.insert("jurisdiction".to_owned(), place(of));
            }
            "entity"
        }
    };
    (kind, Value::Object(details))
}

fn share(bp: u16) -> Value {
    let below = bp / BP_PER_PERCENT;
    if bp.is_multiple_of(BP_PER_PERCENT) {
        return json!({ "exact": below });
    }
    json!({ "exclusiveMinimum": below, "exclusiveMaximum": below + 1 })
}

fn relationship((subject, party): (&str, &str), row: &Row<BeneficialOwner>, closed: bool) -> Value {
    let bp = row.value.ownership_bp;
    let of = if bp == 0 { "otherInfluenceOrControl" } else { "shareholding" };
    let mut interest = json!({
        "type": of,
        "directOrIndirect": "unknown",
        "beneficialOwnershipOrControl": row.value.kind == OwnerKind::Person,
        "startDate": row.from,
    });
    if let Value::Object(members) = &mut interest {
        if bp > 0 {
            members.insert("share".to_owned(), share(bp));
            members.insert("details".to_owned(), json!(format!("{bp} basis points")));
        }
        if let Some(ended) = row.ended.filter(|_| closed) {
            members.insert("endDate".to_owned(), json!(ended.until));
        }
    }
    json!({
        "isComponent": false,
        "subject": subject,
        "interestedParty": party,
        "interests": [interest],
    })
}

impl Zone {
    /// The statements about one entity: of its whole history.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn beneficial_ownership(&self, id: &EntityId) -> Result<Value, Refused> {
        let entity: Entity = self.need("entity", id.as_str())?.value;
        let register = entity.register();
        let about = format!("{}/entity/{id}", self.zone_id());
        let mut out = Statements {
            publisher: self.zone_id().as_str(),
            subject: about.clone(),
            at: self.now(),
            said: Vec::new(),
        };
        let status = if register.names.len() > 1 { "updated" } else { "new" };
        let stated = register.names.last().map_or(entity.applied_at(), |row| row.recorded);
        let record = Record { id: &about, of: "entity", status, stated };
        out.say(&record, subject(&entity))?;
        let same = |a: &BeneficialOwner, b: &BeneficialOwner| {
            (&a.name, a.kind, a.birth_date) == (&b.name, b.kind, b.birth_date)
        };
        for (at, row) in register.owners.iter().enumerate() {
            let first = register.owners.iter().position(|r| same(&r.value, &row.value));
            let party_id = format!("{about}/party/{}", first.unwrap_or(at));
            if first == Some(at) {
                let (of, details) = party(&row.value);
                let record = Record { id: &party_id, of, status: "new", stated: row.recorded };
                out.say(&record, details)?;
            }
            let relationship_id = format!("{about}/relationship/{at}");
            let between = (about.as_str(), party_id.as_str());
            let begun = Record {
                id: &relationship_id,
                of: "relationship",
                status: "new",
                stated: row.recorded,
            };
            out.say(&begun, relationship(between, row, false))?;
            if let Some(ended) = row.ended {
                let closed = Record { status: "closed", stated: ended.recorded, ..begun };
                out.say(&closed, relationship(between, row, true))?;
            }
        }
        Ok(Value::Array(out.said))
    }
}
