//! Asking whether a CNIC or an NTN is whose it is said to be.
//!
//! The question goes out before the lock of building is taken: an authority may be slow, and nobody else waits for it.
//! What came back is then judged and kept like any other write; without an answer that counts, what is kept is that.

use canon::{Date, EntityId, JurisdictionId, Realm, Timestamp};
use law::Kind;
use law::sanctions::{Birth, Identifier, Query, Scheme, SubjectKind};
use registry::national::{BadIdentifier, Cnic, Ntn};
use registry::{Entity, Line, OwnerKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::evidence::{Asked, Came, Evidence, Known, Reason, place};
use super::{Answer, CnicAsked, CnicStatus, Heard, NtnAsked, Question, Unanswered};
use crate::caller::Scope;
use crate::facts::{Gathered, subjects};
use crate::idempotency::Ask;
use crate::limits::{ADAPTER_ANSWER_DAYS, FILER_STATUS_DAYS};
use crate::pipeline::Question as Case;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// Seconds of a day.
const DAY: i64 = 86_400;
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

/// A request to have an NTN verified.
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

fn bad(pointer: &str, why: &BadIdentifier) -> Refused {
    Refused::invalid("invalid-fields", format!("{pointer} {why}"))
}

fn line<const MAX: usize>(pointer: &str, text: &str) -> Result<Line<MAX>, Refused> {
    Line::parse(text).map_err(|why| Refused::invalid("invalid-fields", format!("{pointer} {why}")))
}

/// Only Pakistan's registers are asked here.
fn register(of: Option<&JurisdictionId>) -> Result<(), Refused> {
    let parts = format!("{PAKISTAN}-");
    match of {
        Some(other) if other.as_str() != PAKISTAN && !other.as_str().starts_with(&parts) => {
            let detail = format!("there is no adapter to the registers of `{other}`");
            Err(Refused::invalid("adapter-no-client", detail))
        }
        _ => Ok(()),
    }
}

impl VerifyCnic {
    fn question(&self) -> Result<Question, Refused> {
        register(self.jurisdiction_id.as_ref())?;
        Ok(Question::Cnic(CnicAsked {
            cnic: Cnic::parse(&self.cnic).map_err(|why| bad("/cnic", &why))?,
            full_name: line("/full_name", &self.full_name)?,
            date_of_birth: self.date_of_birth,
        }))
    }
}

impl VerifyNtn {
    fn question(&self) -> Result<Question, Refused> {
        register(self.jurisdiction_id.as_ref())?;
        Ok(Question::Ntn(NtnAsked {
            ntn: Ntn::parse(&self.ntn).map_err(|why| bad("/ntn", &why))?,
            name: line("/entity_name", &self.entity_name)?,
        }))
    }
}

/// What an answer comes to.
struct Found {
    so: bool,
    expires: Timestamp,
    /// Members of the result that only this kind of answer has.
    more: Value,
    filer_status: Option<String>,
}

/// Whether two names are the same but for case and spaces.
fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| {
        name.split_whitespace().map(str::to_lowercase).collect::<Vec<String>>().join(" ")
    };
    plain(one) == plain(other)
}

fn found(question: &Question, heard: &Heard, now: Timestamp) -> Result<Found, Refused> {
    let until = |days: i64| now.plus_secs(days * DAY).map_err(Refused::host);
    match (question, &heard.answer) {
        (Question::Cnic(_), Answer::Cnic(said)) => Ok(Found {
            so: said.verified && said.cnic_status == CnicStatus::Active,
            expires: until(ADAPTER_ANSWER_DAYS)?,
            more: json!({ "cnic_status": said.cnic_status, "verified_at": said.verification_timestamp }),
            filer_status: None,
        }),
        (Question::Ntn(asked), Answer::Ntn(said)) => {
            let name = said.registered_name.as_deref();
            let named = name.is_none_or(|name| same_name(name, asked.name.as_str()));
            Ok(Found {
                so: said.verified && named,
                expires: until(FILER_STATUS_DAYS)?,
                more: json!({
                    "registered_name": name,
                    "tax_status": said.filer_status,
                    "verified_at": said.verification_timestamp,
                }),
                filer_status: Some(said.filer_status.name().to_owned()),
            })
        }
        _ => Err(Refused::host("an answer of another kind than its question")),
    }
}

