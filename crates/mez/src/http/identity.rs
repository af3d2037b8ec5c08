//! `/v1/identity`: persons and organisations.

use canon::{EntityId, RecordId};
use registry::{Particulars, ParticularsInput};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use zone::{AddEvidence, BindDid, Refused, RegisterPerson, TierLimitsAsk, Zone};

use super::answer::Answer;
use super::asked::{Asked, read};
use super::bodies::{IdentifierBody, NothingBody};
use super::problem::Problem;

/// Whether somebody is a natural person.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SubjectKind")]
pub(crate) enum SubjectKindBody {
    /// A natural person.
    Person,
    /// A legal person or another arrangement.
    Organisation,
}

/// What is known of somebody.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Particulars")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct ParticularsBody {
    /// A natural person or an organisation.
    pub(crate) kind: SubjectKindBody,
    /// Full name as on the identifying document.
    pub(crate) full_name: String,
    /// Date of birth (or of incorporation), `YYYY-MM-DD`.
    pub(crate) birth_date: Option<String>,
    /// Nationality (or jurisdiction of incorporation).
    pub(crate) nationality: Option<String>,
    /// Where it lives (or can be served), on one line.
    pub(crate) address: Option<String>,
    /// Telephone number or address of mail.
    pub(crate) contact: Option<String>,
    /// Identifiers, in any order.
    #[serde(default)]
    pub(crate) identifiers: Vec<IdentifierBody>,
}

/// Somebody to be registered.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RegisterPerson")]
#[allow(dead_code, reason = "the particulars are read by their own type")]
pub(crate) struct RegisterPersonBody {
    /// What is known of them.
    pub(crate) particulars: ParticularsBody,
    /// The entity of this zone that they are, or stand behind.
    pub(crate) entity_id: Option<EntityId>,
    /// Credentials about them; a tier follows from these alone.
    #[serde(default)]
    pub(crate) evidence: Vec<Value>,
}

/// Credentials about somebody.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AddEvidence")]
pub(crate) struct AddEvidenceBody {
    /// The credentials.
    pub(crate) evidence: Vec<Value>,
}

/// A DID that its holder binds to themselves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BindDid")]
pub(crate) struct BindBody {
    /// `{type: "MEZDidBinding", did, identity_id, zone_id}`, signed with the key of the `did:key`.
    pub(crate) binding: Value,
}

/// How much a customer of each tier may pay: at once, in a calendar day and in a calendar month (UTC).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TierLimits")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct TierLimitsBody {
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// Largest payment of each tier, 0 to 3, as decimal amounts.
    pub(crate) per_payment: [String; 4],
    /// Most that each tier pays in a day; no limit unless given.
    pub(crate) per_day: Option<[String; 4]>,
    /// Most that each tier pays in a month; no limit unless given.
    pub(crate) per_month: Option<[String; 4]>,
}

fn id(asked: &Asked) -> Result<RecordId, Problem> {
    asked.param("id", RecordId::parse)
}

pub(super) fn register(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let body: RegisterPersonBody = asked.read()?;
    let tree = asked.tree()?;
    let sent = tree.get("particulars").cloned().unwrap_or(Value::Null);
    let sent: ParticularsInput = read(sent)?;
    let particulars = Particulars::try_from(sent).map_err(Refused::from)?;
    let RegisterPersonBody { entity_id, evidence, .. } = body;
    let wanted = RegisterPerson { particulars, entity_id, evidence };
    Ok(zone.register_person(&asked.ask()?, wanted)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    let entity = asked.wanted("entity_id", EntityId::parse)?;
    Ok(zone.identities(entity.as_ref(), after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.identity(&asked.caller()?, &id(asked)?)?.into())
}

pub(super) fn evidence(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let AddEvidenceBody { evidence } = asked.read()?;
    let add = AddEvidence { evidence };
    Ok(zone.add_evidence(&asked.ask()?, &id(asked)?, &add)?.into())
}

pub(super) fn bind(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let BindBody { binding } = asked.read()?;
    let bind = BindDid { document: binding };
    Ok(zone.bind_did(&asked.ask()?, &id(asked)?, &bind)?.into())
}

pub(super) fn erase(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let _nothing: NothingBody = asked.read()?;
    Ok(zone.erase_person(&asked.ask()?, &id(asked)?)?.into())
}

pub(super) fn limit(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let wanted: TierLimitsAsk = asked.read()?;
    Ok(zone.set_tier_limits(&asked.ask()?, &wanted)?.into())
}
