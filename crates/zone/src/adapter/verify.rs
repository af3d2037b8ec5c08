//! Asking whether a CNIC, an NTN, a company or a license is whose it is said to be.
//!
//! The question goes out before the lock of building is taken: an authority may be slow, and nobody else waits for it.
//! What came back is then judged and kept like any other write; without an answer that counts, what is kept is that.

use canon::{EntityId, Realm, Timestamp};
use law::Kind;
use law::sanctions::{Birth, Identifier, Query, Scheme, SubjectKind};
use registry::{Entity, OwnerKind};
use serde_json::{Value, json};

use super::evidence::{Asked, Came, Evidence, Known, Reason, place};
use super::found::{Found, found, same_name};
use super::wanted::Wanted;
use super::{Heard, Question, Unanswered, VerifyCnic, VerifyCompany, VerifyLicense, VerifyNtn};
use crate::caller::Scope;
use crate::facts::{Gathered, subjects};
use crate::idempotency::Ask;
use crate::pipeline::Question as Case;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// A question that was put, with what came of it: ready to be kept.
pub(crate) struct Put {
    pub(super) evidence: Evidence,
    pub(super) known: Option<Known>,
    pub(super) found: Option<Found>,
}

impl Zone {
    /// Ask NADRA whether a CNIC is of a person.
    ///
    /// # Errors
    /// See [`Refused`]; without an answer that counts the envelope says *pending*.
    pub fn verify_cnic(&self, ask: &Ask, wanted: &VerifyCnic) -> Result<Envelope, Refused> {
        // The digest of a request that names a person could be guessed at, and found, in what is kept of it.
        self.verify(&self.veiled(ask)?, &wanted.read()?)
    }

    /// Ask FBR whether an NTN is of a company, and whether it files returns.
    ///
    /// # Errors
    /// As [`Zone::verify_cnic`].
    pub fn verify_ntn(&self, ask: &Ask, wanted: &VerifyNtn) -> Result<Envelope, Refused> {
        self.verify(ask, &wanted.read()?)
    }

    /// Ask FBR how a taxpayer stands.
    ///
    /// # Errors
    /// As [`Zone::verify_cnic`].
    pub fn taxpayer_profile(&self, ask: &Ask, wanted: &VerifyNtn) -> Result<Envelope, Refused> {
        self.verify(ask, &wanted.read_as_profile()?)
    }

    /// Ask SECP whether a registration number is of a company, and where that stands.
    ///
    /// # Errors
    /// As [`Zone::verify_cnic`].
    pub fn verify_company(&self, ask: &Ask, wanted: &VerifyCompany) -> Result<Envelope, Refused> {
        self.verify(ask, &wanted.read()?)
    }

    /// Ask SECP whether a license is in force, and whose it is.
    ///
    /// # Errors
    /// As [`Zone::verify_cnic`].
    pub fn verify_license(&self, ask: &Ask, wanted: &VerifyLicense) -> Result<Envelope, Refused> {
        self.verify(ask, &wanted.read()?)
    }

    fn verify(&self, ask: &Ask, wanted: &Wanted<'_>) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        self.concerned(wanted)?;
        let key = self.reference(ask)?;
        let heard = self.ask_national(&wanted.question, &key);
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        // As it is now: it may have changed while the authority was asked.
        let entity = self.concerned(wanted)?;
        let Wanted { question, name, entity_id, told } = wanted;
        let about = (question, *name, *entity_id);
        let Put { evidence, known, found } = self.put(about, (&key, &heard), now)?;
        let mut gathered = self.gather_verified(wanted, entity.as_ref(), known.as_ref(), now)?;
        if question.is_personal() {
            gathered.veil(evidence.request_sha256)?;
        }
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
        writes.adapter_evidence(self, &evidence, (*entity_id, place(question), known))?;
        let result = result(question, &evidence, found.map(|found| (found.expires, found.more)));
        let result = joined(told.clone(), joined(result, self.marks(*entity_id)));
        writes.answer_and_let_go(building, ask, 200, &admission, (result, credential))
    }