impl Zone {
    /// Ask NADRA whether a CNIC is of a person.
    ///
    /// # Errors
    /// See [`Refused`]; without an answer that counts the envelope says *pending*.
    pub fn verify_cnic(&self, ask: &Ask, wanted: &VerifyCnic) -> Result<Envelope, Refused> {
        let question = wanted.question()?;
        let told = json!({ "cnic": masked(&question), "full_name": wanted.full_name });
        self.verify(ask, &question, wanted.entity_id.as_ref(), told)
    }

    /// Ask FBR whether an NTN is of a company, and whether it files returns.
    ///
    /// # Errors
    /// As [`Zone::verify_cnic`].
    pub fn verify_ntn(&self, ask: &Ask, wanted: &VerifyNtn) -> Result<Envelope, Refused> {
        let question = wanted.question()?;
        let told = json!({ "ntn": wanted.ntn, "entity_name": wanted.entity_name });
        self.verify(ask, &question, wanted.entity_id.as_ref(), told)
    }

    fn verify(
        &self,
        ask: &Ask,
        question: &Question,
        entity_id: Option<&EntityId>,
        told: Value,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        self.concerned(question, entity_id)?;
        let key = self.reference(ask)?;
        let heard = self.ask_national(question, &key);
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        // As it is now: it may have changed while the authority was asked.
        let entity = self.concerned(question, entity_id)?;
        let found = heard.as_ref().ok().map(|heard| found(question, heard, now)).transpose()?;
        let came: Came<'_> = match (&heard, &found) {
            (Ok(heard), Some(found)) => Ok((heard, found.so, found.expires)),
            (Err(why), _) => Err(Reason::of(why)),
            (Ok(_), None) => return Err(Refused::host("an answer was not read")),
        };
        let request = question.call(&key);
        let request_sha256 =
            request.map_err(|fault| Refused::invalid("message-refused", fault))?.digest();
        let realm = self.realm();
        let asked = Asked { question, request_sha256, entity_id, realm, at: now };
        let evidence = Evidence::of(self.fresh_id()?, &asked, &came);
        let known = came.as_ref().ok().map(|(heard, verified, expires)| Known {
            evidence_id: evidence.evidence_id.clone(),
            answer_sha256: heard.answer_sha256,
            key: heard.key.clone(),
            expires: *expires,
            verified: *verified,
            filer_status: found.as_ref().and_then(|found| found.filer_status.clone()),
        });
        let gathered = self.gather_verified(question, entity.as_ref(), known.as_ref(), now)?;
        let by = ask.caller.principal().as_str();
        let subject = entity_id.map_or_else(
            || format!("adapter:{}", evidence.evidence_id),
            |id| format!("entity:{id}"),
        );
        let own = &self.here.participant.jurisdiction_id;
        let jurisdiction = entity.as_ref().map_or(own, |e| e.formation().jurisdiction_id());
        let case =
            Case { kind: Kind::IdentityTransition, jurisdiction, by, subject: &subject, now };
        let admission = self.admit(&case, gathered)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.adapter_evidence(self, &evidence, (entity_id, place(question), known))?;
        let result = result(question, &evidence, found.map(|found| (found.expires, found.more)));
        let result = joined(told, joined(result, self.marks(entity_id)));
        writes.answer_and_let_go(building, ask, 200, &admission, (result, credential))
    }

    /// The entity it concerns, which must be the one that is asked about, or have this owner.
    fn concerned(
        &self,
        question: &Question,
        id: Option<&EntityId>,
    ) -> Result<Option<Entity>, Refused> {
        let Some(id) = id else { return Ok(None) };
        let entity: Entity = self.need("entity", id.as_str())?.value;
        let formation = entity.formation();
        match question {
            Question::Cnic(asked) => {
                let owner = |o: &registry::BeneficialOwner| {
                    o.kind == OwnerKind::Person && o.name.as_str() == asked.full_name.as_str()
                };
                if !formation.owners().iter().any(owner) {
                    let detail = "the entity has no beneficial owner of this name";
                    return Err(Refused::conflict("adapter-person-not-of-entity", detail));
                }
            }
            Question::Ntn(asked) if !same_name(asked.name.as_str(), formation.legal_name()) => {
                let detail = "the entity's legal name is another";
                return Err(Refused::conflict("adapter-name-not-of-entity", detail));
            }
            _ => {}
        }
        Ok(Some(entity))
    }

    /// The reference under which the authority keeps the question: the same for the same key of the caller.
    fn reference(&self, ask: &Ask) -> Result<String, Refused> {
        let Some((key, request)) = &ask.key else { return Ok(format!("mez-{}", self.fresh_id()?)) };
        let own = self.did();
        let text = format!("{own}\n{}\n{key}\n{request}", ask.caller.principal());
        Ok(format!("mez-{}", canon::Digest::of_blob(text.as_bytes())))
    }

    fn ask_national(&self, question: &Question, key: &str) -> Result<Heard, Unanswered> {
        let national = self.national().ok_or(Unanswered::NotConfigured(question.system()))?;
        let heard = national.ask(question, key)?;
        // The doors compare realms at start; what stands here is the last look before anything counts.
        if national.realm() == self.realm() { Ok(heard) } else { Err(other_realm(question)) }
    }

    fn gather_verified(
        &self,
        question: &Question,
        entity: Option<&Entity>,
        known: Option<&Known>,
        now: Timestamp,
    ) -> Result<Gathered, Refused> {
        let mut gathered = match entity {
            Some(entity) => self.gather(entity, now)?,
            None => Gathered::new(),
        };
        if let Some(known) = known {
            match question {
                Question::Ntn(_) => gathered.taxpayer(known)?,
                _ if entity.is_none() => {
                    gathered.state("subject.cnic_verified", known.verified, known.provenance())?;
                }
                _ => {}
            }
        }
        let mut all = entity.map(|e| subjects(e.formation(), now)).unwrap_or_default();
        all.extend(screened(question, now));
        gathered.screen(self, &all)?;
        Ok(gathered)
    }

    fn marks(&self, entity_id: Option<&EntityId>) -> Value {
        let realm = self.realm();
        json!({ "realm": realm, "simulated": realm == Realm::Sandbox, "entity_id": entity_id })
    }
}

