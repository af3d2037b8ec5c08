//! Formation: everything somebody must say to ask for a legal person, read once and never doubted again.
//!
//! Structure is decided here (lengths, character sets, shares that add up to no more than the whole). Whether the
//! entity *may* exist is law: an application without an owner or without an office is well formed and can be read, so
//! that the rule which refuses it can be named.

use super::owner::{BeneficialOwner, BeneficialOwnerInput, OWNERSHIP_BP_MAX, OwnerKind};
use super::register::Change;
use crate::text::{Line, Problems, Slug};
use canon::JurisdictionId;
use serde::{Deserialize, Serialize};

/// Longest legal name, in characters.
pub const LEGAL_NAME_CHARS_MAX: usize = 1_000;
/// Longest description of the activity, in characters.
pub const ACTIVITY_CHARS_MAX: usize = 500;
/// Longest address, in characters.
pub const ADDRESS_CHARS_MAX: usize = 2_000;
/// Most beneficial owners of one entity.
pub const OWNERS_MAX: usize = 100;

// An owner with the smallest share that can be written still fits: the list limit never forces shares to be merged.
const _: () = assert!(OWNERS_MAX <= OWNERSHIP_BP_MAX as usize);

/// A registered office as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredOfficeInput {
    /// Postal address on one line.
    pub address: String,
    /// Jurisdiction the address lies in.
    pub jurisdiction_id: String,
}

/// Where an entity can be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RegisteredOfficeInput", into = "RegisteredOfficeInput")]
pub struct RegisteredOffice {
    /// Postal address on one line.
    pub address: Line<ADDRESS_CHARS_MAX>,
    /// Jurisdiction the address lies in.
    pub jurisdiction_id: JurisdictionId,
}

impl TryFrom<RegisteredOfficeInput> for RegisteredOffice {
    type Error = Problems;
    fn try_from(sent: RegisteredOfficeInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let address = problems.take("/address", Line::parse(&sent.address));
        let place = problems.take("/jurisdiction_id", JurisdictionId::parse(&sent.jurisdiction_id));
        let whole =
            address.zip(place).map(|(address, jurisdiction_id)| Self { address, jurisdiction_id });
        problems.finish(whole)
    }
}

impl From<RegisteredOffice> for RegisteredOfficeInput {
    fn from(known: RegisteredOffice) -> Self {
        Self {
            address: known.address.into(),
            jurisdiction_id: known.jurisdiction_id.as_str().to_owned(),
        }
    }
}

/// The application as sent (`POST /v1/entities`) and as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormationInput {
    /// Legal form as a code word of the jurisdiction's packs, for example `private_limited`.
    pub entity_type: String,
    /// Legal name.
    pub legal_name: String,
    /// Jurisdiction the entity is formed under.
    pub jurisdiction_id: String,
    /// What it will do.
    pub activity: String,
    /// Where it can be served; the law of the jurisdiction says whether it must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_office: Option<RegisteredOfficeInput>,
    /// Beneficial owners in the applicant's order; the law says how many there must be.
    #[serde(default)]
    pub beneficial_owners: Vec<BeneficialOwnerInput>,
}

/// A well-formed application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FormationInput", into = "FormationInput")]
pub struct Formation {
    entity_type: Slug,
    legal_name: Line<LEGAL_NAME_CHARS_MAX>,
    jurisdiction_id: JurisdictionId,
    activity: Line<ACTIVITY_CHARS_MAX>,
    registered_office: Option<RegisteredOffice>,
    beneficial_owners: Vec<BeneficialOwner>,
}