    /// What is to be kept of a question, whatever came of it.
    pub(super) fn put(
        &self,
        (question, name, entity_id): (&Question, &str, Option<&EntityId>),
        (key, heard): (&str, &Result<Heard, Unanswered>),
        now: Timestamp,
    ) -> Result<Put, Refused> {
        let found = heard.as_ref().ok().map(|heard| found(question, name, heard, now));
        let found = found.transpose()?;
        let came: Came<'_> = match (heard, &found) {
            (Ok(heard), Some(found)) => Ok((heard, found.so, found.expires)),
            (Err(why), _) => Err(Reason::of(why)),
            (Ok(_), None) => return Err(Refused::host("an answer was not read")),
        };
        let request = question.call(key);
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
        Ok(Put { evidence, known, found })
    }

    /// The entity it concerns, which must be the one that is asked about, or have this owner.
    fn concerned(&self, wanted: &Wanted<'_>) -> Result<Option<Entity>, Refused> {
        let Some(id) = wanted.entity_id else { return Ok(None) };
        let entity: Entity = self.need("entity", id.as_str())?.value;
        let formation = entity.formation();
        if matches!(wanted.question, Question::Cnic(_)) {
            let owner = |o: &registry::BeneficialOwner| {
                o.kind == OwnerKind::Person && o.name.as_str() == wanted.name
            };
            if !formation.owners().iter().any(owner) {
                let detail = "the entity has no beneficial owner of this name";
                return Err(Refused::conflict("adapter-person-not-of-entity", detail));
            }
        } else if !same_name(wanted.name, formation.legal_name()) {
            let detail = "the entity's legal name is another";
            return Err(Refused::conflict("adapter-name-not-of-entity", detail));
        }
        Ok(Some(entity))
    }

    /// The reference under which the authority keeps the question: the same for the same key of the caller.
    pub(super) fn reference(&self, ask: &Ask) -> Result<String, Refused> {
        let Some((key, request)) = &ask.key else { return Ok(format!("mez-{}", self.fresh_id()?)) };
        let own = self.did();
        let text = format!("{own}\n{}\n{key}\n{request}", ask.caller.principal());
        Ok(format!("mez-{}", canon::Digest::of_blob(text.as_bytes())))
    }

    pub(super) fn ask_national(&self, question: &Question, key: &str) -> Result<Heard, Unanswered> {
        let national = self.national().ok_or(Unanswered::NotConfigured(question.system()))?;
        let heard = national.ask(question, key)?;
        // The doors compare realms at start; what stands here is the last look before anything counts.
        if national.realm() == self.realm() {
            Ok(heard)
        } else {
            Err(Unanswered::OtherRealm(question.system()))
        }
    }

    fn gather_verified(
        &self,
        wanted: &Wanted<'_>,
        entity: Option<&Entity>,
        known: Option<&Known>,
        now: Timestamp,
    ) -> Result<Gathered, Refused> {
        let mut gathered = match entity {
            Some(entity) => self.gather(entity, now)?,
            None => Gathered::new(),
        };
        if let Some(known) = known {
            match &wanted.question {
                Question::Ntn(_) => gathered.taxpayer(known)?,
                Question::Cnic(_) if entity.is_none() => {
                    gathered.state("subject.cnic_verified", known.verified, known.provenance())?;
                }
                _ => {}
            }
        }
        let mut all = entity.map(|e| subjects(e.formation(), now)).unwrap_or_default();
        all.push(screened(wanted, now));
        gathered.screen(self, &all)?;
        Ok(gathered)
    }

    fn marks(&self, entity_id: Option<&EntityId>) -> Value {
        let realm = self.realm();
        json!({ "realm": realm, "simulated": realm == Realm::Sandbox, "entity_id": entity_id })
    }
}

/// Whom the question is about, to be screened before anything is kept of it.
fn screened(wanted: &Wanted<'_>, now: Timestamp) -> Query {
    let number =
        |scheme: Scheme, value: &str| Identifier { scheme, value: value.into(), country: None };
    let (kind, identifiers, birth) = match &wanted.question {
        Question::Cnic(asked) => {
            let birth = asked.date_of_birth.and_then(|day| Birth::parse(&day.to_string()).ok());
            let number = number(Scheme::NationalId, asked.cnic.as_str());
            (SubjectKind::Person, vec![number], birth)
        }
        Question::Ntn(super::NtnAsked { ntn, .. }) | Question::Taxpayer(ntn) => {
            (SubjectKind::Organisation, vec![number(Scheme::TaxId, ntn.as_str())], None)
        }
        _ => (SubjectKind::Organisation, Vec::new(), None),
    };
    let names = vec![wanted.name.to_owned()];
    Query { names, identifiers, kind: Some(kind), birth, as_of: now.date() }
}

fn result(question: &Question, evidence: &Evidence, found: Option<(Timestamp, Value)>) -> Value {
    let kind = match question {
        Question::Cnic(_) => "CNIC_VERIFICATION",
        Question::Company(_) => "COMPANY_VERIFICATION",
        Question::License { .. } => "LICENSE_VERIFICATION",
        Question::Taxpayer(_) => "TAXPAYER_PROFILE",
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
pub(super) fn joined(mut one: Value, other: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut one, other) {
        members.extend(more);
    }
    one
}