const fn other_realm(question: &Question) -> Unanswered {
    Unanswered::OtherRealm(question.system())
}

fn masked(question: &Question) -> Value {
    match question {
        Question::Cnic(asked) => asked.cnic.masked().into(),
        _ => Value::Null,
    }
}

/// Whom the question is about, to be screened before anything is kept of it.
fn screened(question: &Question, now: Timestamp) -> Option<Query> {
    let of = |name: &str, (scheme, value): (Scheme, &str), kind, birth| Query {
        names: vec![name.to_owned()],
        identifiers: vec![Identifier { scheme, value: value.into(), country: None }],
        kind: Some(kind),
        birth,
        as_of: now.date(),
    };
    match question {
        Question::Cnic(asked) => {
            let birth = asked.date_of_birth.and_then(|day| Birth::parse(&day.to_string()).ok());
            let number = (Scheme::NationalId, asked.cnic.as_str());
            Some(of(asked.full_name.as_str(), number, SubjectKind::Person, birth))
        }
        Question::Ntn(asked) => {
            let number = (Scheme::TaxId, asked.ntn.as_str());
            Some(of(asked.name.as_str(), number, SubjectKind::Organisation, None))
        }
        _ => None,
    }
}

fn result(question: &Question, evidence: &Evidence, found: Option<(Timestamp, Value)>) -> Value {
    let kind = match question {
        Question::Cnic(_) => "CNIC_VERIFICATION",
        _ => "NTN_VERIFICATION",
    };
    let told = json!({
        "verified": evidence.outcome == "verified",
        "status": evidence.outcome,
        "reason": evidence.reason,
        "attestation_id": evidence.evidence_id,
        "attestation_type": kind,
        "adapter": question.system(),
        "issuer": question.system().authority(),
    });
    match found {
        Some((expires, more)) => joined(told, joined(more, json!({ "valid_until": expires }))),
        None => told,
    }
}

/// The members of both.
fn joined(mut one: Value, other: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut one, other) {
        members.extend(more);
    }
    one
}