impl Formation {
    /// Legal form as a code word.
    #[must_use]
    pub fn entity_type(&self) -> &str {
        self.entity_type.as_str()
    }
    /// Legal name.
    #[must_use]
    pub fn legal_name(&self) -> &str {
        self.legal_name.as_str()
    }
    pub(super) fn name_line(&self) -> &Line<LEGAL_NAME_CHARS_MAX> {
        &self.legal_name
    }
    /// The same with what a change of the register leaves in force.
    pub(super) fn changed(mut self, change: Change) -> Self {
        match change {
            Change::Rename { name } => self.legal_name = name,
            Change::Move { office } => self.registered_office = Some(office),
            Change::Declare { owners } => self.beneficial_owners = owners,
            Change::Appoint { .. } | Change::Leave { .. } => {}
        }
        self
    }
    /// Jurisdiction the entity is formed under.
    #[must_use]
    pub fn jurisdiction_id(&self) -> &JurisdictionId {
        &self.jurisdiction_id
    }
    /// What the entity will do.
    #[must_use]
    pub fn activity(&self) -> &str {
        self.activity.as_str()
    }
    /// Where it can be served.
    #[must_use]
    pub fn registered_office(&self) -> Option<&RegisteredOffice> {
        self.registered_office.as_ref()
    }
    /// Beneficial owners in the applicant's order.
    #[must_use]
    pub fn owners(&self) -> &[BeneficialOwner] {
        &self.beneficial_owners
    }
    /// Sum of the owners' shares in basis points, at most [`OWNERSHIP_BP_MAX`].
    #[must_use]
    pub fn owners_total_bp(&self) -> u32 {
        self.beneficial_owners.iter().map(|owner| u32::from(owner.ownership_bp)).sum()
    }
    /// Whether there is an owner and every owner is a natural person.
    #[must_use]
    pub fn owners_are_natural_persons(&self) -> bool {
        let mut kinds = self.beneficial_owners.iter().map(|owner| owner.kind).peekable();
        kinds.peek().is_some() && kinds.all(|kind| kind == OwnerKind::Person)
    }
}

impl TryFrom<FormationInput> for Formation {
    type Error = Problems;
    fn try_from(sent: FormationInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let entity_type = problems.take("/entity_type", Slug::parse(&sent.entity_type));
        let legal_name = problems.take("/legal_name", Line::parse(&sent.legal_name));
        let place = problems.take("/jurisdiction_id", JurisdictionId::parse(&sent.jurisdiction_id));
        let activity = problems.take("/activity", Line::parse(&sent.activity));
        let registered_office = sent
            .registered_office
            .and_then(|office| problems.nest("/registered_office", office.try_into()));
        let beneficial_owners = owners(sent.beneficial_owners, &mut problems);
        let whole = entity_type.zip(legal_name).zip(place).zip(activity).map(
            |(((entity_type, legal_name), jurisdiction_id), activity)| Self {
                entity_type,
                legal_name,
                jurisdiction_id,
                activity,
                registered_office,
                beneficial_owners,
            },
        );
        problems.finish(whole)
    }
}

/// Every beneficial owner of an entity, as declared.
///
/// # Errors
/// Every field that is wrong; two that are the same; shares over the whole.
pub fn declared(sent: Vec<BeneficialOwnerInput>) -> Result<Vec<BeneficialOwner>, Problems> {
    let mut problems = Problems::default();
    let known = owners(sent, &mut problems);
    problems.finish(Some(known))
}

fn owners(sent: Vec<BeneficialOwnerInput>, problems: &mut Problems) -> Vec<BeneficialOwner> {
    if sent.len() > OWNERS_MAX {
        let over = format!("has {} entries, at most {OWNERS_MAX} are taken", sent.len());
        problems.add("/beneficial_owners", over);
        return Vec::new();
    }
    let total: u32 = sent.iter().map(|owner| u32::from(owner.ownership_bp)).sum();
    let mut known = Vec::with_capacity(sent.len());
    for (n, owner) in sent.into_iter().enumerate() {
        let pointer = format!("/beneficial_owners/{n}");
        if let Some(owner) = problems.nest(&pointer, BeneficialOwner::try_from(owner)) {
            if known.contains(&owner) {
                problems.add(pointer, "is listed twice");
            }
            known.push(owner);
        }
    }
    if total > u32::from(OWNERSHIP_BP_MAX) {
        let over = format!("shares sum to {total} basis points, the whole is {OWNERSHIP_BP_MAX}");
        problems.add("/beneficial_owners", over);
    }
    known
}

impl From<Formation> for FormationInput {
    fn from(known: Formation) -> Self {
        Self {
            entity_type: known.entity_type.into(),
            legal_name: known.legal_name.into(),
            jurisdiction_id: known.jurisdiction_id.as_str().to_owned(),
            activity: known.activity.into(),
            registered_office: known.registered_office.map(Into::into),
            beneficial_owners: known.beneficial_owners.into_iter().map(Into::into).collect(),
        }
    }
}
